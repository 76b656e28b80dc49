#include "api/kube/discovery_documents.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <span>
#include <vector>

#include "api/kube/kind_names.h"
#include "api/kube/openapi_v2.h"
#include "api/kube/openapi_v2_protobuf.h"
#include "api/kube/served.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "json/value.h"
#include "model/api_names.h"

namespace snapgate::api::kube {

// The texts of the files in openapi/.
extern const std::string_view kSnapshotsOpenApi;
extern const std::string_view kRestoresOpenApi;
extern const std::string_view kCoreOpenApi;
extern const std::string_view kAccessReviewsOpenApi;
extern const std::string_view kSelfReviewsOpenApi;

namespace {

using Served = ServedResource;

// One resource of each group, in order.
std::vector<const Served*> groups() {
    std::vector<const Served*> first;
    for (const Served& one : served_resources()) {
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

std::map<std::string, std::string, std::less<>> group_texts() {
    std::map<std::string, std::string, std::less<>> documents;
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
json::Array resources_of(std::string_view group) {
    json::Array resources;
    for (const Served& one : served_resources()) {
        if (one.group == group) add_resource(one, resources);
    }
    return resources;
}

std::map<std::string, std::string, std::less<>> resource_texts() {
    std::map<std::string, std::string, std::less<>> documents;
    for (const Served* one : groups()) {
        for (std::string_view version : one->versions) {
            const std::string name = group_version(one->group, version);
            documents.emplace(
                name, json::serialize(json::Object{{"kind", "APIResourceList"},
                                                   {"apiVersion", "v1"},
                                                   {"groupVersion", name},
                                                   {"resources", resources_of(one->group)}}));
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

json::Array aggregated_versions(const Served& group) {
    json::Array versions;
    for (std::string_view version : group.versions) {
        json::Array resources;
        for (const Served& one : served_resources()) {
            if (one.group == group.group) resources.push_back(aggregated_resource(one, version));
        }
        versions.push_back(json::Object{
            {"version", version}, {"resources", std::move(resources)}, {"freshness", "Current"}});
    }
    return versions;
}

std::string aggregated_text(bool core, bool v2) {
    json::Array listed;
    for (const Served* one : groups()) {
        if (one->group.empty() != core) continue;
        json::Object metadata{{"creationTimestamp", nullptr}};
        if (!core) metadata["name"] = one->group;
        listed.push_back(json::Object{{"metadata", std::move(metadata)},
                                      {"versions", aggregated_versions(*one)}});
    }
    return json::serialize(
        json::Object{{"kind", "APIGroupDiscoveryList"},
                     {"apiVersion", v2 ? "apidiscovery.k8s.io/v2" : "apidiscovery.k8s.io/v2beta1"},
                     {"metadata", json::Object()},
                     {"items", std::move(listed)}});
}

// Clients read features from it: it is the Kubernetes whose behaviour is served.
constexpr std::string_view kGitVersion = "v1.26.0+snapgate-" SNAPGATE_VERSION;

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

std::string in_old_version(std::string_view text) {
    std::string out;
    while (true) {
        size_t at = text.find(model::kStoredVersion);
        out += text.substr(0, at);
        if (at == std::string_view::npos) return out;
        out += model::kOldVersion;
        text.remove_prefix(at + model::kStoredVersion.size());
    }
}

// What is served of snapshot.kubevirt.io: restores.json names types that snapshots.json has. Throws
// as openapi_v2() does.
std::string snapshot_group_openapi() {
    json::Value document = json::parse(kSnapshotsOpenApi).value();
    json::Value restores = json::parse(kRestoresOpenApi).value();
    json::Object& into = document.as_object();
    json::Object& from = restores.as_object();
    for (auto& path : from.at("paths").as_object()) into.at("paths").as_object().insert(path);
    for (auto& schema : from.at("components").as_object().at("schemas").as_object())
        into.at("components").as_object().at("schemas").as_object().insert(schema);
    return json::serialize(document);
}

const std::map<std::string, std::string, std::less<>>& openapi_texts() {
    static const std::map<std::string, std::string, std::less<>> documents{
        {"api/v1", std::string(kCoreOpenApi)},
        {"apis/authentication.k8s.io/v1", std::string(kSelfReviewsOpenApi)},
        {"apis/authorization.k8s.io/v1", std::string(kAccessReviewsOpenApi)},
        {"apis/snapshot.kubevirt.io/v1alpha1", in_old_version(snapshot_group_openapi())},
        {"apis/snapshot.kubevirt.io/v1beta1", snapshot_group_openapi()},
    };
    return documents;
}

// Throws where one of the texts is none of OpenAPI v3: a bug that every test of it meets.
json::Object openapi_v2() {
    std::vector<json::Object> documents;
    for (const auto& [path, text] : openapi_texts())
        documents.push_back(json::parse(text).value().as_object());
    return convert_to_v2(documents, {{"title", "snapgate"}, {"version", kGitVersion}});
}

std::string_view find(const std::map<std::string, std::string, std::less<>>& documents,
                      std::string_view name) {
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

std::string_view resource_list(std::string_view group, std::string_view version) {
    static const auto documents = resource_texts();
    return find(documents, group_version(group, version));
}

const std::string& aggregated_discovery(bool core, bool v2) {
    static const std::array<std::string, 4> texts{
        aggregated_text(false, false), aggregated_text(false, true), aggregated_text(true, false),
        aggregated_text(true, true)};
    return texts[(core ? 2U : 0U) + (v2 ? 1U : 0U)];
}

const std::string& version_document() {
    static const std::string text = version_text();
    return text;
}

std::string_view openapi_document(std::string_view path) {
    return find(openapi_texts(), path);
}

const std::string& openapi_v2_json() {
    static const std::string text = json::serialize(openapi_v2());
    return text;
}

const std::string& openapi_v2_protobuf() {
    static const std::string message = openapi_v2_message(openapi_v2());
    return message;
}

std::string openapi_index(std::string_view prefix) {
    json::Object paths;
    for (const auto& [path, text] : openapi_texts()) {
        std::string url(prefix);
        url += "/openapi/v3/" + path + "?hash=" + base::hex(base::sha256(text));
        paths[path] = json::Object{{"serverRelativeURL", std::move(url)}};
    }
    return json::serialize(json::Object{{"paths", std::move(paths)}});
}

}  // namespace snapgate::api::kube
