#include "objects/garbage_collector.h"

#include <gtest/gtest.h>

#include "objects/garbage_testing.h"

namespace snapgate::objects {
namespace {

using Propagation = GarbageWorld::Propagation;
using Reference = GarbageWorld::Reference;
using store::NoteType;

class GarbageCollectorTest : public testing::Test {
  protected:
    void SetUp() override { world_.collect(); }

    // Waits for what a thread of the collector's own does.
    static void until(auto holds) {
        for (int i = 0; i < 3000 && !holds(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        EXPECT_TRUE(holds());
    }

    GarbageWorld world_;
};

TEST_F(GarbageCollectorTest, DependentsGoAfterTheirOwner) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua"}}});
    world_.create("c", {.uid = "uc", .owners = {{"b", "ub"}}});
    world_.create("d", {.uid = "ud"});
    world_.collect();
    EXPECT_EQ(world_.names(), "a b c d");
    world_.remove("a");
    world_.collect();
    EXPECT_EQ(world_.names(), "d");
    EXPECT_EQ(world_.notes(NoteType::kDependent), 0U);
    EXPECT_EQ(world_.notes(NoteType::kCollect), 0U);
}

TEST_F(GarbageCollectorTest, OneOwnerThatIsLeftKeepsADependent) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub"});
    world_.create("c", {.uid = "uc", .owners = {{"a", "ua"}, {"b", "ub"}}});
    world_.remove("a");
    world_.collect();
    EXPECT_EQ(world_.names(), "b c");
    const auto metadata = world_.metadata("c");
    ASSERT_EQ(metadata->at("ownerReferences").as_array().size(), 1U);
    EXPECT_EQ(metadata->at("ownerReferences").as_array()[0].as_object().at("uid"), "ub");
    world_.remove("b");
    world_.collect();
    EXPECT_EQ(world_.names(), "");
}

TEST_F(GarbageCollectorTest, AnotherUidOfTheNameIsAnotherOwner) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua"}}});
    world_.remove("a");
    world_.create("a", {.uid = "ua2"});
    world_.collect();
    EXPECT_EQ(world_.names(), "a");
}

TEST_F(GarbageCollectorTest, AnOwnerThatNeverWasIsGoneForARequest) {
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua"}}});
    world_.make_namespace("other");
    world_.create("a", {.uid = "ua"}, "other");
    world_.create("c", {.uid = "uc", .owners = {{"a", "ua"}}});
    world_.collect();
    EXPECT_EQ(world_.names(), "");
    EXPECT_EQ(world_.names("other"), "a");
}

TEST_F(GarbageCollectorTest, OwnersOfOtherKindsAreNeverGone) {
    world_.create("a", {.uid = "ua"});
    world_.create(
        "b", {.uid = "ub",
              .owners = {{"a", "ua"}, {"vm", "uv", false, "VirtualMachine", "kubevirt.io/v1"}}});
    world_.create(
        "c", {.uid = "uc", .owners = {{"a", "ua", false, "VirtualMachineSnapshot", "x.io/v1"}}});
    world_.remove("a");
    world_.collect();
    EXPECT_EQ(world_.names(), "b c");
}

TEST_F(GarbageCollectorTest, WhatWasImportedGoesOnceItsOwnerWasThereAndWent) {
    world_.import({GarbageWorld::text("web", "b", {.uid = "ub", .owners = {{"a", "ua"}}})});
    world_.collect();
    EXPECT_EQ(world_.names(), "b");
    world_.update("b",
                  [](json::Object& metadata) { metadata["labels"] = json::Object{{"l", "1"}}; });
    world_.collect();
    EXPECT_EQ(world_.names(), "b");
    world_.import({GarbageWorld::text("web", "a", {.uid = "ua"})});
    world_.collect();
    EXPECT_EQ(world_.names(), "a b");
    world_.remove("a");
    world_.collect();
    EXPECT_EQ(world_.names(), "");
}

TEST_F(GarbageCollectorTest, AnImportedOwnerThatNeverCameKeepsItsDependent) {
    world_.import(
        {GarbageWorld::text("web", "a", {.uid = "ua"}),
         GarbageWorld::text("web", "b", {.uid = "ub", .owners = {{"a", "ua"}, {"x", "ux"}}})});
    world_.remove("a");
    world_.collect();
    EXPECT_EQ(world_.names(), "b");
    EXPECT_EQ(world_.metadata("b")->at("ownerReferences").as_array().size(), 1U);
}

TEST_F(GarbageCollectorTest, AnOwnerThatAPruneRemovedTookItsDependentsAlong) {
    world_.import({GarbageWorld::text("web", "a", {.uid = "ua"}),
                   GarbageWorld::text("web", "b", {.uid = "ub", .owners = {{"a", "ua"}}})});
    world_.import({GarbageWorld::text("web", "b", {.uid = "ub", .owners = {{"a", "ua"}}})}, true);
    EXPECT_EQ(world_.names(), "b");
    world_.collect();
    EXPECT_EQ(world_.names(), "");
}

TEST_F(GarbageCollectorTest, ForegroundWaitsForDependentsThatBlock) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua", true}}, .finalizers = {"x.io/y"}});
    world_.create("c", {.uid = "uc", .owners = {{"a", "ua"}}, .finalizers = {"x.io/y"}});
    world_.remove("a", Propagation::kForeground);
    world_.collect();
    EXPECT_EQ(world_.names(), "a* b* c*");
    world_.drop_finalizers("b");
    world_.collect();
    EXPECT_EQ(world_.names(), "c*");
    world_.drop_finalizers("c");
    world_.collect();
    EXPECT_EQ(world_.names(), "");
    EXPECT_EQ(world_.notes(NoteType::kDependent), 0U);
    EXPECT_EQ(world_.notes(NoteType::kCollect), 0U);
}

TEST_F(GarbageCollectorTest, ForegroundGoesOnThroughItsDependents) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua", true}}});
    world_.create("c", {.uid = "uc", .owners = {{"b", "ub", true}}, .finalizers = {"x.io/y"}});
    world_.remove("a", Propagation::kForeground);
    world_.collect();
    EXPECT_EQ(world_.names(), "a* b* c*");
    world_.drop_finalizers("c");
    world_.collect();
    EXPECT_EQ(world_.names(), "");
}

TEST_F(GarbageCollectorTest, ForegroundLetsADependentOfAnotherOwnerGo) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub"});
    world_.create("c", {.uid = "uc", .owners = {{"a", "ua", true}, {"b", "ub", true}}});
    world_.remove("a", Propagation::kForeground);
    world_.collect();
    EXPECT_EQ(world_.names(), "b c");
}

// The other owner of c is b, which goes, too: c has nobody to stay for, and a waits for it.
TEST_F(GarbageCollectorTest, ForegroundWaitsForADependentOfAnOwnerThatGoes) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua", true}}});
    world_.create(
        "c", {.uid = "uc", .owners = {{"a", "ua", true}, {"b", "ub"}}, .finalizers = {"x.io/y"}});
    world_.remove("a", Propagation::kForeground);
    world_.collect();
    EXPECT_EQ(world_.names(), "a* c*");
    world_.drop_finalizers("c");
    world_.collect();
    EXPECT_EQ(world_.names(), "");
}

TEST_F(GarbageCollectorTest, OrphanTakesTheReferencesAndNothingElse) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua"}}});
    world_.create("c", {.uid = "uc", .owners = {{"b", "ub"}}});
    world_.remove("a", Propagation::kOrphan);
    EXPECT_EQ(world_.names(), "a* b c");
    world_.collect();
    EXPECT_EQ(world_.names(), "b c");
    const auto metadata = world_.metadata("b");
    EXPECT_FALSE(metadata->contains("ownerReferences"));
    // The field went, so nobody owns it, and the collector owns none.
    EXPECT_EQ(json::serialize(metadata->at("managedFields")).find("ownerReferences"),
              std::string::npos);
    EXPECT_EQ(json::serialize(metadata->at("managedFields")).find("kube-controller-manager"),
              std::string::npos);
}

TEST_F(GarbageCollectorTest, CirclesDoNotHangIt) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua", true}}});
    world_.create("c", {.uid = "uc", .owners = {{"b", "ub", true}}});
    world_.give_owner(
        "a",
        {.name = "c", .uid = "uc", .blocks = true, .api_version = "snapshot.kubevirt.io/v1alpha1"});
    world_.collect();
    EXPECT_EQ(world_.names(), "a b c");
    world_.remove("b", Propagation::kForeground);
    world_.collect();
    EXPECT_EQ(world_.names(), "");
}

TEST_F(GarbageCollectorTest, OwnersThatWaitForEachOtherGo) {
    for (const char* name : {"a", "b", "self"})
        world_.create(name, {.uid = std::string("u") + name});
    world_.give_owner("a", {"b", "ub", true});
    world_.give_owner("b", {"a", "ua", true});
    world_.give_owner("self", {"self", "uself", true});
    for (const char* name : {"a", "b", "self"}) world_.remove(name, Propagation::kForeground);
    EXPECT_EQ(world_.names(), "a* b* self*");
    world_.collect();
    EXPECT_EQ(world_.names(), "");
}

TEST_F(GarbageCollectorTest, AnOwnerThatIsBackKeepsItsDependents) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua"}}});
    world_.remove("a");
    world_.import({GarbageWorld::text("web", "a", {.uid = "ua"})});
    world_.collect();
    EXPECT_EQ(world_.names(), "a b");
    EXPECT_EQ(world_.notes(NoteType::kCollect), 0U);
}

TEST_F(GarbageCollectorTest, GoesOnAfterARestart) {
    world_.create("a", {.uid = "ua"});
    for (int i = 0; i < 600; ++i)
        world_.create(fmt::format("b{}", i),
                      {.uid = fmt::format("u{}", i), .owners = {{"a", "ua"}}});
    world_.remove("a");
    ASSERT_TRUE(world_.step());
    ASSERT_TRUE(world_.step());
    EXPECT_NE(world_.names(), "");
    world_.restart();
    world_.collect();
    EXPECT_EQ(world_.names(), "");
}

TEST_F(GarbageCollectorTest, DependentsThatNobodyNotedAreFoundAtTheStart) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua"}}});
    world_.create("w", {.uid = "uw", .finalizers = {"foregroundDeletion"}});
    world_.remove("w");
    // As an earlier version left it.
    world_.write([this](store::WriteTxn& txn) -> base::Result<void> {
        const auto cluster = world_.cluster.number;
        for (const NoteType type :
             {NoteType::kDependent, NoteType::kDependentsComplete, NoteType::kCollect}) {
            const auto notes = world_.store().read().notes(cluster, type, {}, {}, 100).value();
            for (const auto& [key, value] : notes) SNAPGATE_TRY(txn.erase_note(cluster, type, key));
        }
        return {};
    });
    world_.restart();
    world_.remove("a");
    world_.collect();
    EXPECT_EQ(world_.names(), "");
}

TEST_F(GarbageCollectorTest, TheThreadCollectsInHostedClustersOnly) {
    world_.create("a", {.uid = "ua"});
    world_.create("b", {.uid = "ub", .owners = {{"a", "ua"}}});
    {
        GarbageCollector none(world_.store(), [] { return std::vector<model::ClusterNumber>(); });
        world_.remove("a");
    }
    EXPECT_EQ(world_.names(), "b");
    GarbageCollector collector(world_.store(), [this] {
        return std::vector<model::ClusterNumber>{world_.cluster.number};
    });
    until([this] { return world_.names().empty(); });
    until([&collector] { return collector.removed() > 0; });
    EXPECT_EQ(collector.removed(), 1U);
    world_.create("c", {.uid = "uc"});
    world_.create("d", {.uid = "ud", .owners = {{"c", "uc"}}});
    world_.remove("c");
    until([this] { return world_.names().empty(); });
}

}  // namespace
}  // namespace snapgate::objects
