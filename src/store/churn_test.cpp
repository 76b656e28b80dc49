// A day of a busy store, by a clock of the test: clusters are written to, relisted, made and
// deleted, and the past is compacted. Its file and its memory must not grow with the work.
// SNAPGATE_CHURN_CLUSTERS makes the day busier.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "store/check.h"
#include "store/store_testing.h"

namespace snapgate::store {
namespace {

constexpr size_t kHours = 24;
constexpr size_t kPartsOfAnHour = 6;
constexpr int64_t kPartMs = 3'600'000 / kPartsOfAnHour;
constexpr size_t kNames = 30;  // of a cluster
constexpr size_t kWrites = 4;  // of a cluster, in each part of an hour
constexpr size_t kRelisted = 5;
// After so many hours the file has room for all that comes.
constexpr size_t kSettledAfter = 6;
constexpr uint64_t kMostGrowthPercent = 10;
constexpr uint64_t kMostGrowthKib = 1024;

// Memory that belongs to this process alone.
uint64_t anonymous_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8));
    return 0;
}

// The sanitizers keep memory that was freed, to find its later use.
constexpr bool kMemoryIsOwn =
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    false;
#else
    true;
#endif

class ChurnTest : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        for (size_t i = 0; i < environment_number("SNAPGATE_CHURN_CLUSTERS", 20); ++i)
            clusters_.push_back(make_cluster());
    }

    size_t pick(size_t below) {
        return std::uniform_int_distribution<size_t>(0, below - 1)(random_);
    }

    model::PreparedObject random_object() {
        return make_object("ns", "s-" + std::to_string(pick(kNames)),
                           "vm-" + std::to_string(pick(5)),
                           std::string(500 + pick(3'000), static_cast<char>('a' + pick(26))));
    }

    void change_one(ClusterNumber cluster) {
        must([&](WriteTxn& txn) -> base::Result<void> {
            const auto object = random_object();
            if (pick(4) == 0) {
                SNAPGATE_TRY(txn.erase(cluster, Kind::kSnapshot, object.ns, object.name));
                return {};
            }
            SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, object));
            return {};
        });
    }

    // As a mirror takes in a list: what differs is staged, and published at once.
    void relist(ClusterNumber cluster) {
        must([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.open_stage(cluster));
            for (size_t i = 0; i < kRelisted; ++i)
                SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, random_object()));
            return {};
        });
        must([&](WriteTxn& txn) {
            return txn.publish_stage(cluster, "list-" + std::to_string(++lists_));
        });
    }

    void work_for_an_hour() {
        for (size_t part = 0; part < kPartsOfAnHour; ++part) {
            for (size_t i = 0; i < clusters_.size(); ++i) {
                for (size_t write = 0; write < kWrites; ++write) change_one(clusters_[i]);
                if (i % kPartsOfAnHour == part) relist(clusters_[i]);
            }
            clock_.advance(kPartMs);
            const auto compacted = store_->compact();
            ASSERT_TRUE(compacted) << compacted.error().message;
        }
        ClusterNumber& replaced = clusters_[pick(clusters_.size())];
        must([&](WriteTxn& txn) { return txn.delete_cluster(replaced); });
        replaced = make_cluster();
    }

    std::mt19937_64 random_{7};
    std::vector<ClusterNumber> clusters_;
    uint64_t lists_ = 0;
};

TEST_F(ChurnTest, FileAndMemoryLevelOff) {
    std::vector<uint64_t> file_bytes;
    std::vector<uint64_t> memory_kib;
    for (size_t hour = 0; hour < kHours && !HasFatalFailure(); ++hour) {
        work_for_an_hour();
        file_bytes.push_back(store_->statistics().file_bytes);
        memory_kib.push_back(anonymous_kib());
    }
    const auto most_at_first = [](const std::vector<uint64_t>& values) {
        return *std::max_element(values.begin(), values.begin() + kSettledAfter);
    };
    EXPECT_LE(file_bytes.back(), most_at_first(file_bytes) * (100 + kMostGrowthPercent) / 100)
        << testing::PrintToString(file_bytes);
    EXPECT_GT(memory_kib.back(), 0U);
    if (kMemoryIsOwn) {
        EXPECT_LE(memory_kib.back(), most_at_first(memory_kib) + kMostGrowthKib)
            << testing::PrintToString(memory_kib);
    }
    store_.reset();
    const auto checked =
        check_store(directory_.path(), [](std::string_view fault) { ADD_FAILURE() << fault; });
    ASSERT_TRUE(checked) << checked.error().message;
    EXPECT_TRUE(checked->rows_checked);
    RecordProperty("file_bytes", testing::PrintToString(file_bytes));
    RecordProperty("anonymous_kib", testing::PrintToString(memory_kib));
}

}  // namespace
}  // namespace snapgate::store
