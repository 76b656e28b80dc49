#include "rules/apply_fields.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "rules/field_changes.h"
#include "rules/owned_fields.h"
#include "rules/typed_merge.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr std::string_view kBeforeFirstApply = "before-first-apply";

// All fields that somebody owns: others, or the applier now.
FieldSet all_owned(const std::vector<ManagedEntry>& others, const FieldSet& applied) {
    std::vector<FieldSet> sets{applied};
    sets.reserve(others.size() + 1);
    for (const ManagedEntry& entry : others) sets.push_back(entry.fields);
    return FieldSet::union_of(std::move(sets));
}

// Removes from `object` what its applier owned until now (`last`) and nobody owns any more
// (structured-merge-diff's prune). A field goes with all that is in it. structured-merge-diff first
// removes all of `last`, and then puts back what is owned, because it knows lists whose elements
// have parts with owners; our schemas have none, so the difference of the two sets is the same.
void prune_applied(json::Object& object, FieldSet last, FieldSet owned,
                   const model::Schema& schema) {
    last.add_named_fields(schema);
    owned.add_named_fields(schema);
    last.subtract(owned);
    remove_fields(object, last, schema);
}

// kube-apiserver sorts managers by the JSON of their entries, whose fields come in this order.
bool is_shown_before(const ManagedEntry& a, const ManagedEntry& b) {
    auto key = [](const ManagedEntry& entry) {
        return std::tuple<std::string_view, bool, std::string_view, std::string_view>(
            entry.manager, !entry.applied, entry.applied ? std::string_view() : entry.api_version,
            entry.subresource);
    };
    return key(a) < key(b);
}

FieldSet configured_fields(const Configuration& configuration) {
    FieldSet fields = owned_fields(configuration.object, configuration.schema);
    fields.erase(field_element(configuration.kept));
    return fields;
}

}  // namespace

AppliedFields apply_fields(const json::Object& live, std::vector<ManagedEntry> entries,
                           const Configuration& configuration) {
    const model::Schema& schema = configuration.schema;
    AppliedFields applied{.object = live, .same = false, .entries = {}, .conflicts = {}};
    merge_typed(applied.object, configuration.object, schema);

    ManagedEntry mine = configuration.applier;
    mine.fields = configured_fields(configuration);
    for (ManagedEntry& entry : entries) entry.fields.fit_to(schema);
    std::optional<ManagedEntry> previous;
    auto found = std::ranges::find_if(
        entries, [&mine](const ManagedEntry& entry) { return entry.same_manager(mine); });
    if (found != entries.end()) {
        previous = std::move(*found);
        entries.erase(found);
        FieldSet given_up = previous->fields;
        given_up.subtract(mine.fields);
        if (!given_up.empty())
            prune_applied(applied.object, previous->fields, all_owned(entries, mine.fields),
                          schema);
    }
    copy_member(live, configuration.kept, applied.object);
    mine.fields.subtract(unowned_fields());

    if (applied.object == live) {
        mine.time = previous ? previous->time : std::nullopt;
        applied.same = previous && previous->api_version == mine.api_version &&
                       previous->fields == mine.fields;
    } else {
        FieldChanges changes = field_changes(live, applied.object, schema);
        FieldSet taken = std::move(changes.modified);
        taken.unite(std::move(changes.added));
        for (ManagedEntry& entry : entries) {
            ManagedEntry conflict = entry;
            conflict.fields.intersect(taken);
            entry.fields.subtract(taken);
            entry.fields.subtract(changes.removed);
            if (!conflict.fields.empty()) applied.conflicts.push_back(std::move(conflict));
        }
        std::ranges::sort(applied.conflicts, is_shown_before);
    }
    entries.push_back(std::move(mine));
    std::erase_if(entries, [](const ManagedEntry& entry) { return entry.fields.empty(); });
    applied.entries = std::move(entries);
    return applied;
}

std::vector<ManagedEntry> first_owner(const Configuration& configuration) {
    ManagedEntry mine = configuration.applier;
    mine.fields = configured_fields(configuration);
    mine.fields.subtract(unowned_fields());
    if (mine.fields.empty()) return {};
    return {std::move(mine)};
}

ManagedEntry before_first_apply(const json::Object& live, const Configuration& configuration) {
    ManagedEntry entry = configuration.applier;
    entry.manager = kBeforeFirstApply;
    entry.applied = false;
    entry.fields = field_changes({}, live, configuration.schema).added;
    entry.fields.erase(field_element(configuration.kept));
    entry.fields.subtract(unowned_fields());
    return entry;
}

}  // namespace snapgate::rules
