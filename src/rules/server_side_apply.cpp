#include <fmt/format.h>

#include "rules/apply_conflicts.h"
#include "rules/apply_fields.h"
#include "rules/faults.h"
#include "rules/last_applied.h"
#include "rules/object_rules.h"
#include "rules/request_object.h"
#include "rules/strictness.h"
#include "rules/typed_faults.h"
#include "rules/values.h"
#include "rules/write_steps.h"

namespace snapgate::rules {
namespace {

constexpr size_t kMostTypeBytes = 256;
constexpr size_t kMostStrictBytes = 8192;

// An object's type as Go shows a GroupVersionKind.
std::string shown_type(const json::Object& object) {
    std::string_view version = find_text(object, "apiVersion").substr(0, kMostTypeBytes);
    const std::string_view kind = find_text(object, "kind").substr(0, kMostTypeBytes);
    std::string_view group;
    if (size_t slash = version.find('/'); slash != std::string_view::npos) {
        group = version.substr(0, slash);
        version.remove_prefix(slash + 1);
    }
    if (version.find('/') != std::string_view::npos) group = version = {};
    return fmt::format("{}/{}, Kind={}", group, version, kind);
}

base::Result<void> check_applied(const json::Object& applied, const Target& target,
                                 const Writer& writer) {
    if (find_text(applied, "apiVersion") != api_version(writer) ||
        find_text(applied, "kind") != kSnapshotKind)
        return bad_request(fmt::format("invalid object type: {}", shown_type(applied)),
                           find_text(applied, "kind") != kSnapshotKind ? "kind" : "apiVersion");
    if (const json::Object* metadata = find_object(applied, "metadata"); metadata != nullptr) {
        const json::Value* managers = find(*metadata, "managedFields");
        if (managers != nullptr && !managers->is_null())
            return bad_request("metadata.managedFields must be nil", "metadata.managedFields");
    }
    const std::string faults = typed_faults(applied, model::kSnapshotSchema);
    if (faults.empty()) return {};
    return bad_request(fmt::format("failed to create typed patch object ({}/{}; {}): {}", target.ns,
                                   target.name, shown_type(applied), faults));
}

// A key that is given twice is a fault of the text, not of an object.
base::Result<void> judge_duplicates(const Body& applied, const Writer& writer,
                                    std::vector<std::string>& warnings) {
    if (applied.strict_faults.empty() || writer.validation == FieldValidation::kIgnore) return {};
    if (writer.validation == FieldValidation::kStrict) {
        std::string message =
            fmt::format("error strict decoding YAML: {}", fmt::join(applied.strict_faults, ", "));
        if (message.size() > kMostStrictBytes) message.resize(kMostStrictBytes);
        return bad_request(std::move(message));
    }
    for (const std::string& fault : applied.strict_faults) warn(warnings, fault);
    return {};
}

// The applied object as it is merged: in the version of the live object, and without what the
// request cannot change.
json::Object configured(const Body& applied, std::string_view kept) {
    json::Object object = applied.object;
    erase(object, "apiVersion");
    erase(object, kept);
    return object;
}

std::string_view kept_member(const Target& target) {
    return target.status ? "spec" : "status";
}

ManagedEntry applier(const Target& target, const Writer& writer) {
    return {.manager = writer.manager,
            .applied = true,
            .api_version = api_version(writer),
            .subresource = target.status ? "status" : "",
            .time = read_time(writer.now),
            .fields = {}};
}

}  // namespace

base::Result<Change> apply(const json::Object& live, const Body& applied, const Target& target,
                           const Writer& writer, bool force) {
    SNAPGATE_TRY(check_applied(applied.object, target, writer));
    const model::Schema& schema = model::kSnapshotSchema;
    const json::Object object = configured(applied, kept_member(target));
    const Configuration configuration{object, schema, kept_member(target), applier(target, writer)};
    std::vector<ManagedEntry> entries = managed_entries(live);
    if (entries.empty()) entries.push_back(before_first_apply(live, configuration));
    AppliedFields result = apply_fields(live, std::move(entries), configuration);

    const bool kubectl = writer.manager == kKubectl;
    if (!force) {
        if (kubectl) drop_own_conflicts(result.conflicts, live, api_version(writer), schema);
        if (!result.conflicts.empty()) return apply_conflict(result.conflicts);
    }
    const bool renewed = kubectl && renew_last_applied(result.object, applied.object);
    std::vector<std::string> warnings;
    SNAPGATE_TRY(judge_duplicates(applied, writer, warnings));
    // The rules of an update would find nothing to say of an object that is what it was.
    if (result.same && !renewed) return unchanged(live, std::move(warnings));

    Body body{std::move(result.object), {}};
    set_text(body.object, "apiVersion", api_version(writer));
    Writer patch = writer;
    patch.patch = true;
    SNAPGATE_TRY(settle_update(live, body, target, patch, warnings));
    set_managed_entries(body.object, std::move(result.entries));
    return change_to(std::move(body.object), live, std::move(warnings));
}

base::Result<Change> apply_new(const Body& applied, const Target& target, const std::string& uid,
                               const Writer& writer) {
    SNAPGATE_TRY(check_applied(applied.object, target, writer));
    Change change;
    SNAPGATE_TRY(judge_duplicates(applied, writer, change.warnings));
    const json::Object object = configured(applied, kept_member(target));
    std::vector<ManagedEntry> entries =
        first_owner({object, model::kSnapshotSchema, kept_member(target), applier(target, writer)});

    Body body{object, {}};
    set_text(body.object, "apiVersion", api_version(writer));
    json::Value& metadata = body.object["metadata"];
    if (!metadata.is_object()) metadata.emplace_object();
    if (std::string_view given = find_text(metadata.get_object(), "uid"); !given.empty()) {
        base::Error error = stale_version(target.name);
        error.message = fmt::format(
            "Operation cannot be fulfilled on {}.{} \"{}\": uid mismatch: the provided object "
            "specified uid {}, and no existing object was found",
            kSnapshotPlural, kSnapshotGroup, target.name, given.substr(0, kMostTypeBytes));
        return error;
    }
    SNAPGATE_TRY(check_target(metadata.get_object(), target));
    if (writer.manager == kKubectl) renew_last_applied(body.object, applied.object);
    SNAPGATE_TRY(settle_new(body, target, uid, writer, change.warnings));
    set_managed_entries(body.object, std::move(entries));
    set_text(body.object, "apiVersion", model::kStoredApiVersion);
    change.object = std::move(body.object);
    return change;
}

}  // namespace snapgate::rules
