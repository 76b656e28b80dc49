#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "cluster/registry.h"
#include "connect/connection.h"
#include "connect/credentials.h"

namespace snapgate::connect {

// The sources of the clusters that the server's configuration file declares, by the cluster's uid.
using DeclaredSources = std::unordered_map<std::string, std::shared_ptr<ConnectionSource>>;

// Finds the source of a connected cluster's connection: the sealed one in the registry, or the
// server's configuration file. Any thread; immutable. The sealer outlives it.
class ConnectionSources {
  public:
    explicit ConnectionSources(const CredentialSealer& sealer, DeclaredSources declared = {});

    // kConflict for a cluster that the server's configuration file declares: it would be made again
    // at the next start. A cluster that is declared no more may be deleted.
    base::Result<void> require_deletable(const cluster::Cluster& cluster) const;

    // Calls ConnectionSource::stop() of all sources that may block.
    void stop() const;

    // If there is no connection, the source's error says why.
    std::shared_ptr<ConnectionSource> of(const cluster::Cluster& cluster) const;

  private:
    const CredentialSealer& sealer_;
    const DeclaredSources declared_;
};

}  // namespace snapgate::connect
