"""No room on disk: a clear answer, reads that go on, and writes again once there is room. A limit on the size
of the server's files stands for the disk, so that no privilege is needed."""

import json
import resource

from harness import snapshot

LINES = {"Content-Type": "application/x-ndjson"}


def big(count, prefix):
    return [snapshot("web", f"{prefix}-{i:04}", annotations={"pad": "x" * 2000}) for i in range(count)]


def send(admin, objects):
    body = "".join(json.dumps(item) + "\n" for item in objects)
    return admin.post("/admin/v1/clusters/demo/import", body, LINES)


def test_a_full_disk_is_507_and_nothing_is_lost(server):
    admin = server.client()
    admin.create_cluster("demo")
    admin.load("demo", big(100, "before"))
    used = max(file.stat().st_size for file in (server.data_dir / "store").iterdir())
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (used, resource.RLIM_INFINITY))

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

    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    reply = send(admin, big(2000, "while"))
    assert reply.status == 200, reply
    assert reply.json()["created"] + reply.json()["unchanged"] == 2000
    assert len(admin.names("demo")) == 2100

    server.kill()
    server.start()
    assert len(server.client().names("demo")) == 2100
