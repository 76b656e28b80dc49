#include "base/decimal.h"

#include <gtest/gtest.h>

namespace snapgate::base {
namespace {

TEST(Decimal, IsDigitsAndNothingElse) {
    EXPECT_EQ(read_decimal("0"), 0U);
    EXPECT_EQ(read_decimal("0042"), 42U);
    EXPECT_EQ(read_decimal("18446744073709551615"), UINT64_MAX);
    for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "one"}) {
        EXPECT_EQ(read_decimal(text), std::nullopt) << text;
    }
}

TEST(Decimal, IsBounded) {
    EXPECT_EQ(read_decimal("18446744073709551616"), std::nullopt);
    EXPECT_EQ(read_decimal("99999999999999999999999999"), std::nullopt);
    EXPECT_EQ(read_decimal("255", 255), 255U);
    EXPECT_EQ(read_decimal("256", 255), std::nullopt);
}

}  // namespace
}  // namespace snapgate::base
