#include <gtest/gtest.h>

#include <string>

#include "json/object.h"

namespace snapgate::json {
namespace {

std::string with_name(std::string_view text, std::string_view name = "edge") {
    std::string out = "before";
    out += text;
    const auto put = put_cluster_name(name, out, 6);
    return put ? out.substr(6) : "error: " + put.error().message;
}

TEST(PutClusterName, StandsInOrder) {
    EXPECT_EQ(
        with_name(R"({"kind":"K","metadata":{"creationTimestamp":"t","name":"a"}})"),
        R"({"kind":"K","metadata":{"clusterName":"edge","creationTimestamp":"t","name":"a"}})");
    // Annotations come before it, whatever their texts hold.
    EXPECT_EQ(
        with_name(R"({"metadata":{"annotations":{"a":"}\"{,"},"name":"a"},"spec":{}})"),
        R"({"metadata":{"annotations":{"a":"}\"{,"},"clusterName":"edge","name":"a"},"spec":{}})");
    EXPECT_EQ(with_name(R"({"metadata":{"annotations":{}}})"),
              R"({"metadata":{"annotations":{},"clusterName":"edge"}})");
}

TEST(PutClusterName, ReplacesWhatTheClusterHad) {
    EXPECT_EQ(with_name(R"({"metadata":{"clusterName":"x","name":"a"}})", "q\"q"),
              R"({"metadata":{"clusterName":"q\"q","name":"a"}})");
    EXPECT_EQ(with_name(R"({"metadata":{"clusterName":{"a":[1]}}})"),
              R"({"metadata":{"clusterName":"edge"}})");
}

// Another member may hold a word that looks like the metadata.
TEST(PutClusterName, LooksAtTheRootAlone) {
    EXPECT_EQ(with_name(R"({"a":{"metadata":{"b":1}},"metadata":{"name":"a"}})"),
              R"({"a":{"metadata":{"b":1}},"metadata":{"clusterName":"edge","name":"a"}})");
}

TEST(PutClusterName, RefusesWhatHasNoMetadata) {
    for (const char* text :
         {"", "{", "{}", "[]", R"({"metadata")", R"({"metadata":)", R"({"metadata":7})",
          R"({"metadata":{)", R"({"metadata":{"a)", R"({"metadata":{"annotations":{"x":")"})
        EXPECT_TRUE(with_name(text).starts_with("error")) << text;
}

}  // namespace
}  // namespace snapgate::json
