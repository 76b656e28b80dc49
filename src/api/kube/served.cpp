#include "api/kube/served.h"

#include "api/kube/kind_names.h"
#include "model/api_names.h"

namespace snapgate::api::kube {
namespace {

std::vector<ServedResource> resources_of_cluster() {
    using Access = ServedResource::Access;
    const auto review = [](std::string_view group, std::string_view plural,
                           std::string_view singular, std::string_view kind) {
        ServedResource one;
        one.group = group;
        one.versions = {"v1"};
        one.plural = plural;
        one.singular = singular;
        one.kind = kind;
        one.namespaced = false;
        one.verbs = {"create"};
        one.access = Access::kEveryone;
        one.stored = false;
        return one;
    };
    return {
        review("authentication.k8s.io", "selfsubjectreviews", "selfsubjectreview",
               "SelfSubjectReview"),
        review("authorization.k8s.io", "selfsubjectaccessreviews", "selfsubjectaccessreview",
               "SelfSubjectAccessReview"),
        review("authorization.k8s.io", "selfsubjectrulesreviews", "selfsubjectrulesreview",
               "SelfSubjectRulesReview"),
        {kSnapshotNames.group,
         {model::kStoredVersion, model::kOldVersion},
         kSnapshotNames.plural,
         kSnapshotNames.singular,
         kSnapshotNames.kind,
         true,
         {"delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"},
         {"vmsnapshot", "vmsnapshots"},
         {"all"},
         {{"status", {"get", "patch", "update"}}}},
        {kRestoreNames.group,
         {model::kStoredVersion, model::kOldVersion},
         kRestoreNames.plural,
         kRestoreNames.singular,
         kRestoreNames.kind,
         true,
         {"get", "list", "watch"},
         {"vmrestore", "vmrestores"},
         {"all"},
         {{"status", {"get"}}}},
        {"",
         {"v1"},
         "events",
         "event",
         "Event",
         true,
         {"list"},
         {"ev"},
         {},
         {},
         Access::kByRole,
         false},
        {kNamespaceNames.group,
         {kNamespaceNames.version},
         kNamespaceNames.plural,
         kNamespaceNames.singular,
         kNamespaceNames.kind,
         false,
         {"create", "delete", "get", "list", "watch"},
         {"ns"},
         {},
         {}},
    };
}

// Snapshots and restores are listed. The groups stay as they are, also the core group, which is
// empty then: clients expect /api/v1 of every server.
std::vector<ServedResource> resources_of_fleet() {
    std::vector<ServedResource> all = resources_of_cluster();
    for (ServedResource& one : all) {
        if (one.group == model::kSnapshotGroup) {
            one.verbs = {"list"};
            one.subresources.clear();
        } else if (one.group.empty()) {
            one.verbs.clear();
        }
    }
    return all;
}

}  // namespace

const std::vector<ServedResource>& served_resources(ApiOf api) {
    static const std::vector<ServedResource> of_cluster = resources_of_cluster();
    static const std::vector<ServedResource> of_fleet = resources_of_fleet();
    return api == ApiOf::kFleet ? of_fleet : of_cluster;
}

}  // namespace snapgate::api::kube
