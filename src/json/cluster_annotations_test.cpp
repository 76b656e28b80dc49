#include "json/cluster_annotations.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::json {
namespace {

constexpr std::string_view kBoth =
    R"("snapgate.io/cluster":"edge","snapgate.io/cluster-uid":"e-1")";

std::string put(std::string_view text, MemberOrder order = MemberOrder::kSorted,
                std::string_view name = "edge") {
    std::string out = "before";
    out += text;
    const auto put = ClusterAnnotations(name, "e-1").put(order, out, 6);
    return put ? out.substr(6) : "error: " + put.error().message;
}

std::string with_both(std::string_view text) {
    std::string out(text);
    out.replace(out.find("BOTH"), 4, kBoth);
    return out;
}

TEST(ClusterAnnotations, StandAmongTheOthersInOrder) {
    EXPECT_EQ(put(R"({"kind":"K","metadata":{"annotations":{"a":"}\"{,","z":"1"},"name":"n"}})"),
              with_both(R"({"kind":"K","metadata":{"annotations":{"a":"}\"{,",BOTH,"z":"1"},)"
                        R"("name":"n"}})"));
    EXPECT_EQ(put(R"({"metadata":{"annotations":{"a":"1"}}})"),
              with_both(R"({"metadata":{"annotations":{"a":"1",BOTH}}})"));
    EXPECT_EQ(put(R"({"metadata":{"annotations":{}}})"),
              with_both(R"({"metadata":{"annotations":{BOTH}}})"));
    EXPECT_EQ(put(R"({"metadata":{"annotations":null,"name":"n"}})"),
              with_both(R"({"metadata":{"annotations":{BOTH},"name":"n"}})"));
    EXPECT_EQ(put(R"({"metadata":{"annotations":{"z":"1"}}})", MemberOrder::kSorted, "a\"b"),
              R"({"metadata":{"annotations":{"snapgate.io/cluster":"a\"b",)"
              R"("snapgate.io/cluster-uid":"e-1","z":"1"}}})");
}

TEST(ClusterAnnotations, AreTheFirstWhereThereIsNone) {
    EXPECT_EQ(put(R"({"kind":"K","metadata":{"creationTimestamp":"t","name":"n"},"spec":{}})"),
              with_both(R"({"kind":"K","metadata":{"annotations":{BOTH},"creationTimestamp":"t",)"
                        R"("name":"n"},"spec":{}})"));
    // Another member may hold a word that looks like the metadata.
    EXPECT_EQ(put(R"({"a":{"metadata":{"b":1}},"metadata":{"name":"n"}})"),
              with_both(R"({"a":{"metadata":{"b":1}},"metadata":{"annotations":{BOTH},)"
                        R"("name":"n"}})"));
}

// An object that was copied from a list of another fleet says what is true here, and once.
TEST(ClusterAnnotations, StandForThoseOfACopy) {
    for (const char* old : {R"("snapgate.io/cluster":"x")", R"("snapgate.io/cluster-uid":"y")",
                            R"("snapgate.io/cluster":"x","snapgate.io/cluster-uid":"y")"}) {
        const std::string alone = R"({"metadata":{"annotations":{)" + std::string(old) + "}}}";
        EXPECT_EQ(put(alone), with_both(R"({"metadata":{"annotations":{BOTH}}})")) << old;
        const std::string among =
            R"({"metadata":{"annotations":{"a":"1",)" + std::string(old) + R"(,"z":"2"}}})";
        EXPECT_EQ(put(among), with_both(R"({"metadata":{"annotations":{"a":"1",BOTH,"z":"2"}}})"));
        const std::string last =
            R"({"metadata":{"annotations":{"a":"1",)" + std::string(old) + "}}}";
        EXPECT_EQ(put(last), with_both(R"({"metadata":{"annotations":{"a":"1",BOTH}}})"));
    }
}

TEST(ClusterAnnotations, HaveTheirPlaceInGoOrder) {
    const auto in_go = [](std::string_view metadata) {
        return put(R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{)" +
                       std::string(metadata) + "}}",
                   MemberOrder::kGo);
    };
    const auto wanted = [](std::string_view metadata) {
        return with_both(
            R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{)" +
            std::string(metadata) + "}}");
    };
    EXPECT_EQ(in_go(R"("name":"n","labels":{"b":"c"},"finalizers":["f"],"managedFields":[])"),
              wanted(R"("name":"n","labels":{"b":"c"},"annotations":{BOTH},"finalizers":["f"],)"
                     R"("managedFields":[])"));
    EXPECT_EQ(in_go(R"("name":"n")"), wanted(R"("name":"n","annotations":{BOTH})"));
    EXPECT_EQ(in_go(R"("name":"n","annotations":{"a":"1"},"finalizers":["f"])"),
              wanted(R"("name":"n","annotations":{"a":"1",BOTH},"finalizers":["f"])"));
}

TEST(ClusterAnnotations, RefuseWhatHasNoMetadata) {
    for (const char* text :
         {"", "{", "{}", "[]", R"({"metadata")", R"({"metadata":)", R"({"metadata":7})",
          R"({"metadata":{)", R"({"metadata":{"a)", R"({"metadata":{"annotations":{"a":")",
          R"({"metadata":{"annotations":{"snapgate.io/cluster":"x)"}) {
        for (const MemberOrder order : {MemberOrder::kSorted, MemberOrder::kGo})
            EXPECT_TRUE(put(text, order).starts_with("error")) << text;
    }
}

}  // namespace
}  // namespace snapgate::json
