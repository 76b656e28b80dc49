#include "app/free_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

namespace snapgate::app {
namespace {

// A sanitizer has a malloc of its own, which keeps what was freed for a while.
constexpr bool kMallocIsOfGlibc =
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    false;
#else
    true;
#endif

using Piece = std::unique_ptr<char[]>;

// So many bytes in pieces, with something in them.
std::vector<Piece> take(size_t bytes) {
    constexpr size_t kPiece = 64 << 10;
    std::vector<Piece> pieces;
    for (size_t taken = 0; taken < bytes; taken += kPiece) {
        pieces.push_back(std::make_unique<char[]>(kPiece));
        std::memset(pieces.back().get(), 1, kPiece);
    }
    return pieces;
}

TEST(FreeMemory, GivesBackWhatLiesBelowOnePieceInUse) {
    constexpr size_t kBurst = 4 * FreeMemory::kMostFree;
    FreeMemory memory;
    const uint64_t before = FreeMemory::resident();
    ASSERT_GT(before, 0U);
    std::vector<Piece> burst = take(kBurst);
    const Piece last = std::move(burst.back());
    burst.clear();
    if (kMallocIsOfGlibc) {
        // The premise: without a look nothing goes back.
        EXPECT_GT(FreeMemory::resident(), before + kBurst / 2);
    }
    EXPECT_TRUE(memory.look());
    if (kMallocIsOfGlibc) EXPECT_LT(FreeMemory::resident(), before + kBurst / 4);
    EXPECT_FALSE(memory.look());
}

// To give back takes the heaps from the threads that use them for as long.
TEST(FreeMemory, LeavesTheHeapsAloneWhileLittleIsFree) {
    FreeMemory memory;
    memory.look();
    const std::vector<Piece> used = take(2 * FreeMemory::kMostFree);
    take(FreeMemory::kMostFree / 4);
    if (kMallocIsOfGlibc) EXPECT_FALSE(memory.look());
}

}  // namespace
}  // namespace snapgate::app
