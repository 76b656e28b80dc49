#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cluster/registry.h"
#include "mirror/mirror_status.h"
#include "mirror/mirrors.h"
#include "net/awaitable.h"
#include "store/store.h"

namespace snapgate::objects {

// The largest max-age, and the largest age that is told, in seconds; larger values are cut to it
// (RFC 9111, 1.2.2).
inline constexpr int64_t kMostAgeSeconds = int64_t{1} << 31;

// How fresh the mirror of a connected cluster is that an answer comes from.
struct Freshness {
    bool stale = false;       // the mirror is not ready: it may not be what the cluster has
    int64_t age_seconds = 0;  // since the cluster was last heard of
    // Of a stale one, for people: the cluster's state, and how old this is. Printable ASCII without
    // quotes and backslashes.
    std::string text;
};

// The status of a mirror; of one that nobody follows (yet), the last one that was stored. kNotFound
// if the store has no mirror of that number. Any thread.
base::Result<mirror::MirrorStatus> last_status(const store::Store& store,
                                               const mirror::Mirrors& mirrors,
                                               model::ClusterNumber number,
                                               std::string_view cluster_uid);

// Whether a mirror may answer a request. kClusterUnavailable if there is nothing yet to answer
// with, kClusterTimeout if it is not ready and older than `max_age` seconds; the messages say what
// is the matter.
base::Result<Freshness> judge_freshness(const mirror::MirrorStatus& status,
                                        std::string_view cluster_name,
                                        std::optional<int64_t> max_age, int64_t now_ms);

// How fresh the mirror of the objects of one kind of `cluster` is, as far as this server knows;
// nullopt for a hosted cluster. Errors as above. Any thread.
base::Result<std::optional<Freshness>> look_at_freshness(const store::Store& store,
                                                         const mirror::Mirrors& mirrors,
                                                         const cluster::Cluster& cluster,
                                                         model::Kind kind);

// The same, before anything is read of it. A ready mirror that is older than `max_age` seconds is
// confirmed first: the cluster is asked. Errors as above, and kClusterTimeout if it does not answer
// then.
net::Awaitable<base::Result<std::optional<Freshness>>> read_freshness(
    const store::Store& store, mirror::Mirrors& mirrors, const cluster::Cluster& cluster,
    model::Kind kind, std::optional<int64_t> max_age);

}  // namespace snapgate::objects
