#include "api/kube/rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "api/kube/kind_names.h"
#include "api/kube/served.h"

namespace snapgate::api::kube {
namespace {

using access::Role;
using Verdict = json::AccessVerdict;
using Verbs = ServedResource::Verbs;

constexpr std::string_view kNotServed = "snapgate does not serve this";
constexpr std::array<std::string_view, 3> kReads = {"get", "list", "watch"};

bool among(std::string_view verb, const auto& verbs) {
    return std::ranges::find(verbs, verb) != verbs.end();
}

bool reads(std::string_view verb) {
    return among(verb, kReads);
}

bool is_namespaces(const AskedRight& asked) {
    return asked.group.empty() && asked.resource == kNamespaceNames.plural;
}

const ServedResource* find_served(ApiOf api, const AskedRight& asked) {
    const auto& all = served_resources(api);
    const auto found = std::ranges::find_if(all, [&asked](const ServedResource& one) {
        return one.group == asked.group && one.plural == asked.resource;
    });
    return found == all.end() ? nullptr : &*found;
}

// The verbs of a resource, or of one of its subresources. Null if there is no such subresource.
const Verbs* verbs_of(const ServedResource& one, std::string_view subresource) {
    if (subresource.empty()) return &one.verbs;
    const auto found =
        std::ranges::find(one.subresources, subresource, &ServedResource::Subresource::name);
    return found == one.subresources.end() ? nullptr : &found->verbs;
}

// Why something that is served of a hosted cluster is not served of a connected one; "" if it is.
// There is no mirror of namespaces, and they are not written through this server (pass_on.h).
std::string_view not_of_connected(const AskedRight& asked) {
    if (!is_namespaces(asked)) return {};
    if (asked.verb == "watch") return kNamespacesAreNotWatched;
    return reads(asked.verb) ? std::string_view() : kNamespacesAreNotWritten;
}

bool may(Role role, const ServedResource& one, std::string_view verb) {
    return one.access == ServedResource::Access::kEveryone || reads(verb) || role >= Role::kEditor;
}

json::Array texts(const auto& list) {
    json::Array array;
    for (std::string_view one : list) array.emplace_back(one);
    return array;
}

// Adds the rule of a resource, or of one of its subresources, if the role may do anything there.
void add_rule(Role role, ApiOf api, const ServedResource& one, std::string_view subresource,
              json::Array& rules) {
    std::vector<std::string_view> verbs;
    for (std::string_view verb : *verbs_of(one, subresource)) {
        if (judge(role, api, {one.group, one.plural, subresource, verb}).allowed)
            verbs.push_back(verb);
    }
    if (verbs.empty()) return;
    std::string name(one.plural);
    if (!subresource.empty()) name += fmt::format("/{}", subresource);
    rules.push_back(json::Object{{"verbs", texts(verbs)},
                                 {"apiGroups", json::Array{one.group}},
                                 {"resources", json::Array{name}}});
}

}  // namespace

Verdict judge(Role role, ApiOf api, const AskedRight& asked) {
    const ServedResource* one = find_served(api, asked);
    const Verbs* verbs = one == nullptr ? nullptr : verbs_of(*one, asked.subresource);
    if (verbs == nullptr) {
        const bool of_cluster = api == ApiOf::kFleet && one != nullptr;
        return {false, std::string(of_cluster ? kFleetsAreListed : kNotServed)};
    }
    if (!among(asked.verb, *verbs)) {
        if (api == ApiOf::kFleet) return {false, std::string(kFleetsAreListed)};
        // Verbs that Kubernetes has for such an object, and this server has not.
        const bool writes =
            one->plural == kRestoreNames.plural && !reads(asked.verb) &&
            among(
                asked.verb,
                *verbs_of(*find_served(api, {kSnapshotNames.group, kSnapshotNames.plural, {}, {}}),
                          {}));
        return {false, std::string(writes ? kRestoresAreRead : kNotServed)};
    }
    if (!may(role, *one, asked.verb)) {
        return {false,
                fmt::format("the key has the role {}: editors may write", access::role_name(role))};
    }
    if (api == ApiOf::kConnectedCluster) {
        if (const std::string_view why = not_of_connected(asked); !why.empty())
            return {false, std::string(why)};
    }
    return {true, {}};
}

Verdict judge_path(std::string_view verb) {
    if (verb == "get") return {true, {}};
    return {false, std::string(kNotServed)};
}

bool is_sent_on(const AskedRight& asked) {
    if (is_namespaces(asked)) return goes_to_cluster(model::Kind::kNamespace, reads(asked.verb));
    return asked.resource == kSnapshotNames.plural &&
           goes_to_cluster(model::Kind::kSnapshot, reads(asked.verb));
}

json::Array resource_rules(Role role, ApiOf api) {
    json::Array rules;
    for (const ServedResource& one : served_resources(api)) {
        add_rule(role, api, one, {}, rules);
        for (const auto& sub : one.subresources) add_rule(role, api, one, sub.name, rules);
    }
    return rules;
}

json::Array path_rules() {
    static constexpr std::array<std::string_view, 10> kPaths = {
        "/api",   "/api/*",   "/apis",      "/apis/*", "/healthz",
        "/livez", "/openapi", "/openapi/*", "/readyz", "/version"};
    return {json::Object{{"verbs", json::Array{"get"}}, {"nonResourceURLs", texts(kPaths)}}};
}

}  // namespace snapgate::api::kube
