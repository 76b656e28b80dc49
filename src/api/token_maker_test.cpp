// Requests whose token another replica has made: one answers here as that replica would.
#include "api/token_maker.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/service_testing.h"
#include "base/clock_testing.h"
#include "base/encoding.h"
#include "json/value.h"
#include "net/client/fake_server_testing.h"
#include "net/server/raw_connection_testing.h"
#include "query/event_id.h"
#include "query/fleet_token.h"
#include "store/objects_testing.h"

namespace snapgate::api {
namespace {

using net::FakeServer;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kList = "/v1/spectroclusters/-/vms/snapshot?limit=1";
const std::string kMaker(store::kStoreIdBytes, 'm');

class TokenMakerTest : public testing::Test {
  protected:
    TokenMakerTest() {
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            for (const std::string_view name : {"a", "b", "c"})
                SNAPGATE_TRY(txn.put(service_.cluster(), model::Kind::kSnapshot,
                                     store::make_object("ns", name, "vm")));
            return {};
        });
    }

    std::string of_key() const { return fmt::format("ApiKey: {}\r\n", service_.key()); }

    // The token behind the first page, as the other replica would have made it.
    std::string token() const {
        const auto page = service_.ask("GET", kList, of_key());
        EXPECT_EQ(page.status, 200U) << page.body;
        const auto body = json::parse(page.body);
        const auto& metadata = body->as_object().at("metadata").as_object();
        auto token = query::unseal_fleet_token(
            service_.signer(), std::string_view(metadata.at("continue").as_string()));
        EXPECT_TRUE(token);
        token->store_id = kMaker;
        return query::seal(service_.signer(), *token);
    }
    std::string event_id() const {
        query::EventId id;
        id.store_id = kMaker;
        id.query = id.clusters = std::string(query::kListingDigestBytes, 'd');
        return query::seal(service_.signer(), id);
    }
    // Asks for a stream of events that goes on at the maker; what came with its first event.
    std::string first_event(net::RawConnection& client) const {
        client.send(
            fmt::format("GET /v1/spectroclusters/-/vms/snapshot HTTP/1.1\r\nHost: a\r\n"
                        "Accept: text/event-stream\r\nLast-Event-ID: {}\r\n{}\r\n",
                        event_id(), of_key()));
        std::string received;
        while (received.find("id: 1\n\n") == std::string::npos && client.receive())
            received += client.take_received();
        return received;
    }
    static std::string next_page(std::string_view token) {
        return fmt::format("{}&continue={}", kList, token);
    }

    // The other replica, as etcd tells of it each time that it is asked: at these places, and then
    // always at the last of them.
    void tell_of(const std::vector<std::string>& addresses, bool proven = true) {
        service_.offer_replicas([this, addresses, proven](const auto& listed) {
            const size_t at = std::min<size_t>(asked_++, addresses.size() - 1);
            std::vector<ReplicaInfo> all(2);
            all[0].id = base::hex(service_.store().id());
            all[0].self = true;
            all[1].id = base::hex(kMaker);
            all[1].address = addresses[at];
            all[1].proven = proven;
            listed(std::move(all));
        });
    }
    void tell_of(const FakeServer& server) { tell_of({address_of(server)}); }
    static std::string address_of(const FakeServer& server) {
        return fmt::format("127.0.0.1:{}", server.port());
    }
    // Where nobody listens.
    static std::string dead_address() {
        const FakeServer server([](FakeServer::Peer&, int) {});
        return address_of(server);
    }

    // What the maker was asked.
    FakeServer::Script answering(std::string answer) {
        return [this, answer = std::move(answer)](FakeServer::Peer& peer, int) {
            std::string head = peer.read_head();
            const std::scoped_lock lock(mutex_);
            heads_.push_back(std::move(head));
            peer.send(answer);
        };
    }
    std::string head() {
        const std::scoped_lock lock(mutex_);
        return heads_.empty() ? std::string() : heads_.back();
    }

    // The way on that an answer gives to a client whose token is too old.
    static std::string way_on(const net::RawConnection::Answer& answer) {
        const auto body = json::parse(answer.body);
        return std::string(body->as_object().at("details").as_object().at("continue").as_string());
    }

    base::TestClock clock_;
    TestService service_{clock_};
    std::atomic<size_t> asked_ = 0;
    std::mutex mutex_;
    std::vector<std::string> heads_;
};

TEST_F(TokenMakerTest, TheMakerIsAskedAsTheCallerAskedAndAnswersAsItDoes) {
    const std::string target = next_page(token());
    FakeServer maker(
        answering("HTTP/1.1 200 OK\r\nContent-Type: application/x\r\nETag: \"e\"\r\n"
                  "X-Request-Id: theirs\r\nContent-Length: 5\r\n\r\nhello"));
    tell_of(maker);
    const auto answer = service_.ask(
        "GET", target,
        of_key() + "If-None-Match: \"x\"\r\nX-Request-Id: ours\r\nX-Forwarded-For: 192.0.2.1\r\n");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.header("ETag"), "\"e\"");
    EXPECT_EQ(answer.header("Content-Type"), "application/x");
    EXPECT_EQ(answer.header("X-Request-Id"), "ours");
    EXPECT_THAT(answer.head, Not(HasSubstr("theirs")));
    EXPECT_THAT(head(), testing::StartsWith(fmt::format("GET {} HTTP/1.1\r\n", target)));
    EXPECT_THAT(head(), HasSubstr(of_key()));
    EXPECT_THAT(head(), HasSubstr("If-None-Match: \"x\"\r\n"));
    EXPECT_THAT(head(), HasSubstr("X-Request-Id: ours\r\n"));
    EXPECT_THAT(head(), HasSubstr(fmt::format("{}: 1\r\n", kPassedOnHeader)));
    // Whether that may be believed, is for the maker's own connection.
    EXPECT_THAT(head(), Not(HasSubstr("Forwarded")));
}

TEST_F(TokenMakerTest, AnAnswerInPiecesAndOneWithoutABodyCome) {
    const std::string target = next_page(token());
    FakeServer maker([](FakeServer::Peer& peer, int number) {
        peer.read_head();
        peer.send(number == 0 ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                              : "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n");
    });
    tell_of(maker);
    net::RawConnection connection(service_.port());
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", target, of_key());
    connection.send(request);
    auto answer = connection.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("Transfer-Encoding"), "chunked");
    std::string body = connection.take_received();
    while (!body.ends_with("0\r\n\r\n") && connection.receive()) body += connection.take_received();
    EXPECT_THAT(body, HasSubstr("abc"));
    EXPECT_THAT(body, HasSubstr("de"));
    // On the same connection.
    connection.send(request);
    answer = connection.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 304U);
    EXPECT_EQ(answer->header("ETag"), "\"e\"");
}

TEST_F(TokenMakerTest, AnAnswerThatIsCutOffIsCutOffHereToo) {
    const std::string target = next_page(token());
    FakeServer maker(answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"));
    tell_of(maker);
    net::RawConnection connection(service_.port());
    connection.send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", target, of_key()));
    bool closed = false;
    EXPECT_THAT(connection.read_to_end(&closed), testing::EndsWith("\r\n\r\nhel"));
    EXPECT_TRUE(closed);
}

TEST_F(TokenMakerTest, WithoutTheMakerTheTokenIsTooOldAndSaysHowToGoOn) {
    const std::string target = next_page(token());
    tell_of({dead_address()});
    const auto refused = service_.ask("GET", target, of_key());
    EXPECT_EQ(refused.status, 410U) << refused.body;
    const auto rest = service_.ask("GET", next_page(way_on(refused)), of_key());
    EXPECT_EQ(rest.status, 200U);
    EXPECT_THAT(rest.body, HasSubstr(R"("name":"b")"));

    const auto events = service_.ask(
        "GET", "/v1/spectroclusters/-/vms/snapshot",
        of_key() + fmt::format("Accept: text/event-stream\r\nLast-Event-ID: {}\r\n", event_id()));
    EXPECT_NE(events.status, 200U);
}

TEST_F(TokenMakerTest, AMakerThatListensElsewhereByNowIsFound) {
    const std::string target = next_page(token());
    FakeServer maker(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    tell_of({dead_address(), address_of(maker)});
    EXPECT_EQ(service_.ask("GET", target, of_key()).body, "ok");
    EXPECT_EQ(asked_, 2U);
    // And is known from then on.
    EXPECT_EQ(service_.ask("GET", target, of_key()).body, "ok");
    EXPECT_EQ(asked_, 2U);
}

TEST_F(TokenMakerTest, NoRequestIsPassedOnTwice) {
    const std::string target = next_page(token());
    FakeServer maker(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    tell_of(maker);
    const auto answer =
        service_.ask("GET", target, of_key() + fmt::format("{}: 1\r\n", kPassedOnHeader));
    EXPECT_EQ(answer.status, 410U);
    EXPECT_EQ(maker.connections(), 0);
}

TEST_F(TokenMakerTest, AnAddressThatNoReplicaHasWrittenIsSentNoKey) {
    const std::string target = next_page(token());
    FakeServer maker(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    tell_of({address_of(maker)}, false);
    EXPECT_EQ(service_.ask("GET", target, of_key()).status, 410U);
    EXPECT_EQ(maker.connections(), 0);
}

TEST_F(TokenMakerTest, WhoeverMayNotAskIsRefusedHere) {
    const std::string target = next_page(token());
    FakeServer maker(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    tell_of(maker);
    EXPECT_EQ(service_.ask("GET", target, "ApiKey: wrong\r\n").status, 401U);
    EXPECT_EQ(
        service_.ask("POST", "/v1/spectroclusters/demo/vms/vm/snapshot?continue=x", of_key(), "{}")
            .status,
        400U);
    EXPECT_EQ(maker.connections(), 0);
    // Tokens of this server's own stay here, and so do those that are broken.
    EXPECT_EQ(service_.ask("GET", kList, of_key()).status, 200U);
    EXPECT_EQ(service_.ask("GET", next_page("broken"), of_key()).status, 400U);
    EXPECT_EQ(maker.connections(), 0);
}

TEST_F(TokenMakerTest, ASessionOfTheConsoleIsShownUnderTheMakersName) {
    const std::string target = next_page(token());
    FakeServer maker(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    tell_of(maker);
    constexpr std::string_view kConsole = "X-Snapgate-Console: 1\r\n";
    const auto begun = service_.ask("POST", "/console/v1/session", kConsole,
                                    fmt::format(R"({{"key":"{}"}})", service_.key()));
    ASSERT_EQ(begun.status, 200U) << begun.body;
    const std::string cookie(begun.header("Set-Cookie").value_or(""));
    const std::string pair = cookie.substr(0, cookie.find(';'));
    const std::string secret = pair.substr(pair.find('=') + 1);
    EXPECT_EQ(service_.ask("GET", target, fmt::format("{}Cookie: {}\r\n", kConsole, pair)).body,
              "ok");
    EXPECT_THAT(head(), HasSubstr(kConsole));
    const std::string asked = head();
    const size_t at = asked.find("Cookie: ") + 8;
    const std::string shown = asked.substr(at, asked.find("\r\n", at) - at);
    EXPECT_NE(shown, pair);
    EXPECT_THAT(shown, testing::StartsWith("snapgate-"));
    EXPECT_THAT(shown, testing::EndsWith("=" + secret));
}

// A stream of events that goes on after its first one.
constexpr std::string_view kOneEvent =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    "Transfer-Encoding: chunked\r\n\r\n7\r\nid: 1\n\n\r\n";

TEST_F(TokenMakerTest, AnEventStreamEndsAtTheMakerWhenItsClientIsGone) {
    std::promise<void> gone;
    FakeServer maker([&gone](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send(kOneEvent);
        peer.read_to_end();
        gone.set_value();
    });
    tell_of(maker);
    {
        net::RawConnection client(service_.port());
        const std::string received = first_event(client);
        EXPECT_THAT(received, HasSubstr("Content-Type: text/event-stream\r\n"));
        EXPECT_THAT(received, HasSubstr("id: 1\n\n"));
    }
    gone.get_future().wait();
}

TEST_F(TokenMakerTest, AnEventStreamEndsWithThisServer) {
    FakeServer maker([](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send(kOneEvent);
        peer.read_to_end();
    });
    tell_of(maker);
    net::RawConnection client(service_.port());
    const std::string received = first_event(client);
    service_.stop();
    // In good order: the last chunk comes.
    EXPECT_THAT(received + client.read_to_end(), testing::EndsWith("0\r\n\r\n"));
}

}  // namespace
}  // namespace snapgate::api
