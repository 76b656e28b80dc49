#include "query/fleet_kinds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "query/fleet_testing.h"

namespace snapgate::query {
namespace {

using model::Kind;

constexpr Kind kKinds[] = {Kind::kVirtualMachine, Kind::kRestore, Kind::kContent};

class FleetKindsTest : public testing::TestWithParam<bool> {
  protected:
    // Reads all; the number of steps that it took.
    size_t load(FleetKinds& vms, const FleetListing& listing) {
        for (size_t steps = 1;; ++steps) {
            const auto done = vms.step(fleet_.store().read(), listing);
            EXPECT_TRUE(done) << done.error().message;
            if (!done || *done) return steps;
        }
    }
    FleetListing listing() {
        FleetListing listing(fleet_.context(), fleet_.fleet(), std::string(16, 'q'), {});
        EXPECT_TRUE(listing.begin(fleet_.store().read(), "", fleet_.now()));
        return listing;
    }

    TestFleet fleet_{GetParam()};
};

TEST_P(FleetKindsTest, ReadsManyInSteps) {
    constexpr size_t kVms = 3 * FleetKinds::kStepRows + 7;
    ASSERT_TRUE(fleet_.create("a", "uid-a", "p"));
    ASSERT_TRUE(fleet_.create("b", "uid-b", "p"));
    const model::ClusterNumber number = fleet_.number_of("uid-a", Kind::kVirtualMachine);
    ASSERT_TRUE(fleet_.write([&](store::WriteTxn& txn) -> base::Result<void> {
        for (size_t i = 0; i < kVms; ++i) {
            const TestVm vm{"n",  fmt::format("vm-{:06}", i), fmt::format("u{}", i), "Running", "",
                            false};
            SNAPGATE_TRY(txn.put(number, Kind::kVirtualMachine, vm.prepare()));
        }
        return {};
    }));
    const FleetListing all = listing();
    FleetKinds vms(kKinds);
    EXPECT_GT(load(vms, all), 3U);
    ASSERT_TRUE(vms.of(0).vms);
    EXPECT_EQ(vms.of(0).vms->rows(), kVms);
    EXPECT_EQ(vms.of(0).vms->row(kVms - 1).name, fmt::format("vm-{:06}", kVms - 1));
    EXPECT_TRUE(vms.of(0).vms_followed);
    EXPECT_FALSE(vms.of(1).vms);
    EXPECT_FALSE(vms.of(1).vms_followed);
    // The index has it then.
    FleetKinds again(kKinds);
    EXPECT_EQ(load(again, all) == 1, GetParam());
    EXPECT_EQ(again.of(0).vms->rows(), kVms);
}

TEST_P(FleetKindsTest, AnEmptyMirrorTellsThatAllAreGone) {
    ASSERT_TRUE(fleet_.create("a", "uid-a", "p"));
    fleet_.clusters.at("uid-a").connected = true;
    const model::ClusterNumber number = fleet_.number_of("uid-a", Kind::kVirtualMachine);
    FleetKinds before(kKinds);
    load(before, listing());
    EXPECT_FALSE(before.of(0).vms_followed);
    ASSERT_TRUE(fleet_.write([&](store::WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.open_stage(number));
        return txn.publish_stage(number, "list-1");
    }));
    FleetKinds after(kKinds);
    load(after, listing());
    EXPECT_TRUE(after.of(0).vms_followed);
}

INSTANTIATE_TEST_SUITE_P(Index, FleetKindsTest, testing::Bool());

}  // namespace
}  // namespace snapgate::query
