#include "mirror/confirmations.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace snapgate::mirror {
namespace {

using std::chrono::milliseconds;

const Confirmations::Clock::time_point kNow{milliseconds(1'000'000)};
const base::Error kLate(base::Code::kClusterUnavailable, "late");

class ConfirmationsTest : public ::testing::Test {
  protected:
    void wait(const std::string& name, milliseconds patience) {
        confirmations_.wait(
            [this, name](const base::Result<void>& result) {
                answers_.push_back(name + (result ? " confirmed" : " " + result.error().message));
            },
            kNow + patience);
    }

    Confirmations confirmations_;
    std::vector<std::string> answers_;
};

TEST_F(ConfirmationsTest, AllWhoWaitAreAnsweredTogetherAndOnce) {
    EXPECT_TRUE(confirmations_.empty());
    EXPECT_EQ(confirmations_.first_until(), std::nullopt);
    wait("a", milliseconds(10));
    wait("b", milliseconds(20));
    EXPECT_FALSE(confirmations_.empty());
    confirmations_.answer({});
    EXPECT_EQ(answers_, (std::vector<std::string>{"a confirmed", "b confirmed"}));
    EXPECT_TRUE(confirmations_.empty());
    confirmations_.answer({});
    confirmations_.answer_late(kNow + milliseconds(60'000), kLate);
    EXPECT_EQ(answers_.size(), 2U);
}

TEST_F(ConfirmationsTest, EachWaitsForItsOwnTime) {
    wait("a", milliseconds(10));
    wait("b", milliseconds(20));
    confirmations_.answer_late(kNow + milliseconds(9), kLate);
    EXPECT_TRUE(answers_.empty());
    EXPECT_EQ(confirmations_.first_until(), kNow + milliseconds(10));
    confirmations_.answer_late(kNow + milliseconds(10), kLate);
    EXPECT_EQ(answers_, (std::vector<std::string>{"a late"}));
    EXPECT_EQ(confirmations_.first_until(), kNow + milliseconds(20));
    confirmations_.answer_late(kNow + milliseconds(60'000), kLate);
    EXPECT_EQ(answers_, (std::vector<std::string>{"a late", "b late"}));
    EXPECT_TRUE(confirmations_.empty());
}

// Who is answered may ask again at once.
TEST_F(ConfirmationsTest, WhoAsksAgainWaitsAnew) {
    confirmations_.wait([this](const base::Result<void>&) { wait("again", milliseconds(30)); },
                        kNow);
    confirmations_.answer({});
    EXPECT_EQ(confirmations_.first_until(), kNow + milliseconds(30));
    EXPECT_TRUE(answers_.empty());
}

}  // namespace
}  // namespace snapgate::mirror
