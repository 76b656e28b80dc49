#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "connect/connection.h"
#include "net/client/outbound.h"
#include "net/http/http.h"

namespace snapgate::connect {

// What a connection makes of a connected cluster: checked, ready to be called, with the header that
// says who we are. ConnectionSource::target_of() has the one that all share. Any thread.
struct ClusterTarget {
    std::shared_ptr<const net::OutboundTarget> server;
    std::string authorization;  // the header's value; "" for none. A secret.

    static base::Result<ClusterTarget> make(const Connection& connection);
    // A request as it is sent: with the headers that say who we are there, and which servers it has
    // passed (passed_servers.h), this one among them.
    net::ClientRequest as_sent(net::ClientRequest request, std::string_view passed) const;
};

}  // namespace snapgate::connect
