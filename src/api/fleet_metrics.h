#pragma once

#include <string>

#include "api/services.h"
#include "net/http/http.h"

namespace snapgate::api {

// Appends what the metrics say of the snapshots of all clusters, in Prometheus' text format: VMs by
// verdict; snapshots by state; snapshots that are stuck; and for each project the age of the newest
// good snapshot of the VM that has had none for the longest. Values are by cluster, or, with more
// clusters than services.fleet_metrics.most_clusters, by project. The walk over all snapshots is
// made in steps, with other requests between them, and the text on another thread of the stream's.
// If a part of the store is damaged, all of it is left out, and snapgate_fleet_counted is 0.
net::Awaitable<void> append_fleet_metrics(const Services& services, net::ResponseStream& stream,
                                          std::string& out);

}  // namespace snapgate::api
