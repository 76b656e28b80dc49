#pragma once

#include <string_view>

#include "access/principal.h"
#include "api/kube/served.h"
#include "json/cluster_answers.h"
#include "json/value.h"

namespace snapgate::api::kube {

// What a key may do with the resources of a cluster, or of a fleet, as access reviews tell it. Pure
// functions.

// What an access review asks for; views into the review.
struct AskedRight {
    std::string_view group;
    std::string_view resource;
    std::string_view subresource;
    std::string_view verb;
};

// Whether a key of this role may do that, and why not.
json::AccessVerdict judge(access::Role role, ApiOf api, const AskedRight& asked);
// The same for a path that names no resource, such as /version.
json::AccessVerdict judge_path(std::string_view verb);

// Whether the request is sent on to a connected cluster, which then has the last word on it: its
// account may be allowed less than the key. What is read comes from the mirror.
bool is_sent_on(const AskedRight& asked);

// All that a key of this role may do, as the rules of a SelfSubjectRulesReview: ResourceRules, and
// NonResourceRules for the paths that name none.
json::Array resource_rules(access::Role role, ApiOf api);
json::Array path_rules();

}  // namespace snapgate::api::kube
