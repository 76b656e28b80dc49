#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <vector>

#include "base/utf8.h"
#include "json/yaml.h"
#include "json/yaml_scalar.h"

namespace snapgate::json {
namespace {

// A longer key needs a mark in front of it: readers look for its colon only so far.
constexpr size_t kLongestSimpleKey = 128;

std::string_view view(const boost::json::string& text) {
    return {text.data(), text.size()};
}

// Characters that YAML wants escaped or takes for the end of a line, and invisible ones, which
// could make a text look like another one.
bool needs_escape(uint32_t code_point) {
    return base::is_hidden(code_point) || code_point == 0xfffe || code_point == 0xffff;
}

bool has_escapes(std::string_view text, bool but_newlines) {
    while (!text.empty()) {
        const auto c = base::first_character(text);
        const bool kept = c.length == 0 || (but_newlines && c.value == '\n');
        if (!kept && needs_escape(c.value)) return true;
        text.remove_prefix(std::max<size_t>(c.length, 1));
    }
    return false;
}

bool can_be_plain(std::string_view text) {
    if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
    if (text.find_first_of("#,[]{}&*!|>'\"%@`") == 0) return false;
    if (text.starts_with("---") || text.starts_with("...")) return false;
    char first = text[0];
    if ((first == '-' || first == '?' || first == ':') && (text.size() == 1 || text[1] == ' '))
        return false;
    return text.back() != ':' && text.find(": ") == std::string_view::npos &&
           text.find(" #") == std::string_view::npos && !has_escapes(text, false);
}

// As a block scalar, which keeps its line ends.
bool can_be_literal(std::string_view text) {
    if (text.find('\n') == std::string_view::npos || has_escapes(text, true)) return false;
    return text.front() != ' ' && text.front() != '\n' && text.back() != ' ' &&
           text.find(" \n") == std::string_view::npos;
}

void append_double_quoted(std::string_view text, std::string& out) {
    out += '"';
    while (!text.empty()) {
        const auto c = base::first_character(text);
        const size_t length = std::max<size_t>(c.length, 1);
        if (c.value == '"' || c.value == '\\') {
            out += '\\';
            out += text.front();
        } else if (c.value == '\n') {
            out += "\\n";
        } else if (c.value == '\t') {
            out += "\\t";
        } else if (c.value == '\r') {
            out += "\\r";
        } else if (c.length == 0 || !needs_escape(c.value)) {
            out += text.substr(0, length);
        } else if (c.value < 0x10000) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", c.value);
        } else {
            // Not a pair, as in JSON: readers of YAML take that for two characters.
            fmt::format_to(std::back_inserter(out), "\\U{:08x}", c.value);
        }
        text.remove_prefix(length);
    }
    out += '"';
}

void append_single_quoted(std::string_view text, std::string& out) {
    out += '\'';
    for (char c : text) {
        out += c;
        if (c == '\'') out += c;
    }
    out += '\'';
}

void append_key(std::string_view text, std::string& out) {
    if (has_escapes(text, false) || looks_like_other_type(text)) {
        append_double_quoted(text, out);
    } else if (can_be_plain(text)) {
        out += text;
    } else {
        append_single_quoted(text, out);
    }
}

void append_text(std::string_view text, size_t indent, std::string& out) {
    if (can_be_literal(text)) {
        bool ends_with_line = text.back() == '\n';
        bool ends_with_empty_line = text.ends_with("\n\n");
        out += ends_with_empty_line ? "|+" : ends_with_line ? "|" : "|-";
        while (!text.empty()) {
            size_t end = text.find('\n');
            std::string_view line = text.substr(0, end);
            out += '\n';
            if (!line.empty()) out.append(indent, ' ').append(line);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
    } else if (has_escapes(text, false) || looks_like_other_type(text)) {
        append_double_quoted(text, out);
    } else if (can_be_plain(text)) {
        out += text;
    } else {
        append_single_quoted(text, out);
    }
}

void append_scalar(const Value& value, size_t indent, std::string& out) {
    if (const auto* text = value.if_string()) {
        append_text(view(*text), indent, out);
    } else if (const double* number = value.if_double()) {
        std::array<char, 32> buffer;
        auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), *number).ptr;
        std::string digits(buffer.data(), end);
        out += digits;
        if (digits.find_first_of(".e") == std::string::npos) out += ".0";
    } else {
        out += json::serialize(value);
    }
}

bool is_block(const Value& value) {
    return (value.is_object() && !value.get_object().empty()) ||
           (value.is_array() && !value.get_array().empty());
}

// Appends a value whose first line is begun already, at column `indent`.
void append_block(const Value& value, size_t indent, std::string& out) {
    bool first = true;
    auto begin_line = [&] {
        if (!first) {
            out += '\n';
            out.append(indent, ' ');
        }
        first = false;
    };
    if (const Object* object = value.if_object(); object != nullptr && !object->empty()) {
        std::vector<const boost::json::key_value_pair*> members;
        for (const auto& member : *object) members.push_back(&member);
        std::ranges::sort(members, {}, [](const auto* member) {
            return std::string_view(member->key().data(), member->key().size());
        });
        for (const auto* member : members) {
            begin_line();
            size_t key_begin = out.size();
            append_key({member->key().data(), member->key().size()}, out);
            if (out.size() - key_begin > kLongestSimpleKey) {
                out.insert(key_begin, "? ");
                begin_line();
            }
            out += ':';
            const Value& inner = member->value();
            if (!is_block(inner)) {
                out += ' ';
                append_scalar(inner, indent + 2, out);
                continue;
            }
            // Lists stand as deep as their key, objects deeper.
            size_t deeper = inner.is_object() ? indent + 2 : indent;
            out += '\n';
            out.append(deeper, ' ');
            append_block(inner, deeper, out);
        }
    } else if (const Array* array = value.if_array(); array != nullptr && !array->empty()) {
        for (const Value& element : *array) {
            begin_line();
            out += "- ";
            append_block(element, indent + 2, out);
        }
    } else {
        // The lines of a block are indented at the top level, too.
        append_scalar(value, std::max<size_t>(indent, 2), out);
    }
}

}  // namespace

void append_yaml(const Value& value, size_t indent, std::string& out) {
    append_block(value, indent, out);
}

std::string to_yaml(const Value& value) {
    std::string out;
    append_block(value, 0, out);
    out += '\n';
    return out;
}

}  // namespace snapgate::json
