#include "replica/truth_txn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "replica/truth_values.h"
#include "store/objects_testing.h"
#include "store/temporary_store_testing.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Result;
using model::Kind;
using model::Revision;
using store::make_object;
using store::RecordType;

// A copy with one cluster, whose object "there" etcd wrote in revision 5, as of revision 9.
class TruthTxnTest : public ::testing::Test {
  protected:
    TruthTxnTest() {
        const auto written = copy_->write_and_wait(store::Priority::kRequest,
                                                   [](store::WriteTxn& txn) { return fill(txn); });
        EXPECT_TRUE(written);
        state_.next_cluster = 2;
        view_ = std::make_unique<store::ReadView>(copy_->read());
        txn_ = std::make_unique<TruthTxn>(*view_, state_, keys_, copy_->now_ms(), draft_);
        txn_->begin_function();
    }

    static Result<void> fill(store::WriteTxn& txn) {
        SNAPGATE_TRY(txn.create_cluster_as(1));
        SNAPGATE_TRY(txn.put(1, Kind::kSnapshot, make_object("shop", "there", "vm"), "5000"));
        SNAPGATE_TRY(txn.set_list_version(1, "5000"));
        SNAPGATE_TRY(txn.put_note(1, store::NoteType::kDependent, "note", "x"));
        return txn.put_record(RecordType::kProject, "p1", "{}");
    }

    etcd::Txn made() const { return draft_.make_txn(keys_, 9, state_); }
    // Whether the transaction holds only if the key's number is in that relation to `value`.
    bool compares(const std::string& key, etcd::Compare::Target target,
                  etcd::Compare::Relation relation, int64_t value) const {
        return std::ranges::any_of(made().compares, [&](const etcd::Compare& one) {
            return one.key == key && one.target == target && one.relation == relation &&
                   one.value == value;
        });
    }
    bool is_exactly(const std::string& key, int64_t revision) const {
        return compares(key, etcd::Compare::Target::kModRevision, etcd::Compare::Relation::kEqual,
                        revision);
    }
    bool is_not_later(const std::string& key) const {
        return compares(key, etcd::Compare::Target::kModRevision, etcd::Compare::Relation::kLess,
                        10);
    }
    const std::string* put_value(const std::string& key) {
        txn_made_ = made();
        for (const etcd::Operation& one : txn_made_.then_ops) {
            const auto* put = std::get_if<etcd::Put>(&one);
            if (put != nullptr && put->key == key) return &put->value;
        }
        return nullptr;
    }

    const TruthKeys keys_{"t"};
    store::TemporaryStore copy_;
    CopyState state_;
    Draft draft_;
    std::unique_ptr<store::ReadView> view_;
    std::unique_ptr<TruthTxn> txn_;
    etcd::Txn txn_made_;
};

TEST_F(TruthTxnTest, WhatWasReadIsCompared) {
    EXPECT_TRUE(*txn_->get(1, Kind::kSnapshot, "shop", "there"));
    EXPECT_FALSE(*txn_->get(1, Kind::kSnapshot, "shop", "missing"));
    EXPECT_TRUE(is_exactly(keys_.object(1, Kind::kSnapshot, "shop", "there"), 5));
    EXPECT_TRUE(is_exactly(keys_.object(1, Kind::kSnapshot, "shop", "missing"), 0));
    EXPECT_TRUE(compares(keys_.cluster(1), etcd::Compare::Target::kVersion,
                         etcd::Compare::Relation::kGreater, 0));
    EXPECT_FALSE(is_not_later(keys_.cluster(1))) << "single objects do not hinder each other";
    EXPECT_FALSE(is_not_later(keys_.registry()));
}

TEST_F(TruthTxnTest, WhatWasCountedOrSoughtMustNotHaveChanged) {
    EXPECT_EQ(*txn_->count(1, Kind::kSnapshot), 1U);
    EXPECT_TRUE(is_not_later(keys_.cluster(1)));
    draft_ = {};
    EXPECT_GT(*txn_->bytes(1, Kind::kSnapshot), 0U);
    EXPECT_TRUE(is_not_later(keys_.cluster(1)));
    draft_ = {};
    EXPECT_TRUE(*txn_->has_notes(1, store::NoteType::kDependent, "no"));
    EXPECT_TRUE(is_not_later(keys_.cluster(1)));
    draft_ = {};
    EXPECT_EQ(txn_->records(RecordType::kProject)->size(), 1U);
    EXPECT_TRUE(is_not_later(keys_.registry()));
}

TEST_F(TruthTxnTest, AMirrorIsANumberAlone) {
    const auto mirror = txn_->create_mirror();
    ASSERT_TRUE(mirror);
    EXPECT_EQ(*mirror, 2U);
    EXPECT_EQ(*txn_->create_cluster(), 3U);
    EXPECT_EQ(*put_value(keys_.cluster(2)), "~");
    EXPECT_NE(*put_value(keys_.cluster(3)), "~");
    EXPECT_EQ(*put_value(keys_.numbers()), "4");
}

TEST_F(TruthTxnTest, WhatIsListedOfAMirrorMustNotHaveBeenNamedSince) {
    ASSERT_TRUE(txn_->put_note(1, store::NoteType::kListed, {}, "digest 7"));
    EXPECT_TRUE(is_not_later(keys_.cluster(1)));
    EXPECT_EQ(*put_value(keys_.cluster(1)), "~");
    EXPECT_EQ(*put_value(keys_.note(1, store::NoteType::kListed, {})), "digest 7");
}

TEST_F(TruthTxnTest, AWriteOfARecordGoesByTheTablesThatWereRead) {
    ASSERT_TRUE(txn_->put_record(RecordType::kKey, "k1", "{}"));
    EXPECT_TRUE(is_not_later(keys_.registry()));
    EXPECT_NE(put_value(keys_.registry()), nullptr);
    EXPECT_EQ(txn_->changed_records().size(), 1U);
}

TEST_F(TruthTxnTest, AFunctionSeesWhatItWrote) {
    const auto place = txn_->put(1, Kind::kSnapshot, make_object("shop", "new", "vm"), {});
    ASSERT_TRUE(place);
    EXPECT_TRUE(*txn_->get(1, Kind::kSnapshot, "shop", "new"));
    EXPECT_EQ(*txn_->count(1, Kind::kSnapshot), 2U);
    const uint64_t there = *view_->bytes(1, Kind::kSnapshot);
    const uint64_t both = *txn_->bytes(1, Kind::kSnapshot);
    EXPECT_GT(both, there + make_object("shop", "new", "vm").text.size()) << "with its version";
    EXPECT_TRUE(*txn_->erase(1, Kind::kSnapshot, "shop", "there"));
    EXPECT_EQ(*txn_->bytes(1, Kind::kSnapshot), both - there);
    EXPECT_FALSE(*txn_->erase(1, Kind::kSnapshot, "shop", "there"));
    EXPECT_FALSE(*txn_->get(1, Kind::kSnapshot, "shop", "there"));
    EXPECT_EQ(*txn_->count(1, Kind::kSnapshot), 1U);
    ASSERT_TRUE(txn_->erase_note(1, store::NoteType::kDependent, "note"));
    EXPECT_FALSE(*txn_->has_notes(1, store::NoteType::kDependent, "no"));
    EXPECT_FALSE(*txn_->note(1, store::NoteType::kDependent, "note"));
    ASSERT_TRUE(txn_->erase_record(RecordType::kProject, "p1"));
    EXPECT_TRUE(txn_->records(RecordType::kProject)->empty());
    EXPECT_FALSE(*txn_->record(RecordType::kProject, "p1"));
}

TEST_F(TruthTxnTest, ChangesHavePlacesAndBecomeVersions) {
    auto first = std::make_shared<Revision>();
    auto second = std::make_shared<Revision>();
    *first = *txn_->put(1, Kind::kSnapshot, make_object("shop", "a", "vm"), {});
    txn_->settle_revision(first);
    *second = *txn_->put(1, Kind::kSnapshot, make_object("shop", "b", "vm"), {});
    txn_->settle_revision(second);
    EXPECT_EQ(*put_value(keys_.cluster(1)), "+1");
    draft_.settle(12);
    EXPECT_EQ(*first, 12'000U);
    EXPECT_EQ(*second, 12'001U);
}

TEST_F(TruthTxnTest, ANoteAloneLeavesTheClustersVersion) {
    ASSERT_TRUE(txn_->put_note(1, store::NoteType::kCollect, "work", "1"));
    EXPECT_EQ(*put_value(keys_.cluster(1)), "=5000");
    EXPECT_TRUE(is_not_later(keys_.cluster(1)));
}

TEST_F(TruthTxnTest, EveryTransactionMovesTheHead) {
    ASSERT_TRUE(txn_->erase(1, Kind::kSnapshot, "shop", "there"));
    EXPECT_NE(put_value(keys_.head()), nullptr);
}

TEST_F(TruthTxnTest, TwoFunctionsDoNotWriteOneObjectInOneTransaction) {
    ASSERT_TRUE(txn_->put(1, Kind::kSnapshot, make_object("shop", "a", "vm"), {}));
    ASSERT_TRUE(txn_->put(1, Kind::kSnapshot, make_object("shop", "a", "vm", "again"), {}));
    EXPECT_FALSE(txn_->collided()) << "one function may";
    txn_->begin_function();
    EXPECT_FALSE(txn_->put(1, Kind::kSnapshot, make_object("shop", "a", "vm", "other"), {}));
    EXPECT_TRUE(txn_->collided());
}

TEST_F(TruthTxnTest, AClusterIsMadeAndDeletedUnderTheNumbersOfTheTruth) {
    EXPECT_EQ(*txn_->create_cluster(), 2U);
    EXPECT_EQ(*txn_->create_cluster(), 3U);
    EXPECT_TRUE(txn_->put(2, Kind::kSnapshot, make_object("shop", "a", "vm"), {}));
    EXPECT_EQ(*put_value(keys_.numbers()), "4");
    EXPECT_NE(put_value(keys_.cluster(2)), nullptr);
    EXPECT_NE(put_value(keys_.cluster(3)), nullptr);
    EXPECT_TRUE(is_not_later(keys_.registry()));
    EXPECT_NE(put_value(keys_.registry()), nullptr) << "no two take one number";
    ASSERT_TRUE(txn_->delete_cluster(1));
    EXPECT_FALSE(*txn_->has_cluster(1));
    EXPECT_EQ(txn_->get(1, Kind::kSnapshot, "shop", "there").error().code, Code::kNotFound);
    EXPECT_EQ(put_value(keys_.cluster(1)), nullptr);
    EXPECT_NE(put_value(keys_.sweep(1)), nullptr);
}

// Whether a function that reads so waits for a draft in flight that `write` made.
class InFlightTest : public TruthTxnTest {
  protected:
    using Function = Result<void> (*)(TruthTxn& txn);
    bool waits(Function write, Function read) {
        Draft in_flight;
        TruthTxn earlier(*view_, state_, keys_, copy_->now_ms(), in_flight);
        earlier.begin_function();
        EXPECT_TRUE(write(earlier));
        Draft draft;
        TruthTxn later(*view_, state_, keys_, copy_->now_ms(), draft, {&in_flight});
        later.begin_function();
        EXPECT_FALSE(later.waits());
        EXPECT_TRUE(read(later));
        const bool waited = later.waits();
        later.begin_function();
        EXPECT_FALSE(later.waits());
        return waited;
    }
    static Result<void> put_there(TruthTxn& txn) {
        SNAPGATE_TRY(txn.put(1, Kind::kSnapshot, make_object("shop", "there", "vm"), {}));
        return {};
    }
    static Result<void> put_new(TruthTxn& txn) {
        SNAPGATE_TRY(txn.put(1, Kind::kSnapshot, make_object("shop", "new", "vm"), {}));
        return {};
    }
    static Result<void> count(TruthTxn& txn) {
        SNAPGATE_TRY(txn.count(1, Kind::kSnapshot));
        return {};
    }
    static Result<void> put_note(TruthTxn& txn) {
        return txn.put_note(1, store::NoteType::kCollect, "work", "1");
    }
    static Result<void> delete_cluster(TruthTxn& txn) { return txn.delete_cluster(1); }
    static Result<void> put_record(TruthTxn& txn) {
        return txn.put_record(RecordType::kKey, "k1", "{}");
    }
    static Result<void> create_cluster(TruthTxn& txn) {
        SNAPGATE_TRY(txn.create_cluster());
        return {};
    }
};

TEST_F(InFlightTest, WhoReadsWhatIsBeingWrittenWaits) {
    EXPECT_TRUE(waits(put_there, put_there));
    EXPECT_TRUE(waits(put_new, put_new)) << "it found nothing in the copy";
    EXPECT_TRUE(waits(put_there, count));
    EXPECT_TRUE(waits(put_note, count));
    EXPECT_TRUE(waits(put_there, put_note));
    EXPECT_TRUE(waits(put_note, put_note));
    EXPECT_TRUE(waits(delete_cluster, put_there));
    EXPECT_TRUE(waits(delete_cluster, count));
    EXPECT_TRUE(waits(put_record, put_record));
    EXPECT_TRUE(waits(put_record, create_cluster));
    EXPECT_TRUE(waits(create_cluster, put_record));
    EXPECT_TRUE(waits(create_cluster, create_cluster));
}

TEST_F(InFlightTest, OthersDoNot) {
    EXPECT_FALSE(waits(put_there, put_new));
    EXPECT_FALSE(waits(put_note, put_there));
    EXPECT_FALSE(waits(put_record, put_there));
    EXPECT_FALSE(waits(put_record, count));
    EXPECT_FALSE(waits(put_there, put_record));
    EXPECT_FALSE(waits(create_cluster, put_there));
}

TEST_F(TruthTxnTest, WhatCannotBeAKeyIsRefused) {
    EXPECT_EQ(txn_->put(1, Kind::kSnapshot, make_object("a/b", "c", "vm"), {}).error().code,
              Code::kInvalid);
    EXPECT_EQ(txn_->put(1, Kind::kSnapshot, make_object("a", "b/c", "vm"), {}).error().code,
              Code::kInvalid);
    EXPECT_FALSE(*txn_->get(1, Kind::kSnapshot, "shop/there", "x"));
    EXPECT_FALSE(txn_->put(9, Kind::kSnapshot, make_object("a", "b", "vm"), {}));
    EXPECT_FALSE(txn_->open_stage(1));
    EXPECT_TRUE(draft_.empty());
}

}  // namespace
}  // namespace snapgate::replica
