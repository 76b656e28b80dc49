#include "api/kube/discovery_documents.h"

#include <fmt/format.h>

#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "api/kube/git_version.h"
#include "api/kube/served.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "json/value.h"

namespace snapgate::api::kube {

namespace {

using Served = ServedResource;

// By name.
using Texts = std::map<std::string, std::string, std::less<>>;

// One resource of each group, in order.
std::vector<const Served*> groups() {
    std::vector<const Served*> first;
    for (const Served& one : served_resources(ApiOf::kHostedCluster)) {
        if (first.empty() || first.back()->group != one.group) first.push_back(&one);
    }
    return first;
}

json::Array texts(std::span<const std::string_view> list) {
    json::Array array;
    for (std::string_view one : list) array.emplace_back(one);
    return array;
}

std::string group_version(std::string_view group, std::string_view version) {
    std::string text(group);
    if (!text.empty()) text += '/';
    text += version;
    return text;
}

json::Object version_entry(const Served& one, std::string_view version) {
    return {{"groupVersion", group_version(one.group, version)}, {"version", version}};
}

json::Object group_object(const Served& one) {
    json::Array versions;
    for (std::string_view version : one.versions) versions.push_back(version_entry(one, version));
    return {{"name", one.group},
            {"versions", std::move(versions)},
            {"preferredVersion", version_entry(one, one.versions.front())}};
}

std::string group_list_text() {
    json::Array listed;
    for (const Served* one : groups()) {
        if (!one->group.empty()) listed.push_back(group_object(*one));
    }
    return json::serialize(json::Object{
        {"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(listed)}});
}

Texts group_texts() {
    Texts documents;
    for (const Served* one : groups()) {
        if (one->group.empty()) continue;
        json::Object document{{"kind", "APIGroup"}, {"apiVersion", "v1"}};
        json::Object group = group_object(*one);
        for (auto& member : group) document.insert(member);
        documents.emplace(one->group, json::serialize(document));
    }
    return documents;
}

// What a client may compare to learn that two versions are stored the same way: of the one that is
// stored, as k8s.io/apiserver makes it (discovery.StorageVersionHash).
std::string storage_hash(const Served& one) {
    const std::string digest =
        base::sha256(fmt::format("{}/{}/{}", one.group, one.versions.front(), one.kind));
    std::string text;
    base::append_base64(std::string_view(digest).substr(0, 8), text);
    return text;
}

void add_resource(const Served& one, json::Array& resources) {
    json::Object resource{{"name", one.plural},
                          {"singularName", one.singular},
                          {"namespaced", one.namespaced},
                          {"kind", one.kind},
                          {"verbs", texts(one.verbs)}};
    if (!one.short_names.empty()) resource["shortNames"] = texts(one.short_names);
    if (!one.categories.empty()) resource["categories"] = texts(one.categories);
    // What is not stored has none.
    if (one.stored) resource["storageVersionHash"] = storage_hash(one);
    resources.push_back(std::move(resource));
    for (const Served::Subresource& sub : one.subresources) {
        resources.push_back(
            json::Object{{"name", std::string(one.plural) + "/" + std::string(sub.name)},
                         {"singularName", ""},
                         {"namespaced", one.namespaced},
                         {"kind", one.kind},
                         {"verbs", texts(sub.verbs)}});
    }
}

// Those of one group.
json::Array resources_of(ApiOf api, std::string_view group) {
    json::Array resources;
    for (const Served& one : served_resources(api)) {
        if (one.group == group && !one.verbs.empty()) add_resource(one, resources);
    }
    return resources;
}

Texts resource_texts(ApiOf api) {
    Texts documents;
    for (const Served* one : groups()) {
        for (std::string_view version : one->versions) {
            const std::string name = group_version(one->group, version);
            documents.emplace(
                name, json::serialize(json::Object{{"kind", "APIResourceList"},
                                                   {"apiVersion", "v1"},
                                                   {"groupVersion", name},
                                                   {"resources", resources_of(api, one->group)}}));
        }
    }
    return documents;
}

json::Object response_kind(const Served& one, std::string_view version) {
    return {{"group", one.group}, {"version", version}, {"kind", one.kind}};
}

json::Object aggregated_resource(const Served& one, std::string_view version) {
    json::Object resource{{"resource", one.plural},
                          {"responseKind", response_kind(one, version)},
                          {"scope", one.namespaced ? "Namespaced" : "Cluster"},
                          {"singularResource", one.singular},
                          {"verbs", texts(one.verbs)}};
    if (!one.short_names.empty()) resource["shortNames"] = texts(one.short_names);
    if (!one.categories.empty()) resource["categories"] = texts(one.categories);
    json::Array subresources;
    for (const Served::Subresource& sub : one.subresources) {
        subresources.push_back(json::Object{{"subresource", sub.name},
                                            {"responseKind", response_kind(one, version)},
                                            {"verbs", texts(sub.verbs)}});
    }
    if (!subresources.empty()) resource["subresources"] = std::move(subresources);
    return resource;
}

json::Array aggregated_versions(ApiOf api, const Served& group) {
    json::Array versions;
    for (std::string_view version : group.versions) {
        json::Array resources;
        for (const Served& one : served_resources(api)) {
            if (one.group != group.group || one.verbs.empty()) continue;
            resources.push_back(aggregated_resource(one, version));
        }
        versions.push_back(json::Object{
            {"version", version}, {"resources", std::move(resources)}, {"freshness", "Current"}});
    }
    return versions;
}

std::string aggregated_text(ApiOf api, bool core, bool v2) {
    json::Array listed;
    for (const Served* one : groups()) {
        if (one->group.empty() != core) continue;
        json::Object metadata{{"creationTimestamp", nullptr}};
        if (!core) metadata["name"] = one->group;
        listed.push_back(json::Object{{"metadata", std::move(metadata)},
                                      {"versions", aggregated_versions(api, *one)}});
    }
    return json::serialize(
        json::Object{{"kind", "APIGroupDiscoveryList"},
                     {"apiVersion", v2 ? "apidiscovery.k8s.io/v2" : "apidiscovery.k8s.io/v2beta1"},
                     {"metadata", json::Object()},
                     {"items", std::move(listed)}});
}

std::string version_text() {
    return json::serialize(json::Object{{"major", "1"},
                                        {"minor", "26"},
                                        {"gitVersion", kGitVersion},
                                        {"gitCommit", ""},
                                        {"gitTreeState", ""},
                                        {"buildDate", "1970-01-01T00:00:00Z"},
                                        {"goVersion", ""},
                                        {"compiler", "clang"},
                                        {"platform", "linux/amd64"}});
}

std::string_view find(const Texts& documents, std::string_view name) {
    auto found = documents.find(name);
    return found == documents.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

const std::string& group_list() {
    static const std::string text = group_list_text();
    return text;
}

std::string_view group_document(std::string_view group) {
    static const auto documents = group_texts();
    return find(documents, group);
}

std::string_view resource_list(ApiOf api, std::string_view group, std::string_view version) {
    static const Texts of_cluster = resource_texts(ApiOf::kHostedCluster);
    static const Texts of_fleet = resource_texts(ApiOf::kFleet);
    return find(api == ApiOf::kFleet ? of_fleet : of_cluster, group_version(group, version));
}

const std::string& aggregated_discovery(ApiOf api, bool core, bool v2) {
    static const auto texts = [] {
        std::map<std::tuple<bool, bool, bool>, std::string> all;
        for (const ApiOf whose : {ApiOf::kHostedCluster, ApiOf::kFleet}) {
            for (const bool is_core : {false, true}) {
                for (const bool is_v2 : {false, true}) {
                    all[{whose == ApiOf::kFleet, is_core, is_v2}] =
                        aggregated_text(whose, is_core, is_v2);
                }
            }
        }
        return all;
    }();
    return texts.at({api == ApiOf::kFleet, core, v2});
}

const std::string& version_document() {
    static const std::string text = version_text();
    return text;
}

}  // namespace snapgate::api::kube
