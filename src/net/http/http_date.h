#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace snapgate::net {

// A date as HTTP writes it (RFC 9110, IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT"), in
// milliseconds since the epoch; nullopt for anything else.
std::optional<int64_t> parse_http_date(std::string_view text);

}  // namespace snapgate::net
