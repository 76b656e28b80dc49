#include "net/client/client.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <utility>

#include "net/client/client_link.h"
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

constexpr uint32_t kMaxHeaderBytes = 80 << 10;

// A body as text of which what was handed on can be taken off between two reads. Beast's own makes
// room for what a Content-Length promises, however much that is.
struct TextBody {
    using value_type = std::string;

    class reader {  // NOLINT(readability-identifier-naming): as Beast calls it
      public:
        template <bool IsRequest, class Fields>
        reader(http::header<IsRequest, Fields>& /*head*/, value_type& body) : body_(body) {}
        void init(const boost::optional<uint64_t>& /*length*/, error_code& ec) { ec = {}; }
        template <class Buffers>
        size_t put(const Buffers& buffers, error_code& ec) {
            ec = {};
            size_t count = 0;
            for (auto it = asio::buffer_sequence_begin(buffers);
                 it != asio::buffer_sequence_end(buffers); ++it) {
                const asio::const_buffer piece = *it;
                body_.append(static_cast<const char*>(piece.data()), piece.size());
                count += piece.size();
            }
            return count;
        }
        void finish(error_code& ec) { ec = {}; }

      private:
        value_type& body_;
    };
};

// A failed exchange: what to tell, and whether a fresh connection may help.
struct Failure {
    Error error;
    bool stale = false;
};
template <class T>
using Attempt = tl::expected<T, Failure>;

Result<std::shared_ptr<asio::ssl::context>> trust(const std::string& ca_file) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    error_code ec;
    if (ca_file.empty()) {
        context->set_default_verify_paths(ec);
    } else {
        context->load_verify_file(ca_file, ec);
    }
    ERR_clear_error();
    if (ec) {
        return Error(Code::kInvalidParameter,
                     fmt::format("cannot read CA certificates from {}: {}",
                                 ca_file.empty() ? "the system" : ca_file, ec.message()),
                     "ca");
    }
    return context;
}

bool may_be_repeated(const ClientRequest& request) {
    static constexpr std::string_view kIdempotent[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    return !request.next_piece && std::find(std::begin(kIdempotent), std::end(kIdempotent),
                                            request.method) != std::end(kIdempotent);
}

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (equals_ignoring_case(key, name)) return value;
    }
    return std::nullopt;
}

// Where the body of an answer goes that is not kept whole.
struct Client::Streaming {
    const StreamOptions& options;
    const PieceSink& sink;
    StreamEnd end = StreamEnd::kWhole;
};

struct Client::State {
    explicit State(ClientOptions o) : options(std::move(o)) {}

    Result<void> connect();
    // `streaming` is null where the body is kept.
    Result<ClientResponse> run(const ClientRequest& request, Streaming* streaming);
    Attempt<ClientResponse> exchange(const std::string& head, const ClientRequest& request,
                                     Streaming* streaming);
    // kAnswered also where the server closed; then the answer may still be there to be read.
    Result<ClientLink::Written> upload(const std::string& head, const ClientRequest& request) const;
    Attempt<ClientResponse> read_response(bool head_only, Streaming* streaming);
    Failure lost(std::string_view how) const;
    Failure timed_out(std::chrono::milliseconds after) const;

    ClientOptions options;
    std::optional<ServerUrl> url;
    std::shared_ptr<asio::ssl::context> tls;
    std::unique_ptr<ClientLink> link;
    bool keep = false;  // what read_response found
};

Result<void> Client::State::connect() {
    link.reset();
    if (url->tls && !tls) {
        SNAPGATE_ASSIGN(tls, trust(options.ca_file));
    }
    SNAPGATE_ASSIGN(link, ClientLink::connect(*url, tls, options.connect_timeout));
    return {};
}

Failure Client::State::lost(std::string_view how) const {
    return {Error(Code::kUnavailable, fmt::format("{} {}", url->text(), how)), true};
}

Failure Client::State::timed_out(std::chrono::milliseconds after) const {
    return {Error(Code::kTimeout,
                  fmt::format("{} did not answer within {} ms", url->text(), after.count())),
            false};
}

Result<ClientLink::Written> Client::State::upload(const std::string& head,
                                                  const ClientRequest& request) const {
    using Written = ClientLink::Written;
    if (!request.next_piece) {
        // One write for both where the body is small, as it mostly is.
        std::string bytes = head;
        bytes += request.body;
        return link->write(bytes, options.timeout);
    }
    Written written = link->write(head, options.timeout);
    std::string chunk;
    while (written == Written::kAll) {
        SNAPGATE_ASSIGN(const std::string_view piece, request.next_piece());
        chunk = fmt::format("{:x}\r\n", piece.size());
        chunk += piece;
        chunk += "\r\n";
        written = link->write(chunk, options.timeout);
        if (piece.empty()) break;
    }
    return written;
}

Attempt<ClientResponse> Client::State::read_response(bool head_only, Streaming* streaming) {
    std::string input;
    std::optional<http::response_parser<TextBody>> parser;
    const auto begin = [&] {
        parser.emplace();
        parser->eager(true);
        parser->header_limit(kMaxHeaderBytes);
        // A limit counts the body in total; that of a stream has none.
        if (streaming == nullptr) {
            parser->body_limit(options.max_response_bytes);
        } else {
            parser->body_limit(boost::none);
        }
        parser->skip(head_only);
    };
    const auto failed = [](Code code, std::string message) {
        return tl::unexpected(Failure{Error(code, std::move(message)), false});
    };
    const auto too_large = [&] {
        return failed(Code::kTooLarge, fmt::format("the answer of {} is larger than {} bytes",
                                                   url->text(), options.max_response_bytes));
    };
    begin();
    bool any = false;
    // What is left once the stream has ended by itself.
    const auto answered = [&](StreamEnd end) {
        auto& message = parser->get();
        if (streaming != nullptr) streaming->end = end;
        keep = end == StreamEnd::kWhole && message.keep_alive() && input.empty();
        ClientResponse response;
        response.status = message.result_int();
        for (const auto& field : message) {
            response.headers.emplace_back(std::string(field.name_string()),
                                          std::string(field.value()));
        }
        response.body = std::move(message.body());
        return response;
    };
    const auto is_streamed = [&] {
        return streaming != nullptr && parser->is_header_done() &&
               parser->get().result_int() / 100 == 2;
    };
    const auto patience = streaming != nullptr ? streaming->options.idle : options.timeout;
    while (!parser->is_done()) {
        const auto read = link->read(input, patience);
        if (read == ClientLink::Read::kWoken) {
            if (is_streamed()) return answered(StreamEnd::kStopped);
            streaming->end = StreamEnd::kStopped;
            keep = false;
            return ClientResponse();
        }
        if (read == ClientLink::Read::kTimedOut) {
            if (is_streamed()) return answered(StreamEnd::kSilent);
            return tl::unexpected(timed_out(patience));
        }
        if (read != ClientLink::Read::kBytes) {
            if (!any) return tl::unexpected(lost("ended the connection without an answer"));
            error_code ec;
            if (read == ClientLink::Read::kEnd && parser->is_header_done()) parser->put_eof(ec);
            if (ec || !parser->is_done()) {
                if (is_streamed()) return answered(StreamEnd::kCut);
                return failed(Code::kUnavailable,
                              fmt::format("{} ended the connection in the middle of its answer",
                                          url->text()));
            }
            break;
        }
        if (!any && !url->tls && (input[0] == '\x15' || input[0] == '\x16')) {
            return failed(
                Code::kBadPeer,
                fmt::format("{} speaks TLS: use https:// instead of http://", url->text()));
        }
        any = true;
        while (!input.empty() && !parser->is_done()) {
            error_code ec;
            const size_t used = parser->put(asio::buffer(input), ec);
            input.erase(0, used);
            if (ec == http::error::body_limit) return too_large();
            if (ec && ec != http::error::need_more) {
                return failed(Code::kBadPeer, fmt::format("{} answered no valid HTTP ({})",
                                                          url->text(), ec.message()));
            }
            std::string& body = parser->get().body();
            if (is_streamed() && !body.empty()) {
                if (auto taken = streaming->sink(body); !taken)
                    return tl::unexpected(Failure{std::move(taken).error(), false});
                body.clear();
            } else if (body.size() > options.max_response_bytes) {
                return too_large();
            }
            // An interim answer (1xx) goes before the real one.
            if (parser->is_done() && parser->get().result_int() < 200) begin();
            if (ec == http::error::need_more) break;
        }
    }
    return answered(StreamEnd::kWhole);
}

Attempt<ClientResponse> Client::State::exchange(const std::string& head,
                                                const ClientRequest& request,
                                                Streaming* streaming) {
    if (streaming != nullptr) link->wake_on(streaming->options.wake_fd);
    auto written = upload(head, request);
    if (!written) return tl::unexpected(Failure{std::move(written).error(), false});
    if (*written == ClientLink::Written::kTimedOut) {
        return tl::unexpected(timed_out(options.timeout));
    }
    auto response = read_response(request.method == "HEAD", streaming);
    if (streaming != nullptr) link->wake_on(-1);
    if (response && *written == ClientLink::Written::kAll && keep) return response;
    link.reset();
    return response;
}

Result<ClientResponse> Client::State::run(const ClientRequest& request, Streaming* streaming) {
    if (!url) {
        SNAPGATE_ASSIGN(url, parse_server_url(options.server));
    }
    SNAPGATE_ASSIGN(const std::string head, request_head(*url, request));
    const bool kept = link && link->usable();
    if (!kept) SNAPGATE_TRY(connect());
    auto response = exchange(head, request, streaming);
    if (!response && kept && response.error().stale && may_be_repeated(request)) {
        // The server ended the kept connection while the request was under way.
        SNAPGATE_TRY(connect());
        response = exchange(head, request, streaming);
    }
    if (response) return std::move(*response);
    link.reset();
    return std::move(response.error().error);
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
