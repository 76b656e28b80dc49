#include "remote/pages.h"

namespace snapgate::cli {

Outcome<net::ClientResponse> get_page(Api& api, Console& console, const PageTarget& target,
                                      std::string& token) {
    for (int restarts = 0;; ++restarts) {
        auto response = api.get(target(token));
        if (response || !response.error().is_expired() || response.error().continue_token.empty() ||
            restarts == kMostRestarts)
            return response;
        console.note(
            "warning: the state being listed has expired on the server; continuing from the same "
            "place at the newest state: changes before that place are not shown");
        token = response.error().continue_token;
    }
}

}  // namespace snapgate::cli
