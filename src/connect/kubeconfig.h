#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "connect/connection.h"
#include "json/value.h"

namespace snapgate::connect {

// Reads a kubeconfig step by step, for callers that may read the files it names: the command line,
// and the server for its own configuration. All others call read_kubeconfig() of connection.h. Any
// thread; pure functions. Errors are kInvalidBody with the path of the member at fault in
// `subject`; none contains a secret.

inline constexpr size_t kMaxKubeconfigBytes = 1 << 20;

// A context with its cluster and its user.
struct KubeconfigContext {
    std::string name;
    std::string cluster_path;  // clusters[name=X].cluster
    json::Object cluster;
    std::string user_path;  // users[name=X].user; "" for a context without a user
    json::Object user;
};

// "" is the current-context.
base::Result<KubeconfigContext> find_context(std::string_view text, std::string_view context);

// A file that a member of the kubeconfig names.
struct KubeconfigReference {
    std::string path;  // path of the member
    std::string file;  // as the kubeconfig has it
};

// The members of a context: the inline ones, and references to files and programs.
struct KubeconfigMembers {
    std::string cluster_path;
    std::string user_path;
    Connection connection;
    std::optional<KubeconfigReference> ca;
    std::optional<KubeconfigReference> client_certificate;
    std::optional<KubeconfigReference> client_key;
    std::optional<KubeconfigReference> token;
    std::optional<json::Object> exec;
};

// Refuses members that are never supported: auth-provider, user names and passwords, impersonation,
// proxies.
base::Result<KubeconfigMembers> read_members(const KubeconfigContext& context);

// Checks a complete connection: PEM where PEM is required, a key for the certificate, https unless
// the server is on loopback.
base::Result<void> check_members(const KubeconfigMembers& members);

// The smallest kubeconfig for the connection, as JSON. It contains the secrets.
std::string to_kubeconfig(const Connection& connection);

}  // namespace snapgate::connect
