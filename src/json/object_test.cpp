#include "json/object.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "json/snapshot_texts_testing.h"

namespace snapgate::json {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string with_version(const model::PreparedObject& object, std::string_view version) {
    std::string text = object.text;
    return text.insert(object.version_offset, version);
}

std::string kubernetes_form(const model::PreparedObject& object, std::string_view version) {
    std::string value = model::encode_object(object, version);
    auto stored = model::decode_object(value);
    EXPECT_TRUE(stored);
    std::string out;
    auto result = append_kubernetes_form(*stored, out);
    EXPECT_TRUE(result) << result.error().message;
    return out;
}

TEST(PrepareSnapshot, SortsAndEmptiesTheVersion) {
    auto prepared = prepare_snapshot(snapshot(R"(,"labels":{"b":"2","a":"1"})"), kFill);
    ASSERT_TRUE(prepared) << prepared.error().message;
    const model::PreparedObject& object = prepared->object;
    EXPECT_EQ(
        object.text,
        R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
        R"("metadata":{"creationTimestamp":"2026-01-02T03:04:05Z","generation":2,)"
        R"("labels":{"a":"1","b":"2"},"name":"s1","namespace":"web","resourceVersion":"","uid":"u"},)"
        R"("spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"vm-1"}}})");
    EXPECT_EQ(object.ns, "web");
    EXPECT_EQ(object.name, "s1");
    EXPECT_EQ(object.version, "77");
    EXPECT_EQ(object.text.substr(object.version_offset - 19, 20), R"("resourceVersion":"")");
    EXPECT_EQ(object.vm, "vm-1");
    EXPECT_EQ(object.text.substr(object.vm_offset, 4), "vm-1");
    EXPECT_TRUE(object.marks.empty());
    EXPECT_FALSE(prepared->filled_uid);
    EXPECT_FALSE(prepared->filled_creation_timestamp);
    EXPECT_FALSE(prepared->filled_generation);
}

TEST(PrepareSnapshot, FillsWhatIsAbsent) {
    for (std::string_view metadata :
         {R"({"name":"s1"})", R"({"name":"s1","namespace":""})",
          R"({"uid":null,"creationTimestamp":null,"generation":null,"namespace":null,)"
          R"("resourceVersion":null,"name":"s1"})",
          R"({"uid":"","resourceVersion":"","clusterName":"c","selfLink":7,"name":"s1"})"}) {
        std::string json =
            R"({"apiVersion":"snapshot.kubevirt.io/v1alpha1","kind":"VirtualMachineSnapshot",)"
            R"("spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"v"}},)"
            R"("metadata":)";
        json += metadata;
        auto prepared = prepare_snapshot(json + "}", kFill);
        ASSERT_TRUE(prepared) << prepared.error().message;
        EXPECT_EQ(prepared->object.text,
                  R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
                  R"("metadata":{"creationTimestamp":"2026-11-04T14:19:06Z","generation":1,)"
                  R"("name":"s1","namespace":"default","resourceVersion":"",)"
                  R"("uid":"11111111-2222-3333-4444-555555555555"},"spec":{"source":)"
                  R"({"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"v"}}})");
        EXPECT_EQ(prepared->object.ns, "default");
        EXPECT_EQ(prepared->object.version, "");
        EXPECT_TRUE(prepared->object.marks.empty());
        EXPECT_TRUE(prepared->filled_uid);
        EXPECT_TRUE(prepared->filled_creation_timestamp);
        EXPECT_TRUE(prepared->filled_generation);
    }
}

// The members of an unknown field's object, and what the Palette and Kubernetes forms make of it.
struct NullCase {
    std::string_view object;
    std::string_view palette;
    std::string_view kubernetes;
};

TEST(PrepareSnapshot, KeepsNullsAsMarks) {
    const NullCase cases[] = {
        {R"({"a":null})", "{}", R"({"a":null})"},
        {R"({"b":null,"a":null})", "{}", R"({"a":null,"b":null})"},
        {R"({"a":null,"b":1})", R"({"b":1})", R"({"a":null,"b":1})"},
        {R"({"a":null,"b":null,"c":1})", R"({"c":1})", R"({"a":null,"b":null,"c":1})"},
        {R"({"a":1,"b":null})", R"({"a":1})", R"({"a":1,"b":null})"},
        {R"({"a":1,"b":null,"c":null,"d":2})", R"({"a":1,"d":2})",
         R"({"a":1,"b":null,"c":null,"d":2})"},
        {R"({"a":null,"b":1,"c":null,"d":2,"e":null})", R"({"b":1,"d":2})",
         R"({"a":null,"b":1,"c":null,"d":2,"e":null})"},
        {R"({"a":{"b":null},"b":null})", R"({"a":{}})", R"({"a":{"b":null},"b":null})"},
        {R"({"a":null,"b":{"a":null}})", R"({"b":{}})", R"({"a":null,"b":{"a":null}})"},
        {R"({"a":[{"x":null},{"x":null,"y":[null]}]})", R"({"a":[{},{"y":[null]}]})",
         R"({"a":[{"x":null},{"x":null,"y":[null]}]})"},
        {R"({"a":null,"a":1,"b":1,"b":null})", R"({"a":1})", R"({"a":1,"b":null})"},
        {R"({"\"\n":null})", "{}", R"({"\"\n":null})"},
    };
    for (const NullCase& test : cases) {
        std::string top = ",\"zz\":" + std::string(test.object);
        auto prepared = prepare_snapshot(snapshot({}, {}, top), kFill);
        ASSERT_TRUE(prepared) << prepared.error().message;
        EXPECT_THAT(prepared->object.text, HasSubstr("\"zz\":" + std::string(test.palette) + "}"));
        EXPECT_THAT(kubernetes_form(prepared->object, "12345"),
                    AllOf(HasSubstr("\"zz\":" + std::string(test.kubernetes) + "}"),
                          HasSubstr(R"("resourceVersion":"12345")")));
    }
    // Known fields, on both sides of the resource version's place. kube-apiserver keeps no null in
    // metadata.
    auto prepared = prepare_snapshot(
        snapshot(
            R"(,"labels":null,"ownerReferences":null,"zz":null)", R"(,"failureDeadline":null)",
            R"(,"status":{"conditions":[{"type":"Ready","status":"True","lastProbeTime":null}]})"),
        kFill);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(prepared->object.text.find("null"), std::string::npos);
    EXPECT_EQ(prepared->object.marks.size(), 2);
    EXPECT_EQ(
        kubernetes_form(prepared->object, "5"),
        R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
        R"("metadata":{"creationTimestamp":"2026-01-02T03:04:05Z","generation":2,)"
        R"("name":"s1","namespace":"web","resourceVersion":"5","uid":"u"},"spec":{"failureDeadline":null,"source":{"apiGroup":"kubevirt.io",)"
        R"("kind":"VirtualMachine","name":"vm-1"}},)"
        R"("status":{"conditions":[{"lastProbeTime":null,"status":"True","type":"Ready"}]}})");
}

std::string raw_of(std::string_view content) {
    std::string out = R"({"Raw":[")";
    base::append_base64(content, out);
    return out + "\"]}";
}

std::string managed(std::string_view fields) {
    return R"(,"managedFields":[{"manager":"m","apiVersion":"x/v0","fieldsV1":)" +
           std::string(fields) + "}]";
}

TEST(PrepareSnapshot, WrapsFieldsV1Once) {
    std::string fields = R"({"f:b":{"v:\"x\"":{}, "n":null},"f:a":{".":{}}})";
    std::string sorted = R"({"f:a":{".":{}},"f:b":{"n":null,"v:\"x\"":{}}})";
    auto prepared = prepare_snapshot(snapshot(managed(fields)), kFill);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_THAT(prepared->object.text,
                HasSubstr(R"([{"apiVersion":"x/v0","fieldsV1":)" + raw_of(sorted) + ","));
    EXPECT_THAT(kubernetes_form(prepared->object, "1"), HasSubstr("\"fieldsV1\":" + sorted + ","));

    // The same from a saved page, whoever sorted it, in one piece or more, and however often
    // wrapped.
    std::string pieces = R"({"Raw":[")";
    base::append_base64(fields.substr(0, 10), pieces);
    pieces += "\",\"";
    base::append_base64(fields.substr(10), pieces);
    pieces += "\"]}";
    for (const std::string& wrapped : {raw_of(fields), raw_of(sorted), raw_of(raw_of(fields)),
                                       raw_of(raw_of(raw_of(sorted))), pieces}) {
        auto again = prepare_snapshot(snapshot(managed(wrapped)), kFill);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(again->object.text, prepared->object.text);
        EXPECT_EQ(again->object.marks, prepared->object.marks);
    }
}

TEST(PrepareSnapshot, TellsARawFromAFieldThatIsCalledSo) {
    for (std::string content :
         {R"({"Raw":["e30="],"x":1})", R"({"Raw":"e30="})", R"({"Raw":["%"]})", R"({"Raw":[7]})",
          R"({"Raw":[]})", R"({"Raw":["MTIz"]})", R"({"raw":["e30="]})", R"({})"}) {
        auto prepared = prepare_snapshot(snapshot(managed(content)), kFill);
        ASSERT_TRUE(prepared) << prepared.error().message;
        EXPECT_THAT(prepared->object.text, HasSubstr("\"fieldsV1\":" + raw_of(content)));
        EXPECT_THAT(kubernetes_form(prepared->object, "1"), HasSubstr("\"fieldsV1\":" + content));
        // What was in it decoded to no fields: it stays as it is, also when it is wrapped.
        auto again = prepare_snapshot(snapshot(managed(raw_of(content))), kFill);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(again->object.text, prepared->object.text);
    }
    // Elsewhere the name means nothing.
    auto other = prepare_snapshot(snapshot({}, {}, R"(,"fieldsV1":{"a":null})"), kFill);
    ASSERT_TRUE(other);
    EXPECT_THAT(other->object.text, HasSubstr(R"("fieldsV1":{},)"));
    auto null = prepare_snapshot(snapshot(managed("null")), kFill);
    ASSERT_TRUE(null);
    EXPECT_THAT(kubernetes_form(null->object, "1"),
                HasSubstr(R"([{"apiVersion":"x/v0","manager":"m"}])"));
}

TEST(PrepareSnapshot, NullsInMetadataAreAbsent) {
    auto prepared = prepare_snapshot(
        snapshot(R"(,"labels":{"a":null,"b":"x","c":null},"annotations":{"a":null},)"
                 R"("ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"u",)"
                 R"("controller":null}],"finalizers":null,"zz":{"y":[{"x":null}]})"),
        kFill);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_TRUE(prepared->object.marks.empty());
    EXPECT_THAT(kubernetes_form(prepared->object, "1"),
                AllOf(HasSubstr(R"("labels":{"b":"x"})"), HasSubstr(R"("annotations":{})"),
                      HasSubstr(R"("zz":{"y":[{}]})"), Not(HasSubstr("null"))));
    // Elsewhere they stay, also behind an object that was refused within its metadata.
    EXPECT_FALSE(prepare_snapshot(snapshot(R"(,"labels":{"a":7})"), kFill));
    auto other = prepare_snapshot(snapshot({}, {}, R"(,"status":{"phase":null})"), kFill);
    ASSERT_TRUE(other);
    EXPECT_THAT(kubernetes_form(other->object, "1"), HasSubstr(R"("status":{"phase":null})"));
}

TEST(PrepareSnapshot, AbsentManagedFieldsAreThoseThatAreFilledIn) {
    auto stored = prepare_snapshot(snapshot(managed(R"({"f:b":{},"f:a":{"x":null}})")), kFill);
    ASSERT_TRUE(stored);
    EXPECT_FALSE(stored->lacks_managed_fields);
    std::string value = model::encode_object(stored->object, "7");
    auto decoded = model::decode_object(value);
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(has_managed_fields(*decoded));
    auto kept = read_identity(*decoded);
    ASSERT_TRUE(kept);
    for (const std::string& without : {snapshot(), snapshot(R"(,"managedFields":null)")}) {
        auto again = prepare_snapshot(without, *kept);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_TRUE(again->lacks_managed_fields);
        EXPECT_EQ(again->object.text, stored->object.text);
        EXPECT_EQ(again->object.marks, stored->object.marks);
        EXPECT_EQ(prepare_snapshot(without, kFill)->object.text.find("managedFields"),
                  std::string::npos);
    }
    // An empty list says that there are none.
    auto none = prepare_snapshot(snapshot(R"(,"managedFields":[])"), *kept);
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->lacks_managed_fields);
    EXPECT_THAT(none->object.text, HasSubstr(R"("managedFields":[])"));
}

TEST(PrepareSnapshot, TakesTheLastOfAKeyGivenTwice) {
    auto prepared = prepare_snapshot(
        snapshot(R"(,"labels":{"a":7},"name":"s2","labels":{"a":"-","b":"x","a":"y"},"uid":"")", {},
                 R"(,"kind":"VirtualMachineSnapshot")"),
        kFill);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(prepared->object.name, "s2");
    EXPECT_THAT(prepared->object.text, HasSubstr(R"("labels":{"a":"y","b":"x"},"name":"s2")"));
    EXPECT_TRUE(prepared->filled_uid);
    EXPECT_THAT(refused(snapshot({}, {}, R"(,"kind":"Pod")")), wrong_body("kind", "\"Pod\""));

    std::string many = R"(,"zz":{)";
    for (int i = 0; i < 100; ++i) many += fmt::format("\"k{:02}\":{},", 99 - i % 50, i);
    many.back() = '}';
    auto sorted = prepare_snapshot(snapshot({}, {}, many), kFill);
    ASSERT_TRUE(sorted);
    EXPECT_THAT(sorted->object.text, AllOf(HasSubstr(R"("zz":{"k50":99,"k51":98,)"),
                                           HasSubstr(R"("k98":51,"k99":50}})")));
}

TEST(PrepareSnapshot, WritesNumbersAndStringsAsTheyAre) {
    std::string in =
        R"({"a":-9223372036854775808,"b":18446744073709551615,"c":1.0,"d":0.1,"e":-0.0,)"
        R"("f":1e300,"g":"\u00e4\u0000\u001f\b\/\ud83d\ude00\u2028","h":"<&>","i":123456789012345678901234567890,)"
        R"("j":"12345678901234567890123","k":9223372036854775807})";
    std::string out =
        R"({"a":-9223372036854775808,"b":18446744073709551615,"c":1,"d":0.1,"e":-0.0,)"
        R"("f":1e+300,"g":"ä\u0000\u001f\u0008/😀\u2028","h":"<&>","i":1.2345678901234568e+29,)"
        R"("j":"12345678901234567890123","k":9223372036854775807})";
    auto prepared = prepare_snapshot(snapshot({}, {}, ",\"zz\":" + in), kFill);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_THAT(prepared->object.text, HasSubstr("\"zz\":" + out + "}"));
    auto again = prepare_snapshot(with_version(prepared->object, "77"), kFill);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->object.text, prepared->object.text);
}

TEST(PrepareSnapshot, LeavesOutAVmThatCannotBeAskedFor) {
    for (std::string name : {R"(a\"b)", R"(a\\)", R"(\n)", R"(\u2028)"}) {
        std::string json = snapshot();
        json.replace(json.find("vm-1"), 4, name);
        auto prepared = prepare_snapshot(json, kFill);
        ASSERT_TRUE(prepared) << prepared.error().message;
        EXPECT_EQ(prepared->object.vm, "");
        EXPECT_THAT(prepared->object.text, HasSubstr("\"name\":\"" + name + "\"}"));
    }
}

TEST(PrepareSnapshot, RefusesWhatIsNoJson) {
    EXPECT_THAT(refused(""), wrong_body("", "not JSON"));
    EXPECT_THAT(refused("{"), wrong_body("", "not JSON"));
    EXPECT_THAT(refused("[]"), wrong_body("", "must be a JSON object, and is a list"));
    EXPECT_THAT(refused(snapshot() + "x"), wrong_body("", "not JSON"));
    EXPECT_THAT(refused(snapshot({}, {}, ",\"a\":\"\xff\"")), wrong_body("", "not JSON"));
    for (std::string_view half : {R"(\ud800)", R"(\udc00)", R"(\ud800\u0041)", R"(\ud800x)",
                                  R"(\uDBFF\uDBFF)", R"(\\\uD912)"})
        EXPECT_THAT(refused(snapshot({}, {}, ",\"a\":\"" + std::string(half) + "\"")),
                    wrong_body("", "not JSON"))
            << half;
    EXPECT_TRUE(prepare_snapshot(snapshot({}, {}, R"(,"a":"\\ud800")"), kFill));
    EXPECT_THAT(refused(snapshot({}, {}, R"(,"a":1e999)")), wrong_body("", "not JSON"));
}

TEST(PrepareSnapshot, CapsDepthAndSize) {
    auto nested = [](size_t depth) {
        return ",\"a\":" + std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(prepare_snapshot(snapshot({}, {}, nested(63)), kFill));
    EXPECT_THAT(refused(snapshot({}, {}, nested(64))), wrong_body("", "deeper than 64"));
    EXPECT_THAT(refused(snapshot({}, {}, nested(100000))), wrong_body("", "deeper than 64"));
    // fieldsV1 stands on the fifth level, wrapped or not.
    std::string fields;
    for (int i = 0; i < 59; ++i) fields += R"({"f:a":)";
    fields += "{}" + std::string(59, '}');
    EXPECT_TRUE(prepare_snapshot(snapshot(managed(fields)), kFill));
    EXPECT_TRUE(prepare_snapshot(snapshot(managed(raw_of(fields))), kFill));
    std::string deeper = R"({"f:a":)" + fields + "}";
    EXPECT_THAT(refused(snapshot(managed(deeper))), wrong_body("", "deeper than 64"));
    EXPECT_THAT(refused(snapshot(managed(raw_of(deeper)))), wrong_body("", "deeper than 64"));

    auto big = [](size_t size) { return ",\"a\":\"" + std::string(size, 'x') + "\""; };
    EXPECT_TRUE(prepare_snapshot(snapshot({}, {}, big(2'000'000)), kFill));
    EXPECT_EQ(refused(snapshot({}, {}, big(2 << 20))).code, base::Code::kTooLarge);
    // Base64 makes it larger than what came in.
    EXPECT_EQ(refused(snapshot(managed("{\"a\":\"" + std::string(1'900'000, 'x') + "\"}"))).code,
              base::Code::kTooLarge);
}

TEST(Namespace, IsAsKubernetesMakesIt) {
    model::PreparedObject object = make_namespace("web", kFill);
    EXPECT_EQ(object.ns, "");
    EXPECT_EQ(object.name, "web");
    EXPECT_EQ(
        with_version(object, "12"),
        R"({"apiVersion":"v1","kind":"Namespace","metadata":{"creationTimestamp":)"
        R"("2026-11-04T14:19:06Z","labels":{"kubernetes.io/metadata.name":"web"},"name":"web",)"
        R"("resourceVersion":"12","uid":"11111111-2222-3333-4444-555555555555"},)"
        R"("spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}})");
    EXPECT_EQ(kubernetes_form(object, "12"), with_version(object, "12"));
}

TEST(PrepareNamespace, BringsItsKubernetesFormIntoTheStoredOne) {
    model::PreparedObject made = make_namespace("web", kFill);
    auto same = prepare_namespace(with_version(made, "12"));
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ(same->text, made.text);
    EXPECT_EQ(same->version_offset, made.version_offset);
    EXPECT_EQ(same->version, "12");
    EXPECT_EQ(same->name, "web");
    EXPECT_EQ(same->ns, "");

    std::string form =
        R"({"apiVersion":"v1","kind":"Namespace","metadata":{"creationTimestamp":)"
        R"("2026-11-04T14:19:06Z","managedFields":[{"apiVersion":"v1","fieldsType":"FieldsV1",)"
        R"("fieldsV1":{"f:metadata":{"f:labels":{".":{}}}},"manager":"m","operation":"Update"}],)"
        R"("name":"web","resourceVersion":"12","uid":"u"},"spec":{"finalizers":["kubernetes"]},)"
        R"("status":{"conditions":null,"phase":"Active"}})";
    auto tracked = prepare_namespace(form);
    ASSERT_TRUE(tracked) << tracked.error().message;
    EXPECT_EQ(kubernetes_form(*tracked, "12"), form);
    EXPECT_EQ(tracked->text.find("conditions"), std::string::npos);
    EXPECT_NE(tracked->text.find("\"Raw\""), std::string::npos);
}

TEST(PrepareNamespace, RefusesWhatIsNone) {
    EXPECT_THAT(prepare_namespace("[").error().code, base::Code::kInvalidBody);
    EXPECT_THAT(prepare_namespace(snapshot()).error(), wrong_body("kind", "must be Namespace"));
    EXPECT_THAT(prepare_namespace(R"({"kind":"Namespace","apiVersion":"v2"})").error(),
                wrong_body("apiVersion", "must be v1"));
    EXPECT_THAT(prepare_namespace(R"({"kind":"Namespace","apiVersion":"v1"})").error(),
                wrong_body("metadata.name", "missing"));
    auto unnamed = prepare_namespace(R"({"kind":"Namespace","apiVersion":"v1","metadata":{}})");
    EXPECT_THAT(unnamed.error(), wrong_body("metadata.name", "missing"));
}

TEST(PrepareNamespace, IsHeldToTheSizeOfAnObject) {
    const auto with_note = [](size_t bytes) {
        return R"({"apiVersion":"v1","kind":"Namespace","metadata":{"annotations":{"n":")" +
               std::string(bytes, 'x') +
               R"("},"creationTimestamp":"2026-11-04T14:19:06Z","name":"web","uid":"u"}})";
    };
    EXPECT_TRUE(prepare_namespace(with_note(2'000'000)));
    const auto large = prepare_namespace(with_note(2 << 20));
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, base::Code::kTooLarge);
    EXPECT_TRUE(prepare_marked_namespace(with_note(2 << 20))) << "what is there can be deleted";
    EXPECT_FALSE(prepare_marked_namespace(with_note(3 << 20)));
}

TEST(ReadIdentity, ReadsWhatWasStored) {
    auto read = [](const model::PreparedObject& object) {
        std::string value = model::encode_object(object, "9");
        return *read_identity(*model::decode_object(value));
    };
    Identity snapshot_identity = read(prepare_snapshot(snapshot(), kFill)->object);
    EXPECT_EQ(snapshot_identity.uid, "u");
    EXPECT_EQ(snapshot_identity.creation_timestamp, "2026-01-02T03:04:05Z");
    EXPECT_EQ(snapshot_identity.generation, 2);
    Identity namespace_identity = read(make_namespace("web", kFill));
    EXPECT_EQ(namespace_identity.uid, kFill.uid);
    EXPECT_EQ(namespace_identity.creation_timestamp, kFill.creation_timestamp);

    for (std::string_view text :
         {"", "{}", "[]", R"({"metadata":{}})", R"({"metadata":{"uid":"u"}})",
          R"({"metadata":{"uid":7,"creationTimestamp":"x"}})",
          R"({"metadata":{"uid":"u","creationTimestamp":"x","generation":"1"}})"}) {
        auto identity = read_identity({text, {}, {}, {}, {}, {}});
        ASSERT_FALSE(identity) << text;
        EXPECT_EQ(identity.error().code, base::Code::kCorrupt);
    }
}

TEST(KubernetesForm, SeesBrokenMarks) {
    model::PreparedObject object;
    object.text = R"({"a":{"Raw":["%%%%"]},"b":1})";
    for (uint32_t offset : {5U, 0U}) {
        object.marks = {{model::PatchMark::Type::kUnwrap, offset, 16, {}}};
        std::string value = model::encode_object(object, "");
        std::string out;
        auto result = append_kubernetes_form(*model::decode_object(value), out);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, base::Code::kCorrupt);
    }
}

}  // namespace
}  // namespace snapgate::json
