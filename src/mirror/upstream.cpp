#include "mirror/upstream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/quote.h"
#include "base/random_time.h"
#include "base/test_time.h"
#include "net/await.h"
#include "net/http/header_values.h"
#include "net/tls/tls_tickets.h"

namespace snapgate::mirror {

namespace {

constexpr std::chrono::milliseconds kConnectTimeout{10'000};
// The age from which on a connection is used for no further request.
constexpr std::chrono::milliseconds kKeepConnection = net::TlsTickets::kMostAge;
// Asks for a list of which nothing but the metadata of its objects is sent.
constexpr std::string_view kMetadataOnly =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
constexpr std::string_view kJson = "application/json";
// The most bytes of a small answer, or of the body of an error.
constexpr size_t kMaxSmallAnswer = 4 << 20;
constexpr unsigned kNotAcceptable = 406;
constexpr size_t kMaxShownType = 80;

Setback ended() {
    Setback setback;
    setback.state = MirrorState::kPending;
    setback.message = "it was ended";
    return setback;
}

// The status and the type of an answer that was to be a 200 with JSON; "" if it is.
std::string unusual(const net::ClientResponse& answer) {
    const auto type = answer.header("Content-Type");
    if (answer.status == 200 && (!type || net::media_type(*type) == kJson)) return {};
    return fmt::format("it answered {} with {}", answer.status,
                       type ? "the type " + base::quote(*type, kMaxShownType) : "no type");
}

}  // namespace

Upstream::Upstream(std::shared_ptr<connect::ConnectionSource> source, std::string server,
                   Millis answer_timeout)
    : source_(std::move(source)), server_(std::move(server)), answer_timeout_(answer_timeout) {}

void Upstream::use(std::shared_ptr<connect::ConnectionSource> source) {
    source_ = std::move(source);
    refuses_metadata_ = false;
}

void Upstream::cut() {
    cut_ = true;
    breaker_.cut();
}

void Upstream::interrupt() {
    if (connection_) connection_->cut();
}

net::Awaitable<Outcome<void>> Upstream::connect() {
    const std::shared_ptr<connect::ConnectionSource> source = source_;
    const auto begun = Clock::now();
    auto current = co_await source->current();
    // The source has its own time: what it takes is no delay of the cluster's.
    if (deadline_) *deadline_ += Clock::now() - begun;
    if (!current) co_return tl::unexpected(setback_of(current.error()));
    if (*current != made_from_) {
        auto target = source->target_of(*current);
        // An expired certificate is as good as a refused one: a file or a program may have a newer.
        if (!target && target.error().subject == "client-certificate" && source->refused()) {
            current = co_await source->current();
            if (!current) co_return tl::unexpected(setback_of(current.error()));
            target = source->target_of(*current);
        }
        if (!target) co_return tl::unexpected(setback_of(target.error()));
        target_ = std::move(*target);
        made_from_ = std::move(*current);
        connection_.reset();
    }
    if (connection_ && connection_->reusable() && Clock::now() < kept_until_)
        co_return Outcome<void>();
    connection_.reset();
    const auto timeout = within(base::test_time("connect", kConnectTimeout));
    auto connection = co_await net::Outbound::connect(target_->server, timeout, &breaker_);
    if (cut_) co_return tl::unexpected(ended());
    if (!connection) co_return tl::unexpected(setback_of(connection.error()));
    connection_ = std::move(*connection);
    kept_until_ = Clock::now() + base::spread(base::test_time("keep-connection", kKeepConnection));
    co_return Outcome<void>();
}

net::Awaitable<Outcome<net::ClientResponse>> Upstream::ask(const net::ClientRequest& request) {
    for (bool again = false;; again = true) {
        const bool kept = connection_ != nullptr;
        const std::shared_ptr<connect::ConnectionSource> source = asked_ = source_;
        auto begun = Clock::now();
        auto connected = co_await connect();
        if (!connected) {
            if (!cut_) source->calls().failed(Clock::now() - begun);
            co_return tl::unexpected(std::move(connected).error());
        }
        begun = Clock::now();
        const net::ClientRequest sent = target_->as_sent(request, server_);
        auto answer = co_await connection_->send(sent, within(answer_timeout_));
        if (cut_) co_return tl::unexpected(ended());
        if (answer) {
            last_heard_ = Clock::now();
            source->calls().answered(*answer, last_heard_ - begun);
            co_return std::move(*answer);
        }
        connection_.reset();
        // A server may end a kept connection just when it is used again.
        if (kept && !again && answer.error().code == base::Code::kUnavailable) continue;
        source->calls().failed(Clock::now() - begun);
        co_return tl::unexpected(setback_of(answer.error()));
    }
}

net::Awaitable<Outcome<net::ClientResponse>> Upstream::get(std::string target, std::string accept) {
    net::ClientRequest request;
    request.target = std::move(target);
    request.headers.emplace_back("Accept", std::move(accept));
    for (bool again = false;; again = true) {
        auto answer = co_await ask(request);
        if (!answer) co_return answer;
        unusual_ = unusual(*answer);
        if (answer->status / 100 == 2) {
            const auto readable = connect::check_readable(*answer);
            if (readable) co_return answer;
            connection_.reset();
            co_return tl::unexpected(setback_of(readable.error()));
        }
        auto body = co_await connection_->read_all(kMaxSmallAnswer, within(answer_timeout_));
        if (body) answer->body = std::move(*body);
        if (!connection_->reusable()) connection_.reset();
        if (answer->status == 401) {
            connection_.reset();
            const bool renewed = asked_->refused();
            // Another source that came meanwhile was refused nothing.
            if ((renewed || source_ != asked_) && !again) continue;
        }
        co_return tl::unexpected(setback_of(*answer));
    }
}

net::Awaitable<Outcome<net::ClientResponse>> Upstream::get_metadata(std::string target) {
    if (!refuses_metadata_) {
        auto answer = co_await get(target, std::string(kMetadataOnly));
        if (answer || answer.error().status != kNotAcceptable) co_return answer;
        refuses_metadata_ = true;
    }
    co_return co_await get(std::move(target), std::string(kJson));
}

Setback Upstream::as_answered(Setback unreadable) const {
    if (!unusual_.empty() && unreadable.status == 0) unreadable.message += "; " + unusual_;
    return unreadable;
}

net::Awaitable<Outcome<std::string_view>> Upstream::read(Millis patience) {
    auto piece = co_await connection_->read(within(patience));
    if (piece && !cut_) {
        const auto wait = share_.take(piece->size(), Clock::now());
        if (wait > Millis(0)) co_await net::pause(wait);
    }
    if (cut_) co_return tl::unexpected(ended());
    if (piece) {
        last_heard_ = Clock::now();
        co_return *piece;
    }
    connection_.reset();
    co_return tl::unexpected(setback_of(piece.error()));
}

Upstream::Millis Upstream::within(Millis usual) const {
    if (!deadline_) return usual;
    const auto left = std::chrono::ceil<Millis>(*deadline_ - Clock::now());
    return std::clamp(left, Millis(1), std::max(usual, Millis(1)));
}

void Upstream::hurry(std::optional<Millis> most) {
    deadline_.reset();
    if (most) deadline_ = Clock::now() + *most;
}

net::Awaitable<Outcome<std::string>> Upstream::fetch(std::string target, std::string accept) {
    auto answer = co_await get(std::move(target), std::move(accept));
    if (!answer) co_return tl::unexpected(std::move(answer).error());
    auto body = co_await connection_->read_all(kMaxSmallAnswer, within(answer_timeout_));
    if (cut_) co_return tl::unexpected(ended());
    if (body) co_return std::move(*body);
    connection_.reset();
    co_return tl::unexpected(setback_of(body.error()));
}

}  // namespace snapgate::mirror
