#include "rules/field_changes.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/values.h"

namespace snapgate::rules {
namespace {

using Merge = model::Schema::Merge;
using Type = model::Schema::Type;

class Comparison {
  public:
    explicit Comparison(FieldChanges& changes) : changes_(changes) {}

    // At least one of both is not a null pointer. A JSON null counts as a value.
    void compare(const json::Value* before, const json::Value* after, const model::Schema& schema) {
        bool leaf = schema.merge == Merge::kAtomic;
        if (!leaf && schema.type == Type::kObject) {
            const json::Object* left = before == nullptr ? nullptr : before->if_object();
            const json::Object* right = after == nullptr ? nullptr : after->if_object();
            leaf = is_empty(left) && is_empty(right);
            if (!leaf) compare_members(left, right, schema);
        } else if (!leaf && schema.type == Type::kArray) {
            const json::Array* left = before == nullptr ? nullptr : before->if_array();
            const json::Array* right = after == nullptr ? nullptr : after->if_array();
            leaf = is_empty(left) && is_empty(right);
            if (!leaf) compare_elements(left, right, schema);
        } else {
            leaf = true;
        }
        if (before == nullptr)
            changes_.added.insert(path_);
        else if (after == nullptr)
            changes_.removed.insert(path_);
        else if (leaf && *before != *after)
            changes_.modified.insert(path_);
    }

    void compare_members(const json::Object* before, const json::Object* after,
                         const model::Schema& schema) {
        // Sorted, because a set takes paths fastest in their order.
        std::vector<std::string_view> names;
        for (const json::Object* object : {before, after}) {
            if (object == nullptr) continue;
            for (const auto& member : *object) names.push_back(key_of(member));
        }
        std::ranges::sort(names);
        auto rest = std::ranges::unique(names);
        names.erase(rest.begin(), rest.end());
        for (std::string_view name : names) {
            const model::Schema* member = member_schema(schema, name);
            if (member == nullptr) continue;
            if (&schema == &model::kMetadataSchema && name == "managedFields") continue;
            path_.push_back(field_element(name));
            compare(before == nullptr ? nullptr : find(*before, name),
                    after == nullptr ? nullptr : find(*after, name), *member);
            path_.pop_back();
        }
    }

  private:
    template <class T>
    static bool is_empty(const T* collection) {
        return collection == nullptr || collection->empty();
    }

    void compare_elements(const json::Array* before, const json::Array* after,
                          const model::Schema& schema) {
        std::map<std::string, std::pair<const json::Value*, const json::Value*>> elements;
        auto element_of = [&schema](const json::Value& value) {
            const json::Object* object = value.if_object();
            return schema.merge == Merge::kByUid && object != nullptr
                       ? uid_element(find_text(*object, "uid"))
                       : value_element(value);
        };
        if (before != nullptr)
            for (const json::Value& value : *before)
                elements.try_emplace(element_of(value)).first->second.first = &value;
        if (after != nullptr)
            for (const json::Value& value : *after)
                elements.try_emplace(element_of(value)).first->second.second = &value;
        for (const auto& [element, values] : elements) {
            path_.push_back(element);
            compare(values.first, values.second, *schema.items);
            path_.pop_back();
        }
    }

    FieldChanges& changes_;
    std::vector<std::string> path_;
};

}  // namespace

FieldChanges field_changes(const json::Object& before, const json::Object& after,
                           const model::Schema& schema) {
    FieldChanges changes;
    Comparison(changes).compare_members(&before, &after, schema);
    return changes;
}

}  // namespace snapgate::rules
