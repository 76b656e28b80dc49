#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace snapgate::rules {

// A JSON Pointer (RFC 6901) in its parts, unescaped; of at most 64.
using Pointer = std::vector<std::string>;

// None if the text is no pointer.
std::optional<Pointer> read_pointer(std::string_view text);

// The value that a pointer points at from `root`; null if there is none.
json::Value* resolve(json::Value& root, const Pointer& pointer);

// The place in a list that a part of a pointer means: an index without leading zeros, up to
// `size`, or "-" for `size` itself. None if it means none.
std::optional<size_t> list_place(std::string_view part, size_t size);

}  // namespace snapgate::rules
