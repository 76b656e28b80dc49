#include "net/tls/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <utility>

namespace snapgate::net {

namespace {

const TlsSession::Wire& wire_of(BIO* bio) {
    return *static_cast<const TlsSession::Wire*>(BIO_get_data(bio));
}

bool try_again() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int read_socket(BIO* bio, char* into, size_t size, size_t* count) {
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(wire_of(bio).socket, into, size, 0);
    if (got > 0) {
        *count = static_cast<size_t>(got);
        return 1;
    }
    if (got < 0 && try_again()) BIO_set_retry_read(bio);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return 0;
}

int write_socket(BIO* bio, const char* bytes, size_t size, size_t* count) {
    BIO_clear_retry_flags(bio);
    // OpenSSL's own socket BIO would raise SIGPIPE.
    const TlsSession::Wire& wire = wire_of(bio);
    const ssize_t put = ::send(wire.socket, bytes, size, MSG_NOSIGNAL | (wire.more ? MSG_MORE : 0));
    if (put > 0) {
        *count = static_cast<size_t>(put);
        return 1;
    }
    if (put < 0 && try_again()) BIO_set_retry_write(bio);
    return 0;
}

long control_socket(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return 0;
}

const BIO_METHOD* socket_method() {
    using Method = std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)>;
    static const Method method = [] {
        Method made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"),
                    BIO_meth_free);
        if (!made) throw std::bad_alloc();
        BIO_meth_set_read_ex(made.get(), read_socket);
        BIO_meth_set_write_ex(made.get(), write_socket);
        BIO_meth_set_ctrl(made.get(), control_socket);
        return made;
    }();
    return method.get();
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<boost::asio::ssl::context> context, int socket, Side side)
    : wire_{socket},
      context_(std::move(context)),
      ssl_(SSL_new(context_->native_handle()), SSL_free) {
    BIO* bio = BIO_new(socket_method());
    if (ssl_ == nullptr || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    if (side == Side::kServer) {
        SSL_set_accept_state(ssl_.get());
    } else {
        SSL_set_connect_state(ssl_.get());
    }
}

void TlsSession::let_keep_tickets(SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_ticket);
}

void TlsSession::use(std::shared_ptr<TlsTickets> tickets) {
    tickets_ = std::move(tickets);
    SSL_set_app_data(ssl_.get(), this);
    const auto ticket = tickets_->take();
    if (!ticket || SSL_set_session(ssl_.get(), ticket->session.get()) != 1) return;
    verified_ = ticket->verified;
    showed_ticket_ = true;
}

// Called by OpenSSL within read(): tickets come behind the handshake. 0: we keep no reference.
int TlsSession::keep_ticket(SSL* ssl, SSL_SESSION* session) {
    const auto* self = static_cast<const TlsSession*>(SSL_get_app_data(ssl));
    // Going on with a session of TLS 1.2 would cost it its forward secrecy.
    if (self == nullptr || SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) return 0;
    // A copy: OpenSSL spoils the session of a connection that ends without a goodbye, as TLS 1.0
    // asked for, and that is how watches end.
    Session copy(SSL_SESSION_dup(session));
    if (copy) self->tickets_->put({std::move(copy), self->verified_});
    return 0;
}

TlsSession::Step TlsSession::outcome(int result, size_t count) {
    if (result > 0) return {State::kDone, count};
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {State::kWantRead};
        case SSL_ERROR_WANT_WRITE:
            return {State::kWantWrite};
        case SSL_ERROR_ZERO_RETURN:
            ended_in_order_ = true;
            return {State::kEnded};
        default:
            fault_ = ERR_peek_error();
            ERR_clear_error();
            return {State::kEnded};
    }
}

TlsSession::Step TlsSession::handshake() {
    ERR_clear_error();
    const Step step = outcome(SSL_do_handshake(ssl_.get()), 0);
    if (step.state == State::kDone && !is_resumed()) verified_ = TlsTickets::Clock::now();
    return step;
}

TlsSession::Step TlsSession::read(char* into, size_t size) {
    ERR_clear_error();
    size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), into, size, &count);
    return outcome(result, count);
}

TlsSession::Step TlsSession::write(const char* bytes, size_t size, bool more) {
    ERR_clear_error();
    size_t count = 0;
    wire_.more = more;
    const int result = SSL_write_ex(ssl_.get(), bytes, size, &count);
    wire_.more = false;
    return outcome(result, count);
}

TlsSession::Step TlsSession::shutdown() {
    ERR_clear_error();
    int result = SSL_shutdown(ssl_.get());
    // 0: ours is sent, the peer's has not come.
    if (result == 0) result = SSL_shutdown(ssl_.get());
    return outcome(result, 0);
}

}  // namespace snapgate::net
