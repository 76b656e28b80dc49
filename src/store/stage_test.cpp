#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StageTest : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
    }
    void open_stage() {
        must([&](WriteTxn& txn) { return txn.open_stage(cluster_); });
    }
    void publish(std::string_view version = "list-2") {
        must([&](WriteTxn& txn) { return txn.publish_stage(cluster_, version); });
    }
    void give_up() {
        must([&](WriteTxn& txn) { return txn.give_up_stage(cluster_); });
    }
    std::vector<std::string> list_head() { return list(cluster_, head(cluster_)); }
    uint64_t count() {
        EXPECT_EQ(*store_->read().bytes(cluster_, Kind::kSnapshot), bytes_of(cluster_));
        return *store_->read().count(cluster_, Kind::kSnapshot);
    }

    ClusterNumber cluster_ = 0;
};

TEST_F(StageTest, NobodySeesAStageBeforeItIsPublished) {
    put(cluster_, "ns", "a", "vm-1");
    put(cluster_, "ns", "b", "vm-1");
    Revision old_head = head(cluster_);
    open_stage();
    put(cluster_, "ns", "a", "vm-2");
    erase(cluster_, "ns", "b");
    put(cluster_, "ns", "c", "vm-1");
    put(cluster_, "more", "d", "vm-1");
    EXPECT_EQ(head(cluster_), old_head);
    EXPECT_THAT(list_head(), ElementsAre("ns/a", "ns/b"));
    EXPECT_THAT(list_vm(cluster_, "vm-1", old_head), ElementsAre("ns/a", "ns/b"));
    EXPECT_EQ(count(), 2U);
    EXPECT_THAT(*store_->read().log(cluster_, old_head, UINT64_MAX, 10), IsEmpty());

    clock_.advance(5);
    publish();
    Revision new_head = head(cluster_);
    EXPECT_GT(new_head, old_head);
    EXPECT_THAT(list_head(), ElementsAre("more/d", "ns/a", "ns/c"));
    EXPECT_THAT(list_vm(cluster_, "vm-1", new_head), ElementsAre("more/d", "ns/c"));
    EXPECT_THAT(list_vm(cluster_, "vm-1", old_head), ElementsAre("ns/a", "ns/b"));
    ReadView view = store_->read();
    EXPECT_EQ(view.count(cluster_, Kind::kSnapshot), 3U);
    EXPECT_EQ(view.count(cluster_, Kind::kSnapshot, "ns"), 2U);
    EXPECT_EQ(view.count(cluster_, Kind::kSnapshot, "more"), 1U);
    EXPECT_THAT(*view.log(cluster_, old_head, new_head, 10), SizeIs(4));
    EXPECT_EQ(view.replaced_ms(cluster_, old_head), clock_.now_ms());
    EXPECT_EQ((*view.head(cluster_))->version, "list-2");
}

TEST_F(StageTest, AWriterSeesTheNewestStagedState) {
    put(cluster_, "ns", "a", "vm", "one");
    open_stage();
    put(cluster_, "ns", "a", "vm", "two");
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_ASSIGN(auto found, txn.get(cluster_, Kind::kSnapshot, "ns", "a"));
        EXPECT_THAT(found->object.text, testing::HasSubstr("two"));
        SNAPGATE_ASSIGN(uint64_t objects, txn.count(cluster_, Kind::kSnapshot));
        EXPECT_EQ(objects, 1U);
        SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_object("ns", "b", "vm")));
        SNAPGATE_ASSIGN(objects, txn.count(cluster_, Kind::kSnapshot));
        EXPECT_EQ(objects, 1U) << "a stage does not count";
        return {};
    });
}

TEST_F(StageTest, OpeningAndWritingInOneCommit) {
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_object("ns", "a", "vm")));
        SNAPGATE_TRY(txn.open_stage(cluster_));
        SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_object("ns", "b", "vm")));
        return {};
    });
    EXPECT_THAT(list_head(), ElementsAre("ns/a"));
    EXPECT_THAT(*store_->read().log(cluster_, 0, UINT64_MAX, 10), SizeIs(1));
    publish();
    EXPECT_THAT(list_head(), ElementsAre("ns/a", "ns/b"));
    EXPECT_EQ(count(), 2U);
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.open_stage(cluster_));
        SNAPGATE_TRY(txn.erase(cluster_, Kind::kSnapshot, "ns", "a"));
        SNAPGATE_TRY(txn.publish_stage(cluster_, "list-3"));
        SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_object("ns", "c", "vm")));
        return {};
    });
    EXPECT_THAT(list_head(), ElementsAre("ns/b", "ns/c"));
    EXPECT_EQ(count(), 2U);
}

TEST_F(StageTest, AStageThatWasGivenUpIsGone) {
    put(cluster_, "ns", "a", "vm-1");
    Revision before = head(cluster_);
    open_stage();
    for (int i = 0; i < 1000; ++i) put(cluster_, "ns", "s" + std::to_string(i), "vm-2");
    erase(cluster_, "ns", "a");
    give_up();
    EXPECT_THAT(list_head(), ElementsAre("ns/a"));
    put(cluster_, "ns", "b", "vm-1");  // waits for the removal
    EXPECT_THAT(list_head(), ElementsAre("ns/a", "ns/b"));
    EXPECT_THAT(list_vm(cluster_, "vm-2", head(cluster_)), IsEmpty());
    EXPECT_EQ(count(), 2U);
    EXPECT_EQ(store_->read().count(cluster_, Kind::kSnapshot, "ns"), 2U);
    EXPECT_THAT(*store_->read().log(cluster_, before, UINT64_MAX, 10), SizeIs(1));
    give_up();  // none is open: nothing to do
    EXPECT_THAT(list_head(), ElementsAre("ns/a", "ns/b"));
}

TEST_F(StageTest, WhatWasGivenUpIsNoLongerTheNewestState) {
    put(cluster_, "ns", "a", "vm", "one");
    open_stage();
    put(cluster_, "ns", "a", "vm", "two");
    put(cluster_, "ns", "b", "vm");
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.give_up_stage(cluster_));
        SNAPGATE_ASSIGN(auto found, txn.get(cluster_, Kind::kSnapshot, "ns", "a"));
        EXPECT_THAT(found->object.text, testing::HasSubstr("one"));
        SNAPGATE_ASSIGN(found, txn.get(cluster_, Kind::kSnapshot, "ns", "b"));
        EXPECT_FALSE(found);
        return {};
    });
}

TEST_F(StageTest, OpeningGivesUpTheOneThatIsOpen) {
    open_stage();
    open_stage();  // nothing staged yet: the same one
    for (int i = 0; i < 600; ++i) put(cluster_, "ns", "old" + std::to_string(i));
    open_stage();
    put(cluster_, "ns", "new");
    publish();
    EXPECT_THAT(list_head(), ElementsAre("ns/new"));
    EXPECT_EQ(count(), 1U);
}

TEST_F(StageTest, AStageDoesNotSurviveARestart) {
    put(cluster_, "ns", "a");
    open_stage();
    for (int i = 0; i < 600; ++i) put(cluster_, "ns", "s" + std::to_string(i));
    open();
    EXPECT_THAT(list_head(), ElementsAre("ns/a"));
    auto refused = write([&](WriteTxn& txn) { return txn.publish_stage(cluster_, "list-2"); });
    EXPECT_EQ(refused.error().code, Code::kConflict);
    put(cluster_, "ns", "b");
    EXPECT_THAT(list_head(), ElementsAre("ns/a", "ns/b"));
    EXPECT_EQ(count(), 2U);
}

TEST_F(StageTest, OthersDoNotWaitForARemoval) {
    ClusterNumber other = make_cluster();
    open_stage();
    for (int i = 0; i < 1000; ++i) put(cluster_, "ns", "s" + std::to_string(i));
    // Queued in this order: the one that has to wait lets the other go first.
    std::vector<int> order;
    auto note = [&order](int number) {
        return [&order, number](const base::Result<void>& result) {
            EXPECT_TRUE(result);
            order.push_back(number);
        };
    };
    auto put_into = [](ClusterNumber cluster) {
        return [cluster](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, make_object("ns", "x", "vm")));
            return {};
        };
    };
    store_->write(
        Priority::kRequest, [&](WriteTxn& txn) { return txn.give_up_stage(cluster_); }, note(0));
    store_->write(Priority::kRequest, put_into(cluster_), note(1));
    store_->write(Priority::kRequest, put_into(other), note(2));
    put(cluster_, "ns", "y");  // after all of them
    EXPECT_THAT(order, ElementsAre(0, 2, 1));
    EXPECT_THAT(list_head(), ElementsAre("ns/x", "ns/y"));
}

TEST_F(StageTest, AWriteThatMeetsARemovalHalfWayRunsAgain) {
    ClusterNumber other = make_cluster();
    open_stage();
    for (int i = 0; i < 300; ++i) put(cluster_, "ns", "s" + std::to_string(i));
    int runs = 0;
    give_up();
    must([&](WriteTxn& txn) -> base::Result<void> {
        ++runs;
        SNAPGATE_TRY(txn.put(other, Kind::kSnapshot, make_object("ns", "x", "vm")));
        SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_object("ns", "x", "vm")));
        return {};
    });
    EXPECT_GE(runs, 1);
    EXPECT_THAT(list_head(), ElementsAre("ns/x"));
    EXPECT_THAT(list(other, head(other)), ElementsAre("ns/x"));
    EXPECT_EQ(store_->read().count(other, Kind::kSnapshot), 1U);
}

TEST_F(StageTest, GivingUpAndWritingInOneFunction) {
    open_stage();
    for (int i = 0; i < 300; ++i) put(cluster_, "ns", "s" + std::to_string(i));
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.give_up_stage(cluster_));
        SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_object("ns", "x", "vm")));
        return {};
    });
    EXPECT_THAT(list_head(), ElementsAre("ns/x"));
    EXPECT_EQ(count(), 1U);
}

TEST_F(StageTest, AFunctionThatGivesUpItsOwnStageIsAConflict) {
    auto refused = write([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.open_stage(cluster_));
        SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_object("ns", "x", "vm")));
        return txn.open_stage(cluster_);
    });
    EXPECT_EQ(refused.error().code, Code::kConflict);
    put(cluster_, "ns", "y");
    EXPECT_THAT(list_head(), ElementsAre("ns/y"));
}

TEST_F(StageTest, AClusterWithAStageCanBeDeleted) {
    open_stage();
    put(cluster_, "ns", "a");
    must([&](WriteTxn& txn) { return txn.delete_cluster(cluster_); });
    EXPECT_EQ(store_->read().head(cluster_)->has_value(), false);
    ASSERT_TRUE(store_->compact());
}

TEST_F(StageTest, NoListVersionWithinAStage) {
    open_stage();
    auto refused = write([&](WriteTxn& txn) { return txn.set_list_version(cluster_, "v"); });
    EXPECT_EQ(refused.error().code, Code::kConflict);
}

}  // namespace
}  // namespace snapgate::store
