"""The object that the benchmarks of writes send."""

VM = "web-01"


def snapshot(name, tier="gold"):
    """What a scheduler writes: the object without what the server fills in. `tier` is the value of a label."""
    return {
        "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot",
        "metadata": {"name": name, "labels": {"app": "scheduler", "tier": tier, "schedule": "nightly"},
                     "annotations": {"owner": "payments-oncall@example.com", "retention": "14d"}},
        "spec": {"deletionPolicy": "Delete", "failureDeadline": "10m0s",
                 "source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": VM}},
    }
