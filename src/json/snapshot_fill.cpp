// What a SnapshotWriter puts into an object's metadata that its source does not hold.

#include <fmt/format.h>

#include <algorithm>

#include "json/snapshot_writer.h"

namespace snapgate::json {
namespace {

constexpr std::string_view kDefaultNamespace = R"("default")";
constexpr std::string_view kEmptyVersion = R"("")";

}  // namespace

void SnapshotWriter::fill_metadata(size_t begin) {
    if (!kind_->mirrored) drop_unkept(begin);
    if (kind_->filled) {
        note_absent(begin);
        fill_absent();
        fill_namespace(begin);
    }
    blank_version(begin);
}

void SnapshotWriter::drop_unkept(size_t begin) {
    const auto from = members_.begin() + static_cast<ptrdiff_t>(begin);
    const auto dropped = std::remove_if(from, members_.end(), [](const Member& member) {
        return member.key == "clusterName" || member.key == "selfLink";
    });
    members_.erase(dropped, members_.end());
}

auto SnapshotWriter::last_of(std::string_view key, size_t begin) const -> const Element* {
    const Element* found = nullptr;
    for (size_t i = begin; i < members_.size(); ++i)
        if (members_[i].key == key) found = &members_[i].value;
    return found;
}

bool SnapshotWriter::lacks(std::string_view key, size_t begin) const {
    const Element* value = last_of(key, begin);
    return value == nullptr || value->is_null() ||
           (value->is_string() && value->get_string().value_unsafe().empty());
}

void SnapshotWriter::note_absent(size_t begin) {
    result_.filled_uid = lacks("uid", begin);
    result_.filled_creation_timestamp = lacks("creationTimestamp", begin);
    const Element* generation = last_of("generation", begin);
    result_.filled_generation = generation == nullptr || generation->is_null();
    const Element* managers = last_of("managedFields", begin);
    result_.lacks_managed_fields = managers == nullptr || managers->is_null();
}

// What is filled in stands behind the members of the source, so it is the last of its key.
void SnapshotWriter::fill_absent() {
    if (result_.filled_uid) {
        literals_[0] = to_json_string(fill_->uid);
        members_.push_back({"uid", {}, literals_[0]});
        result_.object.uid = fill_->uid;
    }
    if (result_.filled_creation_timestamp) {
        literals_[1] = to_json_string(fill_->creation_timestamp);
        members_.push_back({"creationTimestamp", {}, literals_[1]});
    }
    if (result_.filled_generation) {
        literals_[2] = fmt::format("{}", fill_->generation);
        members_.push_back({"generation", {}, literals_[2]});
    }
    if (result_.lacks_managed_fields && fill_->managed_fields) {
        // read_identity() gave this text, so it can be parsed.
        if (auto list = managers_.parse(*fill_->managed_fields))
            members_.push_back({"managedFields", *list, {}});
    }
}

void SnapshotWriter::fill_namespace(size_t begin) {
    if (!lacks("namespace", begin)) return;
    result_.object.ns = "default";
    facts_.metadata.ns = "default";
    members_.push_back({"namespace", {}, kDefaultNamespace});
}

// The version is kept beside the object, not in its text.
void SnapshotWriter::blank_version(size_t begin) {
    const Element* version = last_of("resourceVersion", begin);
    if (version != nullptr && version->is_string())
        facts_.metadata.version = version->get_string().value_unsafe();
    else if (version != nullptr && !version->is_null())
        return;  // one of a wrong type is refused as any other field
    result_.object.version = facts_.metadata.version;
    members_.push_back({"resourceVersion", {}, kEmptyVersion});
}

}  // namespace snapgate::json
