#include "model/siphash.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "base/encoding.h"

namespace snapgate::model {
namespace {

// As the vectors of the reference implementation: the key is 00 01 … 0f, the text 00 01 … (n - 1).
std::string hashed(size_t size) {
    std::array<uint64_t, 2> key{};
    std::string bytes;
    for (size_t i = 0; i < sizeof(key); ++i) bytes += static_cast<char>(i);
    std::memcpy(key.data(), bytes.data(), sizeof(key));
    std::string text;
    for (size_t i = 0; i < size; ++i) text += static_cast<char>(i);
    const auto hash = siphash_128(key, text);
    std::string out(sizeof(hash), '\0');
    std::memcpy(out.data(), hash.data(), sizeof(hash));
    return base::hex(out);
}

TEST(SipHash, GivesTheVectorsOfTheReference) {
    EXPECT_EQ(hashed(0), "a3817f04ba25a8e66df67214c7550293");
    EXPECT_EQ(hashed(1), "da87c1d86b99af44347659119b22fc45");
    EXPECT_EQ(hashed(8), "3b62a9ba6258f5610f83e264f31497b4");
    EXPECT_EQ(hashed(11), "0151c568386b6677a2b4dc6f81e5dc18");
}

}  // namespace
}  // namespace snapgate::model
