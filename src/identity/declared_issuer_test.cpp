#include "identity/declared_issuer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "identity/key_source.h"
#include "identity/key_url.h"
#include "json/yaml.h"

namespace snapgate::identity {
namespace {

base::Result<std::vector<DeclaredIssuer>> read(const std::string& yaml) {
    const auto value = json::parse_yaml(yaml);
    if (!value) return value.error();
    return read_issuers(*value, "/etc/snapgate");
}

// The place of the fault and what it is.
std::string fault(const std::string& yaml) {
    const auto issuers = read(yaml);
    return issuers ? "" : issuers.error().subject + ": " + issuers.error().message;
}

constexpr std::string_view kGood = R"(
- name: corp
  issuer: https://id.example.com/realm
  audiences: [snapgate, other]
  ca-file: ca.crt
  token-file: /run/token
  username-claim: email
  clock-skew: 10s
  refresh: 5m
  keys-max-age: 2h
  rules:
  - {claim: groups, values: [admins, root], role: admin, tenant: true}
  - {claim: [a, b], values: x, role: editor, projects: [shop], clusters: [web]}
)";

TEST(DeclaredIssuerTest, ReadsAll) {
    const auto issuers = read(std::string(kGood));
    ASSERT_TRUE(issuers) << issuers.error().message;
    ASSERT_EQ(issuers->size(), 1U);
    const DeclaredIssuer& issuer = issuers->front();
    EXPECT_EQ(issuer.name, "corp");
    EXPECT_EQ(issuer.audiences, (std::vector<std::string>{"snapgate", "other"}));
    EXPECT_EQ(issuer.ca_file, "/etc/snapgate/ca.crt");
    EXPECT_EQ(issuer.token_file, "/run/token");
    EXPECT_EQ(issuer.username_claim, "email");
    EXPECT_EQ(issuer.clock_skew, std::chrono::seconds(10));
    EXPECT_EQ(issuer.refresh, std::chrono::minutes(5));
    EXPECT_EQ(issuer.keys_max_age, std::chrono::hours(2));
    ASSERT_EQ(issuer.rules.size(), 2U);
    EXPECT_EQ(issuer.rules[0].values, (std::vector<std::string>{"admins", "root"}));
    EXPECT_TRUE(issuer.rules[0].tenant);
    EXPECT_EQ(issuer.rules[1].claim, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(issuer.rules[1].clusters, std::vector<std::string>{"web"});
}

// `good` with one line replaced.
std::string with(std::string_view line, std::string_view other) {
    std::string text(kGood);
    const size_t at = text.find(line);
    EXPECT_NE(at, std::string::npos) << line;
    return text.replace(at, line.size(), other);
}

TEST(DeclaredIssuerTest, NamesWhatIsWrong) {
    EXPECT_EQ(fault(std::string(kGood)), "");
    const auto expect = [](std::string_view line, std::string_view other, std::string_view place) {
        const std::string text = fault(with(line, other));
        EXPECT_TRUE(text.starts_with(place)) << other << ": " << text;
    };
    expect("name: corp", "name: Corp", "issuers[0].name: must be 1 to 63");
    expect("name: corp", "nam: corp",
           "issuers[0]: the field \"nam\" is not known here (did you mean name?)");
    expect("name: corp", "secret: corp", "issuers[0]: one of its fields is not known");
    expect("issuer: https://id.example.com/realm", "issuer: http://id.example.com",
           "issuers[0].issuer: must be an address of the form https://");
    expect("audiences: [snapgate, other]", "audiences: []", "issuers[0].audiences:");
    expect("audiences: [snapgate, other]", "audiences: [7]", "issuers[0].audiences:");
    expect("audiences: [snapgate, other]", "", "issuers[0]: must have the field audiences");
    expect("ca-file: ca.crt", "jwks-file: keys.json", "issuers[0].token-file: goes with keys");
    expect("ca-file: ca.crt", "jwks-url: http://x/keys", "issuers[0].jwks-url:");
    expect("clock-skew: 10s", "clock-skew: 6m", "issuers[0].clock-skew: must be a duration");
    expect("refresh: 5m", "refresh: 100ms", "issuers[0].refresh: must be a duration");
    expect("refresh: 5m", "refresh: 5", "issuers[0].refresh: must be a duration");
    expect("role: admin", "role: root", "issuers[0].rules[0].role:");
    expect("tenant: true", "tenant: 1", "issuers[0].rules[0].tenant:");
    expect("tenant: true", "tenant: false", "issuers[0].rules[0]: must have either");
    expect("tenant: true", "tenant: true, projects: a", "issuers[0].rules[0]: must have either");
    expect("projects: [shop]", "projects: [shop, bank]",
           "issuers[0].rules[1].clusters: go with one");
    expect("role: editor", "role: admin", "issuers[0].rules[1].clusters: go with a reader");
    expect("claim: groups, ", "", "issuers[0].rules[0]: must have the field claim");
    expect("values: x, ", "", "issuers[0].rules[1]: must have the field values");
    expect("claim: [a, b]", "claim: [a, b, c, d, e, f, g, h, i]", "issuers[0].rules[1].claim:");
    EXPECT_EQ(fault("{}"), "issuers: must be a list of at most 1000");
    EXPECT_EQ(fault("[7]"), "issuers[0]: must be a mapping");
    EXPECT_TRUE(fault(std::string(kGood) + std::string(kGood).substr(1))
                    .starts_with("issuers[1].name: another issuer"));
    EXPECT_TRUE(fault("[{name: a, issuer: b, audiences: c, jwks-file: d}]")
                    .starts_with("issuers[0].rules: must be a list"));
}

TEST(DeclaredIssuerTest, AnIssuerWithAFileOfKeysNeedsNoAddress) {
    const auto issuers = read(
        "[{name: a, issuer: kubernetes/serviceaccount, audiences: c, jwks-file: keys.json, "
        "rules: [{claim: sub, values: x, role: reader, tenant: true}]}]");
    ASSERT_TRUE(issuers) << issuers.error().message;
    EXPECT_EQ(issuers->front().jwks_file, "/etc/snapgate/keys.json");
}

TEST(KeyUrlTest, TakesHttpsAlone) {
    const auto text = [](std::string_view url) {
        const auto read = read_key_url(url);
        return read ? read->server + " " + read->target : "";
    };
    EXPECT_EQ(text("https://a.example.com"), "https://a.example.com /");
    EXPECT_EQ(text("https://a.example.com:8443/keys/v1?p=x"),
              "https://a.example.com:8443 /keys/v1?p=x");
    EXPECT_EQ(text("https://[::1]:1/k"), "https://[::1]:1 /k");
    for (const std::string_view url :
         {"", "http://a/k", "https://", "https:///k", "https://a/k#f", "https://a#f",
          "https://a?x=1", "https://u:p@a/k", "https://a/k k", "https://a/k\r\nX: y",
          "file:///etc/passwd", "https://a:0/k", "https://a:99999/k"})
        EXPECT_EQ(text(url), "") << url;
    EXPECT_EQ(discovery_url("https://a/realm/")->target, "/realm/.well-known/openid-configuration");
    EXPECT_EQ(discovery_url("https://a")->target, "/.well-known/openid-configuration");
    EXPECT_FALSE(discovery_url("https://a/?x"));
}

TEST(DiscoveryTest, TheDocumentIsThatOfTheIssuer) {
    const std::string issuer = "https://a/realm";
    const auto keys = [&](std::string_view text) {
        const auto read = read_discovery(text, issuer);
        return read ? *read : "";
    };
    EXPECT_EQ(keys(R"({"issuer":"https://a/realm","jwks_uri":"https://b/keys"})"),
              "https://b/keys");
    for (const std::string_view text :
         {R"({"issuer":"https://a/realm/","jwks_uri":"https://b/keys"})",
          R"({"issuer":"https://b","jwks_uri":"https://b/keys"})",
          R"({"jwks_uri":"https://b/keys"})", R"({"issuer":"https://a/realm"})",
          R"({"issuer":"https://a/realm","jwks_uri":7})",
          R"({"issuer":"https://a/realm","jwks_uri":"http://b/keys"})",
          R"({"issuer":"https://a/realm","jwks_uri":"file:///etc/keys"})", "[]", "", "null"})
        EXPECT_EQ(keys(text), "") << text;
}

}  // namespace
}  // namespace snapgate::identity
