#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/side.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "mirror/mirror_status.h"
#include "net/http/http.h"

namespace snapgate::api {

struct Call;

// The smallest max-age, in seconds, that the Cache-Control of a request names (RFC 9111, 5.2.1);
// no-cache is a max-age of 0; nullopt if there is neither. What is no number is passed over.
std::optional<int64_t> wanted_max_age(const net::Request& request);

// What an answer from a mirror says of its age.
struct Freshness {
    bool stale = false;       // the mirror is not ready: it may not be what the cluster has
    int64_t age_seconds = 0;  // since the cluster was last heard of
    std::string text;         // of a Warning 299: the cluster's state, and how old this is
};

// What an error keeps of what is known of a connected cluster when it takes an answer's place.
struct ClusterWords {
    std::optional<Freshness> freshness;           // of its mirror, which was to answer
    std::optional<unsigned> retry_after_seconds;  // when the cluster wants to be asked again
};

// Whether a mirror may answer a request. kClusterUnavailable if there is nothing yet to answer
// with, kClusterTimeout if it is not ready and older than `max_age`; the messages say what is the
// matter.
base::Result<Freshness> judge_freshness(const mirror::MirrorStatus& status,
                                        std::string_view cluster_name,
                                        std::optional<int64_t> max_age, int64_t now_ms);

// Age, in seconds, where it is not 0; where the mirror is not ready also Warning: 110 on the
// Palette side (RFC 7234, 5.5.1), 299 on the Kubernetes side, as its clients show no other.
void add_headers(const Freshness& freshness, Side side, net::Response& response);

// For what is read of a cluster: nothing for a hosted one. Of a connected one, leaves in the call
// how fresh its mirror is, and says so in the answer's headers. If the request wants it younger
// than a ready mirror is, the cluster is asked first. Errors as above, and kClusterTimeout if it
// does not answer then.
net::Awaitable<base::Result<void>> vouch_for_mirror(Call& call, const cluster::Cluster& cluster);

}  // namespace snapgate::api
