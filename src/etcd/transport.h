#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "etcd/endpoint.h"
#include "etcd/error.h"
#include "etcd/failure.h"

// gRPC, as far as it is needed: calls of methods by their names, with the bytes of messages. The
// only file that includes gRPC is transport.cpp.
namespace snapgate::etcd {

using Time = std::chrono::steady_clock::time_point;
inline Time now() {
    return std::chrono::steady_clock::now();
}

// What is sent with a call beside its message.
struct CallHeaders {
    std::string token;  // empty: none
    // The member refuses the call at once, and ends a stream, while it knows of no leader.
    bool needs_leader = true;
};

struct TransportOptions {
    std::string ca;
    std::string certificate;
    std::string private_key;
    size_t max_answer_bytes = 0;
};

// What a call of one message and one answer came to.
struct CallEnd {
    std::optional<Failure> failure;
    std::string answer;  // if it did not fail
};

// Cancels a call; any thread, also after the call has ended.
class Cancel {
  public:
    virtual ~Cancel() = default;
    virtual void cancel() = 0;
};

// A call with many messages in both directions. One thread, but for cancel().
class Stream : public Cancel {
  public:
    // Queues a message. At most one is on its way; messages that the member does not take wait
    // here.
    virtual void write(std::string message) = 0;
    // Waits until `deadline` for the next message; nullopt if none came. After a Failure there is
    // none any more.
    struct Read {
        std::optional<std::string> message;
        std::optional<Failure> failure;
    };
    virtual Read read(Time deadline) = 0;
};

// The connection to one member: made when it is first used, and made again by gRPC, with growing
// pauses of up to 2 s, when it is lost. Any thread, but it is destroyed on no thread of gRPC, and
// waits there until its calls have ended.
class Transport {
  public:
    static std::unique_ptr<Transport> make(const Endpoint& endpoint,
                                           const TransportOptions& options);
    virtual ~Transport() = default;

    // `done` is called exactly once, on a thread of gRPC, possibly before call() returns. Nothing
    // is tried twice.
    virtual std::shared_ptr<Cancel> call(const char* method, std::string message,
                                         const CallHeaders& headers, Time deadline,
                                         std::function<void(CallEnd)> done) = 0;
    virtual std::shared_ptr<Stream> open(const char* method, const CallHeaders& headers) = 0;
};

}  // namespace snapgate::etcd
