#pragma once

#include <string_view>

#include "net/http/http.h"

namespace snapgate::api {

// Whether the request's If-None-Match holds `etag` (RFC 9110, 13.1.2: compared weakly), so that the
// client has the content already: the answer is 304.
bool none_match(const net::Request& request, std::string_view etag);

}  // namespace snapgate::api
