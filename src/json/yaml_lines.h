#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace snapgate::json {

// The lines, counted from 1, on which the upper values of a YAML document begin, by their place:
// `clusters`, `clusters[3]`, `clusters[3].uid`. The line of a member is that of its key. For
// messages about a document that parse_yaml() has read; of any other text the lines may be missing.
// Takes memory in proportion to the text: deeper values, and members of keys longer than 64 bytes,
// are left out.
std::map<std::string, size_t> yaml_lines(std::string_view text);

// The line of `place`, or of the nearest value around it that has one; 0 if there is none.
size_t line_of(const std::map<std::string, size_t>& lines, std::string_view place);

}  // namespace snapgate::json
