#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/cluster_file.h"
#include "remote/connection_request.h"
#include "remote/kubeconfig_file.h"
#include "remote/resolve.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The file lists clusters; paths in it are relative to its folder:

  clusters:
  - name: edge-1
    kubeconfig: edge-1.kubeconfig
  - name: edge-2
    project: payments
    uid: edge-2
    kubeconfig: fleet.kubeconfig
    context: edge-2

Missing clusters are created, and connections that changed are replaced. Clusters that already are
as the file says, and those that it does not name, are left alone. One line for each cluster says
what was done, in the file's order. If one fails, the others are still applied, and the exit code
is 1.

Examples:
  snapgate apply -f clusters.yaml)";

struct Options {
    ConnectionFlags connection;
    std::string file;
};

struct Registry {
    std::vector<Named> clusters;
    std::vector<Named> projects;
};

Outcome<Registry> read_registry(Api& api) {
    Registry registry;
    SNAPGATE_ASSIGN(auto clusters, list_objects(api, Kind::kCluster));
    registry.clusters = named_items(Kind::kCluster, clusters);
    SNAPGATE_ASSIGN(auto projects, list_objects(api, Kind::kProject));
    registry.projects = named_items(Kind::kProject, projects);
    return registry;
}

// What was done with a cluster.
struct Applied {
    std::string word;  // created, configured, unchanged
    std::vector<std::string> warnings;
};

// The cluster that is meant, null if it is not there yet. Names are unique within a project: with a
// `project` only its clusters have the name, and without one a name must not be in several.
Outcome<const Named*> find_cluster(const Registry& registry, const DeclaredCluster& declared,
                                   const std::string& project) {
    std::vector<Named> candidates;
    const Named* found = nullptr;
    for (const Named& cluster : registry.clusters) {
        if (declared.uid.empty()) {
            if (cluster.name != declared.name) continue;
            if (!project.empty() && cluster.project != project) continue;
        } else if (cluster.uid != declared.uid) {
            continue;
        }
        found = &cluster;
        candidates.push_back(cluster);
    }
    // Says which they are.
    if (candidates.size() > 1) SNAPGATE_TRY(choose(Kind::kCluster, declared.name, candidates));
    return found;
}

Outcome<Applied> apply_one(Api& api, const Registry& registry, const DeclaredCluster& declared) {
    std::string project = api.project_uid();
    if (!declared.project.empty()) {
        SNAPGATE_ASSIGN(Named named, choose(Kind::kProject, declared.project, registry.projects));
        project = named.uid;
    }
    SNAPGATE_ASSIGN(std::string kubeconfig,
                    read_kubeconfig_file(declared.kubeconfig, declared.context));
    SNAPGATE_ASSIGN(const Named* known, find_cluster(registry, declared, project));
    if (known == nullptr) {
        const NewConnection connection{declared.name, declared.uid, project, kubeconfig};
        SNAPGATE_ASSIGN(auto made, connect_cluster(api, connection));
        return Applied{"created", warnings_of(made)};
    }
    if (known->name != declared.name)
        return Failure(
            Exit::kRefused,
            fmt::format("the cluster with uid {} is named {}, and a cluster cannot be renamed",
                        known->uid, known->name));
    if (!project.empty() && known->project != project)
        return Failure(Exit::kRefused,
                       "it belongs to another project, and a cluster cannot be moved");
    SNAPGATE_ASSIGN(auto answer, set_connection(api, known->uid, kubeconfig));
    return Applied{outcome_of(answer), warnings_of(answer)};
}

// The server needs ten seconds to check a cluster that does not answer, so this many clusters are
// applied at a time, each over its own connection.
constexpr size_t kSideBySide = 16;

// Applies clusters on several threads. One thread takes the results, in the file's order.
class Applying {
  public:
    Applying(const std::vector<DeclaredCluster>& declared, const Registry& registry,
             const std::function<Api()>& connect)
        : declared_(declared), registry_(registry), connect_(connect), applied_(declared.size()) {
        for (size_t i = 0; i < std::min(kSideBySide, declared.size()); ++i)
            threads_.emplace_back([this] { work(); });
    }
    ~Applying() {
        next_ = declared_.size();
        for (std::thread& thread : threads_) thread.join();
    }
    Applying(const Applying&) = delete;
    Applying& operator=(const Applying&) = delete;

    // Waits until the cluster is applied.
    Outcome<Applied> take(size_t at) {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [&] { return applied_[at].has_value(); });
        return *std::move(applied_[at]);
    }

  private:
    void work() {
        Api api = connect_();
        for (size_t at = next_++; at < declared_.size(); at = next_++) {
            auto applied = apply_one(api, registry_, declared_[at]);
            const std::lock_guard lock(mutex_);
            applied_[at] = std::move(applied);
            done_.notify_all();
        }
    }

    const std::vector<DeclaredCluster>& declared_;
    const Registry& registry_;
    const std::function<Api()>& connect_;
    std::atomic<size_t> next_ = 0;
    std::mutex mutex_;
    std::condition_variable done_;
    std::vector<std::optional<Outcome<Applied>>> applied_;
    std::vector<std::thread> threads_;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(auto declared, read_cluster_file(options.file));
    SNAPGATE_ASSIGN(Target target, resolve_target(options.connection, shell.environment));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Registry registry, read_registry(api));
    const std::function<Api()> connect = [&] {
        Api own(target);
        own.enter_project(api.project_uid());
        return own;
    };
    Exit exit = Exit::kOk;
    Applying applying(declared, registry, connect);
    for (size_t at = 0; at < declared.size(); ++at) {
        const std::string& name = declared[at].name;
        auto applied = applying.take(at);
        // The server is gone: the other clusters cannot be applied, either.
        if (!applied && applied.error().exit == Exit::kUnreachable) return applied.error();
        if (!applied) {
            exit = Exit::kRefused;
            shell.console.note(fmt::format("error: cluster/{}: {}", name, applied.error().message));
            continue;
        }
        for (const std::string& text : applied->warnings)
            shell.console.note(fmt::format("warning: cluster/{}: {}", name, text));
        shell.console.print_line(fmt::format("cluster/{} {}", name, applied->word));
        SNAPGATE_TRY(shell.console.flush());
    }
    return exit;
}

}  // namespace

Command apply_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "apply",
        .help = "Connect the clusters that a file lists",
        .options = {{"-f,--filename", &options->file, "FILE", "The file ('-': standard input)",
                     kNeeded}},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
