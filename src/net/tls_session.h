#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>

namespace snapgate::net {

// The server's side of TLS on one non-blocking socket. OpenSSL reads and writes the socket by
// itself, so that a connection at rest keeps no buffers: Asio's own stream keeps four of 17 KiB,
// which for 10,000 watchers would be most of a gigabyte. One thread; the socket must be open
// whenever a function is called.
class TlsSession {
  public:
    enum class State {
        kDone,
        kWantRead,   // try again when the socket can be read
        kWantWrite,  // ... or written
        kEnded,      // by the peer, in order or not, or broken
    };
    struct Step {
        State state = State::kEnded;
        size_t count = 0;  // bytes read or written, with kDone
    };

    TlsSession(std::shared_ptr<boost::asio::ssl::context> context, int socket);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    Step handshake();
    Step read(char* into, size_t size);
    // At most one record.
    Step write(const char* bytes, size_t size);
    // Says goodbye, then waits for the peer's.
    Step shutdown();
    // Whether bytes were taken from the socket that nobody has read.
    bool has_unread() const { return SSL_has_pending(ssl_.get()) == 1; }

  private:
    Step outcome(int result, size_t count);

    int socket_;
    std::shared_ptr<boost::asio::ssl::context> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
};

}  // namespace snapgate::net
