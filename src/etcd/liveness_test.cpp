#include "etcd/liveness.h"

#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <future>
#include <mutex>
#include <utility>

#include "etcd/requests_testing.h"

namespace snapgate::etcd {
namespace {

using namespace std::chrono_literals;

// Members whose answers are given by the test.
class Members {
  public:
    Liveness::Ask ask() {
        return [this](size_t member, Time, std::function<void(bool)> answered) {
            const std::lock_guard lock(mutex_);
            ++asked_[member];
            asked_one_.notify_all();
            answers_[member] = std::move(answered);
            return std::make_shared<Question>(*this, member);
        };
    }
    int asked(size_t member) {
        const std::lock_guard lock(mutex_);
        return asked_[member];
    }
    void wait_until_asked(size_t member, int times) {
        std::unique_lock lock(mutex_);
        asked_one_.wait(lock, [&] { return asked_[member] >= times; });
    }
    void answer(size_t member, bool lives) {
        std::function<void(bool)> answered;
        {
            const std::lock_guard lock(mutex_);
            answered = std::exchange(answers_[member], nullptr);
        }
        if (answered) answered(lives);
    }

  private:
    class Question : public Cancel {
      public:
        Question(Members& members, size_t member) : members_(members), member_(member) {}
        void cancel() override { members_.answer(member_, false); }

      private:
        Members& members_;
        const size_t member_;
    };

    std::mutex mutex_;
    std::condition_variable asked_one_;
    std::array<int, 2> asked_{};
    std::array<std::function<void(bool)>, 2> answers_;
};

class EtcdLiveness : public ::testing::Test {
  protected:
    void TearDown() override {
        liveness_.stop();
        liveness_.wait();
    }

    std::future<bool> sure(size_t member, std::chrono::milliseconds time = 1h) {
        auto promise = std::make_shared<std::promise<bool>>();
        liveness_.make_sure(member, in(time), [promise](bool lives) { promise->set_value(lives); });
        return promise->get_future();
    }

    static bool ready(const std::future<bool>& future) {
        return future.wait_for(0s) == std::future_status::ready;
    }

    Members members_;
    std::promise<size_t> silent_;
    Liveness liveness_{2,
                       {.ask_after = 1ms, .answer_time = 1h, .trusted_for = 1h},
                       members_.ask(),
                       [this](size_t member, Time) { silent_.set_value(member); }};
};

TEST_F(EtcdLiveness, AMemberThatIsUnknownIsAskedOnce) {
    auto first = sure(1);
    auto second = sure(1);
    EXPECT_EQ(members_.asked(1), 1);
    EXPECT_FALSE(ready(first));
    members_.answer(1, true);
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    auto third = sure(1);
    EXPECT_TRUE(third.get());
    EXPECT_EQ(members_.asked(1), 1);
    EXPECT_EQ(members_.asked(0), 0);
}

TEST_F(EtcdLiveness, AMemberThatWasHeardIsTrusted) {
    liveness_.heard(0);
    EXPECT_TRUE(sure(0).get());
    EXPECT_EQ(members_.asked(0), 0);
}

TEST_F(EtcdLiveness, AMemberThatSaysNothingToItsCallsIsAsked) {
    const Time before = std::chrono::steady_clock::now();
    liveness_.heard(0);
    liveness_.began(0);
    members_.wait_until_asked(0, 1);
    // It was heard a moment ago; now it is in doubt.
    auto doubtful = sure(0);
    EXPECT_FALSE(ready(doubtful));
    EXPECT_FALSE(liveness_.silent_since(0, before));
    members_.answer(0, false);
    EXPECT_EQ(silent_.get_future().get(), 0U);
    EXPECT_FALSE(doubtful.get());
    EXPECT_TRUE(liveness_.silent_since(0, before));
    EXPECT_FALSE(liveness_.silent_since(1, before));
    liveness_.ended(0, true);
    EXPECT_FALSE(liveness_.silent_since(0, before));
}

TEST_F(EtcdLiveness, NobodyWaitsLongerThanHeWants) {
    auto impatient = sure(0, 1ms);
    EXPECT_FALSE(impatient.get());
    members_.answer(0, true);
}

TEST_F(EtcdLiveness, WhatWaitsEndsWithIt) {
    auto waiting = sure(0);
    liveness_.stop();
    EXPECT_FALSE(waiting.get());
    EXPECT_FALSE(sure(1).get());
}

TEST(EtcdLivenessOfOne, IsNeverInDoubt) {
    Members members;
    Liveness liveness(1, {.ask_after = 0ms, .answer_time = 0ms, .trusted_for = 0ms}, members.ask(),
                      [](size_t, Time) {});
    std::promise<bool> lives;
    liveness.make_sure(0, in(1h), [&](bool answer) { lives.set_value(answer); });
    EXPECT_TRUE(lives.get_future().get());
    EXPECT_EQ(members.asked(0), 0);
    liveness.stop();
    liveness.wait();
}

}  // namespace
}  // namespace snapgate::etcd
