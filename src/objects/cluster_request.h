#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "mirror/mirrors.h"
#include "net/client/client.h"
#include "objects/place.h"

namespace snapgate::objects {

// What is asked of a connected cluster about its snapshots.

// The version of snapshot.kubevirt.io that the cluster serves: v1beta1 where that is not known.
std::string served_version(const mirror::Mirrors& mirrors, const cluster::Cluster& cluster);

// How long a cluster may take for its answer.
inline constexpr std::chrono::milliseconds kRequestTimeout{30'000};

// A request about the snapshot at `place`, or of no name about all of its namespace, that takes
// JSON for an answer. `query`: as it stands in the URL, with its '?'.
net::ClientRequest request_about(const mirror::Mirrors& mirrors, const Place& place,
                                 std::string_view method, std::string_view query = {});

}  // namespace snapgate::objects
