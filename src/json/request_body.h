#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::json {

// What a request brought, read the way Kubernetes reads it: of a key given twice in one object the
// last counts.
struct Tolerant {
    Value value;
    std::vector<std::string>
        duplicates;  // paths of such keys: "spec.a", "list[0].b"; the first 100
};

// Parses one whole JSON text. kInvalidBody in the words of Go's encoding/json where it has some:
// "unexpected end of JSON input"; nesting is at most 64 levels. Any thread may call.
base::Result<Tolerant> parse_tolerant(std::string_view text);

// What is wrong with a text that is to be JSON, in the words of Go's encoding/json ("invalid
// character 'x' looking for beginning of value"); "" if its syntax is good.
std::string syntax_fault(std::string_view text);

}  // namespace snapgate::json
