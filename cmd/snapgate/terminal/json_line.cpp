#include "terminal/json_line.h"

#include <cstddef>

namespace snapgate::cli {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The position after the string that begins at `at`.
size_t string_end(std::string_view json, size_t at) {
    for (++at; at < json.size(); ++at) {
        if (json[at] == '\\') {
            ++at;
        } else if (json[at] == '"') {
            return at + 1;
        }
    }
    return json.size();
}

}  // namespace

void append_json_line(std::string_view json, std::string& out) {
    size_t at = 0;
    while (at < json.size()) {
        if (is_blank(json[at])) {
            // Two words side by side are not JSON; joined they might be, so a blank stays between
            // them.
            size_t first = at;
            while (at < json.size() && is_blank(json[at])) ++at;
            auto is_word = [](char c) {
                return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
                       (c >= 'A' && c <= 'Z') || c == '+';
            };
            if (first > 0 && at < json.size() && is_word(json[first - 1]) && is_word(json[at]))
                out += ' ';
            continue;
        }
        size_t end = at;
        while (end < json.size() && !is_blank(json[end]))
            end = json[end] == '"' ? string_end(json, end) : end + 1;
        out.append(json.substr(at, end - at));
        at = end;
    }
    out += '\n';
}

}  // namespace snapgate::cli
