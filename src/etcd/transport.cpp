#include "etcd/transport.h"

#include <grpc/support/log.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "base/annotations.h"
#include "base/log.h"

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

// gRPC writes errors to stderr; each call's status says the same to whoever made the call. What it
// says before it ends the process is said nowhere else.
void pass_on_assertions(gpr_log_func_args* line) {
    const std::string_view message(line->message);
    if (message.starts_with("assertion failed"))
        base::log::plain("gRPC, " + std::string(line->file) + ":" + std::to_string(line->line) +
                         ": " + std::string(message));
}

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

// How many calls of a channel are left. What is last to let go of a channel ends gRPC's threads and
// waits for them, so it must not be one of them: a channel's owner waits for its calls first.
class CallCount {
  public:
    void add() SNAPGATE_EXCLUDES(mutex_) {
        const base::MutexLock lock(mutex_);
        ++left_;
    }
    void remove() SNAPGATE_EXCLUDES(mutex_) {
        const base::MutexLock lock(mutex_);
        if (--left_ == 0) none_.notify_all();
    }
    void wait_for_none() SNAPGATE_EXCLUDES(mutex_) {
        const base::MutexLock lock(mutex_);
        while (left_ > 0) none_.wait(mutex_);
    }

  private:
    base::Mutex mutex_;
    base::Condition none_;
    size_t left_ SNAPGATE_GUARDED_BY(mutex_) = 0;
};

class UnaryCall : public Cancel {
  public:
    explicit UnaryCall(CallCount& calls)
        : calls_(calls), context_(std::make_unique<grpc::ClientContext>()) {
        calls_.add();
    }
    ~UnaryCall() override {
        request_.Clear();
        answer_.Clear();
        context_.reset();  // it lets go of the channel
        calls_.remove();
    }
    UnaryCall(const UnaryCall&) = delete;
    UnaryCall& operator=(const UnaryCall&) = delete;

    void start(grpc::GenericStub& stub, const char* method, const std::string& message,
               const std::shared_ptr<UnaryCall>& self, std::function<void(CallEnd)> done) {
        request_ = buffer_of(message);
        stub.UnaryCall(context_.get(), method, grpc::StubOptions(), &request_, &answer_,
                       [self, done = std::move(done)](const grpc::Status& status) {
                           done(self->end(status));
                       });
    }

    void cancel() override { context_->TryCancel(); }

    grpc::ClientContext& context() { return *context_; }

  private:
    CallEnd end(const grpc::Status& status) {
        if (!status.ok()) return {failure_of(status), {}};
        auto answer = bytes_of(answer_);
        if (!answer) return {unreadable(), {}};
        return {std::nullopt, std::move(*answer)};
    }

    CallCount& calls_;
    std::unique_ptr<grpc::ClientContext> context_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer answer_;
};

class GrpcStream : public Stream {
  public:
    GrpcStream(grpc::GenericStub& stub, const char* method, const CallHeaders& headers) {
        add_headers(context_, headers);
        call_ = stub.PrepareCall(&context_, method, &queue_);
        call_->StartCall(&tags_.started);
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
            if (ended == &tags_.finished) {
                failure_ = status_.ok() ? Failure{ErrorCode::kUnavailable, "the stream ended", true,
                                                  false, false}
                                        : failure_of(status_);
                break;
            }
            if (!ok) {
                finish();
                continue;
            }
            if (ended == &tags_.started) {
                started_ = true;
                call_->Read(&received_, &tags_.read);
                write_next();
            } else if (ended == &tags_.written) {
                writing_ = false;
                write_next();
            } else {
                auto message = bytes_of(received_);
                if (!message) {
                    failure_ = unreadable();
                    break;
                }
                received_.Clear();
                call_->Read(&received_, &tags_.read);
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
        call_->Write(writing_message_, &tags_.written);
    }

    void finish() {
        if (finishing_) return;
        finishing_ = true;
        call_->Finish(&status_, &tags_.finished);
    }

    grpc::ClientContext context_;
    // The queue gives back the address of one of these, once what it stands for has ended.
    struct Tags {
        char started = 0;
        char read = 0;
        char written = 0;
        char finished = 0;
    };

    Tags tags_;
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
    ~GrpcTransport() override { calls_.wait_for_none(); }
    GrpcTransport(const GrpcTransport&) = delete;
    GrpcTransport& operator=(const GrpcTransport&) = delete;

    std::shared_ptr<Cancel> call(const char* method, std::string message,
                                 const CallHeaders& headers, Time deadline,
                                 std::function<void(CallEnd)> done) override {
        auto call = std::make_shared<UnaryCall>(calls_);
        add_headers(call->context(), headers);
        call->context().set_deadline(system_time(deadline));
        call->start(stub_, method, message, call, std::move(done));
        return call;
    }

    std::shared_ptr<Stream> open(const char* method, const CallHeaders& headers) override {
        return std::make_shared<GrpcStream>(stub_, method, headers);
    }

  private:
    CallCount calls_;
    grpc::GenericStub stub_;
};

}  // namespace

std::unique_ptr<Transport> Transport::make(const Endpoint& endpoint,
                                           const TransportOptions& options) {
    static std::once_flag once;
    std::call_once(once, [] { gpr_set_log_function(pass_on_assertions); });
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

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
// gRPC 1.51 leaves one name of some bytes to the end of the process.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer's name for it
extern "C" const char* __lsan_default_suppressions() {
    return "leak:ares_strdup\n";
}
#endif
#endif
