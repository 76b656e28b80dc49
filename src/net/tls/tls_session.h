#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>

#include "net/tls/tls_tickets.h"

namespace snapgate::net {

// One side of TLS on one non-blocking socket. OpenSSL reads and writes the socket by
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

    enum class Side { kServer, kClient };
    TlsSession(std::shared_ptr<boost::asio::ssl::context> context, int socket,
               Side side = Side::kServer);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    // Of a client, before the handshake: shows a ticket if there is one, and puts those there that
    // the server gives. The context is one that let_keep_tickets() was called for.
    void use(std::shared_ptr<TlsTickets> tickets);
    static void let_keep_tickets(SSL_CTX* context);
    bool showed_ticket() const { return showed_ticket_; }
    // After the handshake: whether the server went on with the session of the ticket.
    bool is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

    Step handshake();
    Step read(char* into, size_t size);
    // At most one record (16 KiB of `bytes`). `more`: others follow at once, and the kernel may
    // wait for them, so that it sends few large segments.
    Step write(const char* bytes, size_t size, bool more = false);
    // Says goodbye, then waits for the peer's.
    Step shutdown();
    // Whether bytes were taken from the socket that nobody has read.
    bool has_unread() const { return SSL_has_pending(ssl_.get()) == 1; }

    // After kEnded. Whether the peer said goodbye: an end without could be anybody's.
    bool ended_in_order() const { return ended_in_order_; }
    // OpenSSL's number for what went wrong; 0 if the connection just ended (errno may say how).
    unsigned long fault() const { return fault_; }
    // For what is set before the handshake and read after it.
    SSL* native() const { return ssl_.get(); }

    // What OpenSSL's calls for bytes see of a session.
    struct Wire {
        int socket;
        bool more = false;
    };

  private:
    Step outcome(int result, size_t count);
    static int keep_ticket(SSL* ssl, SSL_SESSION* session);

    Wire wire_;
    std::shared_ptr<boost::asio::ssl::context> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
    bool ended_in_order_ = false;
    unsigned long fault_ = 0;
    std::shared_ptr<TlsTickets> tickets_;
    bool showed_ticket_ = false;
    TlsTickets::Clock::time_point verified_;  // the server's certificate, by whichever connection
};

}  // namespace snapgate::net
