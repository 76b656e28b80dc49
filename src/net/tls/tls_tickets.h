#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <optional>

#include "base/annotations.h"
#include "net/tls/openssl_handles.h"

namespace snapgate::net {

// The ticket with which the next connection to a server goes on with the TLS session of the one
// before (TLS 1.3). The server's certificate is not even sent then, so nothing of it is verified: a
// ticket stands for the verification at which its session began, and is good for no more than that.
// - It belongs to one OutboundTarget: to the same authorities, name and client certificate.
// - It is shown within kMostAge of that verification, through however many connections it was
//   handed on, and not after the server's certificate has ended.
// - It is shown once, so that who listens cannot tell whose connections they are (RFC 8446, C.4).
// What was given last counts, and all else is forgotten. Any thread.
class TlsTickets {
  public:
    // The wall clock, as certificates have it.
    using Clock = std::chrono::system_clock;
    struct Ticket {
        Session session;
        Clock::time_point verified;
    };
    static constexpr std::chrono::minutes kMostAge{10};
    static constexpr std::chrono::hours kPause{1};

    void put(Ticket ticket);
    // The one to be shown by a connection that begins now, if there is one.
    std::optional<Ticket> take(Clock::time_point now = Clock::now());
    // The server does not do with a ticket what it does without: none is shown for kPause.
    void pause(Clock::time_point now = Clock::now());

  private:
    base::Mutex mutex_;
    std::optional<Ticket> ticket_ SNAPGATE_GUARDED_BY(mutex_);
    Clock::time_point paused_until_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::net
