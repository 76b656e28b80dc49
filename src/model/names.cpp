#include "model/names.h"

#include <algorithm>

#include "base/json_text.h"

namespace snapgate::model {
namespace {

constexpr size_t kLabelMax = 63;
constexpr size_t kSubdomainMax = 253;
constexpr size_t kDisplayNameMax = 128;

bool lower_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool alnum(char c) {
    return lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

// One part of a subdomain: like a label, of any length.
bool is_part(std::string_view text) {
    return !text.empty() && lower_alnum(text.front()) && lower_alnum(text.back()) &&
           std::ranges::all_of(text, [](char c) { return lower_alnum(c) || c == '-'; });
}

bool is_name_part(std::string_view text) {
    return !text.empty() && text.size() <= kLabelMax && alnum(text.front()) && alnum(text.back()) &&
           std::ranges::all_of(text,
                               [](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace

bool is_dns_label(std::string_view text) {
    return text.size() <= kLabelMax && is_part(text);
}

bool is_dns_subdomain(std::string_view text) {
    if (text.size() > kSubdomainMax) return false;
    while (true) {
        size_t dot = text.find('.');
        if (!is_part(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_qualified_name(std::string_view text) {
    size_t slash = text.find('/');
    if (slash == std::string_view::npos) return is_name_part(text);
    return is_dns_subdomain(text.substr(0, slash)) && is_name_part(text.substr(slash + 1));
}

bool is_label_value(std::string_view text) {
    return text.empty() || is_name_part(text);
}

bool is_uid(std::string_view text) {
    return !text.empty() && text.size() <= kLabelMax &&
           std::ranges::all_of(text, [](char c) { return alnum(c) || c == '-'; });
}

bool is_display_name(std::string_view text) {
    return !text.empty() && text.size() <= kDisplayNameMax && text.front() != ' ' &&
           text.back() != ' ' && base::is_utf8(text) && std::ranges::none_of(text, [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
}

uint64_t vm_hash(std::string_view vm_name) {
    uint64_t hash = 0xcbf29ce484222325;
    for (char c : vm_name) {
        hash ^= static_cast<uint8_t>(c);
        hash *= 0x100000001b3;
    }
    return hash;
}

}  // namespace snapgate::model
