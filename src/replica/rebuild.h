#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "etcd/client.h"
#include "model/seen_names.h"
#include "replica/copy_changes.h"
#include "replica/copy_state.h"
#include "replica/truth_keys.h"
#include "store/store.h"

namespace snapgate::replica {

// Makes the copy the state that etcd has now, whatever it held before, by writing only what
// differs: at its first start, and after etcd has compacted changes that the copy did not take.
// Each cluster changes in one commit, which readers see at once; the clusters one after another.
// Mirrors of connected clusters are no part of it: they stay as they are, and only those that the
// truth does not have go.
//
// Runs on one thread, which waits for etcd and for the writer. What it refers to outlives it.
class Rebuild {
  public:
    // `stopping`: asked between two steps; kUnavailable once it says so.
    Rebuild(etcd::Client& client, store::Store& copy, const TruthKeys& keys,
            const store::DeriveFacts& derive_facts, std::function<bool()> stopping)
        : client_(client),
          copy_(copy),
          keys_(keys),
          derive_facts_(derive_facts),
          stopping_(std::move(stopping)) {}

    // Versions that were told before are told no more, and count as too old: etcd has another
    // history.
    void forget_versions() { forget_ = true; }

    // Has `objects` told how many objects were read from etcd, on the thread of run().
    void tell_of_objects(std::function<void(uint64_t)> objects) { told_ = std::move(objects); }

    // The copy is complete then. kCorrupt for what etcd holds and this version cannot read.
    base::Result<Applied> run(const std::string& truth);

  private:
    using Visit = std::function<base::Result<void>(std::vector<etcd::KeyValue>)>;

    // Shows all keys below `prefix` as they were at the revision, page by page.
    base::Result<void> walk(const std::string& prefix, const Visit& visit);
    base::Result<void> begin(const std::string& truth);
    base::Result<void> take_clusters();
    base::Result<void> take_objects();
    base::Result<void> take_page(std::vector<etcd::KeyValue> page);
    void note_seen(const std::vector<etcd::KeyValue>& page);
    base::Result<void> erase_unseen();
    base::Result<void> erase_unseen_of(model::ClusterNumber cluster, model::Kind kind);
    base::Result<void> clear_notes();
    base::Result<void> take_notes();
    base::Result<void> publish();
    base::Result<Applied> finish();
    base::Result<void> write(store::WriteFunction function);

    etcd::Client& client_;
    store::Store& copy_;
    const TruthKeys& keys_;
    const store::DeriveFacts& derive_facts_;
    const std::function<bool()> stopping_;

    bool forget_ = false;
    std::function<void(uint64_t)> told_;
    uint64_t objects_ = 0;  // that were read
    int64_t revision_ = 0;
    CopyState state_;
    std::map<model::ClusterNumber, std::string> clusters_;  // with their versions; no mirrors
    std::set<model::ClusterNumber> mirrors_;
    std::set<model::ClusterNumber> before_;  // that the copy had before
    std::map<std::pair<model::ClusterNumber, model::Kind>, model::SeenNames> seen_;  // in these
};

}  // namespace snapgate::replica
