#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::base {

// Where a client connects to.
struct ServerUrl {
    bool tls = false;
    std::string host;  // without the brackets of an IPv6 address
    std::string port;
    std::string authority;  // host and port as a Host header has them
    std::string prefix;     // path before every target, without a slash at its end

    std::string text() const;  // scheme and authority, for messages
};

// kInvalidParameter for anything but http[s]://host[:port][/prefix]; `subject` is "server". Any
// thread.
Result<ServerUrl> parse_server_url(std::string_view text);

}  // namespace snapgate::base
