"""What is promised of several replicas, each at the moment at which it would break: what etcd tells a replica is held back for
as long as the test wants."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import snapshots, wait_for
from kube import new_snapshot
from line import Line

# Another replica leads by then.
TAKEOVER_SECONDS = 10
# Until a request has come as far as it can without etcd.
MOMENT = 0.3


class Lined:
    """A replica with a line of its own to etcd."""

    def __init__(self, replicas):
        self.line = Line(replicas.etcd.endpoints)
        self.server = replicas.add(endpoints=self.line.url)
        self.kube = replicas.kube("c", self.server)


@pytest.fixture
def replicas(start_replicas):
    """A replica of one etcd, with a cluster `c`."""
    started = start_replicas(1)
    started.client().create_cluster("c")
    return started


@pytest.fixture
def pair(replicas):
    """Two more, whose lines can be held."""
    two = [Lined(replicas) for _ in range(2)]
    yield two
    for one in two:
        one.line.close()


def test_a_read_waits_for_the_newest_write(replicas, pair):
    behind, _ = pair
    with ThreadPoolExecutor(1) as pool:
        with behind.line.answers.held():
            assert replicas.kube("c", replicas.servers[0]).create("default", new_snapshot("newest")).status == 201
            read = pool.submit(behind.kube.read, "default", "newest")
            time.sleep(MOMENT)
        assert read.result().status == 200, read.result()


def test_of_two_updates_at_one_moment_one_is_done(pair):
    for turn in range(5):
        made = pair[0].kube.create("default", new_snapshot(f"contended-{turn}")).json()

        def update(one, made=made):
            changed = {**made, "metadata": {**made["metadata"], "labels": {"by": str(one.server.port)}}}
            return one.kube.replace("default", made["metadata"]["name"], changed).status

        with ThreadPoolExecutor(2) as pool:
            for one in pair:
                one.line.answers.hold()
            updates = [pool.submit(update, one) for one in pair]
            time.sleep(MOMENT)
            for one in pair:
                one.line.answers.release()
            assert sorted(each.result() for each in updates) == [200, 409]


def test_a_list_goes_on_at_another_replica(replicas, pair):
    replicas.client().load("c", snapshots(100))
    first = replicas.client(pair[0].server).list("c", limit=40)
    assert first.status == 200, first
    then = replicas.client(pair[1].server).list("c", limit=40, **{"continue": first.json()["metadata"]["continue"]})
    assert then.status == 200, then
    assert len(then.json()["items"]) == 40


def leader(replicas):
    """The id of the replica that leads, as it stands in etcd; None without one."""
    key = base64.b64encode(b"snapgate/lead").decode()
    kvs = replicas.etcd.members[0].post("/v3/kv/range", {"key": key}).get("kvs", [])
    return kvs[0]["value"] if kvs else None


def test_another_leads_when_the_one_that_leads_dies(replicas):
    first = wait_for(lambda: leader(replicas), "a replica that leads", 20)
    replicas.add()
    assert leader(replicas) == first
    replicas.servers[0].kill()
    wait_for(lambda: leader(replicas) not in (None, first), "another one", TAKEOVER_SECONDS)
