#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/types.h"
#include "store/record_table.h"
#include "store/store.h"

namespace snapgate::cluster {

enum class ClusterType {
    kHosted,     // its objects live in our own store
    kConnected,  // a Kubernetes cluster, of which we keep a mirror
};

std::string_view to_text(ClusterType type);  // hosted, connected

// The `source` of a cluster that the server's configuration file declares.
inline constexpr std::string_view kConfigSource = "config";

// A cluster as the registry knows it.
struct Cluster {
    static constexpr store::RecordType kType = store::RecordType::kCluster;

    std::string uid;
    std::string name;
    std::string project;  // uid of its project
    model::ClusterNumber number = 0;
    ClusterType type = ClusterType::kHosted;
    // Of connected ones: how it is reached, sealed (credentials.h); "" if that stands in the
    // server's configuration file.
    std::string sealed;
    std::string source;  // "", or kConfigSource
    std::string server;  // where it is: scheme, host and port, to be shown

    bool connected() const { return type == ClusterType::kConnected; }

    static base::Result<Cluster> parse(std::string_view id, std::string_view value);
    std::string record() const;
};

using ClusterTable = store::RecordTable<Cluster>;

// kAlreadyExists if they have the same uid or name.
base::Result<void> check_different(const Cluster& cluster, const Cluster& other);

// Within a write: makes a hosted cluster with its number and its namespace `default`, and returns
// it. kAlreadyExists if the uid or the name is taken, kNotFound if the project is not there.
base::Result<Cluster> create_hosted(store::WriteTxn& txn, Cluster cluster, int64_t now_ms);

// The same for a connected cluster, with `sealed` or `source` set: it gets no namespaces.
base::Result<Cluster> create_connected(store::WriteTxn& txn, Cluster cluster);

// Gives a connected cluster another connection. kNotFound; kConflict for a hosted one and for one
// whose connection stands in the server's configuration file.
base::Result<void> set_connection(store::WriteTxn& txn, std::string_view uid, std::string sealed,
                                  std::string server);

// Says where a cluster is whose connection stands in the server's configuration file. kNotFound.
base::Result<void> set_declared_server(store::WriteTxn& txn, std::string_view uid,
                                       std::string server);

// kConflict for what set_connection() does not take.
base::Result<void> require_settable(const Cluster& cluster);

// kConflict if the cluster is connected. `what` is done with hosted ones alone, as in "objects are
// imported into".
base::Result<void> require_hosted(const Cluster& cluster, std::string_view what);

// kNotFound; kConflict if it is hosted and holds snapshots, unless `force`. Its objects (of a
// connected one: their mirror) are gone at once.
base::Result<void> delete_cluster(store::WriteTxn& txn, std::string_view uid, bool force);

// Deletes a project. kConflict if it holds clusters or keys, unless `force`, which deletes them
// too.
base::Result<void> delete_project(store::WriteTxn& txn, const std::string& uid, bool force);

// The error for a cluster that does not exist, is malformed or is not to be seen: the same for all,
// so that nobody learns what exists.
base::Error no_such_cluster(std::string_view uid);

}  // namespace snapgate::cluster
