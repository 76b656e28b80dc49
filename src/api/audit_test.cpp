// Which requests have which lines in the audit trail, over HTTP.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "api/service_testing.h"
#include "base/clock_testing.h"
#include "net/server/raw_connection_testing.h"

namespace snapgate::api {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class AuditTest : public testing::Test {
  protected:
    AuditTest() { service_.keep_trail(); }

    net::RawConnection::Answer ask(std::string_view method, std::string_view path,
                                   std::string_view headers, std::string_view body = {}) {
        return service_.ask(method, path, headers, body);
    }
    std::string admin() const { return fmt::format("ApiKey: {}\r\n", service_.key()); }
    // A key with that role; "held" may see no cluster of the service but its own.
    access::NewKey make_key(access::Role role, std::vector<access::KeyCluster> clusters = {}) {
        access::NewKey key =
            access::make_key("other", role, clusters.empty() ? std::string() : service_.project(),
                             service_.store().now_ms(), std::nullopt);
        key.key.clusters = std::move(clusters);
        service_.must([&](store::WriteTxn& txn) { return access::create_key(txn, key.key); });
        service_.reload();
        return key;
    }
    std::string of(const access::NewKey& key) { return fmt::format("ApiKey: {}\r\n", key.text); }
    std::string who(std::string_view name) {
        const std::string& text = service_.key();
        return fmt::format(R"("who":{{"key":"{}","name":"{}"}})", access::claimed_id(text), name);
    }

    static constexpr std::string_view kSnapshots = "/v1/spectroclusters/demo/vms/db/snapshot";
    static constexpr std::string_view kSession = "/console/v1/session";
    static constexpr std::string_view kConsole = "X-Snapgate-Console: 1\r\n";
    static constexpr std::string_view kObject =
        R"({"metadata":{"name":"one"},"spec":{"source":{}}})";

    const base::TestClock clock_;
    TestService service_{clock_};
};

TEST_F(AuditTest, AWriteHasOneLineAndAReadHasNone) {
    ASSERT_EQ(ask("POST", kSnapshots, admin(), kObject).status, 200U);
    ASSERT_EQ(ask("GET", kSnapshots, admin()).status, 405U);
    ASSERT_EQ(ask("GET", "/v1/spectroclusters/demo/vms/snapshot", admin()).status, 200U);
    EXPECT_THAT(service_.trail(),
                ElementsAre(AllOf(HasSubstr(R"("seq":)"), HasSubstr(who("admin")),
                                  HasSubstr(R"("verb":"create")"), HasSubstr(R"("name":"one")"),
                                  HasSubstr(R"("cluster":"demo","clusterName":"demo")"),
                                  HasSubstr(R"("outcome":"done","change":"created")"),
                                  HasSubstr(R"("from":"127.0.0.1:)"), Not(HasSubstr("sgk_")))));
}

TEST_F(AuditTest, AWriteOfTheRegistryHasOneLine) {
    ASSERT_EQ(ask("POST", "/admin/v1/keys", admin(), R"({"name":"k","role":"editor"})").status,
              201U);
    ASSERT_EQ(ask("POST", "/admin/v1/projects", admin(), R"({"name":"p"})").status, 201U);
    EXPECT_THAT(service_.trail(),
                ElementsAre(AllOf(HasSubstr(R"("kind":"Key","name":"k")"),
                                  HasSubstr(R"("role":"editor")"), Not(HasSubstr("sgk_"))),
                            AllOf(HasSubstr(R"("kind":"Project","name":"p")"),
                                  HasSubstr(R"("change":"created")"))));
}

TEST_F(AuditTest, ARefusalSaysWhichKeyItWasAndWhetherThatIsCertain) {
    const access::NewKey reader = make_key(access::Role::kReader);
    ASSERT_EQ(ask("POST", kSnapshots, of(reader), kObject).status, 403U);
    ASSERT_EQ(
        ask("DELETE", std::string(kSnapshots) + "/one", fmt::format("ApiKey: {}x\r\n", reader.text))
            .status,
        401U);
    ASSERT_EQ(ask("POST", kSnapshots, "", kObject).status, 401U);
    const std::string key = fmt::format(R"("who":{{"key":"{}","name":"other")", reader.key.id);
    EXPECT_THAT(
        service_.trail(),
        ElementsAre(AllOf(HasSubstr(key + "}"), HasSubstr(R"("outcome":"refused","status":403)"),
                          Not(HasSubstr(R"("seq")"))),
                    AllOf(HasSubstr(key + R"(,"verified":false})"), HasSubstr(R"("verb":"delete")"),
                          HasSubstr(R"("status":401)")),
                    AllOf(Not(HasSubstr(R"("who")")), HasSubstr(R"("status":401)"))));
}

TEST_F(AuditTest, AReadOfAClusterThatTheKeyMayNotSeeHasALine) {
    cluster::Cluster other;
    other.uid = other.name = "other";
    service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_ASSIGN(other, service_.create(txn, other));
        return {};
    });
    service_.reload();
    const access::NewKey held = make_key(access::Role::kReader, {{"other", other.number}});
    EXPECT_EQ(ask("GET", "/v1/spectroclusters/other/vms/snapshot", of(held)).status, 200U);
    EXPECT_EQ(ask("GET", "/v1/spectroclusters/no-such/vms/snapshot", of(held)).status, 404U);
    EXPECT_EQ(ask("GET", "/v1/spectroclusters/demo/vms/snapshot", of(held)).status, 404U);
    const std::string bearer = fmt::format("Authorization: Bearer {}\r\n", held.text);
    EXPECT_EQ(ask("GET", "/clusters/demo/api", bearer).status, 404U);
    EXPECT_THAT(service_.trail(),
                ElementsAre(AllOf(HasSubstr(held.key.id), HasSubstr("/v1/spectroclusters/demo/"),
                                  HasSubstr(R"("status":404)")),
                            HasSubstr(R"("path":"/clusters/demo/api")")));
}

TEST_F(AuditTest, AHolderOfATokenIsNamedByTheIssuerAndItself) {
    service_.trust({identity::test_issuer()});
    const std::string token =
        TestService::trusted_key().token(identity::test_claims(clock_.now_ms()));
    ASSERT_EQ(
        ask("POST", kSnapshots, fmt::format("Authorization: Bearer {}\r\n", token), kObject).status,
        200U);
    ASSERT_EQ(
        ask("POST", "/admin/v1/projects", fmt::format("ApiKey: {}\r\n", token), R"({"name":"p"})")
            .status,
        403U);
    const auto by_alice = AllOf(HasSubstr(R"("who":{"key":"oidc:)"),
                                HasSubstr(R"("name":"corp:alice"})"), Not(HasSubstr(token)));
    EXPECT_THAT(service_.trail(),
                UnorderedElementsAre(AllOf(by_alice, HasSubstr(R"("change":"created")")),
                                     AllOf(by_alice, HasSubstr(R"("status":403)"))));
}

TEST_F(AuditTest, TheConsoleActsUnderTheKeyOfItsSession) {
    const auto begun =
        ask("POST", kSession, kConsole, fmt::format(R"({{"key":"{}"}})", service_.key()));
    ASSERT_EQ(begun.status, 200U);
    const std::string_view cookie = begun.header("Set-Cookie").value_or("");
    const std::string headers =
        fmt::format("{}Cookie: {}\r\n", kConsole, cookie.substr(0, cookie.find(';')));
    ASSERT_EQ(ask("POST", kSnapshots, headers, kObject).status, 200U);
    ASSERT_EQ(ask("DELETE", kSession, headers).status, 204U);
    ASSERT_EQ(ask("DELETE", kSession, headers).status, 204U);
    ASSERT_EQ(ask("DELETE", kSession, kConsole).status, 204U);
    EXPECT_THAT(service_.trail(),
                ElementsAre(AllOf(HasSubstr(who("admin")), HasSubstr(R"("verb":"create")"),
                                  HasSubstr(R"("kind":"ConsoleSession")"), Not(HasSubstr("sgk_"))),
                            AllOf(HasSubstr(who("admin")), HasSubstr(R"("name":"one")")),
                            AllOf(HasSubstr(who("admin")), HasSubstr(R"("verb":"delete")"),
                                  HasSubstr(R"("kind":"ConsoleSession")"))))
        << "whoever has no session cannot make the server write";
}

TEST_F(AuditTest, AWrongKeyAtTheConsoleIsARefusal) {
    std::string wrong = service_.key();
    wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
    ASSERT_EQ(ask("POST", kSession, kConsole, fmt::format(R"({{"key":"{}"}})", wrong)).status,
              401U);
    EXPECT_THAT(service_.trail(),
                ElementsAre(AllOf(HasSubstr(access::claimed_id(wrong)),
                                  HasSubstr(R"("verified":false)"), Not(HasSubstr("sgk_")))));
}

TEST_F(AuditTest, AKeyInAPathKeepsItsSecret) {
    const std::string& key = service_.key();
    const std::string shown = fmt::format("sgk_{}_...", access::claimed_id(key));
    const std::string id = fmt::format("X-Request-Id: {}\r\n", key);
    const auto by_key = ask("DELETE", "/admin/v1/keys/" + key, admin() + id);
    const auto by_uid =
        ask("GET", fmt::format("/v1/spectroclusters/{}/vms/snapshot", key), admin() + id);
    const auto by_kube = ask("GET", fmt::format("/clusters/{}/api", key),
                             fmt::format("Authorization: Bearer {}\r\n", key));
    ASSERT_EQ(ask("DELETE", "/admin/v1/keys/" + key, "").status, 401U);
    for (const auto& answer : {by_key, by_uid, by_kube}) {
        EXPECT_EQ(answer.status, 404U);
        EXPECT_THAT(answer.body, AllOf(HasSubstr(shown), Not(HasSubstr(key))));
        EXPECT_THAT(answer.head, Not(HasSubstr(key)));
    }
    EXPECT_THAT(service_.trail(),
                ElementsAre(AllOf(HasSubstr("/admin/v1/keys/" + shown), Not(HasSubstr(key))),
                            AllOf(HasSubstr("/admin/v1/keys/" + shown), Not(HasSubstr(key)))));
}

TEST_F(AuditTest, WithoutATrailNothingIsStored) {
    service_.trail();
    ASSERT_EQ(ask("POST", kSnapshots, admin(), kObject).status, 200U);
    EXPECT_THAT(*service_.store().read().audit_lines(0, 1 << 20), IsEmpty());
}

}  // namespace
}  // namespace snapgate::api
