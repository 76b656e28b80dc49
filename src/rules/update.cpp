#include <fmt/format.h>

#include <optional>

#include "base/decimal.h"
#include "base/quote.h"
#include "rules/facts.h"
#include "rules/faults.h"
#include "rules/metadata_rules.h"
#include "rules/object_rules.h"
#include "rules/request_object.h"
#include "rules/same_object.h"
#include "rules/schema_rules.h"
#include "rules/source_rules.h"
#include "rules/track_update.h"
#include "rules/values.h"
#include "rules/write_steps.h"

namespace snapgate::rules {
namespace {

std::string text(std::string_view view) {
    return std::string(view);
}

// The uid of a body is a precondition; that of a patched object is a field that may not change.
base::Result<void> check_uid(const json::Object& metadata, const json::Object& live,
                             const Target& target, const Writer& writer) {
    std::string_view given = find_text(metadata, "uid");
    std::string_view uid = find_text(live, "uid");
    if (writer.patch || given.empty() || given == uid) return {};
    base::Error error = stale_version(target.name);
    error.message = fmt::format(
        "Operation cannot be fulfilled on {}.{} \"{}\": StorageError: invalid object, Code: 4, "
        "Key: /registry/{}/{}/{}/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: "
        "UID in precondition: {}, UID in object meta: {}",
        kSnapshotPlural, kSnapshotGroup, target.name, kSnapshotGroup, kSnapshotPlural, target.ns,
        target.name, given.substr(0, 256), uid);
    return error;
}

base::Error invalid_version(std::string_view shown, std::string_view detail, const Target& target) {
    Faults faults;
    faults.invalid("metadata.resourceVersion", shown, detail);
    return faults.error({text(kSnapshotGroup), text(kSnapshotPlural), target.name});
}

base::Result<void> check_version(const json::Object& metadata, const json::Object& live,
                                 const Target& target) {
    std::string_view given = find_text(metadata, "resourceVersion");
    std::string_view version = find_text(live, "resourceVersion");
    if (!given.empty() && given == version) return {};
    std::optional<uint64_t> value = given.empty() ? 0 : base::read_decimal(given);
    if (!value)
        return invalid_version(base::quote(given, 256), "must be a version that the server gave",
                               target);
    if (*value == 0) return invalid_version("0x0", "must be specified for an update", target);
    if (value != base::read_decimal(version)) return stale_version(target.name);
    return {};
}

// Sets the fields that an update through the main endpoint cannot change to the live object's.
void keep_system_fields(json::Object& object, const json::Object& live) {
    json::Object& metadata = metadata_of(object);
    const json::Object& live_metadata = metadata_of(live);
    copy_member(live_metadata, "generation", metadata);
    copy_member(live_metadata, "creationTimestamp", metadata);
    if (find_text(metadata, "uid").empty()) copy_member(live_metadata, "uid", metadata);
    if (find(live_metadata, "deletionTimestamp") != nullptr)
        copy_member(live_metadata, "deletionTimestamp", metadata);
    if (find(metadata, "deletionGracePeriodSeconds") == nullptr)
        copy_member(live_metadata, "deletionGracePeriodSeconds", metadata);
    copy_member(live, "status", object);
    // If the spec differs in nulls alone, the live one stays: clients leave nulls out.
    if (same_but_nulls(find(object, "spec"), find(live, "spec"))) copy_member(live, "spec", object);
}

// On /status, everything but the status is taken from the live object.
void keep_all_but_status(json::Object& object, const json::Object& live) {
    json::Object kept = live;
    copy_member(object, "status", kept);
    copy_member(metadata_of(live), "managedFields", metadata_of(kept));
    object = std::move(kept);
}

base::Result<void> check(const json::Object& object, const json::Object& live,
                         const Target& target) {
    const json::Object& metadata = metadata_of(object);
    const json::Object& live_metadata = metadata_of(live);
    Subject subject{text(kSnapshotGroup), text(kSnapshotKind), target.name};
    Faults faults;
    const model::MetadataFacts facts = metadata_facts(metadata);
    check_metadata(facts, {}, faults);
    check_metadata_update(metadata, live_metadata, facts, faults);
    // kube-apiserver checks this twice, for every resource and then for custom resources.
    if (!faults.empty()) check_metadata_update(metadata, live_metadata, facts, faults);
    check_schema(object, model::kSnapshotSchema, faults);
    Faults live_sets;
    check_sets(live, model::kSnapshotSchema, live_sets);
    if (live_sets.empty()) check_sets(object, model::kSnapshotSchema, faults);
    if (faults.empty() && !target.status) check_spec_kept(object, live, faults);
    if (!faults.empty()) return faults.error(subject);
    return {};
}

// Whether a request leaves the managedFields as they are. Then entries from an import that cannot
// be read stay, unless something else changes.
bool leaves_managers(const json::Object& object, const json::Object& live) {
    const json::Object* metadata = find_object(object, "metadata");
    const json::Value* given = metadata == nullptr ? nullptr : find(*metadata, "managedFields");
    if (given == nullptr || given->is_null()) return true;
    const json::Value* present = find(metadata_of(live), "managedFields");
    return present != nullptr && *given == *present;
}

bool ends_deletion(const json::Object& object, const json::Object& live) {
    const json::Array* finalizers = find_array(metadata_of(object), "finalizers");
    return find(metadata_of(live), "deletionTimestamp") != nullptr &&
           (finalizers == nullptr || finalizers->empty());
}

}  // namespace

base::Result<void> check_target(json::Object& metadata, const Target& target) {
    SNAPGATE_TRY(settle_namespace(metadata, target.ns));
    std::string_view name = find_text(metadata, "name");
    if (name.empty())
        return bad_request(fmt::format("the name of the object ({} based on URL) was "
                                       "undeterminable: name must be provided",
                                       target.name),
                           "metadata.name");
    if (name != target.name)
        return bad_request(
            fmt::format("the name of the object ({}) does not match the name on the URL ({})",
                        name.substr(0, 256), target.name),
            "metadata.name");
    return {};
}

base::Result<void> settle_update(const json::Object& live, Body& body, const Target& target,
                                 const Writer& writer, std::vector<std::string>& warnings) {
    SNAPGATE_TRY(settle_snapshot(body, &live, writer, warnings));
    json::Object& object = body.object;
    SNAPGATE_TRY(check_target(metadata_of(object), target));
    drop_repeated_owners(metadata_of(object), warnings);
    const json::Object& live_metadata = metadata_of(live);
    SNAPGATE_TRY(check_uid(metadata_of(object), live_metadata, target, writer));
    SNAPGATE_TRY(check_version(metadata_of(object), live_metadata, target));
    SNAPGATE_TRY(check_kind(object));

    if (target.status)
        keep_all_but_status(object, live);
    else
        keep_system_fields(object, live);
    set_text(object, "apiVersion", model::kStoredApiVersion);
    return check(object, live, target);
}

Change unchanged(const json::Object& live, std::vector<std::string> warnings) {
    Change change;
    change.effect = Change::Effect::kNone;
    change.object = live;
    change.warnings = std::move(warnings);
    return change;
}

Change change_to(json::Object object, const json::Object& live, std::vector<std::string> warnings) {
    if (same_but_times(object, live)) return unchanged(live, std::move(warnings));
    Change change;
    change.warnings = std::move(warnings);
    change.effect = ends_deletion(object, live) ? Change::Effect::kRemove : Change::Effect::kStore;
    change.object = std::move(object);
    return change;
}

base::Result<Change> update(const json::Object& live, Body body, const Target& target,
                            const Writer& writer) {
    const bool same_managers = target.status || leaves_managers(body.object, live);
    std::vector<std::string> warnings;
    SNAPGATE_TRY(settle_update(live, body, target, writer, warnings));
    json::Object& object = body.object;
    if (same_managers) {
        copy_member(metadata_of(live), "managedFields", metadata_of(object));
        if (same_but_times(object, live)) return unchanged(live, std::move(warnings));
    }
    track_update(&live, object, model::kSnapshotSchema,
                 {writer.manager, api_version(writer), target.status ? "status" : "", writer.now});
    return change_to(std::move(object), live, std::move(warnings));
}

}  // namespace snapgate::rules
