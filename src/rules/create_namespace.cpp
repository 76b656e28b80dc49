#include <fmt/format.h>

#include "base/quote.h"
#include "model/api_names.h"
#include "rules/facts.h"
#include "rules/faults.h"
#include "rules/metadata_rules.h"
#include "rules/object_rules.h"
#include "rules/request_metadata.h"
#include "rules/request_object.h"
#include "rules/strictness.h"
#include "rules/track_update.h"
#include "rules/unknown_fields.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

base::Result<void> check_type(const json::Object& object, const Writer& writer) {
    std::string_view version = find_text(object, "apiVersion");
    std::string_view kind = find_text(object, "kind");
    if (version == "v1" && kind == model::kNamespaceKind) return {};
    return unreadable(object, model::kNamespaceKind, writer,
                      fmt::format("no kind {} is registered here for version {}",
                                  base::quote(kind, 256), base::quote(version, 256)),
                      kind == model::kNamespaceKind ? "apiVersion" : "kind");
}

// Active, as every new Namespace is.
json::Object active(json::Object metadata) {
    json::Object object;
    set_text(object, "apiVersion", "v1");
    set_text(object, "kind", model::kNamespaceKind);
    set(object, "metadata", std::move(metadata));
    json::Object spec;
    spec["finalizers"] = json::Array{"kubernetes"};
    set(object, "spec", std::move(spec));
    json::Object status;
    status["phase"] = "Active";
    set(object, "status", std::move(status));
    return object;
}

}  // namespace

base::Result<Change> create_namespace(Body body, const std::string& uid, const Writer& writer) {
    Change change;
    SNAPGATE_TRY(check_type(body.object, writer));
    std::vector<std::string> unknown;
    if (auto settled = settle_metadata(body.object, nullptr, unknown); !settled)
        return unreadable(body.object, model::kNamespaceKind, writer, settled.error().message,
                          settled.error().subject);
    prune(body.object, model::kNamespaceSchema, nullptr, unknown);
    SNAPGATE_TRY(judge_strictly(body, unknown, model::kNamespaceKind, writer, change.warnings));

    json::Object& metadata = metadata_of(body.object);
    drop_repeated_owners(metadata, change.warnings);
    bool has_version = !find_text(metadata, "resourceVersion").empty();
    for (std::string_view name : {"deletionGracePeriodSeconds", "deletionTimestamp", "generation",
                                  "namespace", "resourceVersion"})
        erase(metadata, name);
    set_text(metadata, "uid", uid);
    set_text(metadata, "creationTimestamp", writer.now);
    std::string name(find_text(metadata, "name"));
    if (!name.empty()) {
        json::Value& labels = metadata["labels"];
        if (!labels.is_object()) labels.emplace_object();
        set_text(labels.get_object(), model::kNamespaceNameLabel, name);
    }

    Faults faults;
    check_metadata(metadata_facts(metadata), {.name = NameRule::kLabel, .namespaced = false},
                   faults);
    if (!faults.empty()) return faults.error({{}, std::string(model::kNamespaceKind), name});
    if (has_version)
        return bad_request("resourceVersion should not be set on objects to be created",
                           "metadata.resourceVersion");

    // No request changes a namespace, so nobody could ever remove a finalizer.
    if (find(metadata, "finalizers") != nullptr) {
        erase(metadata, "finalizers");
        warn(change.warnings,
             "field \"metadata.finalizers\" is not kept: no request could take a finalizer from a "
             "namespace again");
    }
    change.object = active(std::move(metadata));
    json::Object tracked = change.object;
    erase(tracked, "spec");
    erase(tracked, "status");
    track_update(nullptr, tracked, model::kNamespaceSchema, {writer.manager, "v1", {}, writer.now});
    copy_member(metadata_of(tracked), "managedFields", metadata_of(change.object));
    return change;
}

}  // namespace snapgate::rules
