#include "connect/credential_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "store/objects_testing.h"

namespace snapgate::connect {
namespace {

using base::Code;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

json::Object object(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value->get_object();
}

class CredentialPrograms : public testing::Test {
  protected:
    CredentialPrograms() { fs::create_directories(folder_.path()); }

    CredentialProgram script(std::string_view lines) {
        CredentialProgram program;
        program.file = folder_.path() / "program";
        program.api_version = kV1;
        std::ofstream(program.file) << "#!/bin/sh\n" << lines;
        ::chmod(program.file.c_str(), 0700);
        return program;
    }
    base::Result<ProgramCredentials> run(const CredentialProgram& program,
                                         milliseconds timeout = milliseconds(20'000)) {
        return run_program(program, connection_, timeout, stop_);
    }

    store::TestDirectory folder_;
    Connection connection_;
    std::atomic<bool> stop_ = false;
};

TEST_F(CredentialPrograms, AreRunWithArgumentsAndEnvironment) {
    CredentialProgram program = script(
        "test \"$1\" = 'a b; $(c)' || exit 3\n"
        "test \"$NAME\" = value || exit 4\n"
        "test -z \"$SNAPGATE_API_KEY\" || exit 5\n"
        "case $KUBERNETES_EXEC_INFO in *'\"server\":\"https://edge\"'*) ;; *) exit 6 ;; esac\n"
        "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
        "\"status\":{\"token\":\"a-token\",\"expirationTimestamp\":\"2030-01-01T00:00:00Z\"}}'\n");
    program.arguments = {"a b; $(c)"};
    program.environment = {{"NAME", "value"}};
    program.wants_cluster = true;
    connection_.server = "https://edge";
    ::setenv("SNAPGATE_API_KEY", "of the server", 1);
    auto given = run(program);
    ::unsetenv("SNAPGATE_API_KEY");
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(given->token, "a-token");
    EXPECT_EQ(given->expires_ms, 1'893'456'000'000);
}

TEST_F(CredentialPrograms, ThatFailSaySoWithoutTheirOutput) {
    const std::pair<const char*, const char*> wrongs[] = {
        {"echo secret; echo secret >&2; exit 7\n", "ended with status 7"},
        {"kill -9 $$\n", "was ended by signal 9"},
        {"echo secret\n", "no ExecCredential"},
        {"head -c 2000000 /dev/zero; sleep 20\n", "more than 1 MiB"},
    };
    for (const auto& [lines, message] : wrongs) {
        auto given = run(script(lines));
        ASSERT_FALSE(given) << lines;
        EXPECT_EQ(given.error().code, Code::kUnauthorized);
        EXPECT_THAT(given.error().message, HasSubstr(message));
        EXPECT_THAT(given.error().message, Not(HasSubstr("secret")));
    }
    CredentialProgram none;
    none.file = folder_.path() / "none";
    EXPECT_THAT(run(none).error().message, HasSubstr("cannot be run"));
}

TEST_F(CredentialPrograms, AreEndedWhenTheyTakeTooLong) {
    auto given = run(script("exec sleep 600\n"), milliseconds(200));
    ASSERT_FALSE(given);
    EXPECT_THAT(given.error().message, HasSubstr("took longer"));
    std::thread stopper([this] { stop_ = true; });
    EXPECT_THAT(run(script("exec sleep 600\n")).error().message, HasSubstr("the server stops"));
    stopper.join();
}

TEST_F(CredentialPrograms, AreNotWaitedForByWhatTheyLeaveRunning) {
    auto given = run(script(
        "sleep 600 &\necho $! > " + (folder_.path() / "pid").string() +
        "\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
        "\"status\":{\"token\":\"t\"}}'\n"));
    int left = 0;
    std::ifstream(folder_.path() / "pid") >> left;
    if (left > 0) ::kill(left, SIGKILL);
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(given->token, "t");
    EXPECT_FALSE(given->expires_ms);
}

TEST(CredentialProgram, IsOneOfThoseThatAreAllowed) {
    const std::vector<fs::path> allowed = {"/opt/bin/aws", "/opt/bin/twice", "/usr/bin/twice"};
    const std::string path = "users[name=u].user.exec";
    const auto read = [&](std::string_view text) {
        return read_program(object(text), path, allowed);
    };
    for (const char* command : {"aws", "/opt/bin/aws"}) {
        auto program = read(R"({"apiVersion":"client.authentication.k8s.io/v1beta1","command":")" +
                            std::string(command) +
                            R"(","args":["eks"],"env":[{"name":"A","value":"b"}],)"
                            R"("provideClusterInfo":true,"interactiveMode":"IfAvailable"})");
        ASSERT_TRUE(program) << program.error().message;
        EXPECT_EQ(program->file, "/opt/bin/aws");
        EXPECT_EQ(program->arguments, std::vector<std::string>{"eks"});
        EXPECT_EQ(program->environment.front().second, "b");
        EXPECT_TRUE(program->wants_cluster);
    }
    const std::pair<const char*, const char*> wrongs[] = {
        {R"({"command":"aws"})", "apiVersion"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1alpha1","command":"aws"})", "apiVersion"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1"})", "command"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1","command":"gcloud"})", "command"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1","command":"./aws"})", "command"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1","command":"twice"})", "command"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1","command":"/bin/aws"})", "command"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1","command":"aws","args":"x"})", "args"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1","command":"aws","args":[1]})", "args"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1","command":"aws","env":[{}]})", "env"},
        {R"({"apiVersion":"client.authentication.k8s.io/v1","command":"aws",)"
         R"("interactiveMode":"Always"})",
         "interactiveMode"},
    };
    for (const auto& [text, member] : wrongs) {
        auto program = read(text);
        ASSERT_FALSE(program) << text;
        EXPECT_EQ(program.error().subject, path + "." + member) << text;
    }
}

TEST(CredentialProgram, GivesATokenOrACertificate) {
    const auto parse = [](std::string_view status) {
        return parse_credentials(R"({"kind":"ExecCredential","apiVersion":")" + std::string(kV1) +
                                     R"(","status":)" + std::string(status) + "}",
                                 kV1);
    };
    auto certificate = parse(R"({"clientCertificateData":"c","clientKeyData":"k"})");
    ASSERT_TRUE(certificate) << certificate.error().message;
    EXPECT_EQ(certificate->client_certificate, "c");
    EXPECT_EQ(certificate->client_key, "k");
    for (const char* wrong :
         {"{}", "null", "7", R"({"token":7})", R"({"clientCertificateData":"c"})",
          R"({"token":"t","clientKeyData":"k"})",
          R"({"token":"t","expirationTimestamp":"soon"})"}) {
        auto given = parse(wrong);
        ASSERT_FALSE(given) << wrong;
        EXPECT_EQ(given.error().code, Code::kUnauthorized);
    }
    EXPECT_FALSE(parse_credentials(R"({"kind":"ExecCredential","apiVersion":"other",)"
                                   R"("status":{"token":"t"}})",
                                   kV1));
    EXPECT_FALSE(parse_credentials(R"({"kind":"Secret"})", kV1));
    EXPECT_FALSE(parse_credentials("[]", kV1));
}

}  // namespace
}  // namespace snapgate::connect
