#include "base/encoding.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "base/crypto.h"
#include "base/json_text.h"
#include "base/utf8.h"

namespace snapgate::base {
namespace {

TEST(EncodingTest, Base64OfAllLengths) {
    std::string bytes;
    for (int size = 0; size < 300; ++size) {
        std::string text;
        append_base64(bytes, text);
        std::string out = "before ";
        ASSERT_TRUE(append_decoded_base64(text, out));
        EXPECT_EQ(out, "before " + bytes);
        bytes += static_cast<char>(size * 37);
    }
}

TEST(EncodingTest, Base64RefusesEachOtherCharacterAtEachPlace) {
    std::string text;
    append_base64(std::string(96, '\x5a'), text);
    const std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < text.size(); ++at) {
        for (int c = 0; c < 256; ++c) {
            std::string other = text;
            other[at] = static_cast<char>(c);
            const bool known = alphabet.find(static_cast<char>(c)) != std::string_view::npos;
            // At the end there may be padding.
            if (c == '=' && at + 1 == text.size()) continue;
            std::string out = "x";
            EXPECT_EQ(append_decoded_base64(other, out), known) << at << ' ' << c;
            if (!known) EXPECT_EQ(out, "x");
        }
    }
}

TEST(EncodingTest, Base64IsStrictAndRoundTrips) {
    for (size_t size = 0; size < 70; ++size) {
        std::string bytes = random_bytes(size);
        std::string text;
        append_base64(bytes, text);
        EXPECT_EQ(decode_base64(text), bytes);
        EXPECT_EQ(decode_base64url(base64url(bytes)), bytes);
    }
    EXPECT_EQ(decode_base64("Zm9v"), "foo");
    EXPECT_EQ(decode_base64("Zm8="), "fo");
    EXPECT_FALSE(decode_base64("Zm8"));
    EXPECT_FALSE(decode_base64("Zm9="));  // unused bits set
    EXPECT_FALSE(decode_base64("Zm 8"));
    EXPECT_FALSE(decode_base64url("a"));
    EXPECT_FALSE(decode_base64url("a+"));
}

TEST(EncodingTest, NumbersKeepTheirOrderAsBytes) {
    std::string a;
    std::string b;
    append_u64(0x00ff, a);
    append_u64(0x0100, b);
    EXPECT_LT(a, b);
    EXPECT_EQ(read_u64(b, 0), 0x0100U);
    std::string c;
    append_u32(0xdeadbeef, c);
    append_u16(0xcafe, c);
    EXPECT_EQ(read_u32(c, 0), 0xdeadbeefU);
    EXPECT_EQ(read_u16(c, 4), 0xcafeU);
}

TEST(EncodingTest, PercentDecoding) {
    EXPECT_EQ(percent_decode("a%2Cb+c", true), "a,b c");
    EXPECT_EQ(percent_decode("a+c", false), "a+c");
    EXPECT_FALSE(percent_decode("%", true));
    EXPECT_FALSE(percent_decode("%4", true));
    EXPECT_FALSE(percent_decode("%zz", true));
    EXPECT_EQ(percent_encode("a/b c~"), "a%2Fb%20c~");
}

TEST(CryptoTest, KnownAnswers) {
    EXPECT_EQ(hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(hmac_sha256("key", "The quick brown fox jumps over the lazy dog")),
              "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
    // RFC 4231, test case 6: a key longer than a block.
    EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),
                              "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_TRUE(equal_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_constant_time("abc", "abcd"));
    EXPECT_EQ(random_uid().size(), 24U);
}

TEST(CryptoTest, UuidsDifferAndHaveTheirForm) {
    const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string uuid = random_uuid();
        EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
        EXPECT_TRUE(seen.insert(uuid).second) << uuid;
    }
}

TEST(JsonTextTest, EscapesAndMendsUtf8) {
    std::string out;
    append_json_string("a\"\\\n\x01\xc3\xa9\xff\xed\xa0\x80", out);
    EXPECT_EQ(out,
              "\"a\\\"\\\\\\n\\u0001\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    EXPECT_TRUE(is_utf8("\xf0\x9f\x98\x80"));
    EXPECT_FALSE(is_utf8("\xc0\x80"));
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
}

TEST(EncodingTest, LettersOfEitherCaseAreEqual) {
    EXPECT_TRUE(equal_ignoring_case("Content-Length", "cONTENT-lENGTH"));
    EXPECT_FALSE(equal_ignoring_case("Content-Length", "Content_Length"));
    EXPECT_FALSE(equal_ignoring_case("a", "ab"));
    // '[' and '{' differ from each other by the bit that letters differ by.
    EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

}  // namespace
}  // namespace snapgate::base
