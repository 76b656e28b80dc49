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

#include "net/fake_server.h"
#include "net/test_certificates.h"

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

  private:
    static SSL_CTX* make_context(const Options& options) {
        SSL_CTX* context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_max_proto_version(context, options.max_version);
        const auto bio = [](const std::string& text) {
            return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
        };
        BIO* certificate_text = bio(options.identity.certificate);
        X509* certificate = PEM_read_bio_X509(certificate_text, nullptr, nullptr, nullptr);
        BIO* key_text = bio(options.identity.key);
        EVP_PKEY* key = PEM_read_bio_PrivateKey(key_text, nullptr, nullptr, nullptr);
        EXPECT_EQ(SSL_CTX_use_certificate(context, certificate), 1);
        EXPECT_EQ(SSL_CTX_use_PrivateKey(context, key), 1);
        if (!options.client_authority.empty()) {
            BIO* ca_text = bio(options.client_authority);
            X509* ca = PEM_read_bio_X509(ca_text, nullptr, nullptr, nullptr);
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
            X509_free(ca);
            BIO_free(ca_text);
        }
        EVP_PKEY_free(key);
        X509_free(certificate);
        BIO_free(key_text);
        BIO_free(certificate_text);
        return context;
    }

    void serve(FakeServer::Peer& peer) {
        const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), SSL_free);
        SSL_set_fd(ssl.get(), peer.fd());
        if (SSL_accept(ssl.get()) == 1) {
            const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
            indicated_name_ = name == nullptr ? "" : name;
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

    const Options options_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::string indicated_name_;
    FakeServer server_;
};

}  // namespace snapgate::net
