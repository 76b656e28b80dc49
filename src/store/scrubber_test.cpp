#include "store/scrubber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "store/damage.h"
#include "store/keys.h"
#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint64_t kStep = 1 << 20;

// Passes over a closed store's file, step by step.
class ScrubberTest : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
        for (int i = 0; i < 30; ++i)
            put(cluster_, "shop", "s-" + std::to_string(i), "vm", std::string(100'000, 'x'));
        revision_ = put(cluster_, "shop", "last");
    }

    void open_rows() {
        store_.reset();
        auto opened =
            engine::Environment::open({.directory = directory_.path() / "store",
                                       .map_bytes = 1 << 30,
                                       .damaged = [this](std::string_view key, engine::Fault) {
                                           told_.push_back(describe_row(key).what);
                                           return base::Error(base::Code::kCorrupt, "damaged");
                                       }});
        ASSERT_TRUE(opened);
        environment_ = std::move(*opened);
        scrubber_ = std::make_unique<Scrubber>(
            *environment_, directory_.path() / "store" / "data.mdb", clock_, base::Millis(0));
    }
    // Stores other bytes in the place of the row's value, whose checksum is not theirs.
    void damage(const Key& key) {
        auto rows = environment_->write();
        ASSERT_TRUE(rows->put_plain(key.view(), "12345678damaged"));
        ASSERT_TRUE(rows->commit());
    }
    // The steps that a pass takes.
    int pass() {
        int steps = 1;
        auto ended = scrubber_->step(kStep);
        for (; ended && !*ended; ended = scrubber_->step(kStep)) ++steps;
        EXPECT_TRUE(ended);
        return steps;
    }

    ClusterNumber cluster_ = 0;
    Revision revision_ = 0;  // of the object "last"
    std::unique_ptr<engine::Environment> environment_;
    std::vector<std::string> told_;
    std::unique_ptr<Scrubber> scrubber_;
};

TEST_F(ScrubberTest, APassReadsEveryRowInSteps) {
    open_rows();
    EXPECT_EQ(scrubber_->completed_ms(), 0);
    EXPECT_GE(pass(), 3) << "3 MB in steps of 1 MiB";
    EXPECT_EQ(scrubber_->objects(), 31U);
    EXPECT_EQ(scrubber_->completed_ms(), clock_.now_ms());
    EXPECT_EQ(scrubber_->damaged_rows(), 0U);
    EXPECT_THAT(told_, IsEmpty());
    clock_.advance(5);
    pass();
    EXPECT_EQ(scrubber_->objects(), 62U);
    EXPECT_EQ(scrubber_->completed_ms(), clock_.now_ms());
}

TEST_F(ScrubberTest, DamagedRowsAreToldAndTheRestIsRead) {
    open_rows();
    damage(object_key(cluster_, Kind::kSnapshot, "shop", "last", revision_));
    damage(record_key(static_cast<uint8_t>(RecordType::kProject), "p"));
    pass();
    EXPECT_THAT(told_,
                ElementsAre("the registry's record \"p\"", "version " + std::to_string(revision_) +
                                                               " of the object \"shop/last\""));
    EXPECT_EQ(scrubber_->objects(), 31U);
    EXPECT_EQ(scrubber_->damaged_rows(), 2U);
}

TEST_F(ScrubberTest, ThePassThatFollowsARepairFindsNothing) {
    open_rows();
    const Key key = record_key(static_cast<uint8_t>(RecordType::kProject), "p");
    damage(key);
    pass();
    EXPECT_EQ(scrubber_->damaged_rows(), 1U);
    auto rows = environment_->write();
    ASSERT_TRUE(rows->erase(key.view()));
    ASSERT_TRUE(rows->commit());
    pass();
    EXPECT_EQ(scrubber_->damaged_rows(), 0U);
}

TEST_F(ScrubberTest, ARowThatIsGoneDoesNotHoldItUp) {
    open_rows();
    ASSERT_FALSE(*scrubber_->step(kStep));
    EXPECT_LT(scrubber_->objects(), 31U);
    // The row that was read last is one of these.
    std::vector<std::string> keys;
    {
        auto rows = environment_->read();
        auto cursor = rows->cursor();
        const Key prefix = object_prefix(cluster_, Kind::kSnapshot);
        for (auto more = cursor->seek(prefix.view(), prefix.view()); *more;
             more = cursor->next(prefix.view()))
            keys.emplace_back(cursor->key());
    }
    ASSERT_EQ(keys.size(), 31U);
    auto rows = environment_->write();
    for (const std::string& key : keys) ASSERT_TRUE(rows->erase(key));
    ASSERT_TRUE(rows->commit());
    EXPECT_EQ(pass(), 1);
    EXPECT_EQ(scrubber_->completed_ms(), clock_.now_ms());
}

}  // namespace
}  // namespace snapgate::store
