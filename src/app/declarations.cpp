#include "app/declarations.h"

#include <fmt/format.h>

#include <set>
#include <string>

#include "model/names.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kClusters = "clusters";
constexpr std::string_view kPrograms = "credential-programs";

Error wrong(std::string_view place, std::string_view what) {
    return {Code::kInvalidParameter, fmt::format("{}: {}", place, what), std::string(place)};
}

Result<DeclaredCluster> read_cluster(const json::Value& value,
                                     const std::filesystem::path& folder) {
    const json::Object* object = value.if_object();
    if (object == nullptr)
        return Error(Code::kInvalidParameter, "must be a mapping with name and kubeconfig");
    SNAPGATE_TRY(json::refuse_unknown(
        *object, {"name", "uid", "project", "kubeconfig", "context", "in-cluster"}));
    DeclaredCluster cluster;
    std::string kubeconfig;
    SNAPGATE_ASSIGN(cluster.name, json::optional_string(*object, "name"));
    SNAPGATE_ASSIGN(cluster.uid, json::optional_string(*object, "uid"));
    SNAPGATE_ASSIGN(cluster.project, json::optional_string(*object, "project"));
    SNAPGATE_ASSIGN(kubeconfig, json::optional_string(*object, "kubeconfig"));
    SNAPGATE_ASSIGN(cluster.context, json::optional_string(*object, "context"));
    if (const json::Value* in_cluster = object->if_contains("in-cluster")) {
        if (!in_cluster->is_bool())
            return Error(Code::kInvalidParameter, "in-cluster must be true or false");
        cluster.in_cluster = in_cluster->get_bool();
    }
    if (!model::is_display_name(cluster.name)) {
        return Error(Code::kInvalidParameter,
                     "name must be 1 to 128 printable characters without blanks at its ends");
    }
    if (!cluster.uid.empty() && !model::is_uid(cluster.uid))
        return Error(Code::kInvalidParameter, std::string(model::kUidRule));
    if (cluster.in_cluster != kubeconfig.empty()) {
        return Error(Code::kInvalidParameter,
                     "must have one of kubeconfig (a file) and in-cluster: true");
    }
    if (!kubeconfig.empty()) cluster.kubeconfig = folder / kubeconfig;
    return cluster;
}

Result<void> read_clusters(Settings& settings, const json::Array& list,
                           const std::filesystem::path& folder) {
    std::set<std::string> names;
    std::set<std::string> uids;
    for (const json::Value& value : list) {
        const std::string place = fmt::format("{}[{}]", kClusters, settings.clusters.size());
        auto cluster = read_cluster(value, folder);
        if (!cluster) return wrong(place, cluster.error().message);
        if (!names.insert(cluster->name).second ||
            (!cluster->uid.empty() && !uids.insert(cluster->uid).second))
            return wrong(place, fmt::format("{} is there twice", cluster->name));
        settings.clusters.push_back(std::move(*cluster));
    }
    return {};
}

Result<void> read_programs(Settings& settings, const json::Array& list) {
    for (const json::Value& value : list) {
        const std::string place =
            fmt::format("{}[{}]", kPrograms, settings.credential_programs.size());
        const auto* text = value.if_string();
        // The meaning of a bare name would depend on the user who starts the server.
        if (text == nullptr || !text->starts_with("/"))
            return wrong(place, "must be the absolute path of a program");
        settings.credential_programs.emplace_back(std::string(*text));
    }
    return {};
}

}  // namespace

bool is_declaration(std::string_view name) {
    return name == kClusters || name == kPrograms;
}

Result<void> read_declaration(Settings& settings, std::string_view name, const json::Value& value,
                              const std::filesystem::path& folder) {
    if (value.is_null()) return {};
    const json::Array* list = value.if_array();
    if (list == nullptr) return wrong(name, "must be a list");
    return name == kClusters ? read_clusters(settings, *list, folder)
                             : read_programs(settings, *list);
}

}  // namespace snapgate::app
