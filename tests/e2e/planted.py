"""Objects of which only parts are kept, with a secret in every place of which nothing may be."""

SECRET = "correct-horse-battery"


def vm(name, namespace="alpha", **status):
    return {
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": "shop"},
                     "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET, "note": SECRET,
                                     "snapgate.io/protection": "ignore"},
                     "managedFields": [{"manager": SECRET}]},
        "spec": {"runStrategy": "Always",
                 "template": {"metadata": {"annotations": {"a": SECRET}},
                              "spec": {"accessCredentials": [{"key": SECRET}],
                                       "volumes": [{"name": "root", "dataVolume": {"name": name}},
                                                   {"name": "init", "cloudInitNoCloud": {"userData": SECRET}}]}}},
        "status": {"printableStatus": "Running", "ready": True, **status},
    }


def restore(name, namespace="alpha", snapshot="snap-00000", vm="vm-1", **status):
    return {
        "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineRestore",
        "metadata": {"name": name, "namespace": namespace,
                     "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET},
                     "managedFields": [{"fieldsV1": {"f:spec": {"f:patches": {f'v:"{SECRET}"': {}}}}}]},
        "spec": {"target": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": vm},
                 "virtualMachineSnapshotName": snapshot, "patches": [SECRET, SECRET]},
        "status": {"complete": True, **status},
    }


def content(name, namespace="alpha", snapshot="snap-00000", size="10Gi", **status):
    return {
        "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshotContent",
        "metadata": {"name": name, "namespace": namespace, "labels": {"a": SECRET}},
        "spec": {"virtualMachineSnapshotName": snapshot, "source": {"virtualMachine": vm("vm-1")},
                 "volumeBackups": [{"volumeName": "root", "persistentVolumeClaim": {
                     "metadata": {"name": "c", "annotations": {"a": SECRET}},
                     "spec": {"resources": {"requests": {"storage": size}}}}}]},
        "status": {"readyToUse": True, **status},
    }


def as_dumped(item, number):
    """The same as kubectl prints it: with what the API server gives to it."""
    return {**item, "metadata": {**item["metadata"], "uid": f"00000000-0000-4000-8000-{number:012}",
                                 "resourceVersion": str(1000 + number), "creationTimestamp": "2026-11-04T14:19:06Z"}}
