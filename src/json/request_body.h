#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::json {

// The body of a request, read as Kubernetes reads it: if an object has a key twice, the last one
// counts.
struct Tolerant {
    Value value;
    std::vector<std::string>
        duplicates;  // paths of keys that came twice: "spec.a", "list[0].b"; the first 100
};

// Parses one whole JSON text. kInvalidBody, in the words of Go's encoding/json if it has a message:
// "unexpected end of JSON input". At most 64 levels of nesting. Any thread may call.
base::Result<Tolerant> parse_tolerant(std::string_view text);

// The syntax fault of a JSON text, in the words of Go's encoding/json ("invalid character 'x'
// looking for beginning of value"); "" if the syntax is good.
std::string syntax_fault(std::string_view text);

}  // namespace snapgate::json
