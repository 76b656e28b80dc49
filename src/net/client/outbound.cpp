#include "net/client/outbound.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <utility>

#include "base/decimal.h"
#include "base/encoding.h"
#include "net/client/outbound_link.h"
#include "net/http/byte_window.h"
#include "net/http/chunked_body.h"
#include "net/http/header_values.h"
#include "net/http/request_head.h"

namespace snapgate::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using base::Code;
using base::Error;
using base::Result;
using boost::system::error_code;

namespace {

using Clock = OutboundLink::Clock;
using Millis = std::chrono::milliseconds;

constexpr uint32_t kMaxHeaderBytes = 80 << 10;
constexpr size_t kHeaderReadBytes = 4 << 10;
constexpr size_t kPieceBytes = 64 << 10;
constexpr int kMaxInterimAnswers = 32;

// No deadline is so far away that clocks run over.
Clock::time_point after(Millis time) {
    return Clock::now() + std::clamp<Millis>(time, Millis(0), std::chrono::hours(24 * 365));
}

// The time that is left.
Millis until(Clock::time_point deadline) {
    return std::chrono::ceil<Millis>(deadline - Clock::now());
}

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (base::equal_ignoring_case(key, name)) return value;
    }
    return std::nullopt;
}

std::optional<std::chrono::seconds> ClientResponse::retry_after(std::chrono::seconds most) const {
    const auto value = header("Retry-After");
    if (!value) return std::nullopt;
    const auto seconds = base::read_decimal(*value, INT64_MAX);
    if (!seconds) return std::nullopt;
    return std::min(std::chrono::seconds(static_cast<int64_t>(*seconds)), most);
}

class Outbound::Connection {
  public:
    Connection(const Executor& executor, std::shared_ptr<const OutboundTarget> target,
               OutboundBreaker* breaker)
        : link_(executor, std::move(target), breaker) {}

    Awaitable<Result<void>> connect(Clock::time_point deadline) { return link_.connect(deadline); }

    Awaitable<Result<ClientResponse>> send(const ClientRequest& request, Millis timeout);
    Awaitable<Result<std::string_view>> read(Millis patience);
    Awaitable<Result<std::string>> read_all(size_t max_bytes, Millis patience);
    bool reusable() const { return body_ == Body::kDone && keep_ && in_.empty(); }
    bool still_kept();
    bool heard() const { return heard_; }
    void cut() { link_.cut(); }

  private:
    // How the body of the answer is framed, and whether it is over.
    enum class Body { kDone, kChunked, kSized, kToTheEnd, kBroken };

    // One of them for all that an answer begins with: the parser is large, and an answer long.
    using Parser = http::response_parser<http::empty_body>;

    Error fail(Error error);
    Error not_http(std::string_view why);
    // What is there to read now, without waiting.
    TlsSession::Step take_in(size_t room);
    // Both send until the server has taken all, or is heard: false then.
    Awaitable<Result<bool>> put(std::string_view bytes, Clock::time_point deadline);
    Awaitable<Result<bool>> upload(const ClientRequest& request, std::string_view head,
                                   Millis timeout);
    // At least one byte more, or false at an end in good order.
    Awaitable<Result<bool>> fill(size_t room, Clock::time_point deadline);
    Awaitable<Result<ClientResponse>> read_head(bool head_only, Clock::time_point deadline);
    Result<void> frame(const Parser& parser, bool head_only);
    std::string_view take_sized();
    // What is there of the body; "" if nothing is, or it is over.
    Result<std::string_view> take();
    Awaitable<Result<std::string_view>> read_by(Clock::time_point deadline);

    OutboundLink link_;
    ByteWindow in_;
    Body body_ = Body::kDone;
    ChunkedBody chunked_;
    uint64_t left_ = 0;  // kSized
    bool keep_ = true;
    bool heard_ = false;  // anything at all of the answer that is waited for
};

Error Outbound::Connection::fail(Error error) {
    body_ = Body::kBroken;
    keep_ = false;
    link_.close();
    return error;
}

Error Outbound::Connection::not_http(std::string_view why) {
    return fail(link_.target().fault(Code::kBadPeer, outbound_reason::kNotHttp,
                                     fmt::format("answered no valid HTTP ({})", why)));
}

bool Outbound::Connection::still_kept() {
    // What comes unasked is the connection's end, or it spoils the next answer.
    return reusable() && !link_.is_cut() &&
           take_in(kHeaderReadBytes).state == TlsSession::State::kWantRead;
}

TlsSession::Step Outbound::Connection::take_in(size_t room) {
    in_.make_room(room);
    const TlsSession::Step step = link_.read_now(in_.room(), in_.room_size());
    if (step.state == TlsSession::State::kDone) {
        in_.filled(step.count);
        heard_ = true;
    }
    return step;
}

Awaitable<Result<bool>> Outbound::Connection::fill(size_t room, Clock::time_point deadline) {
    using State = TlsSession::State;
    if (link_.is_cut()) co_return fail(link_.was_cut());
    while (true) {
        const TlsSession::Step step = take_in(room);
        if (step.state == State::kDone) co_return true;
        if (step.state == State::kEnded) {
            if (link_.ended_in_order()) co_return false;
            Error error = link_.lost(heard_ ? "in the middle of its answer" : "without an answer");
            co_return fail(std::move(error));
        }
        // Who waits for a long time, as most do, holds no memory meanwhile.
        in_.shrink();
        auto ready = co_await link_.readable(step.state, deadline);
        if (!ready) co_return fail(std::move(ready).error());
    }
}

Awaitable<Result<bool>> Outbound::Connection::put(std::string_view bytes,
                                                  Clock::time_point deadline) {
    using State = TlsSession::State;
    while (!bytes.empty()) {
        if (link_.is_cut()) co_return link_.was_cut();
        const TlsSession::Step step = link_.write_now(bytes);
        if (step.state == State::kEnded) co_return link_.lost("before it had taken the request");
        bytes.remove_prefix(step.count);
        if (step.state == State::kDone) continue;
        SNAPGATE_CO_TRY(co_await link_.writable(deadline));
        const State heard = take_in(kHeaderReadBytes).state;
        if (heard == State::kDone || heard == State::kEnded) co_return false;
    }
    co_return true;
}

Awaitable<Result<bool>> Outbound::Connection::upload(const ClientRequest& request,
                                                     std::string_view head, Millis timeout) {
    using State = TlsSession::State;
    SNAPGATE_CO_ASSIGN(bool taken, co_await put(head, after(timeout)));
    std::string chunk;
    bool last = false;
    while (taken && !last) {
        const State heard = take_in(kHeaderReadBytes).state;
        if (heard == State::kDone || heard == State::kEnded) co_return false;
        SNAPGATE_CO_ASSIGN(const std::string_view piece, request.next_piece());
        last = piece.empty();
        chunk = fmt::format("{:x}\r\n", piece.size());
        chunk.append(piece).append("\r\n");
        SNAPGATE_CO_ASSIGN(taken, co_await put(chunk, after(timeout)));
    }
    co_return taken;
}

Awaitable<Result<ClientResponse>> Outbound::Connection::send(const ClientRequest& request,
                                                             Millis timeout) {
    if (!reusable()) {
        co_return fail(link_.target().fault(
            Code::kUnavailable, outbound_reason::kReset,
            "cannot be asked again on this connection: the answer before was not read to its end, "
            "or the server does not keep the connection"));
    }
    SNAPGATE_CO_ASSIGN(std::string bytes, request_head(link_.target().parts().url, request));
    auto deadline = after(timeout);
    heard_ = false;
    Result<bool> taken = true;
    if (request.next_piece) {
        taken = co_await upload(request, bytes, timeout);
        deadline = after(timeout);
    } else {
        bytes += request.body;
        taken = co_await put(bytes, deadline);
    }
    // A server that ends the connection in the middle of a request may have said why before.
    if (!taken && (taken.error().subject != outbound_reason::kReset || link_.is_cut())) {
        co_return fail(std::move(taken).error());
    }
    auto response = co_await read_head(request.method == "HEAD", deadline);
    if (!taken || !*taken) keep_ = false;
    if (!taken && !response && response.error().subject == outbound_reason::kReset) {
        co_return std::move(taken).error();
    }
    co_return response;
}

Awaitable<Result<ClientResponse>> Outbound::Connection::read_head(bool head_only,
                                                                  Clock::time_point deadline) {
    for (int interim = 0; interim <= kMaxInterimAnswers; ++interim) {
        Parser parser;
        parser.header_limit(kMaxHeaderBytes);
        parser.body_limit(boost::none);
        parser.skip(head_only);
        while (!parser.is_header_done()) {
            if (!in_.empty()) {
                const std::string_view bytes = in_.view();
                if (!link_.target().parts().tls && (bytes[0] == '\x15' || bytes[0] == '\x16')) {
                    co_return not_http("it speaks TLS: use https:// instead of http://");
                }
                error_code ec;
                in_.consume(parser.put(asio::buffer(bytes.data(), bytes.size()), ec));
                if (ec == http::error::header_limit) {
                    co_return fail(link_.target().fault(
                        Code::kTooLarge, outbound_reason::kTooLarge,
                        fmt::format("answered with a head of more than {} bytes",
                                    kMaxHeaderBytes)));
                }
                if (ec && ec != http::error::need_more) co_return not_http(ec.message());
                if (parser.is_header_done()) break;
            }
            SNAPGATE_CO_ASSIGN(const bool more, co_await fill(kHeaderReadBytes, deadline));
            if (!more) {
                co_return fail(
                    link_.lost(heard_ ? "in the middle of its answer" : "without an answer"));
            }
        }
        const auto& message = parser.get();
        ClientResponse response;
        response.status = message.result_int();
        if (response.status == 401 || response.status == 403) link_.doubt_ticket();
        if (response.status == 101) co_return not_http("it changes the protocol, unasked");
        if (response.status < 200) continue;
        for (const auto& field : message) {
            response.headers.emplace_back(std::string(field.name_string()),
                                          std::string(field.value()));
        }
        SNAPGATE_CO_TRY(frame(parser, head_only));
        co_return response;
    }
    co_return not_http("interim answers without end");
}

Result<void> Outbound::Connection::frame(const Parser& parser, bool head_only) {
    const auto& message = parser.get();
    const unsigned status = message.result_int();
    keep_ = message.keep_alive();
    const auto encodings = message.count(http::field::transfer_encoding);
    if (encodings > 0 && (encodings > 1 || message.version() < 11 ||
                          message.count(http::field::content_length) > 0 ||
                          !base::equal_ignoring_case(
                              trim_blanks(message[http::field::transfer_encoding]), "chunked"))) {
        return not_http("a Transfer-Encoding that is not chunked alone");
    }
    const auto size = parser.content_length();
    if (head_only || status == 204 || status == 304) {
        body_ = Body::kDone;
    } else if (encodings > 0) {
        body_ = Body::kChunked;
        chunked_ = ChunkedBody();
    } else if (size) {
        left_ = *size;
        body_ = left_ == 0 ? Body::kDone : Body::kSized;
    } else {
        body_ = Body::kToTheEnd;
        keep_ = false;
    }
    return {};
}

std::string_view Outbound::Connection::take_sized() {
    const std::string_view piece =
        in_.view().substr(0, static_cast<size_t>(std::min<uint64_t>(left_, in_.size())));
    left_ -= piece.size();
    if (left_ == 0) body_ = Body::kDone;
    in_.consume(piece.size());
    return piece;
}

Result<std::string_view> Outbound::Connection::take() {
    // A consumed piece stays where it is until the next fill().
    switch (body_) {
        case Body::kSized:
            return take_sized();
        case Body::kToTheEnd: {
            const std::string_view all = in_.view();
            in_.consume(all.size());
            return all;
        }
        case Body::kChunked: {
            const ChunkedBody::Step step = chunked_.next(in_.view());
            in_.consume(step.consumed);
            if (chunked_.state() == ChunkedBody::State::kBroken) return not_http(chunked_.fault());
            if (chunked_.state() == ChunkedBody::State::kDone) body_ = Body::kDone;
            return step.piece;
        }
        case Body::kDone:
        case Body::kBroken:
            break;
    }
    return std::string_view();
}

Awaitable<Result<std::string_view>> Outbound::Connection::read_by(Clock::time_point deadline) {
    while (body_ != Body::kDone) {
        if (body_ == Body::kBroken || link_.is_cut()) co_return fail(link_.was_cut());
        if (!in_.empty()) {
            auto piece = take();
            if (!piece || !piece->empty()) co_return piece;
            continue;
        }
        SNAPGATE_CO_ASSIGN(const bool more, co_await fill(kPieceBytes, deadline));
        if (more) continue;
        if (body_ != Body::kToTheEnd) co_return fail(link_.lost("in the middle of its answer"));
        body_ = Body::kDone;
    }
    co_return std::string_view();
}

Awaitable<Result<std::string_view>> Outbound::Connection::read(Millis patience) {
    return read_by(after(patience));
}

Awaitable<Result<std::string>> Outbound::Connection::read_all(size_t max_bytes, Millis patience) {
    std::string all;
    while (true) {
        SNAPGATE_CO_ASSIGN(const std::string_view piece, co_await read_by(after(patience)));
        if (piece.empty()) co_return all;
        if (piece.size() > max_bytes - all.size()) {
            co_return fail(
                link_.target().fault(Code::kTooLarge, outbound_reason::kTooLarge,
                                     fmt::format("answered with more than {} bytes", max_bytes)));
        }
        all += piece;
    }
}

Outbound::Outbound(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Outbound::~Outbound() = default;

Awaitable<Result<ClientResponse>> Outbound::send(const ClientRequest& request, Millis timeout) {
    return connection_->send(request, timeout);
}

Awaitable<Result<std::string_view>> Outbound::read(Millis patience) {
    return connection_->read(patience);
}

Awaitable<Result<std::string>> Outbound::read_all(size_t max_bytes, Millis patience) {
    return connection_->read_all(max_bytes, patience);
}

bool Outbound::reusable() const {
    return connection_->reusable();
}

bool Outbound::still_kept() {
    return connection_->still_kept();
}

bool Outbound::heard() const {
    return connection_->heard();
}

void Outbound::cut() {
    connection_->cut();
}

Awaitable<Result<std::unique_ptr<Outbound>>> Outbound::connect(
    std::shared_ptr<const OutboundTarget> target, Millis timeout, OutboundBreaker* breaker) {
    auto connection = std::make_unique<Connection>(co_await asio::this_coro::executor,
                                                   std::move(target), breaker);
    SNAPGATE_CO_TRY(co_await connection->connect(after(timeout)));
    co_return std::unique_ptr<Outbound>(new Outbound(std::move(connection)));
}

Awaitable<Result<HeardResponse>> exchange_heard(std::shared_ptr<const OutboundTarget> target,
                                                const ClientRequest& request, Millis timeout,
                                                size_t max_bytes, OutboundBreaker* breaker) {
    const auto deadline = after(timeout);
    SNAPGATE_CO_ASSIGN(const std::unique_ptr<Outbound> outbound,
                       co_await Outbound::connect(std::move(target), timeout, breaker));
    HeardResponse heard;
    SNAPGATE_CO_ASSIGN(heard.response, co_await outbound->send(request, until(deadline)));
    std::string body;
    while (true) {
        auto piece = co_await outbound->read(until(deadline));
        if (!piece) {
            heard.fault = std::move(piece).error();
            co_return heard;
        }
        if (piece->empty()) break;
        if (piece->size() > max_bytes - body.size()) {
            heard.fault =
                Error(Code::kTooLarge, fmt::format("the answer is larger than {} bytes", max_bytes),
                      std::string(outbound_reason::kTooLarge));
            co_return heard;
        }
        body += *piece;
    }
    heard.response.body = std::move(body);
    co_return heard;
}

Awaitable<Result<ClientResponse>> exchange(std::shared_ptr<const OutboundTarget> target,
                                           const ClientRequest& request, Millis timeout,
                                           size_t max_bytes, OutboundBreaker* breaker) {
    SNAPGATE_CO_ASSIGN(HeardResponse heard, co_await exchange_heard(std::move(target), request,
                                                                    timeout, max_bytes, breaker));
    if (heard.fault) co_return *std::move(heard.fault);
    co_return std::move(heard.response);
}

}  // namespace snapgate::net
