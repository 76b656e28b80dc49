#include "cluster/reflected_kind.h"

#include "json/object.h"

namespace snapgate::cluster {

const ReflectedKind& snapshots() {
    static const ReflectedKind kind{.group = "snapshot.kubevirt.io",
                                    .plural = "virtualmachinesnapshots",
                                    .kind = "VirtualMachineSnapshot",
                                    .versions = {"v1beta1", "v1alpha1"},
                                    .stored = model::Kind::kSnapshot,
                                    .prepare = &json::prepare_mirrored_snapshot};
    return kind;
}

}  // namespace snapgate::cluster
