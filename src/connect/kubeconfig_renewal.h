#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "connect/credential_program.h"
#include "connect/kubeconfig.h"
#include "connect/renewed_source.h"

namespace snapgate::connect {

// The connection of a kubeconfig that names files or a program, for the server's own configuration.
// As in client-go, a token file is read again every 60 s and certificates every 5 minutes, and a
// program runs again when its credentials expire. After the cluster refused the credentials, all
// are read and run again. If a file cannot be read any more, its last content is used. Relative
// paths begin at `folder`. Blocks; one call at a time.
class KubeconfigRenewal {
  public:
    // `step` is told while the program runs, if it is not null.
    KubeconfigRenewal(KubeconfigMembers members, std::filesystem::path folder,
                      std::optional<CredentialProgram> program,
                      std::shared_ptr<RenewalStep> step = nullptr);

    // kUnauthorized, with the missing or wrong part in its message.
    base::Result<RenewedConnection> operator()(bool refused, const std::atomic<bool>& stop);

  private:
    using Time = std::chrono::steady_clock::time_point;

    base::Result<void> read_files(bool refused, Time now);
    base::Result<void> read_token(bool refused, Time now);
    base::Result<void> ask_program(bool refused, Time now, const std::atomic<bool>& stop);

    KubeconfigMembers members_;
    const std::filesystem::path folder_;
    const std::optional<CredentialProgram> program_;
    std::shared_ptr<RenewalStep> step_;
    // The kubeconfig's own certificate and key, while the program's are used.
    struct CertificateAndKey {
        std::string certificate;
        std::string key;
    };
    std::optional<CertificateAndKey> replaced_;
    Time files_good_until_;
    Time token_good_until_;
    Time program_good_until_;
};

}  // namespace snapgate::connect
