#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace snapgate::connect {

// How a cluster is asked what the account that this server has there may do:
// authorization.k8s.io/v1, SelfSubjectAccessReview. json::read_access_verdict() reads the answer.
inline constexpr std::string_view kAccessReviewPath =
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

// The body of the question. `attributes`: of the review's resourceAttributes.
std::string access_review(json::Object attributes);

}  // namespace snapgate::connect
