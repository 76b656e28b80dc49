#include "rules/request_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "base/quote.h"
#include "model/schema.h"
#include "rules/faults.h"
#include "rules/unknown_fields.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

using Type = model::Schema::Type;

bool is_silently_dropped(std::string_view path) {
    return path == "metadata.clusterName" || path == "metadata.selfLink";
}

// Whether Go's `omitempty` leaves the value out.
bool is_empty(const json::Value& value) {
    if (const auto* text = value.if_string()) return text->empty();
    if (const auto* object = value.if_object()) return object->empty();
    if (const auto* array = value.if_array()) return array->empty();
    if (const auto* number = value.if_int64()) return *number == 0;
    return value.is_null();
}

// The elements of the live object's list, and which of them an element of a request stands for.
class LiveElements {
  public:
    LiveElements(const json::Value* live, const model::Schema& schema)
        : array_(live == nullptr ? nullptr : live->if_array()),
          by_uid_(schema.merge == model::Schema::Merge::kByUid) {
        if (array_ == nullptr || !by_uid_) return;
        for (const json::Value& element : *array_)
            if (const json::Object* object = element.if_object())
                by_uids_.try_emplace(find_text(*object, "uid"), &element);
    }

    // The live element with the same uid, or at the same place; null if there is none.
    const json::Value* of(const json::Value& element, size_t place) const {
        if (array_ == nullptr) return nullptr;
        if (!by_uid_) return place < array_->size() ? &(*array_)[place] : nullptr;
        const json::Object* object = element.if_object();
        if (object == nullptr) return nullptr;
        auto found = by_uids_.find(find_text(*object, "uid"));
        return found == by_uids_.end() ? nullptr : found->second;
    }

  private:
    const json::Array* array_;
    bool by_uid_;
    std::map<std::string_view, const json::Value*> by_uids_;
};

class Reader {
  public:
    explicit Reader(std::vector<std::string>& unknown) : unknown_(unknown) {}

    base::Result<void> read(json::Value& value, const model::Schema& schema,
                            const json::Value* live) {
        switch (schema.type) {
            case Type::kAny:
            case Type::kFieldsV1:  // managed_fields.h looks at it
                return {};
            case Type::kString:
                return value.is_string() ? base::Result<void>() : mismatch(value, schema);
            case Type::kTime:
                return read_time(value, schema);
            case Type::kBoolean:
                return value.is_bool() ? base::Result<void>() : mismatch(value, schema);
            case Type::kInteger:
                return read_integer(value, schema);
            case Type::kArray:
                return read_array(value, schema, live);
            case Type::kObject:
                return read_object(value, schema, live);
        }
        return {};
    }

  private:
    base::Result<void> read_time(const json::Value& value, const model::Schema& schema) {
        if (!value.is_string()) return mismatch(value, schema);
        std::string_view text = text_of(&value);
        if (text.empty() || base::parse_rfc3339(text)) return {};
        return bad_request(fmt::format("parsing time {0} as \"2006-01-02T15:04:05Z07:00\": cannot "
                                       "parse {0} as a time",
                                       base::quote(text, 80)),
                           path_);
    }

    base::Result<void> read_integer(json::Value& value, const model::Schema& schema) {
        if (value.is_int64()) return {};
        return mismatch(value, schema);
    }

    base::Result<void> read_array(json::Value& value, const model::Schema& schema,
                                  const json::Value* live) {
        json::Array* array = value.if_array();
        if (array == nullptr) return mismatch(value, schema);
        const LiveElements live_elements(live, schema);
        size_t size = path_.size();
        for (size_t i = 0; i < array->size(); ++i) {
            json::Value& element = (*array)[i];
            if (element.is_null()) {
                // Go leaves the element's zero value.
                if (schema.items->type == Type::kObject)
                    element.emplace_object();
                else
                    element.emplace_string();
            }
            path_ += fmt::format("[{}]", i);
            const json::Value* before = live_elements.of(element, i);
            if (before != nullptr && element.is_object() && *before == element) {
                // It is unchanged and keeps all fields that an import gave it; its types are
                // checked.
                json::Value same = element;
                SNAPGATE_TRY(read(same, *schema.items, before));
            } else {
                SNAPGATE_TRY(read(element, *schema.items, before));
            }
            path_.resize(size);
        }
        return {};
    }

    base::Result<void> read_object(json::Value& value, const model::Schema& schema,
                                   const json::Value* live) {
        json::Object* object = value.if_object();
        if (object == nullptr) return mismatch(value, schema);
        const json::Object* live_object = live == nullptr ? nullptr : live->if_object();
        bool is_map = schema.values != nullptr;
        std::string_view outer = struct_;
        if (!is_map) struct_ = schema.go_type.substr(schema.go_type.find('.') + 1);
        size_t size = path_.size();
        size_t go_size = go_path_.size();
        std::vector<std::string> dropped;
        for (auto& member : *object) {
            std::string_view name = key_of(member);
            const model::Schema* known = member_schema(schema, name);
            if (known == nullptr || member.value().is_null()) {
                if (known != nullptr) dropped.emplace_back(name);
                continue;
            }
            path_ += '.';
            path_ += name;
            if (!is_map) {
                if (go_size > 0) go_path_ += '.';
                go_path_ += name;
            }
            SNAPGATE_TRY(read(member.value(), *known,
                              live_object == nullptr ? nullptr : find(*live_object, name)));
            path_.resize(size);
            go_path_.resize(go_size);
            if (!is_map && name != "managedFields" && is_empty(member.value()) &&
                !member.value().is_bool())
                dropped.emplace_back(name);
        }
        for (const std::string& name : dropped) erase(*object, name);
        if (!is_map)
            settle_unknown(*object, schema, live_object, path_, unknown_, is_silently_dropped);
        struct_ = outer;
        return {};
    }

    base::Result<void> mismatch(const json::Value& value, const model::Schema& schema) const {
        std::string type(json_type(value));
        if (type == "number" && schema.type == Type::kInteger) type += " " + json::serialize(value);
        std::string where = go_path_.empty() ? std::string("value")
                                             : fmt::format("struct field {}.{}", struct_, go_path_);
        return bad_request(fmt::format("json: cannot unmarshal {} into Go {} of type {}", type,
                                       where, schema.go_type),
                           path_);
    }

    std::vector<std::string>& unknown_;
    std::string path_ = "metadata";
    std::string_view struct_;  // the Go struct that is being read, and the path of its field
    std::string go_path_;
};

}  // namespace

std::string_view json_type(const json::Value& value) {
    switch (value.kind()) {
        case boost::json::kind::null:
            return "null";
        case boost::json::kind::bool_:
            return "bool";
        case boost::json::kind::int64:
        case boost::json::kind::uint64:
        case boost::json::kind::double_:
            return "number";
        case boost::json::kind::string:
            return "string";
        case boost::json::kind::array:
            return "array";
        case boost::json::kind::object:
            return "object";
    }
    return {};
}

base::Result<void> settle_metadata(json::Object& object, const json::Object* live,
                                   std::vector<std::string>& unknown) {
    json::Value* metadata = find(object, "metadata");
    if (metadata == nullptr || metadata->is_null()) {
        object["metadata"] = json::Object();
        metadata = find(object, "metadata");
    }
    const json::Value* live_metadata = live == nullptr ? nullptr : find(*live, "metadata");
    return Reader(unknown).read(*metadata, model::kMetadataSchema, live_metadata);
}

}  // namespace snapgate::rules
