#include "api/kube/openapi_v2_protobuf.h"

#include <cassert>
#include <cstdint>
#include <span>
#include <string_view>

#include "api/kube/protobuf_writer.h"

namespace snapgate::api::kube {
namespace {

// Appends a value as the field of that number.
using Write = void (*)(uint64_t number, const json::Value& value, std::string& message);

struct Field {
    std::string_view name;  // of the member in JSON
    uint64_t number;
    Write write;
};

struct Message {
    std::span<const Field> fields;
    uint64_t extensions;  // the number of the field for members that begin with "x-"
};

std::string_view text_of(const json::Value& value) {
    return value.as_string();
}

// The message Any: its text is YAML, of which JSON is a part.
void append_any(uint64_t number, const json::Value& value, std::string& message) {
    std::string any;
    append_bytes_field(2, json::serialize(value), any);
    append_bytes_field(number, any, message);
}

// Gnostic's messages for maps hold a message for each member: its name (1) and its value (2).
void append_named(uint64_t number, std::string_view name, Write write, const json::Value& value,
                  std::string& message) {
    std::string named;
    append_bytes_field(1, name, named);
    write(2, value, named);
    append_bytes_field(number, named, message);
}

std::string encode(const Message& type, const json::Object& object) {
    std::string message;
    [[maybe_unused]] size_t written = 0;
    for (const Field& field : type.fields) {
        const json::Value* value = object.if_contains(field.name);
        if (value == nullptr) continue;
        field.write(field.number, *value, message);
        ++written;
    }
    for (const auto& member : object) {
        if (!std::string_view(member.key()).starts_with("x-")) continue;
        append_named(type.extensions, member.key(), append_any, member.value(), message);
        ++written;
    }
    assert(written == object.size());
    return message;
}

// What a field of a table below is written by. They are made of one another.

void text(uint64_t number, const json::Value& value, std::string& message) {
    append_bytes_field(number, text_of(value), message);
}

void flag(uint64_t number, const json::Value& value, std::string& message) {
    append_number_field(number, value.as_bool() ? 1 : 0, message);
}

template <Write kWrite>
void each(uint64_t number, const json::Value& value, std::string& message) {
    for (const json::Value& one : value.as_array()) kWrite(number, one, message);
}

template <const Message& kType>
void object(uint64_t number, const json::Value& value, std::string& message) {
    append_bytes_field(number, encode(kType, value.as_object()), message);
}

// A message that holds nothing but the value, as its field `kInner`: what is a choice in gnostic's
// grammar, and lists and types of one.
template <uint64_t kInner, Write kWrite>
void wrapped(uint64_t number, const json::Value& value, std::string& message) {
    std::string inner;
    kWrite(kInner, value, inner);
    append_bytes_field(number, inner, message);
}

// A message that holds a map, as its field `kEntry`.
template <uint64_t kEntry, Write kWrite>
void map(uint64_t number, const json::Value& value, std::string& message) {
    std::string entries;
    for (const auto& member : value.as_object())
        append_named(kEntry, member.key(), kWrite, member.value(), entries);
    append_bytes_field(number, entries, message);
}

// Numbers of fields from openapiv2/OpenAPIv2.proto of gnostic; those of which the documents in
// openapi/ have members, in the order of their numbers, as protobuf's own writers put them.

void schema(uint64_t number, const json::Value& value, std::string& message);

void schema_or_flag(uint64_t number, const json::Value& value, std::string& message) {
    if (value.is_bool()) {
        wrapped<2, flag>(number, value, message);
    } else {
        wrapped<1, schema>(number, value, message);
    }
}

constexpr Field kSchemaFields[] = {
    {"$ref", 1, text},
    {"format", 2, text},
    {"description", 4, text},
    {"required", 19, each<text>},
    {"additionalProperties", 21, schema_or_flag},
    {"type", 22, wrapped<1, text>},
    {"items", 23, wrapped<1, schema>},
    {"properties", 25, map<1, schema>},
};
constexpr Message kSchema{kSchemaFields, 31};

void schema(uint64_t number, const json::Value& value, std::string& message) {
    append_bytes_field(number, encode(kSchema, value.as_object()), message);
}

constexpr Field kBodyFields[] = {
    {"description", 1, text}, {"name", 2, text},     {"in", 3, text},
    {"required", 4, flag},    {"schema", 5, schema},
};
constexpr Message kBody{kBodyFields, 6};

constexpr Field kQueryFields[] = {
    {"required", 1, flag}, {"in", 2, text},     {"description", 3, text},  {"name", 4, text},
    {"type", 6, text},     {"format", 7, text}, {"uniqueItems", 20, flag},
};
constexpr Message kQuery{kQueryFields, 23};

constexpr Field kPathFields[] = {
    {"required", 1, flag}, {"in", 2, text},     {"description", 3, text},  {"name", 4, text},
    {"type", 5, text},     {"format", 6, text}, {"uniqueItems", 19, flag},
};
constexpr Message kPath{kPathFields, 22};

// ParametersItem { Parameter { BodyParameter or NonBodyParameter { one for each place } } }
void parameter(uint64_t number, const json::Value& value, std::string& message) {
    const std::string_view place = text_of(value.as_object().at("in"));
    assert(place == "body" || place == "query" || place == "path");
    if (place == "body") {
        wrapped<1, wrapped<1, object<kBody>>>(number, value, message);
    } else if (place == "query") {
        wrapped<1, wrapped<2, wrapped<3, object<kQuery>>>>(number, value, message);
    } else {
        wrapped<1, wrapped<2, wrapped<4, object<kPath>>>>(number, value, message);
    }
}

constexpr Field kResponseFields[] = {
    {"description", 1, text},
    {"schema", 2, wrapped<1, schema>},
};
constexpr Message kResponse{kResponseFields, 5};

constexpr Field kOperationFields[] = {
    {"tags", 1, each<text>},
    {"description", 3, text},
    {"operationId", 5, text},
    {"produces", 6, each<text>},
    {"consumes", 7, each<text>},
    {"parameters", 8, each<parameter>},
    {"responses", 9, map<1, wrapped<1, object<kResponse>>>},
};
constexpr Message kOperation{kOperationFields, 13};

constexpr Field kPathItemFields[] = {
    {"get", 2, object<kOperation>},   {"put", 3, object<kOperation>},
    {"post", 4, object<kOperation>},  {"delete", 5, object<kOperation>},
    {"patch", 8, object<kOperation>}, {"parameters", 9, each<parameter>},
};
constexpr Message kPathItem{kPathItemFields, 10};

constexpr Field kInfoFields[] = {{"title", 1, text}, {"version", 2, text}};
constexpr Message kInfo{kInfoFields, 7};

constexpr Field kDocumentFields[] = {
    {"swagger", 1, text},
    {"info", 2, object<kInfo>},
    {"paths", 8, map<2, object<kPathItem>>},
    {"definitions", 9, map<1, schema>},
};
constexpr Message kDocument{kDocumentFields, 16};

}  // namespace

std::string openapi_v2_message(const json::Object& document) {
    return encode(kDocument, document);
}

}  // namespace snapgate::api::kube
