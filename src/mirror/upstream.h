#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connect/cluster_target.h"
#include "connect/connection_source.h"
#include "mirror/read_share.h"
#include "mirror/setback.h"
#include "net/client/outbound.h"
#include "net/http/http.h"

namespace snapgate::mirror {

// One cluster, as its reflector calls it: one request at a time over a kept connection, with the
// credentials of the moment. After about ten minutes the next request makes a new connection, so
// that the cluster's certificate is verified again (see net/tls/tls_tickets.h). One thread; what it
// hands out is good until the next call.
class Upstream {
  public:
    using Clock = std::chrono::steady_clock;
    using Millis = std::chrono::milliseconds;

    // `server`: this server's id, which all its requests carry.
    Upstream(std::shared_ptr<connect::ConnectionSource> source, std::string server,
             Millis answer_timeout);

    // From the next request on.
    void use(std::shared_ptr<connect::ConnectionSource> source);

    // Asks, and returns once the head of a 2xx is there; its body is read by read(). Anything else
    // is a Setback; after a 401 it asks once more if the source can renew what it gave, or
    // if there is another one by then.
    net::Awaitable<Outcome<net::ClientResponse>> get(std::string target, std::string accept);
    // The same for a list of which nothing but the metadata of its objects is wanted. A server that
    // does not know that form sends the objects whole, and one that refuses it (406) is asked for
    // them.
    net::Awaitable<Outcome<net::ClientResponse>> get_metadata(std::string target);
    // The next piece of the body; "" at its end.
    net::Awaitable<Outcome<std::string_view>> read(Millis patience);
    // A small answer whole.
    net::Awaitable<Outcome<std::string>> fetch(std::string target,
                                               std::string accept = "application/json");
    // Everything from now on has to be done within `most`, the connection included; without it,
    // each step has its own time again.
    void hurry(std::optional<Millis> most);
    // A setback for what the last answer held, with its status and type where they are unusual.
    Setback as_answered(Setback unreadable) const;

    // Ends what is under way, and whatever is asked next.
    void cut();
    // Ends what is under way; what is asked next is asked.
    void interrupt();
    // Forgets the connection: the next request makes a new one.
    void drop() { connection_.reset(); }
    // When the cluster was last heard of.
    Clock::time_point last_heard() const { return last_heard_; }

  private:
    net::Awaitable<Outcome<net::ClientResponse>> ask(const net::ClientRequest& request);
    net::Awaitable<Outcome<void>> connect();
    // What is left of `usual`, where all has to be done by a time.
    Millis within(Millis usual) const;

    std::shared_ptr<connect::ConnectionSource> source_;
    std::shared_ptr<connect::ConnectionSource> asked_;  // whose connection the last request went by
    const std::string server_;
    Millis answer_timeout_;
    std::shared_ptr<const connect::Connection> made_from_;
    std::shared_ptr<const connect::ClusterTarget> target_;
    net::OutboundBreaker breaker_;  // outlives the connection
    std::unique_ptr<net::Outbound> connection_;
    Clock::time_point kept_until_;  // the connection
    bool cut_ = false;
    bool refuses_metadata_ = false;  // lists of metadata alone
    std::string unusual_;            // about the last answer
    std::optional<Clock::time_point> deadline_;
    Clock::time_point last_heard_;
    ReadShare share_{Clock::now()};
};

}  // namespace snapgate::mirror
