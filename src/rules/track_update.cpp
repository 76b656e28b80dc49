#include "rules/track_update.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "rules/field_changes.h"
#include "rules/managed_fields.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

std::vector<ManagedEntry> entries_until_now(const json::Object* live, const json::Object& object,
                                            const Updater& updater) {
    const json::Object* metadata = find_object(object, "metadata");
    const json::Array* requested =
        metadata == nullptr ? nullptr : find_array(*metadata, "managedFields");
    if (updater.subresource.empty() && requested != nullptr) {
        if (is_reset(*requested)) return {};
        std::vector<ManagedEntry> entries = managed_entries(object);
        if (!entries.empty()) return entries;
    }
    return live == nullptr ? std::vector<ManagedEntry>() : managed_entries(*live);
}

}  // namespace

void track_update(const json::Object* live, json::Object& object, const model::Schema& schema,
                  const Updater& updater) {
    std::vector<ManagedEntry> entries = entries_until_now(live, object, updater);
    // If no writes of the object were tracked before, none are from now on.
    if (live != nullptr && entries.empty()) {
        set_managed_entries(object, {});
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
    taken.subtract(unowned_fields());
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
    set_managed_entries(object, std::move(entries));
}

}  // namespace snapgate::rules
