#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remote/api.h"
#include "remote/resolve.h"
#include "snapshots/stale_note.h"
#include "terminal/console.h"

namespace snapgate::cli {

// What to list; values as the API takes them (csv within one is fine).
struct SnapshotSelection {
    Named cluster;
    std::vector<std::string> namespaces;
    std::vector<std::string> vms;
    std::string limit;               // "" for the server's default
    std::string continue_token;      // where to begin; "" for the beginning
    std::vector<std::string> typed;  // the command line, for continuing_line()
};

struct SnapshotPage {
    net::ClientResponse response;
    std::vector<std::string> items;  // each object's JSON text
    std::string resource_version;
    std::string continue_token;  // "" on the last page
    std::optional<int64_t> remaining;
};

// Path and query of one page.
std::string page_target(const SnapshotSelection& selection, std::string_view continue_token);

// Cuts a 2xx answer into a page; kUnreachable if it is no list of snapshots.
Outcome<SnapshotPage> parse_page(net::ClientResponse response, std::string_view server);

// Reads a list page by page, in the memory of one page. Notes on stderr that the state is stale, or
// that the listing had to continue at a newer state because its own had expired. Used by one
// thread; the Api and the console must outlive it.
class SnapshotPages {
  public:
    // With `restart`, an expired token is replaced by the one the server offers.
    SnapshotPages(Api& api, Console& console, SnapshotSelection selection, bool restart);

    bool done() const { return done_; }
    // The next page; not to be called after the last one.
    Outcome<SnapshotPage> next();

  private:
    Outcome<net::ClientResponse> request();

    Api& api_;
    Console& console_;
    SnapshotSelection selection_;
    std::string token_;
    bool restart_;
    StaleNote stale_;
    bool done_ = false;
    bool begun_ = false;
};

}  // namespace snapgate::cli
