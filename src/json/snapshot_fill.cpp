// What a SnapshotWriter puts into an object's metadata that its source does not hold.

#include <fmt/format.h>

#include <algorithm>

#include "json/snapshot_writer.h"

namespace snapgate::json {
namespace {

constexpr std::string_view kDefaultNamespace = R"("default")";
constexpr std::string_view kEmptyVersion = R"("")";

}  // namespace

// Adds the fields that the server gives, and removes those that it does not keep.
void SnapshotWriter::fill_metadata(size_t begin) {
    auto from = members_.begin() + static_cast<ptrdiff_t>(begin);
    auto dropped = kind_->mirrored
                       ? members_.end()
                       : std::remove_if(from, members_.end(), [](const Member& member) {
                             return member.key == "clusterName" || member.key == "selfLink";
                         });
    members_.erase(dropped, members_.end());

    size_t end = members_.size();
    auto last = [&](std::string_view key) -> const Element* {
        const Element* found = nullptr;
        for (size_t i = begin; i < end; ++i)
            if (members_[i].key == key) found = &members_[i].value;
        return found;
    };
    // Absent, null, or an empty string.
    auto lacks = [&](std::string_view key) {
        const Element* value = last(key);
        return value == nullptr || value->is_null() ||
               (value->is_string() && value->get_string().value_unsafe().empty());
    };
    // It stands behind the members of the source, so it is the last of its key, which counts.
    auto put = [&](std::string_view key, std::string_view literal) {
        members_.push_back({key, {}, literal});
    };
    bool default_namespace = false;
    if (kind_->filled) {
        result_.filled_uid = lacks("uid");
        result_.filled_creation_timestamp = lacks("creationTimestamp");
        const Element* generation = last("generation");
        result_.filled_generation = generation == nullptr || generation->is_null();
        const Element* managers = last("managedFields");
        result_.lacks_managed_fields = managers == nullptr || managers->is_null();
        default_namespace = lacks("namespace");
    }
    const Element* version = last("resourceVersion");
    bool version_is_text = version == nullptr || version->is_null() || version->is_string();
    if (version != nullptr && version->is_string())
        facts_.metadata.version = version->get_string().value_unsafe();

    if (result_.filled_uid) {
        literals_[0] = to_json_string(fill_->uid);
        put("uid", literals_[0]);
        result_.object.uid = fill_->uid;
    }
    if (result_.filled_creation_timestamp) {
        literals_[1] = to_json_string(fill_->creation_timestamp);
        put("creationTimestamp", literals_[1]);
    }
    if (result_.filled_generation) {
        literals_[2] = fmt::format("{}", fill_->generation);
        put("generation", literals_[2]);
    }
    if (result_.lacks_managed_fields && fill_->managed_fields) {
        // read_identity() gave this text, so it can be parsed.
        if (auto list = managers_.parse(*fill_->managed_fields))
            members_.push_back({"managedFields", *list, {}});
    }
    if (default_namespace) {
        result_.object.ns = "default";
        facts_.metadata.ns = "default";
        put("namespace", kDefaultNamespace);
    }
    if (version_is_text) {  // one of a wrong type is refused as any other field
        result_.object.version = facts_.metadata.version;
        put("resourceVersion", kEmptyVersion);
    }
}

}  // namespace snapgate::json
