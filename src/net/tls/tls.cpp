#include "net/tls/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/file_rights.h"
#include "net/tls/openssl_handles.h"

namespace snapgate::net {

namespace asio = boost::asio;
using base::Code;
using base::Error;
using base::Result;
using boost::system::error_code;

namespace {

Error tls_error(const std::filesystem::path& file, std::string_view what) {
    return Error(Code::kInvalidParameter, fmt::format("TLS: {} {}", file.string(), what));
}

Result<void> check_readable(const std::filesystem::path& file) {
    error_code ec;
    if (!std::filesystem::exists(file, ec)) return tls_error(file, "does not exist");
    if (std::filesystem::is_directory(file, ec)) return tls_error(file, "is a folder");
    if (!std::ifstream(file)) return tls_error(file, "cannot be read: check its owner and mode");
    return {};
}

// Picks http/1.1 for clients that name protocols; those that name only others are turned away.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* offered, unsigned int offered_length, void*) {
    static constexpr unsigned char kOurs[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, out_length, kOurs, sizeof(kOurs), offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

Result<std::shared_ptr<asio::ssl::context>> make_context(const std::filesystem::path& certificate,
                                                         const std::filesystem::path& key) {
    SNAPGATE_TRY(check_readable(certificate));
    SNAPGATE_TRY(check_readable(key));
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    // Of TLS 1.2 the suites with forward secrecy and AEAD alone (RFC 9325, 4.2); those of 1.3 all
    // are. Suites with CBC were broken by timing more than once.
    SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(
        native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    // Buffers go back while a connection is at rest; see tls_session.h for the other two.
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // One system call for a record instead of two.
    SSL_CTX_set_read_ahead(native, 1);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(native, select_protocol, nullptr);

    error_code ec;
    context->use_certificate_chain_file(certificate.string(), ec);
    if (ec) {
        ERR_clear_error();
        return tls_error(certificate, "holds no certificate in PEM form");
    }
    const X509* leaf = SSL_CTX_get0_certificate(native);
    if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) {
        return tls_error(certificate, "has expired: put a new one in its place");
    }
    context->use_private_key_file(key.string(), asio::ssl::context::pem, ec);
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(ec.value()));
    ERR_clear_error();
    if (ec && reason == X509_R_KEY_VALUES_MISMATCH) {
        return tls_error(
            key, fmt::format("does not belong to the certificate in {}", certificate.string()));
    }
    if (ec) return tls_error(key, "holds no private key in PEM form (without a passphrase)");
    SNAPGATE_TRY(base::check_secret_rights(key));
    return context;
}

int64_t first_expiry_ms(SSL_CTX* context) {
    int64_t first_ms = expires_ms_of(SSL_CTX_get0_certificate(context));
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs(context, static_cast<void*>(&chain));
    for (int at = 0; at < sk_X509_num(chain); ++at)
        first_ms = std::min(first_ms, expires_ms_of(sk_X509_value(chain, at)));
    return first_ms;
}

}  // namespace

Result<std::shared_ptr<TlsContexts>> TlsContexts::load(std::filesystem::path certificate,
                                                       std::filesystem::path key) {
    std::shared_ptr<TlsContexts> contexts(new TlsContexts());
    contexts->certificate_ = std::move(certificate);
    contexts->key_ = std::move(key);
    SNAPGATE_TRY(contexts->reload());
    return contexts;
}

Result<void> TlsContexts::reload() {
    SNAPGATE_ASSIGN(auto context, make_context(certificate_, key_));
    const int64_t expires_ms = first_expiry_ms(context->native_handle());
    const base::MutexLock lock(mutex_);
    expires_ms_ = expires_ms;
    context_ = std::move(context);
    return {};
}

std::shared_ptr<asio::ssl::context> TlsContexts::current() const {
    const base::MutexLock lock(mutex_);
    return context_;
}

int64_t TlsContexts::expires_ms() const {
    const base::MutexLock lock(mutex_);
    return expires_ms_;
}

std::string TlsContexts::digest() const {
    return digest_of(SSL_CTX_get0_certificate(current()->native_handle()));
}

}  // namespace snapgate::net
