#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"
#include "model/types.h"

namespace snapgate::cluster {

// A kind of object that is mirrored from connected clusters. Each mirror of one has its own
// session, status, head, version and stage; in the store these belong to a cluster number. A
// further kind is a further row in reflected_kind.cpp, and its mirror of a cluster has a number of
// its own.
struct ReflectedKind {
    // As the cluster serves it.
    std::string_view group;
    std::string_view plural;
    std::string_view kind;
    std::vector<std::string_view> versions;  // that can be read, the best first
    std::string_view noun;                   // the objects, in messages for people
    model::Kind stored;                      // as which the store keeps them

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
