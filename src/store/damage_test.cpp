#include "store/damage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <utility>

#include "model/names.h"
#include "store/changed_rows_testing.h"
#include "store/keys.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::HasSubstr;

class DamageTest : public ChangedRowsFixture {
  protected:
    // Damages a row, and opens the store again.
    void damage(std::string_view key, const std::function<void(std::string&)>& damage) {
        damage_row(key, damage);
        open();
        store_->tell_of_damage([this](const DamagedRow& row) { told_.push_back(row); });
    }

    // What a walk over all objects ends with: nothing if it was whole.
    base::Result<size_t> walk(ClusterNumber cluster) {
        const ReadView view = store_->read();
        auto scan = view.scan(cluster, Kind::kSnapshot, UINT64_MAX);
        size_t seen = 0;
        SNAPGATE_ASSIGN(bool found, scan.seek("", ""));
        for (; found; ++seen) {
            SNAPGATE_ASSIGN(found, scan.next());
        }
        return seen;
    }

    std::vector<DamagedRow> told_;
};

TEST_F(DamageTest, TheScrubberFindsARowThatNobodyReads) {
    const ClusterNumber cluster = make_cluster();
    put(cluster, "shop", "a");
    const Revision revision = put(cluster, "shop", "b");
    const Key key = object_key(cluster, Kind::kSnapshot, "shop", "b", revision);
    damage(key.view(), [](std::string& stored) { flip(stored, 300); });
    store_.reset();
    StoreOptions scrubbed = options();
    scrubbed.scrub_interval = std::chrono::milliseconds(20);
    open(scrubbed);
    std::promise<DamagedRow> told;
    store_->tell_of_damage([&told, first = true](const DamagedRow& row) mutable {
        if (std::exchange(first, false)) told.set_value(row);
    });
    const DamagedRow row = told.get_future().get();
    EXPECT_EQ(row.cluster, cluster);
    EXPECT_EQ(row.key, (model::ObjectKey{"shop", "b"}));
    EXPECT_EQ(store_->statistics().damaged_pages, 0U);
    store_.reset();
}

TEST_F(DamageTest, AChangedBitOfAnObjectIsNeverServed) {
    const ClusterNumber cluster = make_cluster();
    put(cluster, "shop", "a");
    const Revision revision = put(cluster, "shop", "b");
    put(cluster, "shop", "c");
    const Key key = object_key(cluster, Kind::kSnapshot, "shop", "b", revision);
    for (const size_t bit : {0U, 7U, 31U, 32U, 33U, 40U, 64U, 100U, 300U, 900U}) {
        damage(key.view(), [bit](std::string& stored) { flip(stored, bit); });
        auto got = store_->read().newest(cluster, Kind::kSnapshot, "shop", "b");
        ASSERT_FALSE(got) << bit;
        EXPECT_EQ(got.error().code, Code::kCorrupt);
        EXPECT_THAT(got.error().message, HasSubstr("\"shop/b\""));
        EXPECT_FALSE(walk(cluster)) << bit;
        EXPECT_TRUE(store_->read().newest(cluster, Kind::kSnapshot, "shop", "a"));
        ASSERT_FALSE(told_.empty());
        EXPECT_EQ(told_.front().cluster, cluster);
        EXPECT_EQ(told_.front().key, (model::ObjectKey{"shop", "b"}));
        EXPECT_GE(store_->statistics().damaged_reads, 2U);
        damage(key.view(), [bit](std::string& stored) { flip(stored, bit); });
        EXPECT_EQ(*walk(cluster), 3U);
        told_.clear();
    }
}

TEST_F(DamageTest, ARowOfZeroesIsNoTombstone) {
    const ClusterNumber cluster = make_cluster();
    const Revision revision = put(cluster, "shop", "a");
    for (const size_t length : {0U, 1U, 5U, 200U}) {
        damage(object_key(cluster, Kind::kSnapshot, "shop", "a", revision).view(),
               [length](std::string& stored) { stored.assign(length, '\0'); });
        EXPECT_FALSE(walk(cluster)) << length;
        EXPECT_FALSE(store_->read().newest(cluster, Kind::kSnapshot, "shop", "a"));
    }
}

// The key is part of the checksum, so a row that answers to another name is found, also by a walk
// that only meets it at its end.
TEST_F(DamageTest, ARowUnderAnotherKeyIsFound) {
    const ClusterNumber cluster = make_cluster();
    const ClusterNumber other = make_cluster();
    const Revision revision = put(cluster, "shop", "b");
    put(other, "shop", "x");
    const Key key = object_key(cluster, Kind::kSnapshot, "shop", "b", revision);
    // Between the clusters: a bit of the cluster's number is wrong.
    move_row(key.view(), object_key(other, Kind::kSnapshot, "shop", "b", revision).view());
    open();
    EXPECT_FALSE(walk(cluster));
    EXPECT_FALSE(walk(other));
}

TEST_F(DamageTest, AVersionThatSeemsTooNewHidesNoObject) {
    const ClusterNumber cluster = make_cluster();
    const Revision revision = put(cluster, "shop", "b");
    const Revision newest = put(cluster, "shop", "c");
    const auto key = [&](Revision at) {
        return object_key(cluster, Kind::kSnapshot, "shop", "b", at);
    };
    move_row(key(revision).view(), key(revision + (1ULL << 40U)).view());
    open();
    const ReadView view = store_->read();
    EXPECT_FALSE(view.get(cluster, Kind::kSnapshot, "shop", "b", newest));
    auto scan = view.scan(cluster, Kind::kSnapshot, newest);
    EXPECT_FALSE(scan.seek("", ""));
    auto of_vm = view.scan_vm(cluster, "vm", newest);
    EXPECT_FALSE(of_vm.seek("", ""));
}

// Its newest version cannot be found under its key, and an older one is still there.
TEST_F(DamageTest, AnOlderVersionDoesNotTakeThePlaceOfADamagedOne) {
    const ClusterNumber cluster = make_cluster();
    put(cluster, "shop", "b");
    const Revision newest = put(cluster, "shop", "b");
    const auto key = [&](Revision at) {
        return object_key(cluster, Kind::kSnapshot, "shop", "b", at);
    };
    move_row(key(newest).view(), key(newest + (1ULL << 40U)).view());
    open();
    const ReadView view = store_->read();
    EXPECT_FALSE(view.get(cluster, Kind::kSnapshot, "shop", "b", newest));
    auto scan = view.scan(cluster, Kind::kSnapshot, newest);
    EXPECT_FALSE(scan.seek("", ""));
}

// Its key is smaller than any of the VM that it belongs to, so a search goes past it.
TEST_F(DamageTest, AHintThatIsMovedInFrontOfItsVmIsMissed) {
    const ClusterNumber cluster = make_cluster();
    put(cluster, "shop", "a", "vm");
    put(cluster, "shop", "b", "vm");
    const uint64_t hash = model::vm_hash("vm");
    move_row(index_key(cluster, hash, "shop", "a").view(),
             index_key(cluster, hash - 1, "shop", "a").view());
    open();
    const ReadView view = store_->read();
    auto scan = view.scan_vm(cluster, "vm", UINT64_MAX);
    EXPECT_FALSE(scan.seek("", ""));
}

TEST_F(DamageTest, ARowThatIsNotThereIsVerifiedToBeMissing) {
    const ClusterNumber cluster = make_cluster();
    put(cluster, "shop", "a");
    move_row(count_key(Table::kCount, cluster, Kind::kSnapshot, "shop").view(),
             count_key(Table::kCount, cluster, Kind::kSnapshot, "shoq").view());
    open();
    EXPECT_FALSE(store_->read().count(cluster, Kind::kSnapshot, "shop"));
}

TEST_F(DamageTest, ADamagedHintIsFoundByTheListOfItsVm) {
    const ClusterNumber cluster = make_cluster();
    put(cluster, "shop", "a", "vm");
    damage(index_key(cluster, model::vm_hash("vm"), "shop", "a").view(),
           [](std::string& stored) { flip(stored, 3); });
    const ReadView view = store_->read();
    auto scan = view.scan_vm(cluster, "vm", UINT64_MAX);
    EXPECT_FALSE(scan.seek("", ""));
}

TEST_F(DamageTest, ACountThatIsDamagedIsTold) {
    const ClusterNumber cluster = make_cluster();
    put(cluster, "shop", "a");
    damage(count_key(Table::kCount, cluster, Kind::kSnapshot).view(),
           [](std::string& stored) { flip(stored, 95); });
    auto count = store_->read().count(cluster, Kind::kSnapshot);
    ASSERT_FALSE(count);
    EXPECT_THAT(count.error().message, HasSubstr("a count of objects"));
}

TEST(DescribeRow, TakesAnyBytesForAKey) {
    for (const std::string_view key :
         {"", "\x0b", "\x0b\x00\x00", "\xff\xff\xff", "\x02", "\x02\x01"})
        EXPECT_FALSE(describe_row(key).what.empty());
    const DamagedRow odd = describe_row(object_key(7, Kind::kSnapshot, "a\nb", "c", 9).view());
    EXPECT_EQ(odd.what, "version 9 of the object \"a\\nb/c\"");
    EXPECT_EQ(odd.cluster, 7U);
}

}  // namespace
}  // namespace snapgate::store
