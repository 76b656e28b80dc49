#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http/http.h"

namespace snapgate::api {

// How the console, a page in a browser, shows who it is: by a cookie with the secret of its session
// (identity/sessions.h). A browser also sends cookies with requests that other sites have made up,
// so the cookie alone counts for nothing: the request must have the header X-Snapgate-Console,
// which no other site can make a browser send without the server's consent (fetch.spec.whatwg.org,
// CORS preflight), and Sec-Fetch-Site, where the browser sends it, must be same-origin.

inline constexpr std::string_view kConsoleHeader = "X-Snapgate-Console";

// Whether the console of this very server may have sent the request.
bool is_of_console(const net::Request& request);

// The secret in the request's cookie; nullopt if there is none, or if it counts for nothing. Views
// into the headers.
std::optional<std::string_view> console_secret(const net::Request& request);

// The value of Cookie by which a server that is known as `host` (a Host header) is shown the
// secret.
std::string show_console_secret(std::string_view host, bool tls, std::string_view secret);

// The values of Set-Cookie that store the secret in the browser until it is closed, and that remove
// it.
std::string set_console_secret(const net::Request& request, std::string_view secret);
std::string remove_console_secret(const net::Request& request);

}  // namespace snapgate::api
