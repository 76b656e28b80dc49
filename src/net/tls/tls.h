#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/annotations.h"
#include "base/clock.h"
#include "base/result.h"

namespace snapgate::net {

// The server's certificate, as the context that new connections use. Any thread may call.
class TlsContexts {
  public:
    // PEM files: the certificate with its chain, and its key. Errors name the file and what is
    // wrong with it (also: the key does not belong to the certificate, the certificate has
    // expired).
    static base::Result<std::shared_ptr<TlsContexts>> load(std::filesystem::path certificate,
                                                           std::filesystem::path key);
    // Reads both files again; on an error the old ones stay in use.
    base::Result<void> reload();
    std::shared_ptr<boost::asio::ssl::context> current() const;
    // When the first certificate of the chain expires, in milliseconds since the epoch.
    int64_t expires_ms() const;
    // The SHA-256 of the certificate that new connections are shown, in lower-case hexadecimal
    // digits.
    std::string digest() const;

  private:
    TlsContexts() = default;
    std::filesystem::path certificate_;
    std::filesystem::path key_;
    mutable base::Mutex mutex_;
    std::shared_ptr<boost::asio::ssl::context> context_ SNAPGATE_GUARDED_BY(mutex_);
    int64_t expires_ms_ SNAPGATE_GUARDED_BY(mutex_) = 0;
};

struct SelfSigned {
    std::filesystem::path ca_certificate;  // ca.crt: what clients are given
    std::filesystem::path certificate;     // tls.crt
    std::filesystem::path key;             // tls.key, 0600
    bool made_ca = false;                  // by this call
    bool made_certificate = false;
    int64_t ca_expires_ms = 0;  // since the epoch
};

// Makes a CA (ca.crt, ca.key 0600) in `directory` if both files are missing or it has expired (the
// old pair is kept as ca.crt.old and ca.key.old), and a certificate signed by it where that is
// missing, expires within 30 days, has a beginning that lies ahead, or does not name all of `hosts`
// (DNS names and IP addresses; localhost, 127.0.0.1 and ::1 are always in). kCorrupt for a CA that
// cannot be used: nothing is overwritten. Only one thread at a time may call for a directory.
base::Result<SelfSigned> ensure_self_signed(const std::filesystem::path& directory,
                                            const std::vector<std::string>& hosts,
                                            const base::Clock& clock = base::system_clock());

}  // namespace snapgate::net
