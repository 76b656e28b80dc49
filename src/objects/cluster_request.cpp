#include "objects/cluster_request.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "model/api_names.h"

namespace snapgate::objects {

std::string served_version(const mirror::Mirrors& mirrors, const cluster::Cluster& cluster) {
    const auto status = mirrors.status(cluster.number);
    if (!status || status->served_version.empty()) return std::string(model::kStoredVersion);
    return status->served_version;
}

net::ClientRequest request_about(const mirror::Mirrors& mirrors, const Place& place,
                                 std::string_view method, std::string_view query) {
    net::ClientRequest request;
    request.method = std::string(method);
    request.target = fmt::format("/apis/{}/{}/namespaces/{}/{}", model::kSnapshotGroup,
                                 served_version(mirrors, place.cluster),
                                 base::percent_encode(place.ns), model::kSnapshotPlural);
    if (!place.name.empty()) request.target += "/" + base::percent_encode(place.name);
    request.target += query;
    request.headers.emplace_back("Accept", "application/json");
    return request;
}

}  // namespace snapgate::objects
