#include "store/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "facts/facts.h"
#include "model/names.h"
#include "store/changed_rows_testing.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

void flip_text(std::string& stored) {
    stored[stored.size() / 2] ^= 4;
}

class RepairTest : public ChangedRowsFixture {
  protected:
    void SetUp() override {
        ChangedRowsFixture::SetUp();
        cluster_ = make_cluster();
        other_ = make_cluster();
        put(other_, "shop", "o");
        put(cluster_, "shop", "a");
        put(cluster_, "shop", "b", "vm-b");
        before_ = head(cluster_);
        old_c_ = put(cluster_, "shop", "c");
        c_ = put(cluster_, "shop", "c");
        put(cluster_, "web", "d");
        put(cluster_, "web", "gone");
        erase(cluster_, "web", "gone");
    }

    // Repairs the store, and opens it again. What it removed, as namespace/name.
    std::vector<std::string> repair() {
        store_.reset();
        faults_.clear();
        auto done = repair_store(directory_.path(),
                                 [this](std::string_view fault) { faults_.emplace_back(fault); });
        EXPECT_TRUE(done) << done.error().message;
        if (!done) return {};
        EXPECT_GT(done->found.faults, 0U);
        EXPECT_EQ(done->left.faults, 0U) << testing::PrintToString(faults_);
        EXPECT_TRUE(done->left.rows_checked);
        summary_ = *done;
        std::vector<std::string> names;
        for (const RemovedObject& one : done->removed)
            names.push_back(one.key.ns + "/" + one.key.name);
        open();
        return names;
    }

    std::string file() const {
        std::ifstream in(summary_.file);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
            std::string name = entry.path().filename();
            if (name.starts_with("damaged-")) names.push_back(std::move(name));
        }
        return names;
    }

    Code get(std::string_view ns, std::string_view name) {
        auto found = store_->read().newest(cluster_, Kind::kSnapshot, ns, name);
        if (!found) return found.error().code;
        return *found ? Code::kAlreadyExists : Code::kNotFound;
    }
    // The names that a list shows, which are as many as were counted.
    std::vector<std::string> listed() {
        auto names = list(cluster_, head(cluster_));
        EXPECT_EQ(*store_->read().count(cluster_, Kind::kSnapshot), names.size());
        EXPECT_EQ(*store_->read().bytes(cluster_, Kind::kSnapshot), bytes_of(cluster_));
        return names;
    }
    DamagedNames damaged() { return *store_->read().damaged_names(cluster_); }
    Key version(std::string_view name, Revision revision) const {
        return object_key(cluster_, Kind::kSnapshot, "shop", name, revision);
    }

    ClusterNumber cluster_ = 0;
    ClusterNumber other_ = 0;
    Revision before_ = 0;  // a head
    Revision old_c_ = 0;
    Revision c_ = 0;
    std::vector<std::string> faults_;
    RepairSummary summary_;
};

TEST_F(RepairTest, AStoreThatIsWholeStaysAsItIs) {
    const Revision before = head(cluster_);
    store_.reset();
    const auto done = repair_store(directory_.path(), [](std::string_view) { FAIL(); });
    ASSERT_TRUE(done);
    EXPECT_EQ(done->clusters, 0U);
    EXPECT_THAT(files(), IsEmpty());
    open();
    EXPECT_EQ(head(cluster_), before);
}

TEST_F(RepairTest, NotesThatFollowFromTheObjectsAreMadeAgainAndWorkStays) {
    must([this](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put_note(cluster_, NoteType::kDependent, "a", ""));
        SNAPGATE_TRY(txn.put_note(cluster_, NoteType::kDependentsComplete, "", ""));
        SNAPGATE_TRY(txn.put_note(cluster_, NoteType::kCollect, "w", "work"));
        SNAPGATE_TRY(txn.put_note(cluster_, NoteType::kCollect, "x", "damaged work"));
        return txn.put_note(other_, NoteType::kDependent, "a", "");
    });
    damage_row(note_key(cluster_, static_cast<uint8_t>(NoteType::kCollect), "x").view(),
               [](std::string& stored) { stored.back() ^= 4; });
    EXPECT_THAT(repair(), IsEmpty());
    const ReadView view = store_->read();
    const auto count = [&view](ClusterNumber cluster, NoteType type) {
        return view.notes(cluster, type, {}, {}, 9).value().size();
    };
    EXPECT_EQ(count(cluster_, NoteType::kDependent), 0U);
    EXPECT_EQ(count(cluster_, NoteType::kDependentsComplete), 0U);
    EXPECT_EQ(view.notes(cluster_, NoteType::kCollect, {}, {}, 9).value(),
              (std::vector<std::pair<std::string, std::string>>{{"w", "work"}}));
    EXPECT_EQ(count(other_, NoteType::kDependent), 1U);
}

TEST_F(RepairTest, ADamagedObjectIsRemovedAndKept) {
    const Revision head_before = head(cluster_);
    const Revision head_of_other = head(other_);
    damage_row(version("c", c_).view(), flip_text);
    EXPECT_THAT(repair(), ElementsAre("shop/c"));
    EXPECT_EQ(summary_.clusters, 1U);
    // The older version is kept, too: nobody knows what the newest one was.
    EXPECT_EQ(summary_.damaged_rows, 2U);
    EXPECT_THAT(listed(), ElementsAre("shop/a", "shop/b", "web/d"));
    EXPECT_EQ(list_vm(cluster_, "vm-b", UINT64_MAX), std::vector<std::string>{"shop/b"});
    EXPECT_EQ(get("shop", "c"), Code::kCorrupt);
    EXPECT_EQ(get("shop", "other"), Code::kNotFound);
    EXPECT_EQ(get("web", "gone"), Code::kNotFound);
    EXPECT_EQ(damaged().count, 1U);
    EXPECT_EQ(damaged().example, (model::ObjectKey{"shop", "c"}));
    EXPECT_THAT(file(), HasSubstr("\n" + base::hex(version("c", c_).view()) + " "));
    EXPECT_THAT(file(), HasSubstr("of the object \"shop/c\"\n"));
    EXPECT_GT(head(cluster_), head_before);
    EXPECT_EQ(head(other_), head_of_other);
}

// Nobody may go on from a state that had the object.
TEST_F(RepairTest, WhatWasToldBeforeIsExpired) {
    const Revision newest = head(cluster_);
    damage_row(version("c", c_).view(), flip_text);
    repair();
    const ReadView view = store_->read();
    for (const Revision revision : {before_, newest}) {
        EXPECT_EQ(view.replaced_ms(cluster_, revision).error().code, Code::kExpired);
        EXPECT_EQ(view.log(cluster_, revision, UINT64_MAX, 10).error().code, Code::kExpired);
        EXPECT_EQ(*view.revision_of(cluster_, std::to_string(revision)), std::nullopt);
    }
}

TEST_F(RepairTest, AMirrorForgetsItsListVersion) {
    must([&](WriteTxn& txn) { return txn.set_list_version(cluster_, "77"); });
    damage_row(version("c", c_).view(), flip_text);
    repair();
    const ReadView view = store_->read();
    EXPECT_TRUE((*view.head(cluster_))->decimal);
    EXPECT_EQ(*view.revision_of(cluster_, "77"), std::nullopt);
}

TEST_F(RepairTest, AWriteHeals) {
    damage_row(version("c", c_).view(), flip_text);
    repair();
    put(cluster_, "shop", "c");
    EXPECT_EQ(get("shop", "c"), Code::kAlreadyExists);
    EXPECT_EQ(damaged().count, 0U);
    EXPECT_THAT(listed(), Contains("shop/c"));
    erase(cluster_, "shop", "c");
    EXPECT_EQ(get("shop", "c"), Code::kNotFound);
}

TEST_F(RepairTest, ADeletionHeals) {
    damage_row(version("c", c_).view(), flip_text);
    repair();
    EXPECT_FALSE(erase(cluster_, "shop", "c"));
    EXPECT_EQ(get("shop", "c"), Code::kNotFound);
    EXPECT_EQ(damaged().count, 0U);
}

TEST_F(RepairTest, AWriteHealsAlsoWhenTheNameIsDamaged) {
    damage_row(version("c", c_).view(), flip_text);
    repair();
    damage_row(damaged_key(cluster_, Kind::kSnapshot, "shop", "c").view(), flip_text);
    open();
    EXPECT_EQ(get("shop", "c"), Code::kCorrupt);
    put(cluster_, "shop", "c");
    EXPECT_EQ(get("shop", "c"), Code::kAlreadyExists);
    EXPECT_EQ(damaged().count, 0U);
}

TEST_F(RepairTest, TheDeletionOfItsNamespaceHeals) {
    for (const char* ns : {"shop", "shop-2"})
        must([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(cluster_, Kind::kNamespace, make_object("", ns, "")));
            return {};
        });
    const Revision other = put(cluster_, "shop-2", "c");
    damage_row(version("c", c_).view(), flip_text);
    damage_row(object_key(cluster_, Kind::kSnapshot, "shop-2", "c", other).view(), flip_text);
    repair();
    ASSERT_EQ(damaged().count, 2U);
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.erase(cluster_, Kind::kNamespace, "", "shop"));
        return {};
    });
    EXPECT_EQ(get("shop", "c"), Code::kNotFound);
    EXPECT_EQ(damaged().count, 1U);
    EXPECT_EQ(get("shop-2", "c"), Code::kCorrupt);
}

TEST_F(RepairTest, AStageHealsWhenItIsPublished) {
    damage_row(version("c", c_).view(), flip_text);
    repair();
    must([&](WriteTxn& txn) { return txn.open_stage(cluster_); });
    put(cluster_, "shop", "c");
    EXPECT_EQ(get("shop", "c"), Code::kCorrupt);
    must([&](WriteTxn& txn) { return txn.give_up_stage(cluster_); });
    EXPECT_EQ(get("shop", "c"), Code::kCorrupt);
    must([&](WriteTxn& txn) { return txn.open_stage(cluster_); });
    put(cluster_, "shop", "e");
    must([&](WriteTxn& txn) { return txn.publish_stage(cluster_, "78"); });
    EXPECT_EQ(get("shop", "c"), Code::kNotFound);
    EXPECT_EQ(damaged().count, 0U);
}

TEST_F(RepairTest, AnOldVersionCostsNoObject) {
    damage_row(version("c", old_c_).view(), flip_text);
    EXPECT_THAT(repair(), IsEmpty());
    EXPECT_EQ(summary_.damaged_rows, 1U);
    EXPECT_EQ(get("shop", "c"), Code::kAlreadyExists);
    EXPECT_EQ(damaged().count, 0U);
}

// The object itself is whole, and its facts are derived from it when somebody asks.
TEST_F(RepairTest, FactsThatCannotBeReadCostNoObject) {
    change_rows([this](engine::WriteTransaction& rows) -> base::Result<void> {
        SNAPGATE_TRY(rows.put(meta_key(kFactsName).view(), encode_number(facts::kLayout)));
        return give_facts(rows, version("c", c_).view(), "no facts");
    });
    EXPECT_THAT(repair(), IsEmpty());
    EXPECT_EQ(summary_.damaged_rows, 1U);
    EXPECT_THAT(file(), HasSubstr("\n" + base::hex(version("c", c_).view()) + " "));
    EXPECT_THAT(listed(), ElementsAre("shop/a", "shop/b", "shop/c", "web/d"));
    EXPECT_EQ(get("shop", "c"), Code::kAlreadyExists);
    EXPECT_EQ(damaged().count, 0U);
    EXPECT_FALSE(has_row(meta_key(kFactsName).view())) << "they are to be filled in";
}

TEST_F(RepairTest, ADamagedNoteOfFactsIsRemoved) {
    change_rows([](engine::WriteTransaction& rows) {
        return rows.put(meta_key(kFactsName).view(), "odd");
    });
    EXPECT_THAT(repair(), IsEmpty());
    EXPECT_EQ(summary_.damaged_rows, 1U);
    EXPECT_THAT(listed(), ElementsAre("shop/a", "shop/b", "shop/c", "web/d"));
    EXPECT_FALSE(has_row(meta_key(kFactsName).view()));
}

TEST_F(RepairTest, ADamagedRevisionIsFoundByTheLog) {
    // Below the older version, which is whole and yet not what the object was last.
    move_row(version("c", c_).view(), version("c", 1).view());
    EXPECT_THAT(repair(), ElementsAre("shop/c"));
    EXPECT_EQ(summary_.damaged_rows, 2U);
    EXPECT_EQ(get("shop", "c"), Code::kCorrupt);
}

TEST_F(RepairTest, ADamagedNameIsFoundByTheLog) {
    move_row(version("c", c_).view(), version("k", c_).view());
    EXPECT_THAT(repair(), UnorderedElementsAre("shop/c", "shop/k"));
}

TEST_F(RepairTest, ADamagedNameIsFoundByTheIndex) {
    clock_.advance(2 * kHistoryMs);
    ASSERT_TRUE(store_->compact());
    put(cluster_, "shop", "new");
    clock_.advance(2 * kHistoryMs);
    ASSERT_TRUE(store_->compact());
    move_row(version("c", c_).view(), version("k\x01", c_).view());
    EXPECT_THAT(repair(), ElementsAre("shop/c"));
    EXPECT_THAT(listed(), ElementsAre("shop/a", "shop/b", "shop/new", "web/d"));
}

TEST_F(RepairTest, ARowInAnotherClusterIsRemovedThere) {
    move_row(version("c", c_).view(), object_key(other_, Kind::kSnapshot, "shop", "c", c_).view());
    EXPECT_THAT(repair(), ElementsAre("shop/c", "shop/c"));
    EXPECT_EQ(summary_.clusters, 2U);
    EXPECT_EQ(*store_->read().count(other_, Kind::kSnapshot), 1U);
}

TEST_F(RepairTest, ARowOfNoClusterIsRemoved) {
    move_row(version("c", c_).view(), object_key(77, Kind::kSnapshot, "shop", "c", c_).view());
    EXPECT_THAT(repair(), ElementsAre("shop/c"));
    EXPECT_EQ(summary_.damaged_rows, 2U);
}

TEST_F(RepairTest, EveryOtherRowOfAClusterIsMadeAnew) {
    const std::vector<Key> keys = {
        head_key(cluster_, before_),
        count_key(Table::kCount, cluster_, Kind::kSnapshot),
        count_key(Table::kCount, cluster_, Kind::kSnapshot, "web"),
        count_key(Table::kBytes, cluster_, Kind::kSnapshot),
        log_key(cluster_, c_),
        index_key(cluster_, model::vm_hash("vm-b"), "shop", "b"),
    };
    for (const Key& key : keys) damage_row(key.view(), flip_text);
    EXPECT_THAT(repair(), IsEmpty());
    EXPECT_EQ(summary_.damaged_rows, keys.size());
    EXPECT_THAT(listed(), ElementsAre("shop/a", "shop/b", "shop/c", "web/d"));
    EXPECT_EQ(list_vm(cluster_, "vm-b", UINT64_MAX), std::vector<std::string>{"shop/b"});
    EXPECT_EQ(*store_->read().count(cluster_, Kind::kSnapshot, "web"), 1U);
}

TEST_F(RepairTest, TheRowOfAClusterIsMadeAnewFromItsHeads) {
    damage_row(cluster_key(Table::kCluster, cluster_).view(), flip_text);
    EXPECT_THAT(repair(), IsEmpty());
    EXPECT_THAT(listed(), ElementsAre("shop/a", "shop/b", "shop/c", "web/d"));
}

TEST_F(RepairTest, AnOpenStageIsDropped) {
    must([&](WriteTxn& txn) { return txn.open_stage(cluster_); });
    put(cluster_, "shop", "staged");
    damage_row(version("c", c_).view(), flip_text);
    EXPECT_THAT(repair(), ElementsAre("shop/c"));
    EXPECT_THAT(listed(), ElementsAre("shop/a", "shop/b", "web/d"));
    put(cluster_, "shop", "e");
}

TEST_F(RepairTest, WhatAnEarlierRepairRemovedStaysKnown) {
    damage_row(version("c", c_).view(), flip_text);
    repair();
    const Revision e = put(cluster_, "shop", "e");
    damage_row(version("e", e).view(), flip_text);
    EXPECT_THAT(repair(), ElementsAre("shop/e"));
    EXPECT_EQ(damaged().count, 2U);
    EXPECT_EQ(get("shop", "c"), Code::kCorrupt);
    damage_row(damaged_key(cluster_, Kind::kSnapshot, "shop", "c").view(), flip_text);
    EXPECT_THAT(repair(), IsEmpty());
    EXPECT_EQ(damaged().count, 2U);
    EXPECT_EQ(get("shop", "c"), Code::kCorrupt);
}

TEST_F(RepairTest, ACorruptRegistryIsRefusedAndNothingIsDone) {
    must([](WriteTxn& txn) { return txn.put_record(RecordType::kProject, "p", "{}"); });
    damage_row(record_key(static_cast<uint8_t>(RecordType::kProject), "p").view(), flip_text);
    damage_row(version("c", c_).view(), flip_text);
    const auto done = repair_store(directory_.path(), [](std::string_view) {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::kCorrupt);
    EXPECT_THAT(done.error().message, HasSubstr("registry"));
    EXPECT_THAT(files(), IsEmpty());
    open();
    EXPECT_EQ(damaged().count, 0U);
}

TEST_F(RepairTest, AClusterWithoutAnyHeadIsRefusedAndNothingIsDone) {
    damage_row(cluster_key(Table::kCluster, cluster_).view(), flip_text);
    damage_row(head_key(cluster_, before_).view(), flip_text);
    damage_row(version("c", c_).view(), flip_text);
    const auto before = check_store(directory_.path(), [](std::string_view) {});
    const auto done = repair_store(directory_.path(), [](std::string_view) {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::kCorrupt);
    EXPECT_THAT(files(), IsEmpty());
    EXPECT_EQ(check_store(directory_.path(), [](std::string_view) {})->faults, before->faults);
}

}  // namespace
}  // namespace snapgate::store
