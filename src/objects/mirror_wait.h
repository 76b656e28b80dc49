#pragma once

#include <string>
#include <vector>

#include "json/cluster_answers.h"
#include "net/awaitable.h"
#include "objects/place.h"
#include "objects/write_context.h"

namespace snapgate::objects {

// Waits until the mirror of a connected cluster shows what was written in the cluster, so that
// whoever wrote reads what they wrote. Gives up after a few seconds; the write has succeeded either
// way.

// Until it shows the object at that version, or (of "") shows it no more; a `uid` of "" is any.
net::Awaitable<void> wait_for_mirror(WriteContext context, Place place, std::string version,
                                     std::string uid);
// The same where the answer to a write does not say what to wait for: asks the cluster about the
// object.
net::Awaitable<void> wait_until_current(WriteContext context, Place place);
// Until it shows none of these any more, or only as ones that are being deleted.
net::Awaitable<void> wait_for_removal(WriteContext context, Place place,
                                      std::vector<json::ObjectHead> removed);
// Where the answer to a write does not say what it wrote: until it shows the version that the
// cluster has now.
net::Awaitable<void> wait_for_newest(WriteContext context, Place place);

}  // namespace snapgate::objects
