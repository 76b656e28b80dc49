#include "rules/schema_rules.h"

#include <fmt/format.h>

#include <set>
#include <string>

#include "base/clock.h"
#include "base/quote.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

using Type = model::Schema::Type;

// What OpenAPI calls the type of a value, and the format that Go infers for it.
struct Inferred {
    std::string_view type;
    std::string_view format;
};

Inferred infer(const json::Value& value) {
    switch (value.kind()) {
        case boost::json::kind::null:
            return {"null", ""};
        case boost::json::kind::bool_:
            return {"boolean", ""};
        case boost::json::kind::int64:
        case boost::json::kind::uint64:
            return {"integer", "int64"};
        case boost::json::kind::double_:
            return {"number", "double"};
        case boost::json::kind::string:
            return {"string", ""};
        case boost::json::kind::array:
            return {"array", ""};
        case boost::json::kind::object:
            return {"object", ""};
    }
    return {};
}

bool is_of(const json::Value& value, Type type) {
    switch (type) {
        case Type::kAny:
            return true;
        case Type::kString:
        case Type::kTime:
            return value.is_string();
        case Type::kBoolean:
            return value.is_bool();
        case Type::kInteger:
            return value.is_int64();
        case Type::kArray:
            return value.is_array();
        case Type::kObject:
        case Type::kFieldsV1:
            return value.is_object();
    }
    return false;
}

std::string_view name_of(Type type) {
    switch (type) {
        case Type::kAny:
            return "any";
        case Type::kString:
        case Type::kTime:
            return "string";
        case Type::kBoolean:
            return "boolean";
        case Type::kInteger:
            return "integer";
        case Type::kArray:
            return "array";
        case Type::kObject:
        case Type::kFieldsV1:
            return "object";
    }
    return {};
}

class Checker {
  public:
    explicit Checker(Faults& faults) : faults_(faults) {}

    void check_object(const json::Object& object, const model::Schema& schema, bool root) {
        size_t size = path_.size();
        auto enter = [&](std::string_view name) {
            path_.resize(size);
            if (size > 0) path_ += '.';
            path_ += name;
        };
        for (const model::Property& property : schema.properties) {
            if (root && property.name == "metadata") continue;
            const json::Value* value = find(object, property.name);
            if (is_absent(value)) continue;
            enter(property.name);
            check(*value, *property.schema);
        }
        for (const model::Property& property : schema.properties) {
            if (!property.required || !is_absent(find(object, property.name))) continue;
            enter(property.name);
            faults_.required(path_);
        }
        path_.resize(size);
    }

  private:
    // Pruning left this null, because the schema allows it, or because the live object has it from
    // an import.
    static bool is_absent(const json::Value* value) { return value == nullptr || value->is_null(); }

    void check(const json::Value& value, const model::Schema& schema) {
        if (!is_of(value, schema.type)) {
            mismatch(value, schema.type);
        } else if (schema.type == Type::kTime) {
            std::string_view text = text_of(&value);
            if (!base::parse_rfc3339(text))
                faults_.wrong_type(path_, base::quote(text), "date-time");
        } else if (schema.type == Type::kObject) {
            check_object(value.get_object(), schema, false);
        } else if (schema.type == Type::kArray) {
            size_t size = path_.size();
            size_t index = 0;
            for (const json::Value& element : value.get_array()) {
                path_ += fmt::format("[{}]", index++);
                check(element, *schema.items);
                path_.resize(size);
            }
        }
    }

    void mismatch(const json::Value& value, Type wanted) {
        Inferred found = infer(value);
        // Where a time should be and is no string, Go compares the format first.
        if (wanted == Type::kTime && !value.is_array() && !value.is_null())
            faults_.wrong_type(path_, base::quote(found.format), "date-time");
        else
            faults_.wrong_type(path_, base::quote(found.type), name_of(wanted));
    }

    Faults& faults_;
    std::string path_;
};

void check_sets_in(const json::Value& value, const model::Schema& schema, std::string& path,
                   Faults& faults) {
    size_t size = path.size();
    if (const json::Object* object = value.if_object()) {
        for (const model::Property& property : schema.properties) {
            const json::Value* member = find(*object, property.name);
            if (member == nullptr) continue;
            path += '.';
            path += property.name;
            check_sets_in(*member, *property.schema, path, faults);
            path.resize(size);
        }
        return;
    }
    const json::Array* array = value.if_array();
    if (array == nullptr || schema.merge != model::Schema::Merge::kSet) return;
    std::set<std::string_view> seen;
    for (size_t i = 0; i < array->size(); ++i) {
        const json::Value& element = (*array)[i];
        if (!element.is_string() || seen.insert(text_of(&element)).second) continue;
        faults.duplicate(fmt::format("{}[{}]", path, i), base::quote(text_of(&element)));
    }
}

}  // namespace

void check_schema(const json::Object& object, const model::Schema& schema, Faults& faults) {
    Checker(faults).check_object(object, schema, true);
}

void check_sets(const json::Object& object, const model::Schema& schema, Faults& faults) {
    std::string path;
    for (const model::Property& property : schema.properties) {
        const json::Value* member = find(object, property.name);
        if (member == nullptr || property.name == "metadata") continue;
        path = property.name;
        check_sets_in(*member, *property.schema, path, faults);
    }
}

}  // namespace snapgate::rules
