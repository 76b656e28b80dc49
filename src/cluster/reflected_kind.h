#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"
#include "model/types.h"

namespace snapgate::cluster {

// A kind of object that is mirrored from connected clusters. Each mirror of one has its own
// session, status, head, version and stage; in the store these belong to a cluster number, of which
// a cluster has one for each kind (Cluster::number_of()). A further kind is a further row in
// reflected_kind.cpp.
struct ReflectedKind {
    // As the cluster serves it.
    std::string_view group;
    std::string_view plural;
    std::string_view kind;
    std::vector<std::string_view> versions;  // that can be read, the best first
    std::string_view noun;                   // the objects, in messages for people
    std::string_view noun_of_one;
    // Only parts of these objects are kept, so that a self-check compares their versions alone.
    bool in_part = false;
    model::Kind stored;  // as which the store keeps them

    // The best of `served`, the versions of the group that a cluster serves; "" if it serves none
    // of ours.
    std::string_view best_version(const std::vector<std::string>& served) const;

    // Brings one object's JSON into stored form; kInvalid, kInvalidBody or kTooLarge for one that
    // cannot be kept. Any thread; touches nothing.
    base::Result<model::PreparedObject> (*prepare)(std::string_view json);
};

// All of them; VirtualMachineSnapshot of KubeVirt is the first one. A cluster need not have the
// others, nor let us read them.
std::span<const ReflectedKind> reflected_kinds();
const ReflectedKind& snapshots();

}  // namespace snapgate::cluster
