#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/temporary_folder_testing.h"
#include "net/client/fake_tls_server_testing.h"
#include "net/client/outbound_testing.h"
#include "net/server/server_testing.h"
#include "net/tls/tls.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): all of them run to their end,
// or to that of their loop, within the function that holds the lambda.

namespace snapgate::net {
namespace {

using base::Code;
using std::chrono::milliseconds;

std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

// The reason of a failed exchange; the body of one that did not fail.
std::string outcome(const OutboundOptions& options) {
    const auto answer = fetch(options, get_request("/hello"));
    if (answer) return answer->body;
    EXPECT_EQ(answer.error().code, Code::kUnavailable);
    EXPECT_FALSE(answer.error().message.empty());
    return answer.error().subject;
}

TEST(OutboundTls, ReadsAnswersOfEverySize) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made) << made.error().message;
    ServerOptions server_options;
    auto contexts = TlsContexts::load(made->certificate, made->key);
    ASSERT_TRUE(contexts);
    server_options.tls = *contexts;
    TestServer server(server_options);
    const auto target = target_for({.server = "https://127.0.0.1:" + std::to_string(server.port()),
                                    .ca = read_file(made->ca_certificate)});
    run_coroutine([&]() -> Awaitable<void> {
        auto connection = co_await Outbound::connect(target, kPatience);
        if (!connection) {
            ADD_FAILURE() << connection.error().message;
            co_return;
        }
        Outbound& outbound = **connection;
        for (const char* size : {"0", "1", "16000", "16384", "16385", "120000", "5000000"}) {
            const ClientRequest request = get_request("/size/" + std::string(size));
            auto response = co_await outbound.send(request, kPatience);
            EXPECT_TRUE(response);
            size_t total = 0;
            while (true) {
                auto piece = co_await outbound.read(kPatience);
                if (!piece) {
                    ADD_FAILURE() << piece.error().message;
                    co_return;
                }
                if (piece->empty()) break;
                EXPECT_LE(piece->size(), size_t{256 << 10});
                total += piece->size();
            }
            EXPECT_EQ(std::to_string(total), size);
            EXPECT_TRUE(outbound.reusable());
        }
        ClientRequest post = get_request("/echo", "POST");
        post.content_type = "text/plain";
        post.body = std::string(900'000, 'b');
        auto response = co_await outbound.send(post, kPatience);
        auto body = co_await outbound.read_all(1 << 20, kPatience);
        EXPECT_TRUE(response && body && *body == post.body);
    });
    EXPECT_EQ(server->statistics().connections_accepted, 1U);
}

TEST(OutboundTls, ChecksWhoTheServerIs) {
    const TestAuthority authority;
    const TestAuthority other("another authority");
    FakeTlsServer server({.identity = authority.sign("DNS:localhost,IP:127.0.0.1")});
    EXPECT_EQ(outcome({.server = server.url(), .ca = authority.pem()}), "hello");
    EXPECT_EQ(server.indicated_name(), "");
    EXPECT_EQ(outcome({.server = server.url("localhost"), .ca = authority.pem()}), "hello");
    EXPECT_EQ(server.indicated_name(), "localhost");
    // Several authorities; one of them is it.
    EXPECT_EQ(outcome({.server = server.url(), .ca = "words\n" + other.pem() + authority.pem()}),
              "hello");
    EXPECT_EQ(outcome({.server = server.url(), .ca = other.pem()}),
              outbound_reason::kCertificateNotTrusted);
    EXPECT_EQ(outcome({.server = server.url()}), outbound_reason::kCertificateNotTrusted);
    EXPECT_EQ(outcome({.server = server.url(), .ca = other.pem(), .insecure = true}), "hello");
    // The certificate itself will do.
    const TestCertificate leaf = authority.sign("IP:127.0.0.1");
    FakeTlsServer pinned({.identity = leaf});
    EXPECT_EQ(outcome({.server = pinned.url(), .ca = leaf.certificate}), "hello");
}

std::string digest_of_text(const TestCertificate& certificate) {
    const Bio bio(BIO_new_mem_buf(certificate.certificate.data(),
                                  static_cast<int>(certificate.certificate.size())));
    const Certificate read(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    return digest_of(read.get());
}

TEST(OutboundTls, TakesOneCertificateAloneByItsDigest) {
    const TestAuthority authority;
    const TestCertificate known = authority.sign("DNS:elsewhere.example.org");
    FakeTlsServer server({.identity = known});
    const OutboundOptions options{.server = server.url(),
                                  .certificate_digest = digest_of_text(known)};
    const auto target = target_for(options);
    const auto ask = [&] {
        std::string reason;
        run_coroutine([&]() -> Awaitable<void> {
            const ClientRequest request = get_request("/hello");
            const auto answer = co_await exchange(target, request, kPatience, size_t{1} << 20);
            reason = answer ? answer->body : answer.error().subject;
        });
        return reason;
    };
    EXPECT_EQ(ask(), "hello");
    EXPECT_FALSE(server.resumed());
    EXPECT_EQ(ask(), "hello");
    EXPECT_TRUE(server.resumed());
    // Neither its names nor its time count.
    const TestCertificate old = authority.sign("IP:127.0.0.1", -3, -2);
    FakeTlsServer expired({.identity = old});
    EXPECT_EQ(outcome({.server = expired.url(), .certificate_digest = digest_of_text(old)}),
              "hello");
}

TEST(OutboundTls, AServerTellsTheDigestOfItsCertificate) {
    const base::TemporaryFolder folder;
    const auto made = ensure_self_signed(folder.path(), {});
    ASSERT_TRUE(made) << made.error().message;
    ServerOptions server_options;
    auto contexts = TlsContexts::load(made->certificate, made->key);
    ASSERT_TRUE(contexts);
    server_options.tls = *contexts;
    TestServer server(server_options);
    const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
    const auto answer =
        fetch({.server = url, .certificate_digest = (*contexts)->digest()}, get_request("/size/5"));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body.size(), 5U);
    // Another one is not talked to, be it signed by who is trusted, and for the right names.
    std::string other = (*contexts)->digest();
    other[0] = other[0] == '0' ? '1' : '0';
    EXPECT_EQ(
        outcome(
            {.server = url, .ca = read_file(made->ca_certificate), .certificate_digest = other}),
        outbound_reason::kCertificateNotTrusted);
}

TEST(OutboundTls, ChecksTheName) {
    const TestAuthority authority;
    FakeTlsServer server({.identity = authority.sign("DNS:cluster.example.org,IP:192.0.2.7")});
    const std::string ca = authority.pem();
    EXPECT_EQ(outcome({.server = server.url(), .ca = ca}), outbound_reason::kCertificateWrongName);
    EXPECT_EQ(outcome({.server = server.url("localhost"), .ca = ca}),
              outbound_reason::kCertificateWrongName);
    EXPECT_EQ(outcome({.server = server.url(), .ca = ca, .server_name = "cluster.example.org"}),
              "hello");
    EXPECT_EQ(server.indicated_name(), "cluster.example.org");
    EXPECT_EQ(outcome({.server = server.url(), .ca = ca, .server_name = "192.0.2.7"}), "hello");
    EXPECT_EQ(server.indicated_name(), "");
    EXPECT_EQ(outcome({.server = server.url(), .ca = ca, .server_name = "example.org"}),
              outbound_reason::kCertificateWrongName);
    EXPECT_EQ(outcome({.server = server.url(), .ca = ca, .server_name = "192.0.2.8"}),
              outbound_reason::kCertificateWrongName);
    EXPECT_EQ(outcome({.server = server.url(), .insecure = true}), "hello");
}

TEST(OutboundTls, ChecksTheTime) {
    const TestAuthority authority;
    FakeTlsServer expired({.identity = authority.sign("IP:127.0.0.1", -3, -2)});
    EXPECT_EQ(outcome({.server = expired.url(), .ca = authority.pem()}),
              outbound_reason::kCertificateExpired);
    EXPECT_EQ(outcome({.server = expired.url(), .insecure = true}), "hello");
    FakeTlsServer early({.identity = authority.sign("IP:127.0.0.1", 2, 3)});
    const auto answer =
        fetch({.server = early.url(), .ca = authority.pem()}, get_request("/hello"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().subject, outbound_reason::kCertificateNotTrusted);
    EXPECT_NE(answer.error().message.find("clocks"), std::string::npos);
}

TEST(OutboundTls, ShowsAClientCertificate) {
    const TestAuthority authority;
    const TestAuthority clients("authority of clients");
    const TestCertificate us = clients.sign("DNS:us");
    const TestCertificate stranger = authority.sign("DNS:us");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        FakeTlsServer server({.identity = authority.sign("IP:127.0.0.1"),
                              .client_authority = clients.pem(),
                              .max_version = version});
        OutboundOptions options{.server = server.url(), .ca = authority.pem()};
        options.client_certificate = us.certificate + clients.pem();
        options.client_key = us.key;
        EXPECT_EQ(outcome(options), "hello") << version;
        options.client_certificate = stranger.certificate;
        options.client_key = stranger.key;
        const auto not_taken = fetch(options, get_request("/hello"));
        ASSERT_FALSE(not_taken);
        EXPECT_EQ(not_taken.error().subject, outbound_reason::kTls);
        EXPECT_NE(not_taken.error().message.find("does not take our client certificate"),
                  std::string::npos)
            << not_taken.error().message;
    }
    FakeTlsServer server(
        {.identity = authority.sign("IP:127.0.0.1"), .client_authority = clients.pem()});
    const auto missing =
        fetch({.server = server.url(), .ca = authority.pem()}, get_request("/hello"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Code::kUnavailable);
    EXPECT_EQ(missing.error().subject, outbound_reason::kTls);
    EXPECT_NE(missing.error().message.find("wants a client certificate"), std::string::npos)
        << missing.error().message;
    // TLS 1.2 has no alert of its own for it.
    FakeTlsServer old({.identity = authority.sign("IP:127.0.0.1"),
                       .client_authority = clients.pem(),
                       .max_version = TLS1_2_VERSION});
    EXPECT_EQ(outcome({.server = old.url(), .ca = authority.pem()}), outbound_reason::kTls);
}

TEST(OutboundTls, TellsAnEndFromACut) {
    const TestAuthority authority;
    const auto answer = [&](const std::string& text, bool goodbye) {
        FakeTlsServer server(
            {.identity = authority.sign("IP:127.0.0.1"), .answer = text, .says_goodbye = goodbye});
        return outcome({.server = server.url(), .ca = authority.pem()});
    };
    const std::string head = "HTTP/1.1 200 OK\r\n";
    EXPECT_EQ(answer(head + "\r\nhello", true), "hello");
    // Anybody can end a TCP connection.
    EXPECT_EQ(answer(head + "\r\nhello", false), outbound_reason::kReset);
    EXPECT_EQ(answer(head + "Content-Length: 5\r\n\r\nhello", false), "hello");
    EXPECT_EQ(answer(head + "Content-Length: 6\r\n\r\nhello", true), outbound_reason::kReset);
    EXPECT_EQ(answer(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true),
              outbound_reason::kReset);
    EXPECT_EQ(answer(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false),
              "hello");
}

TEST(OutboundTls, SaysThatAServerSpeaksNoTls) {
    FakeServer talks([](FakeServer::Peer& peer, int) {
        peer.read_until("\x01");
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    EXPECT_EQ(outcome({.server = talks.url("https")}), outbound_reason::kTls);
    FakeServer ends([](FakeServer::Peer& peer, int) { peer.read_until("\x01"); });
    EXPECT_EQ(outcome({.server = ends.url("https")}), outbound_reason::kReset);
    FakeServer old([](FakeServer::Peer& peer, int) {
        peer.read_until("\x01");
        peer.send(std::string_view("\x15\x03\x01\x00\x02\x02\x28", 7));
    });
    EXPECT_EQ(outcome({.server = old.url("https")}), outbound_reason::kTls);
}

TEST(OutboundTls, GivesUpWaitingForAHandshake) {
    FakeServer silent([](FakeServer::Peer& peer, int) { peer.read_to_end(); });
    const auto answer = fetch({.server = silent.url("https")}, get_request("/"), milliseconds(50));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kTimeout);
    EXPECT_EQ(answer.error().subject, outbound_reason::kConnectTimeout);
}

std::string option_at_fault(const OutboundOptions& options) {
    const auto target = OutboundTarget::make(options);
    if (target) return "";
    EXPECT_EQ(target.error().code, Code::kInvalidParameter);
    EXPECT_EQ(target.error().message.find("PRIVATE"), std::string::npos);
    return target.error().subject;
}

TEST(OutboundTarget, ChecksItsOptions) {
    const TestAuthority authority;
    const TestCertificate us = authority.sign("DNS:us");
    const TestCertificate expired = authority.sign("DNS:us", -3, -2);
    const std::string server = "https://127.0.0.1:6443";
    const auto with = [&](const std::string& certificate, const std::string& key) {
        OutboundOptions options{.server = server};
        options.client_certificate = certificate;
        options.client_key = key;
        return option_at_fault(options);
    };
    EXPECT_EQ(target_for({.server = "https://h:6443/p"})->text(), "https://h:6443");
    EXPECT_EQ(option_at_fault({.server = "h"}), "server");
    EXPECT_EQ(option_at_fault({.server = server, .ca = authority.pem()}), "");
    EXPECT_EQ(option_at_fault({.server = server, .ca = "no PEM"}), "ca");
    EXPECT_EQ(option_at_fault({.server = server, .ca = us.key}), "ca");
    std::string broken = authority.pem();
    broken.replace(100, 4, "AAAA");
    EXPECT_EQ(option_at_fault({.server = server, .ca = authority.pem() + broken}), "ca");
    EXPECT_EQ(option_at_fault({.server = server, .ca = std::string(2 << 20, 'x')}), "ca");
    EXPECT_EQ(option_at_fault({.server = server, .server_name = "a b"}), "server-name");
    EXPECT_EQ(option_at_fault({.server = server, .server_name = std::string("a\0b", 3)}),
              "server-name");
    EXPECT_EQ(option_at_fault({.server = server, .server_name = "::1"}), "");
    EXPECT_EQ(with(us.certificate, us.key), "");
    EXPECT_EQ(with(us.certificate, ""), "client-key");
    EXPECT_EQ(with("", us.key), "client-certificate");
    EXPECT_EQ(with("x", us.key), "client-certificate");
    EXPECT_EQ(with(us.certificate, "x"), "client-key");
    EXPECT_EQ(with(us.certificate, authority.sign("DNS:us").key), "client-key");
    EXPECT_EQ(with(expired.certificate, expired.key), "client-certificate");
    EXPECT_EQ(with(us.certificate,
                   "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                   "-----END ENCRYPTED PRIVATE KEY-----\n"),
              "client-key");
    // Nothing of it stays behind for whoever uses OpenSSL next.
    EXPECT_EQ(ERR_peek_error(), 0UL);
}

}  // namespace
}  // namespace snapgate::net

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
