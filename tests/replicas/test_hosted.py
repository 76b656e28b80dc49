"""Objects of hosted clusters: each request to another replica, as a balancer deals them out."""

import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import in_order, name_of, snapshot, snapshots, wait_for
from kube import Watch, new_snapshot, snapshots_path

NUMBERS = itertools.count()


@pytest.fixture
def uid(replicas):
    name = f"hosted-{next(NUMBERS)}"
    replicas.client().create_cluster(name)
    return name


def version(item):
    return int(item["metadata"]["resourceVersion"])


def test_what_one_replica_wrote_every_other_shows_at_once(replicas, uid):
    for i, server in enumerate(replicas.servers * 5):
        made = replicas.kube(uid, server).create("default", new_snapshot(f"s-{i}"))
        assert made.status == 201, made
        for other in replicas.servers:
            read = replicas.kube(uid, other).read("default", f"s-{i}")
            assert read.status == 200, read
            assert read.json() == made.json()


def test_versions_grow_over_all_replicas_and_name_one_state_on_each(replicas, uid):
    versions = []
    for i in range(9):
        versions.append(version(replicas.kube(uid).create("default", new_snapshot(f"s-{i}")).json()))
    assert versions == sorted(set(versions))
    lists = [replicas.kube(uid, server).get(snapshots_path()).json() for server in replicas.servers]
    assert len({one["metadata"]["resourceVersion"] for one in lists}) == 1
    assert version(lists[0]) == versions[-1]
    for old in versions:
        shown = [replicas.kube(uid, server).get(snapshots_path(), resourceVersion=old, resourceVersionMatch="Exact").json()
                 for server in replicas.servers]
        assert shown[0] == shown[1] == shown[2]
        assert max(version(item) for item in shown[0]["items"]) == old


def test_of_updates_with_one_version_on_all_replicas_one_is_done(replicas, uid):
    replicas.kube(uid).create("default", new_snapshot("contended"))
    for turn in range(5):
        live = replicas.kube(uid).read("default", "contended").json()

        def update(server, base=live, turn=turn):
            item = {**base, "metadata": {**base["metadata"], "labels": {"by": f"{server.port}-{turn}"}}}
            return replicas.kube(uid, server).replace("default", "contended", item).status

        with ThreadPoolExecutor(3) as pool:
            assert sorted(pool.map(update, replicas.servers)) == [200, 409, 409]


def test_patches_on_all_replicas_are_all_done(replicas, uid):
    replicas.kube(uid).create("default", new_snapshot("patched"))

    def patch(i):
        server = replicas.servers[i % 3]
        return replicas.kube(uid, server).patch("default", "patched", {"metadata": {"labels": {f"l{i}": "yes"}}}).status

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(patch, range(24))) == {200}
    labels = replicas.kube(uid).read("default", "patched").json()["metadata"]["labels"]
    assert sorted(labels) == sorted(f"l{i}" for i in range(24))


def test_generated_names_differ(replicas, uid):
    def make(i):
        return replicas.kube(uid, replicas.servers[i % 3]).create("default", new_snapshot(generateName="gen-")).json()

    with ThreadPoolExecutor(6) as pool:
        names = [item["metadata"]["name"] for item in pool.map(make, range(30))]
    assert len(set(names)) == 30


def test_a_listing_whose_pages_come_from_other_replicas_is_the_state_of_its_first_page(replicas, uid):
    objects = snapshots(230, namespaces=("a", "b"), vms=("vm-1", "vm-2"))
    replicas.client().load(uid, objects)
    seen, token = [], None
    while True:
        page = replicas.client().list(uid, limit=20, **({"continue": token} if token else {})).json()
        seen += [name_of(item) for item in page["items"]]
        replicas.client().load(uid, [snapshot("a", f"later-{len(seen)}")])
        token = page["metadata"].get("continue")
        if not token:
            break
    assert seen == in_order(objects)


def test_an_etag_is_good_on_every_replica(replicas, uid):
    replicas.client().load(uid, snapshots(30))
    tags = {replicas.client(server).list(uid).header("ETag") for server in replicas.servers}
    assert len(tags) == 1
    for server in replicas.servers:
        assert replicas.client(server).list(uid, headers={"If-None-Match": tags.copy().pop()}).status == 304
    replicas.client().load(uid, [snapshot("default", "one-more")])
    for server in replicas.servers:
        assert replicas.client(server).list(uid, headers={"If-None-Match": tags.copy().pop()}).status == 200


def test_a_watch_that_goes_on_at_another_replica_misses_nothing_and_repeats_nothing(replicas, uid):
    # In batches, too: several changes of one transaction have versions of their own.
    begin = replicas.kube(uid).get(snapshots_path()).json()["metadata"]["resourceVersion"]
    replicas.client().load(uid, snapshots(60))
    for i in range(10):
        assert replicas.kube(uid).create("default", new_snapshot(f"single-{i}")).status == 201
        assert replicas.kube(uid).delete(snapshots_path("default", f"single-{i}")).status == 200
    whole = None
    for server in replicas.servers:
        watch = Watch(replicas.kube(uid, server), snapshots_path(), {"watch": "1", "resourceVersion": begin})
        wait_for(lambda watch=watch: len(watch.events) >= 80, "80 events")
        events = [(event["type"], name_of(event["object"]), version(event["object"])) for event in watch.events]
        assert len(events) == 80
        assert [one[2] for one in events] == sorted({one[2] for one in events})
        assert whole is None or events == whole
        whole = events
    # From the middle on, wherever it was cut.
    for at in random.sample(range(80), 12):
        watch = Watch(replicas.kube(uid), snapshots_path(), {"watch": "1", "resourceVersion": whole[at][2]})
        rest = whole[at + 1:]
        wait_for(lambda watch=watch, rest=rest: len(watch.events) >= len(rest), "the rest of the events")
        assert [(e["type"], name_of(e["object"]), version(e["object"])) for e in watch.events] == rest


def test_a_namespace_goes_with_all_that_it_holds(replicas, uid):
    replicas.client().load(uid, snapshots(150, namespaces=("going",)))
    assert replicas.kube(uid).delete("/api/v1/namespaces/going").status == 200
    wait_for(lambda: replicas.kube(uid).get("/api/v1/namespaces/going").status == 404, "the namespace is gone", 30)
    for server in replicas.servers:
        assert replicas.client(server).items(uid) == []


def test_a_collection_is_deleted_across_transactions(replicas, uid):
    replicas.client().load(uid, snapshots(300))
    assert replicas.kube(uid).delete(snapshots_path("default")).status == 200
    for server in replicas.servers:
        assert replicas.client(server).items(uid) == []


def test_an_import_that_was_run_on_one_replica_changes_nothing_on_another(replicas, uid):
    objects = snapshots(120)
    first = replicas.client(replicas.servers[0]).load(uid, objects)
    again = replicas.client(replicas.servers[1]).load(uid, objects)
    assert first["created"] == 120
    assert again["created"] == 0
    assert again["unchanged"] == 120


def test_a_prune_goes_by_what_a_dry_run_on_another_replica_counted(replicas, uid):
    one, two, three = replicas.servers
    objects = snapshots(30)
    replicas.client(one).load(uid, objects)
    kept = objects[:20]
    would = replicas.client(one).import_lines(uid, kept, prune="true", dryRun="true", complete="true").json()
    assert would["pruned"] == 10
    # What came after the dry run stays.
    replicas.client(two).load(uid, [snapshot("default", "after")])
    done = replicas.client(three).import_lines(uid, kept, prune="true", complete="true", pruneAsOf=would["pruneAsOf"]).json()
    assert done["pruned"] == 10
    expected = sorted(name_of(item) for item in [*kept, snapshot("default", "after")])
    assert replicas.client().names(uid) == expected
    unknown = replicas.client().import_lines(uid, kept, prune="true", complete="true", pruneAsOf="999")
    assert unknown.status == 410, unknown


def test_owners_and_dependents_are_collected_whichever_replica_is_asked(replicas, uid):
    owner = replicas.kube(uid).create("default", new_snapshot("owner")).json()
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": "owner", "uid": owner["metadata"]["uid"]}
    for i in range(5):
        made = replicas.kube(uid).create("default", new_snapshot(f"dependent-{i}", ownerReferences=[reference]))
        assert made.status == 201, made
    assert replicas.kube(uid).delete(snapshots_path("default", "owner")).status == 200
    wait_for(lambda: replicas.client().items(uid) == [], "the dependents are collected", 30)


def test_a_quota_holds_over_all_replicas(replicas):
    project = replicas.client().create_project(f"small-{next(NUMBERS)}")
    # Ten, and the namespace default.
    limited = replicas.client().request("PUT", f"/admin/v1/projects/{project['uid']}/quota", {"objects": 11})
    assert limited.status == 200, limited
    name = f"quota-{next(NUMBERS)}"
    replicas.client().create_cluster(name, projectUid=project["uid"])

    def make(i):
        return replicas.kube(name, replicas.servers[i % 3]).create("default", new_snapshot(f"s-{i}")).status

    with ThreadPoolExecutor(9) as pool:
        statuses = list(pool.map(make, range(30)))
    assert statuses.count(201) == 10, statuses
    assert len(replicas.client().items(name)) == 10


def test_a_quota_holds_for_namespaces_over_all_replicas(replicas):
    project = replicas.client().create_project(f"small-{next(NUMBERS)}")
    name = f"quota-{next(NUMBERS)}"
    replicas.client().create_cluster(name, projectUid=project["uid"])
    limited = replicas.client().request("PUT", f"/admin/v1/projects/{project['uid']}/quota", {"objects": 11})
    assert limited.status == 200, limited

    def make(i):
        server = replicas.servers[i % 3]
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"space-{i}"}}
        return replicas.kube(name, server).post("/api/v1/namespaces", body).status

    with ThreadPoolExecutor(9) as pool:
        statuses = list(pool.map(make, range(30)))
    assert statuses.count(201) == 10 and statuses.count(403) == 20, statuses
    for server in replicas.servers:
        assert len(replicas.kube(name, server).get("/api/v1/namespaces").json()["items"]) == 11
        assert replicas.client(server).get(f"/admin/v1/projects/{project['uid']}").json()["used"]["objects"] == 11
