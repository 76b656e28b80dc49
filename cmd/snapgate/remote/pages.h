#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "remote/api.h"
#include "terminal/console.h"

namespace snapgate::cli {

// How often in a row a listing begins anew, or continues at a newer state, because the server's
// history is shorter than a step of the listing takes.
inline constexpr int kMostRestarts = 5;

// The target of the page after a token; "" is the token of the first page.
using PageTarget = std::function<std::string(std::string_view token)>;

// Gets the page after `token`. Where the state that is listed has expired on the server, the
// listing goes on from the same place at the newest state, with the token that the server offers
// for that: it replaces `token`, and a note on stderr says so. Ends with the server's error once
// that happened kMostRestarts times in a row.
Outcome<net::ClientResponse> get_page(Api& api, Console& console, const PageTarget& target,
                                      std::string& token);

}  // namespace snapgate::cli
