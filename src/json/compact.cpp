#include "json/compact.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace snapgate::json {
namespace {

// Up to this many members are sorted in place: nearly always they are in order already.
constexpr size_t kFewMembers = 32;

// Bytes that end a run which is copied as it is. 0xe2 begins U+2028 and U+2029, among others.
constexpr std::array<bool, 256> special_bytes() {
    std::array<bool, 256> table{};
    for (size_t i = 0; i < 0x20; ++i) table[i] = true;
    table['"'] = table['\\'] = table[0xe2] = true;
    return table;
}

constexpr auto kSpecial = special_bytes();

bool less(const Member& a, const Member& b) {
    return a.key < b.key;
}

void append_number(auto number, std::string& out) {
    std::array<char, 32> digits;
    auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

}  // namespace

void append_string(std::string_view text, std::string& out) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    out += '"';
    const char* run = text.data();
    const char* end = run + text.size();
    for (const char* at = run; at != end;) {
        auto byte = static_cast<uint8_t>(*at);
        if (!kSpecial[byte]) {
            ++at;
            continue;
        }
        if (byte == 0xe2) {
            if (end - at < 3 || at[1] != '\x80' || (at[2] != '\xa8' && at[2] != '\xa9')) {
                ++at;
                continue;
            }
            out.append(run, at);
            out += at[2] == '\xa8' ? "\\u2028" : "\\u2029";
            at += 3;
            run = at;
            continue;
        }
        out.append(run, at);
        out += '\\';
        switch (*at) {
            case '"':
                out += '"';
                break;
            case '\\':
                out += '\\';
                break;
            case '\n':
                out += 'n';
                break;
            case '\r':
                out += 'r';
                break;
            case '\t':
                out += 't';
                break;
            default:
                out += "u00";
                out += kDigits[byte >> 4];
                out += kDigits[byte & 15];
        }
        run = ++at;
    }
    out.append(run, end);
    out += '"';
}

bool needs_escapes(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
        auto byte = static_cast<uint8_t>(text[i]);
        if (!kSpecial[byte]) continue;
        if (byte != 0xe2) return true;
        std::string_view rest = text.substr(i + 1, 2);
        if (rest == "\x80\xa8" || rest == "\x80\xa9") return true;
    }
    return false;
}

void append_scalar(const simdjson::dom::element& scalar, std::string& out) {
    using simdjson::dom::element_type;
    switch (scalar.type()) {
        case element_type::INT64:
            append_number(scalar.get_int64().value_unsafe(), out);
            break;
        case element_type::UINT64:
            append_number(scalar.get_uint64().value_unsafe(), out);
            break;
        case element_type::DOUBLE: {
            double number = scalar.get_double().value_unsafe();
            // "-0" would be read as an integer, which has no such value.
            if (number == 0 && std::signbit(number)) {
                out += "-0.0";
            } else {
                append_number(number, out);
            }
            break;
        }
        case element_type::BOOL:
            out += scalar.get_bool().value_unsafe() ? "true" : "false";
            break;
        default:
            out += "null";
    }
}

void sort_members(std::vector<Member>& members, size_t begin) {
    auto first = members.begin() + static_cast<ptrdiff_t>(begin);
    auto last = members.end();
    if (members.size() - begin <= kFewMembers) {
        for (auto at = first; at != last; ++at)
            for (auto place = at; place != first && less(*place, *(place - 1)); --place)
                std::iter_swap(place, place - 1);
    } else if (!std::is_sorted(first, last, less)) {
        for (size_t i = begin; i < members.size(); ++i) members[i].order = i;
        std::sort(first, last, [](const Member& a, const Member& b) {
            return a.key != b.key ? a.key < b.key : a.order < b.order;
        });
    }
    auto same_key = [](const Member& a, const Member& b) { return a.key == b.key; };
    if (std::adjacent_find(first, last, same_key) == last) return;
    // std::unique keeps the first of its equals: go backwards.
    auto kept =
        std::unique(std::make_reverse_iterator(last), std::make_reverse_iterator(first), same_key);
    members.erase(first, kept.base());
}

bool append_sorted(const simdjson::dom::element& value, size_t levels, std::vector<Member>& stack,
                   std::string& out) {
    using simdjson::dom::element_type;
    switch (value.type()) {
        case element_type::OBJECT: {
            if (levels == 0) return false;
            size_t begin = stack.size();
            for (auto field : value.get_object().value_unsafe())
                stack.push_back({field.key, field.value});
            sort_members(stack, begin);
            size_t end = stack.size();
            out += '{';
            for (size_t i = begin; i < end; ++i) {
                if (i > begin) out += ',';
                append_string(stack[i].key, out);
                out += ':';
                simdjson::dom::element member = stack[i].value;  // the stack moves
                if (!append_sorted(member, levels - 1, stack, out)) return false;
            }
            out += '}';
            stack.resize(begin);
            return true;
        }
        case element_type::ARRAY: {
            if (levels == 0) return false;
            out += '[';
            bool first = true;
            for (auto element : value.get_array().value_unsafe()) {
                if (!first) out += ',';
                first = false;
                if (!append_sorted(element, levels - 1, stack, out)) return false;
            }
            out += ']';
            return true;
        }
        case element_type::STRING:
            append_string(value.get_string().value_unsafe(), out);
            return true;
        default:
            append_scalar(value, out);
            return true;
    }
}

}  // namespace snapgate::json
