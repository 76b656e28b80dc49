#include "net/tls/tls_tickets.h"

#include <utility>

namespace snapgate::net {

namespace {

bool has_ended(const X509* certificate, TlsTickets::Clock::time_point now) {
    time_t time = TlsTickets::Clock::to_time_t(now);
    // 0: it cannot be read.
    return X509_cmp_time(X509_get0_notAfter(certificate), &time) <= 0;
}

}  // namespace

void TlsTickets::put(Ticket ticket) {
    const base::MutexLock lock(mutex_);
    ticket_ = std::move(ticket);
}

std::optional<TlsTickets::Ticket> TlsTickets::take(Clock::time_point now) {
    std::optional<Ticket> taken;
    {
        const base::MutexLock lock(mutex_);
        taken.swap(ticket_);
        if (now < paused_until_) return std::nullopt;
    }
    // A clock that was set back tells no age.
    if (!taken || now < taken->verified || now - taken->verified >= kMostAge) return std::nullopt;
    const X509* certificate = SSL_SESSION_get0_peer(taken->session.get());
    if (certificate == nullptr || has_ended(certificate, now)) return std::nullopt;
    return taken;
}

void TlsTickets::pause(Clock::time_point now) {
    const base::MutexLock lock(mutex_);
    ticket_.reset();
    paused_until_ = now + kPause;
}

}  // namespace snapgate::net
