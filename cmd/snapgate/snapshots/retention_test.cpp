#include "snapshots/retention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace snapgate::cli {
namespace {

DeletionCandidate made(const std::string& name, int64_t taken, const std::string& vm = "vm") {
    DeletionCandidate one;
    one.cluster_uid = "c";
    one.ns = "n";
    one.name = name;
    one.vm = vm;
    one.taken = taken;
    return one;
}

std::vector<std::string> names(const std::vector<DeletionCandidate>& list) {
    std::vector<std::string> names;
    names.reserve(list.size());
    for (const DeletionCandidate& one : list) names.push_back(one.name);
    return names;
}

using Names = std::vector<std::string>;

TEST(Retention, TheLastGoodOneOfAVmStays) {
    const std::vector<DeletionCandidate> all{made("a", 1), made("b", 2), made("c", 3, "other")};
    const DeletionPlan plan = plan_deletion(all, all, {});
    EXPECT_EQ(names(plan.deleted), (Names{"a"}));
    EXPECT_EQ(names(plan.kept), (Names{"b", "c"}));
    EXPECT_EQ(names(plan_deletion(all, all, {.force = true}).deleted), (Names{"a", "b", "c"}));
}

TEST(Retention, WhatStaysIsCountedOverAllAndNotOverTheMatches) {
    const std::vector<DeletionCandidate> good{made("old", 1), made("older", 0), made("new", 9)};
    const std::vector<DeletionCandidate> matches{good[0], good[1]};
    EXPECT_EQ(names(plan_deletion(matches, good, {}).deleted), (Names{"old", "older"}));
    const DeletionPlan two = plan_deletion(matches, good, {.keep_last = 2});
    EXPECT_EQ(names(two.deleted), (Names{"older"}));
    EXPECT_EQ(names(two.kept), (Names{"old"}));
    EXPECT_TRUE(plan_deletion(matches, good, {.keep_last = 3}).deleted.empty());
    // --force says nothing against --keep-last.
    EXPECT_EQ(names(plan_deletion(matches, good, {.keep_last = 2, .force = true}).deleted),
              (Names{"older"}));
}

TEST(Retention, WhatIsNotGoodProtectsNothingAndGoes) {
    const std::vector<DeletionCandidate> matches{made("failed", 0), made("good", 1)};
    const DeletionPlan plan = plan_deletion(matches, {matches[1]}, {});
    EXPECT_EQ(names(plan.deleted), (Names{"failed"}));
    EXPECT_EQ(names(plan.kept), (Names{"good"}));
}

TEST(Retention, ClonesAndWhatIsGoingAreLeftAlone) {
    DeletionCandidate clone = made("clone", 9);
    clone.of_clone = true;
    DeletionCandidate going = made("going", 8);
    going.going = true;
    const std::vector<DeletionCandidate> all{clone, going, made("a", 1)};
    const DeletionPlan plan = plan_deletion(all, all, {});
    EXPECT_TRUE(plan.deleted.empty());
    EXPECT_EQ(names(plan.kept), (Names{"a"}));
}

TEST(Retention, EqualTimesGoByName) {
    const std::vector<DeletionCandidate> all{made("b", 1), made("a", 1)};
    EXPECT_EQ(names(plan_deletion(all, all, {}).kept), (Names{"b"}));
}

// Whatever is there: every VM that had a good one keeps the newest, and at least as many as asked.
TEST(Retention, HoldsForAnySnapshots) {
    std::mt19937_64 random(20261129);
    const auto pick = [&](uint32_t below) { return static_cast<uint32_t>(random() % below); };
    for (int round = 0; round < 500; ++round) {
        std::vector<DeletionCandidate> good;
        std::vector<DeletionCandidate> matches;
        for (uint32_t i = pick(12); i > 0; --i) {
            DeletionCandidate one = made("s" + std::to_string(i), int64_t{pick(4)},
                                         pick(9) == 0 ? "" : "vm" + std::to_string(pick(3)));
            one.of_clone = pick(8) == 0;
            if (pick(3) != 0) good.push_back(one);
            if (pick(2) == 0) matches.push_back(one);
        }
        const Retention retention{pick(4), pick(2) == 0};
        const DeletionPlan plan = plan_deletion(matches, good, retention);
        const auto is_deleted = [&](const DeletionCandidate& one) {
            return std::ranges::find(plan.deleted, one.name, &DeletionCandidate::name) !=
                   plan.deleted.end();
        };
        EXPECT_LE(plan.deleted.size() + plan.kept.size(), matches.size());
        for (const char* vm : {"vm0", "vm1", "vm2"}) {
            std::vector<DeletionCandidate> of_vm;
            for (const DeletionCandidate& one : good)
                if (one.vm == vm && !one.of_clone) of_vm.push_back(one);
            const auto left = static_cast<size_t>(
                std::ranges::count_if(of_vm, [&](const auto& one) { return !is_deleted(one); }));
            const size_t wanted = std::max<size_t>(retention.keep_last, retention.force ? 0 : 1);
            EXPECT_GE(left, std::min(wanted, of_vm.size()));
            // Nothing that stays is older than something that went for its sake.
            for (const DeletionCandidate& kept : plan.kept) {
                for (const DeletionCandidate& gone : of_vm) {
                    if (kept.vm == vm && is_deleted(gone))
                        EXPECT_GE(std::tie(kept.taken, kept.name), std::tie(gone.taken, gone.name));
                }
            }
        }
    }
}

}  // namespace
}  // namespace snapgate::cli
