#include "rules/source_rules.h"

#include "base/quote.h"
#include "json/text_formats.h"
#include "rules/same_object.h"
#include "rules/values.h"

namespace snapgate::rules {

void check_source(const json::Object& object, Faults& faults) {
    const json::Object* spec = find_object(object, "spec");
    const json::Object* source = spec == nullptr ? nullptr : find_object(*spec, "source");
    if (source == nullptr) return;  // its schema says that it must be there
    const json::Value* group = find(*source, "apiGroup");
    if (group == nullptr)
        faults.add("FieldValueNotFound", "missing apigroup", "spec.source.apiGroup");
    else if (text_of(group) != "kubevirt.io")
        faults.add("FieldValueInvalid", "invalid apiGroup", "spec.source.apiGroup");
    else if (find_text(*source, "kind") != "VirtualMachine")
        faults.add("FieldValueInvalid", "invalid kind", "spec.source.kind");
    if (find_text(*source, "name").empty()) faults.required("spec.source.name");
    const json::Value* deadline = find(*spec, "failureDeadline");
    if (deadline != nullptr && !json::is_go_duration(text_of(deadline)))
        faults.invalid("spec.failureDeadline", base::quote(text_of(deadline)),
                       "must be a duration such as 5m0s, 1h30m or 0s");
}

void check_spec_kept(const json::Object& object, const json::Object& live, Faults& faults) {
    bool kept = same_but_nulls(find(object, "spec"), find(live, "spec"));
    if (!kept) faults.add("FieldValueInvalid", "spec in immutable after creation", "spec");
}

}  // namespace snapgate::rules
