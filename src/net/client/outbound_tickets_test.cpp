#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/client/fake_tls_server_testing.h"
#include "net/client/outbound_target.h"
#include "net/client/outbound_testing.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): all of them run to their end
// within the function that holds the lambda.

namespace snapgate::net {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Target = std::shared_ptr<const OutboundTarget>;

// The reason of a failed exchange over a new connection; the body of one that did not fail.
std::string ask(const Target& target) {
    std::optional<base::Result<ClientResponse>> answer;
    run_coroutine([&]() -> Awaitable<void> {
        answer = co_await exchange(target, get_request("/hello"), kPatience, 1 << 20);
    });
    return *answer ? (*answer)->body : (*answer).error().subject;
}

TlsTickets& tickets_of(const Target& target) {
    return *target->parts().tickets;
}

class OutboundTickets : public testing::Test {
  protected:
    Target target_of(const FakeTlsServer& server) const {
        return target_for({.server = server.url(), .ca = authority_.pem()});
    }
    TestCertificate identity() const { return authority_.sign("IP:127.0.0.1"); }

    // One whose server has given it a ticket.
    Target known_to(const FakeTlsServer& server) const {
        Target target = target_of(server);
        EXPECT_EQ(ask(target), "hello");
        EXPECT_FALSE(server.resumed());
        return target;
    }

    const TestAuthority authority_;
};

TEST_F(OutboundTickets, GoOnWithTheSessionBefore) {
    FakeTlsServer server({.identity = identity()});
    const Target target = known_to(server);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(ask(target), "hello");
        EXPECT_TRUE(server.resumed());
    }
}

TEST_F(OutboundTickets, OutliveConnectionsThatAreCut) {
    FakeTlsServer server({.identity = identity(),
                          .answer = "HTTP/1.1 200 OK\r\n\r\nthe rest",
                          .says_goodbye = false});
    const Target target = target_of(server);
    for (const bool resumed : {false, true, true}) {
        EXPECT_EQ(ask(target), outbound_reason::kReset);
        EXPECT_EQ(server.resumed(), resumed);
    }
}

TEST_F(OutboundTickets, AreOfOneTarget) {
    const TestAuthority other("another authority");
    FakeTlsServer server({.identity = identity()});
    const Target target = known_to(server);
    // The same server, by who trusts another authority, or wants another name.
    EXPECT_EQ(ask(target_for({.server = server.url(), .ca = other.pem()})),
              outbound_reason::kCertificateNotTrusted);
    EXPECT_EQ(ask(target_for(
                  {.server = server.url(), .ca = authority_.pem(), .server_name = "elsewhere"})),
              outbound_reason::kCertificateWrongName);
    static_cast<void>(known_to(server));
    EXPECT_EQ(ask(target), "hello");
    EXPECT_TRUE(server.resumed());
}

TEST_F(OutboundTickets, AreKeptWhereAnyCertificateWillDo) {
    FakeTlsServer server({.identity = identity()});
    const Target careless = target_for({.server = server.url(), .insecure = true});
    EXPECT_EQ(ask(careless), "hello");
    EXPECT_EQ(ask(careless), "hello");
    EXPECT_TRUE(server.resumed());
    EXPECT_EQ(ask(target_for({.server = server.url()})), outbound_reason::kCertificateNotTrusted);
}

TEST_F(OutboundTickets, AreShownOnce) {
    FakeTlsServer server({.identity = identity()});
    const Target target = known_to(server);
    EXPECT_TRUE(tickets_of(target).take());
    EXPECT_FALSE(tickets_of(target).take());
    EXPECT_EQ(ask(target), "hello");
    EXPECT_FALSE(server.resumed());
}

TEST_F(OutboundTickets, AreAsOldAsTheVerification) {
    FakeTlsServer server({.identity = identity()});
    const Target target = known_to(server);
    TlsTickets& tickets = tickets_of(target);
    auto ticket = tickets.take();
    ASSERT_TRUE(ticket);
    // Nearly too old, and handed on.
    const auto verified = ticket->verified - TlsTickets::kMostAge + minutes(5);
    ticket->verified = verified;
    tickets.put(std::move(*ticket));
    EXPECT_EQ(ask(target), "hello");
    EXPECT_TRUE(server.resumed());
    ticket = tickets.take();
    ASSERT_TRUE(ticket);
    EXPECT_EQ(ticket->verified, verified);
    // Too old.
    ticket->verified -= minutes(5);
    tickets.put(std::move(*ticket));
    EXPECT_EQ(ask(target), "hello");
    EXPECT_FALSE(server.resumed());
    // And new again.
    EXPECT_EQ(ask(target), "hello");
    EXPECT_TRUE(server.resumed());
}

TEST_F(OutboundTickets, EndWithTheCertificate) {
    FakeTlsServer server({.identity = authority_.sign("IP:127.0.0.1", -1, 1)});
    const auto take_after = [&](hours later) {
        const Target target = known_to(server);
        TlsTickets& tickets = tickets_of(target);
        auto ticket = tickets.take();
        ticket->verified += later;
        const auto then = ticket->verified;
        tickets.put(std::move(*ticket));
        return tickets.take(then).has_value();
    };
    EXPECT_TRUE(take_after(hours(23)));
    EXPECT_FALSE(take_after(hours(25)));
}

TEST_F(OutboundTickets, TellNothingWhereTheClockWasSetBack) {
    FakeTlsServer server({.identity = identity()});
    const Target target = known_to(server);
    EXPECT_FALSE(tickets_of(target).take(TlsTickets::Clock::now() - hours(1)));
}

TEST_F(OutboundTickets, OfAServerThatHasForgottenThemAreOfNoUse) {
    FakeTlsServer server({.identity = identity()});
    const Target target = known_to(server);
    auto ticket = tickets_of(target).take();
    ASSERT_TRUE(ticket);
    const TestAuthority other("another authority");
    FakeTlsServer stranger({.identity = other.sign("IP:127.0.0.1")});
    FakeTlsServer replaced({.identity = identity()});
    // As if it stood in the server's place: it has other keys for its tickets.
    const Target there = target_of(replaced);
    tickets_of(there).put(std::move(*ticket));
    EXPECT_EQ(ask(there), "hello");
    EXPECT_FALSE(replaced.resumed());
    EXPECT_EQ(replaced.connections(), 1);
    ticket = tickets_of(there).take();
    ASSERT_TRUE(ticket);
    // What it presents instead is verified as ever.
    const Target strange = target_of(stranger);
    tickets_of(strange).put(std::move(*ticket));
    EXPECT_EQ(ask(strange), outbound_reason::kCertificateNotTrusted);
}

TEST_F(OutboundTickets, OutliveTheirServersCertificateForTheirAgeOnly) {
    const TestAuthority other("another authority");
    FakeTlsServer server({.identity = identity()});
    const Target target = known_to(server);
    server.present(other.sign("IP:127.0.0.1"));
    EXPECT_EQ(ask(target), "hello");
    EXPECT_TRUE(server.resumed());
    auto ticket = tickets_of(target).take();
    ASSERT_TRUE(ticket);
    ticket->verified -= TlsTickets::kMostAge;
    tickets_of(target).put(std::move(*ticket));
    EXPECT_EQ(ask(target), outbound_reason::kCertificateNotTrusted);
}

TEST_F(OutboundTickets, NeedNotBeGiven) {
    FakeTlsServer without({.identity = identity(), .gives_tickets = false});
    // Its sessions would lose their forward secrecy.
    FakeTlsServer old({.identity = identity(), .max_version = TLS1_2_VERSION});
    for (const FakeTlsServer* server : {&without, &old}) {
        const Target target = known_to(*server);
        EXPECT_EQ(ask(target), "hello");
        EXPECT_FALSE(server->resumed());
        EXPECT_EQ(server->connections(), 2);
        // None is there, however old.
        EXPECT_FALSE(tickets_of(target).take(TlsTickets::Clock::time_point()));
    }
}

class ClientTickets : public OutboundTickets {
  protected:
    Target target_of(const FakeTlsServer& server) const {
        const TestCertificate us = clients_.sign("DNS:us");
        return target_for({.server = server.url(),
                           .ca = authority_.pem(),
                           .client_certificate = us.certificate,
                           .client_key = us.key});
    }

    const TestAuthority clients_{"authority of clients"};
};

TEST_F(ClientTickets, StandForOurCertificateToo) {
    FakeTlsServer server(
        {.identity = identity(), .client_authority = clients_.pem(), .session_context = "server"});
    const Target target = target_of(server);
    EXPECT_EQ(ask(target), "hello");
    EXPECT_FALSE(server.resumed());
    EXPECT_EQ(ask(target), "hello");
    EXPECT_TRUE(server.resumed());
    EXPECT_EQ(ask(target_of(server)), "hello");
    EXPECT_FALSE(server.resumed());
}

TEST_F(ClientTickets, AreNotShownToAServerThatEndsTheHandshakeOverThem) {
    FakeTlsServer server({.identity = identity(), .client_authority = clients_.pem()});
    const Target target = target_of(server);
    EXPECT_EQ(ask(target), "hello");
    // With the ticket, and without.
    EXPECT_EQ(ask(target), "hello");
    EXPECT_EQ(server.connections(), 3);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(target), "hello");
    EXPECT_EQ(server.connections(), 6);
}

TEST_F(ClientTickets, AreNotShownToAServerThatForgetsWhoWeAre) {
    for (const char* status : {"401 Unauthorized", "403 Forbidden"}) {
        FakeTlsServer server({.identity = identity(),
                              .client_authority = clients_.pem(),
                              .session_context = "server"});
        const Target target = target_of(server);
        EXPECT_EQ(ask(target), "hello");
        server.answer(std::string("HTTP/1.1 ") + status + "\r\nContent-Length: 5\r\n\r\nwho??");
        EXPECT_EQ(ask(target), "who??");
        EXPECT_TRUE(server.resumed());
        server.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        for (int i = 0; i < 2; ++i) {
            EXPECT_EQ(ask(target), "hello");
            EXPECT_FALSE(server.resumed());
        }
    }
}

TEST_F(OutboundTickets, AreShownAgainAfterAPause) {
    FakeTlsServer server({.identity = identity()});
    const Target target = known_to(server);
    TlsTickets& tickets = tickets_of(target);
    tickets.pause(TlsTickets::Clock::now() - TlsTickets::kPause + minutes(1));
    EXPECT_EQ(ask(target), "hello");
    EXPECT_FALSE(server.resumed());
    EXPECT_EQ(ask(target), "hello");
    EXPECT_FALSE(server.resumed());
    tickets.pause(TlsTickets::Clock::now() - TlsTickets::kPause);
    EXPECT_EQ(ask(target), "hello");
    EXPECT_EQ(ask(target), "hello");
    EXPECT_TRUE(server.resumed());
}

}  // namespace
}  // namespace snapgate::net

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
