#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "connect/connection.h"
#include "net/client/outbound.h"
#include "net/http/http.h"

namespace snapgate::connect {

// A connected cluster that can be called: its checked address and TLS settings, with the header
// that identifies us. All callers share the one of ConnectionSource::target_of(). Any thread.
struct ClusterTarget {
    std::shared_ptr<const net::OutboundTarget> server;
    std::string authorization;  // the header's value; "" for none. A secret.
    // When the token expires, in milliseconds since the epoch, as it says itself; 0 if it does not.
    int64_t token_expires_ms = 0;

    // `rules`: the addresses that may be connected to; null for all.
    static base::Result<ClusterTarget> make(const Connection& connection,
                                            std::shared_ptr<const net::AddressRules> rules);
    // Adds to a request the headers that identify us there, and the ids of the servers that it has
    // passed (passed_servers.h), including this one; and that the answer must not be compressed.
    net::ClientRequest as_sent(net::ClientRequest request, std::string_view passed) const;
};

// kBadPeer with the reason AnswerCompressed for an answer whose body is compressed all the same,
// which is not read here. A cluster does so for nobody who does not ask; a proxy before it may.
base::Result<void> check_readable(const net::ClientResponse& answer);
inline constexpr std::string_view kAnswerCompressed = "AnswerCompressed";

}  // namespace snapgate::connect
