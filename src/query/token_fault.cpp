#include "query/token_fault.h"

#include <fmt/format.h>

namespace snapgate::query {
namespace {

bool is_base64url(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

}  // namespace

std::string token_fault(std::string_view text) {
    // Groups of four; a last one may be short of one or two. Line ends are no part of the text.
    size_t in_group = 0;
    size_t group_begin = 0;
    for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\r' || text[at] == '\n') continue;
        if (!is_base64url(text[at])) return fmt::format("illegal base64 data at input byte {}", at);
        if (in_group == 0) group_begin = at;
        in_group = (in_group + 1) % 4;
    }
    if (in_group == 1) return fmt::format("illegal base64 data at input byte {}", group_begin);
    return "it was not given out by this server";
}

}  // namespace snapgate::query
