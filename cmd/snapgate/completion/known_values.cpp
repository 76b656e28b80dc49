#include "completion/known_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/encoding.h"
#include "json/path.h"
#include "remote/context_file.h"
#include "remote/resolve.h"

namespace snapgate::cli {
namespace {

constexpr std::chrono::seconds kPatience{2};

using Names = std::vector<std::string>;

Outcome<Names> names_of_kind(Api& api, Kind kind) {
    SNAPGATE_ASSIGN(const auto items, list_objects(api, kind));
    Names names;
    for (const Named& one : named_items(kind, items)) names.push_back(one.name);
    return names;
}

Outcome<Names> names_in(const net::ClientResponse& response, const Api& api) {
    SNAPGATE_ASSIGN(const auto items, parse_items(response, api.server()));
    Names names;
    for (const json::Object& item : items)
        names.emplace_back(json::text_at(item, {"metadata", "name"}));
    return names;
}

Outcome<Names> namespaces(Api& api, const std::string& cluster) {
    SNAPGATE_ASSIGN(const Named named, resolve(api, Kind::kCluster, cluster));
    SNAPGATE_ASSIGN(const auto response,
                    api.kube_get(fmt::format("/clusters/{}/api/v1/namespaces",
                                             base::percent_encode(named.uid))));
    return names_in(response, api);
}

// Those with what was typed in their names; no more than a terminal shows.
Outcome<Names> snapshots(Api& api, const std::string& typed, const TypedValues& values) {
    SNAPGATE_ASSIGN(const Named named, resolve(api, Kind::kCluster, values.cluster));
    std::string target = fmt::format("/v1/spectroclusters/{}/vms/snapshot?limit=50",
                                     base::percent_encode(named.uid));
    if (!typed.empty()) target += "&name=" + base::percent_encode(typed);
    if (!values.ns.empty()) target += "&namespace=" + base::percent_encode(values.ns);
    SNAPGATE_ASSIGN(const auto response, api.get(target));
    return names_in(response, api);
}

Outcome<Names> find(Completes what, const std::string& typed, const TypedValues& values,
                    const Environment& environment) {
    if (what == Completes::kContext) {
        SNAPGATE_ASSIGN(const auto file, context_path(environment));
        SNAPGATE_ASSIGN(const Contexts contexts, read_contexts(file));
        Names names;
        for (const auto& [name, context] : contexts.named) names.push_back(name);
        return names;
    }
    SNAPGATE_ASSIGN(const Target target, resolve_target(values.connection, environment));
    Api api(target, kPatience);
    SNAPGATE_TRY(enter_project(api, target));
    switch (what) {
        case Completes::kCluster:
            return names_of_kind(api, Kind::kCluster);
        case Completes::kProject:
            return names_of_kind(api, Kind::kProject);
        case Completes::kKey:
            return names_of_kind(api, Kind::kKey);
        case Completes::kNamespace:
            return namespaces(api, values.cluster);
        case Completes::kSnapshot:
            return snapshots(api, typed, values);
        default:
            return Names();
    }
}

}  // namespace

std::vector<std::string> known_values(Completes what, const std::string& typed,
                                      const TypedValues& values, const Environment& environment) {
    auto found = find(what, typed, values, environment);
    if (!found) return {};
    std::erase_if(*found, [&](const std::string& one) { return !one.starts_with(typed); });
    std::ranges::sort(*found);
    found->erase(std::unique(found->begin(), found->end()), found->end());
    return std::move(*found);
}

}  // namespace snapgate::cli
