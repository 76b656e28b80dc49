#include "mirror/pages.h"

#include <gtest/gtest.h>

namespace snapgate::mirror {
namespace {

json::ListHead head(std::string version, std::string token) {
    json::ListHead made;
    made.version = std::move(version);
    made.continue_token = std::move(token);
    return made;
}

TEST(Pages, EachPageIsAskedForWithTheTokenOfTheOneBefore) {
    Pages pages("/apis/g/v1/things", "resourceVersion=0&limit=500");
    EXPECT_TRUE(pages.on_first());
    EXPECT_EQ(pages.target(), "/apis/g/v1/things?resourceVersion=0&limit=500");
    EXPECT_EQ(pages.turn(head("7", "a+b")), true);
    EXPECT_FALSE(pages.on_first());
    EXPECT_EQ(pages.target(), "/apis/g/v1/things?limit=500&continue=a%2Bb");
    EXPECT_EQ(pages.turn(head("8", "c")), true);
    EXPECT_EQ(pages.target(), "/apis/g/v1/things?limit=500&continue=c");
    EXPECT_EQ(pages.turn(head("9", "")), false);
    EXPECT_EQ(pages.version(), "7");
}

TEST(Pages, OneThatLeadsToItselfEndsTheList) {
    Pages pages("/p", "limit=500");
    ASSERT_EQ(pages.turn(head("7", "a")), true);
    const auto turned = pages.turn(head("7", "a"));
    ASSERT_FALSE(turned.has_value());
    EXPECT_EQ(turned.error().message, "the cluster's list goes on with the same page");
    EXPECT_EQ(turned.error().next, Setback::Next::kRelist);
}

TEST(Pages, SoManyPagesAreNoList) {
    Pages pages("/p", "limit=500");
    Outcome<bool> turned = true;
    size_t count = 0;
    while (turned == true) turned = pages.turn(head("7", std::to_string(++count)));
    ASSERT_FALSE(turned.has_value());
    EXPECT_EQ(turned.error().message, "the cluster's list has no end");
    EXPECT_EQ(count, 1'000'000U);
}

}  // namespace
}  // namespace snapgate::mirror
