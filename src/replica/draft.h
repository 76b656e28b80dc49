#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "etcd/messages.h"
#include "model/types.h"
#include "replica/copy_state.h"
#include "replica/truth_keys.h"
#include "store/store.h"

namespace snapgate::replica {

// What etcd takes in one transaction, as its flags say: --max-txn-ops and --max-request-bytes.
struct TxnLimits {
    size_t operations = 128;
    size_t bytes = 1'572'864;
};

// What write functions want to become of the truth, and what they saw of it: collected by TruthTxn,
// and made into one transaction of etcd. Belongs to one thread.
struct Draft {
    struct Change {
        std::optional<std::string> value;  // none: the key is deleted
        size_t function = 0;               // which of the functions wrote it last
    };
    // By key of etcd. Those of objects also stand in `objects`, in the order of their places.
    std::map<std::string, Change, std::less<>> changes;
    std::vector<std::string> objects;

    // What was read, and has to be so still: a key's mod_revision (0: there is none); clusters that
    // exist; clusters of which something was counted or sought; whether records were read.
    std::map<std::string, int64_t, std::less<>> seen;
    std::set<model::ClusterNumber> existing;
    std::set<model::ClusterNumber> unchanged;
    bool registry_unchanged = false;

    std::set<model::ClusterNumber> created;
    std::set<model::ClusterNumber> mirrors;  // made, or noted
    std::set<model::ClusterNumber> deleted;
    std::map<model::ClusterNumber, uint16_t> last_places;  // where objects changed
    std::map<model::ClusterNumber, std::string> noted;     // where notes changed: the version
    // By how much these grow: numbers of objects, and the sizes of their texts.
    std::map<std::pair<model::ClusterNumber, model::Kind>, int64_t> counts;
    std::map<std::pair<model::ClusterNumber, model::Kind>, int64_t> sizes;
    std::optional<model::ClusterNumber> next_cluster;
    std::vector<store::ChangedRecord> records;
    std::vector<std::shared_ptr<model::Revision>> revisions;  // places, to become versions
    // For the audit trail of this machine, once etcd has taken the draft (Committer).
    std::vector<std::string> audit_lines;
    uint16_t next_place = 0;
    size_t bytes = 0;  // about, of the request

    bool empty() const { return changes.empty() && created.empty() && deleted.empty(); }
    // Whether it puts or deletes the cluster's own key, by which go counts, notes and the cluster.
    bool changes_cluster(model::ClusterNumber cluster) const {
        return last_places.contains(cluster) || noted.contains(cluster) ||
               mirrors.contains(cluster) || deleted.contains(cluster);
    }
    // Whether it puts the key by which every reader of records goes.
    bool changes_registry() const { return !records.empty() || next_cluster.has_value(); }
    // What etcd counts against --max-txn-ops.
    size_t operations() const;
    // `applied`: a revision of etcd whose state was read, or a later one; `state`: of the copy.
    etcd::Txn make_txn(const TruthKeys& keys, int64_t applied, const CopyState& state) const;
    // After etcd has taken it. `revision`: with the offset.
    void settle(int64_t revision) const;

  private:
    std::vector<etcd::Compare> compares(const TruthKeys& keys, int64_t applied) const;
};

}  // namespace snapgate::replica
