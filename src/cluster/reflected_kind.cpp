#include "cluster/reflected_kind.h"

namespace snapgate::cluster {

const ReflectedKind& snapshots() {
    static const ReflectedKind kind{"snapshot.kubevirt.io",
                                    "virtualmachinesnapshots",
                                    "VirtualMachineSnapshot",
                                    {"v1beta1", "v1alpha1"}};
    return kind;
}

}  // namespace snapgate::cluster
