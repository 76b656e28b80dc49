#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace snapgate::query {

// One requirement of a label selector: "tier in (gold,silver)".
struct LabelTerm {
    enum class Operator { kIn, kNotIn, kExists, kNotExists, kGreater, kLess };
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;  // sorted, each once
    int64_t number = 0;               // the number that kGreater and kLess compare with
};

// The most terms of a label selector, and of a field selector: each is compared with every object
// of a list.
inline constexpr size_t kMostSelectorTerms = 200;
// The most values in all terms of a label selector, as in "tier in (gold,silver)". A watch keeps
// them as long as it lasts.
inline constexpr size_t kMostSelectorValues = 1000;

// A message about a selector repeats so much of a part of it.
inline constexpr size_t kShownBytes = 320;

// Reads a label selector by the grammar of k8s.io/apimachinery's pkg/labels (a = 1 stands for "a in
// (1)"). kInvalidParameter in the words of that package, which names the first faults of a term
// here, and for more than kMostSelectorTerms or kMostSelectorValues.
base::Result<std::vector<LabelTerm>> parse_label_terms(std::string_view selector);

}  // namespace snapgate::query
