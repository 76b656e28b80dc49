#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/object.h"
#include "objects/ownership.h"
#include "store/store.h"

namespace snapgate::objects {

// What is noted beside the objects of a hosted cluster for the garbage collector, in the
// transaction of each write:
//
// - which snapshots are owned by which uid (NoteType::kDependent), so that the dependents of an
//   owner are found without a walk. Earlier versions did not note it: until the collector has gone
//   through the cluster once, kDependentsComplete is missing;
// - what the collector is to do (NoteType::kCollect): see Work. So it goes on after a restart, and
//   finds its work at once.

// Where a snapshot came from. An import may bring a dependent without its owner, or before it.
enum class Origin { kRequest, kImport };

// After a snapshot was written or removed. `before`: the version that it had; null for a new one.
// `after`: null for one that is removed.
base::Result<void> note_change(store::WriteTxn& txn, model::ClusterNumber cluster,
                               const store::Found* before, const model::PreparedObject* after,
                               Origin origin);

// Notes the owners of a snapshot that was stored before dependents were noted.
base::Result<void> note_existing(store::WriteTxn& txn, model::ClusterNumber cluster,
                                 const store::Found& snapshot);
base::Result<void> note_complete(store::WriteTxn& txn, model::ClusterNumber cluster);
base::Result<bool> is_complete(const store::ReadView& view, model::ClusterNumber cluster);

// The collector is to look at an owner: it was removed, it goes and has a finalizer of the
// collector's, or something about its dependents changed while it waited for them. Or at one
// reference alone: a request wrote a dependent whose owner does not exist.
struct Work {
    std::string ns;
    std::string name;       // of the owner
    std::string uid;        // of the owner
    std::string dependent;  // the snapshot whose reference it is; "": all that have one
    uint64_t counter = 0;   // grows whenever the work is noted again
    std::string key;        // of its note
};

// The next work after the note with that key ("" for the first one).
base::Result<std::optional<Work>> next_work(const store::ReadView& view,
                                            model::ClusterNumber cluster, std::string_view after);
// Erases the note. False if the work was noted again since it was read, and stays.
base::Result<bool> finish_work(store::WriteTxn& txn, model::ClusterNumber cluster,
                               const Work& work);
// Whether the note is still as it was read.
base::Result<bool> is_current(store::WriteTxn& txn, model::ClusterNumber cluster, const Work& work);
// Whether there is work about the reference of `dependent` to an owner that does not exist: the
// owner was there and went, or a request made the reference.
base::Result<bool> has_work(const store::ReadView& view, model::ClusterNumber cluster,
                            std::string_view ns, std::string_view uid, std::string_view dependent);

// Erases the note that `dependent` is owned by that uid, if it is not.
base::Result<void> erase_stale_note(store::WriteTxn& txn, model::ClusterNumber cluster,
                                    std::string_view ns, std::string_view uid,
                                    std::string_view dependent);

// The names of the snapshots of a namespace that are owned by a uid, after `after`, at most `max`.
base::Result<std::vector<std::string>> dependents(const store::ReadView& view,
                                                  model::ClusterNumber cluster, std::string_view ns,
                                                  std::string_view uid, std::string_view after,
                                                  size_t max);

}  // namespace snapgate::objects
