// What a SnapshotWriter has against an object, and how it says so.

#include <fmt/format.h>

#include <utility>

#include "base/utf8.h"
#include "json/kind_check.h"
#include "json/snapshot_writer.h"

namespace snapgate::json {
namespace {

// The name of a field's type in messages.
std::string_view describe(const model::Schema& schema) {
    using enum model::Schema::Type;
    switch (schema.type) {
        case kAny:
            return "a value";
        case kString:
        case kTime:
            return "a string";
        case kBoolean:
            return "true or false";
        case kInteger:
            return "an integer of 64 bits";
        case kObject:
            return schema.values == nullptr ? "an object" : "an object of strings";
        case kFieldsV1:
            return "an object";
        case kArray:
            return schema.items->type == kString ? "a list of strings" : "a list of objects";
    }
    return {};
}

}  // namespace

base::Result<simdjson::dom::object> SnapshotWriter::check_root(const Element& root) const {
    return check_kind(root, {kind_->name, kind_->versions, kind_->mirrored});
}

// Notes a fault of the field that is being written. Only the first faults are kept.
void SnapshotWriter::note_fault(model::SchemaFault::Kind kind, std::string_view text) {
    constexpr size_t kMostFaults = 32;
    if (facts_.schema_faults.size() < kMostFaults)
        facts_.schema_faults.push_back({kind, path(), text});
}

bool SnapshotWriter::fail(std::string message, std::string subject) {
    error_ = base::Error{base::Code::kInvalidBody, std::move(message), std::move(subject)};
    return false;
}

bool SnapshotWriter::other_type(const Element& value, const model::Schema& wanted, size_t level) {
    if (kind_->mirrored) return write_any(value, level);
    std::string field = path();
    return fail(
        fmt::format("{} must be {}, and is {}", field, describe(wanted), describe(value.type())),
        field);
}

bool SnapshotWriter::too_deep() {
    return fail(fmt::format("the object is nested deeper than {} levels", kMaxLevels));
}

std::string SnapshotWriter::path() const {
    constexpr size_t kShownKeyBytes = 80;
    std::string out;
    for (const Step& step : steps_) {
        if (step.is_index) {
            out += fmt::format("[{}]", step.index);
            continue;
        }
        if (!out.empty()) out += '.';
        out += base::clip(step.key, kShownKeyBytes);
    }
    return out;
}

base::Result<void> SnapshotWriter::check_identity() const {
    const model::MetadataFacts& facts = facts_.metadata;
    if (!kind_->mirrored) {
        if (!facts.name.empty()) return {};
        return lacks_field("metadata.name");
    }
    // No rule applies to what a cluster keeps.
    return check_kept_identity({facts.ns, facts.name, result_.object.uid, facts.version});
}

}  // namespace snapgate::json
