#include "net/client/outbound_target.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "net/tls/openssl_handles.h"
#include "net/tls/pem.h"
#include "net/tls/system_authorities.h"
#include "net/tls/tls_session.h"

namespace snapgate::net {

namespace asio = boost::asio;
using base::Code;
using base::Error;
using base::Result;
using boost::system::error_code;

namespace {

using TlsContext = asio::ssl::context;

Error wrong(const char* option, std::string_view what) {
    return Error(Code::kInvalidParameter, fmt::format("{} {}", option, what), option);
}

Result<Bio> open_pem(const char* option, const std::string& text) {
    if (text.size() > kMostPemBytes) {
        return wrong(option, fmt::format("is larger than {} bytes", kMostPemBytes));
    }
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask for a passphrase at the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

Result<std::vector<Certificate>> read_certificates(const char* option, const std::string& text) {
    SNAPGATE_ASSIGN(const Bio bio, open_pem(option, text));
    std::vector<Certificate> all;
    ERR_clear_error();
    while (true) {
        Certificate one(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
        if (!one) break;
        all.push_back(std::move(one));
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!at_end) {
        return wrong(option,
                     fmt::format("holds a broken certificate, the {}. of them", all.size() + 1));
    }
    if (all.empty()) return wrong(option, "holds no certificate in PEM form");
    return all;
}

Result<void> trust(SSL_CTX* context, const std::string& ca) {
    if (ca.empty()) {
        const auto authorities = system_authorities();
        if (!authorities)
            return wrong("ca", "is not given, and the system's authorities cannot be read");
        SSL_CTX_set1_cert_store(context, authorities->get());
        return {};
    }
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    SNAPGATE_ASSIGN(const auto all, read_certificates("ca", ca));
    for (const Certificate& one : all) {
        if (X509_STORE_add_cert(store, one.get()) != 1) {
            ERR_clear_error();
            return wrong("ca", "holds a certificate that cannot be used");
        }
    }
    // Who is given is trusted, be it a root or not: as kubectl does.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    return {};
}

std::string day_of(const ASN1_TIME* time) {
    tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown day";
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

Result<void> use_certificate(SSL_CTX* context, const std::string& text) {
    constexpr const char* kOption = "client-certificate";
    SNAPGATE_ASSIGN(const auto chain, read_certificates(kOption, text));
    const ASN1_TIME* end = X509_get0_notAfter(chain.front().get());
    if (X509_cmp_current_time(end) < 0) {
        return wrong(kOption, fmt::format("has expired on {}: get a new one", day_of(end)));
    }
    bool used = SSL_CTX_use_certificate(context, chain.front().get()) == 1;
    for (size_t i = 1; i < chain.size() && used; ++i) {
        used = SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
    }
    const unsigned long error = ERR_peek_error();
    ERR_clear_error();
    if (used) return {};
    const char* why = ERR_reason_error_string(error);
    return wrong(kOption, fmt::format("cannot be used ({})", why == nullptr ? "unknown" : why));
}

Result<void> use_key(SSL_CTX* context, const std::string& text) {
    constexpr const char* kOption = "client-key";
    SNAPGATE_ASSIGN(const Bio bio, open_pem(kOption, text));
    ERR_clear_error();
    const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    ERR_clear_error();
    if (!key) {
        return wrong(kOption,
                     text.find("ENCRYPTED") != std::string::npos
                         ? "is protected by a passphrase, which is not supported: give the key "
                           "without"
                         : "holds no private key in PEM form");
    }
    const bool belongs = X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) == 1;
    const bool used = belongs && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
    ERR_clear_error();
    if (!belongs) return wrong(kOption, "does not belong to the client certificate");
    if (!used) return wrong(kOption, "cannot be used");
    return {};
}

Result<std::shared_ptr<TlsContext>> make_context(const OutboundOptions& options) {
    static constexpr std::array<unsigned char, 9> kHttp = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
    auto context = std::make_shared<TlsContext>(TlsContext::tls_client);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Buffers go back while a connection is at rest; see tls_session.h for the other two.
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(native, 1);
    TlsSession::let_keep_tickets(native);
    SSL_CTX_set_alpn_protos(native, kHttp.data(), kHttp.size());
    SSL_CTX_set_default_passwd_cb(native, no_passphrase);
    // The digest is compared after the handshake (outbound_link.cpp).
    if (options.insecure || !options.certificate_digest.empty()) {
        SSL_CTX_set_verify(native, SSL_VERIFY_NONE, nullptr);
    } else {
        SNAPGATE_TRY(trust(native, options.ca));
        SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    }
    if (options.client_certificate.empty() != options.client_key.empty()) {
        return options.client_key.empty()
                   ? wrong("client-key", "is missing: the client certificate needs its key")
                   : wrong("client-certificate", "is missing: there is only its key");
    }
    if (!options.client_certificate.empty()) {
        SNAPGATE_TRY(use_certificate(native, options.client_certificate));
        SNAPGATE_TRY(use_key(native, options.client_key));
    }
    return context;
}

bool is_address(const std::string& host) {
    error_code ec;
    asio::ip::make_address(host, ec);
    return !ec;
}

// Whether OpenSSL can look for it in a certificate.
bool is_name(const std::string& name) {
    const std::unique_ptr<X509_VERIFY_PARAM, FreeWith<X509_VERIFY_PARAM_free>> checked(
        X509_VERIFY_PARAM_new());
    const bool taken =
        !name.empty() && name.size() <= 253 &&
        name.find_first_of(std::string_view(" /\\@\r\n\t\0", 8)) == std::string::npos &&
        X509_VERIFY_PARAM_set1_host(checked.get(), name.data(), name.size()) == 1;
    ERR_clear_error();
    return taken;
}

}  // namespace

OutboundTarget::OutboundTarget(Parts parts)
    : parts_(std::make_unique<const Parts>(std::move(parts))) {}
OutboundTarget::~OutboundTarget() = default;

std::string OutboundTarget::text() const {
    return parts_->url.text();
}

int64_t OutboundTarget::client_certificate_expires_ms() const {
    return parts_->client_certificate_expires_ms;
}

int64_t OutboundTarget::server_certificate_expires_ms() const {
    return parts_->server_certificate_expires_ms->load(std::memory_order_relaxed);
}

Error OutboundTarget::failure(Code code, std::string_view reason, std::string_view why) const {
    return Error(code, fmt::format("cannot reach {}: {}", text(), why), std::string(reason));
}

Error OutboundTarget::fault(Code code, std::string_view reason, std::string_view what) const {
    return Error(code, fmt::format("{} {}", text(), what), std::string(reason));
}

Result<std::shared_ptr<const OutboundTarget>> OutboundTarget::make(const OutboundOptions& options) {
    Parts parts;
    SNAPGATE_ASSIGN(parts.url, base::parse_server_url(options.server));
    if (!options.server_name.empty() && !is_address(options.server_name) &&
        !is_name(options.server_name)) {
        return wrong("server-name", "is neither a host name nor an address");
    }
    const std::string name = options.server_name.empty() ? parts.url.host : options.server_name;
    parts.advice = options.advice;
    parts.rules = options.rules;
    parts.server_certificate_expires_ms = std::make_shared<std::atomic<int64_t>>(0);
    if (parts.url.tls) {
        SNAPGATE_ASSIGN(parts.tls, make_context(options));
        parts.tickets = std::make_shared<TlsTickets>();
        parts.certificate_digest = options.certificate_digest;
        if (!options.insecure && options.certificate_digest.empty()) parts.verified_name = name;
        if (!is_address(name)) parts.indicated_name = name;
        parts.has_certificate = !options.client_certificate.empty();
        if (const X509* ours = SSL_CTX_get0_certificate(parts.tls->native_handle()))
            parts.client_certificate_expires_ms = expires_ms_of(ours);
    }
    return std::make_shared<const OutboundTarget>(std::move(parts));
}

}  // namespace snapgate::net
