#pragma once

#include <simdjson.h>

#include <string_view>
#include <vector>

#include "json/text_writer.h"

namespace snapgate::json {

// Appends true, false, null, or a number: integers exactly, others with the fewest digits that read
// back as the same number. `scalar` is none but these.
void append_scalar(const simdjson::dom::element& scalar, TextWriter& out);

struct Member {
    std::string_view key;
    simdjson::dom::element value;
    std::string_view literal;  // instead of `value`, where it is not empty: JSON text
    size_t order = 0;          // while they are sorted
};

// Sorts the members from `begin` on by the bytes of their keys. Of a key given twice only the last
// one stays.
void sort_members(std::vector<Member>& members, size_t begin);

// Appends a value compactly and with sorted keys. `stack` is room for members, in use or not. False
// if it is nested deeper than `levels`.
bool append_sorted(const simdjson::dom::element& value, size_t levels, std::vector<Member>& stack,
                   TextWriter& out);

}  // namespace snapgate::json
