#include "base/stream_cipher.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::base {
namespace {

TEST(StreamCipher, ReadsWhatItWroteFromAnyPlaceOn) {
    const StreamCipher cipher;
    std::string text;
    for (int i = 0; i < 500; ++i) text += std::to_string(i);
    std::string file = text;
    // Written in pieces of many sizes.
    for (size_t at = 0, size = 1; at < file.size(); at += size, size = size * 2 + 1)
        cipher.apply(at, file.data() + at, std::min(size, file.size() - at));
    EXPECT_EQ(file.find("100101102"), std::string::npos);
    for (size_t at = 0; at < file.size(); at += 7) {
        std::string piece = file.substr(at, 40);
        cipher.apply(at, piece.data(), piece.size());
        ASSERT_EQ(piece, text.substr(at, 40)) << at;
    }
    cipher.apply(0, file.data(), 0);
}

TEST(StreamCipher, EachHasAKeyOfItsOwn) {
    const StreamCipher first;
    const StreamCipher second;
    std::string a(64, 'x');
    std::string b(64, 'x');
    first.apply(0, a.data(), a.size());
    second.apply(0, b.data(), b.size());
    EXPECT_NE(a, b);
}

}  // namespace
}  // namespace snapgate::base
