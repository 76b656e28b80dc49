#include "api/kube/forms.h"

#include <gtest/gtest.h>

#include <string>

#include "json/object.h"

namespace snapgate::api::kube {
namespace {

using model::Kind;

constexpr std::string_view kSnapshot =
    R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
    R"("metadata":{"name":"s1","namespace":"web","uid":"u","generation":2,)"
    R"("creationTimestamp":"2026-01-02T03:04:05Z","managedFields":[{"apiVersion":)"
    R"("snapshot.kubevirt.io/v1beta1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}},)"
    R"("manager":"m","operation":"Update"}]},"spec":{"source":{"apiGroup":"kubevirt.io",)"
    R"("kind":"VirtualMachine","name":"vm-1"}}})";

class FormsTest : public testing::Test {
  protected:
    static constexpr int64_t kNow = 1'767'323'045'000 + 60'000;  // a minute after it was made

    model::StoredObject stored(std::string_view text) {
        auto prepared = json::prepare_snapshot(text, {"u", "2026-01-02T03:04:05Z", 1});
        EXPECT_TRUE(prepared) << prepared.error().message;
        bytes_ = model::encode_object(prepared->object, "77");
        return *model::decode_object(bytes_);
    }

    std::string item(const Form& form, const model::StoredObject& object) {
        std::string out;
        auto done = append_item(form, object, {}, kNow, out);
        EXPECT_TRUE(done) << done.error().message;
        return out;
    }

    std::string bytes_;
};

TEST_F(FormsTest, Rows) {
    Form form;
    form.shape = Shape::kTable;
    form.include = IncludeObject::kNone;
    EXPECT_EQ(item(form, stored(kSnapshot)),
              R"({"cells":["s1","VirtualMachine","vm-1",null,null,null,null],"object":null})");
}

}  // namespace
}  // namespace snapgate::api::kube
