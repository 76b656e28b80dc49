#pragma once

#include <string>
#include <string_view>

namespace snapgate::cli {

// Appends a JSON text as one line: without the white space between its tokens, and with a line end.
// Strings keep every byte. The text need not be valid; its brackets are kept, so that a splitter
// finds the same items.
void append_json_line(std::string_view json, std::string& out);

}  // namespace snapgate::cli
