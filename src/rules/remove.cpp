#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "rules/faults.h"
#include "rules/object_rules.h"
#include "rules/request_object.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

using Propagation = DeleteOptions::Propagation;

constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";

base::Result<void> check_preconditions(const json::Object& live, const DeleteOptions& options) {
    const json::Object& metadata = metadata_of(live);
    std::string name(find_text(metadata, "name"));
    std::string_view kind = find_text(live, "kind");
    std::string_view group = kind == kSnapshotKind ? kSnapshotGroup : std::string_view();
    auto conflict = [&](std::string_view what) {
        base::Error error(base::Code::kConflict,
                          fmt::format("Operation cannot be fulfilled on {}{}{} \"{}\": {}", kind,
                                      group.empty() ? "" : ".", group, name, what));
        error.about = base::About{std::string(group), std::string(kind), name, {}};
        return error;
    };
    std::string_view uid = find_text(metadata, "uid");
    if (!options.uid.empty() && options.uid != uid)
        return conflict(
            fmt::format("the UID in the precondition ({}) does not match the UID in record ({}). "
                        "The object might have been deleted and then recreated",
                        options.uid.substr(0, 256), uid));
    std::string_view version = find_text(metadata, "resourceVersion");
    if (!options.resource_version.empty() && options.resource_version != version)
        return conflict(fmt::format(
            "the ResourceVersion in the precondition ({}) does not match the ResourceVersion in "
            "record ({}). The object might have been modified",
            options.resource_version.substr(0, 256), version));
    return {};
}

std::vector<std::string> finalizers_of(const json::Object& metadata) {
    std::vector<std::string> names;
    if (const json::Array* finalizers = find_array(metadata, "finalizers"))
        for (const json::Value& finalizer : *finalizers) names.emplace_back(text_of(&finalizer));
    return names;
}

// Finalizers ask the garbage collector for its work: those that the options want, else those that
// are there already.
std::vector<std::string> wanted_finalizers(const std::vector<std::string>& names,
                                           const DeleteOptions& options) {
    bool orphan = false;
    bool foreground = false;
    if (options.propagation) {
        orphan = options.propagation == Propagation::kOrphan;
        foreground = options.propagation == Propagation::kForeground;
    } else {
        // If two contradict each other, the first one counts.
        auto first = std::ranges::find_if(
            names, [](const std::string& name) { return name == kOrphan || name == kForeground; });
        orphan = first != names.end() && *first == kOrphan;
        foreground = first != names.end() && *first == kForeground;
    }
    std::vector<std::string> wanted;
    for (const std::string& name : names)
        if (name != kOrphan && name != kForeground) wanted.push_back(name);
    if (orphan) wanted.emplace_back(kOrphan);
    if (foreground) wanted.emplace_back(kForeground);
    // If the set stays the same, so does its order.
    std::vector<std::string> sorted_names = names;
    std::vector<std::string> sorted_wanted = wanted;
    std::ranges::sort(sorted_names);
    std::ranges::sort(sorted_wanted);
    return sorted_names == sorted_wanted ? names : wanted;
}

}  // namespace

base::Result<Change> remove(const json::Object& live, const DeleteOptions& options,
                            std::string_view now) {
    SNAPGATE_TRY(check_preconditions(live, options));
    Change change;
    change.object = live;
    json::Object& metadata = metadata_of(change.object);
    std::vector<std::string> before = finalizers_of(metadata);
    std::vector<std::string> finalizers = wanted_finalizers(before, options);
    if (finalizers.empty()) {
        change.effect = Change::Effect::kRemove;
        return change;
    }
    bool deleting = find(metadata, "deletionTimestamp") != nullptr;
    if (deleting && finalizers == before) {
        change.effect = Change::Effect::kNone;
        return change;
    }
    set(metadata, "finalizers", json::Array(finalizers.begin(), finalizers.end()));
    if (!deleting) {
        // An import may have brought the largest number, which stays.
        if (const json::Value* generation = find(metadata, "generation");
            generation != nullptr && generation->is_int64() &&
            generation->get_int64() < std::numeric_limits<int64_t>::max())
            set(metadata, "generation", generation->get_int64() + 1);
        set_text(metadata, "deletionTimestamp", now);
    }
    set(metadata, "deletionGracePeriodSeconds", 0);
    return change;
}

}  // namespace snapgate::rules
