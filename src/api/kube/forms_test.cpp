#include "api/kube/forms.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "json/object.h"
#include "json/value.h"

namespace snapgate::api::kube {
namespace {

using model::Kind;

constexpr std::string_view kFinished =
    R"(,"status":{"phase":"Succeeded","readyToUse":true,"creationTime":"2026-01-02T03:04:10Z",)"
    R"("error":{"message":"was \"odd\""}})";

std::string snapshot(std::string_view status = {}) {
    return R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
           R"("metadata":{"name":"s1","namespace":"web","uid":"u","generation":2,)"
           R"("creationTimestamp":"2026-01-02T03:04:05Z","managedFields":[{"apiVersion":)"
           R"("snapshot.kubevirt.io/v1beta1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}},)"
           R"("manager":"m","operation":"Update"}]},"spec":{"source":{"apiGroup":"kubevirt.io",)"
           R"("kind":"VirtualMachine","name":"vm-1"}})" +
           std::string(status) + "}";
}

constexpr std::string_view kMetadata =
    R"({"name":"s1","namespace":"web","uid":"u","resourceVersion":"77","generation":2,)"
    R"("creationTimestamp":"2026-01-02T03:04:05Z","managedFields":[{"manager":"m",)"
    R"("operation":"Update","apiVersion":"snapshot.kubevirt.io/v1beta1","fieldsType":"FieldsV1",)"
    R"("fieldsV1":{"f:spec":{}}}]})";

class FormsTest : public testing::Test {
  protected:
    static constexpr int64_t kNow = 1'767'323'045'000 + 300'000;  // 5 minutes after it was made

    model::StoredObject stored(std::string_view text) {
        auto prepared = json::prepare_snapshot(text, {"u", "2026-01-02T03:04:05Z", 1});
        EXPECT_TRUE(prepared) << prepared.error().message;
        bytes_ = model::encode_object(prepared->object, "77");
        return *model::decode_object(bytes_);
    }
    model::StoredObject stored_namespace() {
        bytes_ = model::encode_object(json::make_namespace("web", {"u", "2026-01-02T03:04:05Z", 1}),
                                      "77");
        return *model::decode_object(bytes_);
    }

    static std::string item(const Form& form, const model::StoredObject& object,
                            std::optional<std::string_view> version = {}) {
        std::string out;
        auto done = append_item(form, object, version, kNow, out);
        EXPECT_TRUE(done) << done.error().message;
        return out;
    }
    // The body of an answer; its status and type are checked.
    static std::string answer(const Form& form, const model::StoredObject& object,
                              std::optional<std::string_view> version = {}) {
        std::string body;
        net::Response response(body);
        auto done = respond_object(form, object, version, kNow, 201, response);
        EXPECT_TRUE(done) << done.error().message;
        // As the server does once the handler has returned.
        if (response.finish) body = response.finish(body);
        EXPECT_EQ(response.status, 201U);
        EXPECT_EQ(response.content_type,
                  form.media == Media::kYaml ? "application/yaml" : "application/json");
        return body;
    }

    std::string bytes_;
};

TEST_F(FormsTest, Cells) {
    Form form;
    form.shape = Shape::kTable;
    form.include = IncludeObject::kNone;
    EXPECT_EQ(item(form, stored(snapshot())),
              R"({"cells":["s1","VirtualMachine","vm-1",null,null,null,null],"object":null})");
    EXPECT_EQ(item(form, stored(snapshot(kFinished))),
              R"({"cells":["s1","VirtualMachine","vm-1","Succeeded",true,"4m55s","was \"odd\""],)"
              R"("object":null})");
    Form of_namespace = form;
    of_namespace.kind = Kind::kNamespace;
    EXPECT_EQ(item(of_namespace, stored_namespace()),
              R"({"cells":["web","Active","5m"],"object":null})");
}

TEST_F(FormsTest, TimesThatAreNone) {
    struct Case {
        const char* time;
        const char* cell;
    };
    Form form;
    form.shape = Shape::kTable;
    form.include = IncludeObject::kNone;
    // Clocks may differ by a second; what is further ahead is no age.
    for (const Case& one :
         {Case{"2026-01-02T03:09:06Z", "0s"}, Case{"2026-01-02T03:09:08Z", "<invalid>"},
          Case{"2026-01-02T04:04:05+01:00", "5m"}, Case{"0001-01-01T00:00:00Z", "<unknown>"}}) {
        const std::string status = R"(,"status":{"creationTime":")" + std::string(one.time) + "\"}";
        EXPECT_NE(item(form, stored(snapshot(status))).find("\"" + std::string(one.cell) + "\""),
                  std::string::npos)
            << one.time;
    }
}

TEST_F(FormsTest, WhatARowIncludes) {
    Form form;
    form.shape = Shape::kTable;
    const std::string cells = R"({"cells":["s1","VirtualMachine","vm-1",null,null,null,null],)";
    EXPECT_EQ(item(form, stored(snapshot())),
              cells + R"("object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",)" +
                  R"("metadata":)" + std::string(kMetadata) + "}}");
    form.meta_v1beta1 = true;
    EXPECT_NE(item(form, stored(snapshot())).find(R"("apiVersion":"meta.k8s.io/v1beta1")"),
              std::string::npos);
    form.include = IncludeObject::kObject;
    Form whole;
    EXPECT_EQ(item(form, stored(snapshot())),
              cells + R"("object":)" + item(whole, stored(snapshot())) + "}");
}

TEST_F(FormsTest, Metadata) {
    Form form;
    form.shape = Shape::kPartialMetadata;
    EXPECT_EQ(item(form, stored(snapshot())),
              R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":)" +
                  std::string(kMetadata) + "}");
}

TEST_F(FormsTest, TheOldVersion) {
    Form form;
    form.v1alpha1 = true;
    const auto object = json::parse(item(form, stored(snapshot()), "99"));
    ASSERT_TRUE(object);
    EXPECT_EQ(object->at("apiVersion"), "snapshot.kubevirt.io/v1alpha1");
    EXPECT_EQ(object->at("metadata").at("resourceVersion"), "99");
    EXPECT_EQ(object->at("metadata").at("managedFields").at(0).at("apiVersion"),
              "snapshot.kubevirt.io/v1beta1");
}

TEST_F(FormsTest, Answers) {
    Form form;
    EXPECT_EQ(answer(form, stored(snapshot())), item(form, stored(snapshot())) + "\n");
    form.shape = Shape::kTable;
    form.include = IncludeObject::kNone;
    EXPECT_EQ(
        answer(form, stored(snapshot()), "99"),
        R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"99"},)"
        R"("columnDefinitions":)" +
            std::string(table_columns(Kind::kSnapshot)) + R"(,"rows":[)" +
            item(form, stored(snapshot())) + "]}\n");
}

TEST_F(FormsTest, AnswersInYaml) {
    Form form;
    form.media = Media::kYaml;
    EXPECT_EQ(answer(form, stored_namespace()), R"(apiVersion: v1
kind: Namespace
metadata:
  creationTimestamp: "2026-01-02T03:04:05Z"
  labels:
    kubernetes.io/metadata.name: web
  name: web
  resourceVersion: "77"
  uid: u
spec:
  finalizers:
  - kubernetes
status:
  phase: Active
)");
}

TEST_F(FormsTest, ADryRunHasNoVersion) {
    for (const Shape shape : {Shape::kObject, Shape::kTable, Shape::kPartialMetadata}) {
        for (const Media media : {Media::kJson, Media::kYaml}) {
            Form form;
            form.shape = shape;
            form.media = media;
            const std::string body = answer(form, stored(snapshot()), "");
            EXPECT_EQ(body.find("resourceVersion"), std::string::npos) << body;
            EXPECT_NE(body.find("generation"), std::string::npos) << body;
        }
    }
}

TEST_F(FormsTest, Columns) {
    for (const auto& [kind, names] :
         {std::pair{Kind::kSnapshot, std::string("Name SourceKind SourceName Phase ReadyToUse "
                                                 "CreationTime Error ")},
          std::pair{Kind::kNamespace, std::string("Name Status Age ")}}) {
        const auto columns = json::parse(table_columns(kind));
        ASSERT_TRUE(columns);
        std::string found;
        for (const json::Value& column : columns->get_array()) {
            found += std::string(column.at("name").get_string()) + " ";
            EXPECT_EQ(column.get_object().size(), 5U);
        }
        EXPECT_EQ(found, names);
    }
}

}  // namespace
}  // namespace snapgate::api::kube
