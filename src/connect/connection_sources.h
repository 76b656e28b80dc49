#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "cluster/registry.h"
#include "connect/connection.h"
#include "connect/credentials.h"

namespace snapgate::connect {

// By the uid of the cluster: the sources of those that the server's configuration file declares.
using DeclaredSources = std::unordered_map<std::string, std::shared_ptr<ConnectionSource>>;

// Where the connection of each connected cluster comes from: the registry's sealed one, or the
// server's configuration file. Any thread; immutable. The sealer outlives it.
class ConnectionSources {
  public:
    explicit ConnectionSources(const CredentialSealer& sealer, DeclaredSources declared = {});

    // kConflict for a cluster that the server's configuration file declares: it would be made again
    // at the next start. One that was declared once may go.
    base::Result<void> require_deletable(const cluster::Cluster& cluster) const;

    // ConnectionSource::stop() of all that take their time.
    void stop() const;

    // One that says why there is no connection where that is so.
    std::shared_ptr<ConnectionSource> of(const cluster::Cluster& cluster) const;

  private:
    const CredentialSealer& sealer_;
    const DeclaredSources declared_;
};

}  // namespace snapgate::connect
