#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "audit/action.h"
#include "base/result.h"
#include "cluster/imports.h"
#include "cluster/object_quota.h"
#include "cluster/registry.h"
#include "json/object.h"
#include "model/seen_names.h"
#include "model/types.h"
#include "rules/import_rules.h"
#include "store/store.h"

namespace snapgate::objects {

// What an import does with an object that exists and differs.
enum class OnConflict { kReplace, kSkip, kFail };

base::Result<OnConflict> parse_on_conflict(std::string_view text);

struct ImportOptions {
    OnConflict on_conflict = OnConflict::kReplace;
    // Remove the objects that the dump does not have, of the kinds that it has: of snapshots if it
    // is empty.
    bool prune = false;
    bool dry_run = false;  // count what would happen, and change nothing
    // With prune: objects that were written after this revision stay, too. It is the revision at
    // which a dry run counted.
    std::optional<model::Revision> prune_as_of = std::nullopt;
    // Who imports; null: no audit trail is kept. The first batch has the line that it began.
    std::shared_ptr<audit::Action> audit = nullptr;
    // Finds the quota of the cluster's project, for each batch anew, as an import may take long;
    // null: there is none. A batch that would go beyond it fails with kQuotaExceeded, and stores
    // nothing.
    cluster::FindQuota find_quota = nullptr;
};

struct Refused {
    size_t index = 0;  // of the item in the stream, from 0
    std::string name;  // namespace/name as far as it could be read
    std::string message;
};

struct ImportReport {
    cluster::ImportCounts counts;
    std::vector<Refused> refused;  // the first kMaxRefused of them
};

inline constexpr size_t kMaxRefused = 1000;

// One import of a dump into a hosted cluster: takes items one after another, makes write batches of
// at most Store::batch_objects() objects or store::kBatchBytes bytes, and counts the results. An
// object that differs only in its resource version is left untouched, so to complete an import that
// was cut off, run it again. Belongs to one thread. The batches run on the writer thread; after its
// commit, absorb() adds a batch's results.
class Import {
  public:
    // A batch to write; take_batch makes it.
    struct Batch;

    Import(cluster::Cluster cluster, ImportOptions options, const store::Store& store);
    ~Import();

    // Adds an item's JSON text. An item that breaks a rule is counted as refused.
    void add(std::string_view item);
    // Refuses an item that is too large to be read as a whole; `beginning` is its beginning, for
    // its name.
    void add_too_large(std::string_view beginning);

    bool has_batch() const { return !pending_.empty(); }
    bool batch_full() const;
    // The items that were added since the last call. Submit function(batch) to the store's batch
    // queue, and call absorb(batch) when that has succeeded. Submit batches in order.
    std::shared_ptr<Batch> take_batch();
    static store::WriteFunction function(const std::shared_ptr<Batch>& batch);
    void absorb(Batch& batch);

    // After the last item of a prune: looks for objects that the dump does not have among some more
    // of the cluster's objects. Objects written since the import began stay. kConflict if an item
    // broke a rule: its object might be among those to remove, so none is removed.
    struct PruneStep {
        std::shared_ptr<Batch>
            batch;          // to submit and absorb like the other batches; null: nothing to remove
        bool done = false;  // all objects were looked at
    };
    base::Result<PruneStep> next_prune();

    const ImportReport& report() const { return report_; }
    // The cluster's revision when a prune began.
    model::Revision begun_at() const { return begun_at_; }

  private:
    // How an earlier item of the same name would have left the object, in a dry run.
    enum class Earlier : uint8_t { kNone, kSame, kOther };
    struct Item {
        size_t index = 0;
        model::Kind kind = model::Kind::kSnapshot;
        json::Prepared prepared;
        std::string source;  // kept only if the server filled in a member
        Earlier earlier = Earlier::kNone;
    };

    std::shared_ptr<Batch> new_batch();
    void refuse(size_t index, std::string name, std::string message);
    // A kind of which nothing was seen is not pruned.
    model::SeenNames& seen(model::Kind kind) { return seen_[kind]; }
    Earlier note_earlier(const rules::Dumped& item, std::string_view content);
    base::Result<PruneStep> prune_step(model::Kind kind);

    const cluster::Cluster cluster_;
    ImportOptions options_;
    const store::Store& store_;
    ImportReport report_;
    size_t items_ = 0;
    bool any_batch_ = false;  // was made
    std::vector<Item> pending_;
    size_t pending_bytes_ = 0;
    bool refused_any_ = false;                // an item broke a rule
    std::optional<base::Error> begin_error_;  // why begun_at_ is not known
    model::Revision begun_at_ = 0;
    std::map<model::Kind, model::SeenNames> seen_;  // only when pruning
    // In a dry run, each name's content as it would be stored, both by their digests.
    std::map<model::Kind, std::unordered_map<uint64_t, uint64_t>> would_be_;
    const model::SeenNames digests_;  // hashes the names there
    // In a dry run under a quota: by how much what was taken so far would grow the project, with
    // the namespaces that it would have made.
    cluster::ObjectGrowth would_grow_;
    std::set<std::string> would_be_namespaces_;
    // The kind and the object with which the prune goes on; nullopt before it begins.
    std::optional<model::Kind> pruned_kind_;
    model::ObjectKey prune_from_;
    bool prune_done_ = false;
};

}  // namespace snapgate::objects
