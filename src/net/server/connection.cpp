#include "net/server/connection.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "net/http/header_values.h"
#include "net/http/response_head.h"
#include "net/server/key_secret.h"

namespace snapgate::net {

namespace {

constexpr unsigned char kTlsHandshake = 0x16;
constexpr std::chrono::milliseconds kStopGrace{250};
// How long an ended connection may take to go in good order.
constexpr std::chrono::milliseconds kGoodbye{2'000};
// A connection above the cap is answered if its request comes at once.
constexpr std::chrono::milliseconds kRefusalGrace{1'000};
constexpr size_t kReadBytes = 4 << 10;
// From so much on, a body is finished, and compressed, on another thread.
constexpr size_t kAsideBytes = 16 << 10;
constexpr size_t kGzipAsideBytes = 256 << 10;

}  // namespace

Connection::Connection(Worker& worker, Socket socket, const Entrant& entrant)
    : worker_(worker),
      entrant_(entrant),
      place_(worker.enter(this, entrant)),
      transport_(std::move(socket)),
      scanner_({.max_target_bytes = worker.options().max_target_bytes,
                .max_header_bytes = worker.options().max_header_bytes}),
      held_(worker.held_total()),
      body_(transport_, worker.buffers(), held_, worker.options().timeouts.body,
            worker.options().timeouts.write_stall) {
    request_.body = &body_;
    request_.held = &held_;
    request_.peer = transport_.peer();
}

Connection::~Connection() {
    worker_.leave(place_, entrant_);
    worker_.counts().leave(entrant_);
}

void Connection::expire_if_due(Transport::Clock::time_point now) {
    const bool before = transport_.expired();
    transport_.expire_if_due(now);
    if (!before && transport_.expired() && !idle_ && !finishing_ && !refused())
        worker_.counts().note_slow();
    if (stream_ != nullptr) stream_->expire_if_due(now);
}

void Connection::cut() {
    transport_.close();
    if (stream_ != nullptr) stream_->cut();
}

void Connection::abandon() {
    if (stream_ != nullptr) stream_->abandon();
}

void Connection::begin_stop() {
    if (stream_ != nullptr) stream_->begin_stop();
    if (finishing_) transport_.arm(kStopGrace);
    if (!idle_ || finishing_) return;
    // One that was just accepted may have its first request under way.
    if (fresh_) {
        transport_.arm(kStopGrace);
    } else {
        transport_.expire_if_due(Transport::Clock::time_point::max());
    }
}

Awaitable<void> Connection::run() {
    if (co_await greet()) {
        while (co_await serve_one()) {
        }
    }
    finishing_ = true;
    if (refused()) worker_.counts().end_answer(entrant_);
    co_await transport_.finish(unread_, worker_.stopping() ? kStopGrace : kGoodbye);
}

// Tells TLS from plain by the first byte.
Awaitable<bool> Connection::greet() {
    const ServerOptions& options = worker_.options();
    transport_.arm(refused()            ? kRefusalGrace
                   : worker_.stopping() ? kStopGrace
                                        : options.timeouts.idle);
    const auto first = co_await transport_.peek();
    transport_.disarm();
    if (!first) co_return false;
    if (*first == kTlsHandshake) {
        if (!options.tls) co_return false;
        // Also above the cap, as a probe may speak TLS; but there it must not take long.
        transport_.arm(refused() ? kRefusalGrace : options.timeouts.handshake);
        const bool done = co_await transport_.handshake(options.tls->current());
        if (!done && transport_.expired() && !refused()) worker_.counts().note_slow();
        transport_.disarm();
        request_.tls = true;
        co_return done;
    }
    if (!options.plain && !refused()) {
        co_await refuse(400, "this server speaks TLS here: use https:// instead of http://");
        co_return false;
    }
    co_return true;
}

Awaitable<size_t> Connection::read_more() {
    input_.make_room(kReadBytes);
    const size_t count = co_await transport_.read_some(input_.room(), input_.room_size());
    input_.filled(count);
    co_return count;
}

Awaitable<Connection::Next> Connection::await_request() {
    const Timeouts& timeouts = worker_.options().timeouts;
    input_.shrink();
    idle_ = true;
    transport_.arm(worker_.stopping() ? kStopGrace : refused() ? kRefusalGrace : timeouts.idle);
    size_t count = co_await read_more();
    if (count == 0 && transport_.expired() && transport_.has_unread()) {
        // The request came with the last moment: better answered than lost.
        transport_.arm(kStopGrace);
        count = co_await read_more();
    }
    idle_ = false;
    fresh_ = false;
    co_return count > 0 ? Next::kRequest : Next::kEnd;
}

Awaitable<Connection::Next> Connection::read_head() {
    scanner_.reset();
    bool armed = false;  // mostly all of it has come at once
    while (true) {
        switch (scanner_.scan(input_.view())) {
            case HeadScanner::Progress::kComplete:
                transport_.disarm();
                head_size_ = scanner_.size();
                co_return Next::kRequest;
            case HeadScanner::Progress::kRefused:
                transport_.disarm();
                co_await refuse(scanner_.fault().status, scanner_.fault().message);
                co_return Next::kRefused;
            case HeadScanner::Progress::kMore:
                break;
        }
        if (!armed) transport_.arm(refused() ? kRefusalGrace : worker_.options().timeouts.header);
        armed = true;
        if (co_await read_more() > 0) continue;
        const bool late = transport_.expired();
        transport_.disarm();
        if (!late) co_return Next::kEnd;
        co_await refuse(408, "the request's head did not arrive in time");
        co_return Next::kRefused;
    }
}

void Connection::begin_request() {
    request_.method = head_.method;
    request_.target = head_.target;
    request_.path = head_.path;
    request_.query = head_.query;
    std::swap(request_.headers, head_.headers);
    const auto id = request_.header("X-Request-Id");
    if (id && is_sane_request_id(*id) && find_key_secret(*id) == std::string_view::npos) {
        request_.id = *id;
    } else {
        worker_.fresh_request_id(request_.id);
    }
    body_.start(head_, input_.view().substr(head_size_));
}

Awaitable<bool> Connection::serve_one() {
    request_.method = {};
    request_.target = {};
    request_.path = {};
    request_.query = {};
    request_.headers.clear();
    request_.id.clear();
    if (input_.empty() && co_await await_request() == Next::kEnd) co_return false;
    // RFC 9112, 2.2: an empty line before a request is to be ignored; one will do.
    if (input_.view().starts_with("\r\n")) {
        input_.consume(2);
        if (input_.empty() && co_await await_request() == Next::kEnd) co_return false;
    }
    if (co_await read_head() != Next::kRequest) co_return false;
    request_started_ = Transport::Clock::now();
    const HeadLimits limits{.max_target_bytes = worker_.options().max_target_bytes,
                            .max_header_bytes = worker_.options().max_header_bytes};
    if (const auto fault = parse_head(input_.view().substr(0, head_size_), limits, head_)) {
        co_await refuse(fault->status, fault->message);
        co_return false;
    }
    begin_request();
    if (refused() && !worker_.counts().begin_answer(entrant_)) co_return false;
    if (refused() && !asks_for_health()) {
        co_await refuse(503, "the server has as many connections as it takes: try again later");
        co_return false;
    }
    const bool reusable = co_await answer();
    held_.end();
    if (!reusable) co_return false;
    // Only now: a client that sends and reads in turns would wait for us as we wait for it.
    if (!body_.finished() && !co_await body_.drain()) {
        unread_ = true;
        co_return false;
    }
    input_.keep(body_.rest());
    body_.release();
    if (!received_.empty()) {
        input_.append(received_);
        std::string().swap(received_);  // its memory goes, too
    }
    co_return true;
}

bool Connection::asks_for_health() const {
    return (worker_.options().plain || request_.tls) &&
           std::ranges::find(worker_.options().health_paths, request_.path) !=
               worker_.options().health_paths.end();
}

Awaitable<bool> Connection::answer() {
    BufferLoan buffer(worker_.buffers());
    Response response(buffer.text);
    ResponseStream stream(worker_, transport_, request_, response, head_,
                          {.keep_alive = head_.keep_alive && !refused() && body_.reusable(),
                           .body_read = body_.finished()});
    response.stream = &stream;
    stream_ = &stream;
    co_await run_handler(response);
    if (stream.begun()) {
        const bool keep = co_await stream.end(!response.close) && body_.reusable();
        stream_ = nullptr;
        report(response, stream.bytes());
        unread_ = !keep && !body_.finished();
        received_ = stream.take_received();
        co_return keep;
    }
    stream_ = nullptr;
    const bool keep = !response.close && head_.keep_alive && !refused() && !worker_.stopping() &&
                      body_.reusable();
    if (!co_await respond(response, keep)) co_return false;
    unread_ = !keep && !body_.finished();
    co_return keep;
}

Awaitable<void> Connection::run_handler(Response& response) {
    std::string_view thrown;
    std::string what;
    try {
        co_await worker_.hooks().handler(request_, response);
        if (response.finish) {
            std::string finished;
            std::function<void()> work = [&] { finished = response.finish(response.body); };
            if (response.body.size() >= kAsideBytes) {
                co_await worker_.pool().run(held_.key(), std::move(work));
            } else {
                work();
            }
            // It may be many times as large. Where there is no room for that, the body will do.
            if (held_.hold_answer(finished.size())) response.body = std::move(finished);
        }
        co_return;
    } catch (const std::exception& error) {
        what = error.what();
        thrown = what;
    } catch (...) {
        thrown = "something that is no exception";
    }
    base::log::error("a request ended by a bug",
                     {{"requestId", request_.id},
                      {"method", request_.method},
                      {"path", without_key_secrets(std::string(request_.path))},
                      {"error", thrown}});
    response.status = 500;
    response.content_type = "application/json";
    response.headers.clear();
    response.code = "InternalError";
    response.close = true;
    response.body = R"({"code":"InternalError","message":"the server met a bug: see its log",)"
                    R"("details":{},"ref":)";
    base::append_json_string(request_.id, response.body);
    response.body.append("}\n");
}

Awaitable<bool> Connection::compress(std::string_view body, std::string& out) {
    if (body.size() < kGzipAsideBytes) co_return worker_.gzip().compress(body, out);
    bool done = false;
    std::function<void()> work = [&] {
        static thread_local Gzip gzip;
        done = gzip.compress(body, out);
    };
    co_await worker_.pool().run(held_.key(), std::move(work));
    co_return done;
}

Awaitable<bool> Connection::respond(Response& response, bool keep) {
    ResponseHead head;
    head.status = response.status;
    head.date = worker_.date();
    head.request_id = request_.id;
    head.headers = response.headers;
    if (!keep) {
        head.connection = "close";
    } else if (head_.minor_version == 0) {
        head.connection = "keep-alive";
    }
    std::string_view body = response.body;
    BufferLoan compressed(worker_.buffers());
    if (may_have_body(response.status)) {
        head.content_type = response.content_type;
        if (response.compress && body.size() >= worker_.options().gzip_min_bytes) {
            head.vary = true;
            const auto accepted = request_.header("Accept-Encoding");
            if (accepted && accepts_gzip(*accepted) &&
                body.size() <= worker_.options().gzip_max_bytes &&
                co_await compress(body, compressed.text) && compressed.text.size() < body.size()) {
                head.gzip = true;
                body = compressed.text;
                // A slow client holds the smaller one alone.
                worker_.buffers().give(std::exchange(response.body, {}));
                held_.hold_answer_anyway(body.size());
            }
        }
        head.content_length = body.size();
        if (request_.method == "HEAD") body = {};
    } else {
        head.vary = response.status == 304 && response.compress;
        body = {};
    }
    response_head_.clear();
    append_response_head(head, response_head_);
    const size_t bytes = body.size();
    const bool written = co_await transport_.write(response_head_, std::span(&body, 1), {},
                                                   worker_.options().timeouts.write_stall);
    report(response, bytes);
    co_return written;
}

Awaitable<void> Connection::refuse(unsigned status, std::string_view message) {
    if (request_.id.empty()) worker_.fresh_request_id(request_.id);
    request_started_ = Transport::Clock::now();
    unread_ = true;
    BufferLoan buffer(worker_.buffers());
    Response response(buffer.text);
    response.status = status;
    response.route = "refused";
    response.compress = false;
    if (status == 503) response.add_header("Retry-After", "1");
    const Refusal refusal{status, message};
    if (worker_.hooks().refuse) worker_.hooks().refuse(refusal, request_.id, response);
    response.status = status;
    co_await respond(response, false);
}

void Connection::report(const Response& response, size_t bytes) {
    if (!worker_.hooks().served) return;
    // The request is over, and what is reported of it goes into logs.
    std::string shown_path;
    if (find_key_secret(request_.path) != std::string_view::npos) {
        shown_path = without_key_secrets(std::string(request_.path));
        request_.path = shown_path;
    }
    const Served served{.request = request_,
                        .status = response.status,
                        .route = response.route,
                        .code = response.code,
                        .key = response.key,
                        .bytes = bytes,
                        .duration = Transport::Clock::now() - request_started_};
    worker_.hooks().served(served);
    if (!shown_path.empty()) request_.path = {};
}

}  // namespace snapgate::net
