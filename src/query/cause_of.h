#pragma once

#include <string>

#include "base/result.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::query {

// A snapshot's own cause as it was at a revision, which the index of facts does not have; "" if it
// has none, or if its cluster was deleted meanwhile. kCorrupt if it cannot be read.
base::Result<std::string> cause_of(const store::ReadView& view, model::ClusterNumber cluster,
                                   const model::ObjectKey& snapshot, model::Revision at);

}  // namespace snapgate::query
