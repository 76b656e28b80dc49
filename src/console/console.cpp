#include "console/console.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "net/http/header_values.h"

namespace snapgate::console {
namespace {

// The page runs its own scripts and styles and nothing else, asks no other server, and is shown in
// no other page. Scripts can make no element out of text.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

// The name of each file but the page's holds a hash of its content.
constexpr std::string_view kForever = "public, max-age=31536000, immutable";

// Whether one of the items of a list in a header is `wanted`, and not refused by q=0.
bool accepts(const net::Request& request, std::string_view name, std::string_view wanted) {
    for (const net::Header& header : request.headers) {
        if (!base::equal_ignoring_case(header.name, name)) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const size_t end = rest.find(',');
            const std::string_view item = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
            const size_t parameters = item.find(';');
            if (!base::equal_ignoring_case(net::trim_blanks(item.substr(0, parameters)), wanted))
                continue;
            if (parameters == std::string_view::npos) return true;
            const std::string_view weight = net::trim_blanks(item.substr(parameters + 1));
            return !(weight.starts_with("q=0") &&
                     weight.find_first_not_of("0.", 2) == std::string_view::npos);
        }
    }
    return false;
}

const Asset* find_file(std::span<const Asset> files, const net::Request& request) {
    if (request.method != "GET" && request.method != "HEAD") return nullptr;
    // Clients of the API that ask for `/` are told, as ever, that it is no route.
    if (request.path == "/" && !accepts(request, "Accept", "text/html")) return nullptr;
    const auto found = std::ranges::find(files, request.path, &Asset::path);
    return found == files.end() ? nullptr : &*found;
}

net::Awaitable<void> serve(const Asset& file, net::Request& request, net::Response& response) {
    const bool page = file.path == "/";
    response.route = page ? "/" : "/console/{}";
    response.content_type = file.content_type;
    response.compress = false;
    response.add_header("ETag", file.etag);
    response.add_header("Vary", page ? "Accept, Accept-Encoding" : "Accept-Encoding");
    response.add_header("Cache-Control", page ? "no-cache" : kForever);
    response.add_header("X-Content-Type-Options", "nosniff");
    if (page) {
        response.add_header("Content-Security-Policy", kPolicy);
        response.add_header("Referrer-Policy", "no-referrer");
        response.add_header("Cross-Origin-Opener-Policy", "same-origin");
    }
    response.add_header("Cross-Origin-Resource-Policy", "same-origin");
    if (request.header("If-None-Match") == file.etag) {
        response.status = 304;
        co_return;
    }
    if (!file.brotli.empty() && accepts(request, "Accept-Encoding", "br")) {
        response.add_header("Content-Encoding", "br");
        response.body += file.brotli;
    } else if (!file.gzip.empty() && accepts(request, "Accept-Encoding", "gzip")) {
        response.add_header("Content-Encoding", "gzip");
        response.body += file.gzip;
    } else {
        response.body += file.plain;
    }
}

}  // namespace

net::Handler serve_console(std::span<const Asset> files, net::Handler next) {
    return [files, next = std::move(next)](net::Request& request, net::Response& response) {
        const Asset* file = find_file(files, request);
        return file == nullptr ? next(request, response) : serve(*file, request, response);
    };
}

}  // namespace snapgate::console
