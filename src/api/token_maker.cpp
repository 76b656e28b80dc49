#include "api/token_maker.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/console_cookie.h"
#include "api/palette/snapshot_events.h"
#include "api/replica_peers.h"
#include "base/decimal.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/server_url.h"
#include "connect/passed_servers.h"
#include "net/await.h"
#include "net/client/outbound.h"
#include "net/http/header_values.h"
#include "query/event_id.h"
#include "query/fleet_token.h"

namespace snapgate::api {

using base::Error;
using base::Result;

namespace {

constexpr std::chrono::seconds kConnectPatience{2};
constexpr std::chrono::seconds kAnswerPatience{10};
// Between two pieces of an answer. Of an event stream, comments come four times as often.
constexpr std::chrono::seconds kPiecePatience{60};

// What an answer depends on. Others tell of the connection, and what a proxy says of the caller
// counts only from that proxy.
constexpr std::array<std::string_view, 8> kPassedHeaders = {
    "ApiKey",          "Authorization", "ProjectUid",    "Accept",
    "Accept-Encoding", "If-None-Match", "Last-Event-ID", connect::kPassedServersHeader};
// Of the connection to the maker; the server writes those of its own.
constexpr std::array<std::string_view, 9> kOwnHeaders = {
    "Connection", "Content-Length",    "Date",    "Keep-Alive",  "Proxy-Connection",
    "Trailer",    "Transfer-Encoding", "Upgrade", "X-Request-Id"};

template <size_t count>
bool is_among(const std::array<std::string_view, count>& names, std::string_view name) {
    return std::ranges::any_of(
        names, [name](std::string_view one) { return base::equal_ignoring_case(one, name); });
}

// The id of the store by whose state the request goes on; "" if it names none.
std::string maker_of(const Call& call) {
    const query::TokenSigner& signer = call.services.signer;
    if (const auto text = call.request.header("Last-Event-ID"); text && !text->empty()) {
        const auto id = query::unseal_event_id(signer, *text);
        return id ? id->store_id : std::string();
    }
    // A broken query is refused where it is read.
    const auto text = query_parameter(call.request, "continue");
    if (!text || text->empty()) return {};
    const auto token = query::unseal_fleet_token(signer, *text);
    return token && token->state.revision != 0 ? token->store_id : std::string();
}

net::ClientRequest question_of(const Call& call, const net::OutboundTarget& maker) {
    const net::Request& request = call.request;
    net::ClientRequest question;
    question.method = request.method;
    question.target = request.path;
    if (!request.query.empty()) question.target.append("?").append(request.query);
    for (const net::Header& header : request.headers) {
        if (is_among(kPassedHeaders, header.name))
            question.headers.emplace_back(header.name, header.value);
    }
    if (const auto secret = console_secret(request)) {
        // The cookie has another name there.
        const auto url = base::parse_server_url(maker.text());
        if (url) {
            question.headers.emplace_back(kConsoleHeader, "1");
            question.headers.emplace_back("Cookie",
                                          show_console_secret(url->authority, url->tls, *secret));
        }
    }
    question.headers.emplace_back("X-Request-Id", request.id);
    question.headers.emplace_back(kPassedOnHeader, "1");
    return question;
}

// The connection on which the maker answers, and the head of its answer.
struct Answer {
    std::unique_ptr<net::Outbound> connection;
    net::ClientResponse head;
};

net::Awaitable<Result<Answer>> ask(const Call& call,
                                   std::shared_ptr<const net::OutboundTarget> maker,
                                   net::OutboundBreaker& breaker) {
    const net::ClientRequest question = question_of(call, *maker);
    SNAPGATE_CO_ASSIGN(auto connection, co_await net::Outbound::connect(
                                            std::move(maker), kConnectPatience, &breaker));
    SNAPGATE_CO_ASSIGN(auto head, co_await connection->send(question, kAnswerPatience));
    Answer answer{std::move(connection), std::move(head)};
    co_return std::move(answer);
}

// nullopt: it cannot be reached.
net::Awaitable<Result<std::optional<Answer>>> reach(Call& call, std::string maker,
                                                    net::OutboundBreaker& breaker) {
    ReplicaPeers& peers = *call.services.peers;
    ReplicaPeers::Way way = co_await peers.find(maker);
    while (way) {
        auto answer = co_await ask(call, way->target, breaker);
        if (answer) co_return std::optional<Answer>(std::move(*answer));
        // That says nothing of the maker.
        if (answer.error().subject == net::outbound_reason::kTooMany)
            co_return std::move(answer).error();
        if (peers.is_to_be_logged()) {
            base::log::warning("a replica that made a token cannot be reached",
                               {{"replica", way->address}, {"error", answer.error().message}});
        }
        // It may listen elsewhere by now, or have another certificate.
        ReplicaPeers::Way other = co_await peers.find(maker, way);
        way = std::move(other);
    }
    co_return std::optional<Answer>();
}

// Ends the connection to the maker when the client of an event stream is gone, or this server is
// about to end: else nobody would notice before the next event.
struct ClientWatch {
    net::ResponseStream* stream;
    net::OutboundBreaker* breaker;
    bool over = false;
    bool stopping = false;
};

net::Awaitable<void> watch_client(std::shared_ptr<ClientWatch> watch) {
    const net::Wake wake =
        co_await watch->stream->wait(net::ResponseStream::Clock::time_point::max());
    watch->stopping = wake == net::Wake::kStopping;
    watch->over = true;
    if (wake != net::Wake::kNotified) watch->breaker->cut();
}

net::Awaitable<void> end_watch(std::shared_ptr<ClientWatch> watch) {
    boost::asio::post(watch->stream->executor(), [watch] {
        if (!watch->over) watch->stream->notify();
    });
    while (!watch->over) co_await net::yield();
}

// False if the answer was cut off.
net::Awaitable<bool> pass_body(net::Outbound& connection, net::ResponseStream& stream) {
    while (true) {
        const auto piece = co_await connection.read(kPiecePatience);
        if (!piece) co_return false;
        if (piece->empty()) co_return true;
        const auto written = co_await stream.write(*piece);
        if (!written) co_return false;
    }
}

std::optional<uint64_t> length_of(const net::ClientResponse& head) {
    const auto text = head.header("Content-Length");
    return text ? base::read_decimal(*text) : std::nullopt;
}

net::Awaitable<void> pass_answer(Call& call, Answer answer, bool events,
                                 net::OutboundBreaker& breaker) {
    net::Response& response = call.response;
    net::ResponseStream& stream = *response.stream;
    response.status = answer.head.status;
    // The maker has said what there is to say, also of the type.
    response.headers.clear();
    response.content_type = {};
    response.compress = false;
    for (const auto& [name, value] : answer.head.headers) {
        if (!is_among(kOwnHeaders, name)) response.add_header(name, value);
    }
    const auto begun = co_await stream.begin(length_of(answer.head));
    if (!begun || call.request.method == "HEAD") co_return;
    if (!events) {
        if (!co_await pass_body(*answer.connection, stream)) response.close = true;
        co_return;
    }
    auto watch = std::make_shared<ClientWatch>(&stream, &breaker);
    boost::asio::co_spawn(stream.executor(), watch_client(watch), boost::asio::detached);
    const bool whole = co_await pass_body(*answer.connection, stream);
    co_await end_watch(watch);
    // A client of events connects again, whatever ended them.
    if (!whole && !watch->stopping) response.close = true;
}

bool is_events(const net::ClientResponse& head) {
    const auto type = head.header("Content-Type");
    return type && net::media_type(*type) == "text/event-stream";
}

}  // namespace

net::Awaitable<Result<bool>> answered_by_maker(Call& call) {
    const Services& services = call.services;
    if (!services.peers || (call.request.method != "GET" && call.request.method != "HEAD") ||
        call.request.header(kPassedOnHeader))
        co_return false;
    const std::string maker = maker_of(call);
    if (maker.empty() || maker == services.store.id()) co_return false;
    // Outlives the connection.
    net::OutboundBreaker breaker;
    std::string id = base::hex(maker);
    SNAPGATE_CO_ASSIGN(auto answer, co_await reach(call, std::move(id), breaker));
    if (!answer) co_return false;
    const bool events = is_events(answer->head);
    std::shared_ptr<void> room;
    if (events) {
        room = services.peers->hold_stream();
        if (!room) co_return false;
        // That replica counts the terms of its selector.
        if (call.turn) SNAPGATE_CO_TRY(call.turn->rest(0));
        call.response.route = palette::kEventsLabel;
    }
    co_await pass_answer(call, *std::move(answer), events, breaker);
    co_return true;
}

}  // namespace snapgate::api
