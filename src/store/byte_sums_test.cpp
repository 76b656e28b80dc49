#include "store/byte_sums.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/changed_rows_testing.h"
#include "store/check.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

class ByteSumsTest : public ChangedRowsFixture {
  protected:
    void SetUp() override {
        ChangedRowsFixture::SetUp();
        cluster_ = make_cluster();
    }

    uint64_t bytes(ClusterNumber cluster, Kind kind = Kind::kSnapshot) {
        return store_->read().bytes(cluster, kind).value();
    }
    uint64_t bytes() { return bytes(cluster_); }
    static size_t size_of(std::string_view name, std::string_view filler, Revision revision) {
        return make_object("shop", name, "vm", filler).text.size() +
               std::to_string(revision).size();
    }

    // As a program left the store that keeps no sums.
    void forget_sums() {
        change_rows([this](engine::WriteTransaction& rows) -> base::Result<void> {
            for (const Key& key :
                 {count_key(Table::kBytes, cluster_, Kind::kSnapshot),
                  count_key(Table::kStagedBytes, cluster_, Kind::kSnapshot), meta_key(kBytesName)})
                SNAPGATE_TRY(rows.erase(key.view()));
            return {};
        });
    }

    void expect_whole() {
        store_.reset();
        const auto checked =
            check_store(directory_.path(), [](std::string_view fault) { ADD_FAILURE() << fault; });
        EXPECT_TRUE(checked && checked->rows_checked);
        open();
    }

    ClusterNumber cluster_ = 0;
};

TEST_F(ByteSumsTest, FollowWhatIsWritten) {
    EXPECT_EQ(bytes(), 0U);
    const Revision a = put(cluster_, "shop", "a", "vm", "a text");
    EXPECT_EQ(bytes(), size_of("a", "a text", a));
    const Revision b = put(cluster_, "shop", "b", "vm", "b");
    EXPECT_EQ(bytes(), size_of("a", "a text", a) + size_of("b", "b", b));
    const Revision larger = put(cluster_, "shop", "a", "vm", std::string(5000, 'a'));
    EXPECT_EQ(bytes(), size_of("a", std::string(5000, 'a'), larger) + size_of("b", "b", b));
    put(cluster_, "shop", "a", "vm", "");
    EXPECT_EQ(bytes(), bytes_of(cluster_));
    const ClusterNumber other = make_cluster();
    put(other, "shop", "a");
    EXPECT_EQ(bytes(), bytes_of(cluster_)) << "another cluster's";
    erase(cluster_, "shop", "a");
    erase(cluster_, "shop", "b");
    erase(cluster_, "shop", "none");
    EXPECT_EQ(bytes(), 0U);
    EXPECT_EQ(bytes(cluster_, Kind::kNamespace), 0U);
    expect_whole();
    EXPECT_EQ(bytes(other), bytes_of(other));
}

TEST_F(ByteSumsTest, AWriteSeesWhatItsGroupAdded) {
    const Revision before = put(cluster_, "shop", "a", "vm", "long enough");
    must([&](WriteTxn& txn) -> base::Result<void> {
        EXPECT_EQ(*txn.bytes(cluster_, Kind::kSnapshot), size_of("a", "long enough", before));
        SNAPGATE_ASSIGN(const Revision b,
                        txn.put(cluster_, Kind::kSnapshot, make_object("shop", "b", "vm", "b")));
        EXPECT_EQ(*txn.bytes(cluster_, Kind::kSnapshot),
                  size_of("a", "long enough", before) + size_of("b", "b", b));
        SNAPGATE_TRY(txn.erase(cluster_, Kind::kSnapshot, "shop", "a"));
        EXPECT_EQ(*txn.bytes(cluster_, Kind::kSnapshot), size_of("b", "b", b));
        return {};
    });
}

TEST_F(ByteSumsTest, AStageCountsWhenItIsPublished) {
    put(cluster_, "shop", "a", "vm", "large, and soon small");
    put(cluster_, "shop", "b");
    const uint64_t before = bytes();
    must([&](WriteTxn& txn) { return txn.open_stage(cluster_); });
    put(cluster_, "shop", "a");
    put(cluster_, "shop", "c", "vm", std::string(300, 'c'));
    erase(cluster_, "shop", "b");
    EXPECT_EQ(bytes(), before);
    must([&](WriteTxn& txn) { return txn.publish_stage(cluster_, "7"); });
    EXPECT_EQ(bytes(), bytes_of(cluster_));
    expect_whole();

    const uint64_t published = bytes();
    must([&](WriteTxn& txn) { return txn.open_stage(cluster_); });
    put(cluster_, "shop", "d");
    open();
    put(cluster_, "shop", "a", "vm", "longer than before");
    EXPECT_GT(bytes(), published);
    EXPECT_EQ(bytes(), bytes_of(cluster_)) << "what a restart gave up counts for nothing";
    expect_whole();
}

TEST_F(ByteSumsTest, AreMadeForAStoreWithoutThem) {
    put(cluster_, "shop", "a", "vm", "an older version, which is larger");
    put(cluster_, "shop", "a");
    put(cluster_, "shop", "b");
    put(cluster_, "shop", "gone");
    erase(cluster_, "shop", "gone");
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put(cluster_, Kind::kNamespace, make_object("", "shop", "")));
        return {};
    });
    must([&](WriteTxn& txn) { return txn.open_stage(cluster_); });
    put(cluster_, "shop", "staged");
    erase(cluster_, "shop", "b");
    const uint64_t expected = bytes();
    forget_sums();
    open();
    EXPECT_EQ(bytes(), expected);
    EXPECT_EQ(bytes(), bytes_of(cluster_));
    EXPECT_EQ(bytes(cluster_, Kind::kNamespace), bytes_of(cluster_, Kind::kNamespace));
    put(cluster_, "shop", "c");
    EXPECT_EQ(bytes(), bytes_of(cluster_));
    expect_whole();
}

TEST_F(ByteSumsTest, WhatIsThereWithoutItsNoteIsNotTrusted) {
    put(cluster_, "shop", "a");
    const uint64_t expected = bytes();
    change_rows([this](engine::WriteTransaction& rows) -> base::Result<void> {
        SNAPGATE_TRY(rows.erase(meta_key(kBytesName).view()));
        SNAPGATE_TRY(
            rows.put(count_key(Table::kBytes, 77, Kind::kSnapshot).view(), encode_number(5)));
        return rows.put(count_key(Table::kBytes, cluster_, Kind::kSnapshot).view(),
                        encode_number(1));
    });
    open();
    EXPECT_EQ(bytes(), expected);
    expect_whole();
}

// Of a damaged object nothing is known, and its older version is not what it was last.
TEST_F(ByteSumsTest, ADamagedObjectCountsForNothing) {
    put(cluster_, "shop", "a");
    const uint64_t expected = bytes();
    put(cluster_, "shop", "b");
    const Revision newest = put(cluster_, "shop", "b");
    damage_row(object_key(cluster_, Kind::kSnapshot, "shop", "b", newest).view(),
               [](std::string& stored) { stored.back() ^= 4; });
    forget_sums();
    open();
    EXPECT_EQ(bytes(), expected);
}

}  // namespace
}  // namespace snapgate::store
