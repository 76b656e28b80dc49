#include "json/api_version.h"

#include <gtest/gtest.h>

namespace snapgate::json {
namespace {

const ApiVersionChange kChange{"snapshot.kubevirt.io/v1beta1", "snapshot.kubevirt.io/v1alpha1"};

std::string changed(std::string text) {
    return change_api_version(std::move(text), kChange);
}

std::string patched(std::string text) {
    return change_api_version_in_patch(std::move(text), kChange);
}

TEST(ApiVersion, OfAnObjectIsChangedAndNothingElse) {
    EXPECT_EQ(changed(R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"X"})"),
              R"({"apiVersion":"snapshot.kubevirt.io/v1alpha1","kind":"X"})");
    EXPECT_EQ(changed("{ \"n\":1.0,\"n\" : 2,\n\"apiVersion\" :\n "
                      "\"snapshot.kubevirt.io\\/v1beta1\" }\n"),
              "{ \"n\":1.0,\"n\" : 2,\n\"apiVersion\" :\n \"snapshot.kubevirt.io/v1alpha1\" }\n");
    // Of one that is given twice the last counts.
    EXPECT_EQ(changed(R"({"apiVersion":"snapshot.kubevirt.io/v1beta1",)"
                      R"("api\u0056ersion":"snapshot.kubevirt.io/v1beta1"})"),
              R"({"apiVersion":"snapshot.kubevirt.io/v1alpha1",)"
              R"("api\u0056ersion":"snapshot.kubevirt.io/v1alpha1"})");
}

TEST(ApiVersion, OfWhatAListAndATableHoldIsChanged) {
    EXPECT_EQ(changed(R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","items":[)"
                      R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","a":{"apiVersion":)"
                      R"("snapshot.kubevirt.io/v1beta1"}},{}]})"),
              R"({"apiVersion":"snapshot.kubevirt.io/v1alpha1","items":[)"
              R"({"apiVersion":"snapshot.kubevirt.io/v1alpha1","a":{"apiVersion":)"
              R"("snapshot.kubevirt.io/v1beta1"}},{}]})");
    EXPECT_EQ(changed(R"({"apiVersion":"meta.k8s.io/v1","kind":"Table","rows":[{"cells":[1],)"
                      R"("object":{"apiVersion":"snapshot.kubevirt.io/v1beta1"}}]})"),
              R"({"apiVersion":"meta.k8s.io/v1","kind":"Table","rows":[{"cells":[1],)"
              R"("object":{"apiVersion":"snapshot.kubevirt.io/v1alpha1"}}]})");
}

TEST(ApiVersion, ElsewhereStaysAsItIs) {
    for (const char* text : {
             R"({"metadata":{"annotations":{"apiVersion":"snapshot.kubevirt.io/v1beta1"}}})",
             R"({"metadata":{"managedFields":[{"apiVersion":"snapshot.kubevirt.io/v1beta1"}]}})",
             R"({"a":"{\"apiVersion\":\"snapshot.kubevirt.io/v1beta1\"}"})",
             R"({"xapiVersion":"snapshot.kubevirt.io/v1beta1"})",
             R"({"apiVersion":"snapshot.kubevirt.io/v1"})",
             R"({"apiVersion":["snapshot.kubevirt.io/v1beta1"]})",
             R"({"items":{"apiVersion":"snapshot.kubevirt.io/v1beta1"}})",
             R"({"items":null,"rows":null})",
             R"(["snapshot.kubevirt.io/v1beta1"])",
             R"("snapshot.kubevirt.io/v1beta1")",
             "apiVersion: snapshot.kubevirt.io/v1beta1\n",
             R"({"apiVersion":"snapshot.kubevirt.io/v1beta1)",
             "",
         }) {
        EXPECT_EQ(changed(text), text);
    }
    const std::string same = R"({"apiVersion":"snapshot.kubevirt.io/v1beta1"})";
    EXPECT_EQ(change_api_version(same, {kChange.from, kChange.from}), same);
}

TEST(ApiVersion, OfAPatchIsWhatItsOperationsSet) {
    EXPECT_EQ(
        patched(
            R"([{"op":"test","path":"/apiVersion","value":"snapshot.kubevirt.io/v1beta1"},)"
            R"({"value":"snapshot.kubevirt.io/v1beta1","path":"/apiVersion","op":"replace"},)"
            R"({"op":"replace","path":"","value":{"apiVersion":"snapshot.kubevirt.io/v1beta1"}}])"),
        R"([{"op":"test","path":"/apiVersion","value":"snapshot.kubevirt.io/v1alpha1"},)"
        R"({"value":"snapshot.kubevirt.io/v1alpha1","path":"/apiVersion","op":"replace"},)"
        R"({"op":"replace","path":"","value":{"apiVersion":"snapshot.kubevirt.io/v1alpha1"}}])");
    for (
        const char* text : {
            R"([{"op":"add","path":"/metadata/annotations/a","value":"snapshot.kubevirt.io/v1beta1"}])",
            R"([{"op":"add","path":"/metadata/labels","value":{"apiVersion":"snapshot.kubevirt.io/v1beta1"}}])",
            R"([{"op":"remove","path":"/apiVersion"}])",
            R"([{"op":"add","value":"snapshot.kubevirt.io/v1beta1"}])",
            R"({"apiVersion":"snapshot.kubevirt.io/v1beta1"})",
            "[1]",
            "[",
        }) {
        EXPECT_EQ(patched(text), text);
    }
}

}  // namespace
}  // namespace snapgate::json
