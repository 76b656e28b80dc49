#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/object.h"

namespace snapgate::json {

// What questions need of the objects of which only parts are kept (model/kept_schema.h). What is
// absent is empty. Any thread; kCorrupt for an object that cannot be read.

struct VmParts {
    std::string status;    // status.printableStatus
    bool ignored = false;  // "snapgate.io/protection: ignore", as an annotation or a label
};
base::Result<VmParts> read_vm_parts(const model::StoredObject& vm);

struct RestoreParts {
    std::string vm;        // the VM that it is for; "" if it is for something else
    std::string snapshot;  // spec.virtualMachineSnapshotName
    int64_t at = 0;        // status.restoreTime, else its creation, in seconds; 0: unknown
};
base::Result<RestoreParts> read_restore_parts(const model::StoredObject& restore);

struct ContentParts {
    std::string snapshot;  // spec.virtualMachineSnapshotName
    // That its claims request, all together; nullopt where that is not known, and for 2^60 or more.
    std::optional<uint64_t> bytes;
    std::string error;                 // status.error.message
    std::vector<std::string> volumes;  // names of the first ones, if it has an error
};
base::Result<ContentParts> read_content_parts(const model::StoredObject& content);

}  // namespace snapgate::json
