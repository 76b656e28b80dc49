#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http/http.h"

namespace snapgate::connect {

// A snapgate may serve a connected cluster, even this very server. So every request to a cluster
// lists in this header the ids of the servers that it has passed, this one last. A ring of servers
// ends at the server to which a request comes back. Any thread may call.
inline constexpr std::string_view kPassedServersHeader = "Snapgate-Via";

// The id of a server in that header. It is made from the id of the server's store, but does not
// reveal it.
std::string server_id(std::string_view store_id);

// The ids that came with a request, in the form of the header; "" for none. kLoopDetected if this
// server is among them, or if there are too many for any useful chain; kInvalidParameter if the
// header is not a list of ids. All headers of that name count.
base::Result<std::string> read_passed_servers(const net::Request& request,
                                              std::string_view this_server);

// The header for a request that this server sends because of a request that has passed `before`.
std::string passed_with(std::string_view before, std::string_view this_server);

}  // namespace snapgate::connect
