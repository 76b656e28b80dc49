"""The registry's API: projects, clusters, keys, and the import of a dump."""

import json
import re
import socket
import threading

import pytest

from harness import SAMPLE, in_order, name_of, snapshot, snapshots, wait_for

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def test_projects(admin):
    made = admin.post("/admin/v1/projects", {"name": "Team Ä"})
    assert made.status == 201
    project = made.json()
    assert set(project) == {"uid", "name"}
    assert re.fullmatch(r"[0-9a-f]{24}", project["uid"])
    nothing = {"clusters": 0, "keys": 0, "objects": 0, "bytes": 0}
    assert admin.get(f"/admin/v1/projects/{project['uid']}").json() == {**project, "used": nothing}
    assert project in admin.get("/admin/v1/projects").json()["items"]
    given = admin.create_project("given", uid="Own-Uid-1")
    assert given["uid"] == "Own-Uid-1"
    gone = admin.delete(f"/admin/v1/projects/{project['uid']}")
    assert (gone.status, gone.body) == (204, b"")
    assert admin.get(f"/admin/v1/projects/{project['uid']}").status == 404
    assert admin.delete(f"/admin/v1/projects/{project['uid']}").status == 404


def test_clusters(admin):
    default = next(p for p in admin.get("/admin/v1/projects").json()["items"] if p["name"] == "Default")
    made = admin.post("/admin/v1/clusters", {"name": "My cluster"})
    assert made.status == 201
    cluster = made.json()
    assert set(cluster) == {"uid", "name", "projectUid", "type", "state", "objects", "bytes"}
    assert re.fullmatch(r"[0-9a-f]{24}", cluster["uid"])
    assert (cluster["type"], cluster["objects"], cluster["projectUid"]) == ("hosted", 0, default["uid"])
    admin.load(cluster["uid"], snapshots(7))
    told = admin.get(f"/admin/v1/clusters/{cluster['uid']}").json()
    assert told["objects"] == 7
    assert told in admin.get("/admin/v1/clusters").json()["items"]
    assert admin.delete(f"/admin/v1/clusters/{cluster['uid']}", force="false").status == 409
    assert admin.delete(f"/admin/v1/clusters/{cluster['uid']}", force="maybe").status == 400
    assert admin.delete(f"/admin/v1/clusters/{cluster['uid']}", force="true").status == 204
    assert admin.list(cluster["uid"]).status == 404
    again = admin.create_cluster(cluster["uid"])
    assert admin.names(again["uid"]) == []
    assert admin.post("/admin/v1/clusters", {"name": "x", "projectUid": "none"}).status == 404
    assert admin.post("/admin/v1/clusters", {"name": "x", "type": "mainframe"}).status == 400


def test_a_project_header_is_where_a_new_cluster_belongs(server, admin):
    project = admin.create_project("headed")["uid"]
    made = server.client(project=project).create_cluster("headed-1")
    assert made["projectUid"] == project


def test_keys(server, admin):
    project = admin.create_project("keyed")["uid"]
    made = admin.post("/admin/v1/keys", {"name": "k", "role": "editor", "projectUid": project, "expires": "90d"})
    assert made.status == 201
    key = made.json()
    assert set(key) == {"id", "name", "role", "projectUid", "clusters", "createdAt", "expiresAt", "lastUsedAt", "key"}
    assert (key["name"], key["role"], key["projectUid"], key["clusters"]) == ("k", "editor", project, None)
    assert re.fullmatch(TIME, key["createdAt"]) and re.fullmatch(TIME, key["expiresAt"])
    told = admin.get(f"/admin/v1/keys/{key['id']}").json()
    assert told == {name: value for name, value in key.items() if name != "key"}
    assert told in admin.get("/admin/v1/keys").json()["items"]
    tenants = admin.create_key("tenant-wide")
    assert (tenants["projectUid"], tenants["role"], tenants["expiresAt"]) == ("", "reader", None)
    assert admin.post("/admin/v1/keys", {"name": "k3", "role": "root"}).status == 400
    assert admin.post("/admin/v1/keys", {"name": "k3", "projectUid": "none"}).status == 404
    assert admin.delete(f"/admin/v1/keys/{key['id']}").status == 204
    assert server.client(key["key"]).get("/admin/v1/projects").status == 401


def test_palettes_dashboard(server, admin):
    project = admin.create_project("dash")["uid"]
    admin.create_cluster("dash-1", projectUid=project)
    items = server.client(project=project).get("/v1/dashboard/spectroclusters/vms").json()["items"]
    assert [item["metadata"] for item in items] == [{"name": "dash-1", "projectUid": project, "uid": "dash-1"}]
    named = admin.get("/v1/dashboard/projects/metadata", name="dash").json()["items"]
    assert named == [{"metadata": {"name": "dash", "uid": project}}]
    assert admin.get("/v1/dashboard/projects/metadata", name="no such").json()["items"] == []


def counts(created=0, replaced=0, unchanged=0, skipped=0, pruned=0):
    return {"created": created, "replaced": replaced, "unchanged": unchanged, "skipped": skipped,
            "pruned": pruned, "refused": []}


def test_import_conflicts_and_prune(admin, uid):
    objects = snapshots(10, ["a", "b"])
    assert admin.load(uid, objects) == counts(created=10)
    version = admin.list(uid).json()["metadata"]["resourceVersion"]
    renumbered = [{**item, "metadata": {**item["metadata"], "resourceVersion": "999"}} for item in admin.items(uid)]
    assert admin.load(uid, renumbered) == counts(unchanged=10)
    assert admin.list(uid).json()["metadata"]["resourceVersion"] == version

    changed = [snapshot(*name_of(item), phase="Failed") for item in objects[:4]]
    assert admin.load(uid, changed, onConflict="skip") == counts(skipped=4)
    assert admin.list(uid).json()["metadata"]["resourceVersion"] == version
    reply = admin.import_lines(uid, changed + [snapshot("c", "new")], onConflict="fail").json()
    assert reply["created"] == 1
    assert [one["index"] for one in reply["refused"]] == [0, 1, 2, 3]
    assert all(set(one) == {"index", "name", "message"} and one["message"] for one in reply["refused"])
    assert admin.load(uid, changed) == counts(replaced=4)
    assert admin.load(uid, changed, onConflict="replace", prune="true", complete="true") == counts(unchanged=4, pruned=7)
    assert admin.names(uid) == in_order(changed)
    assert admin.load(uid, [], prune="true", complete="true") == counts(pruned=4)
    assert admin.names(uid) == []


@pytest.mark.parametrize("query, parameter", [
    ({"onConflict": "maybe"}, "onConflict"), ({"prune": "yes"}, "prune"), ({"prune": ["true", "true"]}, "prune")])
def test_import_parameters(admin, uid, query, parameter):
    reply = admin.import_lines(uid, [], **query)
    assert reply.status == 400
    assert reply.json()["details"]["parameter"] == parameter


@pytest.mark.parametrize("shape", ["lines", "list", "array", "single", "kubectl"])
def test_import_takes_lines_and_lists(admin, uid, shape):
    objects = snapshots(1 if shape == "single" else 5)
    body = {"lines": "\n".join(map(json.dumps, objects)),
            "list": json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}),
            "array": json.dumps(objects),
            "single": json.dumps(objects[0], indent=2),
            "kubectl": json.dumps({"apiVersion": "snapshot.kubevirt.io/v1beta1", "items": objects,
                                   "kind": "VirtualMachineSnapshotList", "metadata": {"resourceVersion": "7"}}, indent=4)}[shape]
    content_type = "application/x-ndjson" if shape == "lines" else "application/json"
    reply = admin.post(f"/admin/v1/clusters/{uid}/import", body, {"Content-Type": content_type})
    assert reply.status == 200, reply
    assert reply.json() == counts(created=len(objects))
    assert admin.names(uid) == in_order(objects)


def bad(change):
    item = snapshot("web", "bad")
    change(item)
    return item


@pytest.mark.parametrize("item", [
    bad(lambda o: o.update(kind="Pod")),
    bad(lambda o: o.update(apiVersion="v1")),
    bad(lambda o: o["metadata"].update(name="Not_A_Name")),
    bad(lambda o: o["metadata"].update(namespace="Not A Namespace")),
    bad(lambda o: o["metadata"].pop("name")),
    bad(lambda o: o.pop("spec")),
    bad(lambda o: o["spec"].pop("source")),
    bad(lambda o: o["metadata"].update(labels={"a": 7})),
])
def test_import_stores_the_good_and_names_the_refused(admin, uid, item):
    good = [snapshot("web", "first"), snapshot("web", "last")]
    reply = admin.import_lines(uid, [good[0], item, good[1]])
    assert reply.status == 200, reply
    assert reply.json()["created"] == 2
    refused = reply.json()["refused"]
    assert [one["index"] for one in refused] == [1]
    assert refused[0]["message"]
    assert admin.names(uid) == in_order(good)


@pytest.mark.parametrize("line", ['"text"', "7", "null", "{]", '{"a":1', "{} trailing"])
def test_import_of_what_is_no_stream_of_objects(admin, uid, line):
    body = json.dumps(snapshot("web", "first")) + "\n" + line + "\n"
    reply = admin.post(f"/admin/v1/clusters/{uid}/import", body, {"Content-Type": "application/x-ndjson"})
    assert reply.status == 400
    assert reply.json()["code"] == "InvalidBody"
    assert admin.names(uid) == [("web", "first")]


def test_what_was_whole_before_a_stream_broke_is_stored_and_a_second_run_completes_it(admin, uid):
    objects = snapshots(20)
    text = "".join(json.dumps(item) + "\n" for item in objects)
    reply = admin.post(f"/admin/v1/clusters/{uid}/import", text[:len(text) // 2], {"Content-Type": "application/x-ndjson"})
    assert reply.status == 400
    assert reply.json()["code"] == "InvalidBody"
    stored = len(admin.names(uid))
    assert 0 < stored < 20
    done = admin.load(uid, objects)
    assert done == counts(created=20 - stored, unchanged=stored)


def test_absent_metadata_is_filled_and_given_metadata_kept(admin, uid):
    given = snapshot("web", "given", uid="aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", generation=7,
                     creationTimestamp="2020-01-02T03:04:05Z", finalizers=["snapshot.kubevirt.io/vmsnapshot-protection"])
    bare = snapshot("", "bare")
    del bare["metadata"]["namespace"]
    old = snapshot("web", "old")
    old["apiVersion"] = "snapshot.kubevirt.io/v1alpha1"
    admin.load(uid, [given, bare, old])
    items = {name_of(item): item for item in admin.items(uid)}
    kept = items["web", "given"]["metadata"]
    assert (kept["uid"], kept["generation"]) == ("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", 7)
    assert kept["creationTimestamp"] == "2020-01-02T03:04:05Z"
    assert kept["finalizers"] == ["snapshot.kubevirt.io/vmsnapshot-protection"]
    filled = items["default", "bare"]["metadata"]
    assert re.fullmatch(r"[0-9a-f-]{36}", filled["uid"]) and re.fullmatch(TIME, filled["creationTimestamp"])
    assert filled["generation"] == 1
    assert items["web", "old"]["apiVersion"] == "snapshot.kubevirt.io/v1beta1"
    # What was filled in stays: the same dump again changes nothing.
    assert admin.load(uid, [given, bare, old]) == counts(unchanged=3)


def test_the_sample_dump_comes_in_whole(admin, uid):
    text = SAMPLE.read_text(encoding="utf-8")
    objects = json.loads(text)["items"]
    reply = admin.post(f"/admin/v1/clusters/{uid}/import", text.encode(), {"Content-Type": "application/json"})
    assert reply.json() == counts(created=len(objects))
    assert admin.names(uid) == in_order(objects)
    reply = admin.post(f"/admin/v1/clusters/{uid}/import", text.encode(), {"Content-Type": "application/json"})
    assert reply.json() == counts(unchanged=len(objects))


def test_batches_are_visible_as_they_commit_and_the_stream_is_outside_the_body_limit(server, admin, uid):
    padding = "x" * 2000
    objects = [snapshot("web", f"s-{i:05}", annotations={"pad": padding}) for i in range(3000)]
    half_sent, go_on = threading.Event(), threading.Event()

    def pieces():
        for number, item in enumerate(objects):
            if number == 2000:
                half_sent.set()
                assert go_on.wait(60)
            yield (json.dumps(item) + "\n").encode()

    replies = []
    sender = threading.Thread(target=lambda: replies.append(admin.request(
        "POST", f"/admin/v1/clusters/{uid}/import", body=pieces(),
        headers={"Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"})))
    sender.start()
    assert half_sent.wait(60)
    watching = server.client()
    seen = wait_for(lambda: watching.get(f"/admin/v1/clusters/{uid}").json()["objects"], "the first batches", 20)
    assert seen <= 2000
    # A listing begun in the middle stays as it began.
    listing = watching.pages(uid)
    first = next(listing)
    go_on.set()
    sender.join()
    assert replies[0].status == 200, replies[0]
    assert replies[0].json() == counts(created=3000)
    assert len(first["items"]) + sum(len(page["items"]) for page in listing) == \
        len(first["items"]) + first["metadata"].get("remainingItemCount", 0)
    assert len(watching.names(uid)) == 3000


def test_two_imports_into_one_cluster_at_once_lose_nothing(server, admin, uid):
    parts = [[snapshot(f"ns-{n}", f"s-{i}") for i in range(400)] for n in range(4)]
    replies = []
    threads = [threading.Thread(target=lambda part=part: replies.append(server.client().load(uid, part))) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [counts(created=400)] * 4
    assert admin.names(uid) == in_order(item for part in parts for item in part)


def test_a_big_cluster_is_deleted_at_once_and_swept_beside_the_traffic(admin, uid):
    admin.load(uid, snapshots(5000, ["a", "b", "c"]))
    assert admin.delete(f"/admin/v1/clusters/{uid}", force="true").status == 204
    assert admin.list(uid).status == 404
    again = admin.create_cluster(uid)
    assert again["objects"] == 0
    assert admin.names(uid) == []
    admin.load(uid, snapshots(10))
    assert len(admin.names(uid)) == 10


def test_what_came_whole_before_a_stream_was_cut_off_is_stored(server, admin, uid):
    line = (json.dumps(snapshot("web", "whole")) + "\n").encode()
    head = (f"POST /admin/v1/clusters/{uid}/import HTTP/1.1\r\nHost: x\r\nApiKey: {server.admin_key}\r\n"
            "Content-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head + line + line[:50])
    wait_for(lambda: admin.names(uid) == [("web", "whole")], "the object that came whole")
