
#include "base/decimal.h"
#include "rules/facts.h"
#include "rules/faults.h"
#include "rules/metadata_rules.h"
#include "rules/object_rules.h"
#include "rules/request_object.h"
#include "rules/schema_rules.h"
#include "rules/source_rules.h"
#include "rules/track_update.h"
#include "rules/values.h"
#include "rules/write_steps.h"

namespace snapgate::rules {
namespace {

// What the server gives to a new object, and what no client may give it.
void set_system_fields(json::Object& object, const std::string& uid, const std::string& now) {
    json::Object& metadata = metadata_of(object);
    for (std::string_view name :
         {"deletionGracePeriodSeconds", "deletionTimestamp", "resourceVersion"})
        erase(metadata, name);
    set_text(metadata, "uid", uid);
    set_text(metadata, "creationTimestamp", now);
    set(metadata, "generation", 1);
    erase(object, "status");
}

bool is_version(std::string_view text) {
    return base::read_decimal(text).value_or(0) != 0;
}

}  // namespace

base::Result<void> settle_new(Body& body, const Target& target, const std::string& uid,
                              const Writer& writer, std::vector<std::string>& warnings) {
    SNAPGATE_TRY(settle_snapshot(body, nullptr, writer, warnings));
    json::Object& metadata = metadata_of(body.object);
    SNAPGATE_TRY(settle_namespace(metadata, target.ns));
    drop_repeated_owners(metadata, warnings);
    bool has_version = is_version(find_text(metadata, "resourceVersion"));
    set_system_fields(body.object, uid, writer.now);

    SNAPGATE_TRY(check_kind(body.object));
    Subject subject{std::string(kSnapshotGroup), std::string(kSnapshotKind),
                    std::string(find_text(metadata, "name"))};
    Faults faults;
    const model::SnapshotFacts facts = snapshot_facts(body.object);
    check_metadata(facts.metadata, {}, faults);
    check_schema(body.object, model::kSnapshotSchema, faults);
    check_sets(body.object, model::kSnapshotSchema, faults);
    if (!faults.empty()) return faults.error(subject);
    check_source(facts, faults);
    if (!faults.empty()) return faults.error(subject);
    if (has_version)
        return bad_request("resourceVersion should not be set on objects to be created",
                           "metadata.resourceVersion");
    return {};
}

base::Result<Change> create(Body body, const Target& target, const std::string& uid,
                            const Writer& writer) {
    Change change;
    SNAPGATE_TRY(settle_new(body, target, uid, writer, change.warnings));
    track_update(nullptr, body.object, model::kSnapshotSchema,
                 {writer.manager, api_version(writer), {}, writer.now});
    set_text(body.object, "apiVersion", model::kStoredApiVersion);
    change.object = std::move(body.object);
    return change;
}

}  // namespace snapgate::rules
