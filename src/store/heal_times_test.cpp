// What becomes of history when the system's clock is wrong for a while. In all of these tests the
// clock jumps while a state of the past can still be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using base::Code;

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

class WrongClockTest : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
        old_ = put(cluster_, "ns", "a", "vm", "one");
        put(cluster_, "ns", "a", "vm", "two");
        replaced_at_ = store_->history_time_ms();
    }

    void compact() {
        const auto done = store_->compact();
        ASSERT_TRUE(done) << done.error().message;
    }
    bool readable(Revision revision) {
        const auto replaced = store_->read().replaced_ms(cluster_, revision);
        if (!replaced) EXPECT_EQ(replaced.error().code, Code::kExpired);
        return replaced.has_value();
    }
    // The state must still be readable when `stays` has passed, and be gone a moment later.
    void expect_expires_after(Revision revision, int64_t stays) {
        clock_.advance(stays);
        compact();
        EXPECT_TRUE(readable(revision));
        clock_.advance(1);
        compact();
        EXPECT_FALSE(readable(revision));
    }
    uint64_t times_ahead() { return store_->statistics().times_ahead; }

    ClusterNumber cluster_ = 0;
    Revision old_ = 0;  // of a state that was replaced just now
    int64_t replaced_at_ = 0;
};

TEST_F(WrongClockTest, ASecondInTheFarFutureChangesNothing) {
    clock_.step(400 * kDay);
    EXPECT_EQ(store_->now_ms(), clock_.now_ms());
    const Revision then = put(cluster_, "ns", "a", "vm", "three");
    put(cluster_, "ns", "a", "vm", "four");
    compact();
    EXPECT_TRUE(readable(old_)) << "nothing expires early";
    EXPECT_EQ((*store_->read().head(cluster_))->since_ms, replaced_at_);
    clock_.step(-400 * kDay);
    EXPECT_EQ(store_->now_ms(), clock_.now_ms());
    expect_expires_after(then, kHistoryMs);
    EXPECT_EQ(times_ahead(), 0);
}

TEST_F(WrongClockTest, ARestartInTheFarFutureExpiresNothing) {
    clock_.step(10 * 365 * kDay);
    open();
    compact();
    EXPECT_TRUE(readable(old_));
    clock_.step(-10 * 365 * kDay);
    expect_expires_after(old_, kHistoryMs);
    EXPECT_EQ(times_ahead(), 0);
}

TEST_F(WrongClockTest, TimeWithoutAServerDoesNotCount) {
    clock_.advance(1'000);
    put(cluster_, "ns", "b");
    store_.reset();
    clock_.advance(kDay);
    open();
    EXPECT_EQ(store_->history_time_ms(), replaced_at_ + 1'000);
    expect_expires_after(old_, kHistoryMs - 1'000);
}

TEST_F(WrongClockTest, AClockThatWasAheadFromTheFirstMomentIsFollowedBack) {
    // As if the store had been made then.
    clock_.step(-400 * kDay);
    compact();
    EXPECT_EQ(times_ahead(), 1);
    EXPECT_EQ(store_->history_time_ms(), clock_.now_ms());
    EXPECT_EQ((*store_->read().head(cluster_))->since_ms, clock_.now_ms());
    expect_expires_after(old_, kHistoryMs);
    EXPECT_EQ(times_ahead(), 1) << "it is told once";
}

TEST_F(WrongClockTest, TwoHoursBackKeepHistoryForNoLongerThanOnceMore) {
    clock_.advance(kHistoryMs / 2);
    clock_.step(-2 * kHour);
    compact();
    EXPECT_EQ(times_ahead(), 1);
    expect_expires_after(old_, kHistoryMs);
    // Forward again: history goes on from where it is.
    clock_.step(2 * kHour);
    const Revision newest = head(cluster_);
    put(cluster_, "ns", "c");
    expect_expires_after(newest, kHistoryMs);
    EXPECT_EQ(times_ahead(), 1);
}

TEST_F(WrongClockTest, ARestartWithStoredTimesAheadSetsThemBack) {
    // Many heads of two clusters, so that it takes several steps.
    const ClusterNumber other = make_cluster();
    must([&](WriteTxn& txn) -> base::Result<void> {
        for (int i = 0; i < 5'000; ++i)
            SNAPGATE_TRY(txn.set_list_version(other, "v" + std::to_string(i)));
        return {};
    });
    const Revision first = *store_->read().revision_of(other, "v0").value();
    store_.reset();
    clock_.step(-400 * kDay);
    open();
    EXPECT_EQ(store_->history_time_ms(), clock_.now_ms());
    compact();
    EXPECT_EQ(times_ahead(), 1);
    EXPECT_TRUE(readable(old_));
    EXPECT_EQ((*store_->read().head(other))->since_ms, clock_.now_ms());
    EXPECT_EQ(*store_->read().replaced_ms(other, first).value(), clock_.now_ms());
    EXPECT_EQ((*store_->read().head(other))->version, "v4999");
    expect_expires_after(old_, kHistoryMs);
    EXPECT_EQ(store_->read().replaced_ms(other, first).error().code, Code::kExpired);

    open();
    compact();
    EXPECT_EQ(times_ahead(), 0) << "what was set back is not found again";
}

TEST_F(WrongClockTest, TimesThatAShortRunWithAWrongClockMadeLookAhead) {
    // A program that opens the store for one write, such as `create key --data-dir`.
    store_.reset();
    clock_.step(-2 * kHour);
    open();
    put(cluster_, "ns", "b");
    store_.reset();
    clock_.step(2 * kHour);
    open();
    compact();
    EXPECT_EQ(times_ahead(), 1);
    expect_expires_after(old_, kHistoryMs);
}

TEST_F(WrongClockTest, LessThanAMinutePassesByItself) {
    clock_.step(-59'000);
    compact();
    EXPECT_EQ(store_->history_time_ms(), replaced_at_);
    open();
    compact();
    EXPECT_EQ(times_ahead(), 0);
    expect_expires_after(old_, kHistoryMs);
}

TEST_F(WrongClockTest, AHoldLastsHalfAnHourWhateverTheSystemsClockShows) {
    const auto hold = store_->hold_history(cluster_, old_);
    clock_.step(-400 * kDay);
    compact();
    clock_.step(800 * kDay);
    clock_.advance(30 * 60'000 - 1);
    compact();
    EXPECT_TRUE(readable(old_));
    clock_.advance(1);
    compact();
    EXPECT_FALSE(readable(old_));
}

}  // namespace
}  // namespace snapgate::store
