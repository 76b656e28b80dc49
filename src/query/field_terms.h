#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace snapgate::query {

// One term of a field selector: "metadata.name=x".
struct FieldTerm {
    std::string label;
    bool equals = true;  // false for !=
    std::string value;
};

// Reads a field selector by the grammar of k8s.io/apimachinery's pkg/fields: terms in the order of
// their texts. It does not check whether the fields exist. kInvalidParameter in the words of that
// package.
base::Result<std::vector<FieldTerm>> parse_field_terms(std::string_view selector);

}  // namespace snapgate::query
