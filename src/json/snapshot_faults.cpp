// What a SnapshotWriter has against an object, and how it says so.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/quote.h"
#include "base/utf8.h"
#include "json/snapshot_writer.h"
#include "model/names.h"

namespace snapgate::json {
namespace {

using simdjson::dom::element_type;

std::string_view describe(element_type type) {
    switch (type) {
        case element_type::OBJECT:
            return "an object";
        case element_type::ARRAY:
            return "a list";
        case element_type::STRING:
            return "a string";
        case element_type::BOOL:
            return "true or false";
        case element_type::NULL_VALUE:
            return "null";
        case element_type::INT64:
        case element_type::UINT64:
        case element_type::DOUBLE:
            return "a number";
    }
    return "something else";
}

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

// If a key is given twice, the last one counts.
std::optional<simdjson::dom::element> find_last(const simdjson::dom::object& object,
                                                std::string_view key) {
    std::optional<simdjson::dom::element> found;
    for (auto member : object)
        if (member.key == key) found = member.value;
    return found;
}

}  // namespace

base::Result<simdjson::dom::object> SnapshotWriter::check_root(const Element& root) const {
    auto opened = root.get_object();
    if (opened.error())
        return base::Error{
            base::Code::kInvalidBody,
            fmt::format("the object must be a JSON object, and is {}", describe(root.type()))};
    const simdjson::dom::object object = opened.value_unsafe();
    auto text = [&, this](std::string_view key) -> base::Result<std::string_view> {
        auto value = find_last(object, key);
        if (kind_->mirrored && (!value || value->is_null())) return std::string_view();
        if (!value || value->is_null())
            return base::Error{base::Code::kInvalidBody,
                               fmt::format("{} is missing: it is no Kubernetes object", key),
                               std::string(key)};
        std::string_view found;
        if (value->get_string().get(found))
            return base::Error{
                base::Code::kInvalidBody,
                fmt::format("{} must be a string, and is {}", key, describe(value->type())),
                std::string(key)};
        return found;
    };
    SNAPGATE_ASSIGN(std::string_view kind, text("kind"));
    // The items of some lists have neither kind nor apiVersion.
    if (kind != kind_->name && !(kind_->mirrored && kind.empty()))
        return base::Error{
            base::Code::kInvalidBody,
            fmt::format("kind must be {}, and is {}", kind_->name, base::quote(kind)), "kind"};
    SNAPGATE_ASSIGN(std::string_view version, text("apiVersion"));
    if (std::ranges::find(kind_->versions, version) == kind_->versions.end() &&
        !(kind_->mirrored && version.empty()))
        return base::Error{base::Code::kInvalidBody,
                           fmt::format("apiVersion must be {}, and is {}",
                                       fmt::join(kind_->versions, " or "), base::quote(version)),
                           "apiVersion"};
    return object;
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
    struct Place {
        std::string_view field;
        std::string_view text;
        bool good;
    };
    // No rule applies to what a cluster keeps.
    const bool checked = !kind_->mirrored;
    const model::MetadataFacts& facts = facts_.metadata;
    const std::string& uid = result_.object.uid;
    const Place places[] = {
        {"metadata.name", facts.name,
         checked ? !facts.name.empty() : model::is_dns_subdomain(facts.name)},
        {"metadata.namespace", facts.ns, checked || model::is_dns_label(facts.ns)},
        {"metadata.uid", uid, checked || model::is_plain_word(uid)},
        {"metadata.resourceVersion", facts.version, checked || model::is_plain_word(facts.version)},
    };
    for (const Place& place : places) {
        if (place.good) continue;
        return base::Error{
            base::Code::kInvalidBody,
            place.text.empty()
                ? fmt::format("{} is missing: an object cannot be kept without", place.field)
                : fmt::format("{} is none that can be kept: {}", place.field,
                              base::quote(place.text)),
            std::string(place.field)};
    }
    return {};
}

}  // namespace snapgate::json
