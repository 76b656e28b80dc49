#include "json/snapshot_writer.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/quote.h"
#include "facts/facts.h"
#include "json/snapshot_parts.h"
#include "model/api_names.h"
#include "model/names.h"

namespace snapgate::json {
namespace {

using simdjson::dom::element_type;
using Type = model::Schema::Type;

constexpr std::string_view kMirroredKind = R"("VirtualMachineSnapshot")";

// The memory that may be kept for the next object.
constexpr size_t kKeptBytes = 256 << 10;

// As JSON.
constexpr std::string_view kStoredVersionText = R"("snapshot.kubevirt.io/v1beta1")";
static_assert(kStoredVersionText.substr(1, kStoredVersionText.size() - 2) ==
              model::kStoredApiVersion);

}  // namespace

const SnapshotWriter::Kind SnapshotWriter::kSnapshot{
    model::kSnapshotSchema,
    model::kSnapshotKind,
    {model::kStoredApiVersion, model::kOldApiVersion},
    kStoredVersionText,
    true,
    false};
const SnapshotWriter::Kind SnapshotWriter::kMirrored{
    model::kSnapshotSchema, kSnapshot.name, kSnapshot.versions, kStoredVersionText, false, true};
const SnapshotWriter::Kind SnapshotWriter::kNamespace{
    model::kNamespaceSchema, model::kNamespaceKind, {"v1"}, R"("v1")", false, false};

base::Result<Prepared> SnapshotWriter::write(const Element& root, const Identity& fill,
                                             FactsCheck check) {
    return write_kind(kSnapshot, root, fill, check);
}

base::Result<Prepared> SnapshotWriter::write_namespace(const Element& root) {
    static const Identity none;
    return write_kind(kNamespace, root, none, nullptr);
}

base::Result<Prepared> SnapshotWriter::write_mirrored(const Element& root) {
    static const Identity none;
    return write_kind(kMirrored, root, none, nullptr);
}

base::Result<Prepared> SnapshotWriter::write_kind(const Kind& kind, const Element& root,
                                                  const Identity& fill, FactsCheck check) {
    kind_ = &kind;
    fill_ = &fill;
    result_ = {};
    out_.clear();
    facts_.clear();
    entries_ = nullptr;
    error_.reset();
    in_metadata_ = false;  // the object before may have been given up within it
    members_.clear();
    steps_.clear();

    SNAPGATE_ASSIGN(const auto object, check_root(root));
    if (!write_object(object, &kind_->schema, 1)) return *std::move(error_);
    if (check != nullptr) SNAPGATE_TRY(check(facts_));
    SNAPGATE_TRY(check_identity());
    result_.object.name = facts_.metadata.name;
    result_.object.text = out_.view();
    if (kind_->name == model::kSnapshotKind) result_.object.facts = derive_facts(root);
    return std::move(result_);
}

std::string SnapshotWriter::derive_facts(const Element& root) {
    read_parts(root, parts_);
    // The server may have given these.
    parts_.ns = result_.object.ns;
    if (result_.filled_creation_timestamp) parts_.creation_timestamp = fill_->creation_timestamp;
    return facts::derive(parts_);
}

void SnapshotWriter::shrink() {
    raw_.shrink();
    managers_.shrink();
    other_raw_.shrink();
    out_.shrink(kKeptBytes);
    fields_.shrink(kKeptBytes);
    if (members_.capacity() * sizeof(Member) > kKeptBytes) members_ = std::vector<Member>();
}

void SnapshotWriter::take_members(const simdjson::dom::object& object,
                                  const model::Schema* schema) {
    const size_t begin = members_.size();
    for (auto field : object) members_.push_back({field.key, field.value, {}});
    if (schema == &kind_->schema) {
        members_.push_back({"apiVersion", {}, kind_->stored_version});
        if (kind_->mirrored) members_.push_back({"kind", {}, kMirroredKind});
    }
    if (schema == &model::kMetadataSchema) fill_metadata(begin);
    sort_members(members_, begin);
}

// An object without a schema may have any members.
bool SnapshotWriter::write_object(const simdjson::dom::object& object, const model::Schema* schema,
                                  size_t level) {
    if (level > kMaxLevels) return too_deep();
    const bool in_metadata = in_metadata_;
    if (schema == &model::kMetadataSchema) in_metadata_ = true;
    // kube-apiserver reads metadata into types of its own and never gives a null back.
    const bool keeps_nulls = !kind_->filled || !in_metadata_;
    const size_t begin = members_.size();
    take_members(object, schema);
    const size_t end = members_.size();

    size_t to_write = 0;
    for (size_t i = begin; i < end; ++i)
        if (!members_[i].literal.empty() || !members_[i].value.is_null()) ++to_write;

    std::span<const model::Property> properties;
    if (schema != nullptr) properties = schema->properties;
    auto property = properties.begin();
    bool any = false;
    out_.put('{');
    for (size_t i = begin; i < end; ++i) {
        Member member = members_[i];  // a copy: the vector grows below
        const model::Property* known = nullptr;
        for (; property != properties.end(); ++property) {
            int order = property->name.compare(member.key);
            if (order == 0) known = &*property++;
            if (order >= 0) break;
            require(*property);
        }
        if (member.literal.empty() && member.value.is_null()) {
            if (known != nullptr) require(*known);
            if (keeps_nulls) note_null(member, any, to_write > 0);
            continue;
        }
        if (any) out_.put(',');
        any = true;
        out_.put_string(member.key);
        out_.put(':');
        --to_write;
        if (!member.literal.empty()) {
            if (member.key == "resourceVersion")
                result_.object.version_offset = static_cast<uint32_t>(out_.size() + 1);
            out_.put(member.literal);
            continue;
        }
        const model::Schema* values = schema == nullptr ? nullptr : schema->values;
        if (schema == &model::kMetadataSchema) entries_ = entries_of(member.key);
        if (!write_member(member, known == nullptr ? values : known->schema, level)) return false;
        if (values != nullptr && entries_ != nullptr)
            entries_->push_back({member.key, member.value.get_string().value_unsafe()});
        if (known != nullptr) capture(schema, member.key, member.value);
    }
    for (; property != properties.end(); ++property) require(*property);
    out_.put('}');
    members_.resize(begin);
    in_metadata_ = in_metadata;
    if (schema == &model::kMetadataSchema) entries_ = nullptr;
    return true;
}

bool SnapshotWriter::write_member(const Member& member, const model::Schema* schema, size_t level) {
    if (schema == nullptr || schema->type == Type::kAny) return write_any(member.value, level);
    steps_.push_back({member.key});
    bool good = write_typed(member.value, *schema, level);
    steps_.pop_back();
    return good;
}

bool SnapshotWriter::write_typed(const Element& value, const model::Schema& schema, size_t level) {
    element_type found = value.type();
    switch (schema.type) {
        case Type::kAny:
            return write_any(value, level);
        case Type::kString:
            if (found != element_type::STRING) return other_type(value, schema, level);
            out_.put_string(value.get_string().value_unsafe());
            return true;
        case Type::kTime:
            if (found != element_type::STRING) return other_type(value, schema, level);
            return write_time(value);
        case Type::kBoolean:
            if (found != element_type::BOOL) return other_type(value, schema, level);
            append_scalar(value, out_);
            return true;
        case Type::kInteger:
            if (found != element_type::INT64) return other_type(value, schema, level);
            append_scalar(value, out_);
            return true;
        case Type::kObject:
            if (found != element_type::OBJECT) return other_type(value, schema, level);
            return write_object(value.get_object().value_unsafe(), &schema, level + 1);
        case Type::kArray:
            if (found != element_type::ARRAY) return other_type(value, schema, level);
            return write_list(value.get_array().value_unsafe(), schema.items, level + 1);
        case Type::kFieldsV1:
            if (found != element_type::OBJECT) return other_type(value, schema, level);
            return write_fields_v1(value, level + 1);
    }
    return true;
}

bool SnapshotWriter::write_any(const Element& value, size_t level) {
    switch (value.type()) {
        case element_type::OBJECT:
            return write_object(value.get_object().value_unsafe(), nullptr, level + 1);
        case element_type::ARRAY:
            return write_list(value.get_array().value_unsafe(), nullptr, level + 1);
        case element_type::STRING:
            out_.put_string(value.get_string().value_unsafe());
            return true;
        default:
            append_scalar(value, out_);
            return true;
    }
}

bool SnapshotWriter::write_list(const simdjson::dom::array& list, const model::Schema* items,
                                size_t level) {
    if (level > kMaxLevels) return too_deep();
    out_.put('[');
    size_t index = 0;
    for (Element element : list) {
        if (index > 0) out_.put(',');
        if (items == nullptr || items->type == Type::kAny) {
            if (!write_any(element, level)) return false;
        } else {
            steps_.push_back({{}, index, true});
            bool good = write_typed(element, *items, level);
            steps_.pop_back();
            if (!good) return false;
        }
        ++index;
    }
    out_.put(']');
    return true;
}

bool SnapshotWriter::write_time(const Element& value) {
    std::string_view text = value.get_string().value_unsafe();
    if (!kind_->mirrored && !base::parse_rfc3339(text))
        note_fault(model::SchemaFault::Kind::kNoTime, text);
    out_.put_string(text);
    return true;
}

// fieldsV1 is any JSON in Kubernetes, and its bytes in base64 in Palette. Either comes in; both
// give the same text, since the JSON inside is written with sorted keys.
bool SnapshotWriter::write_fields_v1(const Element& value, size_t level) {
    Element content = value;
    if (!kind_->mirrored) {
        while (auto inner = unwrap_raw(content)) content = *inner;
    }
    fields_.clear();
    if (!append_sorted(content, kMaxLevels - level + 1, members_, fields_)) return too_deep();

    size_t offset = out_.size();
    out_.put(model::kRawHead);
    out_.put_base64(fields_.view());
    out_.put(model::kRawTail);
    result_.object.marks.push_back({model::PatchMark::Type::kUnwrap,
                                    static_cast<uint32_t>(offset),
                                    static_cast<uint32_t>(out_.size() - offset),
                                    {}});
    return true;
}

// The object in a {"Raw":["<base64>"]}, if that is what `value` is and what it holds. Good until
// the next call.
std::optional<SnapshotWriter::Element> SnapshotWriter::unwrap_raw(const Element& value) {
    std::optional<Element> raw;
    for (auto member : value.get_object().value_unsafe()) {
        if (member.key != "Raw") return std::nullopt;
        raw = member.value;
    }
    if (!raw || !raw->is_array()) return std::nullopt;
    std::string bytes;
    for (Element part : raw->get_array().value_unsafe()) {
        std::string_view text;
        if (part.get_string().get(text)) return std::nullopt;
        auto decoded = base::decode_base64(text);
        if (!decoded) return std::nullopt;
        bytes += *decoded;
    }
    // `value` may be in the other document.
    std::swap(raw_, other_raw_);
    auto content = raw_.parse(bytes);
    if (!content || !content->is_object()) return std::nullopt;
    return *content;
}

// A null field is not in the text. Its mark holds the field, with a comma where its neighbours need
// one.
void SnapshotWriter::note_null(const Member& member, bool any_before, bool any_after) {
    auto& marks = result_.object.marks;
    auto offset = static_cast<uint32_t>(out_.size());
    // Only nulls beside each other in one object share a place: between two objects there is a
    // brace.
    bool joined = !marks.empty() && marks.back().type == model::PatchMark::Type::kInsert &&
                  marks.back().offset == offset;
    if (!joined) marks.push_back({model::PatchMark::Type::kInsert, offset, 0, {}});
    std::string& bytes = marks.back().bytes;
    if (any_before || (joined && !any_after)) bytes += ',';
    bytes += to_json_string(member.key);
    bytes += ":null";
    if (!any_before && any_after) bytes += ',';
}

void SnapshotWriter::capture(const model::Schema* schema, std::string_view key,
                             const Element& value) {
    if (schema == &model::kMetadataSchema) {
        capture_metadata(key, value);
        return;
    }
    if (schema == &model::kSpecSchema && key == "source") facts_.has_source = true;
    std::string_view text;
    if (value.get_string().get(text)) return;
    if (schema == &model::kSpecSchema) {
        if (key == "failureDeadline") facts_.failure_deadline = text;
    } else if (schema == &model::kSourceSchema) {
        if (key == "apiGroup") {
            facts_.api_group = text;
        } else if (key == "kind") {
            facts_.source_kind = text;
        } else if (key == "name") {
            facts_.source_name = text;
            // The name was written just now. Nobody can ask for a longer name, or for one that has
            // to be escaped, so neither needs a place in the index.
            if (text.size() <= model::kMostSubdomainBytes && !needs_escapes(text)) {
                result_.object.vm = text;
                result_.object.vm_offset = static_cast<uint32_t>(out_.size() - text.size() - 1);
            }
        }
    }
}

void SnapshotWriter::capture_metadata(std::string_view key, const Element& value) {
    model::MetadataFacts& facts = facts_.metadata;
    // Of a cluster's object only the identity is looked at, and that must be text.
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
        if (key == "name") {
            facts.name = text;
        } else if (key == "namespace") {
            facts.ns = text;
            result_.object.ns = text;
        } else if (key == "uid") {
            result_.object.uid = text;
        } else if (key == "generateName") {
            facts.generate_name = text;
        }
        return;
    }
    if (kind_->mirrored) return;
    if (key == "finalizers") {
        for (Element finalizer : value.get_array().value_unsafe())
            facts.finalizers.push_back(finalizer.get_string().value_unsafe());
    } else if (key == "ownerReferences") {
        for (Element owner : value.get_array().value_unsafe())
            capture_owner(owner.get_object().value_unsafe());
    }
}

void SnapshotWriter::capture_owner(const simdjson::dom::object& object) {
    model::MetadataFacts::Owner& owner = facts_.metadata.owners.emplace_back();
    for (auto field : object) {  // of a key given twice the last one counts
        if (field.key == "controller") {
            owner.controller = field.value.is_bool() && field.value.get_bool().value_unsafe();
            continue;
        }
        std::string_view* text = field.key == "apiVersion" ? &owner.api_version
                                 : field.key == "kind"     ? &owner.kind
                                 : field.key == "name"     ? &owner.name
                                 : field.key == "uid"      ? &owner.uid
                                                           : nullptr;
        if (text == nullptr) continue;
        *text =
            field.value.is_string() ? field.value.get_string().value_unsafe() : std::string_view();
    }
}

// Of a member of the metadata; null for one whose members are no facts.
std::vector<model::MetadataFacts::Entry>* SnapshotWriter::entries_of(std::string_view key) {
    if (kind_->mirrored) return nullptr;
    if (key == "labels") return &facts_.metadata.labels;
    if (key == "annotations") return &facts_.metadata.annotations;
    return nullptr;
}

void SnapshotWriter::require(const model::Property& property) {
    if (!property.required || kind_->mirrored) return;
    steps_.push_back({property.name});
    note_fault(model::SchemaFault::Kind::kMissing);
    steps_.pop_back();
}

}  // namespace snapgate::json
