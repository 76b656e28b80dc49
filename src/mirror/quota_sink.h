#pragma once

#include <memory>

#include "cluster/object_quota.h"
#include "mirror/object_sink.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::mirror {

// A sink that takes in no more than the quota of the cluster's project allows: what goes beyond it
// is kQuotaExceeded, and the mirror stays as it is. What makes it no larger than it is always goes
// in. `inner` is the sink of `cluster` and `kind` in the store, which outlives it. Looks before it
// writes, so that several mirrors of a project which grow at the same moment may together go beyond
// the quota by what they take in at once.
std::unique_ptr<ObjectSink> with_quota(std::unique_ptr<ObjectSink> inner, store::Store& store,
                                       model::ClusterNumber cluster, model::Kind kind,
                                       cluster::FindQuota find);

}  // namespace snapgate::mirror
