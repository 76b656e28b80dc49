#include "api/kube/openapi_documents.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "api/kube/git_version.h"
#include "api/kube/openapi_v2.h"
#include "api/kube/openapi_v2_protobuf.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "json/path.h"
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

// By their paths below /openapi/v3/.
using Documents = std::map<std::string, std::string, std::less<>>;

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

Documents documents_of_cluster() {
    return {
        {"api/v1", std::string(kCoreOpenApi)},
        {"apis/authentication.k8s.io/v1", std::string(kSelfReviewsOpenApi)},
        {"apis/authorization.k8s.io/v1", std::string(kAccessReviewsOpenApi)},
        {"apis/snapshot.kubevirt.io/v1alpha1", in_old_version(snapshot_group_openapi())},
        {"apis/snapshot.kubevirt.io/v1beta1", snapshot_group_openapi()},
    };
}

// What makes a watch of a list.
constexpr std::array<std::string_view, 2> kWatchParameters = {"watch", "allowWatchBookmarks"};

// Of an operation, or of all operations on a path.
void drop_watch_parameters(json::Object& described) {
    json::Value* parameters = described.if_contains("parameters");
    if (parameters == nullptr) return;
    json::Array kept;
    for (json::Value& parameter : parameters->as_array()) {
        const std::string_view name = json::text_at(parameter.as_object(), {"name"});
        if (std::ranges::find(kWatchParameters, name) == kWatchParameters.end())
            kept.push_back(std::move(parameter));
    }
    *parameters = std::move(kept);
}

// The document with those operations alone that are lists of snapshots and restores. Throws as
// openapi_v2() does.
std::string lists_alone(std::string_view text) {
    json::Value document = json::parse(text).value();
    json::Object kept;
    for (auto& [path, described] : document.as_object().at("paths").as_object()) {
        json::Object& operations = described.as_object();
        json::Value* get = operations.if_contains("get");
        if (get == nullptr || json::text_at(get->as_object(), {"x-kubernetes-action"}) != "list" ||
            json::text_at(get->as_object(), {"x-kubernetes-group-version-kind", "group"}).empty())
            continue;
        drop_watch_parameters(get->as_object());
        drop_watch_parameters(operations);
        json::Object& list = kept[path].emplace_object();
        for (const std::string_view member : {"get", "parameters"}) {
            if (json::Value* value = operations.if_contains(member)) list[member] = *value;
        }
    }
    document.as_object()["paths"] = std::move(kept);
    return json::serialize(document);
}

Documents documents_of_fleet() {
    Documents documents = documents_of_cluster();
    for (auto& [path, text] : documents) {
        // Reviews are asked of a fleet, too.
        if (!path.starts_with("apis/auth")) text = lists_alone(text);
    }
    return documents;
}

// Throws where one of the texts is none of OpenAPI v3: a bug that every test of it meets.
json::Object openapi_v2(const Documents& texts) {
    std::vector<json::Object> documents;
    for (const auto& [path, text] : texts)
        documents.push_back(json::parse(text).value().as_object());
    return convert_to_v2(documents, {{"title", "snapgate"}, {"version", kGitVersion}});
}

// All that is said of one API.
struct OpenApi {
    explicit OpenApi(Documents documents)
        : v3(std::move(documents)),
          v2_json(json::serialize(openapi_v2(v3))),
          v2_protobuf(openapi_v2_message(openapi_v2(v3))) {}

    const Documents v3;
    const std::string v2_json;
    const std::string v2_protobuf;
};

const OpenApi& openapi(ApiOf api) {
    if (api == ApiOf::kFleet) {
        static const OpenApi of_fleet(documents_of_fleet());
        return of_fleet;
    }
    static const OpenApi of_cluster(documents_of_cluster());
    return of_cluster;
}

}  // namespace

std::string_view openapi_document(ApiOf api, std::string_view path) {
    const Documents& documents = openapi(api).v3;
    const auto found = documents.find(path);
    return found == documents.end() ? std::string_view() : std::string_view(found->second);
}

const std::string& openapi_v2_json(ApiOf api) {
    return openapi(api).v2_json;
}

const std::string& openapi_v2_protobuf(ApiOf api) {
    return openapi(api).v2_protobuf;
}

std::string openapi_index(ApiOf api, std::string_view prefix) {
    json::Object paths;
    for (const auto& [path, text] : openapi(api).v3) {
        std::string url(prefix);
        url += "/openapi/v3/" + path + "?hash=" + base::hex(base::sha256(text));
        paths[path] = json::Object{{"serverRelativeURL", std::move(url)}};
    }
    return json::serialize(json::Object{{"paths", std::move(paths)}});
}

}  // namespace snapgate::api::kube
