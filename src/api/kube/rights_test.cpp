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
        return judge(role, false, asked).allowed;
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
    EXPECT_EQ(judge(Role::kReader, false, right(model::kSnapshotPlural, "delete")).reason,
              "the key has the role reader: editors may write");
    const auto restore = judge(Role::kAdmin, false, right(model::kRestorePlural, "delete"));
    EXPECT_EQ(restore.reason.substr(0, 28), "restores are only read here:");
    EXPECT_EQ(judge(Role::kAdmin, false, right(model::kRestorePlural, "bind")).reason,
              "snapgate does not serve this");
}

TEST(Rights, OnAConnectedClusterNamespacesAreOnlyRead) {
    EXPECT_TRUE(judge(Role::kEditor, true, right("namespaces", "list")).allowed);
    for (std::string_view verb : {"watch", "create", "delete"}) {
        EXPECT_TRUE(judge(Role::kEditor, false, right("namespaces", verb)).allowed) << verb;
        EXPECT_FALSE(judge(Role::kEditor, true, right("namespaces", verb)).allowed) << verb;
    }
    EXPECT_TRUE(is_sent_on(right("namespaces", "get")));
    EXPECT_TRUE(is_sent_on(right(model::kSnapshotPlural, "delete")));
    EXPECT_FALSE(is_sent_on(right(model::kSnapshotPlural, "get")));
}

}  // namespace
}  // namespace snapgate::api::kube
