#include "rules/last_applied.h"

#include <string>

#include "rules/field_changes.h"
#include "rules/go_json.h"
#include "rules/metadata_rules.h"
#include "rules/owned_fields.h"
#include "rules/typed_faults.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

json::Object* annotations_of(json::Object& object) {
    json::Value* metadata = find(object, "metadata");
    json::Object* members = metadata == nullptr ? nullptr : metadata->if_object();
    json::Value* annotations = members == nullptr ? nullptr : find(*members, "annotations");
    return annotations == nullptr ? nullptr : annotations->if_object();
}

// The fields that the annotation names and that have that value still.
FieldSet unchanged_fields(const json::Object& live, std::string_view api_version,
                          const model::Schema& schema) {
    const json::Object* metadata = find_object(live, "metadata");
    const json::Object* annotations =
        metadata == nullptr ? nullptr : find_object(*metadata, "annotations");
    if (annotations == nullptr) return {};
    auto last = json::parse(find_text(*annotations, kLastApplied));
    const json::Object* object = last ? last->if_object() : nullptr;
    if (object == nullptr || find_text(*object, "apiVersion") != api_version ||
        !typed_faults(*object, schema).empty())
        return {};
    FieldSet fields = owned_fields(*object, schema);
    const FieldChanges changes = field_changes(*object, live, schema);
    fields.subtract(changes.modified);
    fields.subtract(changes.added);
    fields.subtract(changes.removed);
    return fields;
}

}  // namespace

void drop_own_conflicts(std::vector<ManagedEntry>& conflicts, const json::Object& live,
                        std::string_view api_version, const model::Schema& schema) {
    const FieldSet allowed = unchanged_fields(live, api_version, schema);
    for (ManagedEntry& entry : conflicts) entry.fields.subtract(allowed);
    std::erase_if(conflicts, [](const ManagedEntry& entry) { return entry.fields.empty(); });
}

bool renew_last_applied(json::Object& object, const json::Object& applied) {
    json::Object* annotations = annotations_of(object);
    if (annotations == nullptr || find_text(*annotations, kLastApplied).empty()) return false;
    json::Object configuration = applied;
    if (json::Object* of_applied = annotations_of(configuration)) erase(*of_applied, kLastApplied);
    std::string text;
    append_go_json(configuration, text);
    text += '\n';
    set_text(*annotations, kLastApplied, text);
    size_t bytes = 0;
    for (const auto& member : *annotations)
        bytes += member.key().size() + text_of(&member.value()).size();
    if (bytes > kMostAnnotationBytes) erase(*annotations, kLastApplied);
    return true;
}

}  // namespace snapgate::rules
