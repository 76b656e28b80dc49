"""Lines to etcd that are slow, or cut in one direction: what is acknowledged is there, what is not is told, and nothing stays
behind when the line is well again."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import PATIENCE, wait_for
from kube import Watch, new_snapshot, snapshots_path
from line import Line

# Of one piece in one direction. A slow member is one that still answers in time; one that does not is as good as dead.
SLOW = 0.15
TOO_SLOW = 3


@pytest.fixture
def lined(start_replicas):
    """lined(members): a group whose second replica has a line to etcd's first member, and reaches the others directly."""
    lines = []

    def start(members):
        replicas = start_replicas(1, members=members)
        replicas.client().create_cluster("c")
        line = Line(replicas.etcd.members[0].url)
        lines.append(line)
        others = [member.url for member in replicas.etcd.members[1:]]
        replicas.add(endpoints=",".join([line.url, *others]))
        return replicas, replicas.servers[1], line

    yield start
    for line in lines:
        line.close()


def names(replicas, server):
    reply = replicas.kube("c", server).get(snapshots_path())
    assert reply.status == 200 and not reply.header("Warning"), reply
    return {item["metadata"]["name"] for item in reply.json()["items"]}


def is_current(replicas, server):
    reply = replicas.kube("c", server).get(snapshots_path())
    return reply.status == 200 and not reply.header("Warning")


def create(replicas, server, name):
    begun = time.monotonic()
    reply = replicas.kube("c", server).create("default", new_snapshot(name))
    assert time.monotonic() - begun < 15 * PATIENCE, f"{name} was answered too late: {reply}"
    return reply


def create_many(replicas, server, count, prefix):
    """Creates objects at once. Returns the names of those that were done, and of those that may have been."""
    named = [f"{prefix}-{i}" for i in range(count)]
    with ThreadPoolExecutor(4) as pool:
        replies = dict(zip(named, pool.map(lambda name: create(replicas, server, name), named), strict=True))
    for reply in replies.values():
        assert reply.status in (201, 503), reply
        assert reply.status == 201 or reply.header("Retry-After"), reply
    done = {name for name, reply in replies.items() if reply.status == 201}
    unsure = {name for name, reply in replies.items() if reply.status == 503 and "may have been done" in reply.json()["message"]}
    return done, unsure


def check_all_agree(replicas, done, unsure):
    """Every replica shows the same: what was acknowledged, and nothing that was refused for certain."""
    for server in replicas.servers:
        wait_for(lambda server=server: is_current(replicas, server), "a read of now", 30)
    shown = [names(replicas, server) for server in replicas.servers]
    assert shown[0] == shown[1]
    assert done <= shown[0] <= done | unsure
    bodies = {replicas.client(server).list("c").body for server in replicas.servers}
    assert len(bodies) == 1


@pytest.mark.parametrize("members", [1, 3])
def test_a_slow_member_slows_requests_and_fails_none(lined, members):
    replicas, server, line = lined(members)
    version = replicas.kube("c", server).get(snapshots_path()).json()["metadata"]["resourceVersion"]
    watch = Watch(replicas.kube("c", server), snapshots_path(), {"watch": "1", "resourceVersion": version})
    for way in (line.requests, line.answers):
        way.delay = SLOW
    done, _ = create_many(replicas, server, 16, "slow")
    assert len(done) == 16
    assert names(replicas, server) == done
    wait_for(lambda: len(watch.events) == 16, "an event for each", 20)
    assert server.client(replicas.admin_key).metric("snapgate_replica_rebuilds_total") == 1
    check_all_agree(replicas, done, set())


def test_a_member_that_is_too_slow_is_left(lined):
    replicas, server, line = lined(3)
    line.answers.delay = TOO_SLOW
    first, unsure = create_many(replicas, server, 4, "early")
    wait_for(lambda: create(replicas, server, "later").status in (201, 409), "a write through another member", 30)
    wait_for(lambda: is_current(replicas, server), "a read through another member", 30)
    done, more = create_many(replicas, server, 12, "late")
    assert len(done) == 12
    check_all_agree(replicas, {"later"} | first | done, unsure | more)


@pytest.mark.parametrize("cut", ["requests", "answers"])
def test_a_line_cut_one_way_is_left_for_another_member(lined, cut):
    replicas, server, line = lined(3)
    before, _ = create_many(replicas, server, 4, "before")
    with getattr(line, cut).held():
        during, unsure = create_many(replicas, server, 8, "during")
        wait_for(lambda: create(replicas, server, "another").status in (201, 409), "a write through another member", 30)
        wait_for(lambda: is_current(replicas, server), "a read through another member", 30)
        after, more = create_many(replicas, server, 8, "after")
        assert len(after) == 8
    check_all_agree(replicas, {"another"} | before | during | after, unsure | more)


@pytest.mark.parametrize("cut", ["requests", "answers"])
def test_the_only_line_cut_one_way_is_etcd_out_of_reach(lined, cut):
    replicas, server, line = lined(1)
    before, _ = create_many(replicas, server, 4, "before")
    with getattr(line, cut).held():
        during, unsure = create_many(replicas, server, 4, "during")
        assert not during
        wait_for(lambda: replicas.client(server).list("c").header("Warning"), "a read from the copy", 10)
        reply = create(replicas, server, "refused")
        assert reply.status == 503 and "nothing was written" in reply.json()["message"], reply
        # What others write meanwhile is not hidden from it for ever.
        elsewhere, _ = create_many(replicas, replicas.servers[0], 4, "elsewhere")
        assert len(elsewhere) == 4
    check_all_agree(replicas, before | elsewhere, unsure)
    after, _ = create_many(replicas, server, 4, "after")
    assert len(after) == 4
    check_all_agree(replicas, before | elsewhere | after, unsure)
