#include "mirror/mirror_sink.h"

#include <gtest/gtest.h>

#include "mirror/mirror_testing.h"

namespace snapgate::mirror {
namespace {

using base::Code;
using MirrorSinkTest = MirrorFixture;

const ObjectKey kA{"ns", "a"};
const ObjectKey kB{"ns", "b"};

TEST_F(MirrorSinkTest, StandsNowhereBeforeTheFirstList) {
    EXPECT_EQ(version(), "");
    EXPECT_EQ(run(sink_->checksum("1")).error().code, Code::kExpired);
    const Replaced none = replace({}, "70");
    EXPECT_EQ(none.objects, 0U);
    expect({}, "70");
}

TEST_F(MirrorSinkTest, AListIsSeenAtOnceAndOnlyThen) {
    must_run(sink_->begin_replacement());
    std::vector<PreparedObject> objects{prepared(kA, {"u1", "5", ""})};
    must_run(sink_->add(std::move(objects)));
    expect({}, "");
    const Replaced replaced = must_run(sink_->publish("9", ToldVersions::kKept));
    EXPECT_EQ(replaced.objects, 1U);
    EXPECT_EQ(replaced.changed, 1U);
    expect({{kA, {"u1", "5", ""}}}, "9");
}

TEST_F(MirrorSinkTest, EachEventsVersionHasItsRevision) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    const Revision before = head(cluster_);
    apply({put_event(kB, {"u2", "10", ""}), version_only("11"), delete_event(kA, "12"),
           put_event(kB, {"u2", "13", "x"})});
    const store::ReadView view = store_->read();
    auto at = [&](std::string_view version) {
        auto revision = view.revision_of(cluster_, version);
        EXPECT_TRUE(revision && *revision) << version;
        return revision && *revision ? **revision : 0;
    };
    EXPECT_EQ(at("9"), before);
    EXPECT_EQ(listed(at("10")), texts_of({{kA, {"u1", "5", ""}}, {kB, {"u2", "10", ""}}}));
    EXPECT_EQ(listed(at("11")), listed(at("10")));
    EXPECT_EQ(listed(at("12")), texts_of({{kB, {"u2", "10", ""}}}));
    EXPECT_EQ(at("13"), head(cluster_));
    EXPECT_EQ(must_run(sink_->checksum("12")), sum_of({{kB, {"u2", "10", ""}}}));
    expect({{kB, {"u2", "13", "x"}}}, "13");
}

TEST_F(MirrorSinkTest, WhatChangesNothingMovesTheVersionOnly) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    const Revision before = head(cluster_);
    apply({put_event(kA, {"u1", "5", ""}), delete_event(kB, "10")});
    EXPECT_TRUE(log_since(before).empty());
    expect({{kA, {"u1", "5", ""}}}, "10");
}

TEST_F(MirrorSinkTest, AnotherUidIsADeletionAndACreation) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    const Revision before = head(cluster_);
    apply({put_event(kA, {"u2", "10", ""})});
    auto log = log_since(before);
    ASSERT_EQ(log.size(), 2U);
    EXPECT_EQ(log[0].op, store::LogEntry::Op::kDeleted);
    EXPECT_EQ(log[1].op, store::LogEntry::Op::kCreated);
    EXPECT_EQ(store_->read().visible_version(cluster_, log[0].revision), "10");
    // The same version, even.
    replace({{kA, {"u3", "10", ""}}}, "11");
    EXPECT_EQ(log_since(log[1].revision).size(), 2U);
    expect({{kA, {"u3", "10", ""}}}, "11");
}

TEST_F(MirrorSinkTest, AListThatChangesNothingMakesNoEvents) {
    const State state{{kA, {"u1", "5", ""}}, {kB, {"u2", "6", ""}}};
    replace(state, "9");
    const Revision before = head(cluster_);
    const Replaced again = replace(state, "9");
    EXPECT_EQ(again.objects, 2U);
    EXPECT_EQ(again.changed, 0U);
    EXPECT_EQ(head(cluster_), before);
    const Replaced later = replace(state, "12");
    EXPECT_EQ(later.changed, 0U);
    EXPECT_TRUE(log_since(before).empty());
    expect(state, "12");
}

TEST_F(MirrorSinkTest, VersionsMayGoBack) {
    replace({{kA, {"u1", "500", ""}}}, "900");
    replace({{kA, {"u1", "50", ""}}}, "90");
    expect({{kA, {"u1", "50", ""}}}, "90");
    apply({version_only("80")});
    expect({{kA, {"u1", "50", ""}}}, "80");
}

TEST_F(MirrorSinkTest, TheSameVersionWithAnotherContentIsAChange) {
    replace({{kA, {"u1", "5", "old"}}, {kB, {"u2", "6", ""}}}, "9");
    const Revision before = head(cluster_);
    // As a restored cluster has it.
    const Replaced replaced = replace({{kA, {"u1", "5", "new"}}, {kB, {"u2", "6", ""}}}, "9");
    EXPECT_EQ(replaced.changed, 1U);
    EXPECT_EQ(log_since(before).size(), 1U);
    expect({{kA, {"u1", "5", "new"}}, {kB, {"u2", "6", ""}}}, "9");
    apply({put_event(kA, {"u1", "5", "newer"})});
    expect({{kA, {"u1", "5", "newer"}}, {kB, {"u2", "6", ""}}}, "5");
}

TEST_F(MirrorSinkTest, NobodyGoesOnFromVersionsThatWereForgotten) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    apply({put_event(kA, {"u1", "10", "old"}), version_only("11")});
    const auto known = [this](std::string_view version) {
        const auto revision = store_->read().revision_of(cluster_, version);
        EXPECT_TRUE(revision);
        return revision ? *revision : std::nullopt;
    };
    const auto goes_on = [this](std::string_view version) {
        const auto revision = store_->read().goes_on_from(cluster_, version);
        EXPECT_TRUE(revision);
        return revision ? *revision : std::nullopt;
    };
    const auto paged = known("10");
    ASSERT_TRUE(paged);
    const Revision before = head(cluster_);
    must_run(sink_->begin_replacement());
    std::vector<PreparedObject> objects{prepared(kA, {"u1", "10", "new"})};
    must_run(sink_->add(std::move(objects)));
    must_run(sink_->publish("10", ToldVersions::kForgotten));
    const Revision restored = head(cluster_);
    EXPECT_EQ(known("9"), std::nullopt);
    EXPECT_EQ(known("11"), std::nullopt);
    EXPECT_EQ(known("10"), restored);
    // Who was told it may have the state of before: the list's changes come again.
    EXPECT_EQ(goes_on("10"), before);
    EXPECT_EQ(goes_on("11"), std::nullopt);
    // Pages of a list that was begun before go on.
    EXPECT_EQ(listed(*paged), texts_of({{kA, {"u1", "10", "old"}}}));
    // What is told from now on is known, also where it was told before.
    apply({put_event(kB, {"u2", "11", ""})});
    EXPECT_EQ(known("11"), head(cluster_));
    EXPECT_EQ(goes_on("11"), before);
    expect({{kA, {"u1", "10", "new"}}, {kB, {"u2", "11", ""}}}, "11");
    crash();
    EXPECT_EQ(known("9"), std::nullopt);
    EXPECT_EQ(known("10"), restored);
    EXPECT_EQ(goes_on("10"), before);
}

TEST_F(MirrorSinkTest, WhatWasForgottenTwiceComesFromItsFirstStateOn) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    const Revision first = head(cluster_);
    apply({put_event(kA, {"u1", "10", "lost"})});
    const auto restore = [this](const State& state, std::string version) {
        must_run(sink_->begin_replacement());
        std::vector<PreparedObject> objects;
        for (const auto& [key, object] : state) objects.push_back(prepared(key, object));
        must_run(sink_->add(std::move(objects)));
        must_run(sink_->publish(std::move(version), ToldVersions::kForgotten));
    };
    restore({{kA, {"u1", "5", ""}}, {kB, {"u2", "6", "second"}}}, "8");
    restore({{kA, {"u1", "5", ""}}}, "9");
    EXPECT_EQ(store_->read().revision_of(cluster_, "9"), head(cluster_));
    EXPECT_EQ(store_->read().goes_on_from(cluster_, "9"), first);
    // Once the earlier one is behind history, it counts no more.
    clock_.advance(kHistoryMs + 1);
    apply({version_only("12")});
    clock_.advance(kHistoryMs + 1);
    apply({version_only("13")});
    ASSERT_TRUE(store_->compact());
    const Revision before = head(cluster_);
    restore({{kA, {"u1", "7", "third"}}}, "13");
    EXPECT_EQ(store_->read().goes_on_from(cluster_, "13"), before);
    EXPECT_EQ(store_->read().revision_of(cluster_, "13"), head(cluster_));
}

TEST_F(MirrorSinkTest, WhatWasGivenUpLeavesNothing) {
    const State state{{kA, {"u1", "5", ""}}};
    replace(state, "9");
    for (int round = 0; round < 3; ++round) {
        must_run(sink_->begin_replacement());
        std::vector<PreparedObject> objects{prepared(kB, {"u2", "10", ""})};
        must_run(sink_->add(std::move(objects)));
        if (round == 1) crash();
    }
    // Rounds 0 and 2 are given up by the next one.
    const Revision before = head(cluster_);
    EXPECT_EQ(replace(state, "11").changed, 0U);
    EXPECT_TRUE(log_since(before).empty());
    apply({version_only("12")});
    expect(state, "12");
}

TEST_F(MirrorSinkTest, NothingIsAddedOrPublishedThatWasNotBegun) {
    const State state{{kA, {"u1", "5", ""}}};
    replace(state, "9");
    EXPECT_EQ(run(sink_->publish("10", ToldVersions::kKept)).error().code, Code::kConflict);
    std::vector<PreparedObject> objects{prepared(kB, {"u2", "10", ""})};
    EXPECT_EQ(run(sink_->add(std::move(objects))).error().code, Code::kConflict);
    must_run(sink_->begin_replacement());
    EXPECT_EQ(run(sink_->publish("", ToldVersions::kKept)).error().code, Code::kInvalid);
    crash();
    EXPECT_EQ(run(sink_->publish("10", ToldVersions::kKept)).error().code, Code::kConflict);
    expect(state, "9");
}

TEST_F(MirrorSinkTest, ARemovedClusterIsNotFound) {
    must([&](store::WriteTxn& txn) { return txn.delete_cluster(cluster_); });
    EXPECT_EQ(sink_->version().error().code, Code::kNotFound);
    EXPECT_EQ(run(sink_->begin_replacement()).error().code, Code::kNotFound);
    EXPECT_EQ(run(sink_->apply({version_only("1")})).error().code, Code::kNotFound);
}

TEST_F(MirrorSinkTest, AChecksumOfWhatIsNoLongerKnownIsExpired) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    apply({version_only("10")});
    clock_.advance(kHistoryMs + 1);
    apply({version_only("11")});
    clock_.advance(kHistoryMs + 1);
    apply({version_only("12")});
    ASSERT_TRUE(store_->compact());
    EXPECT_EQ(run(sink_->checksum("9")).error().code, Code::kExpired);
    EXPECT_EQ(must_run(sink_->checksum("12")).objects, 1U);
}

TEST_F(MirrorSinkTest, ManyObjectsAndManyThatAreGone) {
    State state;
    for (int i = 0; i < 5000; ++i) {
        const std::string number = std::to_string(i);
        state[{"ns-" + std::to_string(i % 7), "s" + number}] = {"u" + number, number + "1", ""};
    }
    EXPECT_EQ(replace(state, "9").changed, 5000U);
    expect(state, "9");
    const Revision before = head(cluster_);
    State rest;
    for (const auto& [key, object] : state)
        if (rest.size() < 100) rest.emplace(key, object);
    EXPECT_EQ(replace(rest, "10").changed, 4900U);
    expect(rest, "10");
    EXPECT_EQ(listed(before), texts_of(state)) << "a page that was begun goes on";
}

}  // namespace
}  // namespace snapgate::mirror
