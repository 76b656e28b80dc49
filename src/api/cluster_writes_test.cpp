#include "api/cluster_writes.h"

#include <gtest/gtest.h>

namespace snapgate::api {
namespace {

std::string changed(std::string text) {
    return in_version(std::move(text), "v1beta1", "v1alpha1");
}

TEST(InVersion, ChangesMembersOfJson) {
    EXPECT_EQ(changed(R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"X"})"),
              R"({"apiVersion":"snapshot.kubevirt.io/v1alpha1","kind":"X"})");
    EXPECT_EQ(changed("{\"apiVersion\" :\n \"snapshot.kubevirt.io/v1beta1\"}"),
              "{\"apiVersion\" :\n \"snapshot.kubevirt.io/v1alpha1\"}");
}

TEST(InVersion, LeavesTextsAsTheyAre) {
    for (const char* text : {
             R"({"metadata":{"annotations":{"a":"snapshot.kubevirt.io/v1beta1"}}})",
             R"({"a":"{\"apiVersion\":\"snapshot.kubevirt.io/v1beta1\"}"})",
             R"({"a":"apiVersion: snapshot.kubevirt.io/v1beta1"})",
             R"({"xapiVersion":"snapshot.kubevirt.io/v1beta1"})",
             "snapshot.kubevirt.io/v1beta1",
         }) {
        EXPECT_EQ(changed(text), text);
    }
}

TEST(InVersion, ChangesLinesOfYaml) {
    EXPECT_EQ(changed("kind: X\napiVersion: snapshot.kubevirt.io/v1beta1\n"),
              "kind: X\napiVersion: snapshot.kubevirt.io/v1alpha1\n");
    EXPECT_EQ(changed("items:\n- apiVersion: \"snapshot.kubevirt.io/v1beta1\"\n"),
              "items:\n- apiVersion: \"snapshot.kubevirt.io/v1alpha1\"\n");
    const std::string other = "metadata:\n  name: apiVersion: snapshot.kubevirt.io/v1beta1\n";
    EXPECT_EQ(changed(other), other);
}

}  // namespace
}  // namespace snapgate::api
