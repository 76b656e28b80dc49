#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::cli {

// What a server knows of a snapshot besides the object, as texts; "" for what is not known.
struct KnownOfSnapshot {
    std::string size;
    std::string restores;
    std::string cause;  // also from its content
};

// One VirtualMachineSnapshot as text for people, in the manner of kubectl describe; printable. A
// missing field is "<none>" or left out; a field of an unexpected type counts as missing. Its cause
// is the one that lists show.
base::Result<std::string> describe_snapshot(const json::Object& snapshot,
                                            const KnownOfSnapshot& known, int64_t now_seconds);

}  // namespace snapgate::cli
