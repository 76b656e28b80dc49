#include "cluster/metric_owners.h"

#include <gmock/gmock.h>

namespace snapgate::cluster {
namespace {

class MetricOwnersTest : public testing::Test {
  protected:
    MetricOwnersTest() {
        projects_.put("p1", {.uid = "p1", .name = "Default"});
        projects_.put("p2", {.uid = "p2", .name = "quo\"ted"});
        add("a", "edge", "p1");
        add("b", "core", "p1");
        add("c", "edge", "p2");
    }

    void add(const std::string& uid, const std::string& name, const std::string& project) {
        Cluster cluster;
        cluster.uid = uid;
        cluster.name = name;
        cluster.project = project;
        clusters_.put(uid, cluster);
    }

    std::string labels_of(const MetricOwners& owners, const std::string& uid) const {
        return std::string(owners.owners().at(owners.of(uid).value()).labels.text());
    }

    ClusterTable::Rows clusters_;
    access::ProjectTable::Rows projects_;
};

TEST_F(MetricOwnersTest, AreClustersUpToTheBound) {
    const MetricOwners owners(clusters_, projects_, 3);
    EXPECT_TRUE(owners.by_cluster());
    EXPECT_EQ(owners.owners().size(), 3U);
    EXPECT_EQ(owners.projects().size(), 2U);
    EXPECT_EQ(labels_of(owners, "a"),
              R"(project="p1",project_name="Default",cluster="a",cluster_name="edge")");
    EXPECT_EQ(labels_of(owners, "c"),
              R"(project="p2",project_name="quo\"ted",cluster="c",cluster_name="edge")");
    EXPECT_EQ(owners.of("d"), std::nullopt);
}

TEST_F(MetricOwnersTest, AreProjectsBeyondIt) {
    const MetricOwners owners(clusters_, projects_, 2);
    EXPECT_FALSE(owners.by_cluster());
    EXPECT_EQ(owners.owners().size(), 2U);
    EXPECT_EQ(owners.of("a"), owners.of("b"));
    EXPECT_NE(owners.of("a"), owners.of("c"));
    EXPECT_EQ(labels_of(owners, "b"), R"(project="p1",project_name="Default")");
    EXPECT_EQ(owners.owners().at(owners.of("a").value()).clusters.size(), 2U);
    EXPECT_EQ(owners.owners().at(owners.of("c").value()).project, owners.of("c").value());
}

}  // namespace
}  // namespace snapgate::cluster
