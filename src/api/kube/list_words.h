#pragma once

#include "base/error.h"
#include "query/listing.h"

namespace snapgate::api::kube {

// What tells clients, in an error, that they asked for a version that is not reached.
base::Cause version_too_large();

// What kube-apiserver says where a list cannot be given.
extern const query::ListWords kListWords;
// The same for a list of a fleet.
extern const query::ListWords kFleetListWords;
// The same for the state that a watch begins with, which is one of no client's choice.
extern const query::ListWords kFirstStateWords;

}  // namespace snapgate::api::kube
