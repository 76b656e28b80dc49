#include "identity/key_set.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "identity/tokens_testing.h"

namespace snapgate::identity {
namespace {

// RFC 7517, appendix A.1.
constexpr std::string_view kPublished = R"({"keys":[
  {"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
   "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"},
  {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
   "e":"AQAB","alg":"RS256","kid":"2011-04-29"}]})";

std::string set_of(std::string_view keys) {
    return "{\"keys\":[" + std::string(keys) + "]}";
}

json::Value letters(size_t count) {
    return json::Value(std::string_view(std::string(count, 'k')));
}

std::string why_not(std::string_view text) {
    const auto set = read_key_set(text);
    return set ? "" : set.error().message;
}

TEST(KeySetTest, ReadsWhatIsForSignaturesAndPassesOverTheRest) {
    const auto set = read_key_set(kPublished);
    ASSERT_TRUE(set) << set.error().message;
    ASSERT_EQ(set->keys.size(), 1U);
    EXPECT_EQ(set->keys[0]->id, "2011-04-29");
    EXPECT_EQ(set->keys[0]->algorithm, base::SignatureAlgorithm::kRs256);
    EXPECT_EQ(set->keys[0]->key.type(), base::PublicKey::Type::kRsa);
    // A key that names its algorithm is for no other.
    EXPECT_TRUE(set->keys[0]->may_sign(base::SignatureAlgorithm::kRs256));
    EXPECT_FALSE(set->keys[0]->may_sign(base::SignatureAlgorithm::kPs256));
    EXPECT_EQ(set->passed_over, 1U);
    EXPECT_EQ(set->why_first, "it is not for signatures");
}

TEST(KeySetTest, OneKeyThatCannotBeReadHoldsUpNoOther) {
    const std::string good = json::serialize(TestKey("good").jwk());
    for (const std::string_view bad : {
             R"({"kty":"oct","k":"c2VjcmV0","kid":"good"})",
             R"({"kty":"RSA","n":"AQAB","e":"AQAB"})",
             R"({"kty":"RSA","n":"AQ AB","e":"AQAB"})",
             R"({"kty":"RSA","e":"AQAB"})",
             R"({"kty":"EC","crv":"P-521","x":"AA","y":"AA"})",
             R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})",
             R"({"kty":"OKP","crv":"X25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
             R"({"kty":"OKP","crv":"Ed25519","x":"AA"})",
             R"({"kty":7})",
             R"({"use":"sig"})",
             R"(7)",
             R"(null)",
         }) {
        const auto set = read_key_set(set_of(std::string(bad) + "," + good));
        ASSERT_TRUE(set) << bad << ": " << set.error().message;
        EXPECT_EQ(set->keys.size(), 1U) << bad;
        EXPECT_EQ(set->passed_over, 1U) << bad;
        EXPECT_FALSE(read_key_set(set_of(bad))) << bad;
    }
}

TEST(KeySetTest, AKeyIsForWhatItSays) {
    const auto with = [](std::string_view name, const json::Value& value) {
        json::Object key = TestKey("k").jwk();
        key[name] = value;
        return read_key_set(set_of(json::serialize(key))).has_value();
    };
    EXPECT_TRUE(with("use", "sig"));
    EXPECT_FALSE(with("use", "enc"));
    EXPECT_FALSE(with("use", 7));
    EXPECT_TRUE(with("key_ops", json::Array{"verify"}));
    EXPECT_FALSE(with("key_ops", json::Array{"sign"}));
    EXPECT_FALSE(with("key_ops", json::Array{}));
    EXPECT_FALSE(with("key_ops", "verify"));
    EXPECT_TRUE(with("alg", "EdDSA"));
    EXPECT_FALSE(with("alg", "RS256"));
    EXPECT_FALSE(with("alg", "HS256"));
    EXPECT_TRUE(with("kid", letters(kMostKeyIdBytes)));
    EXPECT_FALSE(with("kid", letters(kMostKeyIdBytes + 1)));
    EXPECT_FALSE(with("kid", 7));
}

TEST(KeySetTest, IsBounded) {
    std::string keys = json::serialize(TestKey("k").jwk());
    const std::string one = keys;
    for (size_t i = 1; i < kMostKeys; ++i) keys += "," + one;
    EXPECT_TRUE(read_key_set(set_of(keys)));
    EXPECT_NE(why_not(set_of(keys + "," + one)).find("more than 100 keys"), std::string::npos);
    EXPECT_NE(why_not(set_of(one) + std::string(kMostKeySetBytes, ' ')).find("bytes"),
              std::string::npos);
}

TEST(KeySetTest, RefusesWhatIsNoKeySet) {
    for (const std::string_view text :
         {"", "{}", "[]", "7", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":null})",
          R"({"keys":[],"keys":[]})", R"({"keys":[]} x)"})
        EXPECT_NE(why_not(text), "") << text;
}

TEST(KeySetTest, AFingerprintTellsKeysApart) {
    const auto fingerprint = [](const TestKey& key) {
        return key_set_of({&key}).keys[0]->fingerprint;
    };
    EXPECT_EQ(fingerprint(TestKey("a", 1)), fingerprint(TestKey("a", 1)));
    EXPECT_NE(fingerprint(TestKey("a", 1)), fingerprint(TestKey("a", 2)));
    EXPECT_NE(fingerprint(TestKey("a", 1)), fingerprint(TestKey("b", 1)));
}

}  // namespace
}  // namespace snapgate::identity
