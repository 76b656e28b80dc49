#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/annotations.h"
#include "base/result.h"
#include "net/http/http.h"

namespace snapgate::connect {

// How a connected cluster is reached, and who we are there: a context of a kubeconfig with
// everything inline. Holds secrets: never logged, never shown, stored sealed only (credentials.h).
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

// Reads one context of a kubeconfig (YAML or JSON); "" is its current-context. kInvalidBody whose
// `subject` is the path of the member at fault: what is missing or broken, and what is not
// supported, by name: files (certificate-authority, client-certificate, client-key, tokenFile),
// exec, auth-provider, username and password, impersonation (as, as-uid, as-groups,
// as-user-extra), proxy-url, and a server that is not https (plain http is taken for loopback
// addresses alone, as the token would travel in the open). Unknown members are passed over, as
// kubectl does. No message holds a secret. Any thread.
base::Result<Connection> read_kubeconfig(std::string_view text, std::string_view context);

// Scheme, host and port of its server: what may be shown of it.
std::string shown_server(const Connection& connection);

// As one text and back, to be sealed. kCorrupt.
std::string to_text(const Connection& connection);
base::Result<Connection> parse_connection(std::string_view text);

struct ClusterTarget;

// Where a reflector gets the connection to its cluster from each time it makes one: a stored one,
// or one whose token is renewed (a file, a program). Any thread.
class ConnectionSource {
  public:
    virtual ~ConnectionSource() = default;
    // kUnavailable with the reason for people if there is none to be had now.
    virtual net::Awaitable<base::Result<std::shared_ptr<const Connection>>> current() = 0;
    // The cluster did not accept what current() gave (401): what can be renewed is renewed before
    // the next one. False where nothing can.
    virtual bool refused() = 0;
    // What a connection that current() gave makes of the cluster: the same for all who call it as
    // long as the connection is the same, so that they share what TLS needs of memory, and its
    // tickets. kInvalidParameter as OutboundTarget::make().
    base::Result<std::shared_ptr<const ClusterTarget>> target_of(
        const std::shared_ptr<const Connection>& connection);
    // The process ends: whoever waits for current() is answered soon.
    virtual void stop() {}

  private:
    base::Mutex target_mutex_;
    std::shared_ptr<const Connection> made_from_ SNAPGATE_GUARDED_BY(target_mutex_);
    std::shared_ptr<const ClusterTarget> target_ SNAPGATE_GUARDED_BY(target_mutex_);
};

}  // namespace snapgate::connect
