#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "connect/declarations.h"
#include "connect/kubeconfig.h"
#include "connect/kubeconfig_renewal.h"
#include "connect/renewed_source.h"

namespace snapgate::app {

// The connection of a cluster that the configuration file declares, for a RenewedConnectionSource.
// A kubeconfig that cannot be read, or that is refused, is read again whenever the connection is
// asked for; meanwhile this shows in the state of this cluster only. A kubeconfig that could be
// read is read again when the cluster refuses its credentials. KubeconfigRenewal renews the files
// and programs that it names. Blocks; one call at a time.
class DeclaredConnection {
  public:
    // `programs` are the programs that its kubeconfig may name.
    DeclaredConnection(connect::DeclaredCluster declared,
                       std::vector<std::filesystem::path> programs);

    // Reads the kubeconfig and returns its server's address, to be shown. kUnauthorized with the
    // fault in its message and the subject ConfigurationUnreadable.
    base::Result<std::string> read();

    // Of all that the file and its kubeconfig say of the connection: two connections of one cluster
    // with the same fingerprint are the same. "" as long as it could not be read. It shows nothing
    // of them.
    const std::string& fingerprint() const { return fingerprint_; }

    // What it is at while it blocks.
    std::shared_ptr<const connect::RenewalStep> step() const { return step_; }

    // kUnauthorized, with the missing or wrong member in its message.
    base::Result<connect::RenewedConnection> operator()(bool refused,
                                                        const std::atomic<bool>& stop);

  private:
    struct Made {
        connect::KubeconfigRenewal renewal;
        std::string server;
        bool runs_program = false;
    };
    std::string fingerprint_of(const std::string& text, bool runs_program) const;
    base::Result<Made> make(connect::KubeconfigMembers members) const;
    base::Result<std::string> replace();

    const connect::DeclaredCluster declared_;
    const std::vector<std::filesystem::path> programs_;
    const std::shared_ptr<connect::RenewalStep> step_ = std::make_shared<connect::RenewalStep>();
    std::string text_;  // of the kubeconfig that the renewal was made of
    std::string fingerprint_;
    std::optional<connect::KubeconfigRenewal> renewal_;
};

}  // namespace snapgate::app
