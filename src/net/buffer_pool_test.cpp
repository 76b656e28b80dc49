#include "net/buffer_pool.h"

#include <gtest/gtest.h>

namespace snapgate::net {
namespace {

constexpr size_t kMebibyte = 1 << 20;

std::string buffer_of(size_t bytes) {
    std::string buffer(bytes, 'x');
    return buffer;
}

TEST(BufferPoolTest, LendsWhatCameBackLast) {
    BufferPool pool;
    EXPECT_EQ(pool.take(), "");
    pool.give(buffer_of(1000));
    pool.give(buffer_of(2000));
    std::string buffer = pool.take();
    EXPECT_EQ(buffer, "");
    EXPECT_GE(buffer.capacity(), 2000U);
    EXPECT_GE(pool.take().capacity(), 1000U);
    EXPECT_LT(pool.take().capacity(), 1000U);
}

TEST(BufferPoolTest, KeepsNoneThatIsHuge) {
    BufferPool pool;
    pool.give(buffer_of(kMebibyte));
    EXPECT_LT(pool.take().capacity(), kMebibyte);
}

TEST(BufferPoolTest, KeepsSomeMebibytesInAll) {
    BufferPool pool;
    constexpr size_t kLarge = 600 << 10;
    for (int i = 0; i < 40; ++i) pool.give(buffer_of(kLarge));
    size_t bytes = 0;
    // Each into a string of its own: one that is assigned to keeps the capacity it had.
    while (true) {
        const std::string one = pool.take();
        if (one.capacity() < kLarge) break;
        bytes += one.capacity();
    }
    EXPECT_GT(bytes, 8 * kMebibyte);
    EXPECT_LE(bytes, 16 * kMebibyte);
    // What was lent counts no more.
    pool.give(buffer_of(kLarge));
    EXPECT_GE(pool.take().capacity(), kLarge);
}

}  // namespace
}  // namespace snapgate::net
