#pragma once

#include <string>

#include "base/result.h"
#include "net/awaitable.h"
#include "objects/place.h"
#include "objects/write_context.h"
#include "objects/written.h"
#include "rules/object_rules.h"

namespace snapgate::objects {

// Create, replace and remove one snapshot of a cluster of either type. A hosted cluster's snapshot
// is written to the store by the rules (hosted_writes.h); for a connected cluster, the cluster
// itself is asked (connected_writes.h). A body is a whole object, which names its VM.

// Creates the snapshot, and in a hosted cluster also its namespace if that does not exist.
net::Awaitable<base::Result<Written>> create(WriteContext context, Place place, rules::Body body,
                                             rules::Writer writer);
// Replaces the snapshot. kNotFound if there is none of that name, or if it is another VM's.
net::Awaitable<base::Result<Written>> replace(WriteContext context, Place place, std::string vm,
                                              rules::Body body, rules::Writer writer);
// Removes the snapshot, with the same errors. A snapshot that took its name meanwhile is left
// alone.
net::Awaitable<base::Result<void>> remove(WriteContext context, Place place, std::string vm);

}  // namespace snapgate::objects
