#include "connect/cluster_target.h"

#include <utility>

#include "connect/passed_servers.h"
#include "connect/token_expiry.h"

namespace snapgate::connect {

using base::Result;

Result<ClusterTarget> ClusterTarget::make(const Connection& connection,
                                          std::shared_ptr<const net::AddressRules> rules) {
    net::OutboundOptions options;
    options.rules = std::move(rules);
    options.server = connection.server;
    options.ca = connection.ca;
    options.client_certificate = connection.client_certificate;
    options.client_key = connection.client_key;
    options.server_name = connection.server_name;
    options.insecure = connection.insecure;
    ClusterTarget target;
    SNAPGATE_ASSIGN(target.server, net::OutboundTarget::make(options));
    if (!connection.token.empty()) {
        target.authorization = "Bearer " + connection.token;
        target.token_expires_ms = read_token_expiry(connection.token);
    }
    return target;
}

net::ClientRequest ClusterTarget::as_sent(net::ClientRequest request,
                                          std::string_view passed) const {
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    request.headers.emplace_back(kPassedServersHeader, passed);
    return request;
}

}  // namespace snapgate::connect
