#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "net/http/http.h"

namespace snapgate::api {

// Where a request carries its key. What comes back views into the request's headers.

// The token of `Authorization: Bearer <token>`; nullopt where the header is absent or of another
// scheme, which may be meant for a proxy on the way.
std::optional<std::string_view> bearer_token(const net::Request& request);

// The key in the header ApiKey or as a bearer token, or the token of an issuer in either of these
// places or, as clients of Palette send it, alone in Authorization. kUnauthorized without any;
// kInvalidParameter where a header comes twice, or the two hold different keys: to choose one would
// act as somebody whom the caller may not mean.
base::Result<std::string_view> presented_key(const net::Request& request);

}  // namespace snapgate::api
