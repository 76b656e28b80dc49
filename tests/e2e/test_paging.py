"""Listings over several pages: consistent whatever is written meanwhile, and what becomes of tokens."""

import random
import time

import pytest

from harness import LIST_ROUTE, PATIENCE, in_order, name_of, snapshot, snapshots, wait_for


def follow(client, uid, token, **query):
    """The items from `token` to the end, and the resource version of every page."""
    items, versions = [], []
    while token:
        reply = client.list(uid, **{"continue": token}, **query)
        assert reply.status == 200, reply
        page = reply.json()
        items += page["items"]
        versions.append(page["metadata"]["resourceVersion"])
        token = page["metadata"].get("continue")
    return items, versions


def expired(reply):
    assert reply.status == 410, reply
    error = reply.json()
    assert error["code"] == "Expired"
    assert error["details"]["continue"]
    return error["details"]["continue"]


def wait_until_expired(client, uid, token, seconds=10):
    """Polls until the token has expired; it may be refused as that, and in no other way."""
    def refused():
        reply = client.list(uid, **{"continue": token})
        if reply.status == 410:
            return expired(reply)
        assert reply.status == 200, reply
        return None

    return wait_for(refused, "the token to expire", seconds)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_following_the_tokens_gives_each_object_once_in_order(start_server, tls):
    server = start_server("--tls-self-signed")
    client = server.client(tls=tls)
    client.create_cluster("demo")
    objects = snapshots(230, ["payments", "web", "other"], ["a", "b", "c", "d"])
    client.load("demo", objects)
    wanted = in_order(item for item in objects if item["metadata"]["namespace"] != "other")

    reply = client.get("/v1/spectroclusters/demo/vms/snapshot?limit=20&namespace=payments,web")
    assert reply.status == 200
    assert len(reply.json()["items"]) == 20
    assert reply.json()["metadata"]["continue"]

    found, remaining, versions = [], [], set()
    for page in client.pages("demo", limit=20, namespace="payments,web"):
        found += [name_of(item) for item in page["items"]]
        remaining.append(page["metadata"].get("remainingItemCount"))
        versions.add(page["metadata"]["resourceVersion"])
    assert found == wanted
    assert len(set(found)) == len(found)
    assert remaining[:-1] == [len(wanted) - 20 * (i + 1) for i in range(len(remaining) - 1)]
    assert remaining[-1] is None
    assert len(versions) == 1


def test_the_limit_may_change_between_pages(admin, uid):
    objects = snapshots(100, ["a", "b"])
    admin.load(uid, objects)
    found, token = [], None
    for limit in [1, 50, 3, 20, 50]:
        page = admin.list(uid, limit=limit, **({"continue": token} if token else {})).json()
        found += [name_of(item) for item in page["items"]]
        token = page["metadata"].get("continue")
    assert token is None
    assert found == in_order(objects)


def test_a_listing_shows_the_head_at_its_first_page_through_a_thousand_writes(admin, uid):
    objects = snapshots(300, ["a", "b", "c"], ["vm-1", "vm-2"])
    admin.load(uid, objects)
    wanted = in_order(objects)
    first = admin.list(uid, limit=20).json()
    of_vm = admin.list(uid, limit=20, vmName="vm-2").json()

    # Replaces, deletes (what a pruned dump lacks) and creates, at random, in many imports.
    chance = random.Random(20261123)
    kept = {name_of(item): item for item in objects}
    writes = 0
    while writes < 1000:
        lacking = chance.sample(sorted(kept), 20)
        for name in lacking:
            del kept[name]
        added = [snapshot(chance.choice("abcd"), f"new-{writes}-{i}", chance.choice(["vm-1", "vm-2"]))
                 for i in range(25)]
        kept.update({name_of(item): item for item in added})
        for name in chance.sample(sorted(kept), 40):
            kept[name] = snapshot(*name, f"vm-{chance.randrange(3)}", f"phase-{writes}")
        counts = admin.load(uid, list(kept.values()), prune="true", complete="true")
        assert counts["pruned"] == 20
        writes += counts["created"] + counts["replaced"] + counts["pruned"]

    items, versions = follow(admin, uid, first["metadata"]["continue"], limit=20)
    whole = first["items"] + items
    assert [name_of(item) for item in whole] == wanted
    assert {item["status"]["phase"] for item in whole} == {"Succeeded"}
    assert set(versions) == {first["metadata"]["resourceVersion"]}
    items, versions = follow(admin, uid, of_vm["metadata"]["continue"], vmName="vm-2", limit=20)
    assert [name_of(item) for item in of_vm["items"] + items] == in_order(
        item for item in objects if item["spec"]["source"]["name"] == "vm-2")
    assert set(versions) == {first["metadata"]["resourceVersion"]}
    assert admin.names(uid) == in_order(kept.values())


def test_a_token_belongs_to_its_query_and_cluster(admin, uid):
    admin.load(uid, snapshots(100, ["a", "b"], ["vm-1", "vm-2"]))
    other = admin.create_cluster(uid + "-x")["uid"]
    admin.load(other, snapshots(100, ["a", "b"], ["vm-1", "vm-2"]))
    token = admin.list(uid, limit=10, namespace="a,b").json()["metadata"]["continue"]
    assert len(token) <= 1024
    # The same filters written in another way are the same query.
    assert admin.list(uid, namespace=["b", "a"], limit=5, **{"continue": token}).status == 200
    for where, query in [(uid, {}), (uid, {"namespace": "a"}), (uid, {"namespace": "a,b", "vmName": "vm-1"}),
                         (uid, {"namespace": "a,b,c"}), (other, {"namespace": "a,b"})]:
        reply = admin.list(where, **query, **{"continue": token})
        assert reply.status == 400, (query, reply)
        assert reply.json()["code"] == "InvalidParameter"
        assert reply.json()["details"]["parameter"] == "continue"


def test_a_token_of_a_cluster_deleted_and_made_again_is_refused(admin, uid):
    admin.load(uid, snapshots(60))
    token = admin.list(uid, limit=10).json()["metadata"]["continue"]
    assert admin.delete(f"/admin/v1/clusters/{uid}", force="true").status == 204
    assert admin.list(uid, **{"continue": token}).status == 404
    admin.create_cluster(uid)
    admin.load(uid, snapshots(60, ["fresh"]))
    reply = admin.list(uid, **{"continue": token})
    assert reply.status in (400, 410), reply


def test_every_changed_byte_of_a_token_is_refused(admin, uid):
    admin.load(uid, snapshots(20))
    token = admin.list(uid, limit=5).json()["metadata"]["continue"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last character holds bits that carry nothing in some lengths; all others count.
    changed = [token[:i] + alphabet[(alphabet.index(c) + 1) % 64] + token[i + 1:]
               for i, c in enumerate(token[:-1]) if c in alphabet]
    changed += [token[:-4], token + "AAAA", token + "=", token[4:], "A", "AAAA", "%", " ", "A" * 1024, "A" * 5000,
                "null", "../../etc", "\u00e4"]
    for wrong in changed:
        reply = admin.list(uid, **{"continue": wrong})
        assert reply.status == 400, (wrong, reply)
        assert reply.json()["code"] == "InvalidParameter"
        assert reply.json()["details"]["parameter"] == "continue"


def test_a_token_after_the_longest_names_is_at_most_1_kib_long(admin, uid):
    long = "a" * 63
    names = [f"{long}.{long}.{long}.{'a' * 58}{i:03}" for i in range(3)]
    admin.load(uid, [snapshot(long, name, vm=".".join([long] * 3 + ["b" * 61])) for name in names])
    found, token = [], None
    while True:
        page = admin.list(uid, limit=1, vmName=".".join([long] * 3 + ["b" * 61]), namespace=long,
                          **({"continue": token} if token else {})).json()
        found += [name_of(item)[1] for item in page["items"]]
        token = page["metadata"].get("continue")
        if not token:
            break
        assert len(token) <= 1024
    assert found == names


def test_an_empty_continue_begins_a_listing(admin, uid):
    admin.load(uid, snapshots(3))
    assert len(admin.get(LIST_ROUTE.format(uid=uid) + "?continue=&limit=2").json()["items"]) == 2


def test_a_token_from_before_a_restart_goes_on(start_server, data_dir):
    server = start_server()
    client = server.client()
    client.create_cluster("demo")
    objects = snapshots(90, ["a", "b"])
    client.load("demo", objects)
    first = client.list("demo", limit=20).json()
    client.load("demo", [snapshot("a", "0-later")])
    for end in (server.stop, server.kill):
        end()
        server.start()
        client = server.client()
        items, versions = follow(client, "demo", first["metadata"]["continue"], limit=20)
        assert [name_of(item) for item in first["items"] + items] == in_order(objects)
        assert set(versions) == {first["metadata"]["resourceVersion"]}


def test_after_history_under_writes_a_token_gives_410_and_a_way_on(start_server):
    server = start_server("--history", "1s")
    client = server.client()
    client.create_cluster("demo")
    objects = [snapshot("a", f"s-{i:03}") for i in range(60)]
    client.load("demo", objects)
    first = client.list("demo", limit=20).json()
    token = first["metadata"]["continue"]
    client.load("demo", [snapshot("a", "s-999"), snapshot("a", "a-before")])
    way_on = wait_until_expired(client, "demo", token)

    reply = client.list("demo", limit=20, **{"continue": way_on})
    assert reply.status == 200, reply
    page = reply.json()
    newest = client.list("demo").json()["metadata"]["resourceVersion"]
    assert page["metadata"]["resourceVersion"] == newest
    assert newest != first["metadata"]["resourceVersion"]
    assert "remainingItemCount" not in page["metadata"]
    items, versions = follow(client, "demo", page["metadata"]["continue"], limit=20)
    # From the same key on, at the newest head: what was added behind it is there.
    assert [name_of(item)[1] for item in page["items"] + items] == [f"s-{i:03}" for i in range(20, 60)] + ["s-999"]
    assert set(versions) == {newest}


def test_the_head_itself_never_expires(start_server):
    server = start_server("--history", "1s")
    client = server.client()
    client.create_cluster("demo")
    client.load("demo", snapshots(60))
    token = client.list("demo", limit=20).json()["metadata"]["continue"]
    time.sleep(3.5)
    # Writes elsewhere do not touch it.
    client.create_cluster("other")
    client.load("other", snapshots(10))
    items, _ = follow(client, "demo", token)
    assert len(items) == 40


def test_history_counts_from_when_a_revision_stopped_being_the_head(start_server):
    server = start_server("--history", "2s")
    client = server.client()
    client.create_cluster("demo")
    client.load("demo", snapshots(60))
    token = client.list("demo", limit=20).json()["metadata"]["continue"]
    time.sleep(2.5)
    before = time.monotonic()
    client.load("demo", [snapshot("x", "newer")])
    after = time.monotonic()
    # It was the head until just now: it has its two seconds yet.
    assert client.list("demo", **{"continue": token}).status == 200
    wait_until_expired(client, "demo", token)
    assert time.monotonic() - before >= 2, "expired too early"
    # Within a second; the rest is what a busy machine may take to answer.
    assert time.monotonic() - after < 2 + 1 + 2 * PATIENCE, "expired too late"


def test_expiry_goes_on_after_a_restart(start_server):
    """History is the time that the server has seen; while it is down, none passes."""
    server = start_server("--history", "2s")
    client = server.client()
    client.create_cluster("demo")
    client.load("demo", snapshots(60))
    token = client.list("demo", limit=20).json()["metadata"]["continue"]
    client.load("demo", [snapshot("x", "newer")])
    server.stop()
    server.start()
    wait_until_expired(server.client(), "demo", token)


def test_a_longer_history_does_not_bring_back_what_is_gone(start_server):
    server = start_server("--history", "1s")
    client = server.client()
    client.create_cluster("demo")
    objects = snapshots(60)
    client.load("demo", objects)
    token = client.list("demo", limit=20).json()["metadata"]["continue"]
    client.load("demo", [snapshot(*name_of(item), phase="Failed") for item in objects])
    wait_until_expired(client, "demo", token)
    time.sleep(2)
    server.stop()
    server.arguments = ["--history", "1h"]
    server.start()
    reply = server.client().list("demo", **{"continue": token})
    assert reply.status == 410 or "Failed" not in reply.text(), "history that is gone reads as if it were there"


def test_a_signed_token_of_another_store_gives_410_and_a_way_on(start_server, tmp_path):
    """The way of a store that was restored or made anew beside the old token key."""
    one = start_server(directory=tmp_path / "one")
    client = one.client()
    client.create_cluster("demo")
    client.load("demo", [snapshot("a", f"s-{i:03}") for i in range(60)])
    token = client.list("demo", limit=20).json()["metadata"]["continue"]
    one.stop()

    # A key without a store beside it is refused, so the other store is made first.
    start_server(directory=tmp_path / "two").stop()
    (tmp_path / "two" / "token.key").write_bytes((tmp_path / "one" / "token.key").read_bytes())
    two = start_server(directory=tmp_path / "two")
    client = two.client()
    client.create_cluster("demo")
    client.load("demo", [snapshot("a", f"s-{i:03}") for i in range(15, 40)])
    way_on = expired(client.list("demo", **{"continue": token}))
    items, _ = follow(client, "demo", way_on)
    assert [name_of(item)[1] for item in items] == [f"s-{i:03}" for i in range(20, 40)]


def test_a_token_signed_with_another_key_is_refused(start_server, tmp_path):
    one = start_server(directory=tmp_path / "one")
    two = start_server(directory=tmp_path / "two")
    tokens = []
    for server in (one, two):
        client = server.client()
        client.create_cluster("demo")
        client.load("demo", snapshots(60))
        tokens.append(client.list("demo", limit=20).json()["metadata"]["continue"])
    assert two.client().list("demo", **{"continue": tokens[0]}).status == 400


def test_a_page_of_huge_objects_ends_early_and_loses_none(admin, uid):
    objects = [snapshot("web", f"huge-{i:02}") for i in range(12)]
    for item in objects:
        item["status"]["novelty"] = "x" * (3 << 19)  # 1.5 MiB in a field that nobody knows
    admin.load(uid, objects)
    pages = list(admin.pages(uid))
    assert len(pages) > 1
    assert [name_of(item) for page in pages for item in page["items"]] == in_order(objects)
    assert pages[0]["metadata"]["remainingItemCount"] == 12 - len(pages[0]["items"])
