"""How old a connected cluster's mirror is, as its readers are told, and how young they may want it."""

import concurrent.futures
import time

import pytest

from connected import UID, Pair
from harness import vm_path, wait_for
from kube import KubeClient, new_snapshot, snapshots_path

@pytest.fixture
def pair(data_dir):
    """A quiet cluster that is followed by way of a proxy."""
    with Pair(data_dir.parent, between=True) as made:
        made.theirs.made("default", new_snapshot("one"))
        made.follow()
        made.wait_until_equal()
        yield made


def reads(server):
    """Every way to read a mirror: {name: function of the request's headers that gives a reply}."""
    palette, kube = server.client(), KubeClient(server, UID)
    one = vm_path(UID, name="one")
    return {
        "Palette list": lambda headers=None: palette.list(UID, headers=headers),
        "Palette get": lambda headers=None: palette.get(one, headers=headers, namespace="default"),
        "list": lambda headers=None: kube.get(snapshots_path(), headers=headers),
        "namespace's list": lambda headers=None: kube.get(snapshots_path("default"), headers=headers),
        "get": lambda headers=None: kube.get(snapshots_path("default", "one"), headers=headers),
        "watch": lambda headers=None: kube.get(snapshots_path(), headers=headers, watch="1", timeoutSeconds="1", resourceVersion="0"),
    }


def age(reply):
    return int(reply.header("Age") or 0)


def until_aged(server, seconds):
    """Waits until the mirror of a quiet cluster is that old, and is Ready all the time."""
    def aged():
        reply = server.client().list(UID)
        assert reply.status == 200 and reply.header("Warning") is None, reply.headers
        assert reply.header("Age") != "0"
        return age(reply) >= seconds

    wait_for(aged, f"an age of {seconds} s", 30)


def questions(between, since=0):
    """What the cluster was asked for, to confirm the mirror."""
    return [one for one in between.seen[since:] if "limit=1" in one[1].partition("?")[2].split("&")]


def test_a_ready_mirror_tells_its_age_and_warns_of_nothing(pair):
    until_aged(pair.mirror, 2)
    for name, read in reads(pair.mirror).items():
        reply = read()
        assert reply.status == 200 and reply.header("Warning") is None, (name, reply.headers)
    assert pair.cluster()["state"] == "Ready"
    # Whatever comes from the cluster makes it new.
    pair.theirs.made("default", new_snapshot("two"))
    wait_for(lambda: len(pair.ours.list().json()["items"]) == 2, "the new one")
    assert age(pair.mirror.client().list(UID)) <= 1


@pytest.mark.parametrize("wish", ("max-age=1", "max-age=0", "no-cache", "max-age=60, no-cache"))
def test_a_request_that_wants_it_younger_makes_the_server_ask(pair, wish):
    ways = reads(pair.mirror)
    for name in ways if wish == "max-age=1" else ("Palette list", "get"):
        until_aged(pair.mirror, 2)
        before = len(pair.between.seen)
        reply = ways[name]({"Cache-Control": wish})
        assert reply.status == 200, (name, reply)
        assert age(reply) <= 1 and reply.header("Warning") is None, (name, reply.headers)
        assert len(questions(pair.between, before)) == 1, (name, pair.between.seen[before:])
    # Who takes older states asks nothing.
    until_aged(pair.mirror, 2)
    before = len(pair.between.seen)
    assert pair.mirror.client().list(UID, headers={"Cache-Control": "max-age=3600"}).status == 200
    assert not questions(pair.between, before)
    # One that has just been confirmed is not asked for again by who takes a second.
    assert pair.mirror.client().list(UID, headers={"Cache-Control": "no-cache"}).status == 200
    before = len(pair.between.seen)
    assert pair.mirror.client().list(UID, headers={"Cache-Control": "max-age=3600"}).status == 200
    assert not questions(pair.between, before)


def test_all_who_wait_share_one_question(pair):
    until_aged(pair.mirror, 2)
    before = len(pair.between.seen)
    pair.between.going.clear()
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        waiting = [pool.submit(read, {"Cache-Control": "max-age=1"}) for _ in range(4) for read in reads(pair.mirror).values()]
        wait_for(lambda: questions(pair.between, before), "the question")
        begun = time.monotonic()
        while time.monotonic() - begun < 1:
            assert not any(one.done() for one in waiting)
            time.sleep(0.05)
        pair.between.going.set()
        for one in waiting:
            reply = one.result()
            assert reply.status == 200, reply
    # Some of them may have come when the first question was answered.
    assert len(questions(pair.between, before)) <= 2


def test_a_cluster_that_says_nothing_is_a_504_in_time(pair):
    until_aged(pair.mirror, 2)
    pair.between.going.clear()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        begun = time.monotonic()
        answers = {name: pool.submit(read, {"Cache-Control": "max-age=1"}) for name, read in reads(pair.mirror).items()}
        for name, one in answers.items():
            reply = one.result()
            assert reply.status == 504, (name, reply)
            assert reply.header("Retry-After") and UID in reply.json()["message"], (name, reply)
        assert time.monotonic() - begun < 8
    # It is not Ready any more: the last known state for those who take it, and 504 for others at once.
    wait_for(lambda: pair.cluster()["state"] != "Ready", "another state", 20)
    stale = pair.mirror.client().list(UID)
    assert stale.status == 200 and age(stale) >= 2 and stale.header("Warning") == '110 - "Response is Stale"'
    begun = time.monotonic()
    for wish in ("max-age=1", "max-age=0", "no-cache"):
        refused = pair.mirror.client().list(UID, headers={"Cache-Control": wish})
        assert refused.status == 504 and refused.json()["code"] == "ClusterTimeout", refused
    assert time.monotonic() - begun < 2
    pair.between.going.set()
    pair.wait_for_state("Ready")
    assert pair.mirror.client().list(UID, headers={"Cache-Control": "no-cache"}).status == 200


def test_a_silent_peer_is_told_within_fifteen_seconds(pair):
    """Nothing comes, and nobody says so: the age counts from what was last heard."""
    pair.between.going.clear()
    begun = time.monotonic()
    last = wait_for(lambda: (lambda reply: reply if age(reply) >= 5 else None)(pair.mirror.client().list(UID)), "an age of 5 s", 12)
    assert time.monotonic() - begun < 12 and last.status == 200
    wait_for(lambda: pair.mirror.client().list(UID).header("Warning"), "a warning", 20)
    assert pair.cluster()["state"] != "Ready"
    assert age(pair.mirror.client().list(UID)) >= 5


def test_a_hosted_cluster_has_no_age(pair):
    for name, read in reads(pair.upstream).items():
        reply = read({"Cache-Control": "no-cache"})
        assert reply.status == 200 and reply.header("Age") is None and reply.header("Warning") is None, name
