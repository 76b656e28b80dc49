#pragma once

#include <string>

#include "api/services.h"
#include "net/http/http.h"

namespace snapgate::api {

// Appends what the metrics say of the snapshots of all clusters, in Prometheus' text format: VMs by
// verdict, snapshots by state, stuck ones, and by project the age of the oldest newest good
// snapshot of a VM. By cluster up to services.fleet_metrics.most_clusters clusters, beyond that by
// project alone. It walks over all snapshots in steps, so other requests go on meanwhile; the text
// is made on another thread of the stream's.
// What cannot be counted, as a part of the store is damaged, is left out as a whole, and said.
net::Awaitable<void> append_fleet_metrics(const Services& services, net::ResponseStream& stream,
                                          std::string& out);

}  // namespace snapgate::api
