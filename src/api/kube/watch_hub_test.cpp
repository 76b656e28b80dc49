#include "api/kube/watch_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "api/kube/watch_client_testing.h"
#include "store/temporary_store_testing.h"

namespace snapgate::api::kube {
namespace {

using model::Kind;
using testing::SizeIs;

class WatchHubTest : public testing::Test {
  protected:
    void SetUp() override {
        write([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(cluster_, txn.create_cluster());
            return {};
        });
    }
    void write(const store::WriteFunction& function) {
        auto done = store_->write_and_wait(store::Priority::kRequest, function);
        ASSERT_TRUE(done) << done.error().message;
    }
    void put(const std::string& name) {
        write([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_snapshot("ns", name)));
            return {};
        });
    }
    model::Revision head() { return (*store_->read().head(cluster_))->revision; }

    store::TemporaryStore store_;
    model::ClusterNumber cluster_ = 0;
    boost::asio::io_context context_;
    boost::asio::io_context other_;
};

TEST_F(WatchHubTest, WatchersOfAFormShareAFeed) {
    WatchHub hub(*store_);
    const Form form;
    Form table;
    table.shape = Shape::kTable;
    const auto feed = hub.join(cluster_, form);
    EXPECT_EQ(hub.join(cluster_, form), feed);
    EXPECT_NE(hub.join(cluster_, table), feed);
    const std::weak_ptr<WatchFeed> gone = hub.join(cluster_, table);
    EXPECT_TRUE(gone.expired());
}

TEST_F(WatchHubTest, WatchersOfAThreadShareWhatTheyAreSent) {
    WatchHub hub(*store_);
    const auto feed = hub.join(cluster_, Form());
    auto here = feed->outlet(context_.get_executor());
    EXPECT_EQ(feed->outlet(context_.get_executor()), here);
    const auto there = feed->outlet(other_.get_executor());
    EXPECT_NE(there, here);

    const model::Revision start = head();
    ASSERT_TRUE(here->next(start));
    put("a");
    context_.run();
    put("b");
    context_.restart();
    context_.run();
    const auto batch = here->next(start);
    ASSERT_TRUE(batch);
    EXPECT_THAT((*batch)->events, SizeIs(2));
    EXPECT_EQ((*batch)->up_to, head());
    EXPECT_TRUE((*batch)->whole);
    EXPECT_EQ(*here->next(start), *batch);
    // Another thread has a batch of its own, of the same events.
    const auto theirs = there->next(start);
    ASSERT_TRUE(theirs);
    EXPECT_EQ((*theirs)->events, (*batch)->events);

    // One after the other: the thread's outlet goes with its last watcher, and comes again.
    const std::weak_ptr<WatchOutlet> before = here;
    here.reset();
    EXPECT_TRUE(before.expired());
    here = feed->outlet(context_.get_executor());
    ASSERT_TRUE(here->next(start));
}

TEST_F(WatchHubTest, ACommitIsOneWakeForEachThread) {
    WatchHub hub(*store_);
    const auto feed = hub.join(cluster_, Form());
    const auto outlet = feed->outlet(context_.get_executor());
    put("a");
    put("b");
    write([&](store::WriteTxn&) { return base::Result<void>(); });  // the calls before are over
    EXPECT_EQ(context_.run(), 1U);
    EXPECT_EQ(outlet->group()->passes(), 1U);
}

TEST_F(WatchHubTest, WatchersMayOutliveTheStoreOnceTheHubIsClosed) {
    WatchHub hub(*store_);
    const auto outlet = hub.join(cluster_, Form())->outlet(context_.get_executor());
    hub.close();
    store_.reopen();
    put("a");
    EXPECT_EQ(context_.run(), 0U);
}

}  // namespace
}  // namespace snapgate::api::kube
