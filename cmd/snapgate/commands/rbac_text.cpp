#include "commands/rbac_text.h"

#include <fmt/format.h>

namespace snapgate::cli {
namespace {

constexpr std::string_view kNamespace = R"(apiVersion: v1
kind: Namespace
metadata:
  name: {0}
---
)";

constexpr std::string_view kRest = R"(apiVersion: v1
kind: ServiceAccount
metadata:
  name: snapgate
  namespace: {0}
---
apiVersion: v1
kind: Secret
metadata:
  name: snapgate-token
  namespace: {0}
  annotations:
    kubernetes.io/service-account.name: snapgate
type: kubernetes.io/service-account-token
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: snapgate
rules:
- apiGroups: [snapshot.kubevirt.io]
  resources: [virtualmachinesnapshots]
  verbs: [{1}]
# Which VMs there are, what was restored, and how large snapshots are. A cluster is followed without
# these, too.
- apiGroups: [snapshot.kubevirt.io]
  resources: [virtualmachinerestores, virtualmachinesnapshotcontents]
  verbs: [get, list, watch]
- apiGroups: [kubevirt.io]
  resources: [virtualmachines]
  verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: snapgate
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: snapgate
subjects:
- kind: ServiceAccount
  name: snapgate
  namespace: {0}
)";

}  // namespace

std::string rbac_text(std::string_view ns, bool write) {
    const std::string_view verbs =
        write ? "get, list, watch, create, update, patch, delete" : "get, list, watch";
    std::string out;
    // These namespaces exist everywhere, and kubectl apply would warn about them.
    if (ns != "default" && !ns.starts_with("kube-"))
        out += fmt::format(fmt::runtime(kNamespace), ns);
    return out + fmt::format(fmt::runtime(kRest), ns, verbs);
}

}  // namespace snapgate::cli
