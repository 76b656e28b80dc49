#include "rules/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "rules/values.h"

namespace snapgate::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kKind = "VirtualMachineSnapshot";

std::string fault(std::string_view text, Media media = Media::kJson) {
    auto body = decode_object(text, media, kKind);
    if (body) return "it was taken";
    EXPECT_EQ(body.error().code, base::Code::kInvalidBody);
    return body.error().message;
}

TEST(DecodeObject, ReadsJsonAndYaml) {
    auto json =
        decode_object(R"({"apiVersion":"v","kind":"K","spec":{"a":1,"a":2}})", Media::kJson, kKind);
    ASSERT_TRUE(json);
    EXPECT_THAT(json->strict_faults, ElementsAre("duplicate field \"spec.a\""));
    auto yaml =
        decode_object("apiVersion: v\nkind: K\nspec:\n  a: 1\n  a: 2\n", Media::kYaml, kKind);
    ASSERT_TRUE(yaml);
    EXPECT_EQ(yaml->object, json->object);
    EXPECT_EQ(yaml->strict_faults, json->strict_faults);
}

TEST(DecodeObject, SaysWhatIsWrongAsKubeApiserverDoes) {
    EXPECT_EQ(fault("nope at all, and longer than what is shown"),
              "the object provided is unrecognized (must be of type VirtualMachineSnapshot): "
              "couldn't get version/kind; json parse error: invalid character 'o' in literal null "
              "(expecting 'u') (6e6f706520617420616c6c2c20616e64206c6f6e676572207468616e2077 ...)");
    EXPECT_THAT(
        fault(R"({"kind":7})"),
        HasSubstr("json: cannot unmarshal number into Go struct field .kind of type string"));
    EXPECT_THAT(fault(R"("x")"), HasSubstr("json: cannot unmarshal string into Go value of type"));
    EXPECT_EQ(fault("null"),
              "the object provided is unrecognized (must be of type VirtualMachineSnapshot): "
              "Object 'Kind' is missing in 'null' (6e756c6c)");
    EXPECT_THAT(fault(R"({"apiVersion":"v","kind":""})"),
                HasSubstr("Object 'Kind' is missing in "));
    EXPECT_THAT(fault(R"({"kind":"K"})"), HasSubstr("Object 'apiVersion' is missing in "));
    EXPECT_THAT(fault(std::string(70, '[') + std::string(70, ']')), HasSubstr("64 levels"));
    EXPECT_THAT(fault("", Media::kYaml), HasSubstr("Object 'Kind' is missing in ''"));
    EXPECT_THAT(fault("a: *x", Media::kYaml), HasSubstr("error converting YAML to JSON: "));
    EXPECT_THAT(fault("a: 1\n---\nb: 1\n", Media::kYaml), HasSubstr("one document is taken"));
    EXPECT_THAT(fault("- a", Media::kYaml), HasSubstr("cannot unmarshal array into Go value"));
    // What is shown of a hostile body is cut, at a character.
    std::string long_text = R"({"kind":"K","x":")" + std::string(100000, 'y') + "\"}";
    EXPECT_LT(fault(long_text).size(), 600U);
    EXPECT_THAT(fault("{\"aaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9\xc3\xa9"), HasSubstr("aaa ...)"));
}

TEST(DecodeObject, TakesANamespaceThatDoesNotSaySo) {
    auto body = decode_object(R"({"metadata":{"name":"web"}})", Media::kJson, "Namespace");
    ASSERT_TRUE(body);
    EXPECT_EQ(find_text(body->object, "kind"), "Namespace");
    EXPECT_EQ(find_text(body->object, "apiVersion"), "v1");
}

TEST(ApplyPatch, NamesWhatIsNoPatch) {
    json::Object live = json::parse(R"({"apiVersion":"v","kind":"K","a":1})")->get_object();
    auto refused = [&live](PatchType type, std::string_view patch) {
        auto body = patched_body(live, type, patch);
        return body ? base::Error(base::Code::kInternal, "it was taken") : body.error();
    };
    EXPECT_EQ(refused(PatchType::kMerge, "[]").message,
              "error decoding patch: json: cannot unmarshal array into Go value of type "
              "map[string]interface {}");
    EXPECT_EQ(refused(PatchType::kJson, "{}").message,
              "error decoding patch: json: cannot unmarshal object into Go value of type "
              "[]handlers.jsonPatchOp");
    EXPECT_EQ(refused(PatchType::kJson, "[x").message,
              "error decoding patch: invalid character 'x' looking for beginning of value");
    auto gone = refused(PatchType::kJson, R"([{"op":"replace","path":"","value":[]}])");
    EXPECT_EQ(gone.code, base::Code::kInvalid);
    EXPECT_THAT(gone.message, StartsWith(" \"\" is invalid: patch: Invalid value: \"[]\": "));
    EXPECT_THAT(refused(PatchType::kMerge, R"({"kind":null})").message,
                HasSubstr("Object 'Kind' is missing"));

    auto twice = patched_body(live, PatchType::kMerge, R"({"b":{"c":1,"c":2}})");
    ASSERT_TRUE(twice);
    EXPECT_THAT(twice->strict_faults, ElementsAre("duplicate field \"b.c\""));
    EXPECT_EQ(json::Value(twice->object),
              *json::parse(R"({"apiVersion":"v","kind":"K","a":1,"b":{"c":2}})"));
    auto unknown = patched_body(live, PatchType::kJson,
                                R"([{"op":"add","path":"/b","path":"/c","value":1,"x":2}])");
    ASSERT_TRUE(unknown);
    EXPECT_THAT(unknown->strict_faults, ElementsAre("json patch duplicate field \"[0].path\"",
                                                    "json patch unknown field \"[0].x\""));
}

}  // namespace
}  // namespace snapgate::rules
