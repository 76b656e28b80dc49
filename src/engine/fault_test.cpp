// What the engine does when the disk fails under it. LMDB writes through pwrite and fdatasync,
// which this program puts itself in front of.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/temporary_folder_testing.h"
#include "engine/environment.h"

namespace {

// 0 for none; the errno that writes to the file's first two pages (where a commit is sealed), or
// the wait for the disk, end with.
std::atomic<int> seal_fault = 0;
std::atomic<int> sync_fault = 0;

constexpr off_t kSealPages = 2 * 4096;

}  // namespace

// The parameters of both are named as <unistd.h> names them.
extern "C" ssize_t pwrite(int fd, const void* buf, size_t n, off_t offset) {
    using Function = ssize_t (*)(int, const void*, size_t, off_t);
    static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pwrite"));
    if (seal_fault != 0 && offset < kSealPages) {
        errno = seal_fault;
        return -1;
    }
    return next(fd, buf, n, offset);
}

extern "C" int fdatasync(int fildes) {
    using Function = int (*)(int);
    static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "fdatasync"));
    if (sync_fault != 0) {
        errno = sync_fault;
        return -1;
    }
    return next(fildes);
}

namespace snapgate::engine {
namespace {

using base::Code;
using testing::HasSubstr;
using testing::Optional;

class FaultTest : public testing::Test {
  public:
    ~FaultTest() override {
        seal_fault = 0;
        sync_fault = 0;
    }

  protected:
    void SetUp() override { open(); }

    void open() {
        environment_.reset();
        auto opened = Environment::open({directory_, 1 << 30, 64});
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
        EXPECT_TRUE(txn) << txn.error().message;
        auto value = txn->get(key);
        EXPECT_TRUE(value) << value.error().message;
        return *value ? std::optional<std::string>(**value) : std::nullopt;
    }

    base::TemporaryFolder folder_ = base::TemporaryFolder::on_disk();
    const std::filesystem::path directory_ = folder_.path();
    std::unique_ptr<Environment> environment_;
};

TEST_F(FaultTest, ADiskThatCannotBeWaitedForFailsTheCommitAlone) {
    ASSERT_TRUE(put("a", "1"));
    sync_fault = ENOSPC;
    EXPECT_EQ(put("a", "2").error().code, Code::kStorageFull);
    EXPECT_THAT(get("a"), Optional(std::string("1")));
    sync_fault = EIO;
    EXPECT_EQ(put("a", "3").error().code, Code::kInternal);
    sync_fault = 0;
    EXPECT_TRUE(put("b", "2"));
    EXPECT_THAT(get("a"), Optional(std::string("1")));
    EXPECT_THAT(get("b"), Optional(std::string("2")));
}

TEST_F(FaultTest, ACommitThatCannotBeSealedEndsWritingNotReading) {
    ASSERT_TRUE(put("a", "1"));
    auto before = environment_->read();
    ASSERT_TRUE(before);
    seal_fault = EIO;
    EXPECT_FALSE(put("a", "2"));
    seal_fault = 0;
    auto refused = put("a", "3");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kUnavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("restart"));

    EXPECT_THAT(get("a"), Optional(std::string("1")));
    EXPECT_THAT(get("a"), Optional(std::string("1")));
    EXPECT_THAT(*before->get("a"), Optional(std::string_view("1")));
    auto reading = environment_->read();
    auto cursor = reading->cursor();
    EXPECT_EQ(cursor->seek("a"), true);
    EXPECT_EQ(*cursor->value(), "1");
    EXPECT_EQ(put("b", "1").error().code, Code::kUnavailable);
}

TEST_F(FaultTest, WritingGoesOnAfterARestart) {
    ASSERT_TRUE(put("a", "1"));
    seal_fault = EIO;
    EXPECT_FALSE(put("a", "2"));
    seal_fault = 0;
    EXPECT_FALSE(put("a", "3"));
    open();
    EXPECT_THAT(get("a"), Optional(std::string("1")));
    EXPECT_TRUE(put("a", "4"));
    EXPECT_THAT(get("a"), Optional(std::string("4")));
}

TEST_F(FaultTest, AStoreIsOnlyOpenedWhenItsNewestCommitIsOnTheDisk) {
    ASSERT_TRUE(put("a", "1"));
    environment_.reset();
    sync_fault = EIO;
    const auto refused = Environment::open({directory_, 1 << 30, 64});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kUnavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("cannot write to"));
    sync_fault = 0;
    open();
    EXPECT_THAT(get("a"), Optional(std::string("1")));
}

}  // namespace
}  // namespace snapgate::engine
