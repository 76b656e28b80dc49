#include "etcd/transport.h"

#include <grpc/support/log.h>
#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

namespace snapgate::etcd {
namespace {

// How long a connection may take to be made. gRPC's default of 20 s is longer than a caller waits.
constexpr int kConnectMs = 1000;
constexpr int kFirstPauseMs = 100;
constexpr int kLongestPauseMs = 2000;
// A connection on which nothing comes is asked for a sign of life. etcd ends connections that ask
// more often than every 5 s (--grpc-keepalive-min-time).
constexpr int kKeepAliveMs = 10000;
constexpr int kKeepAliveAnswerMs = 3000;

// gRPC writes errors to stderr; each call's status says the same to whoever made the call.
void drop_grpc_log(gpr_log_func_args* /*line*/) {}

grpc::ByteBuffer buffer_of(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    return {&slice, 1};
}

// gRPC turns the time into its own steady clock at once.
std::chrono::system_clock::time_point system_time(Time deadline) {
    constexpr Time::duration kMost = std::chrono::hours(24);
    return std::chrono::system_clock::now() +
           std::min(deadline - std::chrono::steady_clock::now(), kMost);
}

// Nullopt: no memory, or a message that its own compression does not fit.
std::optional<std::string> bytes_of(const grpc::ByteBuffer& buffer) {
    std::vector<grpc::Slice> slices;
    if (!buffer.Dump(&slices).ok()) return std::nullopt;
    std::string bytes;
    bytes.reserve(buffer.Length());
    for (const grpc::Slice& slice : slices)
        bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return bytes;
}

Failure failure_of(const grpc::Status& status) {
    return etcd::failure_of(static_cast<int>(status.error_code()), status.error_message());
}

Failure unreadable() {
    return {ErrorCode::kBadAnswer, "a message that gRPC cannot read", false, false, false};
}

// rpctypes.TokenFieldNameGRPC and rpctypes.MetadataRequireLeaderKey
void add_headers(grpc::ClientContext& context, const CallHeaders& headers) {
    if (!headers.token.empty()) context.AddMetadata("token", headers.token);
    if (headers.needs_leader) context.AddMetadata("hasleader", "true");
}

class UnaryCall : public Cancel {
  public:
    void start(grpc::GenericStub& stub, const char* method, const std::string& message,
               const std::shared_ptr<UnaryCall>& self, std::function<void(CallEnd)> done) {
        request_ = buffer_of(message);
        stub.UnaryCall(&context_, method, grpc::StubOptions(), &request_, &answer_,
                       [self, done = std::move(done)](const grpc::Status& status) {
                           done(self->end(status));
                       });
    }

    void cancel() override { context_.TryCancel(); }

    grpc::ClientContext& context() { return context_; }

  private:
    CallEnd end(const grpc::Status& status) {
        if (!status.ok()) return {failure_of(status), {}};
        auto answer = bytes_of(answer_);
        if (!answer) return {unreadable(), {}};
        return {std::nullopt, std::move(*answer)};
    }

    grpc::ClientContext context_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer answer_;
};

// The queue gives back each of these, once what it stands for has ended.
enum Tag : intptr_t { kStarted = 1, kRead, kWritten, kFinished };

void* tag(Tag which) {
    return reinterpret_cast<void*>(which);
}

class GrpcStream : public Stream {
  public:
    GrpcStream(grpc::GenericStub& stub, const char* method, const CallHeaders& headers) {
        add_headers(context_, headers);
        call_ = stub.PrepareCall(&context_, method, &queue_);
        call_->StartCall(tag(kStarted));
    }

    ~GrpcStream() override {
        context_.TryCancel();
        queue_.Shutdown();
        void* ended = nullptr;
        bool ok = false;
        while (queue_.Next(&ended, &ok)) {
        }
    }

    GrpcStream(const GrpcStream&) = delete;
    GrpcStream& operator=(const GrpcStream&) = delete;

    void write(std::string message) override {
        to_write_.push_back(std::move(message));
        write_next();
    }

    Read read(Time deadline) override {
        const auto until = system_time(deadline);
        while (!failure_) {
            void* ended = nullptr;
            bool ok = false;
            if (queue_.AsyncNext(&ended, &ok, until) != grpc::CompletionQueue::GOT_EVENT) return {};
            if (ended == tag(kFinished)) {
                failure_ = status_.ok() ? Failure{ErrorCode::kUnavailable, "the stream ended", true,
                                                  false, false}
                                        : failure_of(status_);
                break;
            }
            if (!ok) {
                finish();
                continue;
            }
            if (ended == tag(kStarted)) {
                started_ = true;
                call_->Read(&received_, tag(kRead));
                write_next();
            } else if (ended == tag(kWritten)) {
                writing_ = false;
                write_next();
            } else {
                auto message = bytes_of(received_);
                if (!message) {
                    failure_ = unreadable();
                    break;
                }
                received_.Clear();
                call_->Read(&received_, tag(kRead));
                return {std::move(message), std::nullopt};
            }
        }
        return {std::nullopt, failure_};
    }

    void cancel() override { context_.TryCancel(); }

  private:
    void write_next() {
        if (!started_ || writing_ || finishing_ || to_write_.empty()) return;
        writing_ = true;
        writing_message_ = buffer_of(to_write_.front());
        to_write_.pop_front();
        call_->Write(writing_message_, tag(kWritten));
    }

    void finish() {
        if (finishing_) return;
        finishing_ = true;
        call_->Finish(&status_, tag(kFinished));
    }

    grpc::ClientContext context_;
    grpc::CompletionQueue queue_;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
    std::deque<std::string> to_write_;
    grpc::ByteBuffer writing_message_;
    grpc::ByteBuffer received_;
    grpc::Status status_;
    bool started_ = false;
    bool writing_ = false;
    bool finishing_ = false;
    std::optional<Failure> failure_;
};

class GrpcTransport : public Transport {
  public:
    GrpcTransport(const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& how,
                  const grpc::ChannelArguments& arguments)
        : stub_(grpc::CreateCustomChannel(target, how, arguments)) {}

    std::shared_ptr<Cancel> call(const char* method, std::string message,
                                 const CallHeaders& headers, Time deadline,
                                 std::function<void(CallEnd)> done) override {
        auto call = std::make_shared<UnaryCall>();
        add_headers(call->context(), headers);
        call->context().set_deadline(system_time(deadline));
        call->start(stub_, method, message, call, std::move(done));
        return call;
    }

    std::shared_ptr<Stream> open(const char* method, const CallHeaders& headers) override {
        return std::make_shared<GrpcStream>(stub_, method, headers);
    }

  private:
    grpc::GenericStub stub_;
};

}  // namespace

std::unique_ptr<Transport> Transport::make(const Endpoint& endpoint,
                                           const TransportOptions& options) {
    static std::once_flag once;
    std::call_once(once, [] { gpr_set_log_function(drop_grpc_log); });
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_answer_bytes));
    arguments.SetMaxSendMessageSize(-1);  // etcd says what is too large for it
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstPauseMs);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestPauseMs);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepAliveMs);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepAliveAnswerMs);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    // Whether a call is repeated is decided above this class.
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    // A variable of the environment does not send the truth through a proxy.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    // Two clients in one process do not share connections: they may have other certificates.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    std::shared_ptr<grpc::ChannelCredentials> how = grpc::InsecureChannelCredentials();
    if (endpoint.tls)
        how = grpc::SslCredentials({options.ca, options.private_key, options.certificate});
    return std::make_unique<GrpcTransport>(endpoint.target, how, arguments);
}

}  // namespace snapgate::etcd
