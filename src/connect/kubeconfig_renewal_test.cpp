#include "connect/kubeconfig_renewal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "store/objects_testing.h"

namespace snapgate::connect {
namespace {

using base::Code;
using testing::HasSubstr;
namespace fs = std::filesystem;

class Renewal : public testing::Test {
  protected:
    Renewal() {
        fs::create_directories(folder_.path());
        members_.cluster_path = "c";
        members_.user_path = "u";
        members_.connection.server = "https://edge";
    }
    void write(const std::string& name, std::string_view text) {
        std::ofstream(folder_.path() / name, std::ios::trunc) << text;
    }
    KubeconfigRenewal renewal(std::optional<CredentialProgram> program = std::nullopt) {
        return {members_, folder_.path(), std::move(program)};
    }

    store::TestDirectory folder_;
    KubeconfigMembers members_;
    std::atomic<bool> stop_ = false;
};

TEST_F(Renewal, ReadsFilesAgainAfterARefusal) {
    members_.token = {"u.tokenFile", "token"};
    members_.connection.token = "beside it";
    KubeconfigRenewal renewal = this->renewal();
    auto missing = renewal(false, stop_);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Code::kUnauthorized);
    EXPECT_THAT(missing.error().message, HasSubstr("u.tokenFile"));
    write("token", "one\n");
    EXPECT_EQ(renewal(false, stop_)->connection.token, "one");
    write("token", "two\n");
    EXPECT_EQ(renewal(false, stop_)->connection.token, "one");
    EXPECT_EQ(renewal(true, stop_)->connection.token, "two");
    fs::remove(folder_.path() / "token");
    EXPECT_EQ(renewal(true, stop_)->connection.token, "two");
    const auto left = renewal(true, stop_)->good_until - std::chrono::steady_clock::now();
    EXPECT_GT(left, std::chrono::seconds(30));
    EXPECT_LE(left, std::chrono::seconds(60));
}

TEST_F(Renewal, TakesWhatCanBeAConnectionAlone) {
    members_.ca = {"c.certificate-authority", "ca"};
    write("ca", "no certificate");
    KubeconfigRenewal renewal = this->renewal();
    EXPECT_THAT(renewal(false, stop_).error().message, HasSubstr("c.certificate-authority"));
    write("ca", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    EXPECT_TRUE(renewal(false, stop_));
}

TEST_F(Renewal, RunsAProgramWhenItsCredentialsEnd) {
    CredentialProgram program;
    program.file = folder_.path() / "program";
    program.api_version = "client.authentication.k8s.io/v1";
    write("program",
          "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho x >> count\n"
          "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":"
          "\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t%s\"}}' "
          "$(wc -l < count)\n");
    ::chmod(program.file.c_str(), 0700);
    KubeconfigRenewal renewal = this->renewal(program);
    auto first = renewal(false, stop_);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->connection.token, "t1");
    EXPECT_EQ(first->good_until, std::chrono::steady_clock::time_point::max());
    EXPECT_EQ(renewal(false, stop_)->connection.token, "t1");
    EXPECT_EQ(renewal(true, stop_)->connection.token, "t2");
}

TEST_F(Renewal, ACertificateOfAProgramCountsUntilTheProgramRunsAgain) {
    CredentialProgram program;
    program.file = folder_.path() / "program";
    program.api_version = "client.authentication.k8s.io/v1";
    write("program", "#!/bin/sh\ncat \"$(dirname \"$0\")/answer\"\n");
    ::chmod(program.file.c_str(), 0700);
    const auto answers = [&](std::string_view status) {
        write("answer", R"({"kind":"ExecCredential","apiVersion":)"
                        R"("client.authentication.k8s.io/v1","status":{)" +
                            std::string(status) + "}}");
    };
    answers(R"("clientCertificateData":"-----BEGIN CERTIFICATE-----\nAAAA\n)"
            R"(-----END CERTIFICATE-----\n","clientKeyData":"-----BEGIN PRIVATE KEY-----\nAAAA\n)"
            R"(-----END PRIVATE KEY-----\n")");
    KubeconfigRenewal renewal = this->renewal(program);
    auto first = renewal(false, stop_);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_THAT(first->connection.client_certificate, HasSubstr("BEGIN CERTIFICATE"));
    answers(R"("token":"t")");
    auto second = renewal(true, stop_);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->connection.token, "t");
    EXPECT_EQ(second->connection.client_certificate, "");
    EXPECT_EQ(second->connection.client_key, "");
}

}  // namespace
}  // namespace snapgate::connect
