#include "engine/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>

#include "base/crypto.h"
#include "base/encoding.h"
#include "engine/environment.h"

namespace snapgate::engine {
namespace {

using testing::HasSubstr;
using testing::Not;

struct End {
    int status = 0;
    std::string said;
};

// Runs `work` in a process of its own.
End end_of(const std::function<void()>& work) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
        ::dup2(pipe[1], STDERR_FILENO);
        work();
        _exit(0);
    }
    ::close(pipe[1]);
    End end;
    std::array<char, 4096> bytes{};
    for (ssize_t count = 0; (count = ::read(pipe[0], bytes.data(), bytes.size())) > 0;)
        end.said.append(bytes.data(), static_cast<size_t>(count));
    ::close(pipe[0]);
    waitpid(child, &end.status, 0);
    return end;
}

class MappedFileTest : public testing::Test {
  public:
    MappedFileTest()
        : directory_(std::filesystem::temp_directory_path() /
                     ("snapgate-mapped-file-" + base::hex(base::random_bytes(8)))) {}
    ~MappedFileTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

  protected:
    std::filesystem::path file() const { return directory_ / "data.mdb"; }

    std::unique_ptr<Environment> open() const {
        auto opened = Environment::open({.directory = directory_, .map_bytes = 1 << 30});
        return opened ? std::move(*opened) : nullptr;
    }

    void fill() const {
        auto environment = open();
        ASSERT_TRUE(environment);
        auto txn = environment->write();
        ASSERT_TRUE(txn);
        for (int i = 1000; i < 2000; ++i)
            ASSERT_TRUE(txn->put("key-" + std::to_string(i), std::string(500, 'v')));
        ASSERT_TRUE(txn->commit());
    }

    static void read_all(Environment& environment) {
        auto txn = environment.read();
        auto cursor = txn->cursor();
        for (auto found = cursor->seek("key"); found && *found; found = cursor->next())
            static_cast<void>(cursor->value());
    }

    std::filesystem::path directory_;
};

TEST_F(MappedFileTest, AFileThatIsCutShortUnderTheProcessEndsItWithALine) {
    fill();
    const End end = end_of([&] {
        auto environment = open();
        std::filesystem::resize_file(file(), 8192);
        read_all(*environment);
    });
    ASSERT_TRUE(WIFEXITED(end.status)) << end.status;
    EXPECT_EQ(WEXITSTATUS(end.status), 1);
    EXPECT_THAT(end.said, HasSubstr(R"(Z","level":"error","message":"the mapped file cannot)"));
    EXPECT_THAT(end.said, HasSubstr("\"file\":\"" + file().string() + "\",\"offset\":"));
    EXPECT_THAT(end.said, testing::EndsWith("}\n"));
    const auto offset = std::stoull(end.said.substr(end.said.find("\"offset\":") + 9));
    EXPECT_GE(offset, 8192U);
    EXPECT_LT(offset, 1U << 30);
}

TEST_F(MappedFileTest, OtherSignalsTakeTheirCourse) {
    fill();
    const auto expect_no_word = [](const End& end) {
        EXPECT_FALSE(WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0);
        EXPECT_THAT(end.said, Not(HasSubstr("the mapped file")));
    };
    expect_no_word(end_of([&] {
        auto environment = open();
        ::kill(::getpid(), SIGBUS);
        ::pause();
    }));
    expect_no_word(end_of([&] {
        auto environment = open();
        volatile int* nowhere = nullptr;
        *nowhere = 1;
    }));
    // An address where a file was that is closed.
    expect_no_word(end_of([&] {
        const char* at = nullptr;
        {
            auto environment = open();
            auto txn = environment->read();
            auto value = txn->get("key-1500");
            at = (*value)->data();
        }
        volatile char read = *at;
        static_cast<void>(read);
    }));
}

TEST_F(MappedFileTest, DamageThatLmdbNoticesEndsTheProcessWithALine) {
    const End end = end_of([] { end_for_damage("/data/store/data.mdb", "Assertion failed"); });
    ASSERT_TRUE(WIFEXITED(end.status));
    EXPECT_EQ(WEXITSTATUS(end.status), 1);
    EXPECT_THAT(end.said, HasSubstr(R"("file":"/data/store/data.mdb","error":"Assertion failed")"));
}

}  // namespace
}  // namespace snapgate::engine
