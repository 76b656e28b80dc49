#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remote/api.h"
#include "remote/resolve.h"
#include "snapshots/stale_note.h"

namespace snapgate::cli {

// What to list or to follow on the Kubernetes side of a cluster. An empty vector is all.
struct SnapshotQuery {
    Named cluster;
    std::vector<std::string> namespaces;
    std::vector<std::string> names;
    std::vector<std::string> vms;
    std::string selector;  // of labels
};

// Values given by comma and by repetition, one by one; blanks and empty parts are dropped.
std::vector<std::string> split_values(const std::vector<std::string>& values);

// Path and selectors of a query; `more` is appended to its parameters. One namespace and one name
// are selected by the server, several of them, and VMs, by selects().
std::string list_target(const SnapshotQuery& query, std::string_view more);
// Whether a snapshot that list_target() may give is one of those asked for.
bool selects(const SnapshotQuery& query, const json::Object& snapshot);

// What is said where there is none to print.
std::string none_found(const SnapshotQuery& query);

// Takes the JSON text of each snapshot.
using ItemSink = std::function<base::Result<void>(std::string_view item)>;

// Lists whole, of any length, in the memory of one object. Of several names each is asked for, at
// the version of the first; then what is found, which is little, is held. In order of namespace and
// name, as every list. The list's resourceVersion, from which a watch goes on; nullopt if it was
// ended by `options.wake_fd`. `stale`, if there is one, looks at the answers.
Outcome<std::optional<std::string>> list_snapshots(Api& api, const SnapshotQuery& query,
                                                   const net::StreamOptions& options,
                                                   const ItemSink& sink,
                                                   StaleNote* stale = nullptr);

}  // namespace snapgate::cli
