#include "query/label_faults.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/names.h"

namespace snapgate::query {
namespace {

constexpr size_t kLabelMax = 63;
constexpr size_t kSubdomainMax = 253;

constexpr std::string_view kSubdomainRule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kNameRule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kValueRule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    "or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

void add(std::string_view fault, std::string& faults) {
    if (!faults.empty()) faults += "; ";
    faults += fault;
}

// The rule about characters alone: what is too long is told apart.
bool well_formed(std::string_view name) {
    const auto alnum = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !name.empty() && alnum(name.front()) && alnum(name.back()) &&
           std::ranges::all_of(
               name, [alnum](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
}

// The same for a subdomain.
bool is_dotted(std::string_view text) {
    char before = '.';
    for (const char c : text) {
        const bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!alnum && c != '-' && c != '.') return false;
        if (c == '.' && (before == '.' || before == '-')) return false;
        if (c == '-' && before == '.') return false;
        before = c;
    }
    return before != '.' && before != '-';
}

std::string too_long(size_t most) {
    return fmt::format("must be no more than {} characters", most);
}

}  // namespace

std::string label_key_fault(std::string_view key) {
    std::string faults;
    std::string_view name = key;
    if (size_t slash = key.find('/'); slash != std::string_view::npos) {
        std::string_view prefix = key.substr(0, slash);
        name = key.substr(slash + 1);
        if (name.find('/') != std::string_view::npos) {
            return fmt::format(
                "a qualified name {} with an optional DNS subdomain prefix and '/' (e.g. "
                "'example.com/MyName')",
                kNameRule);
        }
        if (prefix.empty()) {
            add("prefix part must be non-empty", faults);
        } else if (!model::is_dns_subdomain(prefix)) {
            if (prefix.size() > kSubdomainMax)
                add("prefix part " + too_long(kSubdomainMax), faults);
            if (!is_dotted(prefix)) add(fmt::format("prefix part {}", kSubdomainRule), faults);
        }
    }
    if (name.empty()) {
        add("name part must be non-empty", faults);
    } else if (name.size() > kLabelMax) {
        add("name part " + too_long(kLabelMax), faults);
    }
    if (!well_formed(name)) add(fmt::format("name part {}", kNameRule), faults);
    return faults;
}

std::string label_value_fault(std::string_view value) {
    std::string faults;
    if (value.size() > kLabelMax) add(too_long(kLabelMax), faults);
    if (!value.empty() && !well_formed(value)) add(kValueRule, faults);
    return faults;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        switch (c) {
            case '"':
            case '\\':
                out += '\\';
                out += c;
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
                    fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                                   static_cast<unsigned char>(c));
                } else {
                    out += c;
                }
        }
    }
    out += '"';
    return out;
}

}  // namespace snapgate::query
