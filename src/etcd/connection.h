#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/annotations.h"
#include "etcd/client.h"
#include "etcd/endpoint.h"
#include "etcd/liveness.h"
#include "etcd/transport.h"

namespace snapgate::etcd {

// Which member is asked, with which token, and what is done when it fails: what ranges, commits,
// watches and leases have in common. Any thread.
// It is destroyed on no thread of gRPC, after wait_for_calls().
struct Client::Connection {
  public:
    Connection(ClientOptions options, std::vector<Endpoint> endpoints);

    struct Request {
        const char* method;
        std::string message;
        Time deadline;
        // A read may be tried again at another endpoint after `attempt_timeout`. Of any other
        // request it must be certain that etcd has not done it.
        bool is_read = false;
        bool needs_leader = true;
        bool with_token = true;
    };
    // Tries each endpoint at most once. `done` is called exactly once with the bytes of the answer.
    void call(Request request, std::function<void(Result<std::string>)> done)
        SNAPGATE_EXCLUDES(mutex_);
    // The same, and waits.
    Result<std::string> call_and_wait(Request request);

    struct Opened {
        std::shared_ptr<Stream> stream;
        size_t endpoint;
        std::string token;
    };
    // A stream to the endpoint that is in use; waits if a token has to be got first. The owner
    // reports the stream's end.
    Result<Opened> open(const char* method) SNAPGATE_EXCLUDES(mutex_);
    // The error for the owner of a stream that failed. The next call goes elsewhere, or gets
    // another token first, if that may help.
    Error stream_failed(const Opened& opened, const Failure& failure) SNAPGATE_EXCLUDES(mutex_);

    Time deadline_of(const std::optional<base::Millis>& timeout) const;
    const ClientOptions& options() const { return options_; }
    bool closed() const SNAPGATE_EXCLUDES(mutex_);
    void close() SNAPGATE_EXCLUDES(mutex_);
    // Waits until no callback is left.
    void wait_for_calls() SNAPGATE_EXCLUDES(mutex_);

    // Something came from the endpoint's member over a stream.
    void heard(const Opened& opened) { liveness_.heard(opened.endpoint); }
    // Nothing came for a while, since `since`. Failure once it is known that the member is silent;
    // until then, it is asked.
    std::optional<Failure> look_after(const Opened& opened, Time since);

  private:
    class Attempts;
    using GotToken = std::function<void(Result<std::string>)>;

    // Calls `done` with the token, or once it is got; at once if that is so already.
    void get_token(Time deadline, const GotToken& done) SNAPGATE_EXCLUDES(mutex_);
    // If it is still in use: another call may have replaced it.
    void forget_token(const std::string& token) SNAPGATE_EXCLUDES(mutex_);
    size_t preferred() const SNAPGATE_EXCLUDES(mutex_);
    void failed(size_t endpoint) SNAPGATE_EXCLUDES(mutex_);
    std::shared_ptr<Cancel> ask_for_sign(size_t endpoint, Time deadline,
                                         std::function<void(bool)> answered);
    void silent(size_t endpoint, Time asked) SNAPGATE_EXCLUDES(mutex_);
    void ended(const std::shared_ptr<Attempts>& attempts) SNAPGATE_EXCLUDES(mutex_);
    void got_token(Result<std::string> token) SNAPGATE_EXCLUDES(mutex_);

    const ClientOptions options_;
    const std::vector<Endpoint> endpoints_;
    std::vector<std::unique_ptr<Transport>> transports_;
    Liveness liveness_;

    mutable base::Mutex mutex_;
    base::Condition idle_;
    bool closed_ SNAPGATE_GUARDED_BY(mutex_) = false;
    size_t preferred_ SNAPGATE_GUARDED_BY(mutex_) = 0;
    std::unordered_set<std::shared_ptr<Attempts>> under_way_ SNAPGATE_GUARDED_BY(mutex_);
    std::vector<std::weak_ptr<Stream>> streams_ SNAPGATE_GUARDED_BY(mutex_);
    // Empty where etcd says that it has no authentication.
    std::optional<std::string> token_ SNAPGATE_GUARDED_BY(mutex_);
    std::vector<GotToken> wait_for_token_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::etcd
