#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/result.h"
#include "connect/kubeconfig.h"
#include "connect/kubeconfig_renewal.h"
#include "connect/renewed_source.h"

namespace snapgate::app {

// The connection of a cluster that the configuration file declares, for a RenewedConnectionSource.
// A kubeconfig that cannot be read, or is not taken, is read again whenever the connection is asked
// for: it is this cluster's state meanwhile, and nobody else's. One that could be read is read
// again once the cluster refuses what it holds. What it names is renewed as KubeconfigRenewal does.
// Blocks; one call at a time.
class DeclaredConnection {
  public:
    // `programs` are those that its kubeconfig may name.
    DeclaredConnection(DeclaredCluster declared, std::vector<std::filesystem::path> programs);

    // Reads the kubeconfig. The server that it names, to be shown; kUnauthorized with what is
    // wrong, whose subject is ConfigurationUnreadable.
    base::Result<std::string> read();

    // kUnauthorized with what is missing or wrong.
    base::Result<connect::RenewedConnection> operator()(bool refused,
                                                        const std::atomic<bool>& stop);

  private:
    struct Made {
        connect::KubeconfigRenewal renewal;
        std::string server;
    };
    base::Result<Made> make(connect::KubeconfigMembers members) const;
    base::Result<std::string> replace();

    const DeclaredCluster declared_;
    const std::vector<std::filesystem::path> programs_;
    std::string text_;  // of the kubeconfig that the renewal was made of
    std::optional<connect::KubeconfigRenewal> renewal_;
};

}  // namespace snapgate::app
