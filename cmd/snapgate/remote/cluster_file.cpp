#include "remote/cluster_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "json/value.h"
#include "json/yaml.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFileBytes = 16 << 20;

base::Result<DeclaredCluster> read_one(const json::Value& value, const fs::path& folder) {
    const json::Object* object = value.if_object();
    if (object == nullptr) {
        return base::Error(base::Code::kInvalidBody, "must be a mapping with name and kubeconfig");
    }
    SNAPGATE_TRY(
        json::refuse_unknown(*object, {"name", "project", "uid", "kubeconfig", "context"}));
    DeclaredCluster cluster;
    SNAPGATE_ASSIGN(cluster.name, json::optional_string(*object, "name"));
    SNAPGATE_ASSIGN(cluster.project, json::optional_string(*object, "project"));
    SNAPGATE_ASSIGN(cluster.uid, json::optional_string(*object, "uid"));
    SNAPGATE_ASSIGN(cluster.kubeconfig, json::optional_string(*object, "kubeconfig"));
    SNAPGATE_ASSIGN(cluster.context, json::optional_string(*object, "context"));
    if (cluster.name.empty()) return base::Error(base::Code::kInvalidBody, "has no name");
    if (cluster.kubeconfig.empty())
        return base::Error(base::Code::kInvalidBody, "has no kubeconfig: the path of a file");
    cluster.kubeconfig = (folder / cluster.kubeconfig).string();
    return cluster;
}

}  // namespace

Outcome<std::vector<DeclaredCluster>> read_cluster_file(const std::string& file) {
    SNAPGATE_ASSIGN(std::string text, read_file_or_input(file, kMaxFileBytes));
    const auto refused = [&file](const std::string& place, std::string_view what) {
        return Failure(Exit::kRefused, fmt::format("{}: {}{}", file, place, what));
    };
    auto document = json::parse_yaml(text);
    if (!document) return refused({}, document.error().message);
    const json::Value* list = &*document;
    if (const json::Object* object = document->if_object()) {
        auto known = json::refuse_unknown(*object, {"clusters"});
        if (!known) return refused({}, known.error().message);
        list = object->if_contains("clusters");
    }
    if (list == nullptr || !list->is_array())
        return refused({},
                       "must hold a list of clusters, as in \"clusters: [{name: edge, kubeconfig: "
                       "edge.kubeconfig}]\"");
    const fs::path folder = file == "-" ? fs::path() : fs::path(file).parent_path();
    std::vector<DeclaredCluster> clusters;
    std::set<std::string> names;
    std::set<std::string> uids;
    for (const json::Value& value : list->get_array()) {
        const std::string place = fmt::format("clusters[{}]: ", clusters.size());
        auto cluster = read_one(value, folder);
        if (!cluster) return refused(place, cluster.error().message);
        if (!names.insert(cluster->name).second)
            return refused(place, fmt::format("the name {} is used twice", cluster->name));
        if (!cluster->uid.empty() && !uids.insert(cluster->uid).second)
            return refused(place, fmt::format("the uid {} is used twice", cluster->uid));
        clusters.push_back(std::move(*cluster));
    }
    return clusters;
}

}  // namespace snapgate::cli
