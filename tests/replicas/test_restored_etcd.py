"""etcd that was restored from an older backup: what is gone is not served, and no version is given out twice."""

import shutil
import signal

from harness import snapshots, wait_for
from kube import Watch, new_snapshot, snapshots_path


def stop(member):
    member.signal(signal.SIGTERM)
    member.process.wait(30)


def back_up(replicas, to):
    """A copy of the only member's data, made while it stands still."""
    member = replicas.etcd.members[0]
    stop(member)
    shutil.copytree(member.folder, to)
    replicas.etcd.start_member(member)
    wait_for(member.healthy, "etcd", 30)
    for server in replicas.servers:
        wait_for(lambda server=server: is_current(replicas, server), "a read of now", 30)


def restore(replicas, backup):
    member = replicas.etcd.members[0]
    member.kill()
    shutil.rmtree(member.folder)
    shutil.copytree(backup, member.folder)
    replicas.etcd.start_member(member)
    wait_for(member.healthy, "etcd", 30)


def is_current(replicas, server):
    reply = replicas.client(server).list("c")
    return reply.status == 200 and reply.header("Warning") is None


def names(reply):
    return {item["metadata"]["name"] for item in reply.json()["items"]}


def watched(replicas, server, version):
    """The code with which a watch from that version ends, or None."""
    watch = Watch(replicas.kube("c", server), snapshots_path(), {"watch": "1", "resourceVersion": version, "timeoutSeconds": "5"})
    if watch.status != 200:
        return watch.status
    wait_for(lambda: watch.ended is not None or watch.events, "the end of a watch", 20)
    return watch.events[0]["object"].get("code") if watch.events else None


def test_what_is_gone_is_not_served_and_its_versions_are_too_old(start_replicas, tmp_path):
    replicas = start_replicas(2)
    replicas.client().create_cluster("c")
    replicas.client().load("c", snapshots(20))
    kept = names(replicas.kube("c").get(snapshots_path()))
    back_up(replicas, tmp_path / "backup")

    deleted = sorted(kept)[0]
    assert replicas.kube("c").delete(snapshots_path("default", deleted)).status == 200
    for i in range(10):
        assert replicas.kube("c").create("default", new_snapshot(f"gone-{i}")).status == 201
    key = replicas.client().create_key("gone-too", "editor")
    before = [replicas.kube("c", server).get(snapshots_path(), limit=5).json()["metadata"] for server in replicas.servers]
    newest = int(before[0]["resourceVersion"])
    restore(replicas, tmp_path / "backup")

    for server in replicas.servers:
        def now(server=server):
            reply = replicas.kube("c", server).get(snapshots_path())
            if reply.status != 200 or reply.header("Warning"):
                return None
            assert names(reply) == kept, "a write that etcd does not hold any more is served"
            return reply

        reply = wait_for(now, "the state of the backup", 30)
        assert int(reply.json()["metadata"]["resourceVersion"]) > newest
        assert all(int(item["metadata"]["resourceVersion"]) > newest for item in reply.json()["items"])
        assert replicas.client(server, key=key["key"]).list("c").status == 401
        for old in before:
            exact = {"resourceVersion": old["resourceVersion"], "resourceVersionMatch": "Exact"}
            assert replicas.kube("c", server).get(snapshots_path(), **exact).status == 410
            assert replicas.kube("c", server).get(snapshots_path(), limit=5, **{"continue": old["continue"]}).status == 410
            assert watched(replicas, server, old["resourceVersion"]) == 410
        made = replicas.kube("c", server).create("default", new_snapshot(f"new-{server.port}"))
        assert made.status == 201, made
        kept.add(made.json()["metadata"]["name"])
        assert int(made.json()["metadata"]["resourceVersion"]) > newest
    states = [replicas.client(server).list("c") for server in replicas.servers]
    assert states[0].body == states[1].body and states[0].header("ETag") == states[1].header("ETag")
    # A new replica agrees with those that were there.
    joined = replicas.add()
    assert replicas.client(joined).list("c").header("ETag") == replicas.client(replicas.servers[0]).list("c").header("ETag")
    assert replicas.client(joined).items("c") == replicas.client(replicas.servers[0]).items("c")


def test_a_replica_that_was_away_meanwhile_notices(start_replicas, tmp_path):
    """etcd is past the revision that the replica has, in another history."""
    replicas = start_replicas(2)
    replicas.client().create_cluster("c")
    replicas.client().load("c", snapshots(20))
    back_up(replicas, tmp_path / "backup")
    stays, away = replicas.servers
    for i in range(5):
        assert replicas.kube("c", away).create("default", new_snapshot(f"gone-{i}")).status == 201
    version = int(replicas.kube("c", away).get(snapshots_path()).json()["metadata"]["resourceVersion"])
    away.stop()
    restore(replicas, tmp_path / "backup")
    wait_for(lambda: is_current(replicas, stays), "a read of now", 30)
    for i in range(60):
        assert replicas.kube("c", stays).create("default", new_snapshot(f"new-{i}")).status == 201
    away.start()
    here, there = (replicas.client(server).items("c") for server in (stays, away))
    assert here == there
    assert len(there) == 80
    assert all(int(item["metadata"]["resourceVersion"]) > version for item in there)
    assert watched(replicas, away, str(version)) == 410
