#pragma once

#include "json/value.h"
#include "remote/api.h"
#include "remote/resolve.h"
#include "snapshots/snapshot_description.h"

namespace snapgate::cli {

// What the server knows of a snapshot besides the object; nothing if it is an older server.
Outcome<KnownOfSnapshot> find_known(Api& api, const Named& cluster, const json::Object& snapshot);

}  // namespace snapgate::cli
