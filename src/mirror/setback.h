#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/error.h"
#include "json/cluster_answers.h"
#include "mirror/mirror_status.h"
#include "net/client/client.h"

namespace snapgate::mirror {

// A cluster that asks for a longer pause gets this one: while it lasts, the mirror grows old. What
// clients are told may be longer (objects/cluster_answer.cpp).
inline constexpr std::chrono::seconds kMostRetryAfter{300};

// Why an attempt to follow a cluster came to an end, and what that means for the next one.
struct Setback {
    enum class Next {
        kSame,          // the same again
        kRelist,        // a list not older than the last version
        kRelistNewest,  // a list of the newest state
        kDiscover,      // look at what is served first
    };
    MirrorState state = MirrorState::kFailing;
    std::string reason;
    std::string message;
    Next next = Next::kSame;
    bool busy = false;     // the cluster is there, and says that it has no time just now
    bool at_once = false;  // try again without a pause (a few times in a row), and count no failure
    std::optional<std::chrono::milliseconds> retry_after;
    bool removed = false;  // the cluster was removed here: nothing is left to be followed
    unsigned status = 0;   // the HTTP status, where there was an answer
};

template <class T>
using Outcome = tl::expected<T, Setback>;

// From a failure of Outbound, OutboundTarget or ConnectionSource.
Setback setback_of(const base::Error& error);
// From a failure of the ObjectSink.
Setback setback_of_sink(const base::Error& error);
// From an answer that is no 2xx.
Setback setback_of(const net::ClientResponse& answer);
// The cluster's own Status, as in an ERROR event. Its reason counts as much as its code, and `code`
// may be 0, as for client-go.
Setback setback_of_status(unsigned code, std::string_view reason, std::string_view message,
                          bool version_too_large);
// Whether a Status says that the cluster has not reached the version that was asked for. Only
// Kubernetes from 1.19 on says so by the reason of a cause.
bool says_version_too_large(const json::StatusAnswer& status);
// Whether an answer of that status refuses all requests of ours, whatever they ask for.
bool refuses_everything(unsigned status);
// Whether an answer of that status is about the request, so that another one may be answered.
bool refuses_request(unsigned status);
// An answer that no Kubernetes API server may give.
Setback malformed(std::string message);
// The versions told so far prove nothing any more: the newest list is taken at once.
Setback versions_in_doubt(std::string reason, std::string message);

}  // namespace snapgate::mirror
