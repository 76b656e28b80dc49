"""No room on disk: a clear answer, reads that go on, and writes again once there is room. A limit on the size
of the server's files stands for the disk, so that no privilege is needed."""

import json
import resource

from harness import metric_of, snapshot, wait_for
from kube import KubeClient, new_snapshot

LINES = {"Content-Type": "application/x-ndjson"}


def big(count, prefix):
    return [snapshot("web", f"{prefix}-{i:04}", annotations={"pad": "x" * 2000}) for i in range(count)]


def send(admin, objects):
    body = "".join(json.dumps(item) + "\n" for item in objects)
    return admin.post("/admin/v1/clusters/demo/import", body, LINES)


def limit_files(server, size):
    """No file of the server's may grow beyond so many bytes."""
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def size_of_store(server):
    return max(file.stat().st_size for file in (server.data_dir / "store").iterdir())


def test_a_full_disk_is_507_and_nothing_is_lost(server):
    admin = server.client()
    admin.create_cluster("demo")
    admin.load("demo", big(100, "before"))
    limit_files(server, size_of_store(server))

    refused = send(admin, big(2000, "while"))
    assert refused.status == 507, refused
    assert refused.json()["code"] == "StorageFull"
    assert "room" in refused.json()["message"]
    # Whole batches came in or none: what is listed can be counted on.
    kept = admin.names("demo")
    assert admin.get("/admin/v1/clusters/demo").json()["objects"] == len(kept)
    assert [name for _, name in kept if name.startswith("before")] == [f"before-{i:04}" for i in range(100)]
    assert admin.post("/admin/v1/projects", {"name": "more"}).status in (201, 507)
    assert admin.get("/readyz").status == 200
    unready = admin.get("/readyz?writes")
    assert unready.status == 503 and "no room" in unready.text(), unready
    metrics = admin.metrics()
    assert metric_of(metrics, "snapgate_store_writable") == 0
    assert metric_of(metrics, "snapgate_store_commits_failed_total") >= 1
    assert metric_of(metrics, "snapgate_store_room_bytes") < 16 << 20

    limit_files(server, resource.RLIM_INFINITY)
    # Before anybody writes again.
    wait_for(lambda: admin.get("/readyz?writes").status == 200, "writes to be tried")
    assert admin.metric("snapgate_store_writable") == 1
    reply = send(admin, big(2000, "while"))
    assert reply.status == 200, reply
    assert reply.json()["created"] + reply.json()["unchanged"] == 2000
    assert len(admin.names("demo")) == 2100

    server.kill()
    server.start()
    assert len(server.client().names("demo")) == 2100


def test_the_garbage_collector_goes_on_when_there_is_room(server):
    admin = server.client()
    admin.create_cluster("collected")
    owner = {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot", "name": "owner", "uid": "u-1"}
    count = 20_000
    admin.load("collected", [new_snapshot("owner", namespace="web", uid="u-1")])
    admin.load("collected", [new_snapshot(f"child-{i:05}", namespace="web", ownerReferences=[owner]) for i in range(count)])
    kube = KubeClient(server, "collected")

    def left():
        return admin.get("/admin/v1/clusters/collected").json()["objects"]

    # Room for the deletion of the owner, and not for that of its dependents: history keeps what they were.
    limit_files(server, size_of_store(server) + (256 << 10))
    assert kube.remove("web", "owner").status == 200
    said = "cannot collect the garbage of a cluster: trying again"
    wait_for(lambda: said in str(server.log()), "the log to say that the collector cannot go on", 30)
    stuck = left()
    assert 0 < stuck <= count
    assert len(kube.list("web", limit=10).json()["items"]) == 10

    limit_files(server, resource.RLIM_INFINITY)
    wait_for(lambda: left() == 0, lambda: f"the rest to go, and {left()} are left", 60)
    wait_for(lambda: admin.metric("snapgate_garbage_removed_total") == count, "all of them to be counted", 30)
