#include "rules/source_rules.h"

#include "base/quote.h"
#include "rules/go_duration.h"
#include "rules/same_object.h"
#include "rules/values.h"

namespace snapgate::rules {

void check_source(const model::SnapshotFacts& facts, Faults& faults) {
    if (!facts.has_source) return;  // its schema says that it must be there
    if (!facts.api_group)
        faults.add("FieldValueNotFound", "missing apigroup", "spec.source.apiGroup");
    else if (*facts.api_group != "kubevirt.io")
        faults.add("FieldValueInvalid", "invalid apiGroup", "spec.source.apiGroup");
    else if (facts.source_kind != "VirtualMachine")
        faults.add("FieldValueInvalid", "invalid kind", "spec.source.kind");
    if (facts.source_name.empty()) faults.required("spec.source.name");
    if (facts.failure_deadline && !is_go_duration(*facts.failure_deadline))
        faults.invalid("spec.failureDeadline", base::quote(*facts.failure_deadline),
                       "must be a duration such as 5m0s, 1h30m or 0s");
}

void check_spec_kept(const json::Object& object, const json::Object& live, Faults& faults) {
    bool kept = same_but_nulls(find(object, "spec"), find(live, "spec"));
    if (!kept) faults.add("FieldValueInvalid", "spec in immutable after creation", "spec");
}

}  // namespace snapgate::rules
