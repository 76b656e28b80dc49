// The console's sessions over HTTP: what its cookie opens, and for whom it counts for nothing.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "access/projects.h"
#include "api/service_testing.h"
#include "base/clock_testing.h"
#include "identity/tokens_testing.h"
#include "net/server/raw_connection_testing.h"

namespace snapgate::api {
namespace {

constexpr std::string_view kConsole = "X-Snapgate-Console: 1\r\n";

class ConsoleSessionTest : public testing::Test {
  protected:
    net::RawConnection::Answer ask(std::string_view method, std::string_view path,
                                   std::string_view headers, std::string_view body = {}) {
        return service_.ask(method, path, headers, body);
    }
    net::RawConnection::Answer sign_in(std::string_view key) {
        return ask("POST", kSession, kConsole, fmt::format(R"({{"key":"{}"}})", key));
    }
    // The headers of a request of the console that is signed in.
    std::string signed_in() {
        const auto answer = sign_in(service_.key());
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return fmt::format("{}{}", kConsole, cookie_of(answer));
    }
    static std::string cookie_of(const net::RawConnection::Answer& answer) {
        const std::string_view cookie = answer.header("Set-Cookie").value_or("");
        return fmt::format("Cookie: other=1; {}\r\n", cookie.substr(0, cookie.find(';')));
    }

    // Of alice, who is in this group alone; good for ten minutes.
    json::Object claims_of(std::string_view group) const {
        json::Object claims = identity::test_claims(clock_.now_ms());
        claims["groups"] = json::Array{group};
        return claims;
    }
    std::string token_of(std::string_view group) const {
        return TestService::trusted_key().token(claims_of(group));
    }

    static constexpr std::string_view kSession = "/console/v1/session";
    static constexpr std::string_view kClusters = "/admin/v1/clusters";
    base::TestClock clock_;
    TestService service_{clock_};
};

TEST_F(ConsoleSessionTest, ItBeginsWithAKeyAndEndsWithTheSigningOut) {
    const auto begun = sign_in(service_.key());
    EXPECT_EQ(begun.status, 200U);
    EXPECT_THAT(begun.body, testing::HasSubstr(R"("keyName":"admin")"));
    EXPECT_THAT(begun.body, testing::HasSubstr(R"("role":"admin")"));
    EXPECT_THAT(std::string(begun.header("Set-Cookie").value_or("")),
                testing::MatchesRegex("snapgate-[0-9a-f]+=[^;]+; Path=/; HttpOnly; "
                                      "SameSite=Strict"));
    EXPECT_THAT(begun.body, testing::Not(testing::HasSubstr(service_.key())));
    const std::string headers = fmt::format("{}{}", kConsole, cookie_of(begun));
    EXPECT_THAT(ask("GET", kSession, headers).body, testing::HasSubstr(R"("signedIn":true)"));
    EXPECT_EQ(ask("GET", kClusters, headers).status, 200U);
    EXPECT_EQ(ask("GET", "/clusters/demo/api", headers).status, 200U);

    const auto ended = ask("DELETE", kSession, headers);
    EXPECT_EQ(ended.status, 204U);
    EXPECT_THAT(std::string(ended.header("Set-Cookie").value_or("")),
                testing::HasSubstr("Max-Age=0"));
    EXPECT_EQ(ask("GET", kClusters, headers).status, 401U);
    EXPECT_EQ(ask("GET", "/clusters/demo/api", headers).status, 401U);
    EXPECT_THAT(ask("GET", kSession, headers).body, testing::HasSubstr(R"("signedIn":false)"));
}

TEST_F(ConsoleSessionTest, AWrongKeyBeginsNone) {
    std::string wrong = service_.key();
    wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
    for (const std::string& key : {wrong, std::string(), std::string("no key")}) {
        const auto answer = sign_in(key);
        EXPECT_EQ(answer.status, 401U) << key;
        EXPECT_EQ(answer.header("Set-Cookie"), std::nullopt);
    }
}

TEST_F(ConsoleSessionTest, TheCookieAloneCountsForNothing) {
    const std::string headers = signed_in();
    const std::string cookie = headers.substr(kConsole.size());
    EXPECT_EQ(ask("GET", kClusters, cookie).status, 401U);
    EXPECT_EQ(ask("GET", kClusters, "X-Snapgate-Console: 0\r\n" + cookie).status, 401U);
    for (const char* site : {"cross-site", "same-site", "none"}) {
        EXPECT_EQ(
            ask("GET", kClusters, fmt::format("{}Sec-Fetch-Site: {}\r\n", headers, site)).status,
            401U)
            << site;
        EXPECT_EQ(
            ask("DELETE", kSession, fmt::format("{}Sec-Fetch-Site: {}\r\n", headers, site)).status,
            403U)
            << site;
    }
    EXPECT_EQ(ask("GET", kClusters, headers + "Sec-Fetch-Site: same-origin\r\n").status, 200U);
    // Of two cookies of that name, one was planted.
    EXPECT_EQ(ask("GET", kClusters, headers + cookie).status, 401U);
    // Signing in as somebody else from another site.
    const std::string body = fmt::format(R"({{"key":"{}"}})", service_.key());
    EXPECT_EQ(ask("POST", kSession, "", body).status, 403U);
}

TEST_F(ConsoleSessionTest, AKeyInTheRequestGoesBeforeTheCookie) {
    const std::string headers = signed_in();
    EXPECT_EQ(ask("GET", kClusters, headers + "ApiKey: sgk_nonsense\r\n").status, 401U);
    EXPECT_EQ(ask("GET", kClusters, headers + "Authorization: Bearer nonsense\r\n").status, 401U);
}

TEST_F(ConsoleSessionTest, ItEndsWithTheKey) {
    const std::string headers = signed_in();
    EXPECT_EQ(ask("GET", kClusters, headers).status, 200U);
    service_.revoke_key();
    const auto answer = ask("GET", kClusters, headers);
    EXPECT_EQ(answer.status, 401U);
    EXPECT_THAT(answer.body, testing::HasSubstr("the session has ended"));
    EXPECT_THAT(ask("GET", kSession, headers).body, testing::HasSubstr(R"("signedIn":false)"));
}

TEST_F(ConsoleSessionTest, ItBeginsWithATokenAndEndsWithIt) {
    service_.trust({identity::test_issuer()});
    const std::string token = token_of("staff");
    const auto begun = sign_in(token);
    ASSERT_EQ(begun.status, 200U) << begun.body;
    EXPECT_THAT(begun.body, testing::HasSubstr(R"("keyName":"corp:alice")"));
    EXPECT_THAT(begun.body, testing::HasSubstr(R"("role":"editor")"));
    EXPECT_THAT(begun.body, testing::Not(testing::HasSubstr(R"("projects")")));
    EXPECT_THAT(std::string(begun.header("Set-Cookie").value_or("")),
                testing::Not(testing::HasSubstr(token)));
    const std::string headers = fmt::format("{}{}", kConsole, cookie_of(begun));
    EXPECT_THAT(ask("GET", kSession, headers).body,
                testing::HasSubstr(R"("keyName":"corp:alice")"));
    EXPECT_EQ(ask("GET", kClusters, headers).status, 200U);
    EXPECT_EQ(ask("GET", "/clusters/demo/api", headers).status, 200U);
    EXPECT_THAT(ask("GET", "/admin/v1/whoami", headers).body,
                testing::HasSubstr(R"("issuer":"corp")"));
    EXPECT_EQ(ask("POST", kClusters, headers, R"({"name":"x"})").status, 403U);

    clock_.advance(600'000 + 30'000);
    EXPECT_EQ(ask("GET", kClusters, headers).status, 401U);
    EXPECT_THAT(ask("GET", kSession, headers).body, testing::HasSubstr(R"("signedIn":false)"));
}

TEST_F(ConsoleSessionTest, ItEndsWhenTheIssuerIsDeclaredNoMore) {
    service_.trust({identity::test_issuer()});
    const std::string headers =
        fmt::format("{}{}", kConsole, cookie_of(sign_in(token_of("staff"))));
    EXPECT_EQ(ask("GET", kClusters, headers).status, 200U);
    service_.trust({});
    EXPECT_EQ(ask("GET", kClusters, headers).status, 401U);
}

TEST_F(ConsoleSessionTest, ATokenWithRightsInSeveralProjectsNamesThemAll) {
    service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(access::create_project(txn, {.uid = "shop", .name = "the shop"}));
        return access::create_project(txn, {.uid = "bank", .name = "the bank"});
    });
    service_.reload();
    service_.trust(
        {identity::test_issuer({identity::rule("staff", access::Role::kEditor, {"shop"}),
                                identity::rule("staff", access::Role::kReader, {"bank"})})});
    const auto begun = sign_in(token_of("staff"));
    ASSERT_EQ(begun.status, 200U) << begun.body;
    EXPECT_THAT(begun.body, testing::HasSubstr(R"("projectUid":"shop")"));
    EXPECT_THAT(begun.body, testing::HasSubstr(
                                R"("projects":[{"uid":"shop","name":"the shop","role":"editor"},)"
                                R"({"uid":"bank","name":"the bank","role":"reader"}])"));
    const std::string headers = fmt::format("{}{}", kConsole, cookie_of(begun));
    EXPECT_EQ(ask("GET", kSession, headers).body, begun.body);
    EXPECT_EQ(ask("GET", kClusters, headers).status, 400U);
    EXPECT_EQ(ask("GET", kClusters, headers + "ProjectUid: bank\r\n").status, 200U);
}

TEST_F(ConsoleSessionTest, AWrongTokenBeginsNone) {
    service_.trust({identity::test_issuer()});
    const auto unruly = sign_in(token_of("guests"));
    EXPECT_EQ(unruly.status, 403U) << unruly.body;
    const auto forged = sign_in(identity::TestKey("trusted", 2).token(claims_of("staff")));
    EXPECT_EQ(forged.status, 401U) << forged.body;
    for (const auto* answer : {&unruly, &forged})
        EXPECT_EQ(answer->header("Set-Cookie"), std::nullopt);
}

TEST_F(ConsoleSessionTest, WithoutTheConsoleThereAreNone) {
    const std::string headers = signed_in();
    service_.offer_console(false);
    EXPECT_EQ(ask("GET", kSession, headers).status, 404U);
    EXPECT_EQ(ask("GET", kClusters, headers).status, 401U);
    EXPECT_EQ(sign_in(service_.key()).status, 404U);
}

}  // namespace
}  // namespace snapgate::api
