#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cluster/reflected_kind.h"
#include "cluster/registry.h"
#include "connect/connection_source.h"
#include "mirror/cluster_call.h"
#include "mirror/collector.h"
#include "mirror/mirror_status.h"
#include "mirror/object_sink.h"
#include "model/types.h"
#include "net/client/client.h"
#include "net/client/request_places.h"
#include "net/http/http.h"

namespace snapgate::mirror {

struct MirrorsOptions {
    std::string server_id;  // of this server, for passed_servers.h
    const base::Clock* clock = &base::system_clock();
    // After which what ended by a bug is begun again.
    std::chrono::milliseconds restart{30'000};
    MostListed most_listed;  // of one kind of a cluster's objects
    // Makes the sink of a mirror; called once for each, on any thread.
    std::function<std::unique_ptr<ObjectSink>(model::ClusterNumber, const cluster::ReflectedKind&)>
        make_sink;
    // When the mirror was last confirmed and published, as far as that was kept: survives a
    // restart.
    std::function<MirrorStatus(model::ClusterNumber)> last_known;
    // Writes down how all mirrors that were ever whole stand: once a minute and at the end, all at
    // once, since each commit waits for the disk. Called on any thread, one call at a time.
    std::function<void(const std::vector<std::pair<model::ClusterNumber, MirrorStatus>>&)> keep;
};

// Keeps mirrors of every connected cluster, one for each kind of objects: a reflector for each, all
// on one thread of its own. One that fails harms no other. Any thread may call; what is awaited
// goes on on the caller's executor.
class Mirrors {
  public:
    explicit Mirrors(MirrorsOptions options);
    ~Mirrors();  // as stop()
    Mirrors(const Mirrors&) = delete;
    Mirrors& operator=(const Mirrors&) = delete;

    // Begins to follow all kinds of objects of a cluster, or, if they are followed, uses the new
    // source from now on (at once where the cluster was not ready).
    void follow(const cluster::Cluster& cluster,
                const std::shared_ptr<connect::ConnectionSource>& source);
    // The same for the objects of one kind. `cluster` is the mirror's number (Cluster::number_of())
    // here and below; `kind` outlives this.
    void follow(model::ClusterNumber cluster, std::string name, const cluster::ReflectedKind& kind,
                std::shared_ptr<connect::ConnectionSource> source);
    // Ends it, soon.
    void forget(model::ClusterNumber cluster);
    // Ends all, and waits.
    void stop();
    // Has the loop that follows the clusters run `task` once. Before stop().
    void post(const std::function<void()>& task);

    // nullopt for a cluster that is not followed (a hosted one).
    std::optional<MirrorStatus> status(model::ClusterNumber cluster) const;
    std::vector<std::pair<model::ClusterNumber, MirrorStatus>> statuses() const;

    // The source of the connection with which it is followed; null for a cluster that is not. All
    // kinds of a cluster share it.
    std::shared_ptr<connect::ConnectionSource> source(model::ClusterNumber cluster) const;

    // How often the state of any of them has changed: it changes before that can be seen.
    uint64_t turns() const;

    // The id of this server among those that a request has passed.
    const std::string& server_id() const;

    // Asks the cluster itself, with our credentials there: `request.target` is the path and query
    // as Kubernetes has it, below the cluster's prefix. Every answer is a ClusterAnswer, whatever
    // its status; one that is not whole is an error, unless `lost` tells of it. `passed`: the
    // servers that the request came by, as connect::read_passed_servers() has them.
    // kClusterUnavailable, kClusterTimeout, kBadPeer (message for people). So many are under way at
    // a time as places() has; the others wait for ten seconds.
    net::Awaitable<base::Result<ClusterAnswer>> send(model::ClusterNumber cluster,
                                                     net::ClientRequest request, std::string passed,
                                                     std::chrono::milliseconds timeout);

    // For all requests to clusters that callers cause: one server for each cluster, one group for
    // each project.
    net::RequestPlaces& places() const;

    // Waits until the mirror has taken in an object's `version` (for a deletion: its last one), or
    // something newer. False if that did not happen in time.
    net::Awaitable<bool> wait_for(model::ClusterNumber cluster, std::string version,
                                  std::chrono::milliseconds timeout);

    // Asks the cluster at once whether the mirror is still what it has: one small question for all
    // who wait. Nothing: it is, as of now; kClusterUnavailable where it is not, or the cluster did
    // not answer, within five seconds.
    net::Awaitable<base::Result<void>> confirm(model::ClusterNumber cluster);

    // As ObjectSink::take_name(), of the mirror with that number.
    void take_name(model::ClusterNumber cluster);

    // Looks at once for all kinds of a cluster, where it waits for its next attempt.
    void retry_now(const cluster::Cluster& cluster);

  private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace snapgate::mirror
