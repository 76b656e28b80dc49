#pragma once

#include <string_view>
#include <vector>

namespace snapgate::facts {

// The parts of a VirtualMachineSnapshot that its facts are derived from, whichever library parsed
// it: views into the parsed object, good as long as that is. What is absent, or has another type
// than KubeVirt's schema gives it, is empty. clear() keeps the memory of the lists.
struct SnapshotParts {
    struct Condition {
        std::string_view type;
        std::string_view status;
        std::string_view reason;
        std::string_view message;
        std::string_view last_transition_time;
    };

    // metadata
    std::string_view name;
    std::string_view ns;
    std::string_view creation_timestamp;
    std::string_view deletion_timestamp;
    std::vector<std::string_view> finalizers;
    bool of_clone = false;  // a VirtualMachineClone owns it
    // spec
    std::string_view vm;
    std::string_view failure_deadline;
    // status
    std::string_view phase;
    bool ready = false;
    std::string_view creation_time;
    std::string_view error_message;
    std::string_view error_time;
    std::string_view content_name;
    std::string_view source_uid;
    std::vector<std::string_view> indications;  // of `indications` and of `sourceIndications`
    std::vector<std::string_view> volumes;      // that are in the snapshot, and that are not
    std::vector<Condition> conditions;

    void clear() {
        name = ns = creation_timestamp = deletion_timestamp = vm = failure_deadline = phase = {};
        creation_time = error_message = error_time = content_name = source_uid = {};
        of_clone = ready = false;
        finalizers.clear();
        indications.clear();
        volumes.clear();
        conditions.clear();
    }
};

}  // namespace snapgate::facts
