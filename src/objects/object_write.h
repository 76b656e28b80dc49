#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "audit/action.h"
#include "base/result.h"
#include "cluster/object_quota.h"
#include "model/object.h"
#include "model/types.h"
#include "rules/object_rules.h"
#include "store/store.h"

namespace snapgate::objects {

// One write of one object of a hosted cluster, based on a state that was read before. The rules ran
// beforehand, on the caller's thread. The writer thread only checks that their basis still holds.
struct ObjectWrite {
    model::ClusterNumber cluster = 0;
    model::Kind kind = model::Kind::kSnapshot;
    model::ObjectKey key;
    // The object's revision that this write was made from. None: the object must be new.
    std::optional<model::Revision> read_at;
    std::optional<model::PreparedObject> object;  // none: the object is removed
    bool make_namespace = false;                  // make the namespace if it does not exist
    int64_t now_ms = 0;                           // creation time of a namespace that is made
    // Of the cluster's project; null: none, or what is written is never refused for it. It is held
    // against a namespace that is made, too.
    std::shared_ptr<const cluster::ObjectQuota> quota = nullptr;
};

// The outcome of the write. Only kDone has written anything.
struct WriteOutcome {
    enum class End {
        kDone,
        kExists,          // there is an object of that name
        kChanged,         // the object is not what was read: read again and make a new write
        kNoNamespace,     // its namespace does not exist
        kNamespaceGoing,  // its namespace is being deleted
    };
    End end = End::kDone;
    // Of the new version: the resource version that it has, once the write is reported done.
    model::Revision revision = 0;
};

// Makes the function for Store::write. `outcome` may be read when that has reported success.
// `audit`: who does it, for the line of the audit trail, which is a part of the write; null: none.
// kNotFound if the cluster is gone; kQuotaExceeded.
store::WriteFunction write_function(std::shared_ptr<const ObjectWrite> write,
                                    std::shared_ptr<WriteOutcome> outcome,
                                    std::shared_ptr<const audit::Action> audit = nullptr);

// Within a write: the line of the audit trail about an object that it removed otherwise. None if
// `action` is null.
base::Result<void> note_removal(store::WriteTxn& txn, const audit::Action* action, model::Kind kind,
                                const model::ObjectKey& key);

// The write of what the rules made of a snapshot that was read; null if they change nothing. The
// server's own marks may take the object some KiB over the limit of what clients may write.
base::Result<std::shared_ptr<const ObjectWrite>> change_of(model::ClusterNumber cluster,
                                                           const store::Found& found,
                                                           const rules::Change& change);

// Looks at the namespace that an object is to be put into, within a write: kDone if it is there,
// kNamespaceGoing, or kNoNamespace.
base::Result<WriteOutcome::End> look_at_namespace(store::WriteTxn& txn,
                                                  model::ClusterNumber cluster,
                                                  std::string_view ns);

// Within a write of objects, makes the namespace that they need, with its line of the audit trail.
// None if `action` is null.
base::Result<void> make_namespace(store::WriteTxn& txn, model::ClusterNumber cluster,
                                  const model::PreparedObject& ns, const audit::Action* action);

// Whether a stored Namespace is being deleted.
bool is_going(const model::StoredObject& ns);

}  // namespace snapgate::objects
