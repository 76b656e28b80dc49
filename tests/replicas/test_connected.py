"""Connected clusters: each replica has a mirror of its own, and all of them look like one server."""

import itertools
import random
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "faults"))

from connected import kubeconfig
from harness import PATIENCE, Server, in_order, name_of, snapshot, snapshots, wait_for
from kube import KubeClient, new_snapshot
from test_restored_etcd import back_up, is_current, restore
from upstream import Upstream

NUMBERS = itertools.count()
THEIRS = "theirs"


@pytest.fixture(scope="module")
def upstream():
    """A server whose hosted clusters are the ones that are connected."""
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    server = Server(folder / "upstream", "--tls-self-signed").start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def theirs(upstream):
    """The cluster itself."""
    uid = f"{THEIRS}-{next(NUMBERS)}"
    upstream.client().create_cluster(uid)
    return KubeClient(upstream, uid)


@pytest.fixture
def scripted():
    """A cluster whose versions also grow by what is written elsewhere, as those of every real one do."""
    one = Upstream()
    one.objects.fill(12)
    yield one
    one.stop()


def connect(replicas, text, uid=None):
    uid = uid or f"connected-{next(NUMBERS)}"
    replicas.client().create_cluster(uid, type="connected", kubeconfig=text)
    return uid


def wait_for_states(replicas, uid, state="Ready", servers=None, seconds=20):
    for server in servers or replicas.servers:
        wait_for(lambda server=server: replicas.client(server).cluster(uid)["state"] == state,
                 lambda server=server: f"{state} on {server.port}, not {replicas.client(server).cluster(uid)}", seconds)


def follow(replicas, upstream, theirs):
    """Connects through one replica; every one follows."""
    uid = connect(replicas, kubeconfig(upstream, theirs.cluster))
    wait_for_states(replicas, uid)
    return uid


def wait_until_equal(replicas, uid, theirs, servers=None):
    for server in servers or replicas.servers:
        wait_for(lambda server=server: replicas.kube(uid, server).objects() == theirs.objects(), "the mirror", 20)


def versions(replicas, uid, servers=None):
    """The resource version of the list, as each replica says it."""
    lists = [replicas.kube(uid, server).list() for server in servers or replicas.servers]
    assert all(reply.status == 200 for reply in lists), lists
    return [reply.json()["metadata"]["resourceVersion"] for reply in lists]


def wait_for_one_version(replicas, uid, servers=None):
    wait_for(lambda: len(set(versions(replicas, uid, servers))) == 1, lambda: f"one version: {versions(replicas, uid, servers)}", 10)
    return versions(replicas, uid, servers)[0]


def test_a_cluster_that_is_connected_on_one_replica_is_followed_by_all(replicas, upstream, theirs):
    objects = snapshots(300, ("a", "b"), ("vm-1", "vm-2"))
    upstream.client().load(theirs.cluster, objects)
    uid = follow(replicas, upstream, theirs)
    wait_until_equal(replicas, uid, theirs)
    for server in replicas.servers:
        assert replicas.client(server).names(uid) == in_order(objects)
        listed = {row["uid"]: row for row in replicas.client(server).get("/admin/v1/clusters").json()["items"]}
        assert listed[uid]["type"] == "connected"
        assert "Age" not in replicas.client(server).list(uid).headers
    theirs.made("a", new_snapshot("later"))
    for server in replicas.servers:
        wait_for(lambda server=server: ("a", "later") in replicas.kube(uid, server).objects(), "the new snapshot", 5)


def test_a_write_through_any_replica_is_the_clusters_own(replicas, upstream, theirs):
    uid = follow(replicas, upstream, theirs)
    for i, server in enumerate(replicas.servers):
        made = replicas.kube(uid, server).create("default", new_snapshot(f"by-{i}"))
        assert made.status == 201, made
        assert theirs.read("default", f"by-{i}").json() == made.json()
        # Whoever wrote finds it.
        assert replicas.kube(uid, server).read("default", f"by-{i}").json() == made.json()
    wait_until_equal(replicas, uid, theirs)


def test_the_pages_of_a_listing_may_come_from_any_replica(replicas, upstream, theirs):
    objects = snapshots(200, ("a", "b"))
    upstream.client().load(theirs.cluster, objects)
    uid = follow(replicas, upstream, theirs)
    wait_until_equal(replicas, uid, theirs)
    turns = itertools.cycle(replicas.servers)
    seen, token, written = [], None, 0
    while True:
        page = replicas.client(next(turns)).list(uid, **({"continue": token} if token else {}))
        assert page.status == 200, page
        seen += [name_of(item) for item in page.json()["items"]]
        token = page.json()["metadata"].get("continue")
        if not token:
            break
        theirs.made("a", new_snapshot(f"while-paging-{written}"))
        theirs.remove(*name_of(objects[written]))
        written += 1
    assert seen == in_order(objects) and written > 1
    # The same on the Kubernetes side; the page after a write comes at once from a replica that may not have it yet.
    before = sorted(theirs.objects())
    wait_until_equal(replicas, uid, theirs)
    seen, token = [], None
    while True:
        page = replicas.kube(uid, next(turns)).list(limit=23, **({"continue": token} if token else {}))
        assert page.status == 200, page
        seen += [name_of(item) for item in page.json()["items"]]
        token = page.json()["metadata"].get("continue")
        if not token:
            break
        theirs.made("b", new_snapshot(f"while-paging-{written}"))
        written += 1
    assert seen == before


def test_a_list_at_the_newest_version_is_followed_up_by_a_replica_that_has_to_wait(replicas, upstream, theirs):
    upstream.client().load(theirs.cluster, snapshots(60))
    uid = follow(replicas, upstream, theirs)
    for turn in range(20):
        made = theirs.made("default", new_snapshot(f"t-{turn}"))["metadata"]["resourceVersion"]
        first, second = replicas.servers[turn % 3], replicas.servers[(turn + 1) % 3]
        wait_for(lambda first=first, made=made: replicas.kube(uid, first).list(limit=1).json()["metadata"]["resourceVersion"] == made,
                 "the write", 5)
        page = replicas.kube(uid, first).list(limit=1).json()
        rest = replicas.kube(uid, second).list(limit=500, **{"continue": page["metadata"]["continue"]})
        assert rest.status == 200, rest
        assert rest.json()["metadata"]["resourceVersion"] == made
        assert len(rest.json()["items"]) + 1 == 60 + turn + 1


def test_a_watch_goes_on_at_another_replica(replicas, upstream, theirs):
    uid = follow(replicas, upstream, theirs)
    theirs.made("default", new_snapshot("first"))
    wait_until_equal(replicas, uid, theirs)
    at = wait_for_one_version(replicas, uid)
    seen = []
    for turn, server in enumerate(replicas.servers * 3):
        watch = replicas.kube(uid, server).watch(at)
        made = theirs.made("default", new_snapshot(f"w-{turn}"))
        theirs.remove("default", f"w-{turn}")
        wait_for(lambda watch=watch: len(watch.brief()) >= 2, "both events", 10)
        watch.hang_up()
        seen += watch.brief()
        assert watch.brief()[0] == ("ADDED", f"default/w-{turn}", made["metadata"]["resourceVersion"])
        at = watch.brief()[-1][2]
    assert [kind for kind, _, _ in seen] == ["ADDED", "DELETED"] * 9
    assert [name for _, name, _ in seen] == [f"default/w-{turn}" for turn in range(9) for _ in range(2)]


def test_an_etag_of_one_replica_is_good_on_the_others(replicas, upstream, theirs):
    upstream.client().load(theirs.cluster, snapshots(60))
    uid = follow(replicas, upstream, theirs)
    wait_until_equal(replicas, uid, theirs)
    wait_for_one_version(replicas, uid)
    tag = replicas.client(replicas.servers[0]).list(uid).header("ETag")
    for server in replicas.servers:
        assert replicas.client(server).list(uid, headers={"If-None-Match": tag}).status == 304
    theirs.made("default", new_snapshot("another"))
    wait_until_equal(replicas, uid, theirs)
    for server in replicas.servers:
        assert replicas.client(server).list(uid, headers={"If-None-Match": tag}).status == 200


def test_replicas_that_list_at_other_versions_agree_on_one(replicas, scripted):
    uid = connect(replicas, scripted.kubeconfig())
    wait_for_states(replicas, uid)
    listed = wait_for_one_version(replicas, uid)
    scripted.objects.update(*sorted(scripted.objects.current)[0])
    newest = str(scripted.objects.version)
    assert newest != listed
    wait_for(lambda: set(versions(replicas, uid)) == {newest}, "the event's version on all", 10)
    # A new replica lists after versions that are no event of these objects.
    scripted.objects.pass_versions(7)
    fourth = replicas.add()
    wait_for_states(replicas, uid, servers=[fourth])
    agreed = wait_for_one_version(replicas, uid)
    # Whoever knows the state by either name finds it; a client of the new one goes on anywhere.
    page = replicas.kube(uid, fourth).list(limit=5).json()
    assert page["metadata"]["resourceVersion"] == agreed
    rests = [replicas.kube(uid, server).list(**{"continue": page["metadata"]["continue"]}) for server in replicas.servers]
    assert {reply.status for reply in rests} == {200}
    assert len({reply.body for reply in rests}) == 1
    tags = {replicas.client(server).list(uid).header("ETag") for server in replicas.servers}
    assert len(tags) == 1
    watches = [replicas.kube(uid, server).watch(agreed) for server in replicas.servers]
    key = sorted(scripted.objects.current)[1]
    scripted.objects.update(*key)
    for watch in watches:
        wait_for(lambda watch=watch: watch.brief(), "the event", 10)
        assert watch.brief() == [("MODIFIED", "/".join(key), str(scripted.objects.version))]
        watch.hang_up()
    fourth.stop()
    replicas.servers.remove(fourth)


def test_a_state_that_a_replica_never_had_is_410_with_a_way_on(replicas, scripted):
    uid = connect(replicas, scripted.kubeconfig())
    wait_for_states(replicas, uid)
    wait_for_one_version(replicas, uid)
    pages = {server: replicas.kube(uid, server).list(limit=5).json() for server in replicas.servers}
    token = pages[replicas.servers[0]]["metadata"]["continue"]
    scripted.objects.update(*sorted(scripted.objects.current)[0])
    newest = str(scripted.objects.version)
    wait_for(lambda: set(versions(replicas, uid)) == {newest}, "the event", 10)
    fourth = replicas.add()
    wait_for_states(replicas, uid, servers=[fourth])
    begun = time.monotonic()
    gone = replicas.kube(uid, fourth).list(**{"continue": token})
    assert gone.status == 410 and time.monotonic() - begun < 2 * PATIENCE, gone
    on = replicas.kube(uid, fourth).list(**{"continue": gone.json()["metadata"]["continue"]})
    assert on.status == 200 and len(on.json()["items"]) == 12 - 5
    fourth.stop()
    replicas.servers.remove(fourth)


def test_a_cluster_that_was_restored_is_listed_anew_by_every_replica(replicas, scripted):
    uid = connect(replicas, scripted.kubeconfig())
    wait_for_states(replicas, uid)
    checkpoint = scripted.objects.checkpoint()
    for key in sorted(scripted.objects.current)[:3]:
        scripted.objects.update(*key)
    wait_for(lambda: set(versions(replicas, uid)) == {str(scripted.objects.version)}, "the events", 10)
    page = replicas.kube(uid).list(limit=5).json()
    scripted.objects.restore_without_history(checkpoint)
    scripted.drop_connections()
    scripted.objects.create("alpha", "after-the-restore")
    for server in replicas.servers:
        wait_for(lambda server=server: brief_state(replicas.kube(uid, server).list().json()["items"])
                 == brief_state(scripted.objects.items().values()), "what the cluster has now", 60)
    assert wait_for_one_version(replicas, uid) == str(scripted.objects.version)
    for server in replicas.servers:
        gone = replicas.kube(uid, server).list(**{"continue": page["metadata"]["continue"]})
        assert gone.status == 410 and gone.json()["metadata"]["continue"], gone


def test_other_credentials_count_on_every_replica(replicas, upstream, theirs):
    keys = [upstream.client().create_key(f"mirror-{next(NUMBERS)}") for _ in range(2)]
    uid = connect(replicas, kubeconfig(upstream, theirs.cluster, user={"token": keys[0]["key"]}))
    wait_for_states(replicas, uid)
    assert upstream.client().delete(f"/admin/v1/keys/{keys[0]['id']}").status == 204
    wait_for_states(replicas, uid, "Unauthorized")
    text = kubeconfig(upstream, theirs.cluster, user={"token": keys[1]["key"]})
    assert replicas.client(replicas.servers[1]).set_kubeconfig(uid, text).status == 200
    wait_for_states(replicas, uid)
    theirs.made("default", new_snapshot("after"))
    wait_until_equal(replicas, uid, theirs)


def test_a_cluster_that_is_removed_and_connected_again_is_another(replicas, upstream, theirs):
    second = KubeClient(upstream, f"{THEIRS}-{next(NUMBERS)}")
    upstream.client().create_cluster(second.cluster)
    for cluster, names in ((theirs, "ab"), (second, "cd")):
        for name in names:
            cluster.made("default", new_snapshot(name))
    uid = follow(replicas, upstream, theirs)
    wait_until_equal(replicas, uid, theirs)
    for turn in range(3):
        now = (second, theirs)[turn % 2]
        token = replicas.kube(uid, replicas.servers[turn % 3]).list(limit=1).json()["metadata"]["continue"]
        assert replicas.client().delete(f"/admin/v1/clusters/{uid}").status == 204
        for server in replicas.servers:
            wait_for(lambda server=server: replicas.kube(uid, server).list().status == 404, "the removal", 2)
        connect(replicas, kubeconfig(upstream, now.cluster), uid)
        wait_for_states(replicas, uid)
        wait_until_equal(replicas, uid, now)
        for server in replicas.servers:
            gone = replicas.kube(uid, server).list(limit=1, **{"continue": token})
            assert gone.status == 410 and gone.json()["metadata"]["continue"], gone
    assert replicas.client().delete(f"/admin/v1/clusters/{uid}").status == 204
    for server in replicas.servers:
        wait_for(lambda server=server: replicas.client(server).list(uid).status == 404, "the removal", 2)


def test_a_revoked_key_is_refused_within_a_second(replicas, upstream, theirs):
    uid = follow(replicas, upstream, theirs)
    for i, server in enumerate(replicas.servers):
        made = replicas.client(server).create_key(f"reader-{uid}-{i}")
        for other in replicas.servers:
            wait_for(lambda other=other, made=made: replicas.client(other, key=made["key"]).list(uid).status == 200, "the key", 1)
        assert replicas.client(server).delete(f"/admin/v1/keys/{made['id']}").status == 204
        for other in replicas.servers:
            wait_for(lambda other=other, made=made: replicas.client(other, key=made["key"]).list(uid).status == 401, "the end of the key", 1)


def test_a_watch_on_any_replica_ends_with_its_key_and_with_its_cluster(replicas, upstream, theirs):
    uid = follow(replicas, upstream, theirs)
    at = wait_for_one_version(replicas, uid)
    made = replicas.client().create_key(f"watcher-{uid}")
    for server in replicas.servers:
        wait_for(lambda server=server: replicas.client(server, key=made["key"]).list(uid).status == 200, "the key", 1)
    of_key = [replicas.kube(uid, server, key=made["key"]).watch(at) for server in replicas.servers]
    of_admin = [replicas.kube(uid, server).watch(at) for server in replicas.servers]
    assert {watch.status for watch in of_key + of_admin} == {200}
    assert replicas.client().delete(f"/admin/v1/keys/{made['id']}").status == 204
    for watch in of_key:
        watch.until_end(5)
    assert all(watch.ended is None for watch in of_admin)
    assert replicas.client().delete(f"/admin/v1/clusters/{uid}").status == 204
    for watch in of_admin:
        watch.until_end(5)


def test_a_question_about_all_clusters_shows_both_kinds(replicas, upstream, theirs):
    theirs.made("default", new_snapshot("of-the-connected"))
    uid = follow(replicas, upstream, theirs)
    wait_until_equal(replicas, uid, theirs)
    hosted = f"hosted-{next(NUMBERS)}"
    replicas.client().create_cluster(hosted)
    replicas.client().load(hosted, [snapshot("default", "of-the-hosted")])
    for server in replicas.servers:
        items = replicas.client(server).items("-")
        names = {item["metadata"]["name"] for item in items}
        assert {"of-the-connected", "of-the-hosted"} <= names


def test_a_replica_that_died_goes_on_with_its_mirror(replicas, upstream, theirs):
    upstream.client().load(theirs.cluster, snapshots(100))
    uid = follow(replicas, upstream, theirs)
    wait_until_equal(replicas, uid, theirs)
    victim = replicas.servers[2]
    page = replicas.client(victim).list(uid).json()
    victim.kill()
    theirs.made("default", new_snapshot("while-it-was-away"))
    for server in replicas.servers[:2]:
        wait_for(lambda server=server: ("default", "while-it-was-away") in replicas.kube(uid, server).objects(), "the write", 5)
        rest = replicas.client(server).list(uid, **{"continue": page["metadata"]["continue"]})
        assert rest.status == 200 and len(rest.json()["items"]) == 50
    victim.start()
    wait_for_states(replicas, uid)
    wait_until_equal(replicas, uid, theirs)
    rest = replicas.client(victim).list(uid, **{"continue": page["metadata"]["continue"]})
    assert rest.status == 200 and len(rest.json()["items"]) == 50
    wait_for_one_version(replicas, uid)


def test_a_copy_that_is_built_again_keeps_its_mirrors(start_replicas, upstream, theirs):
    replicas = start_replicas(2)
    upstream.client().load(theirs.cluster, snapshots(80))
    uid = follow(replicas, upstream, theirs)
    gone = connect(replicas, kubeconfig(upstream, theirs.cluster))
    wait_for_states(replicas, gone)
    first, second = replicas.servers
    second.stop()
    page = replicas.client(first).list(uid).json()
    assert replicas.client(first).delete(f"/admin/v1/clusters/{gone}").status == 204
    replicas.client(first).create_cluster("hosted")
    replicas.client(first).load("hosted", snapshots(20))
    again = replicas.client(first).create_cluster(gone, type="connected", kubeconfig=kubeconfig(upstream, theirs.cluster))
    assert again["uid"] == gone
    replicas.etcd.compact()
    second.start()
    text = "\n".join(second.lines)
    assert second.running(), text
    # Without a list of the cluster: the mirror that it had is whole.
    assert replicas.client(second).list(uid).status == 200
    rest = replicas.client(second).list(uid, **{"continue": page["metadata"]["continue"]})
    assert rest.status == 200 and len(rest.json()["items"]) == 30
    wait_for_states(replicas, uid)
    wait_for_states(replicas, gone)
    wait_until_equal(replicas, uid, theirs)
    wait_until_equal(replicas, gone, theirs)
    assert replicas.client(second).names("hosted") == replicas.client(first).names("hosted")


def test_without_etcd_the_mirrors_are_as_fresh_as_ever(start_replicas, upstream, theirs):
    replicas = start_replicas(2)
    uid = follow(replicas, upstream, theirs)
    member = replicas.etcd.members[0]
    member.kill()
    theirs.made("default", new_snapshot("meanwhile"))
    for server in replicas.servers:
        wait_for(lambda server=server: ("default", "meanwhile") in replicas.kube(uid, server).objects(), "the write", 10)
        reply = replicas.client(server).list(uid)
        assert reply.status == 200 and reply.header("Warning") is None and reply.header("Age") is None, reply.headers
    replicas.etcd.start_member(member)


def test_a_number_that_a_restored_etcd_gives_out_again_leads_to_no_other_mirror(start_replicas, upstream, theirs, tmp_path):
    replicas = start_replicas(2)
    replicas.client().create_cluster("c")
    back_up(replicas, tmp_path / "backup")
    theirs.made("default", new_snapshot("lost"))
    lost = follow(replicas, upstream, theirs)
    wait_until_equal(replicas, lost, theirs)
    restore(replicas, tmp_path / "backup")
    for server in replicas.servers:
        wait_for(lambda server=server: replicas.client(server).list(lost).status == 404, "what the backup had", 30)
        wait_for(lambda server=server: is_current(replicas, server), "a read of now", 30)
    other = KubeClient(upstream, f"{THEIRS}-{next(NUMBERS)}")
    upstream.client().create_cluster(other.cluster)
    other.made("default", new_snapshot("found"))
    uid = follow(replicas, upstream, other)
    wait_until_equal(replicas, uid, other)
    for server in replicas.servers:
        assert [name for _, name in replicas.client(server).names(uid)] == ["found"]


class Cluster:
    """A scripted cluster that remembers what it held at each version."""

    def __init__(self, scripted, random):
        self.scripted = scripted
        self.random = random
        self.states = {}
        self.note()

    def note(self):
        with self.scripted.objects.changed:
            self.states[self.scripted.objects.version] = brief_state(self.scripted.objects.items().values())

    def state_at(self, version):
        return self.states[max(known for known in list(self.states) if known <= version)]

    def step(self):
        """One thing that happens to a cluster."""
        objects = self.scripted.objects
        keys = sorted(objects.current)
        what = self.random.choices(["create", "update", "delete", "pass", "cut"], [4, 4, 3, 4, 1])[0]
        if what == "create" or len(keys) < 6:
            objects.create("alpha", f"made-{next(NUMBERS)}")
        elif what == "update":
            objects.update(*self.random.choice(keys))
        elif what == "delete":
            objects.delete(*self.random.choice(keys))
        elif what == "pass":
            objects.pass_versions(self.random.randint(1, 5))
        else:
            self.cut()
        self.note()

    def cut(self):
        """Whoever goes on after this has to list the cluster again: nobody saw the last write."""
        objects = self.scripted.objects
        with objects.changed:
            self.scripted.drop_connections()
            objects.create("alpha", f"made-{next(NUMBERS)}")
            self.note()
            objects.pass_versions(1)
            objects.compact()


def brief_state(items):
    return {name_of(item): item["metadata"]["resourceVersion"] for item in items}


@pytest.mark.parametrize("seed", range(2))
def test_what_a_replica_names_by_a_version_is_what_the_cluster_held_then(start_replicas, scripted, seed):
    chance = random.Random(seed)
    replicas = start_replicas(3)
    uid = connect(replicas, scripted.kubeconfig())
    wait_for_states(replicas, uid)
    cluster = Cluster(scripted, chance)
    seen, ends = [], []
    done = threading.Event()

    def read(own):
        """A list from one replica, and its end from another one."""
        while not done.is_set():
            first, second = own.sample(replicas.servers, 2)
            page = replicas.kube(uid, first).list(limit=3)
            assert page.status == 200, page
            page = page.json()
            rest = replicas.kube(uid, second).list(**{"continue": page["metadata"]["continue"]})
            ends.append(rest.status)
            if rest.status == 200:
                assert rest.json()["metadata"]["resourceVersion"] == page["metadata"]["resourceVersion"]
                seen.append((int(page["metadata"]["resourceVersion"]), brief_state(page["items"] + rest.json()["items"])))
            else:
                assert rest.status == 410, rest

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read, random.Random(1000 * seed + i)) for i in range(3)]
        try:
            for _ in range(2):
                for _ in range(75):
                    cluster.step()
                    time.sleep(chance.choice([0, 0.02, 0.1]))
                mark = scripted.mark()
                cluster.cut()
                wait_for(lambda mark=mark: len(scripted.asked("list", since=mark)) >= 3, "a list by each replica", 40)
        finally:
            done.set()
        for reader in readers:
            reader.result()
    assert len(seen) > 20, len(seen)
    for version, state in seen:
        assert state == cluster.state_at(version), version
    print(f"{len(seen)} lists, {ends.count(410)} of {len(ends)} went on at another state")
    scripted.objects.create("alpha", "last")
    wait_for(lambda: set(versions(replicas, uid)) == {str(scripted.objects.version)}, "the last write", 30)
    tags = {replicas.client(server).list(uid).header("ETag") for server in replicas.servers}
    assert len(tags) == 1
