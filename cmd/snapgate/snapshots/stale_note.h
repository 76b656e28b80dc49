#pragma once

#include <string>

#include "remote/api.h"
#include "remote/resolve.h"
#include "terminal/console.h"

namespace snapgate::cli {

// Notes on stderr, once, that the output shows the last known state of a connected cluster, how old
// that state is, and why: the cluster is out of reach, or refuses the server. Used by one thread;
// its arguments must outlive it.
class StaleNote {
  public:
    StaleNote(Api& api, Console& console, Named cluster);

    // Looks at the headers of an answer of either API.
    void look(const net::ClientResponse& response);

  private:
    std::string state();

    Api& api_;
    Console& console_;
    const Named cluster_;
    bool noted_ = false;
};

}  // namespace snapgate::cli
