#include "connect/cluster_target.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "base/quote.h"
#include "connect/passed_servers.h"
#include "connect/token_expiry.h"

namespace snapgate::connect {

using base::Result;

namespace {

constexpr std::string_view kUncompressed = "identity";
constexpr size_t kMaxShownCoding = 40;

}  // namespace

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
    request.headers.emplace_back("Accept-Encoding", kUncompressed);
    return request;
}

Result<void> check_readable(const net::ClientResponse& answer) {
    const auto coding = answer.header("Content-Encoding");
    if (!coding || coding->empty() || base::equal_ignoring_case(*coding, kUncompressed)) return {};
    return base::Error(
        base::Code::kBadPeer,
        fmt::format("the cluster, or a proxy before it, compresses its answers (Content-Encoding: "
                    "{}), though it was asked not to: they are not read; have it send them as they "
                    "are",
                    base::quote(*coding, kMaxShownCoding)),
        std::string(kAnswerCompressed));
}

}  // namespace snapgate::connect
