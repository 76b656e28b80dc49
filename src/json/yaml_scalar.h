#pragma once

#include <string>
#include <string_view>

namespace snapgate::json {

// What a plain (unquoted) scalar of YAML means.
enum class PlainType {
    kText,
    kNull,
    kBool,
    kInteger,
    kFloat,
    kNoNumber,  // .inf and .nan, which JSON does not have
};

// By YAML 1.2's core schema, as YAML is read here.
PlainType plain_type(std::string_view text);

// The JSON of a plain scalar that is no text. Empty for a number that is too large for one.
std::string plain_to_json(std::string_view text, PlainType type);

// Whether any reader in use takes the text, unquoted, for something else: YAML 1.1's booleans,
// times, numbers with underscores or of other bases. kubectl quotes these.
bool looks_like_other_type(std::string_view text);

}  // namespace snapgate::json
