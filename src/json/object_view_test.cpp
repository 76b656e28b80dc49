#include "json/object_view.h"

#include <gtest/gtest.h>

#include "json/snapshot_texts_testing.h"

namespace snapgate::json {
namespace {

constexpr std::string_view kStatus =
    R"(,"status":{"phase":"Succeeded","readyToUse":true,"creationTime":"2026-01-02T03:04:05Z",)"
    R"("error":{"message":"a \"quoted\" one"},"conditions":[{"type":"Ready","status":"True","lastProbeTime":null}]})";

class ObjectViewTest : public testing::Test {
  protected:
    void read(std::string_view json, const FormChanges& changes = {}) {
        auto prepared = prepare_snapshot(json, kFill);
        ASSERT_TRUE(prepared) << prepared.error().message;
        bytes_ = model::encode_object(prepared->object, "77");
        auto stored = model::decode_object(bytes_);
        auto done = view_.read(*stored, changes);
        ASSERT_TRUE(done) << done.error().message;
    }
    std::string metadata() {
        std::string out;
        auto done = view_.append_metadata(out);
        EXPECT_TRUE(done);
        return out;
    }

    std::string_view value(std::initializer_list<std::string_view> keys) {
        std::array<ObjectPath, 1> path;
        for (std::string_view key : keys) path[0].keys[path[0].size++] = key;
        std::array<std::string_view, 1> values{"before"};
        auto done = view_.find(path, values);
        EXPECT_TRUE(done);
        return values[0];
    }

    std::string bytes_;
    ObjectView view_;
};

TEST_F(ObjectViewTest, Values) {
    read(snapshot("", "", kStatus));
    EXPECT_EQ(value({"metadata", "name"}), R"("s1")");
    EXPECT_EQ(value({"status", "error", "message"}), R"("a \"quoted\" one")");
    EXPECT_EQ(value({"status", "readyToUse"}), "true");
    EXPECT_EQ(value({"spec", "source", "kind"}), R"("VirtualMachine")");
    EXPECT_EQ(value({"kind"}), R"("VirtualMachineSnapshot")");
    // Absent, of another type, within what is no object.
    EXPECT_EQ(value({"status", "absent"}), "");
    EXPECT_EQ(value({"absent", "absent"}), "");
    EXPECT_EQ(value({"metadata", "generation"}), "");
    EXPECT_EQ(value({"status", "error"}), "");
    EXPECT_EQ(value({"status", "phase", "x"}), "");
    EXPECT_EQ(value({"status", "conditions", "type"}), "");
    EXPECT_NE(view_.text().find(R"("lastProbeTime":null)"), std::string_view::npos);
}

TEST_F(ObjectViewTest, ManyValuesAtOnce) {
    read(snapshot("", "", kStatus));
    constexpr std::array<ObjectPath, 4> kPaths{{{{"status", "phase"}, 2},
                                                {{"metadata", "name"}, 2},
                                                {{"status", "error", "message"}, 3},
                                                {{"spec", "source", "absent"}, 3}}};
    std::array<std::string_view, 4> values;
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(view_.find(kPaths, values));
        EXPECT_EQ(values[0], R"("Succeeded")");
        EXPECT_EQ(values[1], R"("s1")");
        EXPECT_EQ(values[2], R"("a \"quoted\" one")");
        EXPECT_EQ(values[3], "");
        metadata();
    }
}

TEST_F(ObjectViewTest, MetadataAsGoWritesIt) {
    read(snapshot(R"(,"labels":{"b":"2","a":"1"},"annotations":{},"finalizers":["x/y"],)"
                  R"("generateName":"s","unknown":1,"deletionGracePeriodSeconds":0,)"
                  R"("ownerReferences":[{"uid":"u","name":"n","kind":"K","apiVersion":"v1",)"
                  R"("controller":false}],"managedFields":[{"apiVersion":"v1","fieldsType":)"
                  R"("FieldsV1","fieldsV1":{"f:spec":{".":{}}},"manager":"m","operation":"Update",)"
                  R"("time":"2026-01-02T03:04:05Z","subresource":"status"},)"
                  R"({"manager":"n","fieldsV1":{},"time":null}])"));
    EXPECT_EQ(
        metadata(),
        R"({"name":"s1","generateName":"s","namespace":"web","uid":"u","resourceVersion":"77",)"
        R"("generation":2,"creationTimestamp":"2026-01-02T03:04:05Z",)"
        R"("deletionGracePeriodSeconds":0,"labels":{"a":"1","b":"2"},)"
        R"("ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"u",)"
        R"("controller":false}],"finalizers":["x/y"],"managedFields":[{"manager":"m",)"
        R"("operation":"Update","apiVersion":"v1","time":"2026-01-02T03:04:05Z","fieldsType":)"
        R"("FieldsV1","fieldsV1":{"f:spec":{".":{}}},"subresource":"status"},)"
        R"({"manager":"n","fieldsV1":{}}]})");
    // Again, and of another object after that.
    EXPECT_EQ(metadata(), metadata());
    read(snapshot());
    EXPECT_EQ(metadata(),
              R"({"name":"s1","namespace":"web","uid":"u","resourceVersion":"77","generation":2,)"
              R"("creationTimestamp":"2026-01-02T03:04:05Z"})");
}

// A mirror keeps what its cluster sends.
TEST_F(ObjectViewTest, WhatIsNoObjectInAListOfMetadataIsLeftOut) {
    auto prepared = prepare_mirrored_snapshot(
        snapshot(R"(,"ownerReferences":[null,1,{"uid":"o"}],"managedFields":[null])"));
    ASSERT_TRUE(prepared) << prepared.error().message;
    bytes_ = model::encode_object(*prepared, prepared->version);
    auto stored = model::decode_object(bytes_);
    ASSERT_TRUE(view_.read(*stored, {}));
    EXPECT_NE(metadata().find(
                  R"("creationTimestamp":"2026-01-02T03:04:05Z","ownerReferences":[{"uid":"o"}]})"),
              std::string::npos)
        << metadata();
}

TEST_F(ObjectViewTest, AnotherVersionOfTheApiAndOfTheObject) {
    FormChanges changes;
    changes.v1alpha1 = true;
    changes.version = "123456";
    read(snapshot(R"(,"managedFields":[{"apiVersion":"snapshot.kubevirt.io/v1beta1","manager":"m",)"
                  R"("fieldsV1":{"f:x":{}}}])",
                  "", R"(,"A":{"apiVersion":"snapshot.kubevirt.io/v1beta1","x":["\"}"]})"),
         changes);
    EXPECT_EQ(value({"apiVersion"}), R"("snapshot.kubevirt.io/v1alpha1")");
    EXPECT_EQ(value({"A", "apiVersion"}), R"("snapshot.kubevirt.io/v1beta1")");
    EXPECT_NE(metadata().find(R"("apiVersion":"snapshot.kubevirt.io/v1beta1")"), std::string::npos);
    EXPECT_EQ(value({"metadata", "resourceVersion"}), R"("123456")");
    EXPECT_EQ(value({"metadata", "uid"}), R"("u")");
}

TEST_F(ObjectViewTest, LargeObjectsAndSmallOnes) {
    for (int i = 0; i < 3; ++i) {
        read(snapshot("", R"(,"big":")" + std::string(400'000, 'x') + "\""));
        EXPECT_EQ(value({"metadata", "name"}), R"("s1")");
        read(snapshot());
        EXPECT_EQ(value({"metadata", "name"}), R"("s1")");
    }
}

TEST_F(ObjectViewTest, ABrokenTextIsNotReadAgain) {
    model::StoredObject broken;
    broken.text =
        R"({"metadata":{"generation":1,"managedFil[s"de:{"fieldsV1":{"Raw":["e30="]}}],"uid":"u"}})";
    ASSERT_TRUE(view_.read(broken, {}));
    std::string out;
    constexpr std::array<ObjectPath, 1> kName{{{{"metadata", "name"}, 2}}};
    for (int i = 0; i < 3; ++i) {
        std::array<std::string_view, 1> values;
        EXPECT_EQ(view_.find(kName, values).error().code, base::Code::kCorrupt);
        EXPECT_EQ(view_.append_metadata(out).error().code, base::Code::kCorrupt);
    }
    read(snapshot());
    EXPECT_EQ(value({"metadata", "name"}), R"("s1")");
}

TEST_F(ObjectViewTest, WhatIsNotWhatWasStoredIsCorrupt) {
    model::StoredObject broken;
    std::string out;
    broken.text = R"({"metadata":[]})";
    ASSERT_TRUE(view_.read(broken, {}));
    EXPECT_EQ(view_.append_metadata(out).error().code, base::Code::kCorrupt);
    broken.text = R"({"metadata":{"name":)";
    auto read = view_.read(broken, {});
    EXPECT_TRUE(!read || !view_.append_metadata(out));
    FormChanges changes;
    changes.v1alpha1 = true;
    EXPECT_EQ(view_.read(broken, changes).error().code, base::Code::kCorrupt);
}

}  // namespace
}  // namespace snapgate::json
