#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/annotations.h"
#include "base/clock.h"
#include "base/result.h"

namespace snapgate::net {

// The addresses of this machine's interfaces, by which whoever connects to one reaches what listens
// on all addresses of the machine. Loopback addresses are not among them. Interfaces come and go:
// the list is read anew when it is asked for and older than a second. Any thread.
class OwnAddresses {
  public:
    using List = std::vector<boost::asio::ip::address>;
    using Read = std::function<base::Result<List>()>;

    OwnAddresses();
    // `clock` outlives it.
    OwnAddresses(Read read, const base::Clock& clock);

    // Whether `address` is one of them. While they cannot be read, those that were read last
    // count; if they never could be, why not.
    base::Result<bool> contain(const boost::asio::ip::address& address);

  private:
    const Read read_;
    const base::Clock& clock_;
    base::Mutex mutex_;
    std::optional<List> list_ SNAPGATE_GUARDED_BY(mutex_);  // sorted
    int64_t read_at_ms_ SNAPGATE_GUARDED_BY(mutex_) = 0;
};

}  // namespace snapgate::net
