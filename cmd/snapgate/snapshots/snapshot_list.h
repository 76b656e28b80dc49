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

// What to list or follow through a cluster's Kubernetes API. An empty vector selects all.
struct SnapshotQuery {
    Named cluster;
    std::vector<std::string> namespaces;
    std::vector<std::string> names;
    std::vector<std::string> vms;
    std::string selector;  // of labels
};

// Splits values that were given by comma and by repetition; blanks, empty parts and repetitions are
// dropped.
std::vector<std::string> split_values(const std::vector<std::string>& values);

// Path and parameters of a query, `more` appended. The server selects a single namespace and a
// single name; several of them, and VMs, are selected by selects().
std::string list_target(const SnapshotQuery& query, std::string_view more);
// Whether a snapshot that list_target() may give is one of those asked for.
bool selects(const SnapshotQuery& query, const json::Object& snapshot);

// The note for a query that found nothing.
std::string none_found(const SnapshotQuery& query);

// Takes the JSON text of each snapshot.
using ItemSink = std::function<base::Result<void>(std::string_view item)>;

// Lists everything that a query selects, in order of namespace and name, in the memory of one
// object. With several names each is requested at the version of the first, and the few snapshots
// found are held. Returns the list's resourceVersion, from which a watch can continue; nullopt if
// `options.wake_fd` ended it. `stale`, if not null, looks at every answer.
Outcome<std::optional<std::string>> list_snapshots(Api& api, const SnapshotQuery& query,
                                                   const net::StreamOptions& options,
                                                   const ItemSink& sink,
                                                   StaleNote* stale = nullptr);

}  // namespace snapgate::cli
