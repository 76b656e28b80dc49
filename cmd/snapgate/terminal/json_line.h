#pragma once

#include <string>
#include <string_view>

namespace snapgate::cli {

// Appends a JSON text without the white space between its tokens, and a line end: one JSON line.
// What is within strings stays byte for byte. The text need not be valid; its brackets stay as they
// are, so whoever splits it finds the same items.
void append_json_line(std::string_view json, std::string& out);

}  // namespace snapgate::cli
