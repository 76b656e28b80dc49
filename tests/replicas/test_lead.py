"""What is done once for all replicas is done by the one that leads, and by another soon after it died."""

import time

from harness import snapshots, wait_for
from kube import new_snapshot, snapshots_path

TAKEOVER_SECONDS = 10


def listed(replicas, server=None):
    return replicas.client(server).get("/admin/v1/replicas").json()["items"]


def leader(replicas):
    """The server that leads, by what another says."""
    def find():
        leading = [item["address"] for item in listed(replicas) if item["leads"]]
        return next((server for server in replicas.servers if leading == [f"127.0.0.1:{server.port}"]), None)

    return wait_for(find, "a replica that leads", 20)


def owned(name, owner, uid):
    body = new_snapshot(name)
    body["metadata"]["ownerReferences"] = [{"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot",
                                            "name": owner, "uid": uid}]
    return body


def test_replicas_know_of_each_other(start_replicas):
    replicas = start_replicas(3)
    replicas.client().create_cluster("c")
    replicas.client().load("c", snapshots(10))
    addresses = {f"127.0.0.1:{server.port}" for server in replicas.servers}
    for server in replicas.servers:
        wait_for(lambda server=server: {item["address"] for item in listed(replicas, server)} == addresses,
                 lambda server=server: listed(replicas, server), 20)
        items = listed(replicas, server)
        assert [item["address"] for item in items if item["self"]] == [f"127.0.0.1:{server.port}"]
        assert all(item["version"] and item["since"].endswith("Z") and item["revision"] > 0 for item in items)
        assert next(item for item in items if item["self"])["behind"] == 0
    assert sum(item["leads"] for item in listed(replicas)) == 1
    # One that is stopped gives its place back at once; one that is killed loses it.
    gone = replicas.servers[2]
    gone.stop()
    assert len(listed(replicas)) == 2
    replicas.servers[1].kill()
    wait_for(lambda: len(listed(replicas)) == 1, lambda: listed(replicas), 20)


def test_another_replica_takes_the_lead_and_the_work_when_the_leader_dies(start_replicas):
    replicas = start_replicas(3)
    replicas.client().create_cluster("c")
    lost = leader(replicas)
    other = next(server for server in replicas.servers if server is not lost)
    kube = replicas.kube("c", other)
    owner = kube.create("default", new_snapshot("owner")).json()["metadata"]
    for i in range(5):
        assert kube.create("default", owned(f"dependent-{i}", "owner", owner["uid"])).status == 201
    lost.kill()
    assert kube.delete(snapshots_path("default", "owner")).status == 200
    begun = time.monotonic()
    wait_for(lambda: replicas.client(other).items("c") == [], lambda: replicas.client(other).items("c"),
             TAKEOVER_SECONDS)
    assert time.monotonic() - begun < TAKEOVER_SECONDS
    assert leader(replicas) is not lost


def test_a_namespace_that_began_to_go_on_a_replica_that_died_goes_all_the_same(start_replicas):
    replicas = start_replicas(2)
    replicas.client().create_cluster("c")
    stays = leader(replicas)
    dies = next(server for server in replicas.servers if server is not stays)
    replicas.client(stays).load("c", snapshots(400, namespaces=("goes",)))
    reply = replicas.kube("c", dies).delete("/api/v1/namespaces/goes")
    assert reply.status in (200, 202), reply
    dies.kill()
    wait_for(lambda: replicas.client(stays).items("c") == [], "the namespace to be empty", 20)
    wait_for(lambda: replicas.kube("c", stays).get("/api/v1/namespaces/goes").status == 404, "the namespace to be gone", 20)
