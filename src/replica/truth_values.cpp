#include "replica/truth_values.h"

#include <fmt/format.h>

#include <limits>

#include "base/decimal.h"
#include "base/encoding.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr char kObjectLayout = 1;
constexpr size_t kHeadBytes = 3;
constexpr std::string_view kMirror = "~";  // the value of a mirror's key

Error unreadable(std::string_view what) {
    return {Code::kCorrupt, fmt::format("etcd holds {} that this version cannot read: it is of a "
                                        "newer version, or something else wrote it",
                                        what)};
}

uint32_t offset_in(std::string_view text, std::string_view part) {
    return part.data() == nullptr ? 0 : static_cast<uint32_t>(part.data() - text.data());
}

}  // namespace

std::string version_of(int64_t revision, uint16_t place) {
    return fmt::format_int(static_cast<uint64_t>(revision) * kVersionsPerRevision + place).str();
}

std::optional<int64_t> revision_in(std::string_view version) {
    constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
    const auto number = base::read_decimal(version, kMost);
    if (!number || *number < kVersionsPerRevision) return std::nullopt;
    return static_cast<int64_t>(*number / kVersionsPerRevision);
}

std::string encode_truth_object(uint16_t place, const model::PreparedObject& object) {
    std::string value(1, kObjectLayout);
    base::append_u16(place, value);
    model::encode_object(object, {}, value);
    return value;
}

Result<TruthObject> decode_truth_object(std::string_view value) {
    if (value.size() < kHeadBytes || value[0] != kObjectLayout) return unreadable("an object");
    TruthObject read;
    read.place = base::read_u16(value, 1);
    if (read.place >= kMostChanges) return unreadable("an object");
    SNAPGATE_ASSIGN(read.object, model::decode_object(value.substr(kHeadBytes)));
    if (!read.object.version.empty()) return unreadable("an object with a version");
    return read;
}

Result<model::PreparedObject> prepare_again(const model::StoredObject& object, std::string_view ns,
                                            std::string_view name) {
    model::PreparedObject again;
    again.ns = ns;
    again.name = name;
    again.text = object.text;
    again.version_offset = offset_in(object.text, object.version);
    again.text.erase(again.version_offset, object.version.size());
    // What stands behind the version moves to the front by its length.
    const auto moved = [&](uint32_t offset) {
        return offset > again.version_offset ? offset - static_cast<uint32_t>(object.version.size())
                                             : offset;
    };
    again.vm = object.vm;
    again.vm_offset = moved(offset_in(object.text, object.vm));
    SNAPGATE_ASSIGN(again.marks, model::decode_marks(object));
    for (model::PatchMark& mark : again.marks) mark.offset = moved(mark.offset);
    return again;
}

std::string encode_cluster(const ClusterChange& change) {
    if (change.mirror) return std::string(kMirror);
    return change.place ? fmt::format("+{}", *change.place) : "=" + change.version;
}

Result<ClusterChange> decode_cluster_change(std::string_view value) {
    if (value == kMirror) return ClusterChange{.mirror = true};
    if (value.starts_with('+')) {
        const auto place = base::read_decimal(value.substr(1), kMostChanges - 1);
        if (place) return ClusterChange{.place = static_cast<uint16_t>(*place)};
    }
    if (value.starts_with('=') && revision_in(value.substr(1)))
        return ClusterChange{.place = {}, .version = std::string(value.substr(1))};
    return unreadable("the state of a cluster");
}

Result<std::string> moved_version(std::string_view version, int64_t revisions) {
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    const auto number = base::read_decimal(version, kMost);
    if (!number) return unreadable("a resource version");
    const auto from = static_cast<int64_t>(*number);
    const int64_t by = revisions * int64_t{kVersionsPerRevision};
    if (by > 0 ? from > kMost - by : from < -by) return unreadable("a resource version");
    return fmt::format_int(from + by).str();
}

Result<std::string> version_of(const ClusterChange& change, int64_t mod_revision, int64_t offset) {
    if (change.place) return version_of(mod_revision + offset, *change.place);
    return moved_version(change.version, offset);
}

}  // namespace snapgate::replica
