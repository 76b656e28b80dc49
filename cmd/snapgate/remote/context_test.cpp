#include "remote/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/temporary_folder_testing.h"
#include "remote/context_file.h"

namespace snapgate::cli {
namespace {

using testing::HasSubstr;

Environment environment_of(std::map<std::string, std::string, std::less<>> variables) {
    return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

constexpr const char* kPem = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

class ContextTest : public testing::Test {
  protected:
    ContextTest() : file_(folder_.path() / "snapgate" / "context.json") {}

    Environment environment(std::map<std::string, std::string, std::less<>> more = {}) const {
        more["XDG_CONFIG_HOME"] = folder_.path();
        return environment_of(std::move(more));
    }

    // Saves a context, which is then in use.
    Outcome<> save(const std::string& name, const Context& context) {
        return change_contexts(file_, OpenToOthers::kRefuse, [&](Contexts& contexts) -> Outcome<> {
            contexts.named.insert_or_assign(name, context);
            contexts.current = name;
            return {};
        });
    }

    base::TemporaryFolder folder_;
    std::filesystem::path file_;
};

TEST_F(ContextTest, FlagsComeBeforeEnvironmentBeforeContext) {
    std::string ca = folder_.file("ca.crt", kPem);
    std::string flag_ca = folder_.file("flag.crt", kPem);
    std::string key_file = folder_.file("key", "sgk_flag\n");
    ASSERT_TRUE(save("only", {"https://context", "sgk_context", ca, "p-context"}));

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

    target = resolve_target({"flag:1", key_file, flag_ca, "p-flag", ""}, with_environment);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->server, "https://flag:1");
    EXPECT_EQ(target->key, "sgk_flag");
    EXPECT_EQ(target->ca, flag_ca);
    EXPECT_EQ(target->project, "p-flag");
}

TEST_F(ContextTest, AFlagThatNamesOneComesBeforeTheEnvironment) {
    ASSERT_TRUE(save("prod", {"https://prod", "sgk_prod", "", "p-prod"}));
    ASSERT_TRUE(save("lab", {"https://lab", "sgk_lab", "", ""}));
    EXPECT_EQ(resolve_target({}, environment())->server, "https://lab");

    auto named = environment({{"SNAPGATE_CONTEXT", "prod"}});
    EXPECT_EQ(resolve_target({}, named)->server, "https://prod");
    EXPECT_EQ(resolve_target({}, named)->context, "prod");

    auto other = environment({{"SNAPGATE_CONTEXT", "prod"},
                              {"SNAPGATE_SERVER", "https://env"},
                              {"SNAPGATE_API_KEY", "sgk_env"},
                              {"SNAPGATE_PROJECT", "p-env"}});
    auto target = resolve_target({"", "", "", "", "lab"}, other);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->server, "https://lab");
    EXPECT_EQ(target->key, "sgk_lab");
    EXPECT_EQ(target->project, "");
    EXPECT_EQ(target->context, "lab");
    // Of another server the context says nothing.
    target = resolve_target({}, other);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->server, "https://env");
    EXPECT_EQ(target->context, "");

    target = resolve_target({"", "", "", "", "prot"}, environment());
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().exit, Exit::kUsage);
    EXPECT_THAT(target.error().message, HasSubstr("did you mean prod?"));
}

TEST_F(ContextTest, ATokenFileIsReadEachTimeAndByItsOwnServerAlone) {
    const std::string file = folder_.file("token", "first\n");
    ASSERT_TRUE(save("pod", {"https://pod", "", "", "", file}));
    EXPECT_EQ(resolve_target({}, environment())->key, "first");
    folder_.file("token", "second\n");
    EXPECT_EQ(resolve_target({}, environment())->key, "second");
    EXPECT_EQ(resolve_target({}, environment({{"SNAPGATE_API_KEY", "sgk_env"}}))->key, "sgk_env");
    EXPECT_FALSE(resolve_target({}, environment({{"SNAPGATE_SERVER", "https://other"}})));
    std::filesystem::remove(file);
    auto gone = resolve_target({}, environment());
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().exit, Exit::kUsage);
    EXPECT_THAT(gone.error().message, HasSubstr(file));
    // Another key makes up for it.
    EXPECT_TRUE(resolve_target({}, environment({{"SNAPGATE_API_KEY", "sgk_env"}})));
}

TEST_F(ContextTest, WithoutOneInUseItSaysHowToChooseOne) {
    ASSERT_TRUE(save("prod", {"https://prod", "sgk_prod", "", ""}));
    ASSERT_TRUE(change_contexts(file_, OpenToOthers::kRefuse, [](Contexts& contexts) -> Outcome<> {
        contexts.current.clear();
        return {};
    }));
    auto target = resolve_target({}, environment());
    ASSERT_FALSE(target);
    EXPECT_THAT(target.error().message, HasSubstr("config use-context"));
    auto server = resolve_server({}, environment());
    ASSERT_TRUE(server);
    EXPECT_FALSE(*server);
}

TEST_F(ContextTest, AKeyIsNeverSentToAnotherServerThanItsOwn) {
    ASSERT_TRUE(save("only", {"https://context", "sgk_context", "", ""}));
    auto target = resolve_target({"https://other", "", "", "", ""}, environment());
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().exit, Exit::kUsage);
    EXPECT_THAT(target.error().message, HasSubstr("login"));
    // Named in another way it is still the same one.
    target = resolve_target({"context/", "", "", "", ""}, environment());
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

TEST_F(ContextTest, ACaThatCannotBeOneIsNamedWithWhatItIs) {
    const auto message_of = [&](const std::string& ca) {
        const auto target = resolve_target({"https://a", "", ca, "", ""},
                                           environment({{"SNAPGATE_API_KEY", "sgk_1"}}));
        EXPECT_FALSE(target) << ca;
        if (target) return std::string();
        EXPECT_EQ(target.error().exit, Exit::kUsage);
        return target.error().message;
    };
    EXPECT_THAT(message_of("/no/such.crt"), HasSubstr("--ca /no/such.crt: there is no such file"));
    EXPECT_THAT(message_of(folder_.path().string()), HasSubstr(": it is a folder; it is a PEM"));
    EXPECT_THAT(message_of("/dev/null"), HasSubstr("--ca /dev/null: it is no regular file"));
    EXPECT_THAT(message_of(folder_.file("empty", "")), HasSubstr("empty: it is empty"));
    EXPECT_THAT(message_of(folder_.file("text", "hello\n")), HasSubstr("text: it holds no certif"));
}

TEST_F(ContextTest, AFileOfAKeyThatCannotBeReadIsCalledWhatItIs) {
    const std::string folder = folder_.path().string();
    EXPECT_EQ(read_key_file(folder, kTokenFile).error().message,
              "cannot read the token file " + folder + ": Is a directory");
    EXPECT_THAT(read_key_file(folder_.file("none", ""), kKeyFile).error().message,
                HasSubstr("none holds no API key"));
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
    EXPECT_FALSE(check_key(std::string(20'000, 'a'), "it"));
}

}  // namespace
}  // namespace snapgate::cli
