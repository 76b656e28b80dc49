#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace snapgate::cli {

// A snapshot that may be deleted, as it was shown.
struct DeletionCandidate {
    std::string cluster_uid;
    std::string cluster_name;
    std::string ns;
    std::string name;
    std::string vm;  // "" if it names none
    std::string uid;
    std::string version;
    bool of_clone = false;  // a VirtualMachineClone made it, and removes it again
    bool going = false;     // it is being deleted already
    int64_t taken = 0;      // when its disks were in that state, in seconds; 0: unknown
};

// What stays of each VM.
struct Retention {
    size_t keep_last = 0;  // so many of its newest good snapshots
    bool force = false;    // else at least one
};

struct DeletionPlan {
    std::vector<DeletionCandidate> deleted;
    std::vector<DeletionCandidate> kept;  // good ones that stay for the sake of their VM
};

// What is deleted of `matches`. `good` has every good snapshot of the VMs in question, also those
// that do not match: which of them are the newest is counted over all. Of equal times the later
// name is the newer. What a clone made, and what is going already, is in neither list. Keeps the
// order of `matches`. Pure.
DeletionPlan plan_deletion(const std::vector<DeletionCandidate>& matches,
                           const std::vector<DeletionCandidate>& good, const Retention& retention);

}  // namespace snapgate::cli
