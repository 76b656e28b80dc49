#include "snapshots/snapshot_route.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "json/path.h"
#include "model/api_names.h"

namespace snapgate::cli {

using base::percent_encode;

std::string SnapshotRef::text() const {
    return fmt::format("{}/{}", ns, name);
}

std::string kube_collection(std::string_view cluster_uid, std::string_view ns) {
    return fmt::format(
        "/clusters/{}/apis/{}{}/{}", percent_encode(cluster_uid), model::kStoredApiVersion,
        ns.empty() ? "" : "/namespaces/" + percent_encode(ns), model::kSnapshotPlural);
}

std::string kube_object(const SnapshotRef& snapshot) {
    return fmt::format("{}/{}", kube_collection(snapshot.cluster.uid, snapshot.ns),
                       percent_encode(snapshot.name));
}

std::string palette_snapshot(std::string_view cluster_uid, std::string_view vm,
                             std::string_view name, std::string_view ns) {
    return fmt::format("/v1/spectroclusters/{}/vms/{}/snapshot{}?namespace={}",
                       percent_encode(cluster_uid), percent_encode(vm),
                       name.empty() ? "" : "/" + percent_encode(name), percent_encode(ns));
}

Outcome<ReadSnapshot> read_snapshot(Api& api, const SnapshotRef& snapshot) {
    auto response = api.kube_get(kube_object(snapshot));
    if (!response) {
        Failure failure = std::move(response).error();
        if (failure.status == 404 && failure.reason == "NotFound")
            failure.message = fmt::format(
                "there is no snapshot {} in cluster {}: 'snapgate get snapshots --cluster {} -n "
                "{}' lists those that exist",
                snapshot.text(), snapshot.cluster.name, snapshot.cluster.name, snapshot.ns);
        return failure;
    }
    SNAPGATE_ASSIGN(auto object, parse_answer(*response, api.server()));
    std::string_view vm = json::text_at(object, {"spec", "source", "name"});
    if (!snapshot.vm.empty() && vm != snapshot.vm)
        return Failure(Exit::kRefused, fmt::format("snapshot {} is of the VM {}, not of {} (--vm)",
                                                   snapshot.text(), vm, snapshot.vm));
    return ReadSnapshot{std::move(object), std::move(*response)};
}

}  // namespace snapgate::cli
