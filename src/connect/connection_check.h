#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "connect/connection.h"
#include "net/client/address_rules.h"
#include "net/http/http.h"

namespace snapgate::connect {

// One point that is checked before a cluster is stored, and by `snapgate check cluster`.
struct CheckedPoint {
    enum class Outcome { kGood, kWarning, kBad, kSkipped };
    // Reachable, TLS, Identity, Permissions, APIVersion, Clock, and the plural of each further
    // kind.
    std::string name;
    Outcome outcome = Outcome::kSkipped;
    std::string message;  // the finding
    std::string advice;   // what to do; "" if nothing
};

struct ConnectionCheck {
    std::vector<CheckedPoint> points;
    std::string served_version;  // "" if none was found
    bool reachable = false;
    // Whether the connection must not be stored: its certificate is broken or not trusted, or its
    // credentials are refused.
    bool refused() const;
    bool warned() const;
};

// Connects and asks: who we are (SelfSubjectReview, else the TLS and 401 alone), which verbs we
// have on snapshots (SelfSubjectAccessReview: get, list, watch; create, update, patch, delete as a
// warning), which version of their group is served, how far the clocks are apart (the Date header;
// more than 30 s is a warning), and of each further kind that is followed whether it is served and
// we may read it. `passed` goes with each question, as a passed_servers.h header. Takes at most
// about `timeout`. kInvalidParameter for a connection that cannot work.
// `rules`: the addresses that may be connected to; a connection that leads to others only is
// refused.
net::Awaitable<base::Result<ConnectionCheck>> check_connection(
    Connection connection, std::shared_ptr<const net::AddressRules> rules, std::string passed,
    const base::Clock& clock, std::chrono::milliseconds timeout);

}  // namespace snapgate::connect
