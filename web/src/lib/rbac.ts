// What `snapgate print rbac` prints, and with `write` what `snapgate print rbac --write` does: who adds a cluster in the
// browser may have no snapgate beside it. tests/live.test.ts compares them.
export function rbac(write: boolean): string {
    return `apiVersion: v1
kind: Namespace
metadata:
  name: snapgate
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: snapgate
  namespace: snapgate
---
apiVersion: v1
kind: Secret
metadata:
  name: snapgate-token
  namespace: snapgate
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
  verbs: [${write ? "get, list, watch, create, update, patch, delete" : "get, list, watch"}]
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
  namespace: snapgate
`
}
