#pragma once

#include <string>
#include <string_view>

namespace snapgate::json {

// The type of a plain (unquoted) YAML scalar.
enum class PlainType {
    kText,
    kNull,
    kBool,
    kInteger,
    kFloat,
    kNoNumber,  // .inf and .nan, which JSON does not have
};

// The type by YAML 1.2's core schema, which this reader uses.
PlainType plain_type(std::string_view text);

// The JSON of a plain scalar that is not text. Empty for a number that is too large.
std::string plain_to_json(std::string_view text, PlainType type);

// Whether any common reader takes the unquoted text for another type: YAML 1.1's booleans, times,
// numbers with underscores or of other bases. kubectl quotes such texts.
bool looks_like_other_type(std::string_view text);

}  // namespace snapgate::json
