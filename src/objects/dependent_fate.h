#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "objects/owner_notes.h"
#include "objects/ownership.h"
#include "rules/object_rules.h"
#include "store/store.h"

namespace snapgate::objects {

// What becomes of a dependent of an owner that is gone, or that waits for its dependents
// (foreground deletion). Source: what Kubernetes' garbage collector controller does with an object
// (attemptToDeleteItem).
struct DependentFate {
    enum class Act {
        kRelease,  // it has another owner: it loses the references to `uids`
        kUnblock,  // its references stop blocking, or it and its own dependents wait for each other
        kDelete,   // with `propagation`
    };
    Act act = Act::kRelease;
    std::vector<std::string> uids;
    rules::DeleteOptions::Propagation propagation = rules::DeleteOptions::Propagation::kBackground;
    // The owners that were taken for gone. The fate holds only while none of them is there.
    std::vector<Owner> gone;
};

// `work`: about the owner; `waiting`: the owner is there, and waits for its dependents. The
// dependent has a reference to it and is not being deleted. `ns`, `name`: of the dependent.
//
// An owner that is not there counts as gone if there is work about it. Otherwise it was never here:
// an import brought the dependent alone.
base::Result<DependentFate> fate_of(const store::ReadView& view, model::ClusterNumber cluster,
                                    std::string_view ns, std::string_view name,
                                    const Ownership& dependent, const Work& work, bool waiting);

// The snapshot of that name, as the collector sees it; nullopt if there is none. kCorrupt if it is
// damaged.
base::Result<std::optional<Ownership>> find_ownership(const store::ReadView& view,
                                                      model::ClusterNumber cluster,
                                                      std::string_view ns, std::string_view name);

}  // namespace snapgate::objects
