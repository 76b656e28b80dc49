#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace snapgate::rules {

// The unescaped parts of a JSON Pointer (RFC 6901); at most 64.
using Pointer = std::vector<std::string>;

// None if the text is not a pointer.
std::optional<Pointer> read_pointer(std::string_view text);

// The value that a pointer points at from `root`; null if there is none.
json::Value* resolve(json::Value& root, const Pointer& pointer);

// The place in a list for a part of a pointer: an index without leading zeros, up to `size`, or "-"
// for `size` itself. None for any other text.
std::optional<size_t> list_place(std::string_view part, size_t size);

}  // namespace snapgate::rules
