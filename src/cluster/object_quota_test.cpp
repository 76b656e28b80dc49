#include "cluster/object_quota.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cluster/reflected_kind.h"

namespace snapgate::cluster {
namespace {

using base::Code;
using model::ClusterNumber;
using model::Kind;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

// What a store counts.
class Counts {
  public:
    void set(ClusterNumber cluster, Kind kind, ObjectSum sum) { sums_[{cluster, kind}] = sum; }
    void remove(ClusterNumber cluster) { gone_ = cluster; }

    base::Result<uint64_t> count(ClusterNumber cluster, Kind kind) {
        if (cluster == gone_) return base::Error(Code::kNotFound, "no such cluster");
        return sums_[{cluster, kind}].objects;
    }
    base::Result<uint64_t> bytes(ClusterNumber cluster, Kind kind) {
        if (cluster == gone_) return base::Error(Code::kNotFound, "no such cluster");
        return sums_[{cluster, kind}].bytes;
    }

  private:
    std::map<std::pair<ClusterNumber, Kind>, ObjectSum> sums_;
    ClusterNumber gone_ = 0;
};

class ObjectQuotaTest : public testing::Test {
  protected:
    void SetUp() override {
        add("a", "team", 1);
        add("b", "team", 2);
        add("c", "other", 3);
        add("d", "team", 4, ClusterType::kConnected);
        counts_.set(1, Kind::kSnapshot, {3, 300});
        counts_.set(2, Kind::kSnapshot, {4, 4000});
        counts_.set(2, Kind::kNamespace, {9, 90'000});
        counts_.set(3, Kind::kSnapshot, {50, 500'000});
        counts_.set(4, Kind::kSnapshot, {5, 50});
    }

    void add(const std::string& uid, const std::string& project, ClusterNumber number,
             ClusterType type = ClusterType::kHosted) {
        Cluster cluster;
        cluster.uid = cluster.name = uid;
        cluster.project = project;
        cluster.number = number;
        cluster.type = type;
        clusters_.put(uid, std::move(cluster));
    }
    std::shared_ptr<const ObjectQuota> of(std::optional<uint64_t> objects,
                                          std::optional<uint64_t> bytes) {
        access::Quota quota;
        quota.clusters = 1;
        quota.objects = objects;
        quota.bytes = bytes;
        projects_.put("team", access::Project{"team", "The team", quota, {}});
        return ObjectQuota::of("team", projects_, clusters_);
    }

    access::ProjectTable::Rows projects_;
    ClusterTable::Rows clusters_;
    Counts counts_;
};

TEST_F(ObjectQuotaTest, IsNoneWhereNeitherIsBounded) {
    EXPECT_EQ(of({}, {}), nullptr);
    EXPECT_EQ(ObjectQuota::of("gone", projects_, clusters_), nullptr);
}

TEST_F(ObjectQuotaTest, CountsWhatIsBoundedInAllClustersOfTheProject) {
    EXPECT_EQ(of(10, {})->used(counts_)->objects, 3U + 4U + 9U + 5U);
    EXPECT_EQ(of(10, {})->used(counts_)->bytes, 0U);
    EXPECT_EQ(of({}, 10)->used(counts_)->bytes, 300U + 4000U + 90'000U + 50U);
    EXPECT_EQ(of({}, 10)->used(counts_)->objects, 0U);
    counts_.remove(2);
    EXPECT_EQ(of(10, 10)->used(counts_)->bytes, 350U);
}

TEST_F(ObjectQuotaTest, NamespacesCountWhereTheyAreKept) {
    EXPECT_THAT(counted_objects("team", clusters_),
                testing::AllOf(
                    Contains(Pair(1, Kind::kNamespace)), Contains(Pair(2, Kind::kNamespace)),
                    Not(Contains(Pair(4, Kind::kNamespace))), Not(Contains(Pair(3, testing::_)))));
}

TEST_F(ObjectQuotaTest, GrowthIsCheckedAgainstWhatThereIs) {
    EXPECT_TRUE(of(22, {})->check_growth(counts_, {.objects = 1, .bytes = 1}));
    const auto refused = of(21, {})->check_growth(counts_, {.objects = 1, .bytes = 1});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("it has 21 objects, and 21 are allowed"));
    EXPECT_TRUE(of(21, {})->check_growth(counts_, {.objects = 0, .bytes = 1}));
}

TEST_F(ObjectQuotaTest, EachIsRefusedWithUsedAndAllowed) {
    const auto quota = of(10, 5000);
    EXPECT_TRUE(quota->check({9, 4999}, {.objects = 1, .bytes = 1}));
    const auto many = quota->check({10, 4000}, {.objects = 1, .bytes = 1});
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error().code, Code::kQuotaExceeded);
    EXPECT_THAT(many.error().message, HasSubstr("it has 10 objects, and 10 are allowed"));
    const auto large = quota->check({2, 4999}, {.objects = 1, .bytes = 2});
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, Code::kQuotaExceeded);
    EXPECT_THAT(large.error().message, HasSubstr("it has 4,999 bytes, and 5,000 are allowed"));
}

TEST_F(ObjectQuotaTest, WhatDoesNotGrowIsNeverRefused) {
    const auto quota = of(1, 1);
    const ObjectSum above{100, 100'000};
    EXPECT_TRUE(quota->check(above, {}));
    EXPECT_TRUE(quota->check(above, {.objects = -1, .bytes = -10}));
    EXPECT_TRUE(quota->check(above, {.objects = 0, .bytes = -10}));
    EXPECT_FALSE(quota->check(above, {.objects = 0, .bytes = 1}));
    EXPECT_FALSE(quota->check(above, {.objects = 1, .bytes = -10}));
    EXPECT_FALSE(of(1, {})->bounds({.objects = 0, .bytes = 10}));
    EXPECT_TRUE(of({}, 1)->bounds({.objects = 0, .bytes = 10}));
}

TEST_F(ObjectQuotaTest, AChangeGrowsByTheDifference) {
    model::PreparedObject object;
    object.text = std::string(40, 'x');
    const std::string stored_text(50, 'y');
    model::StoredObject stored;
    stored.text = stored_text;
    stored.version = "123";
    EXPECT_EQ(stored_size(object, &stored), 43U);
    EXPECT_EQ(stored_size(object, nullptr), 60U) << "the longest version";
    ObjectGrowth growth;
    growth.put(43, &stored);
    EXPECT_EQ(growth.bytes, -7);
    EXPECT_EQ(growth.objects, 0);
    growth.put(60, nullptr);
    EXPECT_EQ(growth.bytes, 53);
    EXPECT_EQ(growth.objects, 1);
}

}  // namespace
}  // namespace snapgate::cluster
