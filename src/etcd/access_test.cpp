#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/encoding.h"
#include "etcd/cluster_testing.h"
#include "etcd/requests_testing.h"

// Who may speak to etcd: certificates, user names and roles.
namespace snapgate::etcd {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPassword = "dont-tell";

std::string base64(std::string_view bytes) {
    std::string text;
    base::append_base64(bytes, text);
    return text;
}

// Makes the user root, the user snapgate who may read and write "snapgate/", and turns
// authentication on.
void enable_authentication(const TestCluster& cluster) {
    const auto post = [&](const std::string& path, const std::string& json) {
        const std::string answer = cluster.post(0, path, json);
        EXPECT_THAT(answer, HasSubstr("header")) << path;
    };
    const std::string password = std::string(R"(", "password": ")") + kPassword + "\"}";
    post("/v3/auth/user/add", R"({"name": "root)" + password);
    post("/v3/auth/role/add", R"({"name": "root"})");
    post("/v3/auth/user/grant", R"({"user": "root", "role": "root"})");
    post("/v3/auth/user/add", R"({"name": "snapgate)" + password);
    post("/v3/auth/role/add", R"({"name": "inventory"})");
    const std::string prefix = "snapgate/";
    post("/v3/auth/role/grant",
         R"({"name": "inventory", "perm": {"permType": "READWRITE", "key": ")" + base64(prefix) +
             R"(", "range_end": ")" + base64(end_of_prefix(prefix)) + "\"}}");
    post("/v3/auth/user/grant", R"({"user": "snapgate", "role": "inventory"})");
    post("/v3/auth/enable", "{}");
}

ClientOptions with_user(const TestCluster& cluster) {
    ClientOptions options = cluster.client_options();
    options.username = "snapgate";
    options.password = kPassword;
    return options;
}

TEST(EtcdAccess, AUserSeesWhatTheRoleAllows) {
    const TestCluster cluster;
    enable_authentication(cluster);
    const auto client = TestCluster::client(with_user(cluster));
    const auto committed = client->commit(put_txn("snapgate/a", "1"));
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(client->range(all_with("snapgate/")).value().count, 1);
    const auto other = client->commit(put_txn("other", "1"));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::kPermissionDenied);
    EXPECT_FALSE(other.error().may_be_done);
    auto watch = client->watch("other", "", 0).value();
    EXPECT_EQ(watch->next(in(5s)).error().code, ErrorCode::kPermissionDenied);
    auto own =
        client->watch("snapgate/", end_of_prefix("snapgate/"), committed->header.revision).value();
    EXPECT_EQ(own->next(in(5s)).value().value().events.size(), 1U);
}

TEST(EtcdAccess, AWrongPasswordIsRefusedAndNotShown) {
    const TestCluster cluster;
    enable_authentication(cluster);
    ClientOptions options = with_user(cluster);
    options.password = "guessed-wrong";
    const auto client = TestCluster::client(options);
    const auto refused = client->commit(put_txn("snapgate/a", "1"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnauthenticated) << refused.error().message;
    EXPECT_THAT(refused.error().message, Not(HasSubstr("guessed")));
    EXPECT_FALSE(refused.error().may_be_done);
    EXPECT_EQ(client->watch("snapgate/a", "", 0).error().code, ErrorCode::kUnauthenticated);

    const auto nobody = cluster.client();
    EXPECT_EQ(nobody->range(all_with("snapgate/")).error().code, ErrorCode::kUnauthenticated);
}

// A member that starts again knows none of its tokens.
TEST(EtcdAccess, AForgottenTokenIsReplaced) {
    TestCluster cluster;
    enable_authentication(cluster);
    const auto client = TestCluster::client(with_user(cluster));
    ASSERT_TRUE(client->commit(put_txn("snapgate/a", "1")));
    cluster.kill(0);
    cluster.start(0);
    Result<Committed> committed = client->commit(put_txn("snapgate/a", "2"));
    for (int i = 0; i < 500 && !committed; ++i) {
        ASSERT_EQ(committed.error().code, ErrorCode::kUnavailable) << committed.error().message;
        std::this_thread::sleep_for(20ms);
        committed = client->commit(put_txn("snapgate/a", "2"));
    }
    ASSERT_TRUE(committed) << committed.error().message;
}

TEST(EtcdAccess, AUserIsNoErrorWhereThereIsNoAuthentication) {
    const TestCluster cluster;
    const auto client = TestCluster::client(with_user(cluster));
    ASSERT_TRUE(client->commit(put_txn("a", "1")));
    enable_authentication(cluster);
    const auto committed = client->commit(put_txn("snapgate/a", "1"));
    ASSERT_TRUE(committed) << committed.error().message;
}

TEST(EtcdAccess, SpeaksTlsWithCertificates) {
    const TestCluster cluster({.tls = true});
    const auto client = cluster.client();
    ASSERT_TRUE(client->commit(put_txn("a", "1")));

    const auto refused = [](ClientOptions options) {
        options.timeout = 3s;
        const auto range = TestCluster::client(std::move(options))->range(all_with("a"));
        if (range) return std::string("it was read");
        EXPECT_EQ(range.error().code, ErrorCode::kUnavailable);
        return range.error().message;
    };
    ClientOptions nobody = cluster.client_options();
    nobody.certificate = nobody.private_key = "";
    EXPECT_NE(refused(nobody), "it was read");

    // Signed by itself, so that it is not the authority of the server.
    ClientOptions stranger = cluster.client_options();
    stranger.ca = cluster.pem("other.pem");
    EXPECT_THAT(refused(stranger), HasSubstr("certificate verify failed"));

    ClientOptions other_name = cluster.client_options();
    const std::string& url = cluster.url(0);
    other_name.endpoints = {"https://localhost" + url.substr(url.rfind(':'))};
    EXPECT_NE(refused(other_name), "it was read");
}

TEST(EtcdAccess, OptionsThatDoNotFitAreRefused) {
    const auto message = [](ClientOptions options) {
        const auto made = Client::make(std::move(options));
        if (made) return std::string("made");
        EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
        return made.error().message;
    };
    EXPECT_THAT(message({}), HasSubstr("no endpoint"));
    EXPECT_THAT(message({.endpoints = {"http://a:1", "https://b:1"}}), HasSubstr("all with"));
    EXPECT_THAT(message({.endpoints = {"http://a:1"}, .ca = "x"}), HasSubstr("http://"));
    EXPECT_THAT(message({.endpoints = {"https://a:1"}, .certificate = "x"}),
                HasSubstr("private key"));
    EXPECT_THAT(message({.endpoints = {"http://a:1"}, .password = kPassword}),
                HasSubstr("without a user name"));
    EXPECT_THAT(message({.endpoints = {"http://me:secret@a:1"}}), Not(HasSubstr("secret")));
    EXPECT_EQ(message({.endpoints = {"http://a:1"}}), "made");
}

}  // namespace
}  // namespace snapgate::etcd
