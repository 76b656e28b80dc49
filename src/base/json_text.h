#pragma once

#include <string>
#include <string_view>

namespace snapgate::base {

// Appends `text` as a JSON string with its quotes. Control characters, quote and backslash are
// escaped; bytes that are not UTF-8 become U+FFFD. (Writing a string needs no JSON library; all
// code that reads JSON is in src/json/.)
void append_json_string(std::string_view text, std::string& out);
// The same, with escapes for all characters that a terminal acts on, that turn the direction of
// text or that cannot be seen: for JSON that people look at as it is.
void append_visible_json_string(std::string_view text, std::string& out);
// Appends "name":"value", a member of an object whose value is a string.
void append_json_member(std::string_view name, std::string_view value, std::string& out);

}  // namespace snapgate::base
