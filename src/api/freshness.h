#pragma once

#include <cstdint>
#include <optional>

#include "api/side.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "net/http/http.h"
#include "objects/freshness.h"

namespace snapgate::api {

struct Call;

// The smallest max-age, in seconds, that the Cache-Control of a request names (RFC 9111, 5.2.1);
// no-cache is a max-age of 0; nullopt if there is neither. What is no number is passed over.
std::optional<int64_t> wanted_max_age(const net::Request& request);

// Age, in seconds, where it is not 0; where the mirror is not ready also Warning: 110 on the
// Palette side (RFC 7234, 5.5.1), 299 on the Kubernetes side, as its clients show no other.
void add_headers(const objects::Freshness& freshness, Side side, net::Response& response);

// For what is read of a cluster's objects of one kind, before anything is: leaves in the call how
// fresh their mirror is if the cluster is a connected one, and says so in the answer's headers.
// Errors as objects::read_freshness() has them.
net::Awaitable<base::Result<void>> check_freshness(Call& call, const cluster::Cluster& cluster,
                                                   model::Kind kind = model::Kind::kSnapshot);

}  // namespace snapgate::api
