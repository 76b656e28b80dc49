"""What becomes of replicas when processes die, are stopped, or come back with what they had."""

import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from etcd import Etcd
from harness import PATIENCE, Server, snapshot, snapshots, wait_for
from kube import new_snapshot, snapshots_path
from replicas import SECRET


def create(replicas, uid, name, server=None):
    return replicas.kube(uid, server).create("default", new_snapshot(name)).status


def test_a_replica_that_was_killed_comes_back_with_what_the_others_wrote(start_replicas):
    replicas = start_replicas()
    replicas.client().create_cluster("c")
    replicas.client().load("c", snapshots(50))
    lost = replicas.servers[1]
    lost.kill()
    for i in range(20):
        assert create(replicas, "c", f"meanwhile-{i}") == 201
    assert replicas.kube("c").delete(snapshots_path("default", "meanwhile-3")).status == 200
    lost.start()
    there = replicas.client(replicas.servers[0]).items("c")
    assert replicas.client(lost).items("c") == there
    assert len(there) == 69


def test_a_copy_that_was_removed_is_built_again(start_replicas):
    replicas = start_replicas(2)
    replicas.client().create_cluster("c")
    replicas.client().load("c", snapshots(300, namespaces=("a", "b")))
    lost = replicas.servers[1]
    lost.stop()
    shutil.rmtree(lost.data_dir / "store")
    lost.start()
    pages = [replicas.client(server).list("c", limit=100) for server in replicas.servers]
    assert pages[0].body == pages[1].body
    assert pages[0].header("ETag") == pages[1].header("ETag")
    assert replicas.client(lost).items("c") == replicas.client(replicas.servers[0]).items("c")


def test_a_replica_that_was_away_while_etcd_compacted_is_built_again_as_a_difference(start_replicas):
    replicas = start_replicas(2)
    replicas.client().create_cluster("c")
    replicas.client().create_cluster("goes")
    replicas.client().load("c", snapshots(200))
    stays, lost = replicas.servers
    before = replicas.client(lost).items("c")
    lost.stop()
    here = replicas.client(stays)
    kept = before[0]["metadata"]
    assert replicas.kube("c", stays).delete(snapshots_path(kept["namespace"], kept["name"])).status == 200
    here.load("c", [snapshot("default", "new"), snapshot("other", "new")])
    here.create_cluster("comes")
    here.load("comes", snapshots(5))
    assert here.delete("/admin/v1/clusters/goes", force="true").status == 204
    revoked = here.create_key("revoked")
    assert here.delete(f"/admin/v1/keys/{revoked['id']}").status == 204
    replicas.etcd.compact()
    lost.start()
    there = replicas.client(lost)
    for uid in ("c", "comes"):
        assert there.items(uid) == here.items(uid)
        assert there.list(uid).header("ETag") == here.list(uid).header("ETag")
    assert there.list("goes").status == 404
    assert there.get("/admin/v1/keys").json() == here.get("/admin/v1/keys").json()
    # And it goes on from there.
    assert create(replicas, "c", "later", stays) == 201
    assert there.items("c") == here.items("c")


def test_a_copy_of_another_etcd_is_thrown_away(start_replicas):
    one, other = start_replicas(1), start_replicas(1)
    one.client().create_cluster("only-here")
    one.client().load("only-here", snapshots(10))
    moved = one.servers[0]
    moved.stop()
    moved.arguments[moved.arguments.index(one.etcd.endpoints)] = other.etcd.endpoints
    moved.start()
    assert other.client(moved).list("only-here").status == 404
    other.client().create_cluster("there")
    assert other.client(moved).list("there").status == 200


@pytest.mark.parametrize("whose", ["leader", "follower"])
def test_a_member_of_etcd_that_dies_stops_nothing(start_replicas, whose):
    replicas = start_replicas(3, members=3)
    replicas.client().create_cluster("c")
    leader = replicas.etcd.leader()
    victim = leader if whose == "leader" else next(m for m in replicas.etcd.members if m is not leader)
    victim.kill()
    begun = time.monotonic()
    done = []
    for i in range(30):
        name = f"s-{i}"
        # Who is told that nothing was done, or that nobody knows, tries again.
        wait_for(lambda name=name: create(replicas, "c", name) in (201, 409), "a write", 20)
        done.append(name)
    assert time.monotonic() - begun < 20 * PATIENCE
    for server in replicas.servers:
        assert {item["metadata"]["name"] for item in replicas.client(server).items("c")} == set(done)


def test_without_a_quorum_writes_are_refused_and_nothing_is_lost(start_replicas):
    replicas = start_replicas(2, members=3, arguments=("--etcd-stale-reads", "off"))
    replicas.client().create_cluster("c")
    assert create(replicas, "c", "before") == 201
    for member in replicas.etcd.members[:2]:
        member.kill()
    reply = replicas.kube("c").create("default", new_snapshot("during"))
    assert reply.status == 503, reply
    assert reply.header("Retry-After") == "1"
    # Nobody can tell whether this is the newest state.
    reply = replicas.client().list("c")
    assert reply.status == 503, reply
    assert replicas.servers[0].anonymous().get("/livez").status == 200
    for server in replicas.servers:
        wait_for(lambda server=server: server.anonymous().get("/readyz").status == 503, "a replica that is not ready", 20)
    for member in replicas.etcd.members[:2]:
        replicas.etcd.start_member(member)
    wait_for(lambda: create(replicas, "c", "after") == 201, "a write after the quorum is back", 30)
    for server in replicas.servers:
        wait_for(lambda server=server: server.anonymous().get("/readyz").status == 200, "a replica that is ready", 20)
        names = {item["metadata"]["name"] for item in replicas.client(server).items("c")}
        assert {"before", "after"} <= names <= {"before", "during", "after"}


def test_a_member_that_hangs_is_left(start_replicas):
    replicas = start_replicas(1, members=3)
    replicas.client().create_cluster("c")
    leader = replicas.etcd.leader()
    first = replicas.etcd.members[0]
    hung = first if first is not leader else leader
    hung.signal(signal.SIGSTOP)
    try:
        for i in range(5):
            wait_for(lambda i=i: create(replicas, "c", f"s-{i}") in (201, 409), "a write", 30)
        wait_for(lambda: replicas.client().list("c").status == 200, "a read", 30)
        assert len(replicas.client().items("c")) == 5
    finally:
        hung.signal(signal.SIGCONT)


def test_no_acknowledged_write_is_lost_when_replicas_are_killed(start_replicas):
    replicas = start_replicas(3)
    replicas.client().create_cluster("c")
    acknowledged = []

    def write(worker):
        for i in range(40):
            name = f"w{worker}-{i}"
            try:
                if create(replicas, "c", name) == 201:
                    acknowledged.append(name)
            except OSError:
                pass

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(write, worker) for worker in range(4)]
        for victim in replicas.servers[:2]:
            time.sleep(0.3)
            victim.kill()
            victim.start()
        for worker in workers:
            worker.result()
    assert acknowledged
    for server in replicas.servers:
        assert set(acknowledged) <= {item["metadata"]["name"] for item in replicas.client(server).items("c")}


def refused(server):
    """What a server says that does not start."""
    with pytest.raises(AssertionError):
        server.start()
    return server.tail()


def test_directories_and_secrets_of_others_are_refused(start_replicas, tmp_path):
    replicas = start_replicas(1)
    embedded = Server(tmp_path / "embedded").start()
    embedded.client().create_cluster("mine")
    embedded.stop()
    before = (embedded.data_dir / "store" / "data.mdb").read_bytes()
    said = refused(Server(embedded.data_dir, "--etcd", replicas.etcd.endpoints, env=SECRET))
    assert "server without --etcd" in said
    assert (embedded.data_dir / "store" / "data.mdb").read_bytes()[8192:] == before[8192:]
    assert embedded.start().client().list("mine").status == 200
    embedded.stop()

    replicas.servers[0].stop()
    assert "with --etcd" in refused(Server(replicas.servers[0].data_dir))
    other = Server(tmp_path / "other", "--etcd", replicas.etcd.endpoints, env={"SNAPGATE_CREDENTIALS_KEY": "6f" * 32})
    assert "another secret" in refused(other)
    replicas.servers[0].start()


def test_without_etcd_no_server_starts(tmp_path):
    etcd = Etcd(tmp_path / "none")
    said = refused(Server(tmp_path / "data", "--etcd", etcd.endpoints, env=SECRET))
    assert "etcd" in said


def test_an_object_that_etcd_cannot_take_is_refused_with_its_limit(start_replicas):
    replicas = start_replicas(1, arguments=("--etcd-max-request-bytes", "262144"))
    replicas.client().create_cluster("c")
    large = new_snapshot("large", annotations={"a": "x" * 240_000})
    reply = replicas.kube("c").create("default", large)
    assert reply.status == 413, reply
    assert "--etcd-max-request-bytes" in reply.json()["message"]
    assert create(replicas, "c", "small") == 201


def test_a_replica_joins_while_the_others_are_written_to(start_replicas):
    replicas = start_replicas(1)
    replicas.client().create_cluster("c")
    replicas.client().load("c", snapshots(500))
    with ThreadPoolExecutor(1) as pool:
        first = replicas.servers[0]
        writing = pool.submit(lambda: [create(replicas, "c", f"s-{i}", first) for i in range(100)])
        joined = replicas.add()
        assert set(writing.result()) == {201}
    assert replicas.client(joined).items("c") == replicas.client(first).items("c")
