#pragma once

#include <memory>

#include "api/call.h"
#include "api/fleet.h"
#include "base/result.h"
#include "query/fleet_request.h"

namespace snapgate::api::palette {

// Answers a list that goes over a fleet, or that filters by facts, sorts, or wants another
// representation than a page.
net::Awaitable<base::Result<void>> list_fleet_snapshots(Call& call);

// Whether such a list is asked for: by the path, a parameter, or the Accept header.
bool wants_fleet_list(const Call& call);

}  // namespace snapgate::api::palette
