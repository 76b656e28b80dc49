#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/apply_set.h"
#include "access/keys.h"
#include "access/principal.h"
#include "access/projects.h"
#include "base/result.h"
#include "cluster/imports.h"
#include "model/object.h"
#include "model/types.h"
#include "store/record_table.h"
#include "store/store.h"

namespace snapgate::cluster {

enum class ClusterType {
    kHosted,     // its objects are only in our own store
    kConnected,  // a Kubernetes cluster, of which we keep a mirror
};

std::string_view to_text(ClusterType type);  // hosted, connected

// Who gave a cluster its connection: that decides which addresses it may lead to.
enum class ConnectedBy {
    kProject,  // an admin of its project; also who gave it to an earlier version, which did not
               // note
    kTenant,   // an admin of the tenant
};

// The `source` of a cluster that the server's configuration file declares.
inline constexpr std::string_view kConfigSource = "config";

// A cluster in the registry.
struct Cluster {
    static constexpr store::RecordType kType = store::RecordType::kCluster;

    std::string uid;
    std::string name;
    std::string project;              // uid of its project
    model::ClusterNumber number = 0;  // of its snapshots and namespaces
    // Of its other kinds of objects (reflected_kind.h): in the store each has a number of its own,
    // with a head and a version of its own. A kind that is missing here gets its number by
    // number_kinds().
    std::map<model::Kind, model::ClusterNumber> others;
    ClusterType type = ClusterType::kHosted;
    // For a connected cluster: its sealed connection (credentials.h); "" if the server's
    // configuration file has the connection.
    std::string sealed;
    std::string source;  // "", or kConfigSource
    std::string server;  // its address: scheme, host and port, to be shown
    ConnectedBy connected_by = ConnectedBy::kProject;
    access::ApplySet apply_set;  // that made it
    // Of a hosted cluster: when the newest import into it ended, in ms since the epoch; 0: none
    // did.
    int64_t imported_ms = 0;
    Imports imports;  // what else is known of them
    // The same as far as it is known: 0 for a time that lies ahead (is_ahead), until the clock gets
    // there or the next import ends. What is told to others is this.
    int64_t imported_by(int64_t now_ms) const {
        return is_ahead(imported_ms, now_ms) ? 0 : imported_ms;
    }
    // Whether a hosted cluster's next import is late.
    bool import_overdue(int64_t now_ms) const { return imports.overdue(imported_ms, now_ms); }

    // Names are unique within it.
    std::string_view owner() const { return project; }
    bool connected() const { return type == ClusterType::kConnected; }
    // 0 for a kind that has none yet.
    model::ClusterNumber number_of(model::Kind kind) const;
    // All of them.
    std::vector<model::ClusterNumber> numbers() const;
    bool has_number(model::ClusterNumber one) const;

    static base::Result<Cluster> parse(std::string_view id, std::string_view value);
    std::string record() const;
};

using ClusterTable = store::RecordTable<Cluster>;

// Whether a new cluster may be made, in a project that exists. kAlreadyExists if one has the same
// uid, or the same name in the same project; of a uid whose cluster `caller` may not see the error
// does not say what has it. kQuotaExceeded.
base::Result<void> check_new(const Cluster& cluster, const ClusterTable::Rows& clusters,
                             const access::Project& project, const access::Scope& caller);

// Within a write: makes a hosted cluster with its number and its namespace `default`, and returns
// it. Errors of check_new(); kNotFound if the project does not exist; kQuotaExceeded also where the
// namespace has no room in the project. `table`: as ClusterTable::within().
base::Result<Cluster> create_hosted(store::WriteTxn& txn, Cluster cluster, int64_t now_ms,
                                    const access::Scope& caller = {},
                                    const ClusterTable* table = nullptr);

// A namespace of a hosted cluster, as it is made where nobody says what it is to have.
model::PreparedObject new_namespace(std::string_view name, int64_t now_ms);

// Within a write: makes a connected cluster, with `sealed` or `source` set. It gets no namespaces.
// Errors as create_hosted.
base::Result<Cluster> create_connected(store::WriteTxn& txn, Cluster cluster,
                                       const access::Scope& caller = {},
                                       const ClusterTable* table = nullptr);

// Within a write: gives the kinds of objects that snapgate follows a number in each cluster. An
// earlier version made clusters that have none for some kinds. Changes nothing where all have one.
base::Result<void> number_kinds(store::WriteTxn& txn);
// Whether number_kinds() has nothing to do.
bool has_all_kinds(const ClusterTable::Rows& clusters);

// Gives a connected cluster another connection. kNotFound; kConflict for a hosted cluster, and for
// one whose connection is in the server's configuration file.
base::Result<void> set_connection(store::WriteTxn& txn, std::string_view uid, std::string sealed,
                                  std::string server, ConnectedBy by);

// Within a write: notes when an import into a hosted cluster ended, and what it was. kNotFound if
// the cluster has been deleted since, or another one has its uid now.
base::Result<void> set_imported(store::WriteTxn& txn, std::string_view uid,
                                model::ClusterNumber number, int64_t now_ms,
                                const LastImport& import = {});

// Sets the shown address of a cluster whose connection is in the server's configuration file.
// kNotFound.
base::Result<void> set_declared_server(store::WriteTxn& txn, std::string_view uid,
                                       std::string server);

// Within a write: says how often a hosted cluster is imported into; 0: nobody knows. kNotFound;
// kConflict for a connected cluster. Said again, it changes nothing, but a time that lies ahead.
base::Result<void> expect_imports(store::WriteTxn& txn, std::string_view uid, base::Millis every,
                                  int64_t now_ms);
// kConflict for a cluster that set_connection() refuses.
base::Result<void> require_settable(const Cluster& cluster);

// kConflict if the cluster is connected. `what` names the operation that only hosted clusters have,
// as in "objects are imported into".
base::Result<void> require_hosted(const Cluster& cluster, std::string_view what);

// kNotFound; kConflict if it is hosted and has objects of any kind, unless `force`. Its objects
// (for a connected cluster its mirror) disappear at once.
base::Result<void> delete_cluster(store::WriteTxn& txn, std::string_view uid, bool force);

// The registry's tables, for writes: as RecordTable::within().
struct Tables {
    const ClusterTable* clusters = nullptr;
    const access::KeyTable* keys = nullptr;
};

// Deletes a project. kConflict if it has clusters or keys, unless `force`, which deletes them, too.
base::Result<void> delete_project(store::WriteTxn& txn, const std::string& uid, bool force,
                                  const Tables& tables = {});

// The error for a cluster that does not exist, that has a malformed uid, or that the caller may not
// see. It is one error, so that nobody learns which clusters exist.
base::Error no_such_cluster(std::string_view uid);

}  // namespace snapgate::cluster
