#include "json/kept_parts.h"

#include <simdjson.h>

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "json/document.h"
#include "model/api_names.h"
#include "model/kept_schema.h"
#include "model/quantity.h"

namespace snapgate::json {
namespace {

using base::Result;
using simdjson::dom::element;

Result<element> parse_stored(const model::StoredObject& stored) {
    thread_local auto document = std::make_unique<Document>();
    auto root = document->parse(stored.text);
    if (!root) return model::unreadable_object(root.error().message);
    return *root;
}

// Of what was kept, every key stands once.
std::string_view text_at(const element& root, std::string_view pointer) {
    std::string_view text;
    if (root.at_pointer(pointer).get_string().get(text)) return {};
    return text;
}

}  // namespace

Result<VmParts> read_vm_parts(const model::StoredObject& vm) {
    SNAPGATE_ASSIGN(const element root, parse_stored(vm));
    VmParts parts;
    parts.status = text_at(root, "/status/printableStatus");
    // "~1" is "/" in a JSON pointer.
    for (const std::string_view place : {"/metadata/annotations/snapgate.io~1protection",
                                         "/metadata/labels/snapgate.io~1protection"})
        parts.ignored |= text_at(root, place) == "ignore";
    return parts;
}

Result<RestoreParts> read_restore_parts(const model::StoredObject& restore) {
    SNAPGATE_ASSIGN(const element root, parse_stored(restore));
    RestoreParts parts;
    if (text_at(root, "/spec/target/kind") == model::kVmKind)
        parts.vm = text_at(root, "/spec/target/name");
    parts.snapshot = text_at(root, "/spec/virtualMachineSnapshotName");
    auto at = base::parse_rfc3339(text_at(root, "/status/restoreTime"));
    if (!at) at = base::parse_rfc3339(text_at(root, "/metadata/creationTimestamp"));
    if (at) parts.at = *at / 1000;
    return parts;
}

Result<std::optional<uint64_t>> read_content_bytes(const model::StoredObject& content) {
    SNAPGATE_ASSIGN(const element root, parse_stored(content));
    simdjson::dom::array backups;
    if (root.at_pointer("/spec/volumeBackups").get_array().get(backups))
        return std::optional<uint64_t>();
    uint64_t bytes = 0;
    for (const element backup : backups) {
        const auto size = model::parse_quantity(
            text_at(backup, "/persistentVolumeClaim/spec/resources/requests/storage"));
        if (!size) return std::optional<uint64_t>();
        bytes += *size;
    }
    return std::optional(bytes);
}

Result<std::string> read_content_name(const model::StoredObject& snapshot) {
    SNAPGATE_ASSIGN(const element root, parse_stored(snapshot));
    return std::string(text_at(root, "/status/virtualMachineSnapshotContentName"));
}

}  // namespace snapgate::json
