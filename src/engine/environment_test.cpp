#include "engine/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/temporary_folder_testing.h"

namespace snapgate::engine {
namespace {

using base::Code;
using testing::HasSubstr;
using testing::Optional;

class EnvironmentTest : public testing::Test {
  public:
  protected:
    void open(uint64_t map_bytes = 1ULL << 30, size_t max_readers = 1024) {
        environment_.reset();
        auto opened = Environment::open({directory_, map_bytes, max_readers});
        ASSERT_TRUE(opened) << opened.error().message;
        environment_ = std::move(*opened);
    }

    base::Result<void> put(std::string_view key, std::string_view value) {
        SNAPGATE_ASSIGN(WriteTransaction txn, environment_->write());
        SNAPGATE_TRY(txn.put(key, value));
        return txn.commit();
    }
    std::optional<std::string> get(std::string_view key) {
        auto txn = environment_->read();
        EXPECT_TRUE(txn);
        auto value = txn->get(key);
        EXPECT_TRUE(value);
        return *value ? std::optional<std::string>(**value) : std::nullopt;
    }

    base::TemporaryFolder folder_ = base::TemporaryFolder::on_disk();
    const std::filesystem::path directory_ = folder_.path() / "store";
    std::unique_ptr<Environment> environment_;
};

TEST_F(EnvironmentTest, CommittedRowsAreThereAfterReopening) {
    open();
    EXPECT_EQ(std::filesystem::status(directory_).permissions(), std::filesystem::perms::owner_all);
    ASSERT_TRUE(put("a", "1"));
    EXPECT_THAT(get("a"), Optional(std::string("1")));
    EXPECT_EQ(get("b"), std::nullopt);
    open();
    EXPECT_THAT(get("a"), Optional(std::string("1")));
}

TEST_F(EnvironmentTest, RowsThatAreNotCommittedAreGone) {
    open();
    {
        auto txn = environment_->write();
        ASSERT_TRUE(txn);
        ASSERT_TRUE(txn->put("a", "1"));
        EXPECT_THAT(*txn->get("a"), Optional(std::string_view("1")));
        EXPECT_EQ(get("a"), std::nullopt);
    }
    EXPECT_EQ(get("a"), std::nullopt);
}

TEST_F(EnvironmentTest, AddLeavesARowAlone) {
    open();
    auto txn = environment_->write();
    ASSERT_TRUE(txn);
    EXPECT_EQ(txn->add("a", "1"), true);
    EXPECT_EQ(txn->add("a", "2"), false);
    EXPECT_THAT(*txn->get("a"), Optional(std::string_view("1")));
    EXPECT_EQ(txn->erase("a"), true);
    EXPECT_EQ(txn->erase("a"), false);
}

TEST_F(EnvironmentTest, CursorMovesInByteOrder) {
    open();
    auto txn = environment_->write();
    ASSERT_TRUE(txn);
    std::string high("\xff", 1);
    for (std::string_view key : {"b", "ba", "a", "c"}) ASSERT_TRUE(txn->put(key, key));
    ASSERT_TRUE(txn->put(high, "high"));
    ASSERT_TRUE(txn->commit());

    auto read = environment_->read();
    ASSERT_TRUE(read);
    auto cursor = read->cursor();
    ASSERT_TRUE(cursor);
    EXPECT_EQ(cursor->seek("aa"), true);
    EXPECT_EQ(cursor->key(), "b");
    EXPECT_EQ(cursor->next(), true);
    EXPECT_EQ(cursor->key(), "ba");
    EXPECT_EQ(cursor->next(), true);
    EXPECT_EQ(cursor->next(), true);
    EXPECT_EQ(*cursor->value(), "high");
    EXPECT_EQ(cursor->next(), false);
    EXPECT_EQ(cursor->seek(high + "x"), false);
    EXPECT_EQ(read->get("").error().code, Code::kInvalidParameter);
}

TEST_F(EnvironmentTest, AReadKeepsItsState) {
    open();
    ASSERT_TRUE(put("a", "1"));
    auto before = environment_->read();
    ASSERT_TRUE(before);
    auto seen = before->get("a");
    ASSERT_TRUE(put("a", "2"));
    EXPECT_THAT(*before->get("a"), Optional(std::string_view("1")));
    EXPECT_THAT(*seen, Optional(std::string_view("1")));
    EXPECT_THAT(get("a"), Optional(std::string("2")));
}

TEST_F(EnvironmentTest, ManyThreadsReadWhileOneWrites) {
    open();
    ASSERT_TRUE(put("n", "0"));
    std::atomic<bool> stop = false;
    std::vector<std::thread> readers;
    readers.reserve(4);
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            int last = 0;
            while (!stop) {
                auto txn = environment_->read();
                ASSERT_TRUE(txn);
                auto value = txn->get("n");
                ASSERT_TRUE(value && *value);
                int now = std::stoi(std::string(**value));
                ASSERT_GE(now, last);
                last = now;
            }
        });
    }
    for (int i = 1; i <= 200; ++i) ASSERT_TRUE(put("n", std::to_string(i)));
    stop = true;
    for (std::thread& reader : readers) reader.join();
}

TEST_F(EnvironmentTest, TooManyReadsAtATimeAreRefused) {
    open(1 << 30, 4);
    std::vector<ReadTransaction> held;
    while (held.size() < 100) {
        auto txn = environment_->read();
        if (!txn) {
            EXPECT_EQ(txn.error().code, Code::kUnavailable);
            EXPECT_THAT(txn.error().message, HasSubstr("reads of the store at a time"));
            break;
        }
        held.push_back(std::move(*txn));
    }
    ASSERT_LT(held.size(), 100U);
    held.pop_back();
    EXPECT_TRUE(environment_->read());
}

TEST_F(EnvironmentTest, AReaderOfAnotherThreadIsTakenWhenNoneIsLeft) {
    open(1 << 30, 1);
    std::thread([&] { EXPECT_TRUE(environment_->read()); }).join();
    EXPECT_TRUE(environment_->read());
}

TEST_F(EnvironmentTest, AFullMapIsStorageFullAndPasses) {
    open(1 << 20);
    ASSERT_TRUE(put("a", "1"));
    std::string large(100'000, 'x');
    base::Result<void> done;
    size_t stored = 0;
    for (; stored < 100 && done; ++stored) done = put("large" + std::to_string(stored), large);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::kStorageFull);
    EXPECT_THAT(done.error().message, HasSubstr(directory_.string()));
    EXPECT_THAT(get("a"), Optional(std::string("1")));

    auto txn = environment_->write();
    ASSERT_TRUE(txn);
    EXPECT_EQ(txn->erase("large0"), true);
    ASSERT_TRUE(txn->commit());
    ASSERT_TRUE(put("b", "2"));
    ASSERT_TRUE(put("c", "3"));
    EXPECT_TRUE(put("d", large.substr(0, 50'000)));
}

TEST_F(EnvironmentTest, UsageGrowsWithTheRows) {
    open();
    uint64_t before = environment_->usage().file_bytes;
    ASSERT_TRUE(put("a", std::string(1 << 20, 'x')));
    EXPECT_GE(environment_->usage().file_bytes, before + (1 << 20));
    EXPECT_EQ(environment_->usage().map_bytes, 1ULL << 30);
}

TEST_F(EnvironmentTest, CopyCanBeOpened) {
    open();
    ASSERT_TRUE(put("a", "1"));
    auto copy = directory_ / "copy";
    std::filesystem::create_directory(copy);
    ASSERT_TRUE(environment_->copy_to(copy / "data.mdb"));
    EXPECT_EQ(environment_->copy_to(copy / "data.mdb").error().code, Code::kUnavailable);
    auto other = Environment::open({copy, 1 << 30, 16});
    ASSERT_TRUE(other);
    auto txn = (*other)->read();
    ASSERT_TRUE(txn);
    EXPECT_THAT(*txn->get("a"), Optional(std::string_view("1")));
}

TEST_F(EnvironmentTest, AFileThatIsNoStoreIsSaidToBeNone) {
    std::filesystem::create_directory(directory_);
    std::FILE* file = std::fopen((directory_ / "data.mdb").c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs(std::string(20'000, 'x').c_str(), file);
    std::fclose(file);
    auto opened = Environment::open({directory_, 1 << 30, 16});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kCorrupt);
    EXPECT_THAT(opened.error().message, HasSubstr(directory_.string()));
}

// What a child process with a limit of its own came to: its answer, or that it was ended.
template <class Function>
int in_child(Function function) {
    pid_t child = fork();
    if (child == 0) _exit(function());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(EnvironmentTest, TellsOfItsReadersAndOfWhatTheyHoldBack) {
    open(1ULL << 30, 16);
    ASSERT_TRUE(put("a", "1"));
    {
        const auto ended = environment_->read();
    }
    EXPECT_EQ(environment_->usage().readers, 0U);
    EXPECT_EQ(environment_->usage().held_commits, 0U);
    EXPECT_EQ(environment_->usage().most_readers, 16U);
    {
        const auto old = environment_->read();
        ASSERT_TRUE(put("a", "2"));
        ASSERT_TRUE(put("a", "3"));
        const auto young = environment_->read();
        EXPECT_EQ(environment_->usage().readers, 2U);
        EXPECT_EQ(environment_->usage().held_commits, 2U);
    }
    EXPECT_EQ(environment_->usage().held_commits, 0U);
}

TEST_F(EnvironmentTest, HasRoomUpToItsMap) {
    open(64ULL << 20);
    ASSERT_TRUE(put("a", std::string(1 << 20, 'x')));
    EXPECT_TRUE(environment_->writable());
    EXPECT_LE(environment_->room(), 63ULL << 20);
    ASSERT_TRUE(put("b", std::string(50 << 20, 'x')));
    EXPECT_EQ(environment_->writable().error().code, Code::kStorageFull);
}

TEST_F(EnvironmentTest, AFileThatMayNotGrowIsStorageFull) {
    int answer = in_child([&] {
        struct rlimit limit = {1 << 20, 1 << 20};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
        std::signal(SIGXFSZ, SIG_IGN);
        auto opened = Environment::open({directory_, 1 << 30, 16});
        if (!opened) return 3;
        environment_ = std::move(*opened);
        if (!put("a", "1")) return 4;
        // So little is left that a write may fail.
        if (environment_->room() >= 1 << 20) return 8;
        const auto writable = environment_->writable();
        if (writable || writable.error().code != Code::kStorageFull) return 9;
        auto failed = put("b", std::string(2 << 20, 'x'));
        if (failed || failed.error().code != Code::kStorageFull) return 5;
        if (get("a") != "1" || get("b")) return 6;
        if (!put("c", "2") || get("c") != "2") return 7;
        environment_.reset();
        return 0;
    });
    EXPECT_EQ(answer, 0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !(defined(__has_feature) &&                                        \
      (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)))
// (The sanitizers reserve terabytes themselves and cannot run below such a limit.)
TEST_F(EnvironmentTest, TooLittleAddressSpaceNamesTheLimit) {
    int answer = in_child([&] {
        struct rlimit limit = {8ULL << 30, 8ULL << 30};
        if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
        auto opened = Environment::open({directory_, 256ULL << 30, 16});
        if (opened || opened.error().code != Code::kUnavailable) return 3;
        if (opened.error().message.find("8589934592") == std::string::npos) return 4;
        return opened.error().message.find("ulimit -v") == std::string::npos ? 5 : 0;
    });
    EXPECT_EQ(answer, 0);
}
#endif

}  // namespace
}  // namespace snapgate::engine
