#include "api/console_cookie.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "net/http/header_values.h"

namespace snapgate::api {
namespace {

// Browsers share the cookies of a host among all its ports. With the place in its name, the cookie
// of a server on another port of the host is another cookie. A browser takes a cookie whose name
// begins with __Host- from the host itself alone, over TLS.
std::string name_of_cookie(std::string_view host, bool tls) {
    const std::string place = base::hex(base::sha256(host));
    return fmt::format("{}snapgate-{}", tls ? "__Host-" : "", place.substr(0, 8));
}

std::string cookie_name(const net::Request& request) {
    return name_of_cookie(request.header("Host").value_or(""), request.tls);
}

std::string attributes(const net::Request& request) {
    return fmt::format("Path=/; HttpOnly; SameSite=Strict{}", request.tls ? "; Secure" : "");
}

}  // namespace

bool is_of_console(const net::Request& request) {
    if (request.header(kConsoleHeader) != "1") return false;
    const auto site = request.header("Sec-Fetch-Site");
    return !site || *site == "same-origin";
}

std::optional<std::string_view> console_secret(const net::Request& request) {
    if (!is_of_console(request)) return std::nullopt;
    const std::string name = cookie_name(request);
    std::optional<std::string_view> found;
    for (const net::Header& header : request.headers) {
        if (!base::equal_ignoring_case(header.name, "Cookie")) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const size_t end = rest.find(';');
            const std::string_view pair = net::trim_blanks(rest.substr(0, end));
            rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
            if (pair.size() <= name.size() || !pair.starts_with(name) || pair[name.size()] != '=')
                continue;
            // Of two, nobody knows which of them was planted.
            if (found) return std::nullopt;
            found = pair.substr(name.size() + 1);
        }
    }
    return found;
}

std::string show_console_secret(std::string_view host, bool tls, std::string_view secret) {
    return fmt::format("{}={}", name_of_cookie(host, tls), secret);
}

std::string set_console_secret(const net::Request& request, std::string_view secret) {
    return fmt::format("{}={}; {}", cookie_name(request), secret, attributes(request));
}

std::string remove_console_secret(const net::Request& request) {
    return fmt::format("{}=; Max-Age=0; {}", cookie_name(request), attributes(request));
}

}  // namespace snapgate::api
