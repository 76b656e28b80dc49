#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "etcd/error.h"
#include "etcd/lease.h"
#include "etcd/messages.h"
#include "etcd/watch.h"

namespace snapgate::etcd {

// When a member of several is taken to stand still; see liveness.h.
struct SilenceOptions {
    // A member that has said nothing for so long, while calls wait for it, is asked for a sign of
    // life, and gets `answer_time` for it. Then it is passed over.
    base::Millis ask_after{300};
    base::Millis answer_time{700};
    // A commit is given at once to a member that said something within this time. Any other is
    // asked for a sign of life first.
    base::Millis trusted_for{1000};
};

struct ClientOptions {
    // NOLINTBEGIN(readability-redundant-member-init): so that an initializer may leave them out

    // http://HOST:PORT or https://HOST:PORT, all of one kind. The first that answers is used until
    // it fails; then the next ones in this order.
    std::vector<std::string> endpoints = {};
    // PEM texts, for https. Without `ca`, the system's authorities. `certificate` and `private_key`
    // are both given, or none.
    std::string ca = {};
    std::string certificate = {};
    std::string private_key = {};
    // Empty: without authentication. The password is never in a message.
    std::string username = {};
    std::string password = {};
    SilenceOptions silence = {};
    // NOLINTEND(readability-redundant-member-init)

    // Of a request without one of its own, over all endpoints that are tried.
    base::Millis timeout{5000};
    // What one endpoint gets of it before a read is tried at the next endpoint. A commit is not
    // tried again, unless it is certain that it was not sent.
    base::Millis attempt_timeout{1500};
    // A larger answer is kTooLarge.
    size_t max_answer_bytes = size_t{64} << 20;
};

// A connection to the members of one etcd. Nothing is sent before the first request. Any thread may
// call any function. Watches and leases end before the client does.
//
// No request is repeated after the last endpoint was tried: the caller decides whether and when to
// ask again. An endpoint whose member knows that it has no leader is passed over, except by
// serializable reads. So is one whose member stands still: a call that waits for it ends after
// about a second, and a commit that may have reached it is an error that says so.
class Client {
  public:
    // Reads the options; connects to nothing. kInvalidArgument names an endpoint that is none, and
    // a PEM text that is missing.
    static Result<std::unique_ptr<Client>> make(ClientOptions options);
    // As close(), and waits until every callback has returned.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // These wait for the answer: for threads that may block, not for event loops.
    Result<Range> range(RangeRequest request);
    Result<Committed> commit(Txn txn);

    // These return at once. `done` is called exactly once, on a thread of gRPC, possibly before
    // they return; it must not block. net::await_callback makes an awaitable of them:
    //   net::await_callback<etcd::Result<etcd::Range>>([&](auto done) {
    //       client.range_async(std::move(request), std::move(done)); });
    void range_async(RangeRequest request, std::function<void(Result<Range>)> done);
    void commit_async(Txn txn, std::function<void(Result<Committed>)> done);

    // Follows all changes of keys in [key, range_end) from `start_revision` on (0: from now on);
    // see watch.h.
    Result<std::unique_ptr<Watch>> watch(std::string key, std::string range_end,
                                         int64_t start_revision);

    // A lease that is kept alive on a thread of its own; see lease.h.
    Result<std::unique_ptr<Lease>> grant(LeaseOptions options);

    // Ends what is under way, and refuses what comes later, with kClosed. A commit that was under
    // way may be done.
    void close();

    struct Connection;  // not for users of the client

  private:
    explicit Client(std::unique_ptr<Connection> connection);

    std::unique_ptr<Connection> connection_;
};

}  // namespace snapgate::etcd
