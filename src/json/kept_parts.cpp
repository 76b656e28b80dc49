#include "json/kept_parts.h"

#include <simdjson.h>

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "json/document.h"
#include "model/api_names.h"
#include "model/kept_schema.h"
#include "model/names.h"
#include "model/quantity.h"

namespace snapgate::json {
namespace {

using base::Result;
using simdjson::dom::element;

// Enough for every VM; it bounds what an object that somebody made up can ask for.
constexpr size_t kMostVolumes = 64;

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

Result<ContentParts> read_content_parts(const model::StoredObject& content) {
    SNAPGATE_ASSIGN(const element root, parse_stored(content));
    ContentParts parts;
    parts.snapshot = text_at(root, "/spec/virtualMachineSnapshotName");
    parts.error = text_at(root, "/status/error/message");
    simdjson::dom::array backups;
    if (root.at_pointer("/spec/volumeBackups").get_array().get(backups)) return parts;
    uint64_t bytes = 0;
    bool known = true;
    for (const element backup : backups) {
        const auto size = model::parse_quantity(
            text_at(backup, "/persistentVolumeClaim/spec/resources/requests/storage"));
        // Neither the size nor the sum before it is 2^60, so the sum is right.
        if (known && size) bytes += *size;
        known = known && size && bytes < model::kQuantityEnd;
        if (parts.error.empty() || parts.volumes.size() == kMostVolumes) continue;
        const std::string_view volume = text_at(backup, "/volumeName");
        if (!volume.empty() && volume.size() <= model::kMostSubdomainBytes)
            parts.volumes.emplace_back(volume);
    }
    if (known) parts.bytes = bytes;
    return parts;
}

}  // namespace snapgate::json
