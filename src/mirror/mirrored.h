#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"
#include "model/types.h"
#include "net/awaitable.h"
#include "store/store.h"

namespace snapgate::mirror {

// The objects of one mirror, as the store knows them: what its sink, and what gives it its names,
// do alike.
struct Mirrored {
    model::ClusterNumber cluster = 0;
    model::Kind kind = model::Kind::kSnapshot;
};

// The rows that are read in one view of the store.
inline constexpr size_t kStepRows = 2'000;

// kNotFound.
base::Error cluster_removed(model::ClusterNumber cluster);
// Within a write: cluster_removed() if it is not there.
base::Result<void> require_cluster(store::WriteTxn& txn, model::ClusterNumber cluster);

using Visit = std::function<base::Result<void>(const store::Found&)>;
// Shows all objects of a state, whose history is held, in steps between which others go on.
// kExpired once the state cannot be read. The store outlives it.
net::Awaitable<base::Result<void>> visit(const store::Store& store, Mirrored mirrored,
                                         store::Revision revision, Visit show);

}  // namespace snapgate::mirror
