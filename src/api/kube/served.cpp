#include "api/kube/served.h"

#include "api/kube/kind_names.h"
#include "model/api_names.h"

namespace snapgate::api::kube {

const std::vector<ServedResource>& served_resources() {
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
    static const std::vector<ServedResource> all{
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
    return all;
}

}  // namespace snapgate::api::kube
