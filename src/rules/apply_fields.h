#pragma once

#include <string_view>
#include <vector>

#include "json/value.h"
#include "model/schema.h"
#include "rules/managed_fields.h"

namespace snapgate::rules {

// What a manager applies: a partly specified object that its schema allows (typed_faults.h),
// without an apiVersion.
struct Configuration {
    const json::Object& object;
    const model::Schema& schema;
    // The member at the top that the request cannot change: the status, or on /status the spec.
    std::string_view kept;
    // The manager: an entry without fields, whose time is now.
    ManagedEntry applier;
};

// An object with a configuration applied to it.
struct AppliedFields {
    json::Object object;  // its managedFields are the live object's
    bool same = false;    // nothing differs from the live object, its managedFields included
    std::vector<ManagedEntry> entries;
    // The fields that the configuration took from other managers because it gives them another
    // value: an entry for each such manager with these fields alone, sorted as kube-apiserver shows
    // them.
    std::vector<ManagedEntry> conflicts;
};

// Merges a configuration into an object, removes what its manager applied before and nobody owns
// any more, and says who owns what from then on, as if the conflicts were forced
// (structured-merge-diff's Apply). `entries`: the live object's managedFields, at least one.
AppliedFields apply_fields(const json::Object& live, std::vector<ManagedEntry> entries,
                           const Configuration& configuration);

// Who owns the fields of a new object that a configuration makes; no entries if it has no fields.
std::vector<ManagedEntry> first_owner(const Configuration& configuration);

// The entry of those who wrote an object before it was first applied, while nobody kept track.
ManagedEntry before_first_apply(const json::Object& live, const Configuration& configuration);

}  // namespace snapgate::rules
