#include "api/kube/openapi_v2.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::api::kube {
namespace {

json::Object parsed(std::string_view text) {
    return json::parse(text).value().as_object();
}

// The v2 document of one v3 document with these paths and schemas.
json::Object converted(std::string_view paths, std::string_view schemas) {
    const std::vector<json::Object> documents{{{"openapi", "3.0.0"},
                                               {"info", {{"title", "one"}, {"version", "v1"}}},
                                               {"paths", parsed(paths)},
                                               {"components", {{"schemas", parsed(schemas)}}}}};
    return convert_to_v2(documents, {{"title", "all"}, {"version", "v0"}});
}

std::string converted_schema(std::string_view schema) {
    const json::Object document = converted("{}", "{\"a.B\":" + std::string(schema) + "}");
    return json::serialize(document.at("definitions").at("a.B"));
}

std::string converted_operation(std::string_view operation) {
    const json::Object document =
        converted("{\"/a\":{\"post\":" + std::string(operation) + "}}", "{}");
    return json::serialize(document.at("paths").at("/a").at("post"));
}

TEST(OpenApiV2Test, ADocument) {
    EXPECT_EQ(
        json::serialize(converted(R"({"/a":{"parameters":[]}})", R"({"B":{"type":"object"}})")),
        R"({"swagger":"2.0","info":{"title":"all","version":"v0"},)"
        R"("paths":{"/a":{"parameters":[]}},"definitions":{"B":{"type":"object"}}})");
}

TEST(OpenApiV2Test, DocumentsAreJoined) {
    auto document = [](std::string_view path, std::string_view schemas) {
        return json::Object{{"paths", {{path, {{"parameters", json::Array()}}}}},
                            {"components", {{"schemas", parsed(schemas)}}}};
    };
    const std::vector<json::Object> documents{
        document("/a", R"({"Shared":{"type":"object"},"A":{"type":"string"}})"),
        document("/b", R"({"B":{"type":"string"},"Shared":{"type":"number"}})")};
    const json::Object joined = convert_to_v2(documents, {});
    EXPECT_EQ(json::serialize(joined.at("paths")),
              R"({"/a":{"parameters":[]},"/b":{"parameters":[]}})");
    EXPECT_EQ(json::serialize(joined.at("definitions")),
              R"({"Shared":{"type":"object"},"A":{"type":"string"},"B":{"type":"string"}})");
}

TEST(OpenApiV2Test, ReferencesPointToDefinitions) {
    EXPECT_EQ(converted_schema(R"({"$ref":"#/components/schemas/io.k8s.Time"})"),
              R"({"$ref":"#/definitions/io.k8s.Time"})");
    // Within properties, items and additional properties, and out of the allOf around them.
    EXPECT_EQ(
        converted_schema(
            R"({"type":"object","properties":{"t":{"description":"When.","default":{},)"
            R"("allOf":[{"$ref":"#/components/schemas/T"}]},"l":{"type":"array","items":)"
            R"({"default":{},"allOf":[{"$ref":"#/components/schemas/T"}]}}},)"
            R"("additionalProperties":{"$ref":"#/components/schemas/T"}})"),
        R"({"type":"object","properties":{"t":{"description":"When.","$ref":"#/definitions/T"},)"
        R"("l":{"type":"array","items":{"$ref":"#/definitions/T"}}},)"
        R"("additionalProperties":{"$ref":"#/definitions/T"}})");
}

TEST(OpenApiV2Test, WhatV2HasNoWordsForIsLeftOut) {
    EXPECT_EQ(converted_schema(R"({"type":"string","default":"","anyOf":[{}],"oneOf":[{}],)"
                               R"("not":{},"nullable":false,"x-kubernetes-list-type":"set"})"),
              R"({"type":"string","x-kubernetes-list-type":"set"})");
    EXPECT_EQ(converted_schema(R"({"type":"object","additionalProperties":true})"),
              R"({"type":"object","additionalProperties":true})");
}

TEST(OpenApiV2Test, WhatMayBeNullIsOfNoTypeAndNotRequired) {
    EXPECT_EQ(converted_schema(R"({"type":"object","required":["a","b","elsewhere"],"properties":{)"
                               R"("a":{"type":"string","format":"date-time","nullable":true},)"
                               R"("b":{"type":"string"}}})"),
              R"({"type":"object","required":["b","elsewhere"],"properties":{)"
              R"("a":{"format":"date-time"},"b":{"type":"string"}}})");
    EXPECT_EQ(
        converted_schema(R"({"type":"object","required":["a"],)"
                         R"("properties":{"a":{"type":"array","items":{},"nullable":true}}})"),
        R"({"type":"object","properties":{"a":{}}})");
}

TEST(OpenApiV2Test, AnOperation) {
    EXPECT_EQ(
        converted_operation(
            R"({"tags":["t"],"operationId":"post","parameters":[{"name":"dryRun","in":"query",)"
            R"("description":"Whether.","schema":{"type":"string","uniqueItems":true}}],)"
            R"("requestBody":{"required":true,"content":{)"
            R"("application/json":{"schema":{"$ref":"#/components/schemas/B"}},)"
            R"("application/yaml":{"schema":{"$ref":"#/components/schemas/B"}}}},)"
            R"("responses":{"200":{"description":"OK","content":{)"
            R"("application/json":{"schema":{"$ref":"#/components/schemas/B"}}}},)"
            R"("201":{"description":"Created","content":{)"
            R"("application/json":{"schema":{"$ref":"#/components/schemas/B"}},)"
            R"("application/yaml":{"schema":{"$ref":"#/components/schemas/B"}}}},)"
            R"("401":{"description":"Unauthorized"}},"x-kubernetes-action":"post",)"
            R"("x-kubernetes-group-version-kind":{"group":"","version":"v1","kind":"B"}})"),
        R"({"tags":["t"],"operationId":"post","responses":{)"
        R"("200":{"description":"OK","schema":{"$ref":"#/definitions/B"}},)"
        R"("201":{"description":"Created","schema":{"$ref":"#/definitions/B"}},)"
        R"("401":{"description":"Unauthorized"}},"x-kubernetes-action":"post",)"
        R"("x-kubernetes-group-version-kind":{"group":"","version":"v1","kind":"B"},)"
        R"("consumes":["application/json","application/yaml"],)"
        R"("produces":["application/json","application/yaml"],)"
        R"("parameters":[{"name":"dryRun","in":"query","description":"Whether.",)"
        R"("type":"string","uniqueItems":true},)"
        R"({"name":"body","in":"body","required":true,"schema":{"$ref":"#/definitions/B"}}]})");
}

TEST(OpenApiV2Test, AnOperationWithoutABody) {
    EXPECT_EQ(converted_operation(R"({"responses":{"401":{"description":"Unauthorized"}}})"),
              R"({"responses":{"401":{"description":"Unauthorized"}}})");
}

}  // namespace
}  // namespace snapgate::api::kube
