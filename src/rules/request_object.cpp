#include "rules/request_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/quote.h"
#include "rules/faults.h"
#include "rules/request_metadata.h"
#include "rules/strictness.h"
#include "rules/unknown_fields.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr std::array<std::string_view, 6> kOwnerFields{
    "apiVersion", "blockOwnerDeletion", "controller", "kind", "name", "uid"};

base::Result<void> check_version(const json::Object& object, const Writer& writer) {
    std::string_view version = find_text(object, "apiVersion");
    if (version == api_version(writer)) return {};
    std::string message =
        fmt::format("the API version in the data ({}) does not match the expected API version ({})",
                    version.substr(0, 256), api_version(writer));
    if (writer.patch) return unreadable(object, kSnapshotKind, writer, message, "apiVersion");
    return bad_request(std::move(message), "apiVersion");
}

bool in_group(std::string_view version) {
    return version.starts_with(kSnapshotGroup) && version.substr(kSnapshotGroup.size(), 1) == "/";
}

}  // namespace

std::string api_version(const Writer& writer) {
    return fmt::format("{}/{}", kSnapshotGroup, writer.version);
}

json::Object& metadata_of(json::Object& object) {
    return object.at("metadata").get_object();
}

const json::Object& metadata_of(const json::Object& object) {
    return object.at("metadata").get_object();
}

base::Result<void> settle_snapshot(Body& body, const json::Object* live, const Writer& writer,
                                   std::vector<std::string>& warnings) {
    std::vector<std::string> unknown;
    if (auto settled = settle_metadata(body.object, live, unknown); !settled)
        return unreadable(body.object, kSnapshotKind, writer, settled.error().message,
                          settled.error().subject);
    if (find_text(body.object, "kind") == kSnapshotKind &&
        in_group(find_text(body.object, "apiVersion")))
        prune(body.object, model::kSnapshotSchema, live, unknown);
    SNAPGATE_TRY(judge_strictly(body, unknown, kSnapshotKind, writer, warnings));
    return check_version(body.object, writer);
}

base::Result<void> settle_namespace(json::Object& metadata, const std::string& ns) {
    std::string_view given = find_text(metadata, "namespace");
    if (given.empty()) {
        set_text(metadata, "namespace", ns);
    } else if (given != ns) {
        return bad_request(
            "the namespace of the provided object does not match the namespace sent on the "
            "request",
            "metadata.namespace");
    }
    return {};
}

base::Result<void> check_kind(const json::Object& object) {
    std::string_view kind = find_text(object, "kind");
    if (kind == kSnapshotKind) return {};
    Faults faults;
    faults.invalid("kind", base::quote(kind, 256), fmt::format("must be {}", kSnapshotKind));
    return faults.error({std::string(kSnapshotGroup), std::string(kind.substr(0, 256)),
                         std::string(find_text(metadata_of(object), "name"))});
}

void drop_repeated_owners(json::Object& metadata, std::vector<std::string>& warnings) {
    json::Value* value = find(metadata, "ownerReferences");
    json::Array* owners = value == nullptr ? nullptr : value->if_array();
    if (owners == nullptr || owners->size() < 2) return;
    std::set<std::array<std::string, kOwnerFields.size()>> seen;
    std::vector<std::string> repeated;
    std::vector<size_t> kept;
    for (size_t at = 0; at < owners->size(); ++at) {
        const json::Object& object = (*owners)[at].get_object();
        std::array<std::string, kOwnerFields.size()> fields;
        for (size_t i = 0; i < kOwnerFields.size(); ++i)
            if (const json::Value* field = find(object, kOwnerFields[i]))
                fields[i] = json::serialize(*field);
        if (seen.insert(std::move(fields)).second)
            kept.push_back(at);
        else
            repeated.emplace_back(find_text(object, "uid"));
    }
    if (repeated.empty()) return;
    json::Array once;
    once.reserve(kept.size());
    for (size_t at : kept) once.push_back(std::move((*owners)[at]));
    *owners = std::move(once);
    warn(warnings,
         fmt::format(".metadata.ownerReferences contains duplicate entries; API server dedups "
                     "owner references in 1.20+, and may reject such requests as early as 1.24; "
                     "please fix your requests; duplicate UID(s) observed: {}",
                     fmt::join(repeated, ", ")));
}

}  // namespace snapgate::rules
