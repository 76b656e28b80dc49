#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapgate::base {

// Lowercase hexadecimal.
std::string hex(std::string_view bytes);

// Appends RFC 4648 base64 with padding to `out` (the form in the JSON of Kubernetes and Palette).
void append_base64(std::string_view bytes, std::string& out);
// Decodes strictly: padding is required, white space is not allowed; nullopt for any other text.
std::optional<std::string> decode_base64(std::string_view text);
// Decodes strictly and appends the bytes to `out`; false for any other text, and then nothing is
// appended.
bool append_decoded_base64(std::string_view text, std::string& out);

// The URL-safe alphabet without padding (tokens, keys).
std::string base64url(std::string_view bytes);
std::optional<std::string> decode_base64url(std::string_view text);

// Big-endian numbers: byte order is number order, as the keys of an ordered store need it.
void append_u16(uint16_t value, std::string& out);
void append_u32(uint32_t value, std::string& out);
void append_u64(uint64_t value, std::string& out);
uint16_t read_u16(std::string_view bytes, size_t at);
uint32_t read_u32(std::string_view bytes, size_t at);
uint64_t read_u64(std::string_view bytes, size_t at);

// Percent-decoding of a query ('+' is a blank) or of a path segment ('+' is itself); nullopt if a
// '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);
// Encodes everything but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);

// Whether two texts differ at most in the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace snapgate::base
