#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"

namespace snapgate::objects {

// The finalizers by which a deletion asks the garbage collector for its work, as Kubernetes has
// them (k8s.io/apimachinery, meta/v1).
inline constexpr std::string_view kOrphanFinalizer = "orphan";
inline constexpr std::string_view kForegroundFinalizer = "foregroundDeletion";
// In whose name the collector writes, as managedFields show it.
inline constexpr std::string_view kCollectorManager = "kube-controller-manager";

// A reference to an owner of a kind that is served whole: a VirtualMachineSnapshot in the
// dependent's own namespace. Only such an owner can be found to be gone.
struct Owner {
    std::string name;
    std::string uid;
    bool blocks = false;  // blockOwnerDeletion
};

// What the garbage collector needs to know of a snapshot.
struct Ownership {
    std::string uid;
    std::vector<Owner> owners;
    bool has_other_owners = false;  // of kinds of which nobody can say here whether they exist
    bool going = false;             // it has a deletionTimestamp
    bool held = false;              // it has finalizers
    bool orphan = false;            // the finalizers
    bool foreground = false;

    // Its dependents lose their references to it before it goes.
    bool orphaning() const { return going && orphan; }
    // It waits until the dependents that block its deletion are gone.
    bool waiting() const { return going && foreground; }
    // Whether it has a reference to an owner of that uid; blocks(): one that blocks its deletion.
    bool refers_to(std::string_view uid_of_owner) const;
    bool blocks(std::string_view uid_of_owner) const;
};

// kCorrupt if the snapshot cannot be read. Any thread.
base::Result<Ownership> read_ownership(const model::StoredObject& snapshot);
base::Result<Ownership> read_ownership(const model::PreparedObject& snapshot);

}  // namespace snapgate::objects
