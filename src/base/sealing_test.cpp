#include "base/sealing.h"

#include <gtest/gtest.h>

namespace snapgate::base {
namespace {

const std::string kKey(kSealingKeyBytes, 'k');

TEST(Sealing, OpensWhatItSealed) {
    for (const std::string& text :
         {std::string(), std::string("a token"), std::string(100'000, 'x')}) {
        std::string sealed = seal(kKey, "edge", text);
        EXPECT_EQ(open_sealed(kKey, "edge", sealed), text);
        EXPECT_TRUE(text.empty() || sealed.find(text) == std::string::npos);
    }
}

TEST(Sealing, IsDifferentEachTime) {
    EXPECT_NE(seal(kKey, "edge", "a token"), seal(kKey, "edge", "a token"));
}

TEST(Sealing, OpensNothingElse) {
    const std::string sealed = seal(kKey, "edge", "a token");
    EXPECT_EQ(open_sealed(std::string(kSealingKeyBytes, 'l'), "edge", sealed), std::nullopt);
    EXPECT_EQ(open_sealed(kKey, "core", sealed), std::nullopt);
    EXPECT_EQ(open_sealed(kKey, "", sealed), std::nullopt);
    EXPECT_EQ(open_sealed(kKey, "edge", ""), std::nullopt);
    EXPECT_EQ(open_sealed(kKey, "edge", sealed + "x"), std::nullopt);
    for (size_t at = 0; at < sealed.size(); ++at) {
        std::string changed = sealed;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_EQ(open_sealed(kKey, "edge", changed), std::nullopt) << "byte " << at;
        EXPECT_EQ(open_sealed(kKey, "edge", sealed.substr(0, at)), std::nullopt) << "byte " << at;
    }
}

}  // namespace
}  // namespace snapgate::base
