#include "rules/facts.h"

#include <algorithm>

#include "rules/values.h"

namespace snapgate::rules {
namespace {

using model::MetadataFacts;

std::vector<MetadataFacts::Entry> read_map(const json::Object& metadata, std::string_view name) {
    std::vector<MetadataFacts::Entry> entries;
    const json::Object* map = find_object(metadata, name);
    if (map == nullptr) return entries;
    entries.reserve(map->size());
    for (const auto& member : *map) entries.push_back({key_of(member), text_of(&member.value())});
    std::ranges::sort(entries);
    return entries;
}

MetadataFacts::Owner read_owner(const json::Object& owner) {
    const json::Value* controller = find(owner, "controller");
    return {.api_version = find_text(owner, "apiVersion"),
            .kind = find_text(owner, "kind"),
            .name = find_text(owner, "name"),
            .uid = find_text(owner, "uid"),
            .controller = controller != nullptr && controller->is_bool() && controller->get_bool()};
}

}  // namespace

MetadataFacts metadata_facts(const json::Object& metadata) {
    MetadataFacts facts;
    facts.name = find_text(metadata, "name");
    facts.generate_name = find_text(metadata, "generateName");
    facts.ns = find_text(metadata, "namespace");
    facts.version = find_text(metadata, "resourceVersion");
    facts.labels = read_map(metadata, "labels");
    facts.annotations = read_map(metadata, "annotations");
    if (const json::Array* finalizers = find_array(metadata, "finalizers"))
        for (const json::Value& finalizer : *finalizers)
            facts.finalizers.push_back(text_of(&finalizer));
    if (const json::Array* owners = find_array(metadata, "ownerReferences"))
        for (const json::Value& owner : *owners)
            facts.owners.push_back(read_owner(owner.get_object()));
    return facts;
}

model::SnapshotFacts snapshot_facts(const json::Object& object) {
    model::SnapshotFacts facts;
    if (const json::Object* metadata = find_object(object, "metadata"))
        facts.metadata = metadata_facts(*metadata);
    const json::Object* spec = find_object(object, "spec");
    if (spec == nullptr) return facts;
    if (const json::Value* deadline = find(*spec, "failureDeadline"))
        facts.failure_deadline = text_of(deadline);
    const json::Object* source = find_object(*spec, "source");
    if (source == nullptr) return facts;
    facts.has_source = true;
    if (const json::Value* group = find(*source, "apiGroup")) facts.api_group = text_of(group);
    facts.source_kind = find_text(*source, "kind");
    facts.source_name = find_text(*source, "name");
    return facts;
}

}  // namespace snapgate::rules
