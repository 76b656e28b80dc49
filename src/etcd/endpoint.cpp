#include "etcd/endpoint.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/quote.h"

namespace snapgate::etcd {
namespace {

constexpr size_t kMostHost = 253;  // of a name in the DNS

bool is_alphanumeric(char c) {
    return base::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_host_character(char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
}

bool is_address_character(char c) {
    return is_alphanumeric(c) || c == ':' || c == '.';
}

bool is_port(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number > 0 &&
           number <= 65535;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    const auto refuse = [&](std::string_view why) {
        const std::string shown = text.find('@') == std::string_view::npos
                                      ? base::quote(text, 256)
                                      : std::string("with an \"@\"");
        return Error(ErrorCode::kInvalidArgument,
                     "the etcd endpoint " + shown + " " + std::string(why) +
                         "; an endpoint is http://HOST:PORT or https://HOST:PORT");
    };
    Endpoint endpoint;
    std::string_view rest = text;
    if (rest.starts_with("https://")) {
        endpoint.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return refuse("begins with neither http:// nor https://");
    }
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos || !is_port(rest.substr(colon + 1)))
        return refuse("has no port");
    std::string_view host = rest.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (!std::ranges::all_of(host, is_address_character)) return refuse("has no valid host");
    } else if (!std::ranges::all_of(host, is_host_character)) {
        return refuse("has no valid host");
    }
    if (host.empty() || host.size() > kMostHost) return refuse("has no valid host");
    endpoint.host = host;
    endpoint.target = rest;
    endpoint.url = (endpoint.tls ? "https://" : "http://") + endpoint.target;
    return endpoint;
}

}  // namespace snapgate::etcd
