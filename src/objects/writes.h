#pragma once

#include <string>

#include "base/result.h"
#include "net/awaitable.h"
#include "objects/place.h"
#include "objects/write_context.h"
#include "objects/written.h"
#include "rules/object_rules.h"

namespace snapgate::objects {

// Writes of single snapshots by whole objects, wherever their cluster keeps them: a hosted
// cluster's are written by the rules (hosted_writes.h), a connected cluster's by the cluster itself
// (connected_writes.h). What they are given is whole: each names its VM.

// Creates it; where a hosted cluster has no such namespace, that too.
net::Awaitable<base::Result<Written>> create(WriteContext context, Place place, rules::Body body,
                                             rules::Writer writer);
// kNotFound where there is no snapshot of that name, or it is another VM's.
net::Awaitable<base::Result<Written>> replace(WriteContext context, Place place, std::string vm,
                                              rules::Body body, rules::Writer writer);
// Likewise. Removes what it has looked at, and not what has taken its place meanwhile.
net::Awaitable<base::Result<void>> remove(WriteContext context, Place place, std::string vm);

}  // namespace snapgate::objects
