#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "connect/connection.h"
#include "json/value.h"

namespace snapgate::connect {

// A kubeconfig step by step, for those who may read the files that it names (the command line, the
// server for its own configuration); everybody else calls read_kubeconfig() of connection.h. Any
// thread; pure functions. Errors are kInvalidBody whose `subject` is the path of the member at
// fault; none holds a secret.

inline constexpr size_t kMaxKubeconfigBytes = 1 << 20;

// A context with what it names.
struct KubeconfigContext {
    std::string name;
    std::string cluster_path;  // clusters[name=X].cluster
    json::Object cluster;
    std::string user_path;  // users[name=X].user; "" for a context without a user
    json::Object user;
};

// "" is the current-context.
base::Result<KubeconfigContext> find_context(std::string_view text, std::string_view context);

// Something outside of the kubeconfig that a member names.
struct KubeconfigReference {
    std::string path;  // of the member
    std::string file;  // as it is written there
};

// What a context says: what is inline, and what would have to be read or run.
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

// Refuses what nobody takes: auth-provider, user names and passwords, impersonation, proxies.
base::Result<KubeconfigMembers> read_members(const KubeconfigContext& context);

// Whether its connection can be one, once all is in it: PEM where that must be, a key for the
// certificate, https but for loopback.
base::Result<void> check_members(const KubeconfigMembers& members);

// The smallest kubeconfig that says the same, as JSON. Holds the secrets.
std::string to_kubeconfig(const Connection& connection);

}  // namespace snapgate::connect
