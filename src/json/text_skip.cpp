#include "json/text_skip.h"

namespace snapgate::json {

std::optional<MemberPlace> find_member(std::string_view text, size_t at, std::string_view key) {
    return find_member_if(text, at, [key](std::string_view name) {
        if (name == key) return KeyOrder::kEqual;
        return name < key ? KeyOrder::kBefore : KeyOrder::kBehind;
    });
}

}  // namespace snapgate::json
