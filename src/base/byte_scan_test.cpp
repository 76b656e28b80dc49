#include "base/byte_scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace snapgate::base {
namespace {

TEST(ByteScan, FindsTheFirstOfItsBytes) {
    std::mt19937_64 random(7);
    constexpr std::string_view kBytes("\"\\\x00\x01\x1f\x20!#[]\x7f\x80\xff\xe2", 14);
    for (int round = 0; round < 100'000; ++round) {
        std::string text(8, 'x');
        for (char& c : text) {
            if (random() % 3 == 0) c = kBytes[random() % kBytes.size()];
        }
        const uint64_t bytes = load_eight(text.data());
        const uint64_t quotes = bytes_equal_to(bytes, '"');
        EXPECT_EQ(quotes == 0, text.find('"') == std::string::npos);
        if (quotes != 0) EXPECT_EQ(bytes_before_first(quotes), text.find('"'));
        const uint64_t either = quotes | bytes_equal_to(bytes, '\\');
        EXPECT_EQ(either == 0, text.find_first_of("\"\\") == std::string::npos);
        if (either != 0) EXPECT_EQ(bytes_before_first(either), text.find_first_of("\"\\"));
        EXPECT_EQ(bytes_equal_to(bytes, '\xe2') == 0, text.find('\xe2') == std::string::npos);
        size_t below = 0;
        while (below < text.size() && static_cast<uint8_t>(text[below]) >= 0x20) ++below;
        const uint64_t controls = bytes_below(bytes, 0x20);
        EXPECT_EQ(controls == 0, below == text.size());
        if (controls != 0) EXPECT_EQ(bytes_before_first(controls), below);
    }
}

}  // namespace
}  // namespace snapgate::base
