#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cluster/reflected_kind.h"
#include "connect/connection.h"
#include "net/http/http.h"

namespace snapgate::connect {

// One point that is checked before a cluster is stored, and by `snapgate check cluster`.
struct CheckedPoint {
    enum class Outcome { kGood, kWarning, kBad, kSkipped };
    std::string name;  // Reachable, TLS, Identity, Permissions, APIVersion, Clock
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
// have on the objects of `kind` (SelfSubjectAccessReview: get, list, watch; create, update, patch,
// delete as a warning), which version of its group is served, how far the clocks are apart (the
// Date header; more than 30 s is a warning). `passed` goes with each question, as a
// passed_servers.h header. `kind` outlives the check. Takes at most about `timeout`.
// kInvalidParameter for a connection that cannot work.
net::Awaitable<base::Result<ConnectionCheck>> check_connection(Connection connection,
                                                               const cluster::ReflectedKind& kind,
                                                               std::string passed,
                                                               const base::Clock& clock,
                                                               std::chrono::milliseconds timeout);

}  // namespace snapgate::connect
