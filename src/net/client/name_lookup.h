#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http/http.h"

namespace snapgate::net {

// What a name server said.
struct FoundAddresses {
    std::vector<boost::asio::ip::address> addresses;
    std::string fault;  // why there are none, for messages
};
using Resolve = std::function<FoundAddresses(const std::string& host)>;
// By /etc/hosts and the name servers, as the system is set up. Blocks, up to minutes.
FoundAddresses resolve_by_system(const std::string& host);

// The lookup of one name on a thread of its own: the system's resolver blocks and cannot be
// interrupted, and Asio's has one thread for all lookups of an io_context, so that one dead name
// server would hold up everybody.
//
// Concurrency: start(), wait() and stop() on the executor's thread. The thread that looks up
// touches nothing but what it shares with this object, and tells its end through a descriptor: it
// may outlive this object, the io_context and main().
class NameLookup {
  public:
    static constexpr int kMaxAtOnce = 64;
    // Of the whole process, those that nobody waits for any more included. Any thread.
    static int under_way();

    // kUnavailable if too many lookups are under way, or no thread can be started.
    static base::Result<std::unique_ptr<NameLookup>> start(const Executor& executor,
                                                           const std::string& host,
                                                           Resolve resolve = resolve_by_system);
    ~NameLookup();
    NameLookup(const NameLookup&) = delete;
    NameLookup& operator=(const NameLookup&) = delete;

    // False if stop() came first.
    Awaitable<bool> wait();
    void stop();
    // After a wait that was true; once.
    FoundAddresses take();

  private:
    struct Shared;
    using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;

    NameLookup(const Executor& executor, std::shared_ptr<Shared> shared);

    std::shared_ptr<Shared> shared_;
    Descriptor ended_;
};

}  // namespace snapgate::net
