#include "identity/claims.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "identity/refusals.h"
#include "identity/tokens_testing.h"

namespace snapgate::identity {
namespace {

using access::Role;

constexpr int64_t kNow = 1'700'000'000'000;

// "" if the claims are good, else the refusal's name.
std::string refusal(const json::Object& claims, const DeclaredIssuer& issuer = test_issuer()) {
    const auto checked = check_claims(claims, issuer, kNow);
    return checked ? "" : checked.error().subject;
}

std::string refusal_with(std::string_view name, const json::Value& value,
                         const DeclaredIssuer& issuer = test_issuer()) {
    json::Object claims = test_claims(kNow);
    claims[name] = value;
    return refusal(claims, issuer);
}

std::string refusal_without(std::string_view name) {
    json::Object claims = test_claims(kNow);
    claims.erase(name);
    return refusal(claims);
}

json::Value letters(size_t count) {
    return json::Value(std::string_view(std::string(count, 'a')));
}

json::Value seconds(double from_now) {
    return static_cast<double>(kNow) / 1000 + from_now;
}

TEST(ClaimsTest, AnExpiryIsNeededAndHasASkew) {
    EXPECT_EQ(refusal(test_claims(kNow)), "");
    EXPECT_EQ(refusal_without("exp"), "claims");
    EXPECT_EQ(refusal_with("exp", seconds(1)), "");
    EXPECT_EQ(refusal_with("exp", seconds(-29.5)), "");
    EXPECT_EQ(refusal_with("exp", seconds(-30)), "expired");
    EXPECT_EQ(refusal_with("exp", 0), "expired");
    const auto checked = check_claims(test_claims(kNow), test_issuer(), kNow);
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->expires_ms, kNow + 630'000);
}

TEST(ClaimsTest, ABeginningMayBeLeftOutAndHasASkew) {
    for (const std::string_view name : {"nbf", "iat"}) {
        EXPECT_EQ(refusal_with(name, seconds(0)), "");
        EXPECT_EQ(refusal_with(name, seconds(30)), "");
        EXPECT_EQ(refusal_with(name, seconds(30.5)), "tooEarly");
        EXPECT_EQ(refusal_with(name, seconds(-1e6)), "");
    }
}

TEST(ClaimsTest, TimesAreNumbersWithinReason) {
    for (const std::string_view name : {"exp", "nbf", "iat"}) {
        for (const json::Value& value : std::vector<json::Value>{
                 "1800000000", true, nullptr, -1, -0.5, 1e300, 1e16, json::Array{seconds(60)},
                 json::Object{{"a", 1}}, uint64_t{18'446'744'073'709'551'615U}})
            EXPECT_EQ(refusal_with(name, value), "claims") << name << json::serialize(value);
    }
}

TEST(ClaimsTest, TheAudienceIsOneOfOurs) {
    EXPECT_EQ(refusal_with("aud", "other-name"), "");
    EXPECT_EQ(refusal_with("aud", json::Array{"x", "snapgate"}), "");
    EXPECT_EQ(refusal_without("aud"), "audience");
    for (const json::Value& value : std::vector<json::Value>{
             "Snapgate", "", "snapgate ", 7, nullptr, json::Array{}, json::Array{7, "x"},
             *json::parse(R"([["snapgate"]])"), json::Object{{"snapgate", true}}})
        EXPECT_EQ(refusal_with("aud", value), "audience") << json::serialize(value);
    EXPECT_EQ(refusal_with("aud", json::Array(101, json::Value("snapgate"))), "claims");
}

TEST(ClaimsTest, TheIssuerIsComparedLetterByLetter) {
    for (const json::Value& value :
         std::vector<json::Value>{"https://id.example.com/", "HTTPS://id.example.com", "", nullptr,
                                  7, json::Array{"https://id.example.com"}})
        EXPECT_EQ(refusal_with("iss", value), "unknownIssuer") << json::serialize(value);
}

TEST(ClaimsTest, AUserHasAName) {
    const auto named = [](std::string_view claim, const json::Value& value) {
        DeclaredIssuer issuer = test_issuer();
        issuer.username_claim = claim;
        json::Object claims = test_claims(kNow);
        claims[claim] = value;
        const auto checked = check_claims(claims, issuer, kNow);
        return checked ? checked->username : checked.error().subject;
    };
    EXPECT_EQ(named("sub", "alice"), "corp:alice");
    EXPECT_EQ(named("sub", "system:serviceaccount:a:b"), "corp:system:serviceaccount:a:b");
    EXPECT_EQ(named("email", "a@example.com"), "corp:a@example.com");
    EXPECT_EQ(named("sub", letters(253)), "corp:" + std::string(253, 'a'));
    // U+202E, which turns the direction of text.
    const std::string right_to_left = "\xe2\x80\xae" + std::string("a");
    for (const json::Value& value :
         std::vector<json::Value>{"", nullptr, 7, "a\nb", "a\x7f", json::Value(right_to_left),
                                  "\xff", letters(254), json::Array{"a"}})
        EXPECT_EQ(named("sub", value), "claims") << json::serialize(value);
}

TEST(ClaimsTest, AnAddressThatTheIssuerHasNotVerifiedNamesNobody) {
    DeclaredIssuer issuer = test_issuer();
    issuer.username_claim = "email";
    json::Object claims = test_claims(kNow);
    claims["email"] = "a@example.com";
    EXPECT_EQ(refusal(claims, issuer), "");
    claims["email_verified"] = true;
    EXPECT_EQ(refusal(claims, issuer), "");
    for (const json::Value& value : std::vector<json::Value>{false, "true", nullptr}) {
        claims["email_verified"] = value;
        EXPECT_EQ(refusal(claims, issuer), "claims");
        // It is no matter where the name is another claim.
        EXPECT_EQ(refusal(claims), "");
    }
}

// The grants as text: role@project.
std::vector<std::string> grants(const std::vector<Rule>& rules, const json::Object& claims) {
    const auto checked = check_claims(claims, test_issuer(rules), kNow);
    std::vector<std::string> out;
    if (!checked) return {checked.error().subject};
    for (const Grant& grant : checked->grants) {
        out.push_back(std::string(access::role_name(grant.role)) + "@" + grant.project);
        for (const std::string& cluster : grant.clusters) out.back() += "/" + cluster;
    }
    return out;
}

TEST(ClaimsTest, OfEachProjectTheFirstRuleThatFitsCounts) {
    const std::vector<Rule> rules = {
        rule("nobody", Role::kAdmin), rule("staff", Role::kReader, {"a", "b"}),
        rule("guests", Role::kEditor, {"b", "c"}), rule("staff", Role::kReader)};
    using Texts = std::vector<std::string>;
    EXPECT_EQ(grants(rules, test_claims(kNow)),
              (Texts{"reader@a", "reader@b", "editor@c", "reader@"}));
    json::Object claims = test_claims(kNow);
    claims["groups"] = "guests";
    EXPECT_EQ(grants(rules, claims), (Texts{"editor@b", "editor@c"}));
    for (const json::Value& value :
         std::vector<json::Value>{"Staff", "", 7, nullptr, json::Array{}, json::Array{7},
                                  json::Object{{"staff", true}}, *json::parse(R"([["staff"]])")}) {
        claims["groups"] = value;
        EXPECT_EQ(grants(rules, claims), Texts{"noRule"}) << json::serialize(value);
    }
    claims.erase("groups");
    EXPECT_EQ(grants(rules, claims), Texts{"noRule"});
}

TEST(ClaimsTest, AClaimMayLieInAnother) {
    Rule deep = rule("backup", Role::kEditor, {"shop"});
    deep.claim = {"kubernetes.io", "namespace"};
    deep.clusters = {"web"};
    json::Object claims = test_claims(kNow);
    claims["kubernetes.io"] = json::Object{{"namespace", "backup"}};
    using Texts = std::vector<std::string>;
    EXPECT_EQ(grants({deep}, claims), Texts{"editor@shop/web"});
    for (const json::Value& value :
         std::vector<json::Value>{"backup", json::Object{}, json::Object{{"namespace", "x"}},
                                  nullptr, json::Array{json::Object{{"namespace", "backup"}}}}) {
        claims["kubernetes.io"] = value;
        EXPECT_EQ(grants({deep}, claims), Texts{"noRule"}) << json::serialize(value);
    }
}

}  // namespace
}  // namespace snapgate::identity
