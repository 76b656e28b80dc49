#pragma once

#include "json/value.h"
#include "rules/faults.h"

namespace snapgate::rules {

// The rules of ObjectMeta (k8s.io/apimachinery's api/validation), over metadata whose fields have
// the right types already.

enum class NameRule { kSubdomain, kLabel };

struct MetadataRules {
    NameRule name = NameRule::kSubdomain;
    bool namespaced = true;
};

// Of every object that is written. One with a generateName may be without a name.
void check_metadata(const json::Object& metadata, const MetadataRules& rules, Faults& faults);

// Of an object that replaces `live`: what is immutable, and no new finalizers while it is being
// deleted; and labels, annotations and owners again.
void check_metadata_update(const json::Object& metadata, const json::Object& live, Faults& faults);

}  // namespace snapgate::rules
