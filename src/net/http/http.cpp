#include "net/http/http.h"

#include "base/encoding.h"

namespace snapgate::net {

std::optional<std::string_view> Request::header(std::string_view name) const {
    for (const Header& one : headers) {
        if (base::equal_ignoring_case(one.name, name)) return one.value;
    }
    return std::nullopt;
}

size_t Request::header_count(std::string_view name) const {
    size_t count = 0;
    for (const Header& one : headers) {
        if (base::equal_ignoring_case(one.name, name)) ++count;
    }
    return count;
}

void Response::add_header(std::string_view name, std::string_view value) {
    const auto append = [this](std::string_view text) {
        for (const char c : text) {
            if (c != '\r' && c != '\n' && c != '\0') headers.push_back(c);
        }
    };
    append(name);
    headers.append(": ");
    append(value);
    headers.append("\r\n");
}

}  // namespace snapgate::net
