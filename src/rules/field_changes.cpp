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

// A part of an object, as it was and as it is; a null pointer if it was or is not there.
struct Part {
    const json::Value* before = nullptr;
    const json::Value* after = nullptr;
};

template <class T>
bool is_empty(const T* collection) {
    return collection == nullptr || collection->empty();
}

// Calls found(element, part, schema) for each member of at least one of both that the schema knows,
// in the order of path elements.
void for_members(const json::Object* before, const json::Object* after, const model::Schema& schema,
                 auto found) {
    std::vector<std::string_view> names;
    names.reserve((before == nullptr ? 0 : before->size()) +
                  (after == nullptr ? 0 : after->size()));
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
        found(field_element(name),
              Part{before == nullptr ? nullptr : find(*before, name),
                   after == nullptr ? nullptr : find(*after, name)},
              *member);
    }
}

// The same for the elements of lists.
void for_elements(const json::Array* before, const json::Array* after, const model::Schema& schema,
                  auto found) {
    std::map<std::string, Part> elements;
    if (before != nullptr)
        for (const json::Value& value : *before)
            elements[item_element(value, schema)].before = &value;
    if (after != nullptr)
        for (const json::Value& value : *after)
            elements[item_element(value, schema)].after = &value;
    for (const auto& [element, part] : elements) found(element, part, *schema.items);
}

// The same for what the part consists of; false if it is one whole: a scalar, empty, or atomic.
bool for_pieces(const Part& part, const model::Schema& schema, auto found) {
    if (schema.merge == Merge::kAtomic) return false;
    auto both = [&part](auto read) {
        return std::pair(part.before == nullptr ? nullptr : read(*part.before),
                         part.after == nullptr ? nullptr : read(*part.after));
    };
    if (schema.type == Type::kObject) {
        const auto [before, after] = both([](const json::Value& v) { return v.if_object(); });
        if (is_empty(before) && is_empty(after)) return false;
        for_members(before, after, schema, found);
        return true;
    }
    if (schema.type == Type::kArray) {
        const auto [before, after] = both([](const json::Value& v) { return v.if_array(); });
        if (is_empty(before) && is_empty(after)) return false;
        for_elements(before, after, schema, found);
        return true;
    }
    return false;
}

// The paths of all fields below a part that is new or gone.
FieldSet fields_of(const Part& part, const model::Schema& schema) {
    FieldSet fields;
    for_pieces(part, schema, [&fields](std::string element, const Part& piece, const auto& of) {
        fields.append(std::move(element), fields_of(piece, of));
    });
    return fields;
}

class Comparison {
  public:
    explicit Comparison(FieldChanges& changes) : changes_(changes) {}

    auto each() {
        return [this](std::string element, const Part& part, const model::Schema& schema) {
            compare(std::move(element), part, schema);
        };
    }

    void compare(std::string element, const Part& part, const model::Schema& schema) {
        path_.push_back(std::move(element));
        // A JSON null counts as a value.
        if (part.before == nullptr) {
            changes_.added.insert(path_, fields_of(part, schema));
        } else if (part.after == nullptr) {
            changes_.removed.insert(path_, fields_of(part, schema));
        } else {
            const bool pieces = for_pieces(part, schema, each());
            if (!pieces && *part.before != *part.after) changes_.modified.insert(path_);
        }
        path_.pop_back();
    }

  private:
    FieldChanges& changes_;
    std::vector<std::string> path_;
};

}  // namespace

FieldChanges field_changes(const json::Object& before, const json::Object& after,
                           const model::Schema& schema) {
    FieldChanges changes;
    Comparison comparison(changes);
    for_members(&before, &after, schema, comparison.each());
    return changes;
}

}  // namespace snapgate::rules
