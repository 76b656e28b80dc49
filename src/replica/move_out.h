#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/types.h"
#include "replica/options.h"
#include "store/store.h"

namespace snapgate::replica {

struct MovedOut {
    std::unique_ptr<store::Store> copy;  // of all that the truth holds
    model::Revision newest = 0;          // no resource version that replicas gave out is above it
    std::string token_key;               // with which the replicas signed tokens
};

// Ends the truth below the prefix, and makes a copy of it in Options::copy, whose directory must be
// empty. From then on no replica works with what is in etcd (kMovedOut): one that cannot be seen
// now, as it is cut off, finds another id there. Run again it makes the copy again.
//
// kConflict while replicas live, or if a move into etcd was cut off; kNotFound if there is no
// truth; kForbidden if it has another secret; else as etcd's errors. `moved` is told how many
// objects the copy has. Blocks.
base::Result<MovedOut> move_out(const Options& from,
                                const std::function<void(uint64_t objects)>& moved);

}  // namespace snapgate::replica
