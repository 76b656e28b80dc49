#include "app/declared_clusters.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "access/projects.h"
#include "base/crypto.h"
#include "cluster/kubeconfig.h"
#include "cluster/kubeconfig_renewal.h"
#include "cluster/renewed_source.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;
using cluster::Cluster;
using cluster::KubeconfigMembers;

constexpr const char* kAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

Error wrong(const DeclaredCluster& declared, std::string_view what) {
    return {Code::kInvalidParameter,
            fmt::format("the cluster \"{}\" of the configuration file: {}", declared.name, what),
            "clusters"};
}

// The account of a pod, as a kubeconfig would name it.
Result<KubeconfigMembers> in_cluster_members() {
    const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
    const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
    if (host == nullptr || port == nullptr) {
        return Error(Code::kInvalidParameter,
                     "in-cluster: this process runs in no pod (KUBERNETES_SERVICE_HOST and "
                     "KUBERNETES_SERVICE_PORT are not set)");
    }
    const bool bracketed = std::strchr(host, ':') != nullptr;
    KubeconfigMembers members;
    members.cluster_path = members.user_path = "in-cluster";
    members.connection.server = bracketed ? fmt::format("https://[{}]:{}", host, port)
                                          : fmt::format("https://{}:{}", host, port);
    members.ca = {"in-cluster", fmt::format("{}/ca.crt", kAccount)};
    members.token = {"in-cluster", fmt::format("{}/token", kAccount)};
    return members;
}

Result<KubeconfigMembers> kubeconfig_members(const DeclaredCluster& declared) {
    errno = 0;
    std::ifstream in(declared.kubeconfig, std::ios::binary);
    std::string text(cluster::kMaxKubeconfigBytes + 1, '\0');
    if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) {
        return Error(
            Code::kInvalidParameter,
            fmt::format("cannot read {}: {}", declared.kubeconfig.string(), std::strerror(errno)));
    }
    text.resize(static_cast<size_t>(in.gcount()));
    SNAPGATE_ASSIGN(auto context, cluster::find_context(text, declared.context));
    return cluster::read_members(context);
}

struct Declared {
    std::shared_ptr<cluster::ConnectionSource> source;
    std::string server;  // to be shown
};

Result<Declared> make_source(const DeclaredCluster& declared, const Settings& settings) {
    SNAPGATE_ASSIGN(KubeconfigMembers members,
                    declared.in_cluster ? in_cluster_members() : kubeconfig_members(declared));
    std::optional<cluster::CredentialProgram> program;
    if (members.exec) {
        SNAPGATE_ASSIGN(program, cluster::read_program(*members.exec, members.user_path + ".exec",
                                                       settings.credential_programs));
    }
    const bool whole = !program && !members.ca && !members.client_certificate &&
                       !members.client_key && !members.token;
    // What comes from files and programs is looked at when it is there.
    if (whole) {
        SNAPGATE_TRY(cluster::check_members(members));
    }
    Declared made;
    made.server = cluster::shown_server(members.connection);
    if (made.server.empty())
        return Error(Code::kInvalidParameter,
                     fmt::format("{}.server: is no https URL", members.cluster_path));
    cluster::KubeconfigRenewal renewal(std::move(members), declared.kubeconfig.parent_path(),
                                       std::move(program));
    made.source = std::make_shared<cluster::RenewedConnectionSource>(std::move(renewal));
    return made;
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

// The uid of the cluster as the registry has it, made if it has none.
Result<std::string> declare(const DeclaredCluster& declared, const std::string& server,
                            DataDirectory& data) {
    auto clusters = data.clusters.snapshot();
    for (const auto& [uid, known] : *clusters) {
        if (declared.uid.empty() ? known.name != declared.name : uid != declared.uid) continue;
        if (known.source != cluster::kConfigSource) {
            return Error(Code::kConflict,
                         "a cluster of that name or uid is there, and was not made by the "
                         "configuration file: delete it, or declare this one by other ones");
        }
        return uid;
    }
    Cluster made;
    made.name = declared.name;
    made.uid = declared.uid.empty() ? base::random_uid() : declared.uid;
    made.source = cluster::kConfigSource;
    made.server = server;
    SNAPGATE_ASSIGN(made.project, project_of(declared, data));
    SNAPGATE_TRY(data.store->write_and_wait(
        store::Priority::kRequest, [&made](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_ASSIGN(made, cluster::create_connected(txn, made));
            return {};
        }));
    SNAPGATE_TRY(data.clusters.reload(data.store->read()));
    return made.uid;
}

}  // namespace

Result<cluster::DeclaredSources> declare_clusters(const Settings& settings, DataDirectory& data) {
    cluster::DeclaredSources sources;
    for (const DeclaredCluster& declared : settings.clusters) {
        auto made = make_source(declared, settings);
        if (!made) return wrong(declared, made.error().message);
        auto uid = declare(declared, made->server, data);
        if (!uid) return wrong(declared, uid.error().message);
        sources.emplace(*uid, std::move(made->source));
    }
    return sources;
}

}  // namespace snapgate::app
