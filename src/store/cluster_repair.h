#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "engine/transaction.h"
#include "store/damaged_file.h"
#include "store/keys.h"
#include "store/rows.h"
#include "store/store.h"

namespace snapgate::store {

using ObjectName = std::pair<Kind, model::ObjectKey>;

// What a repair has seen of an object, whose versions come newest first.
struct SeenVersions {
    std::string key;  // without a revision
    ObjectName name;
    std::string newest;           // the key of the newest whole version at or below the head
    bool live = false;            // that version is no tombstone
    std::string vm;               // of that version
    uint64_t bytes = 0;           // of its text
    bool damaged = false;         // a version before it
    bool damaged_staged = false;  // a version before it that may belong to a stage
};

// The repair of one cluster (repair.h). It reads the rows as they were before, and changes them in
// a write transaction; both, and the file, must outlive it.
class ClusterRepair {
  public:
    ClusterRepair(const engine::ReadTransaction& before, engine::WriteTransaction& rows,
                  DamagedFile& file, ClusterNumber cluster)
        : before_(before), rows_(rows), file_(file), cluster_(cluster) {}

    // Takes the new head's revision from `sequence`. kCorrupt if the cluster cannot be repaired.
    base::Result<void> run(Sequence& sequence);

    // After run(): the objects that it removed.
    const std::set<ObjectName>& removed() const { return removed_; }

  private:
    base::Result<void> mend();
    base::Result<void> remove_odd_keys();
    base::Result<void> rebuild_head();
    base::Result<void> remove_leftovers();
    base::Result<void> read_log();
    base::Result<void> take_change(const LogEntry& entry);
    base::Result<void> read_damaged_names();
    base::Result<void> clear(Table table);
    base::Result<void> clear_notes();
    base::Result<void> mend_objects();
    base::Result<void> take_version(const engine::Cursor& cursor);
    base::Result<void> finish_object();
    base::Result<void> drop_newest(bool damaged);
    base::Result<void> keep_object();
    base::Result<void> find_missing();
    base::Result<bool> are_snapshots_missing() const;
    base::Result<bool> has_versions(const ObjectName& name) const;
    base::Result<void> put_head(Sequence& sequence);
    base::Result<void> remove(const engine::Cursor& cursor);
    void note_removed(const ObjectName& name);
    // Calls `take` with a cursor on each row that begins so.
    template <typename Take>
    base::Result<void> for_each(std::string_view prefix, Take take) const;

    const engine::ReadTransaction& before_;
    engine::WriteTransaction& rows_;
    DamagedFile& file_;
    const ClusterNumber cluster_;
    ClusterRow row_;
    // Objects whose newest change in the log has no version. True: it was a deletion.
    std::map<ObjectName, bool> without_version_;
    std::set<ObjectName> damaged_before_;  // names that an earlier repair left
    std::optional<SeenVersions> object_;
    std::map<std::string, uint64_t, std::less<>> counts_;  // by key of kCount or kBytes
    std::set<ObjectName> removed_;
};

}  // namespace snapgate::store
