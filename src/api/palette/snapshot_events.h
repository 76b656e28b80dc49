#pragma once

#include <memory>
#include <string_view>

#include "api/call.h"
#include "api/fleet.h"
#include "base/result.h"
#include "query/fleet_request.h"

namespace snapgate::api::palette {

// Their label in metrics and log, apart from that of lists, which take no hours.
inline constexpr std::string_view kEventsLabel = "/v1/spectroclusters/{}/vms/snapshot?events";

// Answers a list with server-sent events (the HTML standard, 9.2): the snapshots that it selects,
// and from then on each change of them, until the client goes. Errors before the first event:
// kInvalidParameter; kExpired for a Last-Event-ID that is too old.
net::Awaitable<base::Result<void>> stream_snapshot_events(Call& call,
                                                          std::shared_ptr<const VisibleFleet> fleet,
                                                          query::FleetRequest request);

}  // namespace snapgate::api::palette
