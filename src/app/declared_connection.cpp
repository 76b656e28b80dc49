#include "app/declared_connection.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/crypto.h"
#include "base/read_file.h"
#include "connect/credential_program.h"
#include "json/value.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;
using connect::KubeconfigMembers;

constexpr const char* kAccount = "/var/run/secrets/kubernetes.io/serviceaccount";
// The reason that is shown beside the state Unauthorized.
constexpr const char* kUnreadable = "ConfigurationUnreadable";

// The account of a pod, in the form of a kubeconfig's members.
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

Result<std::string> read_text(const std::filesystem::path& file) {
    auto text = base::read_file(file, connect::kMaxKubeconfigBytes);
    if (text) return text;
    return Error(Code::kInvalidParameter,
                 fmt::format("cannot read {}: {}", file.string(), text.error().message));
}

Error unreadable(const Error& error) {
    return {Code::kUnauthorized, error.message, kUnreadable};
}

}  // namespace

DeclaredConnection::DeclaredConnection(connect::DeclaredCluster declared,
                                       std::vector<std::filesystem::path> programs)
    : declared_(std::move(declared)), programs_(std::move(programs)) {}

Result<std::string> DeclaredConnection::read() {
    auto server = replace();
    if (!server) return unreadable(server.error());
    return server;
}

Result<connect::RenewedConnection> DeclaredConnection::operator()(bool refused,
                                                                  const std::atomic<bool>& stop) {
    if (!renewal_ || refused) {
        // The connection that was read before may work again when the cluster stops refusing it.
        if (auto server = replace(); !server && !renewal_) return unreadable(server.error());
    }
    return (*renewal_)(refused, stop);
}

Result<std::string> DeclaredConnection::replace() {
    if (declared_.in_cluster) {
        SNAPGATE_ASSIGN(auto members, in_cluster_members());
        SNAPGATE_ASSIGN(Made made, make(std::move(members)));
        if (!renewal_) renewal_.emplace(std::move(made.renewal));
        fingerprint_ = fingerprint_of({}, false);
        return made.server;
    }
    SNAPGATE_ASSIGN(std::string text, read_text(declared_.kubeconfig));
    SNAPGATE_ASSIGN(const auto context, connect::find_context(text, declared_.context));
    SNAPGATE_ASSIGN(auto members, connect::read_members(context));
    SNAPGATE_ASSIGN(Made made, make(std::move(members)));
    // If the kubeconfig is unchanged, keep the renewal: it still holds the content of files that
    // cannot be read just now.
    if (!renewal_ || text != text_) renewal_.emplace(std::move(made.renewal));
    fingerprint_ = fingerprint_of(text, made.runs_program);
    text_ = std::move(text);
    return made.server;
}

std::string DeclaredConnection::fingerprint_of(const std::string& text, bool runs_program) const {
    json::Array parts{text, declared_.kubeconfig.string(), declared_.context, declared_.in_cluster};
    // Which programs may be run matters to nobody else.
    if (runs_program) {
        for (const auto& program : programs_) parts.emplace_back(program.string());
    }
    return base::sha256(json::serialize(parts));
}

Result<DeclaredConnection::Made> DeclaredConnection::make(KubeconfigMembers members) const {
    std::optional<connect::CredentialProgram> program;
    if (members.exec) {
        SNAPGATE_ASSIGN(
            program, connect::read_program(*members.exec, members.user_path + ".exec", programs_));
    }
    const bool whole = !program && !members.ca && !members.client_certificate &&
                       !members.client_key && !members.token;
    // Credentials from files and programs are checked when they are read.
    if (whole) {
        SNAPGATE_TRY(connect::check_members(members));
    }
    std::string server = connect::shown_server(members.connection);
    if (server.empty()) {
        return Error(Code::kInvalidParameter,
                     fmt::format("{}.server: is no https URL", members.cluster_path));
    }
    const bool runs_program = program.has_value();
    return Made{connect::KubeconfigRenewal(std::move(members), declared_.kubeconfig.parent_path(),
                                           std::move(program), step_),
                std::move(server), runs_program};
}

}  // namespace snapgate::app
