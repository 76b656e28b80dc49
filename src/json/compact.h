#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::json {

// Appends `text`, which must be UTF-8, as a JSON string with its quotes, escaped as Go's encoder
// does with HTML escaping off: the characters that must be, and U+2028 and U+2029.
void append_string(std::string_view text, std::string& out);

// Whether append_string would write anything but the text between quotes.
bool needs_escapes(std::string_view text);

// Appends true, false, null, or a number: integers exactly, others with the fewest digits that read
// back as the same number. `scalar` is none but these.
void append_scalar(const simdjson::dom::element& scalar, std::string& out);

struct Member {
    std::string_view key;
    simdjson::dom::element value;
    std::string_view literal = {};  // instead of `value`, where it is not empty: JSON text
    size_t order = 0;               // while they are sorted
};

// Sorts the members from `begin` on by the bytes of their keys. Of a key given twice only the last
// one stays.
void sort_members(std::vector<Member>& members, size_t begin);

// Appends a value compactly and with sorted keys. `stack` is room for members, and is left as it
// was. False if it is nested deeper than `levels`.
bool append_sorted(const simdjson::dom::element& value, size_t levels, std::vector<Member>& stack,
                   std::string& out);

}  // namespace snapgate::json
