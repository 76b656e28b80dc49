"""Clients on all replicas write, read and watch a few objects while processes are killed. Then the history of each object
is checked for linearizability, and each watch for every event exactly once and in order.

SNAPGATE_HISTORIES is how many histories are made, SNAPGATE_HISTORY_SECONDS how long one takes; SNAPGATE_SEED repeats one.
"""

import contextlib
import http.client
import json
import os
import random
import threading
import time

import pytest

from harness import PATIENCE, wait_for
from kube import Watch, new_snapshot, snapshots_path
from linearizable import ABSENT, Operation, check

COUNT = int(os.environ.get("SNAPGATE_HISTORIES", "3"))
SECONDS = float(os.environ.get("SNAPGATE_HISTORY_SECONDS", "12"))
SEEDS = [int(os.environ["SNAPGATE_SEED"])] if "SNAPGATE_SEED" in os.environ else list(range(1, COUNT + 1))
OBJECTS = [f"object-{i}" for i in range(6)]
WORKERS = 6
LOST = (OSError, http.client.HTTPException)


class Recorder:
    """What was asked and answered, by object. `versions` tells which resource version each write got."""

    def __init__(self):
        self.lock = threading.Lock()
        self.histories = {name: [] for name in OBJECTS}
        self.versions = {}

    def add(self, name, operation, version=None):
        with self.lock:
            self.histories[name].append(operation)
            if version is not None:
                known = self.versions.setdefault(operation.write or operation.seen, version)
                assert known == version, f"{operation} has version {version}, and had {known}"


def mark(item):
    return item["metadata"]["labels"]["write"]


class Worker(threading.Thread):
    """One client: each of its calls goes to another replica."""

    def __init__(self, replicas, recorder, number, seed, until):
        super().__init__()
        self.replicas, self.recorder, self.number, self.until = replicas, recorder, number, until
        self.numbers = random.Random(f"{seed}-{number}")
        self.failure = None
        self.turn = 0

    def run(self):
        try:
            while time.monotonic() < self.until:
                self.step(self.numbers.choice(OBJECTS))
        except BaseException as failure:
            self.failure = failure
            raise

    def call(self, method, name, body=None, create=False):
        """The answer and when it began and ended; None for one that was lost."""
        server = self.numbers.choice([one for one in self.replicas.servers if one.port])
        kube = self.replicas.kube("c", server)
        begin = time.monotonic()
        try:
            path = snapshots_path("default") if create else snapshots_path("default", name)
            reply = kube.request(method, path, body)
        except LOST:
            reply = None
        return reply, begin, time.monotonic()

    def read(self, name):
        reply, begin, end = self.call("GET", name)
        # One that says that it is old promises nothing.
        if reply is None or reply.status == 503 or reply.header("Warning"):
            return None
        assert reply.status in (200, 404), reply
        if reply.status == 404:
            self.recorder.add(name, Operation("read", begin, end))
            return None
        item = reply.json()
        self.recorder.add(name, Operation("read", begin, end, seen=mark(item)), item["metadata"]["resourceVersion"])
        return item

    def step(self, name):
        kind = self.numbers.choice(["create", "update", "delete", "read", "read"])
        self.turn += 1
        write = f"w{self.number}-{self.turn}"
        if kind == "read":
            self.read(name)
        elif kind == "create":
            reply, begin, end = self.call("POST", name, new_snapshot(name, labels={"write": write}), create=True)
            self.note(name, Operation("create", begin, end, outcome_of(reply, 201, (409,)), write=write), reply)
        elif kind == "update":
            item = self.read(name)
            if item is None:
                return
            seen = mark(item)
            item["metadata"]["labels"]["write"] = write
            reply, begin, end = self.call("PUT", name, item)
            self.note(name, Operation("update", begin, end, outcome_of(reply, 200, (404, 409)), write=write, seen=seen), reply)
        else:
            reply, begin, end = self.call("DELETE", name)
            self.note(name, Operation("delete", begin, end, outcome_of(reply, 200, (404,))), None)

    def note(self, name, operation, reply):
        if operation.outcome == "not begun":
            return
        version = reply.json()["metadata"]["resourceVersion"] if reply is not None and operation.outcome == "done" else None
        self.recorder.add(name, operation, version)


def outcome_of(reply, done, refused):
    if reply is not None and reply.status == 503 and "nothing was written" in reply.json()["message"]:
        return "not begun"
    if reply is None or reply.status == 503:
        return "unknown"
    assert reply.status == done or reply.status in refused, reply
    return "done" if reply.status == done else "refused"


class Watcher(threading.Thread):
    """Follows the objects from one version on, at another replica whenever its watch ends."""

    def __init__(self, replicas, version, first):
        super().__init__(daemon=True)
        self.replicas, self.version, self.at = replicas, version, first
        self.events = []
        self.stopping = False
        self.failure = None

    def run(self):
        try:
            while not self.stopping:
                self.follow()
        except BaseException as failure:
            self.failure = failure
            raise

    def follow(self):
        self.at += 1
        server = self.replicas.servers[self.at % len(self.replicas.servers)]
        begun = time.monotonic()
        try:
            watch = Watch(self.replicas.kube("c", server), snapshots_path(), {"watch": "1", "resourceVersion": self.version})
        except LOST:
            time.sleep(0.05)
            return
        if watch.status != 200:
            assert watch.status == 503, watch.status
            time.sleep(0.05)
            return
        taken = 0
        # A watch is left after a while, in good health, too.
        while not self.stopping and watch.ended is None and time.monotonic() - begun < 2:
            taken = self.take(watch, taken)
            time.sleep(0.01)
        with contextlib.suppress(OSError):
            watch.socket.shutdown(2)
        watch.join(10 * PATIENCE)
        self.take(watch, taken)

    def take(self, watch, taken):
        events = list(watch.events)
        for event in events[taken:]:
            assert event["type"] in ("ADDED", "MODIFIED", "DELETED"), event
            self.version = event["object"]["metadata"]["resourceVersion"]
            self.events.append(event)
        return len(events)


def check_events(watcher, recorder):
    """Every write that was answered, once and in the order of versions; and each object's events in a row."""
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in watcher.events]
    assert versions == sorted(set(versions)), "an event came twice, or out of order"
    seen = {mark(event["object"]): event["object"]["metadata"]["resourceVersion"] for event in watcher.events
            if event["type"] != "DELETED"}
    for history in recorder.histories.values():
        for one in history:
            if one.outcome == "done" and one.write is not None:
                assert seen.get(one.write) == recorder.versions[one.write], f"{one} was not seen, or at {seen.get(one.write)}"
    alive = {}
    for event in watcher.events:
        name = event["object"]["metadata"]["name"]
        assert (event["type"] == "ADDED") == (name not in alive), f"{event['type']} of {name}"
        if event["type"] == "DELETED":
            alive.pop(name)
        else:
            alive[name] = mark(event["object"])
    return alive


def disturb(replicas, numbers, until):
    """Kills replicas and members of etcd, one at a time, and starts each again."""
    while time.monotonic() < until - 2:
        time.sleep(numbers.uniform(0.5, 1.5))
        if numbers.random() < 0.5:
            victim = numbers.choice(replicas.servers)
            port = victim.port
            victim.kill()
            time.sleep(numbers.uniform(0, 0.3))
            victim.listen = f"127.0.0.1:{port}"
            victim.start()
        else:
            member = numbers.choice(replicas.etcd.members)
            member.kill()
            time.sleep(numbers.uniform(0.2, 1))
            replicas.etcd.start_member(member)
            wait_for(member.healthy, "a member that was started again", 30)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_under_kills_is_linearizable(start_replicas, seed):
    numbers = random.Random(seed)
    replicas = start_replicas(3, members=3)
    replicas.client().create_cluster("c")
    begin = replicas.kube("c").get(snapshots_path()).json()["metadata"]["resourceVersion"]
    recorder = Recorder()
    until = time.monotonic() + SECONDS * PATIENCE
    watchers = [Watcher(replicas, begin, i) for i in range(3)]
    workers = [Worker(replicas, recorder, i, seed, until) for i in range(WORKERS)]
    for thread in [*watchers, *workers]:
        thread.start()
    disturb(replicas, numbers, until)
    for worker in workers:
        worker.join()
    for server in replicas.servers:
        wait_for(lambda server=server: server.anonymous().get("/readyz").status == 200, "a replica that is ready", 30)
    final = {item["metadata"]["name"]: mark(item) for item in replicas.kube("c").get(snapshots_path()).json()["items"]}
    for watcher in watchers:
        newest = replicas.kube("c").get(snapshots_path()).json()["metadata"]["resourceVersion"]
        wait_for(lambda watcher=watcher, newest=newest: watcher.failure or watcher.version == newest,
                 lambda watcher=watcher: f"the newest version; {watcher.version} came last", 30)
        watcher.stopping = True
        watcher.join()
    assert not [one.failure for one in [*watchers, *workers] if one.failure], f"seed {seed}"
    done = sum(one.outcome == "done" for history in recorder.histories.values() for one in history)
    assert done > 100, f"hardly anything was done ({done}): seed {seed}"
    for name, history in recorder.histories.items():
        end = max(one.end for one in history)
        check([*history, Operation("read", end + 1, end + 2, seen=final.get(name, ABSENT))])
    for watcher in watchers:
        assert check_events(watcher, recorder) == final, f"seed {seed}: " + json.dumps(final)
