#include "api/kube/cluster_path.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "model/names.h"
#include "rules/object_rules.h"

namespace snapgate::api::kube {

using base::Result;

namespace {

Result<std::string> path_of_namespace(const std::string& name) {
    std::string path = "/api/v1/namespaces";
    if (name.empty()) return path;
    if (!model::is_dns_label(name)) return rules::no_such_namespace(name);
    return path + "/" + base::percent_encode(name);
}

}  // namespace

Result<std::string> path_in_cluster(const Resource& resource, std::string_view version) {
    if (resource.kind == model::Kind::kNamespace) return path_of_namespace(resource.name);
    std::string path = fmt::format("/apis/{}/{}", resource.group(), version);
    if (!resource.ns.empty()) {
        if (!model::is_dns_label(resource.ns)) {
            return resource.name.empty() ? rules::no_such_namespace(resource.ns)
                                         : rules::no_such_snapshot(resource.name);
        }
        path += "/namespaces/" + base::percent_encode(resource.ns);
    }
    path += fmt::format("/{}", resource.plural());
    if (resource.name.empty()) return path;
    if (!model::is_dns_subdomain(resource.name)) return rules::no_such_snapshot(resource.name);
    path += "/" + base::percent_encode(resource.name);
    if (resource.status) path += "/status";
    return path;
}

}  // namespace snapgate::api::kube
