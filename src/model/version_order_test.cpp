#include "model/version_order.h"

#include <gtest/gtest.h>

namespace snapgate::model {
namespace {

TEST(VersionOrder, IsThatOfNumbers) {
    EXPECT_EQ(compare_versions("10", "9"), VersionOrder::kNewer);
    EXPECT_EQ(compare_versions("9", "10"), VersionOrder::kNotNewer);
    EXPECT_EQ(compare_versions("9", "9"), VersionOrder::kNotNewer);
    EXPECT_TRUE(is_newer("18446744073709551615", "18446744073709551614"));
    EXPECT_FALSE(is_newer("9", "9"));
}

TEST(VersionOrder, IsUnknownOfOtherTexts) {
    for (const auto* text : {"", "a", "9a", "-1", "18446744073709551616"}) {
        EXPECT_EQ(compare_versions(text, "9"), VersionOrder::kUnknown) << text;
        EXPECT_EQ(compare_versions("9", text), VersionOrder::kUnknown) << text;
        EXPECT_FALSE(is_newer(text, "9")) << text;
        EXPECT_FALSE(is_newer("9", text)) << text;
    }
}

}  // namespace
}  // namespace snapgate::model
