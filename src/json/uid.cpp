#include <string_view>

#include "json/object.h"
#include "json/text_skip.h"

namespace snapgate::json {
std::string_view read_uid(const model::StoredObject& stored) {
    constexpr std::string_view kMember = R"(,"uid":")";
    const std::string_view text = stored.text;
    if (stored.version.data() == nullptr) return {};
    // Keys are sorted, so it comes behind the version, as a rule at once.
    auto at = static_cast<size_t>(stored.version.data() - text.data()) + stored.version.size() + 1;
    int depth = 0;
    while (at < text.size() && depth >= 0) {
        const char c = text[at];
        if (depth == 0 && c == ',' && text.substr(at).starts_with(kMember)) {
            const size_t begin = at + kMember.size();
            const size_t end = skip_string(text, begin - 1);
            if (end > text.size()) return {};
            return text.substr(begin, end - 1 - begin);
        }
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        ++at;
    }
    return {};
}

}  // namespace snapgate::json
