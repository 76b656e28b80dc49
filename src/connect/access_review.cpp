#include "connect/access_review.h"

#include <utility>

namespace snapgate::connect {

std::string access_review(json::Object attributes) {
    return json::serialize(
        json::Object{{"apiVersion", "authorization.k8s.io/v1"},
                     {"kind", "SelfSubjectAccessReview"},
                     {"spec", json::Object{{"resourceAttributes", std::move(attributes)}}}});
}

}  // namespace snapgate::connect
