#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/object.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::hosted {

// What an import does with an object that exists and differs.
enum class OnConflict { kReplace, kSkip, kFail };

base::Result<OnConflict> parse_on_conflict(std::string_view text);

struct ImportOptions {
    OnConflict on_conflict = OnConflict::kReplace;
    bool prune = false;    // remove what the dump does not have
    bool dry_run = false;  // count what would happen, and change nothing
    // With prune: what was written after this revision stays, too, as after one that another import
    // counted at.
    std::optional<model::Revision> prune_as_of = std::nullopt;
};

struct Refused {
    size_t index = 0;  // of the item in the stream, from 0
    std::string name;  // namespace/name as far as it could be read
    std::string message;
};

struct ImportReport {
    uint64_t created = 0;
    uint64_t replaced = 0;
    uint64_t unchanged = 0;
    uint64_t skipped = 0;
    uint64_t pruned = 0;
    uint64_t refused_count = 0;
    std::vector<Refused> refused;  // the first kMaxRefused of them
};

inline constexpr size_t kMaxRefused = 1000;

// One import of a dump into a hosted cluster: takes items one after another, makes write batches of
// at most store::kBatchObjects objects or store::kBatchBytes of them, and counts what happened. An
// object that is the same but for its resource version is left untouched, so that an import which
// was cut off is completed by running it again. Belongs to one thread; the batches run on the
// writer thread, and a batch's outcome is taken in with absorb() when it has been committed.
class Import {
  public:
    // A batch on its way; made by take_batch.
    struct Batch;

    Import(model::ClusterNumber cluster, ImportOptions options, const store::Store& store);
    ~Import();

    // Adds an item's JSON text. One that breaks a rule is noted as refused.
    void add(std::string_view item);
    // The same for an item that is too large to be read whole, by its beginning.
    void add_too_large(std::string_view beginning);

    bool has_batch() const { return !pending_.empty(); }
    bool batch_full() const;
    // What was added since the last call. Submit function(batch) to the store's batch queue, then
    // absorb(batch) once that succeeded. Batches must be submitted in order.
    std::shared_ptr<Batch> take_batch();
    static store::WriteFunction function(const std::shared_ptr<Batch>& batch);
    void absorb(const Batch& batch);

    // After the last item of a prune: looks at some more of the cluster's objects for those that
    // the dump does not have. Objects written since the import began stay. kConflict if an item
    // broke a rule: what it stands for might be among the objects to remove, so none is.
    struct PruneStep {
        std::shared_ptr<Batch>
            batch;          // to submit and absorb like the others; null: nothing to remove
        bool done = false;  // there is nothing left to look at
    };
    base::Result<PruneStep> next_prune();

    const ImportReport& report() const { return report_; }
    // The cluster's revision when a prune began.
    model::Revision begun_at() const { return begun_at_; }

  private:
    // What a dry run would have made of an object before, by an earlier item of the same name.
    enum class Earlier : uint8_t { kNone, kSame, kOther };
    struct Item {
        size_t index = 0;
        json::Prepared prepared;
        std::string source;  // kept only where the server filled something in
        Earlier earlier = Earlier::kNone;
    };
    using KeyDigest = std::pair<uint64_t, uint64_t>;

    void refuse(size_t index, std::string name, std::string message);
    void note_seen(std::string_view ns, std::string_view name);
    Earlier note_earlier(std::string_view ns, std::string_view name, std::string_view content);
    void keep_seen_once();

    model::ClusterNumber cluster_;
    ImportOptions options_;
    const store::Store& store_;
    ImportReport report_;
    size_t items_ = 0;
    std::vector<Item> pending_;
    size_t pending_bytes_ = 0;
    bool refused_any_ = false;                // an item broke a rule
    std::optional<base::Error> begin_error_;  // why begun_at_ is not known
    model::Revision begun_at_ = 0;
    std::vector<KeyDigest> seen_;  // 16 bytes an object; only when pruning
    bool seen_sorted_ = false;
    // In a dry run, each name's content as it would be stored, both by their digests.
    std::unordered_map<uint64_t, uint64_t> would_be_;
    model::ObjectKey prune_from_;
    bool prune_done_ = false;
};

}  // namespace snapgate::hosted
