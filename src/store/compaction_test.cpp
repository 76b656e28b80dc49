#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "engine/environment.h"
#include "store/keys.h"
#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::IsEmpty;

class CompactionTest : public StoreFixture {
  protected:
    void compact() {
        auto done = store_->compact();
        ASSERT_TRUE(done) << done.error().message;
    }
    // Rows of a table, counted in the closed store's file.
    size_t rows_of(Table table) {
        store_.reset();
        size_t rows = 0;
        {
            auto environment = engine::Environment::open({directory_.path() / "store", 1 << 30, 8});
            EXPECT_TRUE(environment);
            auto read = (*environment)->read();
            auto cursor = read->cursor();
            Key prefix(table);
            auto more = cursor->seek(prefix.view());
            for (; *more && cursor->key().starts_with(prefix.view()); more = cursor->next()) ++rows;
        }
        open();
        return rows;
    }
    bool readable(ClusterNumber cluster, Revision revision) {
        auto answer = store_->read().replaced_ms(cluster, revision);
        if (!answer) EXPECT_EQ(answer.error().code, Code::kExpired);
        return answer.has_value();
    }
};

TEST_F(CompactionTest, WhatHistoryStillNeedsStays) {
    ClusterNumber cluster = make_cluster();
    Revision one = put(cluster, "ns", "a", "vm", "one");
    Revision two = put(cluster, "ns", "a", "vm", "two");
    clock_.advance(kHistoryMs);
    compact();
    EXPECT_TRUE(readable(cluster, one));
    EXPECT_THAT(list(cluster, one), ElementsAre("ns/a"));
    clock_.advance(1);
    compact();
    EXPECT_FALSE(readable(cluster, one));
    EXPECT_TRUE(readable(cluster, two));
    clock_.advance(1000 * kHistoryMs);
    compact();
    EXPECT_TRUE(readable(cluster, two)) << "the head never expires";
    EXPECT_EQ(store_->read().log(cluster, one, two, 10).error().code, Code::kExpired);
    EXPECT_THAT(*store_->read().log(cluster, two, two, 10), IsEmpty());
}

TEST_F(CompactionTest, NothingOfTheOldIsLeftBehind) {
    ClusterNumber cluster = make_cluster();
    for (int round = 0; round < 3; ++round) {
        must([&](WriteTxn& txn) -> base::Result<void> {
            for (int i = 0; i < 400; ++i) {
                SNAPGATE_TRY(txn.put(
                    cluster, Kind::kSnapshot,
                    make_object("ns", "s" + std::to_string(i), "vm-" + std::to_string(round))));
            }
            return {};
        });
    }
    must([&](WriteTxn& txn) -> base::Result<void> {
        for (int i = 0; i < 300; ++i)
            SNAPGATE_TRY(txn.erase(cluster, Kind::kSnapshot, "ns", "s" + std::to_string(i)));
        return txn.set_list_version(cluster, "v1");
    });
    must([&](WriteTxn& txn) { return txn.set_list_version(cluster, "v2"); });
    EXPECT_EQ(rows_of(Table::kObject), 1500U);
    clock_.advance(kHistoryMs + 1);
    compact();
    EXPECT_EQ(rows_of(Table::kObject), 100U);
    EXPECT_EQ(rows_of(Table::kIndex), 100U);
    EXPECT_EQ(rows_of(Table::kLog), 0U);
    EXPECT_EQ(rows_of(Table::kHead), 1U);
    EXPECT_EQ(rows_of(Table::kVersion), 1U);
    EXPECT_EQ(store_->read().count(cluster, Kind::kSnapshot), 100U);
    EXPECT_EQ(list_vm(cluster, "vm-2", head(cluster)).size(), 100U);
}

TEST_F(CompactionTest, AListVersionIsKnownWhileOneOfItsHeadsIs) {
    ClusterNumber cluster = make_cluster();
    auto set = [&](const char* version) {
        must([&](WriteTxn& txn) { return txn.set_list_version(cluster, version); });
        return head(cluster);
    };
    Revision first = set("v1");
    set("v2");
    clock_.advance(kHistoryMs + 1);
    Revision again = set("v1");
    set("v3");
    Revision once_more = set("v1");
    EXPECT_EQ(store_->read().revision_of(cluster, "v1"), first);
    clock_.advance(1);
    compact();
    EXPECT_EQ(store_->read().revision_of(cluster, "v1"), again);
    EXPECT_EQ(store_->read().revision_of(cluster, "v2"), again - 1) << "the last to be superseded";
    clock_.advance(kHistoryMs + 1);
    compact();
    EXPECT_EQ(store_->read().revision_of(cluster, "v1"), once_more);
    EXPECT_EQ(store_->read().revision_of(cluster, "v3")->has_value(), false);
    EXPECT_EQ(rows_of(Table::kVersion), 1U);
}

TEST_F(CompactionTest, AHintStaysWhileAVersionNeedsIt) {
    ClusterNumber cluster = make_cluster();
    put(cluster, "ns", "a", "vm-1");
    put(cluster, "ns", "a", "vm-2");
    clock_.advance(kHistoryMs + 1);
    Revision last = put(cluster, "ns", "a", "vm-1");
    compact();
    EXPECT_EQ(rows_of(Table::kIndex), 2U);
    EXPECT_THAT(list_vm(cluster, "vm-1", last), ElementsAre("ns/a"));
    clock_.advance(kHistoryMs + 1);
    compact();
    EXPECT_EQ(rows_of(Table::kIndex), 1U);
    EXPECT_THAT(list_vm(cluster, "vm-1", last), ElementsAre("ns/a"));
}

TEST_F(CompactionTest, AHeldRevisionStaysForHalfAnHourAtMost) {
    ClusterNumber cluster = make_cluster();
    ClusterNumber other = make_cluster();
    Revision held = put(cluster, "ns", "a", "vm", "one");
    Revision not_held = put(other, "ns", "a", "vm", "one");
    auto hold = store_->hold_history(cluster, held);
    put(cluster, "ns", "a", "vm", "two");
    put(other, "ns", "a", "vm", "two");
    clock_.advance(10 * 60'000);
    compact();
    EXPECT_TRUE(readable(cluster, held));
    EXPECT_FALSE(readable(other, not_held));
    EXPECT_EQ(store_->statistics().history_holds, 1U);
    EXPECT_EQ(store_->statistics().longest_hold, base::Millis(10 * 60'000));
    clock_.advance(20 * 60'000);
    compact();
    EXPECT_FALSE(readable(cluster, held));
    EXPECT_EQ(store_->statistics().history_holds, 0U);
    EXPECT_EQ(store_->statistics().longest_hold, base::Millis(0));

    Revision second = head(cluster);
    hold = store_->hold_history(cluster, second);
    put(cluster, "ns", "a", "vm", "three");
    clock_.advance(kHistoryMs + 1);
    compact();
    EXPECT_TRUE(readable(cluster, second));
    hold.reset();
    compact();
    EXPECT_FALSE(readable(cluster, second));
}

TEST_F(CompactionTest, OneHoldKeepsTheStatesOfManyClusters) {
    std::vector<HeldState> states;
    for (int i = 0; i < 3; ++i) {
        const ClusterNumber cluster = make_cluster();
        states.push_back({cluster, put(cluster, "ns", "a", "vm", "one")});
    }
    const ClusterNumber other = make_cluster();
    const Revision not_held = put(other, "ns", "a", "vm", "one");
    // The states come in any order, and two of one cluster are two.
    const HeldState newer{states[1].cluster, put(states[1].cluster, "ns", "a", "vm", "two")};
    auto hold = store_->hold_history({states[2], newer, states[0], states[1]});
    EXPECT_EQ(store_->statistics().history_holds, 1U);
    const auto change_and_compact = [&] {
        for (const HeldState& state : states) put(state.cluster, "ns", "a", "vm", "three");
        put(other, "ns", "a", "vm", "three");
        clock_.advance(kHistoryMs + 1);
        compact();
    };
    change_and_compact();
    for (const HeldState& state : states) EXPECT_TRUE(readable(state.cluster, state.revision));
    EXPECT_FALSE(readable(other, not_held));
    hold = store_->hold_history(newer.cluster, newer.revision);
    change_and_compact();
    EXPECT_FALSE(readable(states[1].cluster, states[1].revision));
    EXPECT_TRUE(readable(newer.cluster, newer.revision));
    EXPECT_FALSE(readable(states[0].cluster, states[0].revision));
}

TEST_F(CompactionTest, AHoldMayOutliveTheStore) {
    ClusterNumber cluster = make_cluster();
    auto hold = store_->hold_history(cluster, head(cluster));
    store_.reset();
    hold.reset();
}

TEST_F(CompactionTest, ADeletedClusterIsHiddenAtOnceAndSweptLater) {
    ClusterNumber cluster = make_cluster();
    ClusterNumber other = make_cluster();
    must([&](WriteTxn& txn) -> base::Result<void> {
        for (int i = 0; i < 1000; ++i) {
            for (ClusterNumber each : {cluster, other}) {
                SNAPGATE_TRY(txn.put(each, Kind::kSnapshot,
                                     make_object("ns", "s" + std::to_string(i), "vm")));
            }
        }
        return {};
    });
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.delete_cluster(cluster));
        SNAPGATE_ASSIGN(bool there, txn.has_cluster(cluster));
        EXPECT_FALSE(there);
        EXPECT_EQ(txn.get(cluster, Kind::kSnapshot, "ns", "s1").error().code, Code::kNotFound);
        EXPECT_EQ(txn.delete_cluster(cluster).error().code, Code::kNotFound);
        return {};
    });
    EXPECT_EQ(store_->read().head(cluster)->has_value(), false);
    EXPECT_EQ(rows_of(Table::kSweep), 1U);  // and through a restart
    compact();
    EXPECT_EQ(rows_of(Table::kSweep), 0U);
    EXPECT_EQ(rows_of(Table::kObject), 1000U);
    EXPECT_EQ(rows_of(Table::kIndex), 1000U);
    EXPECT_EQ(rows_of(Table::kCluster), 1U);
    EXPECT_EQ(rows_of(Table::kHead), 2U);
    EXPECT_EQ(rows_of(Table::kCount), 2U);
    EXPECT_GT(make_cluster(), other);
}

TEST_F(CompactionTest, HistoryOfAClusterIsFoundAfterARestart) {
    ClusterNumber cluster = make_cluster();
    Revision one = put(cluster, "ns", "a", "vm", "one");
    put(cluster, "ns", "a", "vm", "two");
    open();
    clock_.advance(kHistoryMs + 1);
    compact();
    EXPECT_FALSE(readable(cluster, one));
    EXPECT_EQ(rows_of(Table::kObject), 1U);
}

TEST_F(CompactionTest, AThreadDoesItOnceASecond) {
    ClusterNumber cluster = make_cluster();
    Revision one = put(cluster, "ns", "a", "vm", "one");
    put(cluster, "ns", "a", "vm", "two");
    StoreOptions background = options();
    background.background_compaction = true;
    open(background);
    clock_.advance(kHistoryMs + 1);
    while (readable(cluster, one)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_THAT(list(cluster, head(cluster)), ElementsAre("ns/a"));
}

}  // namespace
}  // namespace snapgate::store
