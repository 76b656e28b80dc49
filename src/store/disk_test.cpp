// Random histories on a simulated disk, whose power is cut and whose calls fail. What a power cut
// leaves must be a store that opens at the last acknowledged state, or at the state of the commit
// that was on its way. SNAPGATE_DISK_SEEDS says how many histories are run, SNAPGATE_SEED with
// SNAPGATE_DISK_SEEDS=1 runs one again.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <mutex>

#include "store/random_history_testing.h"
#include "store/simulated_disk_testing.h"

namespace snapgate::store {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSteps = 50;
constexpr size_t kCutsOfAStep = 2;
// ctest runs the parts side by side.
constexpr uint64_t kParts = 20;

fs::path data_file(const fs::path& directory) {
    return directory / "store" / "data.mdb";
}

void write_file(const fs::path& path, const std::string& content) {
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << content;
    ASSERT_TRUE(file.flush());
}

// A store that opens after a power cut, in a directory of its own.
class StoreAfterCut : public RandomHistory {
  public:
    using RandomHistory::RandomHistory;

    // Holds what the disk was left with to the states of which it must show one.
    void check(const std::string& disk, const std::vector<StoreModel>& possible) {
        write_file(data_file(directory_.path()), disk);
        check_rows();
        const auto opened = open();
        ASSERT_TRUE(opened) << opened.error().message;
        ASSERT_TRUE(adopt(possible)) << "none of the " << possible.size() << " possible states";
        for (int i = 0; i < 3; ++i) RandomHistory::check();
        // It can be written to, and what is written does not harm what was there.
        change_objects();
        RandomHistory::check();
        check_rows();
    }
};

class DiskHistory : public RandomHistory {
  public:
    explicit DiskHistory(uint64_t seed) : RandomHistory(seed), disk_(seed) {
        disk_.before_call = [this] {
            const std::scoped_lock lock(cuts_mutex_);
            if (cuts_.size() < kCutsOfAStep && ++calls_ % 3 == 0)
                cuts_.push_back(disk_.power_cut());
        };
    }
    ~DiskHistory() override { store_.reset(); }

  private:
    void start() override {
        const fs::path file = data_file(directory_.path());
        write_file(file, "");
        disk_.attach(file);
        const auto opened = open();
        ASSERT_TRUE(opened) << opened.error().message;
        take_cuts();  // of a store that was begun: nothing was acknowledged
    }

    void step() override {
        const StoreModel before = model_;
        commits_before_ = store_->statistics().commits;
        if (chance(6)) disk_.fail(pick(10), 1 + pick(3));
        act({.change_objects_together = 0,
             .change_stage = 14,
             .change_clusters = 8,
             .compact = 6,
             .restart = 0,
             .set_clock = 0,
             .check = 0});
        disk_.heal();
        // A compaction that failed may have done its work, and that state comes last.
        std::vector<StoreModel> possible = {before, model_};
        possible.insert(possible.end(), possible_.begin(), possible_.end());
        check_cuts(possible);
        possible.erase(possible.begin());
        if (chance(3)) check_cut(disk_.power_cut(), possible);
        const bool unsettled = std::exchange(unsettled_, false);
        if (chance(unsettled ? 2 : 15) || (unsettled && has_open_stage())) {
            reopen(possible);
        } else if (unsettled) {
            // If the last write of a commit has failed, readers may see that commit.
            ASSERT_TRUE(adopt(possible)) << "none of the possible states";
            check();
            if (!takes_writes()) reopen(possible);
        }
        check();
    }

    // False after a failure that only a restart mends.
    bool takes_writes() {
        const auto done = store_->write_and_wait(
            Priority::kRequest, [](WriteTxn&) -> base::Result<void> { return {}; });
        if (!done) EXPECT_EQ(done.error().code, base::Code::kUnavailable);
        return done.has_value();
    }

    // A call may have failed below the operation.
    void settle(const base::Result<void>& done, const ModelChange& change) override {
        StoreModel after = model_;
        change(after);
        if (done) {
            model_ = std::move(after);
            // A write that changed nothing is acknowledged without a commit.
            if (store_->statistics().commits > commits_before_) possible_.clear();
            return;
        }
        EXPECT_GT(disk_.failures(), 0U) << done.error().message;
        EXPECT_FALSE(done.error().message.empty());
        possible_.push_back(model_);
        possible_.push_back(std::move(after));
        unsettled_ = true;
    }

    bool has_open_stage() const {
        return std::ranges::any_of(possible_, [](const StoreModel& model) {
            return std::ranges::any_of(model.clusters,
                                       [](const auto& one) { return one.second.stage_open; });
        });
    }

    // The store is opened again, perhaps after a power cut. A call may fail in the first attempt.
    void reopen(const std::vector<StoreModel>& possible) {
        if (chance(2)) {
            const std::string left = disk_.power_cut();
            store_.reset();
            const fs::path file = data_file(directory_.path());
            write_file(file, left);
            disk_.attach(file);
        }
        if (chance(3)) disk_.fail(pick(8), 1);
        take_cuts();
        auto opened = open();
        const bool failed = disk_.heal();
        if (!opened) {
            EXPECT_TRUE(failed) << opened.error().message;
            EXPECT_FALSE(opened.error().message.empty());
            opened = open();
        }
        ASSERT_TRUE(opened) << opened.error().message;
        ASSERT_TRUE(adopt(possible)) << "none of the " << possible.size() << " possible states";
        check_cuts(possible);
        possible_.clear();
    }

    // The cuts since the last call.
    void check_cuts(const std::vector<StoreModel>& possible) {
        for (const std::string& cut : take_cuts()) check_cut(cut, possible);
    }

    void check_cut(const std::string& disk, const std::vector<StoreModel>& possible) {
        SCOPED_TRACE("after a power cut");
        StoreAfterCut(pick(SIZE_MAX)).check(disk, possible);
    }

    std::vector<std::string> take_cuts() {
        const std::scoped_lock lock(cuts_mutex_);
        return std::exchange(cuts_, {});
    }

    SimulatedDisk disk_;
    // States that the disk may hold beside that of the model: of a write that failed.
    std::vector<StoreModel> possible_;
    bool unsettled_ = false;       // a write has just failed
    uint64_t commits_before_ = 0;  // this operation
    std::mutex cuts_mutex_;
    std::vector<std::string> cuts_;
    size_t calls_ = 0;
};

class DiskTest : public testing::TestWithParam<uint64_t> {};

TEST_P(DiskTest, APowerCutLeavesAnAcknowledgedState) {
    const uint64_t first = environment_number("SNAPGATE_SEED", std::random_device()());
    const uint64_t seeds = environment_number("SNAPGATE_DISK_SEEDS", 200);
    for (uint64_t i = GetParam(); i < seeds && !HasFailure(); i += kParts) {
        DiskHistory history(first + i);
        history.run(kSteps);
        if (HasFailure())
            ADD_FAILURE() << "run again with SNAPGATE_DISK_SEEDS=1 SNAPGATE_SEED=" << first + i;
    }
}

INSTANTIATE_TEST_SUITE_P(Parts, DiskTest, testing::Range<uint64_t>(0, kParts));

}  // namespace
}  // namespace snapgate::store
