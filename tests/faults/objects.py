"""The objects of a scripted cluster, with every version it went through.

What etcd and the watch cache of a kube-apiserver are together: one counter of versions for
everything, a history from which watches and exact lists are answered, and its end, before which
everything is expired. A test writes into it directly; any thread.
"""

import copy
import datetime
import itertools
import threading
import time
import uuid

from harness import name_of

GROUP = "snapshot.kubevirt.io"
KIND = "VirtualMachineSnapshot"


class Served:
    """A kind of objects as a cluster serves it."""

    def __init__(self, group, plural, kind, versions):
        self.group = group
        self.plural = plural
        self.kind = kind
        self.versions = versions


SNAPSHOTS = Served(GROUP, "virtualmachinesnapshots", KIND, ["v1beta1", "v1alpha1"])
VMS = Served("kubevirt.io", "virtualmachines", "VirtualMachine", ["v1"])
RESTORES = Served(GROUP, "virtualmachinerestores", "VirtualMachineRestore", ["v1beta1", "v1alpha1"])
CONTENTS = Served(GROUP, "virtualmachinesnapshotcontents", "VirtualMachineSnapshotContent", ["v1beta1", "v1alpha1"])
FIRST_VERSION = 1000
FIRST_WRITE = datetime.datetime(2026, 11, 4, 14, 19, 7)
WRITES = itertools.count()  # of all clusters and all their pasts: no two are at the same time
ODD = "~odd"  # stands for the namespace of what no valid object is


class Expired(Exception):
    """A version that history does not reach back to."""


class Ahead(Exception):
    """A version that is still to come."""


class Change:
    """One event: ADDED, MODIFIED or DELETED, and the object as it was then."""

    def __init__(self, version, kind, item, key=None):
        self.version = version
        self.kind = kind
        self.item = item
        self.key = key or name_of(item)


def new_object(namespace, name, vm="vm-1", **metadata):
    """One snapshot as a cluster keeps it: with managedFields, nulls and text beyond ASCII."""
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": KIND,
        "metadata": {
            "annotations": {"note": "before the upgrade \u2013 \u00fcbergabe \U0001f4be \"quoted\" \\ }{"},
            "creationTimestamp": "2026-11-04T14:19:06Z",
            "finalizers": ["snapshot.kubevirt.io/vmsnapshot-protection"],
            "generation": 1,
            "managedFields": [{"apiVersion": f"{GROUP}/v1beta1", "fieldsType": "FieldsV1",
                               "fieldsV1": {"f:spec": {".": {}, "f:source": {}}}, "manager": "kubectl",
                               "operation": "Update", "time": "2026-11-04T14:19:06Z"}],
            "name": name,
            "namespace": namespace,
            "uid": str(uuid.uuid4()),
            **metadata,
        },
        "spec": {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": vm}},
        "status": {"conditions": [{"lastProbeTime": None, "status": "True", "type": "Progressing"}],
                   "phase": "InProgress", "readyToUse": False},
    }


class Objects:
    def __init__(self, version=FIRST_VERSION):
        self.changed = threading.Condition()
        self.version = version
        self.compacted = version  # a watch may go on from here
        self.epoch = 0  # grows with every restore: what was handed out before is of another history
        self.current = {}
        self.base = {}  # what was there at `compacted`
        self.log = []   # every Change since
        self.whole = {}    # what was good of those that became odd
        self.touched = {}  # {key: when it became what it is}

    # Writes, each a version.

    def record(self, kind, item):
        self.version += 1
        item["metadata"]["resourceVersion"] = str(self.version)
        self.take_in(Change(self.version, kind, item))
        return copy.deepcopy(item)

    def take_in(self, change):
        self.log.append(change)
        self.touched[change.key] = time.monotonic()
        if change.kind == "DELETED":
            del self.current[change.key]
        else:
            self.current[change.key] = change.item
        self.changed.notify_all()

    def create(self, namespace, name, vm="vm-1", **metadata):
        with self.changed:
            assert (namespace, name) not in self.current
            return self.record("ADDED", new_object(namespace, name, vm, **metadata))

    def edited(self, key):
        """A copy with the time of a new write, as every API server notes it."""
        item = copy.deepcopy(self.current[key])
        time = FIRST_WRITE + datetime.timedelta(seconds=next(WRITES))
        for entry in item["metadata"].get("managedFields", []):
            entry["time"] = f"{time.isoformat()}Z"
        return item

    def update(self, namespace, name, **status):
        with self.changed:
            item = self.edited((namespace, name))
            item["status"].update({"phase": "Succeeded", "readyToUse": True, **status})
            return self.record("MODIFIED", item)

    def annotate(self, namespace, name, **annotations):
        with self.changed:
            item = self.edited((namespace, name))
            item["metadata"]["annotations"].update(annotations)
            return self.record("MODIFIED", item)

    def delete(self, namespace, name):
        with self.changed:
            return self.record("DELETED", copy.deepcopy(self.current[(namespace, name)]))

    def recreate(self, namespace, name, vm="vm-1"):
        """Deletes and creates again, with a new uid, before anybody can look."""
        with self.changed:
            self.delete(namespace, name)
            return self.create(namespace, name, vm)

    def fill(self, count, namespaces=("alpha", "beta"), prefix="snap"):
        for number in range(count):
            self.create(namespaces[number % len(namespaces)], f"{prefix}-{(number * 7919) % count:05}", vm=f"vm-{number % 3}")

    def put(self, item):
        """An object of any kind, made or changed."""
        with self.changed:
            item = copy.deepcopy(item)
            item["metadata"].setdefault("uid", str(uuid.uuid4()))
            return self.record("MODIFIED" if name_of(item) in self.current else "ADDED", item)

    def put_odd(self, name, change):
        """What `change` makes of a good object, however odd: it is there, and no test expects to see it."""
        with self.changed:
            self.version += 1
            key = ODD, name
            item = change(new_object("odd", name.replace(" ", "-"), resourceVersion=str(self.version)))
            self.take_in(Change(self.version, "MODIFIED" if key in self.current else "ADDED", item, key))

    def delete_odd(self, name):
        with self.changed:
            self.version += 1
            self.take_in(Change(self.version, "DELETED", self.current[(ODD, name)], (ODD, name)))

    def make_odd(self, key, change):
        """One that was good becomes what `change` makes of it, and is expected to be seen no more."""
        with self.changed:
            self.version += 1
            item = copy.deepcopy(self.current[key])
            item["metadata"]["resourceVersion"] = str(self.version)
            self.whole[key] = item
            self.take_in(Change(self.version, "MODIFIED", change(item), key))

    def make_good(self, key):
        with self.changed:
            return self.record("MODIFIED", copy.deepcopy(self.whole.pop(key)))

    def pass_versions(self, count):
        """Something else in the cluster was written."""
        with self.changed:
            self.version += count
            self.changed.notify_all()

    def lose_last_event(self):
        """The last change is in the state, but no watch tells of it: a fault of the cluster's cache."""
        with self.changed:
            self.base = dict(self.current)
            self.log = []

    # History.

    def compact(self):
        """Forgets all history before now."""
        with self.changed:
            self.base = dict(self.current)
            self.log = []
            self.compacted = self.version

    def checkpoint(self):
        with self.changed:
            return self.version, self.compacted, dict(self.current), dict(self.base), list(self.log)

    def restore(self, checkpoint):
        """The whole cluster as it was at a checkpoint, with the version of then."""
        with self.changed:
            self.version, self.compacted, current, base, log = checkpoint
            for key in self.current.keys() | current.keys():
                if self.current.get(key) != current.get(key):
                    self.touched[key] = time.monotonic()
            self.current, self.base, self.log = dict(current), dict(base), list(log)
            self.epoch += 1
            self.changed.notify_all()

    def restore_without_history(self, checkpoint):
        self.restore(checkpoint)
        self.compact()

    # Reads. The caller holds `changed`.

    def state_at(self, version):
        """{key: object} at a version that history reaches."""
        if version < self.compacted:
            raise Expired
        if version > self.version:
            raise Ahead
        state = dict(self.base)
        for change in self.log:
            if change.version > version:
                break
            if change.kind == "DELETED":
                state.pop(change.key, None)
            else:
                state[change.key] = change.item
        return state

    def changes_after(self, version):
        return [change for change in self.log if change.version > version]

    def items(self):
        """What is there now, but for what is odd: {key: object}. Objects are never changed in place."""
        with self.changed:
            return {key: item for key, item in self.current.items() if key[0] != ODD and key not in self.whole}
