#include "remote/kubeconfig_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder_testing.h"
#include "connect/connection.h"

namespace snapgate::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kCertificate =
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
constexpr const char* kKey = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

constexpr const char* kText = R"(current-context: main
contexts:
- name: main
  context: {cluster: edge, user: files}
- name: program
  context: {cluster: edge, user: program}
- name: missing
  context: {cluster: edge, user: missing}
- name: other
  context: {cluster: edge, user: other}
clusters:
- name: edge
  cluster: {server: 'https://edge:6443', certificate-authority: pki/ca.crt}
users:
- name: files
  user: {client-certificate: pki/me.crt, client-key: pki/me.key, tokenFile: token}
- name: program
  user: {exec: {command: secret-program}}
- name: missing
  user: {tokenFile: nowhere}
- name: other
  user: {token: another-secret}
)";

class KubeconfigFile : public testing::Test {
  protected:
    KubeconfigFile() {
        std::filesystem::create_directory(folder_.path() / "pki");
        folder_.file("pki/ca.crt", kCertificate);
        folder_.file("pki/me.crt", kCertificate);
        folder_.file("pki/me.key", kKey);
        folder_.file("token", "a-token\n");
        file_ = folder_.file("config", kText);
    }
    base::TemporaryFolder folder_;
    std::string file_;
};

TEST_F(KubeconfigFile, TakesTheFilesIn) {
    auto text = read_kubeconfig_file(file_, "");
    ASSERT_TRUE(text) << text.error().message;
    auto connection = connect::read_kubeconfig(*text, "");
    ASSERT_TRUE(connection) << connection.error().message;
    EXPECT_EQ(connection->server, "https://edge:6443");
    EXPECT_EQ(connection->ca, kCertificate);
    EXPECT_EQ(connection->client_certificate, kCertificate);
    EXPECT_EQ(connection->client_key, kKey);
    EXPECT_EQ(connection->token, "a-token");
}

TEST_F(KubeconfigFile, SendsOneContextAlone) {
    auto text = read_kubeconfig_file(file_, "main");
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_THAT(*text, Not(HasSubstr("another-secret")));
    EXPECT_THAT(*text, Not(HasSubstr("secret-program")));
}

TEST_F(KubeconfigFile, SaysWhatIsNotTaken) {
    auto program = read_kubeconfig_file(file_, "program");
    ASSERT_FALSE(program);
    EXPECT_EQ(program.error().exit, Exit::kRefused);
    EXPECT_THAT(program.error().message, HasSubstr("users[name=program].user.exec"));
    auto missing = read_kubeconfig_file(file_, "missing");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().exit, Exit::kUsage);
    EXPECT_THAT(missing.error().message, HasSubstr("users[name=missing].user.tokenFile"));
    EXPECT_THAT(missing.error().message, HasSubstr("nowhere"));
    EXPECT_EQ(read_kubeconfig_file(file_, "none").error().exit, Exit::kRefused);
    EXPECT_EQ(read_kubeconfig_file(file_ + "x", "").error().exit, Exit::kUsage);
}

}  // namespace
}  // namespace snapgate::cli
