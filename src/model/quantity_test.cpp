#include "model/quantity.h"

#include <gtest/gtest.h>

namespace snapgate::model {
namespace {

TEST(Quantity, IsReadAsKubernetesWritesIt) {
    const std::pair<const char*, uint64_t> cases[] = {
        {"0", 0},
        {"1", 1},
        {"30Gi", 32'212'254'720},
        {"1.5G", 1'500'000'000},
        {"1e3", 1'000},
        {"1E3", 1'000},
        {"5E", 5'000'000'000'000'000'000ULL},
        {"100m", 1},
        {"5000m", 5},
        {"1Ki", 1'024},
        {".5Ki", 512},
        {"1.", 1},
        {"+7", 7},
        {"12e-1", 2},
        {"64Mi", 67'108'864},
    };
    for (const auto& [text, bytes] : cases) {
        if (bytes >= 1ULL << 60U) {
            EXPECT_FALSE(parse_quantity(text)) << text;
        } else {
            EXPECT_EQ(parse_quantity(text), bytes) << text;
        }
    }
}

TEST(Quantity, NothingElseIsOne) {
    for (const char* text :
         {"", "-1", "Gi", "1gi", "1 Gi", "1.2.3", "1e", "1e+", "1e99", "0x10", "1Ei", "NaN", "inf",
          ".", "999999999999999999999999999999999999", "1Gib"})
        EXPECT_FALSE(parse_quantity(text)) << text;
}

}  // namespace
}  // namespace snapgate::model
