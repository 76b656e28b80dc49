#pragma once

#include <string>

#include "cluster/registry.h"
#include "model/types.h"

namespace snapgate::objects {

// Where an object is. It owns its strings, so it may be handed to a coroutine that outlives the
// caller's own.
struct Place {
    cluster::Cluster cluster;
    model::Kind kind = model::Kind::kSnapshot;
    std::string ns;    // empty for a Namespace
    std::string name;  // may be empty on a create: the object's body names it, or has it made up
};

}  // namespace snapgate::objects
