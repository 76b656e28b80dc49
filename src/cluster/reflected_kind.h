#pragma once

#include <string_view>
#include <vector>

namespace snapgate::cluster {

// A kind of object as a cluster serves it.
struct ReflectedKind {
    std::string_view group;
    std::string_view plural;
    std::string_view kind;
    std::vector<std::string_view> versions;  // that can be read, the best first
};

// VirtualMachineSnapshot of KubeVirt.
const ReflectedKind& snapshots();

}  // namespace snapgate::cluster
