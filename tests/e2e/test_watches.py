"""Watches: every event after a version once and in order, also across restarts; 410 for what is too old;
a reader that stops reading is cut off alone; a server that ends says so."""

import random
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path

import pytest

from harness import PATIENCE, REQUEST_SECONDS, Server, name_of, wait_for
from kube import FINALIZER, TABLE, KubeClient, new_snapshot, snapshots_path


def write_history(kube, steps, seed=7):
    """Random writes to two namespaces. Returns what a watcher has to see, and every version a client may
    have met on the way: (type, namespace/name, version), in order."""
    dice = random.Random(seed)
    alive, expected = {}, []
    for number in range(steps):
        action = dice.choice(["create", "create", "label", "status", "delete", "hold"])
        if action in ("create", "hold") or not alive:
            place = dice.choice(["a", "b"]), f"snap-{dice.randrange(1000):03}-{number}"
            extra = {"finalizers": [FINALIZER]} if action == "hold" else {}
            made = kube.made(place[0], new_snapshot(place[1], vm=f"vm-{number % 3}", labels={"n": str(number % 2)}, **extra))
            alive[place] = bool(extra)
            expected.append(("ADDED", "/".join(place), made["metadata"]["resourceVersion"]))
            continue
        place = dice.choice(sorted(alive))
        if action == "delete":
            if alive.pop(place):
                marked = kube.remove(*place).json()
                expected.append(("MODIFIED", "/".join(place), marked["metadata"]["resourceVersion"]))
                assert kube.patch(*place, {"metadata": {"finalizers": None}}).status == 200
            else:
                assert kube.remove(*place).status == 200
            expected.append(("DELETED", "/".join(place), kube.list().json()["metadata"]["resourceVersion"]))
            continue
        patch = {"label": {"metadata": {"labels": {"step": str(number)}}},
                 "status": {"status": {"error": {"message": str(number)}}}}[action]
        reply = kube.patch(*place, patch, status=action == "status")
        assert reply.status == 200, reply
        expected.append(("MODIFIED", "/".join(place), reply.json()["metadata"]["resourceVersion"]))
    return expected


def new_cluster(server, name):
    server.client().create_cluster(name)
    kube = KubeClient(server, name)
    for namespace in ("a", "b"):
        kube.create_namespace(namespace)
    return kube


def check_resumed(kube, begin, expected, marker):
    """Opens a watch from every version at once; each ends with the marker and has seen what it must."""
    versions = [begin, *(version for _, _, version in expected)]
    watches = [kube.watch(version) for version in versions]
    made = kube.made("b", new_snapshot(marker))
    expected.append(("ADDED", f"b/{marker}", made["metadata"]["resourceVersion"]))
    for number, watch in enumerate(watches):
        watch.until(lambda event: event["object"]["metadata"]["name"] == marker, "the marker")
        assert watch.brief() == expected[number:], f"from {versions[number]}"
        watch.hang_up()


def test_resumed_from_any_version_also_across_restarts(start_server):
    server = start_server("--access-log", "off")
    kube = new_cluster(server, "demo")
    begin = kube.list().json()["metadata"]["resourceVersion"]
    expected = write_history(kube, 60)
    assert [int(version) for _, _, version in expected] == sorted({int(version) for _, _, version in expected})
    check_resumed(kube, begin, expected, "marker-0")
    for number, end in enumerate((server.stop, server.kill), 1):
        end()
        server.start()
        kube = KubeClient(server, "demo")
        check_resumed(kube, begin, expected, f"marker-{number}")
        expected += write_history(kube, 5, seed=number)


def test_namespaces_and_selectors(start_server):
    """Each watch sees of one history what concerns it; leaving a selector is a deletion."""
    kube = new_cluster(start_server(), "demo")
    begin = kube.list().json()["metadata"]["resourceVersion"]
    write_history(kube, 40)
    moved = kube.made("a", new_snapshot("moved", labels={"team": "x"}))
    kube.patch("a", "moved", {"metadata": {"labels": {"team": "y"}}})
    kube.patch("a", "moved", {"metadata": {"labels": {"team": "x"}}})
    kube.remove("a", "moved")
    kube.made("b", new_snapshot("marker", labels={"team": "x"}))
    kube.made("a", new_snapshot("marker", labels={"team": "x"}))

    def seen(namespace=None, **query):
        watch = kube.watch(begin, namespace, **query)
        watch.until(lambda event: brief_name(event) == (namespace or "a", "marker"), "the marker")
        return watch.brief()

    def brief_name(event):
        return name_of(event["object"])

    everything = seen()
    assert seen("a") == [event for event in everything if event[1].startswith("a/")]
    kinds = [kind for kind, name, _ in seen("a", labelSelector="team=x") if name == "a/moved"]
    assert kinds == ["ADDED", "DELETED", "ADDED", "DELETED"]
    assert [event[:2] for event in seen("a", labelSelector="team in (x, y)")][:4] == [
        (kind, "a/moved") for kind in ("ADDED", "MODIFIED", "MODIFIED", "DELETED")]
    assert [event[:2] for event in seen(fieldSelector="metadata.name=marker")] == [("ADDED", "b/marker"), ("ADDED", "a/marker")]
    # One from the version of the second change on, which still left the selector.
    left = kube.watch(moved["metadata"]["resourceVersion"], "a", labelSelector="team=x")
    left.until(lambda event: event["object"]["metadata"]["name"] == "marker", "the marker")
    assert [kind for kind, name, _ in left.brief() if name == "a/moved"] == ["DELETED", "ADDED", "DELETED"]


def test_from_nothing_and_from_zero_everything_comes_first(start_server):
    kube = new_cluster(start_server(), "demo")
    names = [kube.made("a", new_snapshot(name))["metadata"]["name"] for name in ("c", "a", "b")]
    for version in ("", "0"):
        watch = kube.watch(version, "a", timeoutSeconds="1")
        assert [event[:2] for event in watch.until_end() and watch.brief()] == [("ADDED", f"a/{name}") for name in sorted(names)]
        assert watch.ended == "end"


def test_watch_list(start_server):
    """sendInitialEvents: what is there, a bookmark that says so, and then what happens."""
    kube = new_cluster(start_server(), "demo")
    kube.made("a", new_snapshot("one"))
    version = kube.made("a", new_snapshot("two"))["metadata"]["resourceVersion"]
    watch = kube.watch("", "a", sendInitialEvents="true", resourceVersionMatch="NotOlderThan", allowWatchBookmarks="true")
    mark = watch.until(lambda event: event["type"] == "BOOKMARK", "the bookmark after what is there")["object"]
    assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert mark["metadata"]["resourceVersion"] == version and mark["kind"] == "VirtualMachineSnapshot"
    assert [event["type"] for event in watch.events] == ["ADDED", "ADDED", "BOOKMARK"]
    kube.made("a", new_snapshot("three"))
    watch.until(lambda event: event["object"]["metadata"].get("name") == "three", "what happens")
    refused = kube.get(snapshots_path("a"), watch="1", sendInitialEvents="true")
    assert refused.status == 422, refused


def test_tables(start_server):
    """The columns stand in the first event alone."""
    kube = new_cluster(start_server(), "demo")
    begin = kube.list().json()["metadata"]["resourceVersion"]
    kube.made("a", new_snapshot("one", vm="db-1"))
    kube.patch("a", "one", {"status": {"phase": "InProgress"}}, status=True)
    kube.remove("a", "one")
    watch = kube.watch(begin, "a", headers={"Accept": TABLE})
    watch.until(lambda event: event["type"] == "DELETED", "the deletion")
    tables = [event["object"] for event in watch.events]
    assert [table["kind"] for table in tables] == ["Table"] * 3
    assert [bool(table.get("columnDefinitions")) for table in tables] == [True, False, False]
    assert [table["rows"][0]["cells"][:4] for table in tables] == [
        ["one", "VirtualMachine", "db-1", phase] for phase in (None, "InProgress", "InProgress")]


def test_a_version_that_is_too_old(start_server):
    server = start_server("--history", "1s")
    kube = new_cluster(server, "demo")
    begin = kube.list().json()["metadata"]["resourceVersion"]
    write_history(kube, 20)

    def first_event():
        watch = kube.watch(begin, "a", timeoutSeconds="1")
        wait_for(lambda: watch.events or watch.ended, "an event")
        return watch

    gone = wait_for(lambda: (watch := first_event()).events[0]["type"] == "ERROR" and watch, "the version to expire", 20)
    status = gone.until_end()[0]["object"]
    assert (status["kind"], status["code"], status["reason"]) == ("Status", 410, "Expired")
    assert status["message"].startswith(f"too old resource version: {begin} (")
    assert len(gone.events) == 1 and gone.ended == "end"
    # What the client does then works: a list, and a watch from it.
    page = kube.list("a").json()
    watch = kube.watch(page["metadata"]["resourceVersion"], "a")
    kube.made("a", new_snapshot("after"))
    watch.until(lambda event: event["object"]["metadata"]["name"] == "after", "what comes after")
    assert len(watch.events) == 1


def test_a_version_of_the_future(start_server):
    kube = new_cluster(start_server(), "demo")
    reply = kube.get(snapshots_path("a"), watch="1", resourceVersion="999999999")
    assert reply.status in (200, 504), reply
    status = reply.json() if reply.status == 504 else reply.json()["object"]
    assert status["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def test_a_graceful_stop_ends_watches(start_server):
    server = start_server("--access-log", "off")
    kube = new_cluster(server, "demo")
    version = kube.list().json()["metadata"]["resourceVersion"]
    watches = [kube.watch(version, namespace) for namespace in (None, "a", "b") for _ in range(5)]
    made = [kube.made("a", new_snapshot(f"snap-{number}"))["metadata"]["name"] for number in range(20)]
    server.stop()
    for watch in watches:
        watch.until_end()
        assert watch.ended == "end"
    # What was acknowledged before the end was delivered before the end, or is by the next watch.
    server.start()
    kube = KubeClient(server, "demo")
    places = [None] * 5 + ["a"] * 5 + ["b"] * 5
    last = [watch.events[-1]["object"]["metadata"]["resourceVersion"] if watch.events else version for watch in watches]
    rest = [kube.watch(*place, timeoutSeconds="1") for place in zip(last, places)]
    for place, before, after in zip(places, watches, rest):
        after.until_end()
        seen = [name.split("/")[1] for _, name, _ in before.brief() + after.brief()]
        assert seen == ([] if place == "b" else made)


def test_watchers_of_a_cluster_or_namespace_that_goes(start_server):
    server = start_server()
    kube = new_cluster(server, "demo")
    kube.made("a", new_snapshot("one"))
    version = kube.list().json()["metadata"]["resourceVersion"]
    watch = kube.watch(version)
    namespaces = kube.watch(version, path="/api/v1/namespaces")
    assert kube.request("DELETE", "/api/v1/namespaces/a").status == 200
    watch.until(lambda event: event["type"] == "DELETED" and event["object"]["metadata"]["name"] == "one", "its snapshot to go")
    namespaces.until(lambda event: event["type"] == "DELETED" and event["object"]["metadata"]["name"] == "a", "the namespace to go")
    assert server.client().delete("/admin/v1/clusters/demo", force="true").status in (200, 204)
    watch.until_end()
    namespaces.until_end()


def test_64_watchers_with_writers_and_compaction_at_once(start_server):
    """All see the same, which is every write of every writer, while the history behind them goes."""
    server = start_server("--access-log", "off", "--history", f"{PATIENCE}s")
    kube = new_cluster(server, "demo")
    begin = kube.list().json()["metadata"]["resourceVersion"]
    watches = [kube.watch(begin, headers={"Accept": TABLE} if number % 4 == 3 else None) for number in range(64)]
    written = [[] for _ in range(4)]

    def write(number):
        client = KubeClient(server, "demo", keep=True)
        for step in range(40):
            name = f"w{number}-{step}"
            written[number].append(("ADDED", name))
            client.made("ab"[number % 2], new_snapshot(name))
            if step % 3:
                written[number].append(("MODIFIED", name))
                assert client.patch("ab"[number % 2], name, {"status": {"phase": "InProgress"}}, status=True).status == 200
            if step % 3 == 2:
                written[number].append(("DELETED", name))
                assert client.remove("ab"[number % 2], name).status == 200
        client.connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    marker = kube.made("a", new_snapshot("marker"))["metadata"]["resourceVersion"]

    def seen(watch):
        """(type, name, version) of each event, whatever its form."""
        objects = [(event["type"], event["object"]["rows"][0]["object"] if "rows" in event["object"] else event["object"])
                   for event in list(watch.events)]
        return [(kind, item["metadata"]["name"], item["metadata"]["resourceVersion"]) for kind, item in objects]

    first = wait_for(lambda: (found := seen(watches[0])) and found[-1][2] == marker and found, "the last write", 60)
    assert [int(version) for _, _, version in first] == sorted({int(version) for _, _, version in first})
    for number, steps in enumerate(written):
        assert [event[:2] for event in first if event[1].startswith(f"w{number}-")] == steps
    for watch in watches:
        wait_for(lambda: len(watch.events) >= len(first), "the last write", 60)
        assert seen(watch) == first
        watch.hang_up()


# What takes a minute begins before all other tests and is looked at after them (see conftest.py).

class Long:
    """A reader that stops reading, beside watchers that read, and one watch that waits for bookmarks."""

    COUNT = 150  # of 100 KB each: more than the buffers of two sockets hold

    def __init__(self, server):
        self.server = server
        self.kube = new_cluster(server, "demo")
        self.begin = self.kube.list().json()["metadata"]["resourceVersion"]
        self.bookmarks = self.kube.watch(self.begin, "b", allowWatchBookmarks="true")
        self.stuck = socket.socket()
        self.stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.stuck.connect(("127.0.0.1", server.port))
        self.stuck.sendall((f"GET /clusters/demo{snapshots_path('a')}?watch=1&resourceVersion={self.begin} HTTP/1.1\r\n"
                            f"Host: x\r\nAuthorization: Bearer {server.admin_key}\r\n\r\n").encode())
        self.answer = self.stuck.recv(64)
        self.readers = [self.kube.watch(self.begin, "a") for _ in range(3)]
        for number in range(self.COUNT):
            self.kube.made("a", new_snapshot(f"large-{number}", annotations={"text": "x" * 100_000}))

    def connections(self):
        """How many the server has open, this request's own not counted."""
        return self.server.client().metric("snapgate_connections") - 1


@pytest.fixture(scope="session")
def begin_long_watches():
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    server = Server(folder / "data", "--access-log", "off").start()
    yield Long(server)
    if server.running():
        server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def long_watches(begin_long_watches):
    return begin_long_watches


def test_beside_a_reader_that_stops_others_see_everything(begin_long_watches):
    long = begin_long_watches
    assert long.answer.startswith(b"HTTP/1.1 200")
    for reader in long.readers:
        reader.until(lambda event: event["object"]["metadata"]["name"] == f"large-{long.COUNT - 1}", "the last event", 60)
        assert [name for _, name, _ in reader.brief()] == [f"a/large-{number}" for number in range(long.COUNT)]


def test_a_reader_that_stops_is_cut_off_and_nobody_notices(long_watches):
    long = long_watches
    wait_for(lambda: long.connections() == len(long.readers) + 1, "the reader that stopped to be cut off", 60)
    long.stuck.settimeout(REQUEST_SECONDS)
    received = 0
    try:
        while piece := long.stuck.recv(1 << 20):
            received += len(piece)
    except ConnectionResetError:
        pass
    long.stuck.close()
    assert received < long.COUNT * 100_000
    long.kube.made("a", new_snapshot("after"))
    for reader in long.readers:
        reader.until(lambda event: event["object"]["metadata"]["name"] == "after", "an event after the cut")
        assert len(reader.brief()) == long.COUNT + 1


def test_a_bookmark_about_once_a_minute(long_watches):
    """It carries a version and nothing else, though nothing that is watched changed."""
    mark = long_watches.bookmarks.until(lambda event: event["type"] == "BOOKMARK", "a bookmark", 90)["object"]
    assert (mark["apiVersion"], mark["kind"]) == ("snapshot.kubevirt.io/v1beta1", "VirtualMachineSnapshot")
    assert int(mark["metadata"]["resourceVersion"]) >= int(long_watches.begin)
    assert long_watches.bookmarks.brief() == []


@pytest.mark.parametrize(("path", "seen"), [
    ("/virtualmachinesnapshots", ["a/one", "a/two", "b/one"]),
    ("/namespaces/a/virtualmachinesnapshots", ["a/one", "a/two"]),
    ("/namespaces/a/virtualmachinesnapshots/one", ["a/one"]),
])
def test_a_watch_by_its_old_path(server, path, seen):
    """From before ?watch. Ruby's client knows no others."""
    kube = new_cluster(server, f"old-{path.count('/')}")
    version = kube.list().json()["metadata"]["resourceVersion"]
    watch = kube.watch(version, path=f"/apis/snapshot.kubevirt.io/v1beta1/watch{path}")
    for namespace, name in (("a", "one"), ("a", "two"), ("b", "one")):
        kube.made(namespace, new_snapshot(name))
    wait_for(lambda: len(watch.brief()) >= len(seen), "the events")
    assert kube.remove("a", "one").status == 200
    wait_for(lambda: watch.brief()[-1][0] == "DELETED", "the deletion")
    assert [event[:2] for event in watch.brief()] == [*(("ADDED", one) for one in seen), ("DELETED", "a/one")]


def test_an_old_path_is_a_watch_of_what_it_names_alone(server):
    kube = new_cluster(server, "old-refusals")
    path = "/apis/snapshot.kubevirt.io/v1beta1/watch/namespaces/a/virtualmachinesnapshots/one"
    reply = kube.get(path, fieldSelector="metadata.name=two")
    assert (reply.status, reply.json()["message"]) == (400, "fieldSelector metadata.name doesn't match requested name")
    assert kube.request("POST", path, {}).status == 405
    assert kube.get("/apis/snapshot.kubevirt.io/v1beta1/watch").status == 404
    namespaces = kube.watch("0", path="/api/v1/watch/namespaces")
    wait_for(lambda: len(namespaces.brief()) == 3, "the namespaces")


def test_a_watch_ends_as_soon_as_its_key_is_deleted(server):
    admin = server.client()
    new_cluster(server, "keys")
    keys = [admin.create_key(f"watcher-{number}") for number in range(2)]
    watches = [KubeClient(server, "keys", key["key"]).watch("0") for key in keys]
    assert [watch.status for watch in watches] == [200, 200]
    began = time.monotonic()
    assert admin.delete(f"/admin/v1/keys/{keys[0]['id']}").status in (200, 204)
    events = watches[0].until_end()
    assert events[-1]["type"] == "ERROR" and events[-1]["object"]["code"] == 401, events
    # Its next bookmark, before which its key is looked at, would have come after a minute.
    assert time.monotonic() - began < 45
    KubeClient(server, "keys").made("a", new_snapshot("late"))
    watches[1].until(lambda event: event["object"]["metadata"]["name"] == "late", "what was made later")
