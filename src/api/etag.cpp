#include "api/etag.h"

#include "base/encoding.h"
#include "net/http/header_values.h"

namespace snapgate::api {
namespace {

std::string_view opaque(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    return etag;
}

}  // namespace

bool none_match(const net::Request& request, std::string_view etag) {
    for (const net::Header& header : request.headers) {
        if (!base::equal_ignoring_case(header.name, "If-None-Match")) continue;
        std::string_view rest = header.value;
        if (rest == "*") return true;
        // A list of quoted texts; ours holds no quote and no comma.
        while (!rest.empty()) {
            size_t comma = rest.find(',');
            std::string_view one = net::trim_blanks(rest.substr(0, comma));
            if (opaque(one) == opaque(etag)) return true;
            rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
        }
    }
    return false;
}

}  // namespace snapgate::api
