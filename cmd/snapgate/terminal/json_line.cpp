#include "terminal/json_line.h"

#include <cstddef>

#include "base/ascii.h"

namespace snapgate::cli {
namespace {

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
        if (base::is_white_space(json[at])) {
            // Two words side by side are not JSON; joined they might be, so a blank stays between
            // them.
            size_t first = at;
            while (at < json.size() && base::is_white_space(json[at])) ++at;
            auto is_word = [](char c) {
                return base::is_letter_or_digit(c) || c == '-' || c == '.' || c == '+';
            };
            if (first > 0 && at < json.size() && is_word(json[first - 1]) && is_word(json[at]))
                out += ' ';
            continue;
        }
        size_t end = at;
        while (end < json.size() && !base::is_white_space(json[end]))
            end = json[end] == '"' ? string_end(json, end) : end + 1;
        out.append(json.substr(at, end - at));
        at = end;
    }
    out += '\n';
}

}  // namespace snapgate::cli
