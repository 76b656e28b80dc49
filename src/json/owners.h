#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"

namespace snapgate::json {

// One entry of metadata.ownerReferences.
struct OwnerReference {
    std::string api_version;
    std::string kind;
    std::string name;
    std::string uid;
    bool blocks_deletion = false;  // blockOwnerDeletion
};

// What a snapshot's metadata says of its owners and of its deletion.
struct OwnersAndDeletion {
    bool going = false;  // it has a deletionTimestamp
    std::vector<std::string> finalizers;
    std::vector<OwnerReference> owners;
};

// Reads it from the text of a stored snapshot, or of one that is ready to be stored. Fast: looks
// for the places of these fields only. kCorrupt if a field cannot be read. Any thread.
base::Result<OwnersAndDeletion> read_owners(std::string_view text);

}  // namespace snapgate::json
