#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"

namespace snapgate::cluster {

// A kind of object that is mirrored from connected clusters. Each mirror of one has its own
// session, status and versions. A further kind is a further row in reflected_kind.cpp.
struct ReflectedKind {
    // As the cluster serves it.
    std::string_view group;
    std::string_view plural;
    std::string_view kind;
    std::vector<std::string_view> versions;  // that can be read, the best first

    // The best of `served`, the versions of the group that a cluster serves; "" if it serves none
    // of ours.
    std::string_view best_version(const std::vector<std::string>& served) const;

    // Brings one object's JSON into stored form; kInvalid, kInvalidBody or kTooLarge for one that
    // cannot be kept. Any thread; touches nothing.
    base::Result<model::PreparedObject> (*prepare)(std::string_view json);
};

// VirtualMachineSnapshot of KubeVirt.
const ReflectedKind& snapshots();

}  // namespace snapgate::cluster
