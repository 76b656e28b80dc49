#include "api/services.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "api/audit.h"
#include "api/kube/watch_hub.h"
#include "api/palette/snapshot_feed.h"
#include "commit/commit.h"

namespace snapgate::api {

using base::Result;

Result<void> Services::reload_registry(const std::vector<store::ChangedRecord>& changed) const {
    store::ReadView view = store.read();
    // Keys first, and none left out for another's failure: a revoked key must not go on.
    Result<void> first_error = keys.reload(view, changed);
    const bool ended = std::ranges::any_of(changed, [this](const store::ChangedRecord& one) {
        return one.type == access::Key::kType && !keys.is_good(one.id);
    });
    if (ended) watches.keys_ended();
    for (Result<void> result : {projects.reload(view, changed), clusters.reload(view, changed)}) {
        if (first_error && !result) first_error = std::move(result);
    }
    if (shared_sessions != nullptr) {
        auto result = shared_sessions->reload(view, changed);
        if (first_error && !result) first_error = std::move(result);
    }
    streams->registry_changed();
    return first_error;
}

Result<void> Services::reload_registry() const {
    store::ReadView view = store.read();
    Result<void> first_error = keys.reload(view);
    for (Result<void> result : {projects.reload(view), clusters.reload(view)}) {
        if (first_error && !result) first_error = std::move(result);
    }
    if (shared_sessions != nullptr) {
        auto result = shared_sessions->reload(view);
        if (first_error && !result) first_error = std::move(result);
    }
    streams->registry_changed();
    return first_error;
}

std::shared_ptr<palette::SnapshotFeeds> make_snapshot_feeds() {
    return std::make_shared<palette::SnapshotFeeds>();
}

net::Awaitable<Result<void>> commit_registry(const Services& services,
                                             store::WriteFunction function) {
    auto changed = std::make_shared<std::vector<store::ChangedRecord>>();
    // The tables are read again on the writer thread, so that they are read in the order of the
    // commits.
    std::function<Result<void>()> reload = [&services, changed] {
        return services.reload_registry(*changed);
    };
    store::WriteFunction noting = store::noting_records(std::move(function), changed);
    co_return co_await commit::one(services.store, store::Priority::kRequest, std::move(noting),
                                   std::move(reload));
}

net::Awaitable<Result<void>> commit_registry(Call& call, store::WriteFunction function,
                                             audit::Object object, audit::Change change,
                                             std::string details) {
    function = with_line(call, std::move(function), std::move(object), change, std::move(details));
    SNAPGATE_CO_TRY(co_await commit_registry(call.services, std::move(function)));
    if (call.audit != nullptr) call.audit->recorded = true;
    co_return Result<void>();
}

namespace {

std::optional<cluster::Cluster> connected_cluster(const Services& services,
                                                  const std::string& uid) {
    const auto clusters = services.clusters.snapshot();
    const auto row = clusters->find(uid);
    if (row == clusters->end() || !row->second.connected()) return std::nullopt;
    return row->second;
}

}  // namespace

void follow(const Services& services, const std::string& uid) {
    auto cluster = connected_cluster(services, uid);
    while (cluster) {
        services.mirrors.follow(*cluster, services.sources.of(*cluster));
        // Another request may have changed or deleted the cluster meanwhile, and may have been here
        // first.
        auto now = connected_cluster(services, uid);
        if (!now || now->number != cluster->number) {
            for (const model::ClusterNumber number : cluster->numbers())
                services.mirrors.forget(number);
        } else if (now->sealed == cluster->sealed) {
            return;
        }
        cluster = std::move(now);
    }
}

void follow_committed(const Services& services, const std::string& uid) {
    if (!services.store.replicates()) follow(services, uid);
}

void forget_deleted(const Services& services) {
    // In this order: a cluster that is followed only after this is none of those that are looked
    // at, and one that is missing in the table then has been deleted.
    const auto followed = services.mirrors.statuses();
    const auto clusters = services.clusters.snapshot();
    std::unordered_set<model::ClusterNumber> left;
    for (const auto& [uid, cluster] : *clusters) {
        for (const model::ClusterNumber number : cluster.numbers()) left.insert(number);
    }
    for (const auto& [number, status] : followed) {
        if (!left.contains(number)) services.mirrors.forget(number);
    }
}

}  // namespace snapgate::api
