"""A hundred clusters at once, each with four kinds of objects: all are followed, whatever happens to some of them, and the fleet's
answers have what each of them has."""

import json

import pytest

from breakage import reset, status
from harness import wait_for
from mirror import Mirror, start_server
from objects import CONTENTS, GROUP, RESTORES, VMS
from planted import SECRET, content, restore, vm
from upstream import Upstream

CLUSTERS = 100
OTHERS = (VMS, RESTORES, CONTENTS)
SECONDS = 60
TIMES = "backoff=100ms,most=1s"


class Cluster(Upstream):
    """Over plain HTTP: a hundred servers within this process have no time for TLS."""

    def __init__(self, number):
        super().__init__()
        self.number = number
        self.bookmarks = None
        self.kinds = {of.plural: self.serve_beside(of) for of in OTHERS}
        for kind in self.kinds.values():
            kind.bookmarks = None
        for one in range(3):
            self.objects.create("alpha", f"s-{one}", vm=f"vm-{one}")
            self.put(content(f"content-{one}", snapshot=f"s-{one}", size=f"{number + 1}Gi"))
        # The VM that is named by none of the snapshots is one that only its own kind knows.
        for one in range(4):
            self.put_vm(f"vm-{one}")
        self.put(restore("r-0", snapshot="s-0", vm="vm-0"))

    def put(self, item):
        kind = next(kind for kind in self.kinds.values() if kind.of.kind == item["kind"])
        kind.objects.put(item)

    def put_vm(self, name, **status):
        item = vm(name, **status)
        del item["metadata"]["annotations"]["snapgate.io/protection"]
        self.put(item)

    def counts(self):
        return {plural: len(kind.objects.items()) for plural, kind in self.kinds.items()}


@pytest.fixture
def clusters():
    made = [Cluster(number) for number in range(CLUSTERS)]
    yield made
    for cluster in made:
        cluster.stop()


@pytest.fixture
def mirrors(folder, clusters):
    server = start_server(folder / "many", TIMES)
    yield [Mirror(server, cluster) for cluster in clusters]
    if server.running():
        server.stop()


def standing(mirrors):
    """{uid: cluster} as the registry shows them."""
    reply = mirrors[0].server.client().get("/admin/v1/clusters")
    assert reply.status == 200, reply
    return {cluster["uid"]: cluster for cluster in reply.json()["items"]}


def unequal(mirrors, states):
    """Which kinds of which clusters are not in the state that is expected ("Ready" unless `states` has another one), or
    have another number of objects."""
    shown, found = standing(mirrors), []
    for mirror in mirrors:
        cluster = shown[mirror.uid]
        wanted = {"virtualmachinesnapshots": len(mirror.upstream.objects.items()), **mirror.upstream.counts()}
        kinds = {"virtualmachinesnapshots": cluster, **{kind["name"]: kind for kind in cluster["kinds"]}}
        found += [(mirror.uid, plural, kind["state"], kind["objects"]) for plural, kind in kinds.items()
                  if (kind["state"], kind["objects"]) != (states.get((mirror.uid, plural), "Ready"), wanted[plural])]
    return found


def until_equal(mirrors, states=None):
    wait_for(lambda: not unequal(mirrors, states or {}), lambda: f"all to be equal: {unequal(mirrors, states or {})[:5]}", SECONDS)


def lines(mirrors, path, **query):
    reply = mirrors[0].server.client().get(f"/v1/spectroclusters/-/vms/{path}", format="ndjson", **query)
    assert reply.status == 200, reply
    return [json.loads(line) for line in reply.text().splitlines()]


def same_answers(mirrors):
    """The fleet's answers against what the clusters have: VMs with their status, sizes, restores."""
    by_uid = {mirror.uid: mirror.upstream for mirror in mirrors}
    wanted_vms, wanted_snapshots, wanted_restores = set(), set(), set()
    for uid, cluster in by_uid.items():
        snapshots = cluster.objects.items()
        kinds = {plural: kind.objects.items() for plural, kind in cluster.kinds.items()}
        sizes = {item["spec"]["virtualMachineSnapshotName"]: item["spec"]["volumeBackups"][0]["persistentVolumeClaim"]["spec"]
                 ["resources"]["requests"]["storage"] for item in kinds["virtualmachinesnapshotcontents"].values()}
        restored = [item["spec"]["virtualMachineSnapshotName"] for item in kinds["virtualmachinerestores"].values()]
        wanted_vms |= {(uid, name, item["status"]["printableStatus"], "vm") for (_, name), item in kinds["virtualmachines"].items()}
        wanted_snapshots |= {(uid, name, int(sizes[name].removesuffix("Gi")) << 30 if name in sizes else None, restored.count(name))
                             for _, name in snapshots}
        wanted_restores |= {(uid, name) for _, name in kinds["virtualmachinerestores"]}
    assert {(row["clusterUid"], row["vm"], row["status"], row["knownFrom"]) for row in lines(mirrors, "protection")} == wanted_vms
    assert {(row["clusterUid"], row["name"], row.get("sizeBytes"), row["restores"])
            for row in lines(mirrors, "snapshot")} == wanted_snapshots
    listed = mirrors[0].server.client().get(f"/clusters/-/apis/{GROUP}/v1beta1/virtualmachinerestores",
                                            {"Authorization": f"Bearer {mirrors[0].server.admin_key}"})
    assert {(item["metadata"]["annotations"]["snapgate.io/cluster-uid"], item["metadata"]["name"])
            for item in listed.json()["items"]} == wanted_restores


def test_all_are_followed_through_changes_faults_and_a_crash(clusters, mirrors):
    until_equal(mirrors)
    for cluster in clusters:
        # A size is known of the content that the snapshot names.
        for one in range(3):
            cluster.objects.update("alpha", f"s-{one}", virtualMachineSnapshotContentName=f"content-{one}")
    wait_for(lambda: all(row["restores"] == (row["name"] == "s-0") and row.get("sizeBytes") for row in lines(mirrors, "snapshot")),
             "the sizes", SECONDS)
    same_answers(mirrors)

    # Each cluster changes; in some of them a right is taken away, a kind fails, or connections end.
    states = {}
    for cluster, mirror in zip(clusters, mirrors):
        what = cluster.number % 10
        plural = list(cluster.kinds)[cluster.number // 10 % 3]
        if what == 3:
            cluster.kinds[plural].denied = True
            states[mirror.uid, plural] = "Forbidden"
            cluster.drop_connections()
        elif what == 5:
            cluster.break_next(reset, when=("watch", "list"), times=3)
            cluster.drop_connections()
        elif what == 7:
            cluster.kinds[plural].break_next(status(503, "ServiceUnavailable"), times=3)
            cluster.drop_connections()

    def are_forbidden():
        shown = standing(mirrors)
        return all(kind["state"] == state for (uid, plural), state in states.items() for kind in shown[uid]["kinds"] if kind["name"] == plural)

    wait_for(are_forbidden, "the rights to be gone", SECONDS)
    assert len(states) == CLUSTERS // 10
    for cluster in clusters:
        cluster.objects.create("beta", "later", vm="vm-3")
        cluster.put_vm("vm-0", printableStatus="Stopped")
        cluster.put_vm("vm-new")
        cluster.put(restore("r-1", snapshot="s-1", vm="vm-1"))
        cluster.kinds["virtualmachinesnapshotcontents"].objects.delete("alpha", "content-2")
    healthy = [mirror for mirror in mirrors if not any(uid == mirror.uid for uid, _ in states)]
    until_equal(healthy)

    # It is killed meanwhile, and the rights come back.
    server = mirrors[0].server
    server.kill()
    server.start()
    for mirror in mirrors:
        mirror.reconnect()
        for kind in mirror.upstream.kinds.values():
            kind.denied = False
    until_equal(mirrors)
    same_answers(mirrors)
    assert len(lines(mirrors, "protection")) == 5 * CLUSTERS
    assert SECRET not in json.dumps([lines(mirrors, path) for path in ("protection", "snapshot")]) + "\n".join(server.lines)
