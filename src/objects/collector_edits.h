#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "objects/object_write.h"

namespace snapgate::objects {

// The changes that the garbage collector makes to a snapshot that was read. They go through the
// rules of an update, in the collector's name, so managedFields follow. Null if there is nothing to
// change. `now`: RFC 3339.
struct CollectorEdit {
    model::ClusterNumber cluster = 0;
    const store::Found& found;
    std::string_view now;
};
using EditResult = base::Result<std::shared_ptr<const ObjectWrite>>;

// It loses its references to owners of these uids.
EditResult drop_references(const CollectorEdit& edit, const std::vector<std::string>& uids);
// None of its references blocks the deletion of its owner any more.
EditResult unblock_owners(const CollectorEdit& edit);
// It loses a finalizer, and goes if that was the last one.
EditResult drop_finalizer(const CollectorEdit& edit, std::string_view finalizer);

}  // namespace snapgate::objects
