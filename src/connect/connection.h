#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::connect {

// The address of a connected cluster and our credentials there: a context of a kubeconfig with
// everything inline. It contains secrets: never log it, never show it, store it only sealed
// (credentials.h).
struct Connection {
    std::string server;              // https://host[:port][/prefix]
    std::string ca;                  // PEM; "": the system's authorities
    std::string client_certificate;  // PEM
    std::string client_key;          // PEM
    std::string token;
    std::string server_name;  // tls-server-name
    bool insecure = false;    // insecure-skip-tls-verify

    bool operator==(const Connection&) const = default;
};

// Reads one context of a kubeconfig (YAML or JSON); "" is its current-context. kInvalidBody if a
// member is missing, broken or not supported; `subject` is its path. Not supported are files
// (certificate-authority, client-certificate, client-key, tokenFile), exec, auth-provider, username
// and password, impersonation (as, as-uid, as-groups, as-user-extra), proxy-url, and a server that
// is not https (plain http is allowed only for loopback addresses, as the token would be readable
// on the way). Unknown members are ignored, as in kubectl. No message contains a secret. Any
// thread.
base::Result<Connection> read_kubeconfig(std::string_view text, std::string_view context);

// Scheme, host and port of its server: the only part of a connection that may be shown.
std::string shown_server(const Connection& connection);

// Converts a connection to one text, to be sealed, and back. kCorrupt.
std::string to_text(const Connection& connection);
base::Result<Connection> parse_connection(std::string_view text);

}  // namespace snapgate::connect
