#include "json/whole_number.h"

#include <gtest/gtest.h>

namespace snapgate::json {
namespace {

TEST(WholeNumberTest, IsOneWithinItsBounds) {
    const Object object = parse(R"({"a":7,"b":-1,"c":9223372036854775807})")->as_object();
    EXPECT_EQ(whole_number(object, "a"), 7);
    EXPECT_EQ(whole_number(object, "a", 7, 7), 7);
    EXPECT_EQ(whole_number(object, "a", 8), std::nullopt);
    EXPECT_EQ(whole_number(object, "a", 0, 6), std::nullopt);
    EXPECT_EQ(whole_number(object, "b"), -1);
    EXPECT_EQ(whole_number(object, "b", 0), std::nullopt);
    EXPECT_EQ(whole_number(object, "c"), INT64_MAX);
}

TEST(WholeNumberTest, NothingElseIsOne) {
    const Object object =
        parse(R"({"a":1.5,"b":"1","c":null,"d":[1],"e":true,"f":9223372036854775808,"g":1.0})")
            ->as_object();
    for (const auto& [name, value] : object) EXPECT_EQ(whole_number(&value), std::nullopt) << name;
    EXPECT_EQ(whole_number(object, "missing"), std::nullopt);
    EXPECT_EQ(whole_number(nullptr), std::nullopt);
}

}  // namespace
}  // namespace snapgate::json
