#include "net/server/wake_group.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

namespace snapgate::net {
namespace {

TEST(WakeGroup, AWakeAfterAPauseIsAPassAtOnceAndLaterOnesGather) {
    boost::asio::io_context context;
    const auto group =
        std::make_shared<WakeGroup>(context.get_executor(), std::chrono::milliseconds(20));
    group->wake();
    context.poll();
    EXPECT_EQ(group->passes(), 1U);
    for (int i = 0; i < 5; ++i) group->wake();
    context.restart();
    context.run();
    EXPECT_EQ(group->passes(), 2U);
}

TEST(WakeGroup, WithoutATimeNothingGathers) {
    boost::asio::io_context context;
    const auto group = std::make_shared<WakeGroup>(context.get_executor());
    for (uint64_t pass = 1; pass < 4; ++pass) {
        group->wake();
        context.restart();
        context.poll();
        EXPECT_EQ(group->passes(), pass);
    }
}

TEST(WakeGroup, MayBeDroppedWhileAWakeGathers) {
    auto context = std::make_unique<boost::asio::io_context>();
    auto group = std::make_shared<WakeGroup>(context->get_executor(), std::chrono::hours(1));
    group->wake();
    context->poll();
    group->wake();
    context->restart();
    context->poll();
    EXPECT_EQ(group->passes(), 1U);
    const std::weak_ptr<WakeGroup> left = group;
    group.reset();
    context.reset();
    EXPECT_TRUE(left.expired());
}

}  // namespace
}  // namespace snapgate::net
