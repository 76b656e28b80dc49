#pragma once

#include <string>
#include <string_view>

#include "etcd/error.h"

namespace snapgate::etcd {

// One member of etcd, as ClientOptions::endpoints names it.
struct Endpoint {
    std::string url;     // without a slash at its end, for messages
    std::string target;  // HOST:PORT
    std::string host;    // without the brackets of an IPv6 address
    bool tls = false;
};

// Reads http://HOST:PORT or https://HOST:PORT. kInvalidArgument for all else, also for a user name,
// a path or a query: the message shows the text, unless it has an "@", before which a password may
// stand.
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace snapgate::etcd
