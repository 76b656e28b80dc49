"""A copy whose data file is damaged: it is a cache, so it is built again, and nothing wrong is ever shown of it."""

import http.client
import random

import pytest

from harness import PATIENCE, snapshot, snapshots, wait_for
from kube import snapshots_path
from test_damaged_store import INDEX, OBJECT, PAGE, flip, leaves_of, overwrite, zero_behind_the_head

BUILT_AGAIN = "the copy of etcd is damaged: it is built again"
ENDS = "the copy of etcd is damaged: the server ends, and builds it again when it is started"
# What a service does that starts it again.
MOST_STARTS = 4


def damage(server, change):
    """Changes the data file of a server that is stopped."""
    file = server.data_dir / "store" / "data.mdb"
    content = bytearray(file.read_bytes())
    change(content)
    file.write_bytes(content)


def filled(start_replicas):
    replicas = start_replicas(2)
    replicas.client().create_cluster("c")
    replicas.client().load("c", snapshots(600, namespaces=("a", "b", "c"), vms=("db-01", "web-02")))
    return replicas


def answers(replicas, server):
    """Every page of a list, the list of Kubernetes, and one by VM: as they are, or None where an answer was none."""
    client = replicas.client(server)
    taken = []
    token = ""
    while token is not None:
        page = client.list("c", limit=50, **({"continue": token} if token else {}))
        assert page.status in (200, 500), page
        if page.status != 200:
            return None
        taken.append(page.json()["items"])
        token = page.json()["metadata"].get("continue")
    for reply in (replicas.kube("c", server).get(snapshots_path()), client.list("c", vmName="db-01")):
        assert reply.status in (200, 500), reply
        if reply.status != 200:
            return None
        taken.append(reply.json()["items"])
    return taken


def look(replicas, server, right):
    """Asks the server, started again whenever it ended, until it answers as the whole one does."""
    for _ in range(MOST_STARTS):
        try:
            if not server.running():
                server.start()
            got = answers(replicas, server)
            if got is not None:
                assert got == right
                return
        except (OSError, http.client.HTTPException) as failure:
            # It ended while it answered.
            assert server.process.wait(10 * PATIENCE) == 1, failure
        except AssertionError:
            # Or at its start.
            if server.running():
                raise
            assert server.process.wait() == 1, server.tail()
    raise AssertionError(f"it was started {MOST_STARTS} times: {server.tail()}")


def test_a_copy_with_damaged_objects_is_built_again(start_replicas):
    replicas = filled(start_replicas)
    whole, hurt = replicas.servers
    right = answers(replicas, whole)
    hurt.stop()

    def change(content):
        for page in leaves_of(content, OBJECT):
            content[(page + 1) * PAGE - 1] ^= 1

    damage(hurt, change)
    hurt.start()
    look(replicas, hurt, right)
    assert hurt.log(BUILT_AGAIN)
    assert "damaged" not in (hurt.data_dir / "store" / "data.mdb.note").read_text()


def test_a_write_by_another_to_a_damaged_object_is_taken_over(start_replicas):
    replicas = filled(start_replicas)
    whole, hurt = replicas.servers
    hurt.stop()

    def change(content):
        for page in leaves_of(content, OBJECT):
            content[(page + 1) * PAGE - 1] ^= 1

    damage(hurt, change)
    # All of them change, so that each has to be found in the copy.
    replicas.client(whole).load("c", [{**item, "metadata": {**item["metadata"], "labels": {"new": "yes"}}}
                                      for item in snapshots(600, namespaces=("a", "b", "c"), vms=("db-01", "web-02"))])
    right = answers(replicas, whole)
    look(replicas, hurt, right)


def test_damage_that_comes_while_it_runs_ends_it_and_is_gone_at_the_next_start(start_replicas):
    replicas = filled(start_replicas)
    whole, hurt = replicas.servers
    right = answers(replicas, whole)
    file = hurt.data_dir / "store" / "data.mdb"

    def change(content):
        for page in leaves_of(content, OBJECT):
            content[(page + 1) * PAGE - 1] ^= 1

    content = bytearray(file.read_bytes())
    change(content)
    # In place: the server has it mapped.
    with open(file, "r+b") as opened:
        opened.write(content)
    try:
        reply = replicas.client(hurt).list("c", limit=50)
        assert reply.status == 500, reply
    except (OSError, http.client.HTTPException):
        pass
    wait_for(lambda: not hurt.running(), "its end", 10)
    assert hurt.process.wait() == 1
    wait_for(lambda: hurt.log(ENDS), "a line that says why")
    assert answers(replicas, whole) == right
    look(replicas, hurt, right)
    assert hurt.log(BUILT_AGAIN)
    # It goes on from there.
    replicas.client(whole).load("c", [snapshot("a", "later")])
    assert answers(replicas, hurt) == answers(replicas, whole)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_damaged_the_replica_comes_back_with_what_is_right(start_replicas, seed):
    replicas = filled(start_replicas)
    whole, hurt = replicas.servers
    right = answers(replicas, whole)
    hurt.stop()
    chance = random.Random(seed)
    kind = [flip, zero_behind_the_head, overwrite][seed % 3]

    def change(content):
        for _ in range(5):
            kind(content, chance)

    damage(hurt, change)
    look(replicas, hurt, right)


def test_a_lost_page_of_the_index_is_not_served(start_replicas):
    replicas = filled(start_replicas)
    whole, hurt = replicas.servers
    right = answers(replicas, whole)
    hurt.stop()

    def change(content):
        for page in leaves_of(content, INDEX):
            content[page * PAGE + PAGE // 2:(page + 1) * PAGE] = bytes(PAGE // 2)

    damage(hurt, change)
    look(replicas, hurt, right)
