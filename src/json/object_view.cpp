#include "json/object_view.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

namespace snapgate::json {
namespace {

namespace ondemand = simdjson::ondemand;
using base::Result;
using simdjson::error_code;

// Memory that one unusually large object leaves behind is given back.
constexpr size_t kKeptBytes = 256 << 10;

base::Error corrupt(error_code error) {
    return model::unreadable_object(simdjson::error_message(error));
}

// The types' fields in the order in which Go writes them (k8s.io/apimachinery's meta/v1).
constexpr std::array<std::string_view, 15> kObjectMeta{"name",
                                                       "generateName",
                                                       "namespace",
                                                       "selfLink",
                                                       "uid",
                                                       "resourceVersion",
                                                       "generation",
                                                       "creationTimestamp",
                                                       "deletionTimestamp",
                                                       "deletionGracePeriodSeconds",
                                                       "labels",
                                                       "annotations",
                                                       "ownerReferences",
                                                       "finalizers",
                                                       "managedFields"};
constexpr size_t kCreationTimestamp = 7;
constexpr size_t kOwnerReferences = 12;
constexpr size_t kManagedFields = 14;
constexpr std::array<std::string_view, 6> kOwnerReference{
    "apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"};
constexpr std::array<std::string_view, 7> kManagedFieldsEntry{
    "manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource"};

bool is_empty(std::string_view raw) {
    return raw == "null" || raw == "\"\"" || raw == "{}" || raw == "[]";
}

error_code read_raw(ondemand::value value, std::string_view& raw) {
    ondemand::json_type type{};
    if (auto error = value.type().get(type)) return error;
    if (type == ondemand::json_type::object) {
        ondemand::object object;
        if (auto error = value.get_object().get(object)) return error;
        return object.raw_json().get(raw);
    }
    if (type == ondemand::json_type::array) {
        ondemand::array array;
        if (auto error = value.get_array().get(array)) return error;
        return array.raw_json().get(raw);
    }
    raw = value.raw_json_token();
    return simdjson::SUCCESS;
}

// Appends the members that have a value, in the order of `names`.
void append_members(std::span<const std::string_view> names,
                    std::span<const std::string_view> values, std::string& out) {
    out += '{';
    bool first = true;
    for (size_t i = 0; i < names.size(); ++i) {
        if (values[i].empty()) continue;
        if (!first) out += ',';
        first = false;
        out += '"';
        out += names[i];
        out += "\":";
        out += values[i];
    }
    out += '}';
}

size_t index_of(std::span<const std::string_view> names, std::string_view name) {
    return static_cast<size_t>(std::ranges::find(names, name) - names.begin());
}

// Appends a list of objects, each with its members in the order of `names`. What is no object has
// none of them and is left out: a mirror shows what its cluster holds.
template <size_t kCount>
error_code append_list(ondemand::value value, const std::array<std::string_view, kCount>& names,
                       std::string& out) {
    ondemand::array list;
    if (auto error = value.get_array().get(list)) return error;
    out += '[';
    bool first = true;
    for (auto element : list) {
        ondemand::object object;
        if (auto error = element.get_object().get(object)) {
            if (error == simdjson::INCORRECT_TYPE) continue;
            return error;
        }
        std::array<std::string_view, kCount> values;
        for (auto field : object) {
            std::string_view key;
            if (auto error = field.unescaped_key().get(key)) return error;
            const size_t at = index_of(names, key);
            if (at == kCount) continue;
            if (auto error = read_raw(field.value(), values[at])) return error;
            // An empty fieldsV1 ({}) has a meaning, so it is not left out.
            if (values[at] == "null" || values[at] == "\"\"") values[at] = {};
        }
        if (!first) out += ',';
        first = false;
        append_members(names, values, out);
    }
    out += ']';
    return simdjson::SUCCESS;
}

// Finds the values of the paths in `wanted` (a bit each) that go on below this object.
error_code find_within(ondemand::object object, std::span<const ObjectPath> paths, uint32_t wanted,
                       size_t depth, std::span<std::string_view> values) {
    for (auto field : object) {
        std::string_view key;
        if (auto error = field.unescaped_key().get(key)) return error;
        uint32_t below = 0;
        for (size_t i = 0; i < paths.size(); ++i) {
            if ((wanted >> i & 1) == 0 || paths[i].keys[depth] != key) continue;
            if (paths[i].size > depth + 1) {
                below |= 1U << i;
                continue;
            }
            ondemand::json_type type{};
            if (auto error = field.value().type().get(type)) return error;
            if (type == ondemand::json_type::string || type == ondemand::json_type::boolean)
                values[i] = field.value().raw_json_token();
            break;
        }
        if (below == 0) continue;
        ondemand::json_type type{};
        if (auto error = field.value().type().get(type)) return error;
        if (type != ondemand::json_type::object) continue;
        ondemand::object deeper;
        if (auto error = field.value().get_object().get(deeper)) return error;
        if (auto error = find_within(deeper, paths, below, depth + 1, values)) return error;
    }
    return simdjson::SUCCESS;
}

}  // namespace

struct ObjectView::Reader {
    // After an error the library's document must not be used again.
    Result<void> check_whole() {
        if (document.is_alive()) return {};
        return corrupt(simdjson::TAPE_ERROR);
    }

    ondemand::parser parser;
    ondemand::document document;
};

ObjectView::ObjectView() : reader_(std::make_unique<Reader>()) {}
ObjectView::~ObjectView() = default;

Result<void> ObjectView::read(const model::StoredObject& stored, const FormChanges& changes) {
    if (padded_.capacity() > kKeptBytes) {
        padded_ = {};
        reader_ = std::make_unique<Reader>();
    }
    padded_.clear();
    SNAPGATE_TRY(append_kubernetes_form(stored, changes, padded_));
    size_ = padded_.size();
    padded_.append(simdjson::SIMDJSON_PADDING, ' ');
    if (auto error =
            reader_->parser
                .iterate(simdjson::padded_string_view(padded_.data(), size_, padded_.size()))
                .get(reader_->document))
        return corrupt(error);
    return {};
}

Result<void> ObjectView::find(std::span<const ObjectPath> paths,
                              std::span<std::string_view> values) {
    std::ranges::fill(values, std::string_view());
    SNAPGATE_TRY(reader_->check_whole());
    reader_->document.rewind();
    ondemand::object root;
    if (auto error = reader_->document.get_object().get(root)) return corrupt(error);
    if (auto error = find_within(root, paths, ~0U, 0, values)) return corrupt(error);
    return {};
}

Result<void> ObjectView::append_metadata(std::string& out) {
    SNAPGATE_TRY(reader_->check_whole());
    ondemand::value value;
    ondemand::object metadata;
    if (auto error = reader_->document.at_pointer("/metadata").get(value)) return corrupt(error);
    if (auto error = value.get_object().get(metadata)) return corrupt(error);
    std::array<std::string_view, kObjectMeta.size()> values;
    for (auto field : metadata) {
        std::string_view key;
        if (auto error = field.unescaped_key().get(key)) return corrupt(error);
        const size_t at = index_of(kObjectMeta, key);
        if (at == kObjectMeta.size()) continue;
        ondemand::value member;
        if (auto error = field.value().get(member)) return corrupt(error);
        ondemand::json_type type{};
        if (auto error = member.type().get(type)) return corrupt(error);
        error_code error = simdjson::SUCCESS;
        if (at == kOwnerReferences && type == ondemand::json_type::array) {
            owners_.clear();
            error = append_list(member, kOwnerReference, owners_);
            values[at] = owners_;
        } else if (at == kManagedFields && type == ondemand::json_type::array) {
            managed_fields_.clear();
            error = append_list(member, kManagedFieldsEntry, managed_fields_);
            values[at] = managed_fields_;
        } else {
            error = read_raw(member, values[at]);
        }
        if (error) return corrupt(error);
        if (is_empty(values[at])) values[at] = {};
    }
    if (values[kCreationTimestamp].empty()) values[kCreationTimestamp] = "null";
    append_members(kObjectMeta, values, out);
    return {};
}

ObjectView& thread_object_view() {
    static thread_local auto view = std::make_unique<ObjectView>();
    return *view;
}

}  // namespace snapgate::json
