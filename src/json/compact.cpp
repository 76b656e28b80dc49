#include "json/compact.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace snapgate::json {
namespace {

// Up to this many members are sorted by insertion.
constexpr size_t kFewMembers = 32;

bool less(const Member& a, const Member& b) {
    return a.key < b.key;
}

void append_number(auto number, TextWriter& out) {
    std::array<char, 32> digits;
    auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.put(std::string_view(digits.data(), static_cast<size_t>(end - digits.data())));
}

}  // namespace

void append_scalar(const simdjson::dom::element& scalar, TextWriter& out) {
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
                out.put("-0.0");
            } else {
                append_number(number, out);
            }
            break;
        }
        case element_type::BOOL:
            out.put(scalar.get_bool().value_unsafe() ? "true" : "false");
            break;
        default:
            out.put("null");
    }
}

void sort_members(std::vector<Member>& members, size_t begin) {
    auto first = members.begin() + static_cast<ptrdiff_t>(begin);
    auto last = members.end();
    auto not_less = [](const Member& a, const Member& b) { return a.key >= b.key; };
    if (std::adjacent_find(first, last, not_less) == last) return;  // as nearly always
    if (members.size() - begin <= kFewMembers) {
        for (auto at = first; at != last; ++at)
            for (auto place = at; place != first && less(*place, *(place - 1)); --place)
                std::iter_swap(place, place - 1);
    } else {
        for (size_t i = begin; i < members.size(); ++i) members[i].order = i;
        std::sort(first, last, [](const Member& a, const Member& b) {
            return a.key != b.key ? a.key < b.key : a.order < b.order;
        });
    }
    auto same_key = [](const Member& a, const Member& b) { return a.key == b.key; };
    // std::unique keeps the first of its equals: go backwards.
    auto kept =
        std::unique(std::make_reverse_iterator(last), std::make_reverse_iterator(first), same_key);
    members.erase(first, kept.base());
}

bool append_sorted(const simdjson::dom::element& value, size_t levels, std::vector<Member>& stack,
                   TextWriter& out) {
    using simdjson::dom::element_type;
    switch (value.type()) {
        case element_type::OBJECT: {
            if (levels == 0) return false;
            size_t begin = stack.size();
            for (auto field : value.get_object().value_unsafe())
                stack.push_back({field.key, field.value, {}});
            sort_members(stack, begin);
            size_t end = stack.size();
            out.put('{');
            for (size_t i = begin; i < end; ++i) {
                if (i > begin) out.put(',');
                out.put_string(stack[i].key);
                out.put(':');
                simdjson::dom::element member = stack[i].value;  // the stack moves
                if (!append_sorted(member, levels - 1, stack, out)) return false;
            }
            out.put('}');
            stack.resize(begin);
            return true;
        }
        case element_type::ARRAY: {
            if (levels == 0) return false;
            out.put('[');
            bool first = true;
            for (auto element : value.get_array().value_unsafe()) {
                if (!first) out.put(',');
                first = false;
                if (!append_sorted(element, levels - 1, stack, out)) return false;
            }
            out.put(']');
            return true;
        }
        case element_type::STRING:
            out.put_string(value.get_string().value_unsafe());
            return true;
        default:
            append_scalar(value, out);
            return true;
    }
}

}  // namespace snapgate::json
