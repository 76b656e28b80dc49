#include "remote/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "remote/temporary_folder_testing.h"

namespace snapgate::cli {
namespace {

using testing::HasSubstr;

Environment environment_of(std::map<std::string, std::string, std::less<>> variables) {
    return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

class ContextTest : public testing::Test {
  protected:
    ContextTest() : file_(folder_.path() / "snapgate" / "context.json") {}

    Environment environment(std::map<std::string, std::string, std::less<>> more = {}) const {
        more["XDG_CONFIG_HOME"] = folder_.path();
        return environment_of(std::move(more));
    }

    TemporaryFolder folder_;
    std::filesystem::path file_;
};

TEST_F(ContextTest, ComesBackAsItWasKept) {
    ASSERT_TRUE(write_context(file_, {"https://a:8080", "sgk_1", "/etc/ca.crt", "web"}));
    auto read = read_context(file_);
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->server, "https://a:8080");
    EXPECT_EQ((*read)->key, "sgk_1");
    EXPECT_EQ((*read)->ca, "/etc/ca.crt");
    EXPECT_EQ((*read)->project, "web");
}

TEST_F(ContextTest, IsOpenToItsOwnerAlone) {
    ASSERT_TRUE(write_context(file_, {"https://a", "sgk_1", "", ""}));
    struct stat status{};
    ASSERT_EQ(::stat(file_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    ASSERT_EQ(::stat(file_.parent_path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(ContextTest, OneThatOthersMayReadIsRefused) {
    ASSERT_TRUE(write_context(file_, {"https://a", "sgk_1", "", ""}));
    ASSERT_EQ(::chmod(file_.c_str(), 0640), 0);
    auto read = read_context(file_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().exit, Exit::kUsage);
    EXPECT_THAT(read.error().message, HasSubstr("chmod 600"));
    EXPECT_THAT(read.error().message, HasSubstr(file_.string()));
}

TEST_F(ContextTest, NoneIsNone) {
    auto read = read_context(file_);
    ASSERT_TRUE(read);
    EXPECT_FALSE(*read);
}

TEST_F(ContextTest, ABrokenOneIsNamedWithoutItsKey) {
    std::filesystem::create_directories(file_.parent_path());
    for (const char* text :
         {"", "{", "[]", R"({"server":"https://a","key":7})", R"({"key":"sgk_secret"})",
          R"({"server":"https://a"})", R"({"server":"ftp://a","key":"sgk_secret"})"}) {
        folder_.file("snapgate/context.json", text);
        ASSERT_EQ(::chmod(file_.c_str(), 0600), 0);
        auto read = read_context(file_);
        ASSERT_FALSE(read) << text;
        EXPECT_THAT(read.error().message, HasSubstr(file_.string()));
        EXPECT_THAT(read.error().message, Not(HasSubstr("sgk_secret")));
    }
}

TEST_F(ContextTest, ItsFolderFollowsTheXdgRules) {
    EXPECT_EQ(*context_path(environment_of({{"XDG_CONFIG_HOME", "/c"}, {"HOME", "/h"}})),
              "/c/snapgate/context.json");
    EXPECT_EQ(*context_path(environment_of({{"XDG_CONFIG_HOME", "relative"}, {"HOME", "/h"}})),
              "/h/.config/snapgate/context.json");
    EXPECT_FALSE(context_path(environment_of({})));
}

TEST_F(ContextTest, FlagsComeBeforeEnvironmentBeforeContext) {
    std::string ca = folder_.file("ca.crt", "x");
    std::string flag_ca = folder_.file("flag.crt", "x");
    std::string key_file = folder_.file("key", "sgk_flag\n");
    ASSERT_TRUE(write_context(file_, {"https://context", "sgk_context", ca, "p-context"}));

    auto target = resolve_target({}, environment());
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->server, "https://context");
    EXPECT_EQ(target->key, "sgk_context");
    EXPECT_EQ(target->ca, ca);
    EXPECT_EQ(target->project, "p-context");

    auto with_environment = environment({{"SNAPGATE_SERVER", "https://env"},
                                         {"SNAPGATE_API_KEY", "sgk_env"},
                                         {"SNAPGATE_PROJECT", "p-env"}});
    target = resolve_target({}, with_environment);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->server, "https://env");
    EXPECT_EQ(target->key, "sgk_env");
    EXPECT_EQ(target->ca, "");
    EXPECT_EQ(target->project, "p-env");

    target = resolve_target({"flag:1", key_file, flag_ca, "p-flag"}, with_environment);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->server, "https://flag:1");
    EXPECT_EQ(target->key, "sgk_flag");
    EXPECT_EQ(target->ca, flag_ca);
    EXPECT_EQ(target->project, "p-flag");
}

TEST_F(ContextTest, AKeyIsNeverSentToAnotherServerThanItsOwn) {
    ASSERT_TRUE(write_context(file_, {"https://context", "sgk_context", "", ""}));
    auto target = resolve_target({"https://other", "", "", ""}, environment());
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().exit, Exit::kUsage);
    EXPECT_THAT(target.error().message, HasSubstr("login"));
    // Named in another way it is still the same one.
    target = resolve_target({"context/", "", "", ""}, environment());
    ASSERT_TRUE(target);
    EXPECT_EQ(target->key, "sgk_context");
}

TEST_F(ContextTest, WithoutAServerItSaysHowToGiveOne) {
    auto target = resolve_target({}, environment());
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().exit, Exit::kUsage);
    EXPECT_THAT(target.error().message, HasSubstr("--server"));
    auto server = resolve_server({}, environment());
    ASSERT_TRUE(server);
    EXPECT_FALSE(*server);
}

TEST_F(ContextTest, ACaThatIsNotThereIsNamed) {
    auto target = resolve_target({"https://a", "", "/no/such.crt", ""},
                                 environment({{"SNAPGATE_API_KEY", "sgk_1"}}));
    ASSERT_FALSE(target);
    EXPECT_THAT(target.error().message, HasSubstr("--ca /no/such.crt"));
}

TEST(ServerTest, IsBroughtIntoOneForm) {
    EXPECT_EQ(*normalize_server("snapgate.example.com:8080"), "https://snapgate.example.com:8080");
    EXPECT_EQ(*normalize_server("HTTP://127.0.0.1:80/"), "http://127.0.0.1:80");
    EXPECT_EQ(*normalize_server(" https://a/prefix// "), "https://a/prefix");
    EXPECT_EQ(*normalize_server("https://[::1]:8080"), "https://[::1]:8080");
}

TEST(ServerTest, RefusesWhatIsNone) {
    for (const char* text : {"", " ", "ftp://a", "https://", "https://:80", "https://a b",
                             "https://a?x=1", "https://a#x", "https:///path", "a\nb"})
        EXPECT_FALSE(normalize_server(text)) << text;
}

TEST(ServerTest, APasswordInItIsRefusedAndNotRepeated) {
    auto server = normalize_server("https://me:hunter2@a");
    ASSERT_FALSE(server);
    EXPECT_THAT(server.error().message, Not(HasSubstr("hunter2")));
}

TEST(ServerTest, PlainHttpIsPrivateOnThisMachineOnly) {
    EXPECT_TRUE(is_private_channel("https://a"));
    EXPECT_TRUE(is_private_channel("http://127.0.0.1:8080"));
    EXPECT_TRUE(is_private_channel("http://[::1]/p"));
    EXPECT_TRUE(is_private_channel("http://localhost"));
    EXPECT_FALSE(is_private_channel("http://localhost.example.com"));
    EXPECT_FALSE(is_private_channel("http://127.0.0.1.example.com:80"));
    EXPECT_FALSE(is_private_channel("http://10.0.0.1"));
}

TEST(KeyTest, IsOneWord) {
    EXPECT_EQ(*check_key(" sgk_1_x\n", "it"), "sgk_1_x");
    for (const char* text : {"", "\n", "a b", "a\r\nb", "schl\xc3\xbcssel"}) {
        auto key = check_key(text, "FILE");
        ASSERT_FALSE(key) << text;
        EXPECT_THAT(key.error().message, HasSubstr("FILE"));
    }
    EXPECT_FALSE(check_key(std::string(5000, 'a'), "it"));
}

}  // namespace
}  // namespace snapgate::cli
