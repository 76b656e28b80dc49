#pragma once

#include <string>

#include "remote/api.h"
#include "remote/resolve.h"
#include "terminal/console.h"

namespace snapgate::cli {

// Says on stderr, once, that what is shown of a connected cluster is its last known state, how old
// that is, and why: a cluster may be out of reach, or may refuse the server. One thread; what it is
// given outlives it.
class StaleNote {
  public:
    StaleNote(Api& api, Console& console, Named cluster);

    // Looks at what the server says of its answer, on either side of it.
    void look(const net::ClientResponse& response);

  private:
    std::string state();

    Api& api_;
    Console& console_;
    const Named cluster_;
    bool noted_ = false;
};

}  // namespace snapgate::cli
