#include <fmt/format.h>

#include <memory>

#include "cluster_file.h"
#include "command.h"
#include "connection_request.h"
#include "json_path.h"
#include "kubeconfig_file.h"
#include "resolve.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The file lists clusters; paths in it count from where it is:

  clusters:
  - name: edge-1
    kubeconfig: edge-1.kubeconfig
  - name: edge-2
    project: payments
    uid: edge-2
    kubeconfig: fleet.kubeconfig
    context: edge-2

Clusters that are missing are made, connections that changed are set; clusters that the file does
not name are left alone. One line says what became of each. One that fails does not keep the others
from being applied; then the exit code is 1.

Examples:
  snapgate apply -f clusters.yaml)";

struct Options {
    ConnectionFlags connection;
    std::string file;
};

struct Registry {
    std::vector<Named> clusters;
    std::vector<Named> projects;
    std::vector<std::string> project_of;  // of each cluster: its project's uid
};

Outcome<std::vector<json::Object>> list(Api& api, Kind kind) {
    SNAPGATE_ASSIGN(auto response, api.get(std::string(words_of(kind).path)));
    return parse_items(response, api.server());
}

Outcome<Registry> read_registry(Api& api) {
    Registry registry;
    SNAPGATE_ASSIGN(auto clusters, list(api, Kind::kCluster));
    for (const json::Object& item : clusters) {
        registry.clusters.push_back({std::string(text_at(item, {"uid"})),
                                     std::string(text_at(item, {"name"})),
                                     std::string(text_at(item, {"type"}))});
        registry.project_of.emplace_back(text_at(item, {"projectUid"}));
    }
    SNAPGATE_ASSIGN(auto projects, list(api, Kind::kProject));
    for (const json::Object& item : projects)
        registry.projects.push_back(
            {std::string(text_at(item, {"uid"})), std::string(text_at(item, {"name"})), {}});
    return registry;
}

// What became of it, as the last word of its line.
Outcome<std::string> apply_one(Api& api, const Registry& registry, const DeclaredCluster& declared,
                               Console& console) {
    std::string project = api.project_uid();
    if (!declared.project.empty()) {
        SNAPGATE_ASSIGN(Named named, choose(Kind::kProject, declared.project, registry.projects));
        project = named.uid;
    }
    SNAPGATE_ASSIGN(std::string kubeconfig,
                    read_kubeconfig_file(declared.kubeconfig, declared.context));
    const Named* known = nullptr;
    std::string known_project;
    for (size_t at = 0; at < registry.clusters.size(); ++at) {
        const Named& cluster = registry.clusters[at];
        const bool same =
            declared.uid.empty() ? cluster.name == declared.name : cluster.uid == declared.uid;
        if (!same) continue;
        known = &cluster;
        known_project = registry.project_of[at];
    }
    if (known == nullptr) {
        const NewConnection connection{declared.name, declared.uid, project, kubeconfig};
        SNAPGATE_ASSIGN(auto made, connect_cluster(api, connection));
        note_warnings(console, made);
        return std::string("created");
    }
    if (known->name != declared.name)
        return Failure(Exit::kRefused, fmt::format("the cluster of uid {} is called {}: a name "
                                                   "stays what it is",
                                                   known->uid, known->name));
    if (!project.empty() && known_project != project)
        return Failure(Exit::kRefused,
                       "it belongs to another project: a cluster stays in its project");
    SNAPGATE_ASSIGN(auto answer, set_connection(api, known->uid, kubeconfig));
    note_warnings(console, answer);
    const json::Value* changed = value_at(answer, {"changed"});
    const bool same = changed != nullptr && changed->is_bool() && !changed->get_bool();
    return std::string(same ? "unchanged" : "configured");
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(auto declared, read_cluster_file(options.file));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Registry registry, read_registry(api));
    Exit exit = Exit::kOk;
    for (const DeclaredCluster& cluster : declared) {
        auto applied = apply_one(api, registry, cluster, shell.console);
        // Nobody is there to apply the others.
        if (!applied && applied.error().exit == Exit::kUnreachable) return applied.error();
        if (!applied) exit = Exit::kRefused;
        if (applied) {
            shell.console.print_document(fmt::format("cluster/{} {}", cluster.name, *applied));
        } else {
            shell.console.note(
                fmt::format("error: cluster/{}: {}", cluster.name, applied.error().message));
        }
    }
    return exit;
}

}  // namespace

void add_apply(CLI::App& root, Action& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = root.add_subcommand("apply", "Connect the clusters that a file lists");
    command->add_option("-f,--filename", options->file, "The file ('-': standard input)")
        ->required()
        ->type_name("FILE");
    add_connection_options(*command, options->connection);
    end_command(*command, kFooter, chosen,
                [options](Shell& shell) { return run(*options, shell); });
}

}  // namespace snapgate::cli
