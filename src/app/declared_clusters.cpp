#include "app/declared_clusters.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "access/projects.h"
#include "app/declared_connection.h"
#include "base/crypto.h"
#include "base/log.h"
#include "connect/renewed_source.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;
using cluster::Cluster;

Error wrong(const DeclaredCluster& declared, std::string_view what) {
    return {Code::kInvalidParameter,
            fmt::format("the cluster \"{}\" of the configuration file: {}", declared.name, what),
            "clusters"};
}

Result<std::string> project_of(const DeclaredCluster& declared, const DataDirectory& data) {
    std::string wanted =
        declared.project.empty() ? std::string(access::kDefaultProject) : declared.project;
    auto projects = data.projects.snapshot();
    if (projects->contains(wanted)) return wanted;
    for (const auto& [uid, project] : *projects) {
        if (project.name == wanted) return uid;
    }
    return Error(Code::kInvalidParameter, fmt::format("there is no project {}", wanted));
}

// The cluster that has the declared uid or, where none is declared, the name: that of an earlier
// declaration, which has the name alone among all declared ones, else the one of that project.
const Cluster* find(const DeclaredCluster& declared, std::string_view project,
                    const cluster::ClusterTable::Rows& clusters) {
    const Cluster* found = nullptr;
    for (const auto& [uid, known] : clusters) {
        if (!declared.uid.empty()) {
            if (uid == declared.uid) return &known;
        } else if (known.name == declared.name) {
            if (known.source == cluster::kConfigSource) return &known;
            if (known.project == project) found = &known;
        }
    }
    return found;
}

// Stores the address from the cluster's kubeconfig, to be shown. A kubeconfig that cannot be read
// leaves it unchanged.
Result<void> show_server(const std::string& uid, const std::string& server, DataDirectory& data) {
    if (server.empty() || data.clusters.snapshot()->at(uid).server == server) return {};
    SNAPGATE_TRY(data.store->write_and_wait(store::Priority::kRequest, [&](store::WriteTxn& txn) {
        return cluster::set_declared_server(txn, uid, server);
    }));
    return data.clusters.reload(data.store->read());
}

// The uid of the cluster in the registry, which is made if it does not exist.
Result<std::string> declare(const DeclaredCluster& declared, const std::string& server,
                            DataDirectory& data) {
    const auto clusters = data.clusters.snapshot();
    const auto project = project_of(declared, data);
    if (const Cluster* known = find(declared, project ? *project : std::string(), *clusters)) {
        if (known->source != cluster::kConfigSource) {
            return Error(Code::kConflict,
                         "a cluster of that name or uid is there, and was not made by the "
                         "configuration file: delete it, or declare this one by other ones");
        }
        SNAPGATE_TRY(show_server(known->uid, server, data));
        return known->uid;
    }
    if (!project) return project.error();
    Cluster made;
    made.name = declared.name;
    made.uid = declared.uid.empty() ? base::random_uid() : declared.uid;
    made.source = cluster::kConfigSource;
    made.server = server;
    made.project = *project;
    SNAPGATE_TRY(data.store->write_and_wait(
        store::Priority::kRequest, [&made](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_ASSIGN(made, cluster::create_connected(txn, made));
            return {};
        }));
    SNAPGATE_TRY(data.clusters.reload(data.store->read()));
    return made.uid;
}

}  // namespace

Result<connect::DeclaredSources> declare_clusters(
    const Settings& settings, DataDirectory& data,
    const std::shared_ptr<const net::AddressRules>& rules) {
    connect::DeclaredSources sources;
    for (const DeclaredCluster& declared : settings.clusters) {
        DeclaredConnection connection(declared, settings.credential_programs);
        const auto server = connection.read();
        if (!server) {
            // The server tries again while it runs, and follows the other clusters meanwhile.
            base::log::warning("cannot read the connection of a declared cluster",
                               {{"cluster", declared.name}, {"error", server.error().message}});
        }
        auto uid = declare(declared, server ? *server : std::string(), data);
        if (!uid) return wrong(declared, uid.error().message);
        sources.emplace(
            *uid, std::make_shared<connect::RenewedConnectionSource>(rules, std::move(connection)));
    }
    return sources;
}

}  // namespace snapgate::app
