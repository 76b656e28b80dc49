#pragma once

#include "query/listing.h"

namespace snapgate::api::kube {

// What kube-apiserver says where a list cannot be given.
extern const query::ListWords kListWords;
// The same for a list of a fleet.
extern const query::ListWords kFleetListWords;
// The same for the state that a watch begins with, which is one of no client's choice.
extern const query::ListWords kFirstStateWords;

}  // namespace snapgate::api::kube
