#include "replica/draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "replica/history.h"
#include "replica/truth_values.h"

namespace snapgate::replica {
namespace {

using etcd::Compare;
using model::ClusterNumber;

Compare compare(std::string key, Compare::Target target, Compare::Relation relation,
                int64_t value) {
    return {.key = std::move(key), .target = target, .relation = relation, .value = value};
}

Compare exists(std::string key) {
    return compare(std::move(key), Compare::Target::kVersion, Compare::Relation::kGreater, 0);
}

Compare not_later(std::string key, int64_t revision) {
    return compare(std::move(key), Compare::Target::kModRevision, Compare::Relation::kLess,
                   revision + 1);
}

}  // namespace

size_t Draft::operations() const {
    // The head, the registry and the numbers; clusters; and a deleted one is also to be swept.
    const size_t clusters =
        created.size() + last_places.size() + noted.size() + mirrors.size() + 2 * deleted.size();
    const size_t done = changes.size() + clusters + 3;
    const size_t compared = seen.size() + existing.size() + unchanged.size() + 2;
    return std::max(done, compared);
}

std::vector<Compare> Draft::compares(const TruthKeys& keys, int64_t applied) const {
    std::vector<Compare> all;
    all.reserve(seen.size() + existing.size() + unchanged.size() + 2);
    for (const auto& [key, revision] : seen) {
        all.push_back(
            compare(key, Compare::Target::kModRevision, Compare::Relation::kEqual, revision));
    }
    for (const ClusterNumber cluster : existing) all.push_back(exists(keys.cluster(cluster)));
    for (const ClusterNumber cluster : unchanged)
        all.push_back(not_later(keys.cluster(cluster), applied));
    // Every transaction that changes records goes by those that it saw, be it in a table.
    if (registry_unchanged || changes_registry())
        all.push_back(not_later(keys.registry(), applied));
    return all;
}

etcd::Txn Draft::make_txn(const TruthKeys& keys, int64_t applied, const CopyState& state) const {
    etcd::Txn txn;
    txn.compares = compares(keys, applied);
    // An etcd that was restored counts its revisions anew: what was read is of another history.
    txn.compares.push_back(compare(keys.offset(), Compare::Target::kModRevision,
                                   Compare::Relation::kEqual, state.offset_revision));
    auto put = [&txn](std::string key, std::string value) {
        txn.then_ops.emplace_back(etcd::Put{.key = std::move(key), .value = std::move(value)});
    };
    auto change = [&](const std::string& key, const Change& one) {
        if (one.value) return put(key, *one.value);
        txn.then_ops.emplace_back(etcd::Delete{.key = key});
    };
    if (next_cluster) put(keys.numbers(), fmt::format_int(*next_cluster).str());
    if (changes_registry()) put(keys.registry(), {});
    // A cluster comes before what it holds, for the copies.
    std::map<ClusterNumber, ClusterChange> clusters;
    for (const auto& [cluster, version] : noted) clusters[cluster] = {.version = version};
    for (const auto& [cluster, place] : last_places) clusters[cluster] = {.place = place};
    for (const ClusterNumber cluster : mirrors) clusters[cluster] = {.mirror = true};
    for (const auto& [cluster, told] : clusters) {
        if (!deleted.contains(cluster)) put(keys.cluster(cluster), encode_cluster(told));
    }
    for (const std::string& key : objects) change(key, changes.at(key));
    const std::set<std::string_view> known(objects.begin(), objects.end());
    for (const auto& [key, one] : changes) {
        if (!known.contains(key)) change(key, one);
    }
    for (const ClusterNumber cluster : deleted) {
        txn.then_ops.emplace_back(etcd::Delete{.key = keys.cluster(cluster)});
        put(keys.sweep(cluster), {});
    }
    put(keys.head(), random_head());
    etcd::RangeRequest newest;
    newest.key = keys.head();
    txn.else_ops.emplace_back(std::move(newest));
    return txn;
}

void Draft::settle(int64_t revision) const {
    for (const auto& place : revisions)
        *place += static_cast<uint64_t>(revision) * kVersionsPerRevision;
}

}  // namespace snapgate::replica
