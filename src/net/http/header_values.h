#pragma once

#include <string>
#include <string_view>

namespace snapgate::net {

// Readings of header names and values; any thread may call.

// Without the blanks and tabs at both ends.
std::string_view trim_blanks(std::string_view text);

// A token of RFC 9110: what methods and header names are made of. An empty text is none.
bool is_token(std::string_view text);

// Whether a comma-separated list (Connection) holds `token`, in any case.
bool list_holds(std::string_view list, std::string_view token);

// The part of a Content-Type before its parameters, in lower case.
std::string media_type(std::string_view content_type);

// Whether an Accept-Encoding takes gzip: named or by "*", and not with q=0. A gzip of its own
// weight goes before "*".
bool accepts_gzip(std::string_view accept_encoding);

// 1 to 64 of letters, digits and ._-: what we take over as a request id from a caller.
bool is_sane_request_id(std::string_view id);

}  // namespace snapgate::net
