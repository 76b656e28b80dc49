#include "store/facts_filler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "facts/facts.h"
#include "store/keys.h"
#include "store/row_check.h"
#include "store/rows.h"
#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using testing::IsEmpty;

// Steps over the rows of a closed store, whose snapshots were stored without facts.
class FactsFillerTest : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
        first_ = put(cluster_, "shop", "a");
        second_ = put(cluster_, "shop", "a");
        put(cluster_, "shop", "gone");
        erase(cluster_, "shop", "gone");
        last_ = put(cluster_, "web", "b");
    }

    void open_rows() {
        filler_.reset();
        writer_.reset();
        store_.reset();
        auto opened =
            engine::Environment::open({.directory = directory_.path() / "store",
                                       .map_bytes = 1 << 30,
                                       .damaged = [this](std::string_view, engine::Fault) {
                                           ++damaged_;
                                           return base::Error(base::Code::kCorrupt, "damaged");
                                       }});
        ASSERT_TRUE(opened);
        environment_ = std::move(*opened);
        Sequence sequence;
        {
            auto rows = environment_->read();
            sequence = *decode_sequence(**rows->get(meta_key(kSequenceName).view()));
        }
        next_revision_ = sequence.next_revision;
        history_clock_ = std::make_unique<HistoryClock>(clock_, sequence.newest_ms);
        writer_ = std::make_unique<Writer>(*environment_, *history_clock_, sequence);
        writer_->start({});
        filler_ = std::make_unique<FactsFiller>(
            *environment_, *writer_,
            [this](const model::StoredObject&) -> base::Result<std::string> {
                if (unreadable_) return base::Error(base::Code::kCorrupt, "no JSON");
                return derived_;
            });
    }
    void close_rows() {
        filler_.reset();
        writer_.reset();
        environment_.reset();
    }
    // All that is left to do.
    void fill() {
        auto more = filler_->step();
        while (more && *more) more = filler_->step();
        ASSERT_TRUE(more) << more.error().message;
        EXPECT_TRUE(filler_->done());
    }
    std::string facts_of(std::string_view ns, std::string_view name, Revision at) {
        const ReadView view = store_->read();
        const auto found = view.get(cluster_, Kind::kSnapshot, ns, name, at);
        return found && *found ? std::string((*found)->object.facts) : "none";
    }

    ClusterNumber cluster_ = 0;
    Revision first_ = 0;   // of "shop/a"
    Revision second_ = 0;  // of "shop/a"
    Revision last_ = 0;    // of "web/b", and the head
    const std::string derived_ = facts::derive({});
    bool unreadable_ = false;
    int damaged_ = 0;  // reads
    std::unique_ptr<engine::Environment> environment_;
    Revision next_revision_ = 0;
    std::unique_ptr<HistoryClock> history_clock_;
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<FactsFiller> filler_;
};

TEST_F(FactsFillerTest, EveryVersionGetsItsFactsAndNothingElseChanges) {
    const std::vector<std::string> before = list(cluster_, last_);
    open_rows();
    std::vector<ClusterNumber> moved;
    const uint64_t id =
        writer_->subscribe([&moved](const HeadsMoved& heads) { moved = heads.clusters; });
    fill();
    writer_->unsubscribe(id);
    EXPECT_THAT(moved, IsEmpty());
    EXPECT_EQ(damaged_, 0) << "a note that is missing is no damage";
    EXPECT_EQ(filler_->filled(), 4U);
    EXPECT_EQ(writer_->newest_revision(), next_revision_ - 1);
    const auto faults = check_rows(
        *environment_, [](std::string_view, std::string_view what) { ADD_FAILURE() << what; });
    EXPECT_TRUE(faults && *faults == 0);
    close_rows();

    open();
    EXPECT_EQ(head(cluster_), last_);
    EXPECT_EQ(list(cluster_, last_), before);
    EXPECT_EQ(facts_of("shop", "a", first_), derived_);
    EXPECT_EQ(facts_of("shop", "a", second_), derived_);
    EXPECT_EQ(facts_of("shop", "gone", last_), "none");
    EXPECT_EQ(facts_of("web", "b", last_), derived_);
}

TEST_F(FactsFillerTest, WhatIsNotedIsNotLookedAtAgain) {
    open_rows();
    fill();
    close_rows();
    open();
    const Revision late = put(cluster_, "shop", "late");
    open_rows();
    fill();
    EXPECT_EQ(filler_->filled(), 0U);
    close_rows();
    open();
    EXPECT_EQ(facts_of("shop", "late", late), "");
}

TEST_F(FactsFillerTest, ALaterLayoutBeginsAnew) {
    open_rows();
    fill();
    {
        auto rows = environment_->write();
        ASSERT_TRUE(rows->put(meta_key(kFactsName).view(), encode_number(255)));
        ASSERT_TRUE(rows->commit());
    }
    close_rows();
    open();
    const Revision late = put(cluster_, "shop", "late");
    open_rows();
    fill();
    EXPECT_EQ(filler_->filled(), 1U);
    close_rows();
    open();
    EXPECT_EQ(facts_of("shop", "late", late), derived_);
}

TEST_F(FactsFillerTest, WhatCannotBeReadStopsNothing) {
    open_rows();
    {
        auto rows = environment_->write();
        const Key key = object_key(cluster_, Kind::kSnapshot, "shop", "a", second_);
        ASSERT_TRUE(rows->put_plain(key.view(), "12345678damaged"));
        ASSERT_TRUE(rows->commit());
    }
    fill();
    EXPECT_EQ(filler_->filled(), 3U);
    EXPECT_EQ(filler_->left(), 1U);
}

TEST_F(FactsFillerTest, AnObjectThatIsNoJsonIsLeftAsItIs) {
    unreadable_ = true;
    open_rows();
    fill();
    EXPECT_EQ(filler_->filled(), 0U);
    EXPECT_EQ(filler_->left(), 4U);
    close_rows();
    open();
    EXPECT_EQ(facts_of("web", "b", last_), "");
}

// A version that compaction removed between a step's look and its write does not come back.
TEST_F(FactsFillerTest, AVersionThatIsGoneStaysGone) {
    open_rows();
    const Key key = object_key(cluster_, Kind::kSnapshot, "shop", "new", last_);
    ASSERT_TRUE(writer_->run_step([&key](Transaction& txn) -> base::Result<bool> {
        SNAPGATE_TRY(txn.fill_facts(key.view(), "facts"));
        return true;
    }));
    EXPECT_FALSE(environment_->read()->get(key.view())->has_value());
}

}  // namespace
}  // namespace snapgate::store
