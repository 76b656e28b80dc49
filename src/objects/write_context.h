#pragma once

#include <string>

#include "mirror/mirrors.h"
#include "objects/namespace_sweeper.h"
#include "store/store.h"

namespace snapgate::objects {

// What the writes of objects work on; what it refers to outlives them.
struct WriteContext {
    store::Store& store;
    NamespaceSweeper& namespaces;
    mirror::Mirrors& mirrors;
    // The servers that the request came by, for whatever is asked of a cluster because of it
    // (connect/passed_servers.h).
    std::string passed;
};

}  // namespace snapgate::objects
