#include "rules/owned_fields.h"

#include <string>
#include <utility>
#include <vector>

#include "rules/values.h"

namespace snapgate::rules {
namespace {

FieldSet owned_items(const json::Array& list, const model::Schema& schema);

// The fields of one part: whether its own path is among them, and those below it.
struct Owned {
    bool self = false;
    FieldSet below;
};

Owned owned_part(const json::Value& value, const model::Schema& schema) {
    if (!has_owned_parts(schema) || value.is_null()) return {.self = true, .below = {}};
    if (const json::Object* object = value.if_object(); object != nullptr) {
        if (object->empty()) return {.self = true, .below = {}};
        if (schema.type == model::Schema::Type::kObject)
            return {.self = false, .below = owned_fields(*object, schema)};
    }
    if (const json::Array* list = value.if_array();
        list != nullptr && schema.type == model::Schema::Type::kArray)
        return {.self = false, .below = owned_items(*list, schema)};
    // It is not of its schema's type, as only an import's can be.
    return {.self = true, .below = {}};
}

FieldSet owned_items(const json::Array& list, const model::Schema& schema) {
    std::vector<FieldSet::Node> nodes;
    nodes.reserve(list.size());
    for (const json::Value& item : list)
        nodes.push_back({item_element(item, schema), true, owned_part(item, *schema.items).below});
    return FieldSet::of(std::move(nodes));
}

void remove_items(json::Array& list, const FieldSet& fields, const model::Schema& schema);

void remove_parts(json::Value& value, const FieldSet& fields, const model::Schema& schema) {
    if (!has_owned_parts(schema)) return;
    if (json::Object* object = value.if_object()) {
        remove_fields(*object, fields, schema);
        if (object->empty()) value = nullptr;
    } else if (json::Array* list = value.if_array();
               list != nullptr && schema.type == model::Schema::Type::kArray) {
        remove_items(*list, fields, schema);
        if (list->empty()) value = nullptr;
    }
}

void remove_items(json::Array& list, const FieldSet& fields, const model::Schema& schema) {
    size_t kept = 0;
    for (size_t at = 0; at < list.size(); ++at) {
        const FieldSet::Node* node = fields.find(item_element(list[at], schema));
        if (node != nullptr && node->member) continue;
        if (node != nullptr) remove_parts(list[at], node->below, *schema.items);
        if (kept != at) list[kept] = std::move(list[at]);
        ++kept;
    }
    while (list.size() > kept) list.pop_back();
}

}  // namespace

FieldSet owned_fields(const json::Object& object, const model::Schema& schema) {
    std::vector<FieldSet::Node> nodes;
    for (const auto& member : object) {
        const std::string_view name = key_of(member);
        const model::Schema* known = member_schema(schema, name);
        if (known == nullptr) continue;
        Owned owned = owned_part(member.value(), *known);
        const bool is_key = model::find_property(schema, name) == nullptr;
        if (owned.self || is_key || !owned.below.empty())
            nodes.push_back({field_element(name), owned.self || is_key, std::move(owned.below)});
    }
    return FieldSet::of(std::move(nodes));
}

void remove_fields(json::Object& object, const FieldSet& fields, const model::Schema& schema) {
    for (const FieldSet::Node& node : fields.nodes()) {
        const model::Schema* known = element_schema(schema, node.element);
        if (known == nullptr || !node.element.starts_with("f:")) continue;
        const std::string_view name = std::string_view(node.element).substr(2);
        if (node.member)
            erase(object, name);
        else if (json::Value* value = find(object, name))
            remove_parts(*value, node.below, *known);
    }
}

}  // namespace snapgate::rules
