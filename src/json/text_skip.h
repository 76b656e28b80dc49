#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace snapgate::json {

// For stored texts, which are known to be compact JSON: nothing is validated, but no damage leads
// beyond the text.

// The end of the string that begins at `at`, behind its last quote; beyond the text if it has no
// end.
inline size_t skip_string(std::string_view text, size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
    }
    return at + 1;
}

// The end of the value that begins at `at`; the end of the text if it has none.
inline size_t skip_value(std::string_view text, size_t at) {
    int depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"') {
            at = skip_string(text, at);
            if (depth == 0) break;
            continue;
        }
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') {
            if (depth == 0) break;
            if (--depth == 0) return at + 1;
        }
        if (c == ',' && depth == 0) break;
        ++at;
    }
    return at < text.size() ? at : text.size();
}

// Where a member stands in a text, or would stand by the order of the keys.
struct MemberPlace {
    size_t begin = 0;  // of its key
    size_t value = 0;  // of its value, if it is there
    bool found = false;
    bool behind_all = false;  // every member stands before it
};

// Looks for the member `key` of the object whose brace is at `at`. nullopt if there is no object.
std::optional<MemberPlace> find_member(std::string_view text, size_t at, std::string_view key);

}  // namespace snapgate::json
