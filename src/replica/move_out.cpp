#include "replica/move_out.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "etcd/client.h"
#include "replica/connect.h"
#include "replica/copy_state.h"
#include "replica/rebuild.h"
#include "replica/replica_record.h"
#include "replica/truth.h"
#include "replica/truth_keys.h"
#include "replica/truth_values.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

etcd::Compare unchanged(const etcd::KeyValue& kv) {
    return {.key = kv.key,
            .target = etcd::Compare::Target::kModRevision,
            .relation = etcd::Compare::Relation::kEqual,
            .value = kv.mod_revision};
}

etcd::RangeRequest range_of_key(std::string key) {
    etcd::RangeRequest request;
    request.key = std::move(key);
    return request;
}

// The keys that the end of a truth is about.
struct Ends {
    etcd::KeyValue format;
    etcd::KeyValue secret;
    etcd::KeyValue offset;
    std::vector<etcd::KeyValue> replicas;
};

Result<Ends> look(etcd::Client& client, const TruthKeys& keys) {
    etcd::Txn read;
    for (const std::string& key : {keys.format(), keys.secret(), keys.offset()})
        read.then_ops.emplace_back(range_of_key(key));
    etcd::RangeRequest replicas = range_of_key(keys.replicas());
    replicas.range_end = etcd::end_of_prefix(replicas.key);
    read.then_ops.emplace_back(std::move(replicas));
    auto answer = client.commit(std::move(read));
    if (!answer) return etcd::to_base(answer.error());
    Ends ends;
    etcd::KeyValue* const ones[] = {&ends.format, &ends.secret, &ends.offset};
    for (size_t i = 0; i < answer->answers.size(); ++i) {
        auto* range = std::get_if<etcd::Range>(&answer->answers[i]);
        if (range == nullptr) continue;
        if (i == std::size(ones)) {
            ends.replicas = std::move(range->kvs);
        } else if (!range->kvs.empty()) {
            *ones[i] = std::move(range->kvs[0]);
        }
    }
    return ends;
}

Error replicas_live(const std::vector<etcd::KeyValue>& replicas) {
    std::vector<std::string> addresses;
    for (const etcd::KeyValue& kv : replicas) {
        const auto record = decode_replica(kv.value);
        if (record && !record->address.empty()) addresses.push_back(record->address);
    }
    return {Code::kConflict,
            fmt::format("replicas work with this truth ({}): stop them first",
                        addresses.empty() ? std::string("they are starting")
                                          : fmt::format("{}", fmt::join(addresses, ", ")))};
}

// Ends the truth, unless it has ended. Returns its id.
Result<std::string> end_truth(etcd::Client& client, const TruthKeys& keys,
                              std::string_view secret) {
    SNAPGATE_ASSIGN(const Ends ends, look(client, keys));
    if (ends.format.value.empty()) {
        return Error(Code::kNotFound,
                     fmt::format("etcd holds nothing of snapgate below {}: is --etcd-prefix that "
                                 "of the replicas?",
                                 keys.all()));
    }
    if (ends.format.value != kMovedOut) SNAPGATE_TRY(check_layout(ends.format.value, keys));
    SNAPGATE_TRY(check_secret(ends.secret.value, secret));
    if (!ends.replicas.empty()) return replicas_live(ends.replicas);
    std::string id = base::hex(base::random_bytes(store::kStoreIdBytes));
    if (ends.format.value == kMovedOut) return id;
    etcd::Txn txn;
    txn.compares.push_back(unchanged(ends.format));
    txn.compares.push_back(unchanged(ends.offset));
    txn.compares.push_back({.key = keys.replicas(),
                            .target = etcd::Compare::Target::kVersion,
                            .relation = etcd::Compare::Relation::kEqual,
                            .value = 0,
                            .range_end = etcd::end_of_prefix(keys.replicas())});
    // The writes of a replica that is cut off compare the revision of the offset; it follows etcd
    // again only where it finds the id that it knows.
    const std::pair<std::string, std::string> put[] = {{keys.format(), std::string(kMovedOut)},
                                                       {keys.id(), id},
                                                       {keys.offset(), ends.offset.value}};
    for (const auto& [key, value] : put)
        txn.then_ops.emplace_back(etcd::Put{.key = key, .value = value});
    const auto ended = client.commit(std::move(txn));
    if (!ended) return etcd::to_base(ended.error());
    if (ended->succeeded) return id;
    return Error(Code::kConflict, "a replica started just now: stop it first");
}

}  // namespace

Result<MovedOut> move_out(const Options& from, const std::function<void(uint64_t)>& moved) {
    SNAPGATE_ASSIGN(const auto client, connect(from));
    const TruthKeys keys(from.prefix);
    SNAPGATE_ASSIGN(const std::string truth, end_truth(*client, keys, from.secret));
    MovedOut out;
    SNAPGATE_ASSIGN(out.copy, store::Store::open(from.copy));
    Rebuild rebuild(*client, *out.copy, keys, from.copy.derive_facts, [] { return false; });
    rebuild.tell_of_objects(moved);
    SNAPGATE_ASSIGN(const Applied applied, rebuild.run(truth));
    const auto newest = static_cast<uint64_t>(applied.state.applied + applied.state.offset);
    out.newest = (newest + 1) * kVersionsPerRevision;
    out.token_key = derive_key(from.secret, "tokens");
    return out;
}

}  // namespace snapgate::replica
