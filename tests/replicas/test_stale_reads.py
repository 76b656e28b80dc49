"""Reads while etcd has no quorum: from the copy, with its age, and not for ever."""

import contextlib
import json
import socket
import time

import pytest

from harness import PATIENCE, snapshots, wait_for
from kube import Watch, new_snapshot, snapshots_path

STALE = '110 - "Response is Stale"'


@contextlib.contextmanager
def without_quorum(replicas):
    """Two of three members are killed; afterwards they are there again."""
    for member in replicas.etcd.members[:2]:
        member.kill()
    try:
        yield
    finally:
        for member in replicas.etcd.members[:2]:
            replicas.etcd.start_member(member)
        for member in replicas.etcd.members[:2]:
            wait_for(member.healthy, "a member that was started again", 30)


def filled(start_replicas, *arguments):
    replicas = start_replicas(2, members=3, arguments=arguments)
    replicas.client().create_cluster("c")
    replicas.client().load("c", snapshots(20))
    for server in replicas.servers:
        assert len(replicas.client(server).items("c")) == 20
    return replicas


def test_without_a_quorum_reads_go_on_and_say_how_old_they_are(start_replicas):
    replicas = filled(start_replicas)
    before = [replicas.client(server).list("c") for server in replicas.servers]
    assert all(reply.header("Age") is None for reply in before)
    with without_quorum(replicas):
        for server, known in zip(replicas.servers, before, strict=True):
            # One wait, at most, for an answer that does not come.
            wait_for(lambda server=server: replicas.client(server).list("c").header("Warning"), "a read from the copy", 10)
            begun = time.monotonic()
            replies = [replicas.client(server).list("c") for _ in range(10)]
            assert time.monotonic() - begun < 2 * PATIENCE, "every read waits for etcd"
            for reply in replies:
                assert reply.status == 200
                assert reply.body == known.body and reply.header("ETag") == known.header("ETag")
                assert reply.header("Warning") == STALE
                assert int(reply.header("Age")) >= 1
            kube = replicas.kube("c", server).get(snapshots_path())
            assert kube.status == 200 and len(kube.json()["items"]) == 20
            assert "etcd is out of reach" in kube.header("Warning")
            assert kube.header("Warning").startswith("299 ")
            # What is not there may be there by now.
            missing = replicas.kube("c", server).get(snapshots_path("default", "missing"))
            assert missing.status == 404 and missing.header("Warning").startswith("299 ")
            assert int(missing.header("Age")) >= 1
            assert server.anonymous().get("/readyz").status == 200
            assert server.anonymous().get("/readyz", writes="1").status == 503
    for server in replicas.servers:
        wait_for(lambda server=server: replicas.client(server).list("c").header("Age") is None, "a read of now", 30)
        assert replicas.kube("c", server).create("default", new_snapshot(f"after-{server.port}")).status == 201


def test_writes_without_a_quorum_are_refused_at_once(start_replicas):
    replicas = filled(start_replicas)
    server = replicas.servers[0]
    with without_quorum(replicas):
        wait_for(lambda: replicas.client(server).list("c").header("Warning"), "a read from the copy", 10)
        begun = time.monotonic()
        writes = [replicas.kube("c", server).create("default", new_snapshot("no")),
                  replicas.kube("c", server).delete(snapshots_path("default", "s-0")),
                  replicas.client(server).post("/admin/v1/keys", {"name": "no"}),
                  replicas.client(server).delete("/admin/v1/clusters/c", force="true")]
        assert time.monotonic() - begun < 2 * PATIENCE, "writes wait for etcd"
        for reply in writes:
            assert reply.status == 503, reply
            assert reply.header("Retry-After") == "1"
            assert "etcd" in reply.json()["message"]
    wait_for(lambda: replicas.client(server).list("c").header("Age") is None, "a read of now", 30)
    assert len(replicas.client(server).items("c")) == 20


def test_reads_from_the_copy_end_after_their_time(start_replicas):
    replicas = filled(start_replicas, "--etcd-stale-reads", "4s")
    server = replicas.servers[0]
    with without_quorum(replicas):
        wait_for(lambda: replicas.client(server).list("c").header("Warning"), "a read from the copy", 10)
        wait_for(lambda: replicas.client(server).list("c").status == 503, "the end of stale reads", 20)
        reply = replicas.client(server).list("c")
        assert "--etcd-stale-reads" in reply.json()["message"]
        assert reply.header("Retry-After") == "1"
        assert server.anonymous().get("/readyz").status == 503
        assert server.anonymous().get("/livez").status == 200
    wait_for(lambda: server.anonymous().get("/readyz").status == 200, "a replica that is ready", 30)


def test_stale_reads_can_be_turned_off(start_replicas):
    replicas = filled(start_replicas, "--etcd-stale-reads", "off")
    server = replicas.servers[0]
    with without_quorum(replicas):
        for _ in range(5):
            reply = replicas.client(server).list("c")
            assert reply.status == 503, reply
            assert reply.header("Age") is None
        wait_for(lambda: server.anonymous().get("/readyz").status == 503, "a replica that is not ready", 20)


def test_a_watch_beyond_the_copy_is_sent_to_another_replica(start_replicas):
    """At a 410 an informer would list again, and go back in time."""
    replicas = filled(start_replicas)
    server = replicas.servers[0]
    version = replicas.kube("c", server).get(snapshots_path()).json()["metadata"]["resourceVersion"]
    with without_quorum(replicas):
        wait_for(lambda: replicas.client(server).list("c").header("Warning"), "a read from the copy", 10)
        ahead = Watch(replicas.kube("c", server), snapshots_path(),
                      {"watch": "1", "resourceVersion": str(int(version) + 5000)})
        wait_for(lambda: ahead.ended is not None or ahead.events, "the end of the watch", 20)
        assert ahead.status == 503 or ahead.events[0]["object"]["code"] == 503, ahead.events
        here = Watch(replicas.kube("c", server), snapshots_path(), {"watch": "1", "resourceVersion": version})
        assert here.status == 200
        with contextlib.suppress(OSError):
            here.socket.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("path", ["/admin/v1/keys", "/admin/v1/clusters", "/v1/dashboard/projects/metadata"])
def test_the_registry_is_read_from_the_copy_too(start_replicas, path):
    replicas = filled(start_replicas)
    server = replicas.servers[1]
    known = json.loads(replicas.client(server).get(path).body)
    with without_quorum(replicas):
        wait_for(lambda: replicas.client(server).get(path).header("Warning") == STALE, "a read from the copy", 10)
        reply = replicas.client(server).get(path)
        assert reply.status == 200
        assert len(reply.json()["items"] if "items" in known else reply.json()) == len(known.get("items", known))
