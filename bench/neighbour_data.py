"""What the questions of bench/neighbours are asked about: one cluster of many long objects among many clusters."""

import json
from datetime import datetime, timedelta

CLUSTER = "many"
PROJECT = "crowd"  # of all clusters
NAMESPACES = 7
VMS = 500  # of each namespace
TIERS = 5
FIRST = datetime(2026, 1, 1)
APART = timedelta(minutes=7)
GROUP = "snapshot.kubevirt.io"
FAILURE = "the guest agent of node {} did not answer within 30 s"


def namespace_of(number):
    return f"ns-{number % NAMESPACES}"


def snapshot_name(number):
    return f"s-{number:07}"


def vm_name(number):
    return f"vm-{number % VMS:03}"


def content_name(number):
    return f"content-{number:07}"


def time_of(number):
    return (FIRST + number * APART).isoformat() + "Z"


def last_in_order(count):
    """The snapshot that a list of all of them ends with."""
    return snapshot_name(max(range(count), key=lambda number: (namespace_of(number), number)))


def made(kind, api, name, number, **metadata):
    return {"apiVersion": api, "kind": kind,
            "metadata": {"name": name, "namespace": namespace_of(number), "uid": f"{kind}-{number}",
                         "resourceVersion": str(number + 1), "creationTimestamp": time_of(number), **metadata}}


def snapshot(number):
    failed = number % 10 == 3
    status = {"phase": "Failed" if failed else "Succeeded", "readyToUse": not failed}
    if failed:
        status["error"] = {"time": time_of(number), "message": FAILURE.format(number % 50)}
    else:
        status["creationTime"] = time_of(number)
        status["virtualMachineSnapshotContentName"] = content_name(number)
    return {**made("VirtualMachineSnapshot", f"{GROUP}/v1beta1", snapshot_name(number), number,
                   labels={"tier": f"t{number % TIERS}", "side": "left" if number % 2 else "right", "app": "x" * 40},
                   annotations={"note": f"{number} " * 150}),
            "spec": {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": vm_name(number)}},
            "status": status}


def vm(number):
    return {**made("VirtualMachine", "kubevirt.io/v1", vm_name(number), number, labels={"tier": f"t{number % TIERS}"}),
            "spec": {}, "status": {"printableStatus": "Running", "ready": True}}


def content(number):
    claim = {"spec": {"resources": {"requests": {"storage": "10Gi"}}}}
    return {**made("VirtualMachineSnapshotContent", f"{GROUP}/v1beta1", content_name(number), number),
            "spec": {"virtualMachineSnapshotName": snapshot_name(number),
                     "volumeBackups": [{"volumeName": "root", "persistentVolumeClaim": claim}]},
            "status": {"readyToUse": True}}


def restore(number):
    return {**made("VirtualMachineRestore", f"{GROUP}/v1beta1", f"r-{number:07}", number),
            "spec": {"target": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": vm_name(number)},
                     "virtualMachineSnapshotName": snapshot_name(number)},
            "status": {"complete": True}}


def objects(count):
    """So many snapshots; the VMs that they are of; the contents and restores of every tenth."""
    for number in range(min(count, NAMESPACES * VMS)):
        yield vm(number)
    for number in range(count):
        yield snapshot(number)
        if number % 10 == 0:
            yield content(number)
            yield restore(number)


def write_dump(path, count):
    with open(path, "w", encoding="utf-8") as out:
        for item in objects(count):
            out.write(json.dumps(item) + "\n")
