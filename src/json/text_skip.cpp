#include "json/text_skip.h"

namespace snapgate::json {

std::optional<MemberPlace> find_member(std::string_view text, size_t at, std::string_view key) {
    if (at >= text.size() || text[at] != '{') return std::nullopt;
    ++at;
    while (at < text.size() && text[at] == '"') {
        const size_t key_end = skip_string(text, at);
        if (key_end >= text.size()) return std::nullopt;
        const std::string_view name = text.substr(at + 1, key_end - at - 2);
        if (name > key) return MemberPlace{at, at, false, false};
        // Its value is not looked at: it may be nearly all of the text.
        if (name == key) return MemberPlace{at, key_end + 1, true, false};
        const size_t end = skip_value(text, key_end + 1);
        if (end >= text.size()) return std::nullopt;
        if (text[end] != ',') return MemberPlace{end, end, false, true};
        at = end + 1;
    }
    return std::nullopt;
}

}  // namespace snapgate::json
