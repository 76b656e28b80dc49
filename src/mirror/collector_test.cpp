#include "mirror/collector.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mirror/recording_sink_testing.h"

namespace snapgate::mirror {
namespace {

class CollectorTest : public testing::Test {
  protected:
    void add(const std::string& name, size_t bytes = 10) {
        model::PreparedObject object;
        object.name = name;
        object.text.assign(bytes, 'x');
        collector_.add(std::move(object));
    }
    Outcome<void> begin() { return run_on(loop_, collector_.begin()); }
    Outcome<void> flush(bool all) { return run_on(loop_, collector_.flush(all)); }

    net::EventLoop loop_;
    RecordingSink sink_;
    ListsUnderWay lists_;
    Collector collector_{sink_, lists_, {.objects = 3'000, .bytes = 64 << 20}};
};

TEST_F(CollectorTest, ObjectsAreHandedOnInSteps) {
    ASSERT_TRUE(begin());
    add("a");
    ASSERT_TRUE(flush(false));
    EXPECT_EQ(sink_.calls, std::vector<std::string>{"begin"});
    add("b");
    ASSERT_TRUE(flush(true));
    EXPECT_EQ(sink_.calls, (std::vector<std::string>{"begin", "add a b"}));
    ASSERT_TRUE(flush(true));
    EXPECT_EQ(sink_.calls.size(), 2U);
}

TEST_F(CollectorTest, AFullStepGoesAtOnceAndSoDoLargeObjects) {
    for (size_t i = 0; i < lists_.step_objects(); ++i) add("a");
    ASSERT_TRUE(flush(false));
    EXPECT_EQ(sink_.calls.size(), 1U);
    add("b", lists_.step_objects() * 4 << 10);
    ASSERT_TRUE(flush(false));
    EXPECT_EQ(sink_.calls.back(), "add b");
}

TEST_F(CollectorTest, AnotherBeginningForgetsWhatWasCollected) {
    add("a");
    ASSERT_TRUE(begin());
    ASSERT_TRUE(flush(true));
    EXPECT_EQ(sink_.calls, std::vector<std::string>{"begin"});
}

TEST_F(CollectorTest, AListWithoutAnEndIsEnded) {
    for (size_t i = 0; i < 3'000; ++i) add("a");
    ASSERT_TRUE(flush(true));
    add("b");
    const auto flushed = flush(true);
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().message, "the cluster's list has no end");
    EXPECT_EQ(sink_.calls.size(), 1U);
    ASSERT_TRUE(begin());
    add("b");
    EXPECT_TRUE(flush(true));
}

TEST_F(CollectorTest, AndSoIsOneThatIsTooLarge) {
    for (int i = 0; i < 64; ++i) add("a", 1 << 20);
    ASSERT_TRUE(flush(true));
    add("b");
    const auto flushed = flush(true);
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().message,
              "the cluster's list is larger than 64 MiB: if that is right, start this server with "
              "a larger --mirror-mib");
    EXPECT_EQ(sink_.calls.size(), 1U);
    ASSERT_TRUE(begin());
    add("b");
    EXPECT_TRUE(flush(true));
}

TEST_F(CollectorTest, AFailureOfTheSinkIsASetback) {
    sink_.error = base::Error(base::Code::kStorageFull, "no space");
    EXPECT_EQ(begin().error().reason, "StorageFull");
    add("a");
    EXPECT_EQ(flush(true).error().reason, "StorageFull");
    sink_.error = base::Error(base::Code::kNotFound, "removed");
    EXPECT_TRUE(begin().error().removed);
}

}  // namespace
}  // namespace snapgate::mirror
