#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/annotations.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "connect/connection_source.h"
#include "connect/credentials.h"

namespace snapgate::connect {

// The sources of the clusters that the server's configuration file declares, by the cluster's uid.
using DeclaredSources = std::unordered_map<std::string, std::shared_ptr<ConnectionSource>>;

// The addresses that clusters may be connected to, by who connects them.
struct ConnectRules {
    // Who administers the tenant may, on a server that only its own machine reaches, connect a
    // cluster on that machine.
    std::shared_ptr<const net::AddressRules> of_tenant;
    std::shared_ptr<const net::AddressRules> of_project;

    const std::shared_ptr<const net::AddressRules>& of(cluster::ConnectedBy by) const {
        return by == cluster::ConnectedBy::kTenant ? of_tenant : of_project;
    }
};

// Finds the source of a connected cluster's connection: the sealed one in the registry, or the
// server's configuration file. Any thread. The sealer outlives it.
class ConnectionSources {
  public:
    ConnectionSources(const CredentialSealer& sealer, ConnectRules rules,
                      DeclaredSources declared = {});

    ConnectRules rules() const;

    // Takes what the configuration file says now. Clusters that are followed go on with the sources
    // that they have until they are followed anew.
    void replace(ConnectRules rules, DeclaredSources declared);

    // kConflict for a cluster that the server's configuration file declares: it would be made again
    // at the next start. A cluster that is declared no more may be deleted.
    base::Result<void> require_deletable(const cluster::Cluster& cluster) const;

    // Calls ConnectionSource::stop() of all sources that may block.
    void stop() const;

    // If there is no connection, the source's error says why.
    std::shared_ptr<ConnectionSource> of(const cluster::Cluster& cluster) const;

  private:
    const CredentialSealer& sealer_;
    mutable base::Mutex mutex_;
    ConnectRules rules_ SNAPGATE_GUARDED_BY(mutex_);
    DeclaredSources declared_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::connect
