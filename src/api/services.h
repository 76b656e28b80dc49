#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access/declared_projects.h"
#include "access/keys.h"
#include "access/projects.h"
#include "api/key_shares.h"
#include "api/replica_info.h"
#include "base/result.h"
#include "cluster/object_quota.h"
#include "cluster/registry.h"
#include "connect/connection_sources.h"
#include "connect/credentials.h"
#include "facts/facts.h"
#include "identity/issuers.h"
#include "identity/sessions.h"
#include "identity/shared_sessions.h"
#include "mirror/mirrors.h"
#include "net/http/http.h"
#include "objects/namespace_sweeper.h"
#include "query/fleet_index.h"
#include "query/listing.h"
#include "store/store.h"

namespace snapgate::audit {
class Trail;
struct Object;
enum class Change;
}  // namespace snapgate::audit

namespace snapgate::api {

struct Call;

namespace kube {
class WatchHub;
}

namespace palette {
class SnapshotFeeds;
}
// Makes the event streams' feeds, with the usual rhythm.
std::shared_ptr<palette::SnapshotFeeds> make_snapshot_feeds();

class ReplicaPeers;

class FleetCache;
std::shared_ptr<FleetCache> make_fleet_cache(std::shared_ptr<query::FleetIndex> facts);

// How the metrics tell of the snapshots of all clusters.
struct FleetMetricsOptions {
    facts::Seconds max_age = 24 * 3600;  // how old a good snapshot of a VM may be
    size_t most_clusters = 500;          // with more, they tell of projects alone
};

// What the routes work on; all of it outlives them and may be used from any thread.
struct Services {
    store::Store& store;
    const query::TokenSigner& signer;
    access::KeyRing& keys;
    access::ProjectTable& projects;
    cluster::ClusterTable& clusters;
    kube::WatchHub& watches;
    objects::NamespaceSweeper& namespaces;
    const connect::CredentialSealer& sealer;
    mirror::Mirrors& mirrors;
    const connect::ConnectionSources& sources;
    // Appends the text of /metrics; not on a thread that serves others.
    std::function<void(std::string& out)> append_metrics;
    std::function<base::Result<std::unique_ptr<store::Backup>>()> back_up;  // of the whole server
    std::function<void()> note_backup;  // one was given to who asked for it, whole
    std::shared_ptr<query::FleetIndex> facts = std::make_shared<query::FleetIndex>();
    std::shared_ptr<FleetCache> fleets = make_fleet_cache(facts);
    std::shared_ptr<palette::SnapshotFeeds> streams = make_snapshot_feeds();

    // As they are now.
    std::function<FleetMetricsOptions()> fleet_metrics = [] { return FleetMetricsOptions(); };
    // The console's sessions; null if the console is off.
    identity::Sessions* sessions = nullptr;
    // In place of these where servers share a truth, if the console is on.
    identity::SharedSessions* shared_sessions = nullptr;
    // The issuers whose tokens are taken beside keys; null: no tokens are.
    identity::Issuers* issuers = nullptr;
    // What the server's configuration file says of projects.
    std::shared_ptr<access::DeclaredProjects> declared_projects =
        std::make_shared<access::DeclaredProjects>();
    // What each key has under way.
    std::shared_ptr<KeyShares> shares = std::make_shared<KeyShares>(KeyLimits{});
    audit::Trail* audit = nullptr;         // null: none is kept
    ListReplicas list_replicas = nullptr;  // null: the truth is in this server's store
    // The ways to those replicas; null without any.
    std::shared_ptr<ReplicaPeers> peers = nullptr;

    query::ListContext list_context(const query::ListWords& words) const {
        return {store, signer, words, facts.get()};
    }

    // How many objects the cluster's project may have; null: as many as it likes.
    std::shared_ptr<const cluster::ObjectQuota> quota_of(const cluster::Cluster& cluster) const {
        return cluster::ObjectQuota::of(cluster.project, *projects.snapshot(),
                                        *clusters.snapshot());
    }

    // The present time, as questions about a fleet take it.
    facts::Seconds now_seconds() const {
        return static_cast<facts::Seconds>(store.now_ms() / 1000);
    }

    // Reads those records again in the tables of the registry, so that the next request sees what
    // was written, and tells the event streams.
    base::Result<void> reload_registry(const std::vector<store::ChangedRecord>& changed) const;
    // The same for all records.
    base::Result<void> reload_registry() const;
};

// Commits a write to the registry, with its line of the audit trail, and waits until it is on disk
// and every request sees it. `object` and `change` are for the line, and `details` are more members
// of it.
net::Awaitable<base::Result<void>> commit_registry(Call& call, store::WriteFunction function,
                                                   audit::Object object, audit::Change change,
                                                   std::string details = {});

// The same without a line, for what the line of the request itself tells.
net::Awaitable<base::Result<void>> commit_registry(const Services& services,
                                                   store::WriteFunction function);

// After a commit: follows a connected cluster with the connection that the registry has for it now.
// Several requests may do so at once, in any order: the registry's newest word counts.
void follow(const Services& services, const std::string& uid);
// The same for a request of this server. A replica follows what its copy of the registry tells of,
// whoever wrote it (app/replicated.h): that happened before the commit returned.
void follow_committed(const Services& services, const std::string& uid);
// After a commit: follows no cluster any more that is not in the registry.
void forget_deleted(const Services& services);

}  // namespace snapgate::api
