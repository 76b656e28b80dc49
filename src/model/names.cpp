#include "model/names.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/utf8.h"
#include "model/name_shapes.h"

namespace snapgate::model {
namespace {

constexpr size_t kDisplayNameMax = 128;

bool is_name_part(std::string_view text) {
    return text.size() <= kMostLabelBytes && has_name_shape(text);
}

bool is_printable(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Also: it is UTF-8.
bool has_no_hidden_character(std::string_view text) {
    while (!text.empty()) {
        const base::CodePoint character = base::first_character(text);
        if (character.length == 0 || base::is_hidden(character.value)) return false;
        text.remove_prefix(character.length);
    }
    return true;
}

}  // namespace

bool is_dns_label(std::string_view text) {
    return text.size() <= kMostLabelBytes && has_label_shape(text);
}

bool is_dns_subdomain(std::string_view text) {
    return text.size() <= kMostSubdomainBytes && has_subdomain_shape(text);
}

std::string_view shown_name(std::string_view text) {
    return base::clip(text, kMostSubdomainBytes);
}

bool may_be_namespace(std::string_view text) {
    return text.size() <= kMostLabelBytes && is_printable(text);
}

bool may_be_name(std::string_view text) {
    return text.size() <= kMostSubdomainBytes && is_printable(text);
}

bool is_qualified_name(std::string_view text) {
    size_t slash = text.find('/');
    if (slash == std::string_view::npos) return is_name_part(text);
    return is_dns_subdomain(text.substr(0, slash)) && is_name_part(text.substr(slash + 1));
}

bool is_plain_word(std::string_view text) {
    return !text.empty() && text.size() <= kMostWordBytes && std::ranges::all_of(text, [](char c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
    });
}

bool is_uid(std::string_view text) {
    return !text.empty() && text.size() <= kMostLabelBytes && text.front() != '-' &&
           std::ranges::all_of(text,
                               [](char c) { return base::is_letter_or_digit(c) || c == '-'; });
}

bool is_display_name(std::string_view text) {
    return !text.empty() && text.size() <= kDisplayNameMax && text.front() != ' ' &&
           text.back() != ' ' && has_no_hidden_character(text);
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
