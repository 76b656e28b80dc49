#pragma once

#include <cstddef>

#include "json/value.h"
#include "model/facts.h"
#include "rules/faults.h"

namespace snapgate::rules {

// The rules of ObjectMeta (k8s.io/apimachinery's api/validation), over metadata whose fields have
// the right types already.

// Of all keys and values of the annotations together.
constexpr size_t kMostAnnotationBytes = 256 << 10;

enum class NameRule { kSubdomain, kLabel };

struct MetadataRules {
    NameRule name = NameRule::kSubdomain;
    bool namespaced = true;
    bool generated_name = true;  // one with a generateName may be without a name
};

// Of every object that is written or imported.
void check_metadata(const model::MetadataFacts& facts, const MetadataRules& rules, Faults& faults);

// Of an object that replaces `live`: what is immutable, and no new finalizers while it is being
// deleted; and labels, annotations and owners again. `facts` are those of `metadata`.
void check_metadata_update(const json::Object& metadata, const json::Object& live,
                           const model::MetadataFacts& facts, Faults& faults);

}  // namespace snapgate::rules
