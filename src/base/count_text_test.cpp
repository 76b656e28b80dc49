#include "base/count_text.h"

#include <gtest/gtest.h>

namespace snapgate::base {
namespace {

TEST(CountTextTest, DigitsAreGrouped) {
    EXPECT_EQ(format_count(0), "0");
    EXPECT_EQ(format_count(999), "999");
    EXPECT_EQ(format_count(1000), "1,000");
    EXPECT_EQ(format_count(1234567), "1,234,567");
}

TEST(CountTextTest, OneIsSingularAndAllElsePlural) {
    EXPECT_EQ(counted(0, "object"), "0 objects");
    EXPECT_EQ(counted(1, "object"), "1 object");
    EXPECT_EQ(counted(2, "object"), "2 objects");
    EXPECT_EQ(counted(12345, "object"), "12,345 objects");
    EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
    EXPECT_EQ(counted(3, "entry", "entries"), "3 entries");
}

TEST(CountTextTest, SizesAreMebibytesWhereTheyAreWholeOnes) {
    EXPECT_EQ(size_text(2 << 20), "2 MiB");
    EXPECT_EQ(size_text(30ULL << 30U), "30 GiB");
    EXPECT_EQ(size_text(1536ULL << 20U), "1536 MiB");
    EXPECT_EQ(size_text(1ULL << 40U), "1 TiB");
    EXPECT_EQ(size_text(5ULL << 50U), "5120 TiB");
    EXPECT_EQ(size_text((2 << 20) + 1), "2,097,153 bytes");
    EXPECT_EQ(size_text(1), "1 byte");
    EXPECT_EQ(size_text(0), "0 bytes");
}

}  // namespace
}  // namespace snapgate::base
