#include "base/file_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>

#include "base/read_file.h"
#include "base/secret_file.h"
#include "base/temporary_folder_testing.h"

namespace snapgate::base {
namespace {

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) != -1;
}

// What `function` returns in a child process, in which no file may grow beyond 1 KiB.
int below_a_limit(const std::function<int()>& function) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit limit = {1 << 10, 1 << 10};
        std::signal(SIGXFSZ, SIG_IGN);
        ::_exit(::setrlimit(RLIMIT_FSIZE, &limit) == 0 ? function() : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class FileDescriptorTest : public testing::Test {
  protected:
    const TemporaryFolder folder_;
    const std::filesystem::path file_ = folder_.path() / "file";

    FileDescriptor make() const {
        return FileDescriptor(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    }
};

TEST_F(FileDescriptorTest, ClosesWhatItHoldsOnceAndKeepsErrno) {
    FileDescriptor first = make();
    const int number = first.get();
    {
        const FileDescriptor second = std::move(first);
        EXPECT_TRUE(is_open(number));
        errno = ENOTDIR;
    }
    EXPECT_EQ(errno, ENOTDIR);
    EXPECT_FALSE(is_open(number));

    FileDescriptor replaced = make();
    FileDescriptor other = make();
    const int old = replaced.get();
    const int kept = other.get();
    replaced = std::move(other);
    EXPECT_FALSE(is_open(old));
    EXPECT_EQ(replaced.get(), kept);
    EXPECT_TRUE(is_open(kept));
    replaced = {};
    EXPECT_FALSE(is_open(kept));
    EXPECT_FALSE(replaced);
}

TEST_F(FileDescriptorTest, WritesAllAndReadsOneByteBeyondTheLimit) {
    const std::string bytes(200'000, 'x');
    const FileDescriptor fd = make();
    ASSERT_TRUE(write_all(fd.get(), bytes));
    EXPECT_EQ(*read_file(file_, bytes.size()), bytes);
    for (const size_t most : {size_t{0}, size_t{1}, bytes.size() - 1, bytes.size()}) {
        ASSERT_EQ(::lseek(fd.get(), 0, SEEK_SET), 0);
        std::string read;
        ASSERT_TRUE(read_up_to(fd.get(), most, read));
        EXPECT_EQ(read.size(), std::min(most + 1, bytes.size()));
    }
    std::string read;
    EXPECT_FALSE(read_up_to(-1, 1, read));
    EXPECT_EQ(errno, EBADF);
    EXPECT_FALSE(write_all(-1, "x"));
    EXPECT_EQ(errno, EBADF);
}

TEST_F(FileDescriptorTest, AFileThatMayNotGrowIsAFullDisk) {
    EXPECT_EQ(below_a_limit([&] {
                  const FileDescriptor fd = make();
                  if (write_all(fd.get(), std::string(2 << 10, 'x'))) return 2;
                  return means_disk_full(errno) ? 0 : 3;
              }),
              0);
    EXPECT_EQ(std::filesystem::file_size(file_), 1 << 10);
    EXPECT_TRUE(means_disk_full(ENOSPC));
    EXPECT_TRUE(means_disk_full(EDQUOT));
    EXPECT_FALSE(means_disk_full(EIO));
    EXPECT_FALSE(means_disk_full(0));
}

TEST_F(FileDescriptorTest, ASecretThatDoesNotFitIsStorageFullAndLeavesNoFile) {
    EXPECT_EQ(below_a_limit([&] {
                  const auto written = write_secret(file_, std::string(2 << 10, 'x'));
                  if (written) return 2;
                  return written.error().code == Code::kStorageFull ? 0 : 3;
              }),
              0);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace snapgate::base
