#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rules/decode.h"
#include "rules/go_json.h"
#include "rules/snapshot_texts_testing.h"

namespace snapgate::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Effect = Change::Effect;

constexpr std::string_view kNow = "2026-01-02T00:00:00Z";
constexpr std::string_view kSource =
    R"("spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"vm-1"}})";

Writer by(std::string_view manager, std::string_view version = "v1beta1",
          std::string_view now = kNow) {
    Writer writer;
    writer.manager = manager;
    writer.version = version;
    writer.now = now;
    return writer;
}

// A configuration of the snapshot s1 with these texts in its metadata and at the top.
std::string configuration(std::string_view metadata = {}, std::string_view top = kSource,
                          std::string_view version = "v1beta1") {
    std::string out = R"({"apiVersion":"snapshot.kubevirt.io/)";
    out += version;
    out += R"(","kind":"VirtualMachineSnapshot","metadata":{"name":"s1")";
    out += metadata;
    out += '}';
    if (!top.empty()) out += ',';
    out += top;
    return out + "}";
}

base::Result<Change> applied(const json::Object* live, std::string_view text, const Writer& writer,
                             bool force = false, const Target& target = kMain) {
    SNAPGATE_ASSIGN(Body body, decode_applied(text));
    return live == nullptr ? apply_new(body, target, "u1", writer)
                           : apply(*live, body, target, writer, force);
}

// The object that a write leaves behind, with a version.
json::Object left_by(const base::Result<Change>& change) {
    EXPECT_TRUE(change) << change.error().message;
    if (!change) return {};
    json::Object object = change->object;
    set_text(object.at("metadata").get_object(), "resourceVersion", "7");
    return object;
}

// The managedFields: "manager operation[/subresource] fields" of each entry.
std::vector<std::string> owners(const json::Object& object) {
    std::vector<std::string> out;
    const json::Array* entries = find_array(*find_object(object, "metadata"), "managedFields");
    if (entries == nullptr) return out;
    for (const json::Value& entry : *entries) {
        const json::Object& fields = entry.get_object();
        std::string line(find_text(fields, "manager"));
        line += ' ';
        line += find_text(fields, "operation");
        if (std::string_view sub = find_text(fields, "subresource"); !sub.empty()) {
            line += '/';
            line += sub;
        }
        line += ' ';
        append_go_json(fields.at("fieldsV1"), line);
        out.push_back(std::move(line));
    }
    return out;
}

std::string member(const json::Object& object, std::string_view outer, std::string_view name) {
    const json::Object* parent = find_object(object, outer);
    const json::Value* value = parent == nullptr ? nullptr : find(*parent, name);
    std::string out;
    if (value != nullptr) append_go_json(*value, out);
    return out;
}

const std::string kSpecOwned = R"("f:spec":{"f:source":{}})";

TEST(ServerSideApply, MakesAnObject) {
    auto change = applied(nullptr, configuration(R"(,"labels":{"a":"1"},"finalizers":["x.io/y"])"),
                          by("alice"));
    json::Object made = left_by(change);
    EXPECT_EQ(change->effect, Effect::kStore);
    EXPECT_EQ(find_text(made, "apiVersion"), "snapshot.kubevirt.io/v1beta1");
    EXPECT_EQ(member(made, "metadata", "uid"), R"("u1")");
    EXPECT_EQ(member(made, "metadata", "generation"), "1");
    EXPECT_THAT(owners(made), ElementsAre(R"(alice Apply {"f:metadata":{"f:finalizers":)"
                                          R"({"v:\"x.io/y\"":{}},"f:labels":{"f:a":{}}},)" +
                                          kSpecOwned + "}"));
    // A status is not taken, and not owned.
    made = left_by(applied(nullptr,
                           configuration("", std::string(kSource) + R"(,"status":{"phase":"x"})"),
                           by("alice")));
    EXPECT_EQ(find(made, "status"), nullptr);
    EXPECT_THAT(owners(made), ElementsAre("alice Apply {" + kSpecOwned + "}"));
}

TEST(ServerSideApply, RefusesWhatNamesAnotherObject) {
    auto refusal = [](std::string_view text) { return error_of(applied(nullptr, text, by("a"))); };
    EXPECT_EQ(refusal("{}").message, "invalid object type: /, Kind=");
    EXPECT_EQ(refusal("").message, "invalid object type: /, Kind=");
    EXPECT_EQ(refusal(R"({"apiVersion":"v1","kind":"Pod"})").message,
              "invalid object type: /v1, Kind=Pod");
    EXPECT_EQ(refusal(configuration("", kSource, "v1alpha1")).message,
              "invalid object type: snapshot.kubevirt.io/v1alpha1, Kind=VirtualMachineSnapshot");
    EXPECT_EQ(refusal("[1]").message,
              "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot "
              "unmarshal array into Go value of type map[string]interface {}");
    EXPECT_THAT(refusal("a: *b").message, HasSubstr("error decoding YAML: "));
    EXPECT_EQ(refusal(configuration(R"(,"managedFields":[])")).message,
              "metadata.managedFields must be nil");
    EXPECT_EQ(refusal(configuration(R"(,"name":"s2")")).message,
              "the name of the object (s2) does not match the name on the URL (s1)");
    EXPECT_THAT(refusal(R"({"apiVersion":"snapshot.kubevirt.io/v1beta1",)"
                        R"("kind":"VirtualMachineSnapshot"})")
                    .message,
                HasSubstr("name must be provided"));
    EXPECT_THAT(refusal(configuration(R"(,"namespace":"other")")).message,
                HasSubstr("does not match the namespace sent on the request"));
    base::Error error = refusal(configuration(R"(,"uid":"u9")"));
    EXPECT_EQ(error.code, base::Code::kConflict);
    EXPECT_THAT(error.message, HasSubstr("uid mismatch: the provided object specified uid u9, and "
                                         "no existing object was found"));
    EXPECT_THAT(refusal(configuration("", "")).message, HasSubstr("spec: Required value"));
}

TEST(ServerSideApply, RefusesWhatItsSchemaDoesNotHave) {
    auto refusal = [](std::string_view metadata, std::string_view top = kSource) {
        base::Error error = error_of(applied(nullptr, configuration(metadata, top), by("a")));
        EXPECT_EQ(error.code, base::Code::kInvalidBody);
        const std::string_view head =
            "failed to create typed patch object (web/s1; snapshot.kubevirt.io/v1beta1, "
            "Kind=VirtualMachineSnapshot): ";
        EXPECT_TRUE(error.message.starts_with(head)) << error.message;
        return error.message.substr(std::min(head.size(), error.message.size()));
    };
    EXPECT_EQ(refusal("", R"("spec":{"colour":"red"})"),
              ".spec.colour: field not declared in schema");
    EXPECT_EQ(refusal("", R"("spec":{"a":1,"b":2},"x":1)"),
              "errors:\n  .spec.a: field not declared in schema\n  .spec.b: field not declared in "
              "schema\n  .x: field not declared in schema");
    EXPECT_EQ(refusal("", R"("spec":{"deletionPolicy":5})"),
              ".spec.deletionPolicy: expected string, got &value.valueUnstructured{Value:5}");
    EXPECT_EQ(refusal("", R"("spec":[])"), ".spec: expected map, got &{[]}");
    EXPECT_EQ(refusal(R"(,"labels":{"a":true})"),
              ".metadata.labels.a: expected string, got &value.valueUnstructured{Value:true}");
    EXPECT_EQ(refusal(R"(,"generation":"1")"),
              ".metadata.generation: expected numeric (int or float), got string");
    EXPECT_EQ(refusal(R"(,"finalizers":["a","b","a"])"),
              ".metadata.finalizers: duplicate entries for key [=\"a\"]");
    EXPECT_EQ(refusal(R"(,"finalizers":[null])"),
              ".metadata.finalizers: element 0: associative list without keys has an element "
              "that's an explicit null");
    EXPECT_EQ(refusal(R"(,"finalizers":{})"), ".metadata.finalizers: expected list, got &{{}}");
    EXPECT_EQ(refusal(R"(,"ownerReferences":[{"name":"x"}])"),
              ".metadata.ownerReferences: element 0: associative list with keys has an element "
              "that omits key field \"uid\" (and doesn't have default value)");
    EXPECT_EQ(refusal(R"(,"ownerReferences":[{"uid":"1","x":1}])"),
              ".metadata.ownerReferences[uid=\"1\"].x: field not declared in schema");
    // These are dropped, as everywhere.
    EXPECT_TRUE(applied(nullptr, configuration(R"(,"selfLink":"/x","clusterName":"c")"), by("a")));
}

TEST(ServerSideApply, JudgesKeysThatComeTwice) {
    const std::string text = configuration(R"(,"labels":{"a":"1","a":"2"})");
    Writer writer = by("alice");
    auto change = applied(nullptr, text, writer);
    EXPECT_EQ(member(left_by(change), "metadata", "labels"), R"({"a":"2"})");
    EXPECT_THAT(change->warnings, ElementsAre(R"(duplicate field "metadata.labels.a")"));
    writer.validation = FieldValidation::kIgnore;
    EXPECT_THAT(applied(nullptr, text, writer)->warnings, IsEmpty());
    writer.validation = FieldValidation::kStrict;
    EXPECT_EQ(error_of(applied(nullptr, text, writer)).message,
              R"(error strict decoding YAML: duplicate field "metadata.labels.a")");
    json::Object live = left_by(change);
    EXPECT_EQ(error_of(applied(&live, text, writer)).code, base::Code::kInvalidBody);
}

TEST(ServerSideApply, TakesAwayWhatItsManagerNoLongerApplies) {
    json::Object live = left_by(applied(
        nullptr, configuration(R"(,"labels":{"a":"1","b":"1"},"annotations":{"n":"1"})"), by("a")));
    auto change = applied(&live, configuration(R"(,"labels":{"b":"2"})"), by("a"));
    json::Object now = left_by(change);
    EXPECT_EQ(member(now, "metadata", "labels"), R"({"b":"2"})");
    EXPECT_EQ(member(now, "metadata", "annotations"), "");
    EXPECT_THAT(owners(now), ElementsAre(R"(a Apply {"f:metadata":{"f:labels":{"f:b":{}}},)" +
                                         kSpecOwned + "}"));
    // What somebody else owns as well stays, and so does what nobody owns.
    json::Object shared = left_by(applied(&now, configuration(R"(,"labels":{"b":"2"})"), by("b")));
    json::Object kept = left_by(applied(&shared, configuration(), by("a")));
    EXPECT_EQ(member(kept, "metadata", "labels"), R"({"b":"2"})");
    // b's entry is without a time, and so the first: its apply changed nothing.
    EXPECT_THAT(owners(kept),
                ElementsAre(R"(b Apply {"f:metadata":{"f:labels":{"f:b":{}}},)" + kSpecOwned + "}",
                            "a Apply {" + kSpecOwned + "}"));
    json::Object gone = left_by(applied(&kept, configuration(), by("b")));
    EXPECT_EQ(member(gone, "metadata", "labels"), "");
}

TEST(ServerSideApply, KeepsTheVersionIfNothingChanges) {
    json::Object live =
        left_by(applied(nullptr, configuration(R"(,"labels":{"a":"1"})"), by("alice")));
    auto again = applied(&live, configuration(R"(,"labels":{"a":"1"})"),
                         by("alice", "v1beta1", "2026-02-02T00:00:00Z"));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->effect, Effect::kNone);
    EXPECT_EQ(json::Value(again->object), json::Value(live));
    // Another manager that applies the same becomes an owner, too.
    json::Object both = left_by(applied(&live, configuration(), by("bob")));
    EXPECT_THAT(owners(both), ElementsAre("bob Apply {" + kSpecOwned + "}",
                                          R"(alice Apply {"f:metadata":{"f:labels":{"f:a":{}}},)" +
                                              kSpecOwned + "}"));
    // It changed nothing, so kube-apiserver notes no time.
    const json::Array& entries = both.at("metadata").get_object().at("managedFields").get_array();
    EXPECT_EQ(find(entries.front().get_object(), "time"), nullptr);
}

TEST(ServerSideApply, ConflictsWithWhoeverHasAnotherValue) {
    json::Object live = left_by(
        applied(nullptr, configuration(R"(,"labels":{"a":"1","b":"1"},"annotations":{"n":"1"})"),
                by("al")));
    const std::string theirs =
        configuration(R"(,"labels":{"a":"2","b":"2"},"annotations":{"n":"1"})");
    base::Error error = error_of(applied(&live, theirs, by("bob")));
    EXPECT_EQ(error.code, base::Code::kConflict);
    EXPECT_THAT(causes_of(error),
                ElementsAre(R"(FieldManagerConflict .metadata.labels.a: conflict with "al")",
                            R"(FieldManagerConflict .metadata.labels.b: conflict with "al")",
                            "Apply failed with 2 conflicts: conflicts with \"al\":\n"
                            "- .metadata.labels.a\n- .metadata.labels.b"));
    EXPECT_FALSE(error.about);
    json::Object forced = left_by(applied(&live, theirs, by("bob"), true));
    EXPECT_EQ(member(forced, "metadata", "labels"), R"({"a":"2","b":"2"})");
    EXPECT_THAT(
        owners(forced),
        ElementsAre(R"(al Apply {"f:metadata":{"f:annotations":{"f:n":{}}},)" + kSpecOwned + "}",
                    R"(bob Apply {"f:metadata":{"f:annotations":{"f:n":{}},)"
                    R"("f:labels":{"f:a":{},"f:b":{}}},)" +
                        kSpecOwned + "}"));
}

TEST(ServerSideApply, ConflictsWithUpdatesAndStatusToo) {
    json::Object live = left_by(created(snapshot(R"(,"labels":{"a":"1"})"), by("editor")));
    json::Object status = live;
    status["status"] =
        json::Object{{"phase", "InProgress"}, {"indications", json::Array{"Online"}}};
    live = left_by(updated(live, status, kStatus, by("controller")));
    EXPECT_EQ(error_of(applied(&live, configuration(R"(,"labels":{"a":"2"})"), by("bob"))).message,
              "Apply failed with 1 conflict: conflict with \"editor\" using "
              "snapshot.kubevirt.io/v1beta1: .metadata.labels.a");
    base::Error error = error_of(
        applied(&live, configuration("", R"("status":{"phase":"Failed","indications":["Online"]})"),
                by("bob"), false, kStatus));
    EXPECT_EQ(error.message,
              "Apply failed with 1 conflict: conflict with \"controller\" with subresource "
              "\"status\" using snapshot.kubevirt.io/v1beta1: .status.phase");
    json::Object forced = left_by(applied(
        &live, configuration("", R"("status":{"phase":"Failed","indications":["GuestAgent"]})"),
        by("bob"), true, kStatus));
    EXPECT_EQ(member(forced, "status", "phase"), R"("Failed")");
    EXPECT_EQ(member(forced, "status", "indications"), R"(["Online","GuestAgent"])");
    EXPECT_THAT(
        owners(forced),
        ElementsAre(R"(bob Apply/status {"f:status":{"f:indications":{"v:\"GuestAgent\"":{}},)"
                    R"("f:phase":{}}})",
                    R"(controller Update/status {"f:status":{".":{},"f:indications":{".":{},)"
                    R"("v:\"Online\"":{}}}})",
                    R"(editor Update {"f:metadata":{"f:labels":{".":{},"f:a":{}}},)"
                    R"("f:spec":{".":{},"f:source":{}}})"));
    // Through /status nothing but the status changes.
    json::Object same =
        left_by(applied(&forced,
                        configuration("", std::string(R"("spec":{"deletionPolicy":"x"},)") +
                                              R"("status":{"indications":["GuestAgent"]})"),
                        by("bob"), false, kStatus));
    EXPECT_EQ(member(same, "status", "phase"), "");
    EXPECT_EQ(member(same, "status", "indications"), R"(["Online","GuestAgent"])");
    EXPECT_EQ(member(same, "spec", "deletionPolicy"), "");
}

TEST(ServerSideApply, TakesASourceAsAWhole) {
    json::Object live = left_by(applied(nullptr, configuration(), by("alice")));
    // Here the conflict comes before KubeVirt's rule that the spec does not change.
    EXPECT_EQ(error_of(applied(&live,
                               configuration("", R"("spec":{"source":{"apiGroup":"kubevirt.io",)"
                                                 R"("kind":"VirtualMachine","name":"vm-2"}})"),
                               by("bob")))
                  .message,
              "Apply failed with 1 conflict: conflict with \"alice\": .spec.source");
    EXPECT_THAT(error_of(applied(&live,
                                 configuration("", R"("spec":{"source":{"apiGroup":"kubevirt.io",)"
                                                   R"("kind":"VirtualMachine","name":"vm-2"}})"),
                                 by("alice")))
                    .message,
                HasSubstr("spec in immutable after creation"));
}

TEST(ServerSideApply, OwnsOwnersByTheirUid) {
    auto owner = [](std::string_view uid, std::string_view name) {
        return R"({"apiVersion":"v1","kind":"K","name":")" + std::string(name) + R"(","uid":")" +
               std::string(uid) + R"("})";
    };
    auto with = [&](const std::string& owners) {
        return configuration(R"(,"ownerReferences":[)" + owners + "]");
    };
    json::Object live =
        left_by(applied(nullptr, with(owner("1", "a") + "," + owner("2", "b")), by("al")));
    live = left_by(applied(&live, with(owner("3", "c") + "," + owner("1", "a")), by("bob")));
    EXPECT_EQ(error_of(applied(&live, with(owner("1", "x")), by("bob"))).message,
              "Apply failed with 1 conflict: conflict with \"al\": "
              ".metadata.ownerReferences[uid=\"1\"]");
    json::Object left = left_by(applied(&live, with(owner("3", "c")), by("al")));
    EXPECT_EQ(member(left, "metadata", "ownerReferences"),
              "[" + std::string(R"({"apiVersion":"v1","kind":"K","name":"c","uid":"3"},)") +
                  R"({"apiVersion":"v1","kind":"K","name":"a","uid":"1"}])");
}

TEST(ServerSideApply, BeginsWithThoseBefore) {
    json::Object live = stored(R"(,"labels":{"a":"1"})", "", R"(,"status":{"phase":"Succeeded"})");
    EXPECT_EQ(error_of(applied(&live, configuration(R"(,"labels":{"a":"2"})"), by("bob"))).message,
              "Apply failed with 1 conflict: conflict with \"before-first-apply\" using "
              "snapshot.kubevirt.io/v1beta1: .metadata.labels.a");
    json::Object now = left_by(applied(&live, configuration(R"(,"labels":{"b":"1"})"), by("bob")));
    EXPECT_THAT(
        owners(now),
        ElementsAre(R"(bob Apply {"f:metadata":{"f:labels":{"f:b":{}}},)" + kSpecOwned + "}",
                    R"(before-first-apply Update {"f:metadata":{"f:labels":{".":{},)"
                    R"("f:a":{}}},"f:spec":{".":{},"f:source":{}}})"));
    // On /status it is the status that they own.
    now = left_by(applied(&live, configuration("", R"("status":{"readyToUse":true})"), by("bob"),
                          false, kStatus));
    EXPECT_THAT(owners(now),
                ElementsAre(R"(bob Apply/status {"f:status":{"f:readyToUse":{}}})",
                            R"(before-first-apply Update/status {"f:metadata":{"f:labels":{".":{},)"
                            R"("f:a":{}}},"f:status":{".":{},"f:phase":{}}})"));
    // Entries that nobody can read count as none.
    live.at("metadata").get_object()["managedFields"] = json::Array{json::Object{{"x", 1}}};
    EXPECT_EQ(owners(left_by(applied(&live, configuration(), by("bob")))).size(), 2U);
}

TEST(ServerSideApply, CountsAManagerOnceForBothVersions) {
    json::Object live = left_by(
        applied(nullptr, configuration(R"(,"labels":{"a":"1","b":"1"})", kSource, "v1alpha1"),
                by("alice", "v1alpha1")));
    EXPECT_EQ(find_text(live, "apiVersion"), "snapshot.kubevirt.io/v1beta1");
    json::Object now =
        left_by(applied(&live, configuration(R"(,"labels":{"a":"1"})"), by("alice")));
    EXPECT_EQ(member(now, "metadata", "labels"), R"({"a":"1"})");
    EXPECT_EQ(owners(now).size(), 1U);
    auto again = applied(&now, configuration(R"(,"labels":{"a":"1"})", kSource, "v1alpha1"),
                         by("alice", "v1alpha1"));
    ASSERT_TRUE(again);
    // The entry names the version of the last apply.
    EXPECT_EQ(again->effect, Effect::kStore);
    EXPECT_THAT(member(again->object, "metadata", "managedFields"),
                HasSubstr(R"("apiVersion":"snapshot.kubevirt.io/v1alpha1")"));
}

TEST(ServerSideApply, HoldsToTheVersionAndUidThatItNames) {
    json::Object live = left_by(applied(nullptr, configuration(), by("alice")));
    auto refusal = [&](std::string_view metadata) {
        return error_of(applied(&live, configuration(metadata), by("alice")));
    };
    EXPECT_EQ(refusal(R"(,"resourceVersion":"6")").code, base::Code::kConflict);
    EXPECT_THAT(refusal(R"(,"uid":"u9")").message, HasSubstr("metadata.uid: Invalid value"));
    EXPECT_THAT(refusal(R"(,"name":"s2")").message,
                HasSubstr("does not match the name on the URL"));
    EXPECT_THAT(refusal(R"(,"namespace":"other")").message,
                HasSubstr("does not match the namespace"));
    EXPECT_TRUE(applied(&live, configuration(R"(,"resourceVersion":"7","uid":"u1")"), by("alice")));
    EXPECT_EQ(error_of(applied(nullptr, configuration(R"(,"resourceVersion":"6")"), by("a"))).code,
              base::Code::kInvalidBody);
}

TEST(ServerSideApply, RemovesAnObjectThatItsLastFinalizerHeld) {
    json::Object live =
        left_by(applied(nullptr, configuration(R"(,"finalizers":["x.io/y"])"), by("alice")));
    json::Object& metadata = live.at("metadata").get_object();
    metadata["deletionTimestamp"] = "2026-01-02T00:00:00Z";
    metadata["deletionGracePeriodSeconds"] = 0;
    auto change = applied(&live, configuration(), by("alice"));
    ASSERT_TRUE(change) << change.error().message;
    EXPECT_EQ(change->effect, Effect::kRemove);
}

TEST(ServerSideApply, KeepsFieldsOfANewerKubeVirt) {
    json::Object live = stored("", R"(,"newField":{"a":1})", R"(,"extra":{"b":2})");
    json::Object now = left_by(applied(&live, configuration(R"(,"labels":{"a":"1"})"), by("bob")));
    EXPECT_EQ(member(now, "spec", "newField"), R"({"a":1})");
    EXPECT_NE(find(now, "extra"), nullptr);
}

TEST(ServerSideApply, OwnsANullAndClearsTheField) {
    json::Object live =
        left_by(applied(nullptr, configuration(R"(,"labels":{"a":"1"})"), by("alice")));
    EXPECT_THAT(
        error_of(applied(&live, configuration(R"(,"labels":{"a":null})"), by("bob"))).message,
        HasSubstr("conflict with \"alice\": .metadata.labels.a"));
    json::Object now =
        left_by(applied(&live, configuration(R"(,"labels":{"a":null})"), by("bob"), true));
    EXPECT_EQ(member(now, "metadata", "labels"), "");
}

// kubectl's own way from client-side apply.
class FromClientSide : public ::testing::Test {
  protected:
    static std::string annotated(std::string_view label) {
        std::string last = configuration(R"(,"labels":{"a":"1"},"annotations":{})");
        std::string quoted;
        append_go_json(json::Value(last), quoted);
        return R"(,"labels":{"a":")" + std::string(label) +
               R"("},"annotations":{"kubectl.kubernetes.io/last-applied-configuration":)" + quoted +
               "}";
    }

    static std::string annotation(const json::Object& object) {
        const json::Object* annotations =
            find_object(*find_object(object, "metadata"), "annotations");
        return annotations == nullptr
                   ? ""
                   : std::string(find_text(*annotations,
                                           "kubectl.kubernetes.io/last-applied-configuration"));
    }
};

TEST_F(FromClientSide, ItsOwnFieldsAreNoConflict) {
    json::Object live = left_by(created(snapshot(annotated("1")), by("kubectl-client-side-apply")));
    const std::string next = configuration(R"(,"labels":{"a":"2"})");
    EXPECT_EQ(error_of(applied(&live, next, by("somebody"))).code, base::Code::kConflict);
    json::Object now = left_by(applied(&live, next, by("kubectl")));
    EXPECT_EQ(member(now, "metadata", "labels"), R"({"a":"2"})");
    EXPECT_EQ(annotation(now),
              R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
              R"("metadata":{"labels":{"a":"2"},"name":"s1"},"spec":{"source":)"
              R"({"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"vm-1"}}})"
              "\n");
    // In another version the annotation allows nothing.
    EXPECT_EQ(error_of(applied(&live, configuration(R"(,"labels":{"a":"2"})", kSource, "v1alpha1"),
                               by("kubectl", "v1alpha1")))
                  .code,
              base::Code::kConflict);
}

TEST_F(FromClientSide, AFieldThatWasChangedSinceIsAConflict) {
    json::Object live = left_by(created(snapshot(annotated("1")), by("kubectl-client-side-apply")));
    json::Object edited = live;
    edited.at("metadata").at("labels").get_object()["a"] = "9";
    live = left_by(updated(live, edited, kMain, by("editor")));
    base::Error error =
        error_of(applied(&live, configuration(R"(,"labels":{"a":"2"})"), by("kubectl")));
    EXPECT_THAT(error.message, HasSubstr("conflict with \"editor\" using"));
    json::Object forced =
        left_by(applied(&live, configuration(R"(,"labels":{"a":"2"})"), by("kubectl"), true));
    EXPECT_THAT(annotation(forced), HasSubstr(R"("labels":{"a":"2"})"));
}

TEST_F(FromClientSide, AnAnnotationThatWouldBeTooLargeIsRemoved) {
    json::Object live = left_by(created(snapshot(annotated("1")), by("kubectl-client-side-apply")));
    const std::string large(200 << 10, 'x');
    json::Object now = left_by(
        applied(&live, configuration(R"(,"annotations":{"n":")" + large + R"("})"), by("kubectl")));
    EXPECT_EQ(annotation(now), "");
}

}  // namespace
}  // namespace snapgate::rules
