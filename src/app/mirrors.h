#pragma once

#include <memory>

#include "app/data_directory.h"
#include "base/result.h"
#include "connect/connection_sources.h"
#include "mirror/mirrors.h"

namespace snapgate::app {

// The mirrors of a data directory's connected clusters, bound to its store, which also keeps their
// status. `data` outlives them. No cluster is followed yet.
// `most_bytes`: of the objects of one kind in a cluster.
std::unique_ptr<mirror::Mirrors> make_mirrors(DataDirectory& data, size_t most_bytes);

// Begins to follow every connected cluster.
void follow_clusters(const DataDirectory& data, const connect::ConnectionSources& sources,
                     mirror::Mirrors& mirrors);

}  // namespace snapgate::app
