#include "replica/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/crypto.h"
#include "base/decimal.h"
#include "base/encoding.h"
#include "base/log.h"
#include "replica/copy_changes.h"
#include "replica/truth_values.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;
using model::ClusterNumber;

constexpr size_t kHistoryBytes = 8;
// Other replicas may have seen more than this one when etcd went back.
constexpr int64_t kMargin = 1'000'000;
constexpr ClusterNumber kMarginOfNumbers = 1'000;
constexpr int kMostTries = 16;

Error no_offset() {
    return {Code::kCorrupt, "etcd holds an offset of versions that this version cannot read"};
}

// A number that a copy knows as one cluster's must not become another's: its mirror would be taken
// for the other's. No cluster is made meanwhile, as the numbers of clusters are read with the
// registry.
Result<void> raise_numbers(etcd::Client& client, const TruthKeys& keys, const CopyState& state,
                           etcd::Txn& txn) {
    etcd::RangeRequest request;
    request.key = keys.numbers();
    const auto range = client.range(std::move(request));
    if (!range) return etcd::to_base(range.error());
    ClusterNumber next = state.next_cluster;
    int64_t revision = 0;
    if (!range->kvs.empty()) {
        SNAPGATE_ASSIGN(const ClusterNumber known, read_next_cluster(range->kvs[0].value));
        next = std::max(next, known);
        revision = range->kvs[0].mod_revision;
    }
    next += std::min(kMarginOfNumbers, std::numeric_limits<ClusterNumber>::max() - next);
    txn.compares.push_back({.key = keys.numbers(),
                            .target = etcd::Compare::Target::kModRevision,
                            .relation = etcd::Compare::Relation::kEqual,
                            .value = revision});
    txn.then_ops.emplace_back(
        etcd::Put{.key = keys.numbers(), .value = fmt::format_int(next).str()});
    return {};
}

}  // namespace

std::string random_head() {
    return base::hex(base::random_bytes(kHistoryBytes));
}

Result<Offset> read_offset(etcd::Client& client, const TruthKeys& keys) {
    etcd::RangeRequest request;
    request.key = keys.offset();
    const auto range = client.range(std::move(request));
    if (!range) return etcd::to_base(range.error());
    Offset read;
    read.newest = range->header.revision;
    if (range->kvs.empty()) return read;
    const auto number = base::read_decimal(range->kvs[0].value, kMostOffset);
    if (!number) return no_offset();
    read.offset = static_cast<int64_t>(*number);
    read.revision = range->kvs[0].mod_revision;
    return read;
}

Result<bool> is_other_history(etcd::Client& client, const TruthKeys& keys, const CopyState& state) {
    etcd::RangeRequest request;
    request.key = keys.head();
    request.revision = state.applied;
    const auto head = client.range(std::move(request));
    if (!head && head.error().code == etcd::ErrorCode::kFutureRevision) return true;
    if (!head && head.error().code == etcd::ErrorCode::kCompacted) return false;
    if (!head) return etcd::to_base(head.error());
    return head->kvs.size() != 1 || head->kvs[0].mod_revision != state.head_revision ||
           head->kvs[0].value != state.head;
}

Result<void> raise_offset(etcd::Client& client, const TruthKeys& keys, const CopyState& state) {
    const int64_t given_out = state.applied + state.offset;
    for (int tries = 0; tries < kMostTries; ++tries) {
        SNAPGATE_ASSIGN(const Offset now, read_offset(client, keys));
        if (now.offset != state.offset && now.newest + now.offset > given_out) return {};
        const int64_t raised = given_out - now.newest + kMargin;
        etcd::Txn txn;
        txn.compares.push_back({.key = keys.offset(),
                                .target = etcd::Compare::Target::kModRevision,
                                .relation = etcd::Compare::Relation::kEqual,
                                .value = now.revision});
        txn.then_ops.emplace_back(
            etcd::Put{.key = keys.offset(), .value = fmt::format_int(raised).str()});
        SNAPGATE_TRY(raise_numbers(client, keys, state, txn));
        txn.then_ops.emplace_back(etcd::Put{.key = keys.head(), .value = random_head()});
        const auto put = client.commit(std::move(txn));
        if (!put) return etcd::to_base(put.error());
        if (!put->succeeded) continue;
        base::log::warning(
            "etcd went back: it was restored from a backup. Versions that were given "
            "out are not given out again, and count as too old",
            {{"revision", now.newest}, {"had", state.applied}, {"offset", raised}});
        return {};
    }
    return Error(Code::kUnavailable, "other replicas raise the offset of versions all the time");
}

}  // namespace snapgate::replica
