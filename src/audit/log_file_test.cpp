#include "audit/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "store/store_testing.h"

namespace snapgate::audit {
namespace {

using base::Code;

class LogFileTest : public testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(directory_.path()); }

    std::filesystem::path path(const std::string& end = "") const {
        return directory_.path() / ("audit.log" + end);
    }
    static std::string read(const std::filesystem::path& file) {
        std::ifstream in(file, std::ios::binary);
        return in ? std::string(std::istreambuf_iterator<char>(in), {}) : "missing";
    }

    store::TestDirectory directory_;
};

TEST_F(LogFileTest, IsPutAsideBeforeItIsTooLarge) {
    LogFile file(path(), 8, 2);
    for (const char* line : {"aaa\n", "bbb\n", "ccc\n", "ddd\n", "eee\n", "fff\n", "ggg\n"})
        ASSERT_TRUE(file.append(line));
    EXPECT_EQ(read(path()), "ggg\n");
    EXPECT_EQ(read(path(".1")), "eee\nfff\n");
    EXPECT_EQ(read(path(".2")), "ccc\nddd\n");
    EXPECT_EQ(read(path(".3")), "missing");
    // What is larger than a file goes into one of its own.
    ASSERT_TRUE(file.append("long line, long line\n"));
    EXPECT_EQ(read(path()), "long line, long line\n");
}

TEST_F(LogFileTest, NoneIsKeptIfThatIsAskedFor) {
    LogFile file(path(), 4, 0);
    ASSERT_TRUE(file.append("aaa\n"));
    ASSERT_TRUE(file.append("bbb\n"));
    EXPECT_EQ(read(path()), "bbb\n");
    EXPECT_EQ(read(path(".1")), "missing");
}

TEST_F(LogFileTest, APartOfALineIsCutOff) {
    std::ofstream(path()) << "whole\npart of a li";
    LogFile file(path(), 1 << 20, 2);
    ASSERT_TRUE(file.reopen());
    ASSERT_TRUE(file.append("next\n"));
    EXPECT_EQ(read(path()), "whole\nnext\n");
}

TEST_F(LogFileTest, IsOpenedAnewWhereSomebodyPutItAside) {
    LogFile file(path(), 1 << 20, 2);
    ASSERT_TRUE(file.append("a\n"));
    std::filesystem::rename(path(), path(".moved"));
    ASSERT_TRUE(file.append("b\n"));
    ASSERT_TRUE(file.reopen());
    ASSERT_TRUE(file.append("c\n"));
    EXPECT_EQ(read(path(".moved")), "a\nb\n");
    EXPECT_EQ(read(path()), "c\n");
    struct stat about{};
    ASSERT_EQ(::stat(path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600U);
}

TEST_F(LogFileTest, WithoutRoomNothingOfTheLinesIsThere) {
    LogFile file(path(), 1 << 20, 2);
    ASSERT_TRUE(file.append("a\n"));
    ASSERT_NE(std::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit little{5, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
    const auto failed = file.append("bbb\nccc\n");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::kStorageFull);
    EXPECT_EQ(read(path()), "a\n");
    ASSERT_TRUE(file.append("bbb\n"));
    EXPECT_EQ(read(path()), "a\nbbb\n");
}

TEST_F(LogFileTest, IsARegularFile) {
    LogFile folder(directory_.path(), 1 << 20, 2);
    EXPECT_FALSE(folder.reopen());
    LogFile device("/dev/null", 1 << 20, 2);
    const auto refused = device.reopen();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kInvalid);
    LogFile missing(directory_.path() / "no" / "such", 1 << 20, 2);
    EXPECT_FALSE(missing.append("a\n"));
}

}  // namespace
}  // namespace snapgate::audit
