#include "query/field_terms.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "query/label_terms.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Error;
using base::Result;

Error refused(std::string message) {
    return {Code::kInvalidParameter, std::move(message), "fieldSelector"};
}

// Splits at commas that no backslash precedes.
std::vector<std::string_view> split(std::string_view selector) {
    std::vector<std::string_view> parts;
    size_t begin = 0;
    for (size_t at = 0; at < selector.size(); ++at) {
        if (selector[at] == '\\') {
            ++at;
        } else if (selector[at] == ',') {
            parts.push_back(selector.substr(begin, at - begin));
            begin = at + 1;
        }
    }
    parts.push_back(selector.substr(begin));
    return parts;
}

Result<std::string> unescape(std::string_view text) {
    std::string value;
    for (size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == ',' || c == '=') {
            return refused(
                fmt::format("invalid field selector: unescaped character in value: {}", int{c}));
        }
        if (c != '\\') {
            value += c;
            continue;
        }
        ++at;
        const std::string_view escaped = text.substr(at, 1);
        if (escaped != "\\" && escaped != "," && escaped != "=") {
            return refused(
                fmt::format("invalid field selector: invalid escape sequence: \\{}", escaped));
        }
        value += escaped;
    }
    return value;
}

}  // namespace

Result<std::vector<FieldTerm>> parse_field_terms(std::string_view selector) {
    std::vector<std::string_view> parts = split(selector);
    std::ranges::sort(parts);
    std::vector<FieldTerm> terms;
    for (std::string_view part : parts) {
        if (part.empty()) continue;
        size_t at = 0;
        while (at < part.size() && part[at] != '=' && !part.substr(at).starts_with("!=")) ++at;
        if (at == part.size()) {
            return refused(fmt::format("invalid selector: '{}'; can't understand '{}'",
                                       base::clip(selector, kShownBytes),
                                       base::clip(part, kShownBytes)));
        }
        if (terms.size() == kMostSelectorTerms)
            return refused(fmt::format("a selector has at most {} terms", kMostSelectorTerms));
        FieldTerm term;
        term.label = part.substr(0, at);
        term.equals = part[at] == '=';
        const bool two = !term.equals || part.substr(at).starts_with("==");
        SNAPGATE_ASSIGN(term.value, unescape(part.substr(at + (two ? 2 : 1))));
        terms.push_back(std::move(term));
    }
    return terms;
}

}  // namespace snapgate::query
