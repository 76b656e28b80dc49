#include "remote/context_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>
#include <thread>
#include <vector>

#include "base/temporary_folder_testing.h"

namespace snapgate::cli {
namespace {

using testing::HasSubstr;

class ContextFileTest : public testing::Test {
  protected:
    ContextFileTest() : file_(folder_.path() / "snapgate" / "context.json") {}

    Outcome<> save(const std::string& name, const Context& context,
                   OpenToOthers when_open = OpenToOthers::kRefuse) {
        return change_contexts(file_, when_open, [&](Contexts& contexts) -> Outcome<> {
            contexts.named.insert_or_assign(name, context);
            contexts.current = name;
            return {};
        });
    }

    void write(const char* text, mode_t mode = 0600) {
        std::filesystem::create_directories(file_.parent_path());
        folder_.file("snapgate/context.json", text);
        ASSERT_EQ(::chmod(file_.c_str(), mode), 0);
    }

    base::TemporaryFolder folder_;
    std::filesystem::path file_;
};

TEST_F(ContextFileTest, ContextsComeBackAsTheyWereSaved) {
    ASSERT_TRUE(save("prod", {"https://a:8080", "sgk_1", "/etc/ca.crt", "web"}));
    ASSERT_TRUE(save("lab", {"https://b", "sgk_2", "", ""}));
    auto read = read_contexts(file_);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->current, "lab");
    ASSERT_EQ(read->named.size(), 2U);
    const Context& prod = read->named.at("prod");
    EXPECT_EQ(prod.server, "https://a:8080");
    EXPECT_EQ(prod.key, "sgk_1");
    EXPECT_EQ(prod.ca, "/etc/ca.crt");
    EXPECT_EQ(prod.project, "web");
}

TEST_F(ContextFileTest, AFileMayStandInPlaceOfAKey) {
    ASSERT_TRUE(save("pod", {"https://a:8080", "", "", "", "/run/token"}));
    auto read = read_contexts(file_);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->named.at("pod").key, "");
    EXPECT_EQ(read->named.at("pod").token_file, "/run/token");
}

TEST_F(ContextFileTest, TheOneOfAnEarlierVersionHasTheNameOfItsServer) {
    write(R"({"server":"https://a:8080","key":"sgk_1","project":"web"})");
    auto read = read_contexts(file_);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->current, "a:8080");
    EXPECT_EQ(read->named.at("a:8080").project, "web");
    // It stays beside a new one.
    ASSERT_TRUE(save("lab", {"https://b", "sgk_2", "", ""}));
    EXPECT_EQ(read_contexts(file_)->named.size(), 2U);
}

TEST_F(ContextFileTest, IsOpenToItsOwnerAlone) {
    ASSERT_TRUE(save("a", {"https://a", "sgk_1", "", ""}));
    struct stat status{};
    ASSERT_EQ(::stat(file_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    ASSERT_EQ(::stat(file_.parent_path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(ContextFileTest, OneThatOthersMayReadIsRefusedUntilItIsWrittenAnew) {
    ASSERT_TRUE(save("a", {"https://a", "sgk_1", "", ""}));
    ASSERT_EQ(::chmod(file_.c_str(), 0640), 0);
    auto read = read_contexts(file_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().exit, Exit::kUsage);
    EXPECT_THAT(read.error().message, HasSubstr("chmod 600"));
    EXPECT_THAT(read.error().message, HasSubstr(file_.string()));
    EXPECT_FALSE(save("b", {"https://b", "sgk_2", "", ""}));
    ASSERT_TRUE(save("b", {"https://b", "sgk_2", "", ""}, OpenToOthers::kClose));
    EXPECT_EQ(read_contexts(file_)->named.size(), 2U);
}

TEST_F(ContextFileTest, NoneIsNone) {
    auto read = read_contexts(file_);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->named.empty());
    EXPECT_EQ(read->current, "");
}

TEST_F(ContextFileTest, ABrokenOneIsNamedWithoutItsKeysAndKept) {
    for (
        const char* text :
        {"", "{", "[]", R"({"server":"https://a","key":7})", R"({"key":"sgk_secret"})",
         R"({"server":"https://a"})", R"({"server":"ftp://a","key":"sgk_secret"})",
         R"({"contexts":[]})", R"({"contexts":{"a":7}})",
         R"({"contexts":{"a b":{"server":"https://a","key":"sgk_secret"}}})",
         R"({"contexts":{"a":{"server":"https://a","key":"sgk_secret"},"b":{"key":"sgk_secret"}}})",
         R"({"contexts":{},"current":7})"}) {
        write(text);
        auto read = read_contexts(file_);
        ASSERT_FALSE(read) << text;
        EXPECT_THAT(read.error().message, HasSubstr(file_.string()));
        EXPECT_THAT(read.error().message, HasSubstr("snapgate login"));
        EXPECT_THAT(read.error().message, Not(HasSubstr("sgk_secret")));
        EXPECT_FALSE(save("b", {"https://b", "sgk_2", "", ""}, OpenToOthers::kClose)) << text;
    }
}

TEST_F(ContextFileTest, ACurrentOneThatIsNotThereIsNone) {
    write(R"({"contexts":{"a":{"server":"https://a","key":"k"}},"current":"b"})");
    auto read = read_contexts(file_);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->current, "");
}

TEST_F(ContextFileTest, AFailedChangeWritesNothing) {
    auto changed = change_contexts(file_, OpenToOthers::kRefuse, [](Contexts&) -> Outcome<> {
        return Failure(Exit::kUsage, "no");
    });
    EXPECT_FALSE(changed);
    EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(ContextFileTest, ChangesThatComeAtOnceAreAllKept) {
    constexpr int kThreads = 8;
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i)
        threads.emplace_back([this, i] {
            EXPECT_TRUE(save("c" + std::to_string(i), {"https://a", "sgk_1", "", ""}));
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(read_contexts(file_)->named.size(), static_cast<size_t>(kThreads));
}

TEST(ContextPathTest, FollowsTheXdgRules) {
    const auto of =
        [](const std::map<std::string, std::string, std::less<>>& variables) -> Environment {
        return [variables](std::string_view name) -> std::optional<std::string> {
            auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        };
    };
    EXPECT_EQ(*context_path(of({{"XDG_CONFIG_HOME", "/c"}, {"HOME", "/h"}})),
              "/c/snapgate/context.json");
    EXPECT_EQ(*context_path(of({{"XDG_CONFIG_HOME", "relative"}, {"HOME", "/h"}})),
              "/h/.config/snapgate/context.json");
    EXPECT_FALSE(context_path(of({})));
}

TEST(ContextNameTest, IsOneVisibleWord) {
    for (const char* name : {"prod", "a:8080", "[::1]:80", "team/prod", "x@y"})
        EXPECT_TRUE(check_context_name(name)) << name;
    for (const char* name : {"", "a b", "-x", "a\n", "pr\xc3\xb6"})
        EXPECT_FALSE(check_context_name(name)) << name;
    EXPECT_FALSE(check_context_name(std::string(254, 'a')));
}

TEST(ContextNameTest, AnUnknownOneIsAnsweredWithWhatThereIs) {
    Contexts contexts;
    EXPECT_THAT(find_context(contexts, "x").error().message, HasSubstr("snapgate login"));
    contexts.named["prod"] = {};
    contexts.named["lab"] = {};
    EXPECT_TRUE(find_context(contexts, "prod"));
    EXPECT_THAT(find_context(contexts, "something").error().message, HasSubstr("lab, prod"));
    for (int i = 0; i < 20; ++i) contexts.named["context-" + std::to_string(i)] = {};
    EXPECT_THAT(find_context(contexts, "something").error().message, HasSubstr("and 12 more"));
}

}  // namespace
}  // namespace snapgate::cli
