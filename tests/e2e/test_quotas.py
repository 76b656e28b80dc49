"""How much a project may have: clusters, keys, objects and bytes, by every way in which they come."""

import itertools
import json

import pytest

from connected import UID, Pair, wait_for_state
from harness import snapshot, snapshots, vm_path, wait_for

NUMBERS = itertools.count(1)


@pytest.fixture
def project(server, admin):
    """(uid, name) of a new project."""
    name = f"project-{next(NUMBERS)}"
    return admin.create_project(name)["uid"], name


def set_quota(admin, uid, **limits):
    reply = admin.request("PUT", f"/admin/v1/projects/{uid}/quota", json.dumps(limits), {"Content-Type": "application/json"})
    assert reply.status == 200, reply
    return reply.json()


def assert_refused(reply, message):
    assert (reply.status, reply.json()["code"]) == (403, "QuotaExceeded"), reply
    assert message in reply.json()["message"], reply


def test_clusters_and_keys(admin, project):
    uid, name = project
    assert set_quota(admin, uid, clusters=1, keys=2)["quota"] == {"clusters": 1, "keys": 2}
    admin.create_cluster(f"{name}-a", projectUid=uid)
    assert_refused(admin.post("/admin/v1/clusters", {"name": "b", "projectUid": uid}),
                   f"1 more cluster would exceed the quota of project {name}: it has 1 cluster, and 1 is allowed")
    for key in "ab":
        admin.create_key(key, projectUid=uid)
    assert_refused(admin.post("/admin/v1/keys", {"name": "c", "projectUid": uid}), "it has 2 keys, and 2 are allowed")
    first = namespace_bytes(admin, f"{name}-a")
    assert admin.get(f"/admin/v1/projects/{uid}").json()["used"] == {"clusters": 1, "keys": 2, "objects": 1, "bytes": first}
    admin.delete(f"/admin/v1/clusters/{name}-a")
    admin.create_cluster(f"{name}-b", projectUid=uid)
    assert admin.post("/admin/v1/clusters", {"name": f"other {name}"}).status == 201, "other projects have no quota"


def test_objects_that_are_created(admin, project):
    uid, name = project
    cluster = admin.create_cluster(f"{name}-a", projectUid=uid)["uid"]
    other = admin.create_cluster(f"{name}-b", projectUid=uid)["uid"]
    # In each cluster the namespaces default and web, and one snapshot.
    set_quota(admin, uid, objects=6)
    for where, snap in ((cluster, "s1"), (other, "s2")):
        assert admin.post(vm_path(where), {"metadata": {"name": snap}}, namespace="web").status == 200
    assert_refused(admin.post(vm_path(cluster), {"metadata": {"name": "s3"}}, namespace="web"),
                   "it has 6 objects, and 6 are allowed")
    again = admin.post(vm_path(cluster), {"metadata": {"name": "s1"}}, namespace="web")
    assert again.status == 409, "what is there is told before what is allowed"
    kube = admin.request("POST", f"/clusters/{cluster}/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots",
                         json.dumps(snapshot("web", "s3")),
                         {"Content-Type": "application/json", "Authorization": f"Bearer {admin.key}"})
    assert (kube.status, kube.json()["reason"]) == (403, "Forbidden"), kube
    assert "6 are allowed" in kube.json()["message"]
    assert admin.delete(vm_path(other, name="s2"), namespace="web").status == 204
    assert admin.post(vm_path(cluster), {"metadata": {"name": "s3"}}, namespace="web").status == 200


def test_namespaces_are_objects(admin, project):
    uid, name = project
    cluster = admin.create_cluster(name, projectUid=uid)["uid"]
    set_quota(admin, uid, objects=2)
    assert make_namespace(admin, cluster, "one").status == 201
    refused = make_namespace(admin, cluster, "two")
    assert (refused.status, refused.json()["reason"]) == (403, "Forbidden"), refused
    assert "it has 2 objects, and 2 are allowed" in refused.json()["message"]
    assert used(admin, uid, "objects") == 2
    assert_refused(admin.post("/admin/v1/clusters", {"name": "more", "projectUid": uid}), "it has 2 objects, and 2 are allowed")

    # The namespace that is made for a snapshot comes with it, or neither does.
    for limit in (2, 3):
        set_quota(admin, uid, objects=limit)
        assert_refused(admin.post(vm_path(cluster), {"metadata": {"name": "s1"}}, namespace="web"), f"{limit} are allowed")
        assert_refused(admin.import_lines(cluster, [snapshot("web", "s1")]), f"{limit} are allowed")
        assert_refused(admin.import_lines(cluster, [snapshot("web", "s1")], dryRun="true"), f"{limit} are allowed")
        assert kube_get(admin, f"/clusters/{cluster}/api/v1/namespaces/web").status == 404
    set_quota(admin, uid, objects=4)
    assert admin.post(vm_path(cluster), {"metadata": {"name": "s1"}}, namespace="web").status == 200
    assert used(admin, uid, "objects") == 4

    headers = {"Authorization": f"Bearer {admin.key}"}
    assert admin.request("DELETE", f"/clusters/{cluster}/api/v1/namespaces/web", None, headers).status == 200
    wait_for(lambda: used(admin, uid, "objects") == 2, "the namespace and its snapshot to be gone")
    assert make_namespace(admin, cluster, "two").status == 201


def test_bytes_of_namespaces(admin, project):
    uid, name = project
    cluster = admin.create_cluster(name, projectUid=uid)["uid"]
    before = used(admin, uid, "bytes")
    assert before == namespace_bytes(admin, cluster) > 100
    set_quota(admin, uid, bytes=before + 3000)
    refused = make_namespace(admin, cluster, "large", annotations={"note": "x" * 3000})
    assert refused.status == 403 and f"it has {before:,} bytes, and {before + 3000:,} are allowed" in refused.json()["message"]
    assert make_namespace(admin, cluster, "smaller", annotations={"note": "x" * 2000}).status == 201
    assert before + 2000 < used(admin, uid, "bytes") <= before + 3000
    set_quota(admin, uid, bytes=before)
    assert_refused(admin.post(vm_path(cluster), {"metadata": {"name": "s1"}}, namespace="web"), f"{before:,} are allowed")
    headers = {"Authorization": f"Bearer {admin.key}"}
    assert admin.request("DELETE", f"/clusters/{cluster}/api/v1/namespaces/smaller", None, headers).status == 200, "above the quota"
    wait_for(lambda: used(admin, uid, "bytes") == before, "the namespace to be gone")


def test_a_namespace_is_no_larger_than_an_object(admin, uid):
    # managedFields have each name once more, in base64.
    many = {f"{'x' * 240}.example.com/{number:05d}": "y" * 60 for number in range(3400)}
    refused = make_namespace(admin, uid, "large", labels=many)
    assert (refused.status, refused.json()["reason"]) == (413, "RequestEntityTooLarge"), refused
    assert make_namespace(admin, uid, "large", labels=dict(list(many.items())[:3000])).status == 201


def test_objects_that_are_imported(admin, project):
    uid, name = project
    cluster = admin.create_cluster(name, projectUid=uid)["uid"]
    set_quota(admin, uid, objects=300)
    reply = admin.import_lines(cluster, snapshots(1000))
    assert_refused(reply, "300 are allowed")
    assert "256 created" in reply.json()["message"], "whole batches that fit are stored"
    assert admin.cluster(cluster)["objects"] == 256
    reply = admin.import_lines(cluster, snapshots(1000)[:256])
    assert reply.status == 200, "what is there already takes no room"
    set_quota(admin, uid, objects=None)
    assert admin.import_lines(cluster, snapshots(1000)).status == 200


def test_a_mirror_above_its_quota_says_so_and_harms_no_other(data_dir):
    with Pair(data_dir.parent) as pair:
        nine = snapshots(9)
        pair.upstream.client().load(UID, nine[:5])
        pair.follow()
        admin = pair.mirror.client()
        project = admin.cluster(UID)["projectUid"]
        elsewhere = admin.create_cluster("elsewhere", projectUid=admin.create_project("elsewhere")["uid"])["uid"]
        set_quota(admin, project, objects=7)
        pair.upstream.client().load(UID, nine[:7])
        pair.wait_until_equal()
        pair.upstream.client().load(UID, nine)
        seen = wait_for_state(pair.mirror, UID, "Failing", "QuotaExceeded")
        assert "7 are allowed" in seen["message"]
        assert seen["objects"] == 7, "the last state stays"
        admin.load(elsewhere, snapshots(9))
        assert admin.cluster(elsewhere)["objects"] == 9
        set_quota(admin, project, objects=9)
        wait_for(lambda: admin.cluster(UID)["objects"] == 9, "the mirror goes on with more room", 60)


def used(admin, uid, what):
    return admin.get(f"/admin/v1/projects/{uid}").json()["used"][what]


def used_bytes(admin, uid):
    return used(admin, uid, "bytes")


def make_namespace(admin, cluster, name, **metadata):
    return admin.request("POST", f"/clusters/{cluster}/api/v1/namespaces",
                         json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **metadata}}),
                         {"Content-Type": "application/json", "Authorization": f"Bearer {admin.key}"})


def kube_get(admin, path):
    return admin.get(path, {"Authorization": f"Bearer {admin.key}"})


def namespace_bytes(admin, *clusters):
    """How long the JSON of the namespaces is that the clusters got by themselves: it is shown as it is stored."""
    size = 0
    for cluster in clusters:
        path = f"/clusters/{cluster}/api/v1/namespaces"
        names = [one["metadata"]["name"] for one in kube_get(admin, path).json()["items"]]
        size += sum(len(kube_get(admin, f"{path}/{name}").body.rstrip()) for name in names)
    return size


def stored_size(admin, cluster, name):
    """How long the JSON of an object is: what the Palette side answers is what is stored."""
    reply = admin.get(vm_path(cluster, name=name), namespace="web")
    assert reply.status == 200, reply
    return len(reply.body)


def noted(name, note, **metadata):
    return {"metadata": {"name": name, "annotations": {"note": note}, **metadata}}


def kube_path(cluster, name=""):
    return f"/clusters/{cluster}/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots/{name}".rstrip("/")


def test_bytes_of_what_is_created_and_changed(admin, project):
    uid, name = project
    cluster = admin.create_cluster(f"{name}-a", projectUid=uid)["uid"]
    other = admin.create_cluster(f"{name}-b", projectUid=uid)["uid"]
    for where, snap in ((cluster, "s1"), (other, "s2")):
        assert admin.post(vm_path(where), noted(snap, "x" * 1000), namespace="web").status == 200
    sizes = [stored_size(admin, cluster, "s1"), stored_size(admin, other, "s2")]
    spaces = namespace_bytes(admin, cluster, other)
    full = sum(sizes) + spaces
    assert used_bytes(admin, uid) == full
    assert (admin.cluster(cluster)["bytes"], admin.cluster(other)["bytes"]) == tuple(sizes)

    allowed = full + 1000
    set_quota(admin, uid, bytes=allowed)
    refused = admin.post(vm_path(cluster), noted("s3", "x" * 1000), namespace="web")
    assert_refused(refused, f"it has {full:,} bytes, and {allowed:,} are allowed")

    def patch(note, where=cluster, snap="s1"):
        return admin.request("PATCH", kube_path(where, snap), json.dumps({"metadata": {"annotations": {"note": note}}}), {
            "Content-Type": "application/merge-patch+json", "Authorization": f"Bearer {admin.key}"})

    larger = patch("x" * 2500)
    assert (larger.status, larger.json()["reason"]) == (403, "Forbidden"), larger
    assert f"{allowed:,} are allowed" in larger.json()["message"]
    assert patch("x" * 1500).status == 200
    assert used_bytes(admin, uid) == stored_size(admin, cluster, "s1") + sizes[1] + spaces <= allowed

    set_quota(admin, uid, bytes=10)
    assert patch("x" * 1501).status == 403
    assert patch("y" * 1500).status == 200, "a change that needs no more room"
    assert patch("x" * 20).status == 200, "a smaller one, above the quota"
    held = {"metadata": {"finalizers": ["example.com/hold"]}}
    set_quota(admin, uid, bytes=None)
    admin.request("PATCH", kube_path(other, "s2"), json.dumps(held), {
        "Content-Type": "application/merge-patch+json", "Authorization": f"Bearer {admin.key}"})
    before = used_bytes(admin, uid)
    set_quota(admin, uid, bytes=10)
    headers = {"Authorization": f"Bearer {admin.key}"}
    assert admin.request("DELETE", kube_path(other, "s2"), None, headers).status == 200
    assert used_bytes(admin, uid) > before, "a deletion that leaves its mark is not refused"
    assert admin.delete(vm_path(cluster, name="s1"), namespace="web").status == 204
    assert admin.cluster(cluster)["bytes"] == 0


def test_bytes_that_are_imported(admin, project):
    uid, name = project
    cluster = admin.create_cluster(name, projectUid=uid)["uid"]
    some = snapshots(300)
    whole = admin.load(cluster, some)
    assert whole["created"] == 300
    full = used_bytes(admin, uid)
    spaces = namespace_bytes(admin, cluster)
    assert full - spaces == admin.cluster(cluster)["bytes"] > 300 * 200
    set_quota(admin, uid, bytes=full)
    assert admin.import_lines(cluster, some).status == 200, "what is there already takes no room"
    for one in some:
        one["metadata"].setdefault("annotations", {})["note"] = "more"
    for dry_run in ("true", "false"):
        assert_refused(admin.import_lines(cluster, some, dryRun=dry_run), f"it has {full:,} bytes, and {full:,} are allowed")
    assert used_bytes(admin, uid) == full
    set_quota(admin, uid, bytes=None)
    assert admin.import_lines(cluster, some).json()["replaced"] == 300
    assert used_bytes(admin, uid) > full
    set_quota(admin, uid, bytes=1)
    for one in some:
        del one["metadata"]["annotations"]["note"]
    assert admin.import_lines(cluster, some[:100], prune="true", complete="true").status == 200, "smaller ones, and fewer"
    assert used_bytes(admin, uid) == admin.cluster(cluster)["bytes"] + spaces < full


def test_bytes_of_a_mirror(data_dir):
    with Pair(data_dir.parent) as pair:
        nine = snapshots(9)
        pair.upstream.client().load(UID, nine[:5])
        pair.follow()
        admin = pair.mirror.client()
        project = admin.cluster(UID)["projectUid"]
        full = used_bytes(admin, project)
        assert full == admin.cluster(UID)["bytes"] > 0
        set_quota(admin, project, bytes=full + 100)
        pair.upstream.client().load(UID, nine)
        assert f"{full + 100:,} are allowed" in wait_for_state(pair.mirror, UID, "Failing", "QuotaExceeded")["message"]
        assert used_bytes(admin, project) == full, "the last state stays"
        set_quota(admin, project, bytes=1)
        upstream = pair.upstream.client()
        for one in nine[2:]:
            assert upstream.delete(vm_path(UID, vm=one["spec"]["source"]["name"], name=one["metadata"]["name"]),
                                   namespace=one["metadata"]["namespace"]).status == 204
        wait_for(lambda: admin.cluster(UID)["objects"] == 2, "a mirror that shrinks is taken in above the quota", 60)
        assert used_bytes(admin, project) < full


@pytest.mark.parametrize("body, field", [
    ({"clusters": -1}, "clusters"), ({"keys": "1"}, "keys"), ({"objects": 1.5}, "objects"), ({"objects": 1 << 60}, "objects"),
    ({"bytes": -1}, "bytes"), ({"bytes": "10Gi"}, "bytes"), ({"apples": 1}, "apples"), ({"clusters": []}, "clusters")])
def test_a_quota_that_is_none_is_refused(admin, project, body, field):
    reply = admin.request("PUT", f"/admin/v1/projects/{project[0]}/quota", json.dumps(body), {"Content-Type": "application/json"})
    assert reply.status == 400, reply
    assert reply.json()["details"]["field"] == field


def test_a_projects_admin_does_not_set_its_quota(server, admin, project):
    uid, _ = project
    boss = server.client(admin.create_key("boss", "admin", projectUid=uid)["key"])
    headers = {"Content-Type": "application/json"}
    assert boss.request("PUT", f"/admin/v1/projects/{uid}/quota", "{}", headers).status == 403
    other = admin.create_project(f"hidden {uid}")["uid"]
    assert boss.request("PUT", f"/admin/v1/projects/{other}/quota", "{}", headers).status == 403
    assert admin.request("PUT", "/admin/v1/projects/none/quota", "{}", headers).status == 404


def test_the_command_line(cli, admin, project):
    uid, name = project
    ran = cli("set", "quota", name, "--clusters", "3", "--objects", "10")
    assert ran.stdout == f"project/{name} configured: 0 of 3 clusters, 0 keys (no limit), 0 of 10 objects, 0 bytes (no limit)\n"
    ran = cli("set", "quota", name, "--keys", "4", "--objects", "none", "-o", "json")
    assert json.loads(ran.stdout)["quota"] == {"clusters": 3, "keys": 4}
    ran = cli("set", "quota", name, "--keys", "none", "--clusters", "none", "--bytes", "10Gi")
    assert ran.stdout.endswith("0 objects (no limit), 0 of 10737418240 bytes\n")
    assert "--bytes 9000Ti" in cli("set", "quota", name, "--bytes", "9000Ti", code=2).stderr
    assert "--keys 1Ki" in cli("set", "quota", name, "--keys", "1Ki", code=2).stderr
    cli("set", "quota", name, "--clusters", "3", "--keys", "4", "--bytes", "none")
    assert "--keys many" in cli("set", "quota", name, "--keys", "many", code=2).stderr
    assert admin.get(f"/admin/v1/projects/{uid}").json()["quota"] == {"clusters": 3, "keys": 4}


def test_bytes_outlive_a_restart(start_server):
    server = start_server()
    admin = server.client()
    uid = admin.create_project("sized")["uid"]
    cluster = admin.create_cluster("sized", projectUid=uid)["uid"]
    admin.load(cluster, snapshots(20))
    before = used_bytes(admin, uid)
    server.stop()
    server.start()
    assert used_bytes(server.client(), uid) == before > 0


def test_a_quota_outlives_a_restart(start_server):
    server = start_server()
    uid = server.client().create_project("kept")["uid"]
    set_quota(server.client(), uid, keys=0)
    server.stop()
    server.start()
    assert_refused(server.client().post("/admin/v1/keys", {"name": "k", "projectUid": uid}), "0 are allowed")
