#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http/http.h"

namespace snapgate::connect {

// A connected cluster may be served by a snapgate, even by this one. Every request to a cluster
// therefore tells, in this header, the ids of the servers that it has passed, this one last: a ring
// of servers ends where a request comes back. Any thread may call.
inline constexpr std::string_view kPassedServersHeader = "Snapgate-Via";

// What stands for a server in that header: made of the id of its store, of which it reveals
// nothing.
std::string server_id(std::string_view store_id);

// The ids that came with a request, as its header has them; "" for none. kLoopDetected if this
// server is among them, or if they are too many to be a chain that somebody wants;
// kInvalidParameter if it is no such list. All headers of that name count.
base::Result<std::string> read_passed_servers(const net::Request& request,
                                              std::string_view this_server);

// The header of what this server sends on because of a request that has passed `before`.
std::string passed_with(std::string_view before, std::string_view this_server);

}  // namespace snapgate::connect
