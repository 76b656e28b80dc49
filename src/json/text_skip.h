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

// How a key stands to the one that is looked for, in the order of the object's keys.
enum class KeyOrder { kBefore, kEqual, kBehind };

// Looks for a member of the object whose brace is at `at`: for the key of which `order_of` says
// kEqual. nullopt if there is no object.
template <class OrderOf>
std::optional<MemberPlace> find_member_if(std::string_view text, size_t at,
                                          const OrderOf& order_of) {
    if (at >= text.size() || text[at] != '{') return std::nullopt;
    ++at;
    while (at < text.size() && text[at] == '"') {
        const size_t key_end = skip_string(text, at);
        if (key_end >= text.size()) return std::nullopt;
        const KeyOrder order = order_of(text.substr(at + 1, key_end - at - 2));
        if (order == KeyOrder::kBehind) return MemberPlace{at, at, false, false};
        // Its value is not looked at: it may be nearly all of the text.
        if (order == KeyOrder::kEqual) return MemberPlace{at, key_end + 1, true, false};
        const size_t end = skip_value(text, key_end + 1);
        if (end >= text.size()) return std::nullopt;
        if (text[end] != ',') return MemberPlace{end, end, false, true};
        at = end + 1;
    }
    return std::nullopt;
}

// Looks for the member `key` of an object whose keys are sorted.
std::optional<MemberPlace> find_member(std::string_view text, size_t at, std::string_view key);

}  // namespace snapgate::json
