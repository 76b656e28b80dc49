#include "net/tls/tls.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/clock_testing.h"
#include "base/temporary_folder_testing.h"
#include "net/client/client.h"
#include "net/client/fake_server_testing.h"
#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

using base::Code;
namespace fs = std::filesystem;

std::string read_file(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

void write_file(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

unsigned mode_of(const fs::path& file) {
    struct stat status{};
    EXPECT_EQ(stat(file.c_str(), &status), 0);
    return status.st_mode & 0777;
}

ServerOptions tls_options(const SelfSigned& files) {
    ServerOptions options;
    auto tls = TlsContexts::load(files.certificate, files.key);
    if (tls) {
        options.tls = *tls;
    } else {
        ADD_FAILURE() << tls.error().message;
    }
    return options;
}

ClientRequest get(const std::string& target) {
    ClientRequest request;
    request.target = target;
    return request;
}

base::Result<ClientResponse> fetch(const std::string& url, const fs::path& ca,
                                   const std::string& target = "/hello") {
    Client client({.server = url, .ca_file = ca.string()});
    return client.send(get(target));
}

std::string https(TestServer& server, const std::string& host = "127.0.0.1") {
    return "https://" + host + ":" + std::to_string(server.port());
}

TEST(SelfSigned, IsMadeOnceWithTheRightModes) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {"snap.example.org", "192.0.2.7"});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(mode_of(made->key), 0600U);
    EXPECT_EQ(mode_of(folder.path() / "ca.key"), 0600U);
    EXPECT_EQ(mode_of(made->certificate), 0644U);
    EXPECT_EQ(mode_of(made->ca_certificate), 0644U);
    const std::string ca = read_file(made->ca_certificate);
    const std::string leaf = read_file(made->certificate);
    // The same hosts or fewer: nothing changes.
    ASSERT_TRUE(ensure_self_signed(folder.path(), {"snap.example.org", "192.0.2.7"}));
    ASSERT_TRUE(ensure_self_signed(folder.path(), {}));
    EXPECT_EQ(read_file(made->certificate), leaf);
    // Another host: a new certificate of the same CA.
    ASSERT_TRUE(ensure_self_signed(folder.path(), {"other.example.org"}));
    EXPECT_NE(read_file(made->certificate), leaf);
    EXPECT_EQ(read_file(made->ca_certificate), ca);
}

TEST(SelfSigned, RepairsWhatIsBroken) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made) << made.error().message;
    const std::string ca = read_file(made->ca_certificate);
    const auto serves = [&] {
        TestServer server(tls_options(*made));
        const auto response = fetch(https(server), made->ca_certificate);
        return response && response->body == "hello";
    };
    // A key that does not belong to the certificate, as after a crash between the two.
    write_file(made->key, read_file(folder.path() / "ca.key"));
    ASSERT_TRUE(ensure_self_signed(folder.path(), {}));
    EXPECT_TRUE(serves());
    write_file(made->certificate, "no certificate");
    ASSERT_TRUE(ensure_self_signed(folder.path(), {}));
    EXPECT_TRUE(serves());
    EXPECT_EQ(read_file(made->ca_certificate), ca);
    // Without a CA all is made anew.
    fs::remove(folder.path() / "ca.key");
    fs::remove(made->ca_certificate);
    ASSERT_TRUE(ensure_self_signed(folder.path(), {}));
    EXPECT_TRUE(serves());
    EXPECT_NE(read_file(made->ca_certificate), ca);
}

// Clients trust it: to make another one is for whoever runs the server to decide.
TEST(SelfSigned, ADamagedCaIsRefusedAndNotOverwritten) {
    const base::TemporaryFolder other_folder;
    ASSERT_TRUE(ensure_self_signed(other_folder.path(), {}));
    const std::string other_key = read_file(other_folder.path() / "ca.key");
    for (const std::string damaged : {"ca.crt", "ca.key"}) {
        for (const std::string& text : {std::string(), std::string("no PEM"), other_key}) {
            const base::TemporaryFolder folder;
            ASSERT_TRUE(ensure_self_signed(folder.path(), {}));
            const std::string leaf = read_file(folder.path() / "tls.crt");
            const std::string untouched = damaged == "ca.crt" ? "ca.key" : "ca.crt";
            const std::string whole = read_file(folder.path() / untouched);
            const auto expect_refused = [&](const std::string& how) {
                const auto refused = ensure_self_signed(folder.path(), {"other.example.org"});
                ASSERT_FALSE(refused) << how;
                EXPECT_EQ(refused.error().code, Code::kCorrupt);
                EXPECT_NE(refused.error().message.find("cannot use " +
                                                       (folder.path() / damaged).string() + ": "),
                          std::string::npos)
                    << refused.error().message;
                EXPECT_EQ(read_file(folder.path() / untouched), whole);
                EXPECT_EQ(read_file(folder.path() / "tls.crt"), leaf);
                EXPECT_FALSE(fs::exists(folder.path() / "ca.crt.old"));
            };
            write_file(folder.path() / damaged, text);
            expect_refused(text);
            EXPECT_EQ(read_file(folder.path() / damaged), text);
            fs::remove(folder.path() / damaged);
            expect_refused("missing");
            EXPECT_FALSE(fs::exists(folder.path() / damaged));
            fs::create_symlink(folder.path() / "nowhere", folder.path() / damaged);
            expect_refused("a link that leads nowhere");
        }
    }
}

TEST(SelfSigned, ACertificateThatIsNoCaIsRefused) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made);
    write_file(made->ca_certificate, read_file(made->certificate));
    write_file(folder.path() / "ca.key", read_file(made->key));
    const auto refused = ensure_self_signed(folder.path(), {});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("ca.crt: it is no certificate of a CA"),
              std::string::npos);
}

TEST(SelfSigned, NoWrongClockLosesACa) {
    constexpr int64_t kYear = int64_t{365} * 86'400'000;
    const base::TemporaryFolder folder;
    base::TestClock clock(base::system_clock().now_ms());
    const auto made = ensure_self_signed(folder.path(), {}, clock);
    ASSERT_TRUE(made);
    const fs::path ca_key = folder.path() / "ca.key";
    const std::string certificate = read_file(made->ca_certificate);
    const std::string key = read_file(ca_key);
    // Before its beginning, and shortly before its end.
    for (const int64_t error : {-20 * kYear, 9 * kYear + kYear * 99 / 100}) {
        clock.step(error);
        ASSERT_TRUE(ensure_self_signed(folder.path(), {}, clock));
        EXPECT_EQ(read_file(made->ca_certificate), certificate);
        clock.step(-error);
    }
    // Beyond its end it is of no use, but it is kept.
    clock.step(12 * kYear);
    const auto replaced = ensure_self_signed(folder.path(), {}, clock);
    ASSERT_TRUE(replaced) << replaced.error().message;
    EXPECT_TRUE(replaced->made_ca);
    EXPECT_NE(read_file(made->ca_certificate), certificate);
    const fs::path old_certificate = folder.path() / "ca.crt.old";
    const fs::path old_key = folder.path() / "ca.key.old";
    EXPECT_EQ(read_file(old_certificate), certificate);
    EXPECT_EQ(read_file(old_key), key);
    EXPECT_EQ(mode_of(old_certificate), 0600U);
    EXPECT_EQ(mode_of(old_key), 0600U);
    EXPECT_EQ(mode_of(ca_key), 0600U);
    EXPECT_EQ(mode_of(made->ca_certificate), 0644U);
    // With the right clock clients can use either of them.
    clock.step(-12 * kYear);
    const auto serves = [&] {
        const auto now = ensure_self_signed(folder.path(), {}, clock);
        if (!now || now->made_ca) return false;
        TestServer server(tls_options(*now));
        const auto response = fetch(https(server), now->ca_certificate);
        return response && response->body == "hello";
    };
    EXPECT_TRUE(serves());
    fs::rename(old_certificate, made->ca_certificate);
    fs::rename(old_key, ca_key);
    EXPECT_TRUE(serves());
    EXPECT_EQ(read_file(made->ca_certificate), certificate);
}

TEST(SelfSigned, ACrashWhileACaIsWrittenLeavesNoneThatIsRefused) {
    const base::TemporaryFolder folder;
    const base::TemporaryFolder other_folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made);
    ASSERT_TRUE(ensure_self_signed(other_folder.path(), {}));
    const fs::path ca_key = folder.path() / "ca.key";
    const std::string certificate = read_file(made->ca_certificate);
    const std::string key = read_file(ca_key);
    // After the certificate, in the place of an older pair and of none.
    for (const bool older : {true, false}) {
        fs::rename(ca_key, folder.path() / "ca.key.new");
        if (older) fs::copy_file(other_folder.path() / "ca.key", ca_key);
        ASSERT_TRUE(ensure_self_signed(folder.path(), {}));
        EXPECT_EQ(read_file(ca_key), key);
        EXPECT_EQ(read_file(made->ca_certificate), certificate);
    }
    // Before it: the key that waits is of no CA yet.
    fs::copy_file(other_folder.path() / "ca.key", folder.path() / "ca.key.new");
    ASSERT_TRUE(ensure_self_signed(folder.path(), {}));
    EXPECT_EQ(read_file(ca_key), key);
}

TEST(SelfSigned, RefusesWhatIsNoHost) {
    const base::TemporaryFolder folder;
    for (const std::string host : {"", "a b", "*", "a,DNS:b", "-a", "http://a", "a\nb"}) {
        const auto made = ensure_self_signed(folder.path(), {host});
        ASSERT_FALSE(made) << host;
        EXPECT_EQ(made.error().code, Code::kInvalidParameter);
    }
    EXPECT_FALSE(ensure_self_signed(folder.path() / "missing", {}));
}

TEST(SelfSigned, CertificatesSayWhatClientsWant) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {"snap.example.org", "2001:db8::1"});
    ASSERT_TRUE(made) << made.error().message;
    const auto load = [](const fs::path& file) {
        const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_file(file.c_str(), "r"), BIO_free);
        return std::unique_ptr<X509, void (*)(X509*)>(
            PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
    };
    const auto ca = load(made->ca_certificate);
    const auto leaf = load(made->certificate);
    ASSERT_TRUE(ca && leaf);
    EXPECT_EQ(X509_check_ca(ca.get()), 1);
    EXPECT_EQ(X509_check_ca(leaf.get()), 0);
    EXPECT_EQ(X509_get_key_usage(ca.get()), unsigned{KU_KEY_CERT_SIGN | KU_CRL_SIGN});
    EXPECT_EQ(X509_get_key_usage(leaf.get()), unsigned{KU_DIGITAL_SIGNATURE});
    EXPECT_EQ(X509_get_extended_key_usage(leaf.get()), unsigned{XKU_SSL_SERVER});
    EXPECT_NE(X509_get0_subject_key_id(leaf.get()), nullptr);
    EXPECT_NE(X509_get0_authority_key_id(leaf.get()), nullptr);
    for (const char* host : {"localhost", "snap.example.org"}) {
        EXPECT_EQ(X509_check_host(leaf.get(), host, 0, 0, nullptr), 1) << host;
    }
    for (const char* address : {"127.0.0.1", "::1", "2001:db8::1"}) {
        EXPECT_EQ(X509_check_ip_asc(leaf.get(), address, 0), 1) << address;
    }
    EXPECT_EQ(X509_check_host(leaf.get(), "snapgate", 0, 0, nullptr), 0);
    int days = 0;
    int seconds = 0;
    ASSERT_EQ(ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(leaf.get())), 1);
    EXPECT_GE(days, 396);
    EXPECT_LE(days, 397);
}

TEST(TlsContexts, SaysWhatIsWrongWithTheFiles) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made);
    const auto message = [](const fs::path& certificate, const fs::path& key) {
        const auto loaded = TlsContexts::load(certificate, key);
        if (loaded) return std::string("loaded");
        EXPECT_EQ(loaded.error().code, Code::kInvalidParameter);
        return loaded.error().message;
    };
    EXPECT_EQ(message(made->certificate, made->key), "loaded");
    const fs::path missing = folder.path() / "missing";
    EXPECT_NE(message(missing, made->key).find("missing does not exist"), std::string::npos);
    EXPECT_NE(message(made->certificate, missing).find("missing does not exist"),
              std::string::npos);
    EXPECT_NE(message(folder.path(), made->key).find("is a folder"), std::string::npos);
    EXPECT_NE(message(made->certificate, folder.path()).find("is a folder"), std::string::npos);
    EXPECT_NE(message(made->key, made->key).find("holds no certificate"), std::string::npos);
    EXPECT_NE(message(made->certificate, made->certificate).find("holds no private key"),
              std::string::npos);
    EXPECT_NE(message(made->certificate, folder.path() / "ca.key").find("does not belong to"),
              std::string::npos);
}

TEST(ServerTls, SharesThePortWithPlain) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made);
    TestServer server(tls_options(*made));
    Client client({.server = https(server), .ca_file = made->ca_certificate.string()});
    for (const char* size : {"0", "1", "16000", "16384", "120000", "5000000"}) {
        const auto response = client.send(get("/size/" + std::string(size)));
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(std::to_string(response->body.size()), size);
    }
    ClientRequest upload = get("/echo");
    upload.method = "POST";
    upload.content_type = "text/plain";
    upload.body = std::string(1'000'000, 'u');
    EXPECT_EQ(client.send(upload)->body, upload.body);
    EXPECT_EQ(server->statistics().connections_accepted, 1U);
    for (const char* host : {"localhost", "127.0.0.1"}) {
        const auto response = fetch(https(server, host), made->ca_certificate);
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->body, "hello");
    }
    RawConnection plain(server.port());
    ASSERT_TRUE(plain.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_EQ(plain.read_answer()->body, "hello");
}

TEST(ServerTls, StopsAnUploadByItsAnswer) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made);
    TestServer server(tls_options(*made));
    Client client({.server = https(server), .ca_file = made->ca_certificate.string()});
    ClientRequest request = get("/ignore");
    request.method = "POST";
    request.content_type = "text/plain";
    const std::string piece(64 << 10, 'p');
    request.next_piece = [&]() -> base::Result<std::string_view> {
        return std::string_view(piece);
    };
    const auto response = client.send(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "ignored");
}

TEST(ServerTls, TellsPlainClientsToUseIt) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made);
    ServerOptions options = tls_options(*made);
    options.plain = false;
    TestServer server(options);
    RawConnection plain(server.port());
    ASSERT_TRUE(plain.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto answer = plain.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400U);
    EXPECT_NE(answer->body.find("use https://"), std::string::npos);
    EXPECT_EQ(plain.read_to_end(), "");
    EXPECT_EQ(fetch(https(server), made->ca_certificate)->body, "hello");
}

TEST(ServerTls, ReadsCertificatesAgain) {
    const base::TemporaryFolder first_folder;
    const base::TemporaryFolder second_folder;
    const auto first = ensure_self_signed(first_folder.path(), {});
    const auto second = ensure_self_signed(second_folder.path(), {});
    ASSERT_TRUE(first && second);
    const fs::path first_ca = first_folder.path() / "old.crt";
    fs::copy(first->ca_certificate, first_ca);
    const ServerOptions options = tls_options(*first);
    TestServer server(options);
    Client kept({.server = https(server), .ca_file = first_ca.string()});
    EXPECT_EQ(kept.send(get("/hello"))->body, "hello");

    write_file(first->certificate, "broken");
    EXPECT_FALSE(options.tls->reload());
    EXPECT_EQ(fetch(https(server), first_ca)->body, "hello");

    write_file(first->certificate, read_file(second->certificate));
    write_file(first->key, read_file(second->key));
    const auto reloaded = options.tls->reload();
    ASSERT_TRUE(reloaded) << reloaded.error().message;
    EXPECT_EQ(fetch(https(server), second->ca_certificate)->body, "hello");
    EXPECT_FALSE(fetch(https(server), first_ca));
    // Who is connected stays.
    EXPECT_EQ(kept.send(get("/hello"))->body, "hello");
    EXPECT_EQ(server->statistics().connections_accepted, 4U);
}

TEST(ServerTls, EndsHandshakesThatDoNotComeOn) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made);
    ServerOptions options = tls_options(*made);
    options.timeouts.handshake = std::chrono::milliseconds(50);
    TestServer server(options);
    RawConnection slow(server.port());
    ASSERT_TRUE(slow.send("\x16\x03\x01"));
    bool closed = false;
    slow.read_to_end(&closed);
    EXPECT_TRUE(closed);
    RawConnection garbage(server.port());
    ASSERT_TRUE(garbage.send("\x16" + std::string(1000, 'g')));
    garbage.read_to_end(&closed);
    EXPECT_TRUE(closed);
    EXPECT_EQ(fetch(https(server), made->ca_certificate)->body, "hello");
}

// What a client that offers these protocols (ALPN, each with its length before it) is given;
// "refused" if there is no connection.
std::string negotiated(TestServer& server, const std::string& offered, int max_version) {
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                               SSL_CTX_free);
    SSL_CTX_set_max_proto_version(context.get(), max_version);
    RawConnection connection(server.port());
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), connection.fd());
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                        static_cast<unsigned>(offered.size()));
    if (SSL_connect(ssl.get()) != 1) return "refused";
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl.get(), &protocol, &size);
    return std::string(SSL_get_version(ssl.get())) + " " +
           std::string(reinterpret_cast<const char*>(protocol), size);
}

TEST(ServerTls, NegotiatesVersionAndProtocol) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made);
    TestServer server(tls_options(*made));
    const std::string both = "\x02h2\x08http/1.1";
    EXPECT_EQ(negotiated(server, both, TLS1_3_VERSION), "TLSv1.3 http/1.1");
    EXPECT_EQ(negotiated(server, both, TLS1_2_VERSION), "TLSv1.2 http/1.1");
    EXPECT_EQ(negotiated(server, "", TLS1_3_VERSION), "TLSv1.3 ");
    EXPECT_EQ(negotiated(server, "\x02h2", TLS1_3_VERSION), "refused");
    EXPECT_EQ(negotiated(server, both, TLS1_1_VERSION), "refused");
}

TEST(ClientTls, SaysWhyItDoesNotTrust) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made);
    ServerOptions options = tls_options(*made);
    options.address = "0.0.0.0";
    TestServer server(options);
    const auto untrusted = fetch(https(server), "");
    ASSERT_FALSE(untrusted);
    EXPECT_EQ(untrusted.error().code, Code::kUnavailable);
    EXPECT_NE(untrusted.error().message.find("--ca FILE"), std::string::npos)
        << untrusted.error().message;

    const auto no_ca = fetch(https(server), folder.path() / "missing.crt");
    ASSERT_FALSE(no_ca);
    EXPECT_EQ(no_ca.error().code, Code::kInvalidParameter);

    const auto other_name = fetch(https(server, "127.0.0.2"), made->ca_certificate);
    ASSERT_FALSE(other_name);
    EXPECT_NE(other_name.error().message.find("for other names"), std::string::npos)
        << other_name.error().message;
}

TEST(ClientTls, SaysThatAServerSpeaksPlain) {
    FakeServer talks([](FakeServer::Peer& peer, int) {
        peer.read_until("\x01");
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    TestServer closes;
    for (const std::string& url : {talks.url("https"), https(closes)}) {
        const auto response = fetch(url, "");
        ASSERT_FALSE(response);
        EXPECT_EQ(response.error().code, Code::kUnavailable);
        EXPECT_NE(response.error().message.find("use http://"), std::string::npos)
            << response.error().message;
    }
}

}  // namespace
}  // namespace snapgate::net
