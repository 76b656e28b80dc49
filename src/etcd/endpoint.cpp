#include "etcd/endpoint.h"

#include "base/quote.h"
#include "base/server_url.h"

namespace snapgate::etcd {

Result<Endpoint> parse_endpoint(std::string_view text) {
    constexpr size_t kMostHost = 253;  // of a name in the DNS
    const auto url = base::parse_server_url(text);
    const bool has_port = url && url->authority.ends_with(":" + url->port);
    if (!has_port || !url->prefix.empty() || url->host.size() > kMostHost) {
        const std::string shown = text.find('@') == std::string_view::npos
                                      ? base::quote(text, 256)
                                      : std::string("with an \"@\"");
        return Error(ErrorCode::kInvalidArgument,
                     "the etcd endpoint " + shown +
                         " cannot be used: an endpoint is http://HOST:PORT or https://HOST:PORT");
    }
    return Endpoint{url->text(), url->authority, url->host, url->tls};
}

}  // namespace snapgate::etcd
