#include "api/services.h"

#include <unordered_set>

#include "net/await.h"

namespace snapgate::api {

using base::Result;

Result<void> Services::reload_registry() const {
    store::ReadView view = store.read();
    // Keys first, and none left out for another's failure: a revoked key must not go on.
    Result<void> first_error = keys.reload(view);
    for (Result<void> result : {projects.reload(view), clusters.reload(view)}) {
        if (first_error && !result) first_error = std::move(result);
    }
    return first_error;
}

net::Awaitable<Result<void>> commit_registry(const Services& services,
                                             store::WriteFunction function,
                                             std::function<void()> then) {
    std::function<void(std::function<void(Result<void>)>)> start =
        [&services, &function, &then](std::function<void(Result<void>)> done) {
            // On the writer thread, so that tables are read in the order of the commits.
            auto reload_then = [&services, then = std::move(then),
                                done = std::move(done)](Result<void> result) {
                if (result) result = services.reload_registry();
                if (result && then) then();
                done(std::move(result));
            };
            services.store.write(store::Priority::kRequest, std::move(function),
                                 std::move(reload_then));
        };
    co_return co_await net::await_callback<Result<void>>(std::move(start));
}

void follow(const Services& services, const std::string& uid) {
    auto clusters = services.clusters.snapshot();
    auto row = clusters->find(uid);
    if (row == clusters->end() || !row->second.connected()) return;
    const cluster::Cluster& cluster = row->second;
    services.connections.follow(cluster.number, cluster.name, services.sources.of(cluster));
}

void forget_deleted(const Services& services) {
    auto clusters = services.clusters.snapshot();
    std::unordered_set<model::ClusterNumber> left;
    for (const auto& [uid, cluster] : *clusters) left.insert(cluster.number);
    for (const auto& [number, status] : services.connections.statuses()) {
        if (!left.contains(number)) services.connections.forget(number);
    }
}

}  // namespace snapgate::api
