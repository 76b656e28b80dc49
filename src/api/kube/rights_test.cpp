#include "api/kube/rights.h"

#include <gtest/gtest.h>

#include <string_view>

#include "model/api_names.h"

namespace snapgate::api::kube {
namespace {

using access::Role;

AskedRight right(std::string_view resource, std::string_view verb,
                 std::string_view subresource = {}) {
    return {resource == "namespaces" || resource == "events" ? "" : model::kSnapshotGroup, resource,
            subresource, verb};
}

TEST(Rights, AreThoseOfTheRole) {
    const auto may = [](Role role, const AskedRight& asked) {
        return judge(role, ApiOf::kHostedCluster, asked).allowed;
    };
    for (std::string_view resource : {model::kSnapshotPlural, std::string_view("namespaces")}) {
        EXPECT_TRUE(may(Role::kReader, right(resource, "watch"))) << resource;
        EXPECT_FALSE(may(Role::kReader, right(resource, "delete"))) << resource;
        EXPECT_TRUE(may(Role::kEditor, right(resource, "delete"))) << resource;
    }
    EXPECT_TRUE(may(Role::kEditor, right(model::kSnapshotPlural, "patch", "status")));
    EXPECT_FALSE(may(Role::kEditor, right(model::kSnapshotPlural, "delete", "status")));
    EXPECT_FALSE(may(Role::kEditor, right(model::kSnapshotPlural, "get", "scale")));
    EXPECT_FALSE(may(Role::kAdmin, right("namespaces", "patch")));
    EXPECT_FALSE(may(Role::kAdmin, {"apps", "deployments", {}, "get"}));
    EXPECT_TRUE(
        may(Role::kReader, {"authorization.k8s.io", "selfsubjectrulesreviews", {}, "create"}));
}

TEST(Rights, SayWhyNot) {
    EXPECT_EQ(
        judge(Role::kReader, ApiOf::kHostedCluster, right(model::kSnapshotPlural, "delete")).reason,
        "the key has the role reader: editors may write");
    const auto restore =
        judge(Role::kAdmin, ApiOf::kHostedCluster, right(model::kRestorePlural, "delete"));
    EXPECT_EQ(restore.reason.substr(0, 28), "restores are only read here:");
    EXPECT_EQ(
        judge(Role::kAdmin, ApiOf::kHostedCluster, right(model::kRestorePlural, "bind")).reason,
        "snapgate does not serve this");
}

TEST(Rights, OnAConnectedClusterNamespacesAreOnlyRead) {
    EXPECT_TRUE(
        judge(Role::kEditor, ApiOf::kConnectedCluster, right("namespaces", "list")).allowed);
    for (std::string_view verb : {"watch", "create", "delete"}) {
        EXPECT_TRUE(judge(Role::kEditor, ApiOf::kHostedCluster, right("namespaces", verb)).allowed)
            << verb;
        EXPECT_FALSE(
            judge(Role::kEditor, ApiOf::kConnectedCluster, right("namespaces", verb)).allowed)
            << verb;
    }
    EXPECT_TRUE(is_sent_on(right("namespaces", "get")));
    EXPECT_TRUE(is_sent_on(right(model::kSnapshotPlural, "delete")));
    EXPECT_FALSE(is_sent_on(right(model::kSnapshotPlural, "get")));
}

TEST(Rights, AFleetIsOnlyListed) {
    const auto of_fleet = [](const AskedRight& asked) {
        return judge(Role::kAdmin, ApiOf::kFleet, asked);
    };
    for (std::string_view resource : {model::kSnapshotPlural, model::kRestorePlural}) {
        EXPECT_TRUE(of_fleet(right(resource, "list")).allowed);
        for (const AskedRight& asked :
             {right(resource, "get"), right(resource, "watch"), right(resource, "delete"),
              right(resource, "get", "status")}) {
            EXPECT_FALSE(of_fleet(asked).allowed) << resource << asked.verb;
            EXPECT_TRUE(of_fleet(asked).reason.ends_with("/clusters/{uid}")) << asked.verb;
        }
    }
    EXPECT_FALSE(of_fleet(right("namespaces", "list")).allowed);
    EXPECT_FALSE(of_fleet(right("events", "list")).allowed);
    EXPECT_TRUE(of_fleet({"authentication.k8s.io", "selfsubjectreviews", {}, "create"}).allowed);
    EXPECT_EQ(resource_rules(Role::kAdmin, ApiOf::kFleet).size(), 5U);
}

}  // namespace
}  // namespace snapgate::api::kube
