#include "net/http/header_values.h"

#include <array>

#include "base/ascii.h"
#include "base/encoding.h"

namespace snapgate::net {
namespace {

constexpr std::array<bool, 256> kTokenCharacters = [] {
    std::array<bool, 256> table{};
    for (unsigned i = 0; i < table.size(); ++i) {
        const char c = static_cast<char>(i);
        table[i] = base::is_letter_or_digit(c) ||
                   std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    }
    return table;
}();

// Calls `take` with each trimmed part of a comma-separated list until it returns true.
template <class Take>
bool any_part(std::string_view list, Take take) {
    while (true) {
        const size_t comma = list.find(',');
        if (take(trim_blanks(list.substr(0, comma)))) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

// Whether a list member's parameters say q=0 (RFC 9110: "0" or "0.000").
bool weighs_nothing(std::string_view parameters) {
    while (!parameters.empty()) {
        const size_t semicolon = parameters.find(';');
        const std::string_view one = trim_blanks(parameters.substr(0, semicolon));
        if (one.size() >= 3 && base::to_lower(one[0]) == 'q' && one[1] == '=') {
            return one.substr(2).find_first_not_of("0.") == std::string_view::npos;
        }
        if (semicolon == std::string_view::npos) break;
        parameters.remove_prefix(semicolon + 1);
    }
    return false;
}

}  // namespace

std::string_view trim_blanks(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_token(std::string_view text) {
    for (const char c : text) {
        if (!kTokenCharacters[static_cast<unsigned char>(c)]) return false;
    }
    return !text.empty();
}

bool list_holds(std::string_view list, std::string_view token) {
    return any_part(
        list, [token](std::string_view part) { return base::equal_ignoring_case(part, token); });
}

std::string media_type(std::string_view content_type) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    return base::to_lower(type);
}

bool accepts_gzip(std::string_view accept_encoding) {
    bool named = false;
    bool taken = false;
    bool any_taken = false;
    any_part(accept_encoding, [&](std::string_view part) {
        const size_t semicolon = part.find(';');
        const std::string_view coding = trim_blanks(part.substr(0, semicolon));
        const bool takes =
            semicolon == std::string_view::npos || !weighs_nothing(part.substr(semicolon + 1));
        if (base::equal_ignoring_case(coding, "gzip") ||
            base::equal_ignoring_case(coding, "x-gzip")) {
            named = true;
            taken = takes;
        } else if (coding == "*") {
            any_taken = takes;
        }
        return false;
    });
    return named ? taken : any_taken;
}

bool is_sane_request_id(std::string_view id) {
    if (id.empty() || id.size() > 64) return false;
    for (const char c : id) {
        if (!base::is_letter_or_digit(c) && c != '.' && c != '_' && c != '-') return false;
    }
    return true;
}

}  // namespace snapgate::net
