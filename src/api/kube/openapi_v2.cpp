#include "api/kube/openapi_v2.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace snapgate::api::kube {
namespace {

bool is_one_of(std::string_view key, std::span<const std::string_view> keys) {
    return std::ranges::find(keys, key) != keys.end();
}

bool is_nullable(const json::Value& schema) {
    const json::Value* nullable = schema.as_object().if_contains("nullable");
    return nullable != nullptr && nullable->as_bool();
}

json::Value convert_reference(std::string_view target) {
    constexpr std::string_view kV3 = "#/components/schemas/";
    target.remove_prefix(std::min(target.size(), kV3.size()));
    return json::Value("#/definitions/" + std::string(target));
}

json::Object convert_schema(const json::Object& schema);

json::Object convert_schemas(const json::Object& named) {
    json::Object out;
    for (const auto& member : named) out[member.key()] = convert_schema(member.value().as_object());
    return out;
}

// The names of those that must not be null, of the fields that v3 requires.
json::Array convert_required(const json::Object& schema) {
    const json::Value* properties = schema.if_contains("properties");
    json::Array out;
    for (const json::Value& name : schema.at("required").as_array()) {
        const json::Value* property =
            properties == nullptr ? nullptr : properties->as_object().if_contains(name.as_string());
        if (property == nullptr || !is_nullable(*property)) out.push_back(name);
    }
    return out;
}

// What may be null is a value of any kind: kubectl, which reads v2, takes null for no type
// (apiextensions-apiserver's ToStructuralOpenAPIV2 does the same, and for what is required).
json::Object convert_schema(const json::Object& schema) {
    constexpr std::array<std::string_view, 5> kLeftOut = {"nullable", "default", "anyOf", "oneOf",
                                                          "not"};
    constexpr std::array<std::string_view, 3> kOfTyped = {"type", "items", "properties"};
    const bool nullable = is_nullable(schema);
    json::Object out;
    for (const auto& member : schema) {
        const std::string_view key = member.key();
        const json::Value& value = member.value();
        if (is_one_of(key, kLeftOut) || (nullable && is_one_of(key, kOfTyped))) continue;
        if (key == "$ref") {
            out[key] = convert_reference(value.as_string());
        } else if (key == "allOf") {
            // v3 wraps a reference so that something can stand beside it; in v2 it may anyway.
            for (const json::Value& one : value.as_array()) {
                for (const auto& inner : convert_schema(one.as_object())) out.insert(inner);
            }
        } else if (key == "properties") {
            out[key] = convert_schemas(value.as_object());
        } else if (key == "items" || (key == "additionalProperties" && value.is_object())) {
            out[key] = convert_schema(value.as_object());
        } else if (key == "required") {
            if (json::Array names = convert_required(schema); !names.empty())
                out[key] = std::move(names);
        } else {
            out[key] = value;
        }
    }
    return out;
}

// v2 has the type of a parameter in the parameter.
json::Object convert_parameter(const json::Object& parameter) {
    json::Object out;
    for (const auto& member : parameter) {
        if (member.key() != "schema") {
            out.insert(member);
            continue;
        }
        for (const auto& inner : convert_schema(member.value().as_object())) out.insert(inner);
    }
    return out;
}

json::Array convert_parameters(const json::Array& parameters) {
    json::Array out;
    for (const json::Value& one : parameters) out.push_back(convert_parameter(one.as_object()));
    return out;
}

// Adds the media types of a body to `types`, each once. Returns the schema of the body, null if it
// has none: v2 knows one for all media types.
json::Value convert_content(const json::Object& described, json::Array& types) {
    const json::Value* content = described.if_contains("content");
    json::Value schema;
    if (content == nullptr) return schema;
    for (const auto& member : content->as_object()) {
        const json::Value type(member.key());
        if (std::ranges::find(types, type) == types.end()) types.push_back(type);
        if (schema.is_null())
            schema = convert_schema(member.value().as_object().at("schema").as_object());
    }
    return schema;
}

json::Object convert_responses(const json::Object& responses, json::Array& produces) {
    json::Object out;
    for (const auto& member : responses) {
        const json::Object& response = member.value().as_object();
        json::Object converted{{"description", response.at("description")}};
        json::Value schema = convert_content(response, produces);
        if (!schema.is_null()) converted["schema"] = std::move(schema);
        out[member.key()] = std::move(converted);
    }
    return out;
}

json::Object body_parameter(const json::Object& body, json::Array& consumes) {
    json::Object out{{"name", "body"}, {"in", "body"}};
    if (const json::Value* required = body.if_contains("required")) out["required"] = *required;
    out["schema"] = convert_content(body, consumes);
    return out;
}

json::Object convert_operation(const json::Object& operation) {
    json::Array consumes;
    json::Array produces;
    json::Array parameters;
    json::Object out;
    for (const auto& member : operation) {
        const json::Value& value = member.value();
        if (member.key() == "parameters") {
            for (json::Value& one : convert_parameters(value.as_array()))
                parameters.push_back(std::move(one));
        } else if (member.key() == "requestBody") {
            parameters.push_back(body_parameter(value.as_object(), consumes));
        } else if (member.key() == "responses") {
            out["responses"] = convert_responses(value.as_object(), produces);
        } else {
            out.insert(member);
        }
    }
    if (!consumes.empty()) out["consumes"] = std::move(consumes);
    if (!produces.empty()) out["produces"] = std::move(produces);
    if (!parameters.empty()) out["parameters"] = std::move(parameters);
    return out;
}

json::Object convert_path(const json::Object& path) {
    json::Object out;
    for (const auto& member : path) {
        if (member.key() == "parameters") {
            out[member.key()] = convert_parameters(member.value().as_array());
        } else {
            out[member.key()] = convert_operation(member.value().as_object());
        }
    }
    return out;
}

}  // namespace

json::Object convert_to_v2(std::span<const json::Object> documents, const json::Object& info) {
    json::Object paths;
    json::Object definitions;
    for (const json::Object& document : documents) {
        for (const auto& member : document.at("paths").as_object())
            paths[member.key()] = convert_path(member.value().as_object());
        for (const auto& member :
             convert_schemas(document.at("components").as_object().at("schemas").as_object()))
            definitions.insert(member);
    }
    return {{"swagger", "2.0"},
            {"info", info},
            {"paths", std::move(paths)},
            {"definitions", std::move(definitions)}};
}

}  // namespace snapgate::api::kube
