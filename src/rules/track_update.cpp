#include "rules/track_update.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "rules/field_changes.h"
#include "rules/managed_fields.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

const json::Array* entries_of(const json::Object* object) {
    const json::Object* metadata = object == nullptr ? nullptr : find_object(*object, "metadata");
    return metadata == nullptr ? nullptr : find_array(*metadata, "managedFields");
}

// The fields that no manager owns.
const FieldSet& system_fields() {
    static const FieldSet fields = [] {
        FieldSet set;
        for (std::string_view name : {"apiVersion", "kind", "metadata"})
            set.insert(std::vector{field_element(name)});
        for (std::string_view name :
             {"clusterName", "creationTimestamp", "generation", "managedFields", "name",
              "namespace", "resourceVersion", "selfLink", "uid"})
            set.insert(std::vector{field_element("metadata"), field_element(name)});
        return set;
    }();
    return fields;
}

std::vector<ManagedEntry> read_or_none(const json::Array* entries) {
    if (entries == nullptr) return {};
    auto read = read_managed_fields(*entries);
    return read ? std::move(*read) : std::vector<ManagedEntry>();
}

std::vector<ManagedEntry> entries_until_now(const json::Object* live, const json::Object& object,
                                            const Updater& updater) {
    const json::Array* requested = entries_of(&object);
    if (updater.subresource.empty() && requested != nullptr) {
        if (is_reset(*requested)) return {};
        std::vector<ManagedEntry> entries = read_or_none(requested);
        if (!entries.empty()) return entries;
    }
    return read_or_none(entries_of(live));
}

}  // namespace

void track_update(const json::Object* live, json::Object& object, const model::Schema& schema,
                  const Updater& updater) {
    std::vector<ManagedEntry> entries = entries_until_now(live, object, updater);
    json::Object& metadata = object["metadata"].get_object();
    // If no writes of the object were tracked before, none are from now on.
    if (live != nullptr && entries.empty()) {
        erase(metadata, "managedFields");
        return;
    }
    static const json::Object nothing;
    FieldChanges changes = field_changes(live == nullptr ? nothing : *live, object, schema);
    FieldSet taken = std::move(changes.modified);
    taken.unite(std::move(changes.added));
    for (ManagedEntry& entry : entries) {
        entry.fields.fit_to(schema);
        entry.fields.subtract(taken);
        entry.fields.subtract(changes.removed);
    }
    taken.subtract(system_fields());
    if (!taken.empty()) {
        ManagedEntry mine{.manager = updater.manager.empty() ? "unknown" : updater.manager,
                          .applied = false,
                          .api_version = updater.api_version,
                          .subresource = updater.subresource,
                          .time = read_time(updater.now),
                          .fields = std::move(taken)};
        auto previous = std::ranges::find_if(
            entries, [&mine](const ManagedEntry& entry) { return entry.same_manager(mine); });
        if (previous == entries.end()) {
            entries.push_back(std::move(mine));
        } else {
            previous->fields.unite(std::move(mine.fields));
            previous->time = mine.time;
        }
    }
    std::erase_if(entries, [](const ManagedEntry& entry) { return entry.fields.empty(); });
    cap_updates(entries);
    if (entries.empty())
        erase(metadata, "managedFields");
    else
        set(metadata, "managedFields", write_managed_fields(std::move(entries)));
}

}  // namespace snapgate::rules
