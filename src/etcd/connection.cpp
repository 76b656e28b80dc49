#include "etcd/connection.h"

#include <algorithm>
#include <future>
#include <utility>

#include "base/result.h"
#include "base/utf8.h"
#include "etcd/codec.h"
#include "etcd/methods.h"

namespace snapgate::etcd {
namespace {

// etcd's words (rpctypes.ErrGRPCAuthNotEnabled).
constexpr std::string_view kNoAuthentication = "authentication is not enabled";

Error closed_error() {
    return {ErrorCode::kClosed, "the client of etcd was closed"};
}

Failure silence(bool not_done) {
    Failure failure;
    failure.message = "no sign of life";
    failure.elsewhere = true;
    failure.not_done = not_done;
    return failure;
}

// Any member answers it from its own state, a member with users with a refusal.
std::string question() {
    RangeRequest request;
    request.key = std::string(1, '\0');
    request.serializable = true;
    request.count_only = true;
    return encode(request);
}

}  // namespace

// One request on its way through the endpoints. gRPC's threads call it, one after the other.
class Client::Connection::Attempts
    : public std::enable_shared_from_this<Client::Connection::Attempts> {
  public:
    Attempts(Connection& connection, Request request, std::function<void(Result<std::string>)> done)
        : connection_(connection),
          request_(std::move(request)),
          done_(std::move(done)),
          endpoint_(connection_.preferred()) {}

    void start() {
        if (!request_.with_token || connection_.options_.username.empty()) {
            attempt({});
            return;
        }
        connection_.get_token(request_.deadline,
                              [self = shared_from_this()](Result<std::string> token) {
                                  if (token) {
                                      self->attempt(std::move(*token));
                                  } else {
                                      self->finish(std::move(token).error());
                                  }
                              });
    }

    void cancel() SNAPGATE_EXCLUDES(mutex_) {
        std::shared_ptr<Cancel> current;
        {
            const base::MutexLock lock(mutex_);
            canceled_ = true;
            current = current_;
        }
        if (current) current->cancel();
    }

    // What was sent to the endpoint until `asked` gets no answer any more.
    void silent(size_t endpoint, Time asked) SNAPGATE_EXCLUDES(mutex_) {
        std::shared_ptr<Cancel> current;
        {
            const base::MutexLock lock(mutex_);
            if (sent_at_ > asked || sent_to_ != endpoint) return;
            silent_ = true;
            current = current_;
        }
        if (current) current->cancel();
    }

    void finish(Result<std::string> result) {
        const auto done = std::exchange(done_, nullptr);
        done(std::move(result));
        connection_.ended(shared_from_this());
    }

  private:
    size_t endpoints() const { return connection_.endpoints_.size(); }

    // Endpoints that are left get equal shares of the time.
    Time attempt_deadline() const {
        const size_t left = endpoints() - tried_;
        if (!request_.is_read || left <= 1) return request_.deadline;
        const auto share = (request_.deadline - now()) / static_cast<int64_t>(left);
        return now() + std::min<Time::duration>(share, connection_.options_.attempt_timeout);
    }

    void attempt(std::string token) {
        token_ = std::move(token);
        if (request_.is_read) return send();
        connection_.liveness_.make_sure(endpoint_, request_.deadline,
                                        [self = shared_from_this()](bool lives) {
                                            if (lives) {
                                                self->send();
                                            } else {
                                                self->failed(silence(true));
                                            }
                                        });
    }

    void send() SNAPGATE_EXCLUDES(mutex_) {
        if (canceled()) return finish(closed_error());
        uint64_t number = 0;
        {
            const base::MutexLock lock(mutex_);
            number = ++number_;
            sent_to_ = endpoint_;
            sent_at_ = now();
            silent_ = false;
        }
        connection_.liveness_.began(endpoint_);
        auto current = connection_.transports_[endpoint_]->call(
            request_.method, request_.message, {token_, request_.needs_leader}, attempt_deadline(),
            [self = shared_from_this()](CallEnd end) { self->attempt_ended(std::move(end)); });
        bool cancel = false;
        {
            const base::MutexLock lock(mutex_);
            // It may have ended already, and the next one may have begun.
            if (number_ == number) current_ = current;
            cancel = canceled_ || (number_ == number && silent_);
        }
        if (cancel) current->cancel();
    }

    void attempt_ended(CallEnd end) SNAPGATE_EXCLUDES(mutex_) {
        connection_.liveness_.ended(endpoint_, !end.failure || end.failure->answered);
        if (!end.failure) {
            finish(std::move(end.answer));
            return;
        }
        bool silent = false;
        {
            const base::MutexLock lock(mutex_);
            silent = std::exchange(silent_, false);
            sent_to_.reset();
        }
        failed(silent && !end.failure->answered ? silence(false) : *end.failure);
    }

    void failed(const Failure& failure) {
        const bool may_be_done = !request_.is_read && !failure.not_done;
        if (canceled()) {
            Error error = closed_error();
            error.may_be_done = may_be_done;
            finish(std::move(error));
            return;
        }
        if (failure.log_in_again && request_.with_token && !logged_in_again_ &&
            !connection_.options_.username.empty()) {
            logged_in_again_ = true;
            connection_.forget_token(token_);
            start();
            return;
        }
        note(failure.message);
        if (failure.elsewhere) connection_.failed(endpoint_);
        ++tried_;
        const bool again = failure.elsewhere && (request_.is_read || failure.not_done) &&
                           tried_ < endpoints() && now() < request_.deadline;
        if (again) {
            endpoint_ = (endpoint_ + 1) % endpoints();
            attempt(std::move(token_));
            return;
        }
        finish(Error(failure.code, std::move(messages_), may_be_done));
    }

    bool canceled() SNAPGATE_EXCLUDES(mutex_) {
        const base::MutexLock lock(mutex_);
        return canceled_;
    }

    // What each endpoint said, while there is room.
    void note(const std::string& message) {
        if (!messages_.empty()) messages_ += "; ";
        messages_ += connection_.endpoints_[endpoint_].url + ": " + message;
        if (messages_.size() > kMostMessage)
            messages_ = std::string(base::clip(messages_, kMostMessage));
    }

    Connection& connection_;  // until ended()
    const Request request_;
    std::function<void(Result<std::string>)> done_;
    size_t endpoint_;
    size_t tried_ = 0;
    bool logged_in_again_ = false;
    std::string token_;
    std::string messages_;

    base::Mutex mutex_;
    uint64_t number_ SNAPGATE_GUARDED_BY(mutex_) = 0;  // of the call that is under way
    std::optional<size_t> sent_to_ SNAPGATE_GUARDED_BY(mutex_);
    Time sent_at_ SNAPGATE_GUARDED_BY(mutex_);
    bool silent_ SNAPGATE_GUARDED_BY(mutex_) = false;
    bool canceled_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::shared_ptr<Cancel> current_ SNAPGATE_GUARDED_BY(mutex_);
};

Client::Connection::Connection(ClientOptions options, std::vector<Endpoint> endpoints)
    : options_(std::move(options)),
      endpoints_(std::move(endpoints)),
      liveness_(
          endpoints_.size(), options_.silence,
          [this](size_t endpoint, Time deadline, std::function<void(bool)> answered) {
              return ask_for_sign(endpoint, deadline, std::move(answered));
          },
          [this](size_t endpoint, Time asked) { silent(endpoint, asked); }) {
    const TransportOptions transport{options_.ca, options_.certificate, options_.private_key,
                                     options_.max_answer_bytes};
    for (const Endpoint& endpoint : endpoints_)
        transports_.push_back(Transport::make(endpoint, transport));
}

void Client::Connection::call(Request request, std::function<void(Result<std::string>)> done) {
    auto attempts = std::make_shared<Attempts>(*this, std::move(request), std::move(done));
    bool closed = false;
    {
        const base::MutexLock lock(mutex_);
        closed = closed_;
        under_way_.insert(attempts);
    }
    if (closed) {
        attempts->finish(closed_error());
    } else {
        attempts->start();
    }
}

Result<std::string> Client::Connection::call_and_wait(Request request) {
    std::promise<Result<std::string>> promise;
    call(std::move(request),
         [&promise](Result<std::string> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

void Client::Connection::ended(const std::shared_ptr<Attempts>& attempts) {
    const base::MutexLock lock(mutex_);
    under_way_.erase(attempts);
    if (under_way_.empty()) idle_.notify_all();
}

Time Client::Connection::deadline_of(const std::optional<base::Millis>& timeout) const {
    return now() + timeout.value_or(options_.timeout);
}

size_t Client::Connection::preferred() const {
    const base::MutexLock lock(mutex_);
    return preferred_;
}

void Client::Connection::failed(size_t endpoint) {
    const base::MutexLock lock(mutex_);
    if (preferred_ == endpoint) preferred_ = (endpoint + 1) % endpoints_.size();
}

std::shared_ptr<Cancel> Client::Connection::ask_for_sign(size_t endpoint, Time deadline,
                                                         std::function<void(bool)> answered) {
    CallHeaders headers;
    headers.needs_leader = false;
    return transports_[endpoint]->call(method::kRange, question(), headers, deadline,
                                       [answered = std::move(answered)](const CallEnd& end) {
                                           answered(!end.failure || end.failure->answered);
                                       });
}

void Client::Connection::silent(size_t endpoint, Time asked) {
    failed(endpoint);
    std::vector<std::shared_ptr<Attempts>> calls;
    {
        const base::MutexLock lock(mutex_);
        calls.assign(under_way_.begin(), under_way_.end());
    }
    for (const auto& call : calls) call->silent(endpoint, asked);
}

std::optional<Failure> Client::Connection::look_after(const Opened& opened, Time since) {
    if (liveness_.silent_since(opened.endpoint, since)) return silence(false);
    liveness_.make_sure(opened.endpoint, now() + options_.silence.answer_time, [](bool) {});
    return std::nullopt;
}

void Client::Connection::get_token(Time deadline, const GotToken& done) {
    std::optional<std::string> token;
    {
        const base::MutexLock lock(mutex_);
        token = token_;
        if (!token) {
            wait_for_token_.push_back(done);
            if (wait_for_token_.size() > 1) return;
        }
    }
    if (token) {
        done(std::move(*token));
        return;
    }
    Request request{method::kAuthenticate,
                    encode_authenticate(options_.username, options_.password), deadline};
    request.is_read = true;  // a token more does no harm
    request.with_token = false;
    call(std::move(request), [this](Result<std::string> answer) {
        if (answer) {
            got_token(decode_token(*answer));
        } else if (answer.error().message.find(kNoAuthentication) != std::string::npos) {
            got_token(std::string());
        } else {
            got_token(std::move(answer).error());
        }
    });
}

void Client::Connection::got_token(Result<std::string> token) {
    std::vector<GotToken> waiting;
    {
        const base::MutexLock lock(mutex_);
        if (token) token_ = *token;
        waiting.swap(wait_for_token_);
    }
    for (const GotToken& one : waiting) one(token);
}

void Client::Connection::forget_token(const std::string& token) {
    const base::MutexLock lock(mutex_);
    if (token_ == token) token_.reset();
}

Result<Client::Connection::Opened> Client::Connection::open(const char* method) {
    std::string token;
    if (!options_.username.empty()) {
        std::promise<Result<std::string>> promise;
        get_token(deadline_of(std::nullopt),
                  [&promise](Result<std::string> got) { promise.set_value(std::move(got)); });
        SNAPGATE_ASSIGN(token, promise.get_future().get());
    }
    const base::MutexLock lock(mutex_);
    if (closed_) return closed_error();
    std::shared_ptr<Stream> stream = transports_[preferred_]->open(method, {token, true});
    std::erase_if(streams_, [](const std::weak_ptr<Stream>& one) { return one.expired(); });
    streams_.push_back(stream);
    return Opened{std::move(stream), preferred_, std::move(token)};
}

Error Client::Connection::stream_failed(const Opened& opened, const Failure& failure) {
    if (closed()) return closed_error();
    if (failure.elsewhere) failed(opened.endpoint);
    if (failure.log_in_again) forget_token(opened.token);
    return {failure.code, endpoints_[opened.endpoint].url + ": " + failure.message};
}

bool Client::Connection::closed() const {
    const base::MutexLock lock(mutex_);
    return closed_;
}

void Client::Connection::close() {
    std::vector<std::shared_ptr<Attempts>> calls;
    std::vector<std::weak_ptr<Stream>> streams;
    {
        const base::MutexLock lock(mutex_);
        closed_ = true;
        calls.assign(under_way_.begin(), under_way_.end());
        streams.swap(streams_);
    }
    for (const auto& call : calls) call->cancel();
    liveness_.stop();
    for (const auto& weak : streams) {
        if (const auto stream = weak.lock()) stream->cancel();
    }
}

void Client::Connection::wait_for_calls() {
    liveness_.wait();
    const base::MutexLock lock(mutex_);
    while (!under_way_.empty()) idle_.wait(mutex_);
}

}  // namespace snapgate::etcd
