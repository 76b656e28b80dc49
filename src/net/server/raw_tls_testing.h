#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/server/raw_connection_testing.h"
#include "net/tls/tls.h"

namespace snapgate::net {

// For tests: what a server needs for TLS, with a certificate that is made in `folder`.
inline base::Result<std::shared_ptr<TlsContexts>> make_test_tls(
    const std::filesystem::path& folder) {
    SNAPGATE_ASSIGN(const auto made, ensure_self_signed(folder, {}));
    return TlsContexts::load(made.certificate, made.key);
}

// For tests: a client that sends exactly the bytes it is given, plain or by TLS (it trusts whoever
// answers). Every wait ends after 30 s.
class RawPeer {
  public:
    RawPeer(uint16_t port, bool tls)
        : connection_(port),
          context_(tls ? SSL_CTX_new(TLS_client_method()) : nullptr, SSL_CTX_free),
          ssl_(tls ? SSL_new(context_.get()) : nullptr, SSL_free) {
        if (!tls) return;
        SSL_set_fd(ssl_.get(), connection_.fd());
        SSL_connect(ssl_.get());
    }

    int fd() const { return connection_.fd(); }

    bool send(std::string_view bytes) {
        if (!ssl_) return connection_.send(bytes);
        return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
    }
    // Says that nothing more will be sent; answers can still be read.
    void end_sending() {
        if (ssl_) {
            SSL_shutdown(ssl_.get());
        } else {
            connection_.end_sending();
        }
    }
    // Reads until `text` has come; false if it does not.
    bool read_until(std::string_view text) {
        while (received_.find(text) == std::string::npos) {
            if (!receive()) return false;
        }
        return true;
    }
    std::string read_to_end() {
        while (receive()) {
        }
        return received_;
    }
    const std::string& received() const { return received_; }
    // A piece of at most 4 KiB; false at the end.
    bool receive() {
        char bytes[4096];
        const auto count = ssl_ ? static_cast<ssize_t>(SSL_read(ssl_.get(), bytes, sizeof(bytes)))
                                : ::recv(connection_.fd(), bytes, sizeof(bytes), 0);
        if (count <= 0) return false;
        received_.append(bytes, static_cast<size_t>(count));
        return true;
    }

  private:
    RawConnection connection_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
    std::string received_;
};

}  // namespace snapgate::net
