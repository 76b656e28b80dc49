#pragma once

#include <string_view>

#include "api/call.h"
#include "base/result.h"
#include "net/awaitable.h"

namespace snapgate::api {

// A request that has this header was passed on by a replica, and is passed on to no other.
inline constexpr std::string_view kPassedOnHeader = "Snapgate-Passed-On";

// A token of a list of all clusters, and the id of an event, names a state of the store of the
// replica that made it, for which other replicas have other numbers. Has that replica answer a
// reading request with such a token, as the caller, and true: the answer was sent as it came. False
// if the request is none of these, or if that replica does not live or cannot be reached: what
// answers here then says that the token is too old, and how to go on.
//
// kUnavailable if this server has too many connections to ask.
net::Awaitable<base::Result<bool>> answered_by_maker(Call& call);

}  // namespace snapgate::api
