"""Connected clusters whose connection leads back: to the server itself, and around a ring of servers."""

import json
import os
import threading
import time

import pytest

from connected import connect, wait_for_state
from harness import name_of, vm_path
from kube import KubeClient, new_snapshot, snapshots_path

VIA = "Snapgate-Via"


class MostFiles:
    """The most file descriptors that some servers had at a time, seen while a block runs."""

    def __init__(self, *servers):
        self.pids = [server.process.pid for server in servers]
        self.most = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        while True:
            self.most = max(self.most, max(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids))
            if self.done.wait(0.005):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


@pytest.fixture
def servers(data_dir, start_server):
    return [start_server(directory=data_dir.with_name(f"{data_dir.name}-{i}")) for i in range(3)]


# What is sent on to a connected cluster: method, path, body, Content-Type.
PASSED_ON = [
    ("GET", "/api/v1/namespaces", None, None),
    ("GET", "/api/v1/namespaces/default", None, None),
    ("HEAD", "/api/v1/namespaces", None, None),
    ("POST", snapshots_path("default"), new_snapshot("s"), "application/json"),
    ("PUT", snapshots_path("default", "s"), new_snapshot("s"), "application/json"),
    ("PUT", snapshots_path("default", "s", status=True), new_snapshot("s"), "application/json"),
    ("PATCH", snapshots_path("default", "s"), {"metadata": {"labels": {"a": "b"}}}, "application/merge-patch+json"),
    ("PATCH", snapshots_path("default", "s", status=True), {"status": {}}, "application/merge-patch+json"),
    ("DELETE", snapshots_path("default", "s"), None, None),
    ("DELETE", snapshots_path("default"), None, None),
]


def refuse_loops(server, uid, ring):
    """Every request that is passed on ends where it comes back, soon, and with few descriptors."""
    client = KubeClient(server, uid)
    before = max(len(os.listdir(f"/proc/{one.process.pid}/fd")) for one in ring)
    with MostFiles(*ring) as files:
        for method, path, body, media in PASSED_ON:
            begun = time.monotonic()
            reply = client.request(method, path, None if body is None else json.dumps(body), {"Content-Type": media} if media else None)
            assert reply.status == 508, (method, path, reply)
            assert time.monotonic() - begun < 5, (method, path)
            if method == "HEAD":
                continue
            status = reply.json()
            assert (status["kind"], status["code"], status["reason"]) == ("Status", 508, "LoopDetected"), status
            assert "came back to this server" in status["message"], status
        # The Palette side: a create is sent at once, what changes an object asks for it first.
        made = server.client().post(vm_path(uid), {"metadata": {"name": "s"}})
        assert made.status == 508 and made.json()["code"] == "LoopDetected", made
        for method in ("PUT", "DELETE"):
            target = vm_path(uid, name="s")
            reply = server.client().request(method, target, {"metadata": {}} if method == "PUT" else None, namespace="default")
            assert reply.status in (503, 508), (method, reply)
    assert files.most < before + 40, (before, files.most)


def test_a_cluster_that_is_the_server_itself(servers):
    server = servers[0]
    made = connect(server, "me", server, "me")
    assert made["type"] == "connected"
    state = wait_for_state(server, "me", "Failing", "LoopDetected")
    assert "leads back to this server" in state["message"], state
    refuse_loops(server, "me", [server])
    # What reads the mirror says what is the matter.
    for reply in (KubeClient(server, "me").list(), server.client().list("me")):
        assert reply.status == 503 and "LoopDetected" in reply.text(), reply
    checked = server.client().post("/admin/v1/clusters/me/check")
    assert checked.status == 200, checked
    found = {point["name"]: point for point in checked.json()["points"]}
    assert "came back to this server" in found["Identity"]["message"], found
    # It is tried again with the usual pauses, and that floods nobody.
    asked = [entry for entry in server.log("request") if entry["status"] == 508]
    assert len(asked) < 60, len(asked)


def test_another_cluster_of_the_server_itself_is_a_loop_too(servers):
    server = servers[0]
    server.client().create_cluster("hosted")
    connect(server, "me", server, "hosted")
    wait_for_state(server, "me", "Failing", "LoopDetected")
    assert KubeClient(server, "me").get("/api/v1/namespaces").status == 508
    assert KubeClient(server, "me").create("default", new_snapshot("s")).status == 508
    assert KubeClient(server, "hosted").list().json()["items"] == []


@pytest.mark.parametrize("size", (2, 3))
def test_a_ring_of_servers(servers, size):
    ring = servers[:size]
    for i, server in enumerate(ring):
        connect(server, "ring", ring[(i + 1) % size], "ring")
    for server in ring:
        refuse_loops(server, "ring", ring)
    # Each mirror waits for the next one: none of them has anything.
    for server in ring:
        assert KubeClient(server, "ring").list().status == 503
        assert server.client().cluster("ring")["state"] != "Ready"


def test_a_chain_of_three_is_no_loop(servers):
    first, second, third = servers
    third.client().create_cluster("end")
    connect(second, "middle", third, "end")
    wait_for_state(second, "middle", "Ready")
    connect(first, "begin", second, "middle")
    wait_for_state(first, "begin", "Ready")
    ours, theirs = KubeClient(first, "begin"), KubeClient(third, "end")
    version = ours.list().json()["metadata"]["resourceVersion"]
    watch = ours.watch(version)
    made = ours.create("default", new_snapshot("one"))
    assert made.status == 201, made
    assert made.json() == theirs.read("default", "one").json() == ours.read("default", "one").json()
    watch.until(lambda event: event["type"] == "ADDED", "the creation")
    patched = ours.patch("default", "one", {"metadata": {"labels": {"x": "y"}}})
    assert patched.status == 200 and theirs.read("default", "one").json() == patched.json()
    watch.until(lambda event: event["type"] == "MODIFIED", "the label")
    assert ours.get("/api/v1/namespaces").json()["items"][0]["metadata"]["name"] == "default"
    palette = first.client().post(vm_path("begin"),
                                  {"metadata": {"name": "two"}}, namespace="default")
    assert palette.status == 200, palette
    assert [name for _, name in first.client().names("begin")] == ["one", "two"]
    assert ours.remove("default", "one").status == 200
    watch.until(lambda event: event["type"] == "DELETED", "the deletion")
    assert [name_of(item) for item in theirs.list().json()["items"]] == [("default", "two")]


def test_two_servers_that_follow_each_others_clusters(servers):
    first, second, _ = servers
    for server in (first, second):
        server.client().create_cluster("own")
    for server, other in ((first, second), (second, first)):
        connect(server, "other", other, "own")
    for server, other in ((first, second), (second, first)):
        wait_for_state(server, "other", "Ready")
        assert KubeClient(server, "other").create("default", new_snapshot("s")).status == 201
        assert KubeClient(other, "own").read("default", "s").status == 200


NO_LISTS = ("", ",", "a,", "a b", "a;b", "a/b", '"a"', "x" * 65, ",".join(["x" * 65] * 40))


@pytest.mark.parametrize("value", NO_LISTS)
def test_a_header_that_is_no_list_of_servers_is_refused(server, admin, uid, value):
    palette = admin.list(uid, headers={VIA: value})
    assert palette.status == 400 and palette.json()["code"] == "InvalidParameter", palette
    assert palette.json()["details"]["parameter"] == VIA and VIA in palette.json()["message"]
    kube = KubeClient(server, uid).get(snapshots_path(), headers={VIA: value})
    assert kube.status == 400 and kube.json()["reason"] == "BadRequest" and VIA in kube.json()["message"], kube
    assert KubeClient(server, uid).create("default", new_snapshot("s"), headers={VIA: value}).status == 400
    assert KubeClient(server, uid).list().json()["items"] == []


def test_other_servers_in_the_header_change_nothing_and_too_many_end_the_way(server, admin, uid):
    client = KubeClient(server, uid)
    assert admin.list(uid, headers={VIA: "0123456789abcdef0123456789abcdef"}).status == 200
    assert client.get(snapshots_path(), headers={VIA: ", ".join(f"server-{i}" for i in range(15))}).status == 200
    many = client.get(snapshots_path(), headers={VIA: ", ".join(f"server-{i}" for i in range(500))})
    assert many.status == 508 and "16 servers" in many.json()["message"], many
