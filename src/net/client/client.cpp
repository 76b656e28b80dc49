#include "net/client/client.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/read_file.h"
#include "net/await.h"
#include "net/client/outbound_target.h"
#include "net/http/request_head.h"
#include "net/tls/pem.h"

namespace snapgate::net {

namespace asio = boost::asio;
using base::Code;
using base::Error;
using base::Result;
using boost::system::error_code;

namespace {

Result<std::string> read_ca(const std::string& file) {
    if (file.empty()) return std::string();
    auto text = base::read_file(file, kMostPemBytes);
    const auto wrong = [&file](std::string_view why) {
        return Error(Code::kInvalidParameter,
                     fmt::format("cannot read CA certificates from {}: {}", file, why), "ca");
    };
    if (!text) return wrong(text.error().message);
    // "" would stand for the system's.
    if (text->empty()) return wrong("it is empty");
    return text;
}

Result<std::shared_ptr<const OutboundTarget>> target_of(const ClientOptions& options) {
    OutboundOptions outbound;
    outbound.server = options.server;
    SNAPGATE_ASSIGN(outbound.ca, read_ca(options.ca_file));
    outbound.advice = {
        .not_trusted = "use --ca FILE with the certificate of the authority that signed it",
        .wrong_name = "use a name that the certificate holds"};
    auto target = OutboundTarget::make(outbound);
    if (target || options.ca_file.empty() || target.error().subject != "ca") return target;
    return Error(target.error().code,
                 fmt::format("{}: {}", options.ca_file, target.error().message), "ca");
}

bool may_be_repeated(const ClientRequest& request) {
    static constexpr std::string_view kIdempotent[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    return !request.next_piece && std::find(std::begin(kIdempotent), std::end(kIdempotent),
                                            request.method) != std::end(kIdempotent);
}

// Cuts a connection once a descriptor can be read. The descriptor stays its owner's.
class WakeDescriptor {
  public:
    // -1: never.
    WakeDescriptor(const Executor& executor, int fd) : descriptor_(executor) {
        // A copy, because this object closes it.
        const int own = fd < 0 ? -1 : ::dup(fd);
        if (own >= 0) descriptor_.assign(own);
    }
    template <class Cut>
    void start(Cut cut) {
        if (!descriptor_.is_open()) return;
        descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                               [cut = std::move(cut)](error_code ec) {
                                   if (!ec) cut();
                               });
    }

  private:
    asio::posix::basic_stream_descriptor<Executor> descriptor_;
};

}  // namespace

// Where the body of an answer goes that is not kept whole.
struct Client::Streaming {
    const StreamOptions& options;
    const PieceSink& sink;
    StreamEnd end = StreamEnd::kWhole;
};

// Each request is a coroutine that is run to its end: between two requests nothing runs.
struct Client::State {
    explicit State(ClientOptions o) : options(std::move(o)) {}

    // `streaming` is null where the body is kept.
    Result<ClientResponse> run(const ClientRequest& request, Streaming* streaming);
    Awaitable<Result<ClientResponse>> ask(const ClientRequest& request, Streaming* streaming);
    Awaitable<Result<void>> connect();
    Awaitable<Result<ClientResponse>> exchange(const ClientRequest& request, Streaming* streaming);
    Awaitable<Result<void>> hand_on(Streaming& streaming) const;
    static bool is_stopped(const Streaming* streaming) {
        return streaming != nullptr && streaming->end == StreamEnd::kStopped;
    }

    const ClientOptions options;
    asio::io_context context{1};
    std::shared_ptr<const OutboundTarget> target;
    std::optional<OutboundBreaker> breaker;  // of `connection`
    std::unique_ptr<Outbound> connection;
};

Result<ClientResponse> Client::State::run(const ClientRequest& request, Streaming* streaming) {
    if (!target) {
        SNAPGATE_ASSIGN(target, target_of(options));
    }
    // A request that must not be sent needs no connection to be refused.
    SNAPGATE_TRY(request_head(target->parts().url, request));
    std::optional<Result<ClientResponse>> answer;
    asio::co_spawn(context, ask(request, streaming),
                   [&answer](const std::exception_ptr& thrown, Result<ClientResponse> result) {
                       if (thrown) std::rethrow_exception(thrown);
                       answer = std::move(result);
                   });
    context.restart();
    context.run();
    // A connection that is of no more use is closed now, not with the next request.
    if (!*answer || !connection->still_kept()) connection.reset();
    if (!*answer && is_stopped(streaming) && answer->error().subject == outbound_reason::kReset) {
        return ClientResponse();
    }
    return std::move(*answer);
}

Awaitable<Result<ClientResponse>> Client::State::ask(const ClientRequest& request,
                                                     Streaming* streaming) {
    WakeDescriptor wake(context.get_executor(),
                        streaming == nullptr ? -1 : streaming->options.wake_fd);
    wake.start([this, streaming] {
        streaming->end = StreamEnd::kStopped;
        if (breaker) breaker->cut();
    });
    const bool kept = connection && connection->still_kept();
    if (!kept) SNAPGATE_CO_TRY(co_await connect());
    auto answer = co_await exchange(request, streaming);
    const bool stale = !answer && kept && !connection->heard() &&
                       answer.error().subject == outbound_reason::kReset;
    if (stale && may_be_repeated(request) && !is_stopped(streaming)) {
        // The server ended the kept connection while the request was under way.
        SNAPGATE_CO_TRY(co_await connect());
        answer = co_await exchange(request, streaming);
    }
    co_return answer;
}

Awaitable<Result<void>> Client::State::connect() {
    connection.reset();
    breaker.emplace();
    SNAPGATE_CO_ASSIGN(connection,
                       co_await Outbound::connect(target, options.connect_timeout, &*breaker));
    co_return Result<void>();
}

Awaitable<Result<ClientResponse>> Client::State::exchange(const ClientRequest& request,
                                                          Streaming* streaming) {
    const auto patience = streaming == nullptr ? options.timeout : streaming->options.idle;
    SNAPGATE_CO_ASSIGN(ClientResponse response, co_await connection->send(request, patience));
    if (streaming != nullptr && response.status / 100 == 2) {
        SNAPGATE_CO_TRY(co_await hand_on(*streaming));
    } else {
        SNAPGATE_CO_ASSIGN(response.body,
                           co_await connection->read_all(options.max_response_bytes, patience));
    }
    co_return response;
}

Awaitable<Result<void>> Client::State::hand_on(Streaming& streaming) const {
    while (true) {
        // A body that always has more to read must not keep the descriptor from being looked at.
        if (streaming.options.wake_fd >= 0) co_await yield();
        auto piece = co_await connection->read(streaming.options.idle);
        if (piece) {
            if (piece->empty()) co_return Result<void>();
            SNAPGATE_CO_TRY(streaming.sink(*piece));
            continue;
        }
        const Code code = piece.error().code;
        if (code != Code::kTimeout && code != Code::kUnavailable) co_return piece.error();
        if (!is_stopped(&streaming)) {
            streaming.end = code == Code::kTimeout ? StreamEnd::kSilent : StreamEnd::kCut;
        }
        co_return Result<void>();
    }
}

Client::Client(ClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::send(const ClientRequest& request) {
    return state_->run(request, nullptr);
}

Result<StreamedResponse> Client::stream(const ClientRequest& request, const StreamOptions& options,
                                        const PieceSink& sink) {
    Streaming streaming{options, sink};
    SNAPGATE_ASSIGN(ClientResponse response, state_->run(request, &streaming));
    return StreamedResponse{std::move(response), streaming.end};
}

}  // namespace snapgate::net
