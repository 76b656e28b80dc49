#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace snapgate::base {

struct CodePoint {
    uint32_t value = 0;
    size_t length = 0;  // in bytes; 0 if the bytes are not UTF-8
};

// The first character of a text that is not empty. Overlong forms, surrogates and characters beyond
// U+10FFFF are not UTF-8 (RFC 3629).
CodePoint first_character(std::string_view text);

bool is_utf8(std::string_view text);

// The longest beginning of `text` that has at most `most` bytes and does not end within a
// character.
std::string_view clip(std::string_view text, size_t most);

// Characters that a terminal acts on or that cannot be seen: controls, direction marks and
// overrides, joiners, separators, tags. A message shows them escaped.
bool is_hidden(uint32_t character);

}  // namespace snapgate::base
