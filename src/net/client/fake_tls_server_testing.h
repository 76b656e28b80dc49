#pragma once

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/client/fake_server_testing.h"
#include "net/tls/certificates_testing.h"

namespace snapgate::net {

// For tests of clients: a FakeServer behind TLS that also does what a server must not. Keeps what
// the last client asked for.
class FakeTlsServer {
  public:
    struct Options {
        TestCertificate identity;
        // NOLINTNEXTLINE(readability-redundant-member-init): an initializer may leave it out
        std::string client_authority = {};  // PEM; clients must have a certificate that it signed
        int max_version = TLS1_3_VERSION;
        std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        bool says_goodbye = true;
        bool gives_tickets = true;
        // How the server knows its own sessions; without it one that asks for client certificates
        // gives tickets, and ends the handshake of whoever shows one.
        // NOLINTNEXTLINE(readability-redundant-member-init)
        std::string session_context = {};
    };

    explicit FakeTlsServer(Options options)
        : options_(std::move(options)),
          context_(make_context(options_), SSL_CTX_free),
          server_([this](FakeServer::Peer& peer, int) { serve(peer); }) {}

    std::string url(const std::string& host = "127.0.0.1") const {
        return "https://" + host + ":" + std::to_string(server_.port());
    }
    // Of the last connection; read after its answer.
    std::string indicated_name() const { return indicated_name_; }
    bool resumed() const { return resumed_; }
    // Connections so far, also those without a handshake.
    int connections() const { return server_.connections(); }
    // From the next connection on. Sessions go on.
    void present(const TestCertificate& identity) { use(context_.get(), identity); }
    void answer(std::string text) { options_.answer = std::move(text); }

  private:
    static void use(SSL_CTX* context, const TestCertificate& identity) {
        const auto bio = [](const std::string& text) {
            return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
        };
        BIO* certificate_text = bio(identity.certificate);
        X509* certificate = PEM_read_bio_X509(certificate_text, nullptr, nullptr, nullptr);
        BIO* key_text = bio(identity.key);
        EVP_PKEY* key = PEM_read_bio_PrivateKey(key_text, nullptr, nullptr, nullptr);
        EXPECT_EQ(SSL_CTX_use_certificate(context, certificate), 1);
        EXPECT_EQ(SSL_CTX_use_PrivateKey(context, key), 1);
        EVP_PKEY_free(key);
        X509_free(certificate);
        BIO_free(key_text);
        BIO_free(certificate_text);
    }

    static SSL_CTX* make_context(const Options& options) {
        SSL_CTX* context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_max_proto_version(context, options.max_version);
        use(context, options.identity);
        if (!options.gives_tickets) {
            SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
            SSL_CTX_set_num_tickets(context, 0);
        }
        SSL_CTX_set_session_id_context(
            context, reinterpret_cast<const unsigned char*>(options.session_context.data()),
            static_cast<unsigned>(options.session_context.size()));
        if (!options.client_authority.empty()) {
            BIO* ca_text = BIO_new_mem_buf(options.client_authority.data(),
                                           static_cast<int>(options.client_authority.size()));
            X509* ca = PEM_read_bio_X509(ca_text, nullptr, nullptr, nullptr);
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
            X509_free(ca);
            BIO_free(ca_text);
        }
        return context;
    }

    void serve(FakeServer::Peer& peer) {
        const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), SSL_free);
        SSL_set_fd(ssl.get(), peer.fd());
        if (SSL_accept(ssl.get()) == 1) {
            const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
            indicated_name_ = name == nullptr ? "" : name;
            resumed_ = SSL_session_reused(ssl.get()) == 1;
            std::string head;
            char byte = 0;
            while (!head.ends_with("\r\n\r\n") && SSL_read(ssl.get(), &byte, 1) == 1) head += byte;
            SSL_write(ssl.get(), options_.answer.data(), static_cast<int>(options_.answer.size()));
            if (options_.says_goodbye) SSL_shutdown(ssl.get());
        }
        ERR_clear_error();
        // What the client has sent is read away: else closing would reset the connection, and take
        // an alert along that is on its way.
        ::shutdown(peer.fd(), SHUT_WR);
        peer.read_to_end();
    }

    Options options_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::string indicated_name_;
    bool resumed_ = false;
    FakeServer server_;
};

}  // namespace snapgate::net
