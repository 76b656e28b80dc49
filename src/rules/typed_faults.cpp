#include "rules/typed_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "rules/field_set.h"
#include "rules/path_text.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

using Merge = model::Schema::Merge;
using Type = model::Schema::Type;

constexpr size_t kMostFaults = 32;
constexpr size_t kMostShownBytes = 80;
constexpr size_t kMostFaultBytes = 1024;

// What Go calls the type of a value.
std::string_view go_type(const json::Value& value) {
    if (value.is_object()) return "map[string]interface {}";
    if (value.is_array()) return "[]interface {}";
    if (value.is_string()) return "string";
    if (value.is_bool()) return "bool";
    return value.is_double() ? "float64" : "int64";
}

std::string shown(const json::Value& value) {
    std::string text = json::serialize(value);
    if (text.size() <= kMostShownBytes) return text;
    text.resize(base::clip(text, kMostShownBytes).size());
    return text + "...";
}

class Validation {
  public:
    void check_members(const json::Object& object, const model::Schema& schema) {
        std::vector<std::string_view> names;
        names.reserve(object.size());
        for (const auto& member : object) names.push_back(key_of(member));
        std::ranges::sort(names);
        const size_t size = path_.size();
        for (std::string_view name : names) {
            if (faults_.size() >= kMostFaults) return;
            path_ += '.';
            path_ += name;
            const model::Schema* known = member_schema(schema, name);
            if (known == nullptr && !is_passed_over())
                add("field not declared in schema");
            else if (known != nullptr)
                check(*find(object, name), *known);
            path_.resize(size);
        }
    }

    std::string text() const {
        if (faults_.empty()) return {};
        if (faults_.size() == 1) return faults_.front();
        return fmt::format("errors:\n  {}", fmt::join(faults_, "\n  "));
    }

  private:
    // Older clients send these, and a kube-apiserver drops them.
    bool is_passed_over() const {
        return path_ == ".metadata.clusterName" || path_ == ".metadata.selfLink";
    }

    void add(std::string_view what) {
        if (faults_.size() < kMostFaults)
            faults_.emplace_back(base::clip(fmt::format("{}: {}", path_, what), kMostFaultBytes));
    }

    void check(const json::Value& value, const model::Schema& schema) {
        if (value.is_null()) return;
        switch (schema.type) {
            case Type::kAny:
                return;
            case Type::kString:
            case Type::kTime:
                if (!value.is_string())
                    add(fmt::format("expected string, got &value.valueUnstructured{{Value:{}}}",
                                    shown(value)));
                return;
            case Type::kBoolean:
                if (!value.is_bool())
                    add(fmt::format("expected boolean, got &{{{}}}", shown(value)));
                return;
            case Type::kInteger:
                if (!value.is_number())
                    add(fmt::format("expected numeric (int or float), got {}", go_type(value)));
                return;
            case Type::kObject:
            case Type::kFieldsV1:
                if (const json::Object* object = value.if_object(); object == nullptr)
                    add(fmt::format("expected map, got &{{{}}}", shown(value)));
                else if (schema.type == Type::kObject)
                    check_members(*object, schema);
                return;
            case Type::kArray:
                if (const json::Array* list = value.if_array())
                    check_items(*list, schema);
                else
                    add(fmt::format("expected list, got &{{{}}}", shown(value)));
                return;
        }
    }

    void check_items(const json::Array& list, const model::Schema& schema) {
        std::set<std::string> seen;
        const size_t size = path_.size();
        for (size_t i = 0; i < list.size(); ++i) {
            if (faults_.size() >= kMostFaults) return;
            std::string element = fmt::format("i:{}", i);
            if (schema.merge != Merge::kAtomic) {
                if (std::string_view fault = key_fault(list[i], schema.merge); !fault.empty())
                    return add(fmt::format("element {}: {}", i, fault));
                element = item_element(list[i], schema);
                if (!seen.insert(element).second)
                    add(fmt::format("duplicate entries for key {}", element_text(element)));
            }
            path_ += element_text(element);
            check(list[i], *schema.items);
            path_.resize(size);
        }
    }

    // Why an element cannot be told from the others of its list.
    static std::string_view key_fault(const json::Value& item, Merge merge) {
        if (merge == Merge::kByUid) {
            if (item.is_null()) return "associative list with keys may not have a null element";
            const json::Object* object = item.if_object();
            if (object == nullptr)
                return "associative list with keys may not have non-map elements";
            if (find(*object, "uid") == nullptr)
                return "associative list with keys has an element that omits key field \"uid\" "
                       "(and doesn't have default value)";
            return {};
        }
        if (item.is_object())
            return "associative list without keys has an element that's a map type";
        if (item.is_array()) return "not supported: associative list with lists as elements";
        if (item.is_null())
            return "associative list without keys has an element that's an explicit null";
        return {};
    }

    std::string path_;
    std::vector<std::string> faults_;
};

}  // namespace

std::string typed_faults(const json::Object& object, const model::Schema& schema) {
    Validation validation;
    validation.check_members(object, schema);
    return validation.text();
}

}  // namespace snapgate::rules
