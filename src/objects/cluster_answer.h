#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cluster/registry.h"
#include "json/api_version.h"
#include "json/value.h"
#include "mirror/mirrors.h"
#include "model/types.h"
#include "net/client/client.h"

namespace snapgate::objects {

// What the answers of connected clusters mean for whoever asked through this server, on both sides
// of the API. None of what a cluster says but a Status' own message is ever shown.

// The error for an answer that is no 2xx. It carries the answer's Retry-After.
base::Error cluster_refused(const cluster::Cluster& cluster, const net::ClientResponse& answer);

// The error for a write that succeeded in the cluster but whose answer was lost
// (ClusterAnswer::lost). It says so, because a caller who takes it for a failure may write again.
// kBadPeer.
base::Error answer_lost(const cluster::Cluster& cluster, const mirror::ClusterAnswer& answer);
// The answer to a deletion that succeeded in the cluster but whose answer was lost: a Status of
// success, as Kubernetes answers a deletion.
json::Object deletion_done(const cluster::Cluster& cluster, const mirror::ClusterAnswer& answer,
                           json::Object details);

// The message, for people, about an answer that is not a Kubernetes object. `kind` is what was
// asked for: a server without that kind answers a bare 404.
std::string bare_answer_message(const cluster::Cluster& cluster, unsigned status, model::Kind kind);

// The Retry-After of an answer in seconds, from 1 to 3,600; nullopt if it has none.
std::optional<unsigned> retry_after_seconds(const net::ClientResponse& answer);

// How to rewrite the apiVersion of an object from one version of snapshot.kubevirt.io to another.
json::ApiVersionChange between_versions(std::string_view from, std::string_view to);

}  // namespace snapgate::objects
