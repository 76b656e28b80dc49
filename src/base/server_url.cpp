#include "base/server_url.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/decimal.h"
#include "base/encoding.h"

namespace snapgate::base {

namespace {

bool is_port(std::string_view text) {
    return text.size() <= 5 && read_decimal(text, 65535).value_or(0) >= 1;
}

bool is_host_text(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == ':';
    });
}

}  // namespace

std::string ServerUrl::text() const {
    return fmt::format("{}://{}", tls ? "https" : "http", authority);
}

Result<ServerUrl> parse_server_url(std::string_view text) {
    // The text itself is not shown: it may hold a password that does not belong there.
    const auto wrong = [](std::string_view what) {
        return Error(
            Code::kInvalidParameter,
            fmt::format("the server's URL {}: it has the form https://host[:port][/prefix]", what),
            "server");
    };
    ServerUrl url;
    std::string_view rest = text;
    if (equal_ignoring_case(rest.substr(0, 8), "https://")) {
        url.tls = true;
        rest.remove_prefix(8);
    } else if (equal_ignoring_case(rest.substr(0, 7), "http://")) {
        rest.remove_prefix(7);
    } else {
        return wrong("starts with neither https:// nor http://");
    }
    const size_t slash = rest.find('/');
    std::string_view authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) url.prefix = rest.substr(slash);
    while (url.prefix.ends_with('/')) url.prefix.pop_back();
    for (const char c : url.prefix) {
        if (c <= ' ' || c >= '\x7f' || c == '?' || c == '#') return wrong("has a wrong prefix");
    }
    if (authority.find('@') != std::string_view::npos) {
        return wrong("holds a user name or password, which are not taken from there");
    }
    std::string_view port;
    bool bracketed = false;
    if (authority.starts_with('[')) {
        const size_t end = authority.find(']');
        if (end == std::string_view::npos) return wrong("has a wrong host");
        bracketed = true;
        url.host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
    } else {
        const size_t colon = authority.find(':');
        url.host = authority.substr(0, colon);
        if (colon != std::string_view::npos) port = authority.substr(colon);
    }
    if (!is_host_text(url.host) || (!bracketed && url.host.find(':') != std::string::npos)) {
        return wrong("has a wrong host");
    }
    if (port.empty()) {
        url.port = url.tls ? "443" : "80";
    } else if (port.front() == ':' && is_port(port.substr(1))) {
        url.port = port.substr(1);
    } else {
        return wrong("has a wrong port");
    }
    url.authority = bracketed ? fmt::format("[{}]", url.host) : url.host;
    if (!port.empty()) url.authority += ":" + url.port;
    return url;
}

}  // namespace snapgate::base
