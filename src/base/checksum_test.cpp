#include "base/checksum.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::base {
namespace {

TEST(Checksum, IsTheSameForEverAndOnEveryProcessor) {
    EXPECT_EQ(checksum("", ""), 1630084640U);
    EXPECT_EQ(checksum("key", "value"), 3986259480U);
    EXPECT_EQ(checksum("key", std::string(10'000, 'x')), 825900574U);
}

TEST(Checksum, SeesEveryBitOfTheKeyAndTheValue) {
    const std::string key = "namespace/name";
    std::string value;
    for (int i = 0; i < 700; ++i) value += static_cast<char>(i);
    const uint32_t right = checksum(key, value);
    for (size_t bit = 0; bit < 8 * value.size(); ++bit) {
        std::string other = value;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_NE(checksum(key, other), right) << bit;
    }
    for (size_t bit = 0; bit < 8 * key.size(); ++bit) {
        std::string other = key;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_NE(checksum(other, value), right) << bit;
    }
    EXPECT_NE(checksum(key, value.substr(1)), right);
    EXPECT_NE(checksum(value, key), right);
}

}  // namespace
}  // namespace snapgate::base
