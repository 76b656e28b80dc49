#include "identity/verifier.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock_testing.h"
#include "identity/tokens_testing.h"

namespace snapgate::identity {
namespace {

json::Value letters(size_t count) {
    return json::Value(std::string_view(std::string(count, 'g')));
}

class VerifierTest : public ::testing::Test {
  protected:
    std::shared_ptr<Issuer> issuer(const DeclaredIssuer& declared,
                                   const std::vector<const TestKey*>& keys) {
        auto made = std::make_shared<Issuer>(declared, clock_);
        if (!keys.empty()) publish(*made, keys);
        return made;
    }
    static void publish(Issuer& issuer, const std::vector<const TestKey*>& keys) {
        issuer.begin_fetch();
        issuer.end_fetch(key_set_of(keys));
    }
    static void fail(Issuer& issuer) {
        issuer.begin_fetch();
        issuer.end_fetch(base::Error(base::Code::kUnavailable, "no way"));
    }

    json::Object claims() const { return test_claims(clock_.now_ms()); }
    // The user's name, or the refusal.
    std::string verify(const std::string& token) {
        const Verified verified = verifier_.verify(token);
        lacking_ = verified.lacking.size();
        return verified.caller ? (*verified.caller)->name() : verified.caller.error().subject;
    }

    base::TestClock clock_;
    Verifier verifier_{clock_};
    const TestKey first_{"first", 1};
    const TestKey second_{"second", 2};
    size_t lacking_ = 0;  // issuers whose keys might have been fetched again
};

TEST_F(VerifierTest, VerifiesOnceAndRemembersUntilTheTokenExpires) {
    const auto corp = issuer(test_issuer(), {&first_});
    verifier_.replace({corp});
    const std::string token = first_.token(claims());
    EXPECT_EQ(verify(token), "corp:alice");
    EXPECT_EQ(verify(token), "corp:alice");
    EXPECT_EQ(corp->status().verified, 1U);
    clock_.advance(629'999);
    EXPECT_EQ(verify(token), "corp:alice");
    clock_.advance(1);
    EXPECT_EQ(verify(token), "expired");
}

TEST_F(VerifierTest, AClockThatIsSetBackGivesNoTokenMoreTime) {
    verifier_.replace({issuer(test_issuer(), {&first_})});
    const auto caller = verifier_.verify(first_.token(claims())).caller;
    ASSERT_TRUE(caller);
    clock_.step(-1'000'000'000);
    clock_.advance(629'999);
    EXPECT_TRUE((*caller)->is_good());
    clock_.advance(1);
    EXPECT_TRUE((*caller)->has_expired());
    EXPECT_FALSE((*caller)->is_good());
}

TEST_F(VerifierTest, ACallerIsTheSameWithAllOfItsTokens) {
    verifier_.replace({issuer(test_issuer(), {&first_, &second_})});
    json::Object later = claims();
    later["jti"] = "another";
    const auto one = verifier_.verify(first_.token(claims())).caller;
    const auto two = verifier_.verify(second_.token(later)).caller;
    later["sub"] = "bob";
    const auto bob = verifier_.verify(second_.token(later)).caller;
    ASSERT_TRUE(one && two && bob);
    EXPECT_EQ((*one)->id(), (*two)->id());
    EXPECT_EQ(&(*one)->rate(), &(*two)->rate());
    EXPECT_NE((*one)->id(), (*bob)->id());
    EXPECT_NE(&(*one)->rate(), &(*bob)->rate());
}

TEST_F(VerifierTest, AKeyThatIsNotKnownIsAskedFor) {
    const auto corp = issuer(test_issuer(), {&first_});
    verifier_.replace({corp});
    const std::string token = second_.token(claims());
    EXPECT_EQ(verify(token), "unknownKey");
    EXPECT_EQ(lacking_, 1U);
    publish(*corp, {&first_, &second_});
    EXPECT_EQ(verify(token), "corp:alice");
    EXPECT_EQ(lacking_, 0U);
}

TEST_F(VerifierTest, WhatAWithdrawnKeySignedIsRefused) {
    const auto corp = issuer(test_issuer(), {&first_, &second_});
    verifier_.replace({corp});
    const std::string token = first_.token(claims());
    const auto caller = verifier_.verify(token).caller;
    const auto other = verifier_.verify(second_.token(claims())).caller;
    ASSERT_TRUE(caller && other);
    publish(*corp, {&second_});
    EXPECT_FALSE((*caller)->is_good());
    EXPECT_FALSE((*caller)->has_expired());
    EXPECT_EQ(verify(token), "unknownKey");
    EXPECT_TRUE((*other)->is_good());
}

TEST_F(VerifierTest, AnotherKeyOfTheSameNameIsAnotherKey) {
    const auto corp = issuer(test_issuer(), {&first_});
    verifier_.replace({corp});
    const TestKey forged("first", 3);
    EXPECT_EQ(verify(forged.token(claims())), "signature");
    // Nobody makes the server fetch keys by that.
    EXPECT_EQ(lacking_, 0U);
    const std::string token = first_.token(claims());
    EXPECT_EQ(verify(token), "corp:alice");
    publish(*corp, {&forged});
    EXPECT_EQ(verify(token), "signature");
}

TEST_F(VerifierTest, ATokenWithoutANameOfItsKeyNeedsAnIssuerWithOneKey) {
    const TestKey nameless("", 1);
    const auto corp = issuer(test_issuer(), {&first_});
    verifier_.replace({corp});
    EXPECT_EQ(verify(nameless.token(claims())), "corp:alice");
    publish(*corp, {&first_, &second_});
    json::Object other = claims();
    other["jti"] = "2";
    EXPECT_EQ(verify(nameless.token(other)), "unknownKey");
    EXPECT_EQ(lacking_, 0U);
}

TEST_F(VerifierTest, KeysGoOnForABoundedTimeWhileTheIssuerIsAway) {
    DeclaredIssuer declared = test_issuer();
    declared.keys_max_age = std::chrono::seconds(60);
    const auto corp = issuer(declared, {});
    verifier_.replace({corp});
    const std::string token = first_.token(claims());
    EXPECT_EQ(verify(token), "unavailable");
    fail(*corp);
    EXPECT_EQ(verify(token), "unavailable");
    publish(*corp, {&first_});
    EXPECT_EQ(verify(token), "corp:alice");
    clock_.advance(30'000);
    fail(*corp);
    EXPECT_EQ(verify(token), "corp:alice");
    // Perhaps the issuer has that key by now.
    EXPECT_EQ(verify(second_.token(claims())), "unavailable");
    clock_.advance(29'999);
    EXPECT_EQ(verify(token), "corp:alice");
    clock_.advance(1);
    EXPECT_EQ(verify(token), "unavailable");
    EXPECT_FALSE(corp->status().usable);
    publish(*corp, {&first_});
    EXPECT_EQ(verify(token), "corp:alice");
}

TEST_F(VerifierTest, AnIssuerThatIsDeclaredNoMoreIsNotTrusted) {
    const auto corp = issuer(test_issuer(), {&first_});
    verifier_.replace({corp});
    const std::string token = first_.token(claims());
    const auto caller = verifier_.verify(token).caller;
    ASSERT_TRUE(caller);
    verifier_.replace({});
    corp->retire();
    EXPECT_FALSE((*caller)->is_good());
    EXPECT_EQ(verify(token), "unknownIssuer");
}

TEST_F(VerifierTest, SeveralMayCallThemselvesTheSameIssuer) {
    DeclaredIssuer edge = test_issuer();
    edge.name = "edge";
    edge.audiences = {"edge"};
    verifier_.replace({issuer(test_issuer(), {&first_}), issuer(edge, {&second_})});
    EXPECT_EQ(verify(first_.token(claims())), "corp:alice");
    EXPECT_EQ(verify(second_.token(claims())), "audience");
    json::Object theirs = claims();
    theirs["aud"] = "edge";
    EXPECT_EQ(verify(second_.token(theirs)), "edge:alice");
    EXPECT_EQ(verify(first_.token(theirs)), "audience");
    const TestKey third("third", 3);
    EXPECT_EQ(verify(third.token(theirs)), "unknownKey");
    EXPECT_EQ(lacking_, 2U);
}

TEST_F(VerifierTest, RefusesWhatIsNoToken) {
    verifier_.replace({issuer(test_issuer(), {&first_})});
    const std::string good = first_.token(claims());
    const std::string payload = json::serialize(claims());
    const auto with_header = [&](std::string_view header) {
        return verify(first_.token_of(header, payload));
    };
    EXPECT_EQ(with_header(R"({"alg":"EdDSA","kid":"first","typ":"JWT"})"), "corp:alice");
    EXPECT_EQ(with_header(R"({"alg":"EdDSA","kid":"first","typ":"at+JWT","jku":"https://x"})"),
              "corp:alice");
    EXPECT_EQ(with_header(R"({"alg":"none","kid":"first"})"), "algorithm");
    EXPECT_EQ(with_header(R"({"alg":"HS256","kid":"first"})"), "algorithm");
    EXPECT_EQ(with_header(R"({"alg":"RS256","kid":"first"})"), "algorithm");
    for (const std::string_view header :
         {R"({"kid":"first"})", R"({"alg":7,"kid":"first"})", R"({"alg":"EdDSA","kid":7})",
          R"({"alg":"EdDSA","alg":"EdDSA","kid":"first"})", R"({"alg":"EdDSA","kid":null})",
          R"({"alg":"EdDSA","kid":"first","crit":["b64"],"b64":false})",
          R"({"alg":"EdDSA","kid":"first","crit":[]})",
          R"({"alg":"EdDSA","kid":"first","typ":"logout+jwt"})",
          R"({"alg":"EdDSA","kid":"first","typ":7})", R"({"alg":"EdDSA","kid":"first"} x)"})
        EXPECT_EQ(with_header(header), "malformed") << header;
    EXPECT_EQ(verify(first_.token_of(R"({"alg":"EdDSA","kid":"first"})",
                                     payload.substr(0, payload.size() - 1) + R"(,"aud":"x"})")),
              "malformed");
    EXPECT_EQ(verify(first_.token_of(R"({"alg":"EdDSA","kid":"first"})", "[]")), "malformed");
    EXPECT_EQ(verify(good.substr(0, good.rfind('.') + 1)), "malformed");
    EXPECT_EQ(verify(good + "="), "malformed");
    EXPECT_EQ(verify(good + "."), "malformed");
    EXPECT_EQ(verify(" " + good), "malformed");
    EXPECT_EQ(verify(good + "\n"), "malformed");
    EXPECT_EQ(verify(""), "malformed");
    // One bit of the last character does not count in base64: only the one that is 0 is taken.
    std::string other = good;
    other.back() = static_cast<char>(other.back() + 1);
    EXPECT_EQ(verify(other), "malformed");
}

TEST_F(VerifierTest, ATokenIsBounded) {
    verifier_.replace({issuer(test_issuer(), {&first_})});
    json::Object large = claims();
    large["groups"] = json::Array{"staff", letters(8000)};
    EXPECT_EQ(verify(first_.token(large)), "corp:alice");
    large["groups"] = json::Array{"staff", letters(20'000)};
    EXPECT_EQ(verify(first_.token(large)), "malformed");
    const std::string payload = json::serialize(claims());
    EXPECT_EQ(verify(first_.token_of(R"({"alg":"EdDSA","x":")" + std::string(5000, 'x') + "\"}",
                                     payload)),
              "malformed");
    EXPECT_EQ(verify(first_.token_of(R"({"alg":"EdDSA","kid":")" + std::string(600, 'k') + "\"}",
                                     payload)),
              "malformed");
    std::string deep = payload;
    deep.pop_back();
    deep += R"(,"deep":)" + std::string(1000, '[') + std::string(1000, ']') + "}";
    EXPECT_EQ(verify(first_.token_of(R"({"alg":"EdDSA","kid":"first"})", deep)), "malformed");
}

TEST(CallerCacheTest, IsBounded) {
    const base::TestClock clock;
    const TestKey key("k");
    const auto issuer = std::make_shared<Issuer>(test_issuer(), clock);
    issuer->end_fetch(key_set_of({&key}));
    CallerCache cache(3);
    const auto caller = [&] {
        Claims claims{"corp:alice", clock.now_ms() + 1000, {}};
        return std::make_shared<const Caller>(issuer, issuer->keys()->keys[0], std::move(claims),
                                              cache.rate_of("a"), clock);
    };
    for (const char* hash : {"1", "2", "3", "3", "4"}) cache.put(hash, caller());
    EXPECT_EQ(cache.size(), 3U);
    EXPECT_EQ(cache.find("1"), nullptr);
    for (const char* hash : {"2", "3", "4"}) EXPECT_NE(cache.find(hash), nullptr) << hash;
}

TEST(IssuerTest, AnUnknownKeyMakesTheServerAskAtMostOnceInTenSeconds) {
    base::TestClock clock;
    const TestKey key("k");
    Issuer issuer(test_issuer(), clock);
    // The first fetch is about to begin.
    EXPECT_EQ(issuer.want_keys(), Issuer::Wanted::kUnderWay);
    issuer.begin_fetch();
    EXPECT_EQ(issuer.want_keys(), Issuer::Wanted::kUnderWay);
    EXPECT_EQ(issuer.attempts(), 0U);
    issuer.end_fetch(key_set_of({&key}));
    EXPECT_EQ(issuer.attempts(), 1U);
    EXPECT_EQ(issuer.want_keys(), Issuer::Wanted::kBegin);
    EXPECT_EQ(issuer.want_keys(), Issuer::Wanted::kUnderWay);
    issuer.begin_fetch();
    issuer.end_fetch(key_set_of({&key}));
    EXPECT_EQ(issuer.want_keys(), Issuer::Wanted::kNotNow);
    clock.advance(9'999);
    EXPECT_EQ(issuer.want_keys(), Issuer::Wanted::kNotNow);
    clock.advance(1);
    EXPECT_EQ(issuer.want_keys(), Issuer::Wanted::kBegin);
}

TEST(IssuerTest, FetchesAgainInTimeAndSoonerAfterAFailure) {
    const base::TestClock clock;
    const TestKey key("k");
    Issuer issuer(test_issuer(), clock);
    for (int i = 0; i < 100; ++i) {
        const base::Millis pause = issuer.end_fetch(key_set_of({&key}));
        EXPECT_GE(pause, std::chrono::minutes(9));
        EXPECT_LE(pause, std::chrono::minutes(11));
    }
    EXPECT_LE(issuer.end_fetch(base::Error(base::Code::kUnavailable, "no way")),
              std::chrono::seconds(4));
    EXPECT_EQ(issuer.status().failures, 1U);
    EXPECT_TRUE(issuer.is_away());
}

}  // namespace
}  // namespace snapgate::identity
