"""Connected clusters, end to end: one server's hosted cluster is the cluster that another one follows."""

import json
import socket
import threading

import pytest

from between import Between
from connected import UID
from harness import in_order, run_cli, snapshots, vm_path, wait_for
from kube import FINALIZER, MERGE_PATCH, TABLE, KubeClient, new_snapshot, snapshots_path
from palette import Palette


def test_the_mirror_becomes_what_the_cluster_has(pair):
    objects = snapshots(1200, ("a", "b", "c"), ("vm-1", "vm-2"))
    pair.upstream.client().load(UID, objects)
    pair.follow()
    pair.wait_until_equal()
    client = pair.mirror.client()
    assert client.names(UID) == in_order(objects)
    assert client.names(UID, vmName="vm-2", namespace="b") == in_order(
        item for item in objects if item["spec"]["source"]["name"] == "vm-2" and item["metadata"]["namespace"] == "b")
    page = client.list(UID)
    assert page.header("Age") is None and page.header("Warning") is None
    assert page.json()["metadata"]["resourceVersion"] == pair.theirs.list().json()["metadata"]["resourceVersion"]


def test_changes_arrive_by_the_watch(pair):
    pair.follow()
    cluster = pair.theirs
    made = cluster.made("default", new_snapshot("one"))
    wait_for(lambda: ("default", "one") in pair.ours.objects(), "the new snapshot")
    made["metadata"]["labels"] = {"tier": "gold"}
    changed = cluster.replace("default", "one", made).json()
    wait_for(lambda: pair.ours.objects()[("default", "one")]["metadata"].get("labels") == {"tier": "gold"}, "the label")
    assert pair.ours.objects()[("default", "one")] == changed
    cluster.remove("default", "one")
    wait_for(lambda: not pair.ours.objects(), "the deletion")
    assert pair.cluster()["state"] == "Ready"


def test_a_repaired_mirror_is_listed_from_its_cluster_again(pair):
    pair.upstream.client().load(UID, snapshots(60))
    pair.follow()
    pair.wait_until_equal()
    kept, lost, *_, gone = sorted(pair.ours.objects())
    before = pair.ours.list().json()["metadata"]["resourceVersion"]
    pair.mirror.stop()
    pair.upstream.stop()
    file = pair.mirror.data_dir / "store" / "data.mdb"
    content = file.read_bytes()
    for _, name in (lost, gone):
        text = f'"name":"{name}"'.encode()
        assert text in content
        content = content.replace(text, text.replace(b"name", b"nAme"))
    file.write_bytes(content)
    ran = run_cli("fsck", "--data-dir", pair.mirror.data_dir, "--repair")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("removed from cluster") == 2, ran.stdout

    pair.mirror.start()
    kube = pair.ours
    # What is left is no state that the cluster ever had.
    assert kube.list().status == 503 and kube.read(*kept).status == 503
    assert pair.cluster()["damaged"] == 2 and pair.cluster()["damagedExample"] == "/".join(lost)
    pair.restart_upstream()
    pair.theirs.remove(*gone)
    pair.wait_for_state("Ready", 60)
    pair.wait_until_equal()
    assert lost in pair.ours.objects() and gone not in pair.ours.objects()
    assert kube.read(*lost).status == 200 and kube.read(*gone).status == 404
    expired = kube.get(snapshots_path("default"), watch="1", resourceVersion=before).json()
    assert expired["type"] == "ERROR" and expired["object"]["code"] == 410
    assert "damaged" not in pair.cluster()


def test_out_of_reach_the_last_known_state_is_served_with_its_age(pair):
    objects = snapshots(60)
    pair.upstream.client().load(UID, objects)
    pair.follow()
    pair.wait_until_equal()
    client = pair.mirror.client()
    first = client.list(UID).json()
    pair.upstream.stop()
    pair.wait_for_state("Unreachable")
    stale = client.list(UID)
    assert stale.status == 200
    assert stale.json() == first
    assert int(stale.header("Age")) >= 0
    assert stale.header("Warning") == '110 - "Response is Stale"'
    assert client.list(UID, headers={"Cache-Control": "max-age=3600"}).status == 200
    wait_for(lambda: int(client.list(UID).header("Age")) >= 2, "an age of two seconds")
    refused = client.list(UID, headers={"Cache-Control": "max-age=1"})
    assert refused.status == 504 and refused.json()["code"] == "ClusterTimeout"
    kube = pair.ours.list()
    assert kube.status == 200 and kube.header("Warning").startswith("299 ")
    # What is not here may be there by now.
    missing = client.get(vm_path(UID, "any", "missing"))
    assert missing.status == 404 and missing.header("Warning") == '110 - "Response is Stale"'
    missing = pair.ours.read("default", "missing")
    assert missing.status == 404 and int(missing.header("Age")) >= 2 and missing.header("Warning").startswith("299 ")

    pair.restart_upstream()
    pair.theirs.made("default", new_snapshot("later"))
    pair.wait_for_state("Ready", 60)
    pair.wait_until_equal()
    assert client.list(UID).header("Age") is None
    # What was paged before goes on.
    rest = client.list(UID, **{"continue": first["metadata"]["continue"]})
    assert rest.status == 200 and len(rest.json()["items"]) == 10


def test_a_restart_serves_the_stored_mirror_at_once_and_goes_on(pair):
    pair.upstream.client().load(UID, snapshots(80))
    pair.follow()
    pair.wait_until_equal()
    before = pair.mirror.client().list(UID).json()
    pair.upstream.stop()
    pair.mirror.stop()
    pair.mirror.start()
    reply = pair.mirror.client().list(UID)
    assert reply.status == 200 and reply.json()["items"] == before["items"]
    assert reply.header("Warning") == '110 - "Response is Stale"'
    pair.restart_upstream()
    pair.wait_for_state("Ready", 60)
    # From the stored version, without a list.
    assert pair.cluster()["syncs"] == 0
    pair.theirs.made("default", new_snapshot("later"))
    pair.wait_until_equal()


def test_a_killed_mirror_goes_on_too(pair):
    pair.follow()
    cluster = pair.theirs
    for i in range(30):
        cluster.made("default", new_snapshot(f"s{i}"))
    pair.mirror.kill()
    for i in range(10):
        cluster.remove("default", f"s{i}")
    pair.mirror.start()
    pair.wait_for_state("Ready", 60)
    pair.wait_until_equal()


def test_one_that_was_never_reached_says_so(pair):
    pair.upstream.stop()
    pair.connect()
    pair.wait_for_state("Unreachable")
    reply = pair.mirror.client().list(UID)
    assert reply.status == 503 and reply.json()["code"] == "ClusterUnavailable"
    assert reply.header("Retry-After")
    assert pair.ours.list().status == 503


def test_writes_of_the_palette_side_go_to_the_cluster(pair):
    pair.follow()
    client = pair.mirror.client()
    pair.theirs.create_namespace("web")
    made = Palette(client, UID).call("POST", "web-01", body={"metadata": {"name": "one"}}, namespace="web")
    assert made.status == 200, made
    # The next list shows it.
    assert client.names(UID) == [("web", "one")]
    assert pair.theirs.objects()[("web", "one")]["metadata"]["uid"] == made.json()["metadata"]["uid"]

    read = Palette(client, UID).call("GET", "web-01", "one", namespace="web").json()
    assert read == made.json()
    read["metadata"]["labels"] = {"a": "b"}
    changed = Palette(client, UID).call("PUT", "web-01", "one", read, namespace="web")
    assert changed.status == 200, changed
    assert client.items(UID)[0]["metadata"]["labels"] == {"a": "b"}

    stale = Palette(client, UID).call("PUT", "web-01", "one", read, namespace="web")
    assert stale.status == 409 and stale.json()["code"] == "Conflict"
    again = Palette(client, UID).call("POST", "web-01", body={"metadata": {"name": "one"}}, namespace="web")
    assert again.status == 409 and again.json()["code"] == "AlreadyExists"
    assert Palette(client, UID).call("PUT", "other", "one", {"metadata": {"resourceVersion": "1"}}, namespace="web").status == 404
    assert Palette(client, UID).call("DELETE", "other", "one", namespace="web").status == 404
    invalid = Palette(client, UID).call("POST", "web-01", body={"metadata": {"name": "UPPER"}}, namespace="web")
    assert invalid.status == 422 and invalid.json()["details"]["causes"]
    assert Palette(client, UID).call("POST", "web-01", body={"metadata": {"name": "two"}}, namespace="missing").status == 404

    gone = Palette(client, UID).call("DELETE", "web-01", "one", namespace="web")
    assert gone.status == 204, gone
    assert client.names(UID) == []
    assert pair.theirs.objects() == {}


def test_a_deletion_that_a_finalizer_holds(pair):
    pair.follow()
    pair.theirs.made("default", new_snapshot("held", finalizers=[FINALIZER]))
    wait_for(lambda: pair.ours.objects(), "the snapshot")
    client = pair.mirror.client()
    assert Palette(client, UID).call("DELETE", "web-01", "held", namespace="default").status == 204
    assert client.items(UID)[0]["metadata"]["deletionTimestamp"]


def test_writes_while_the_cluster_is_out_of_reach(pair):
    pair.follow()
    pair.upstream.stop()
    reply = Palette(pair.mirror.client(), UID).call("POST", "web-01", body={"metadata": {"name": "one"}}, namespace="default")
    assert reply.status == 503 and reply.json()["code"] == "ClusterUnavailable"
    assert reply.header("Retry-After")
    assert pair.ours.create("default", new_snapshot("one")).status == 503


def test_writes_of_the_kubernetes_side_go_through(pair):
    pair.follow()
    ours = pair.ours
    created = ours.create("default", new_snapshot("one"))
    assert created.status == 201, created
    assert created.json() == pair.theirs.objects()[("default", "one")] == ours.read("default", "one").json()
    patched = ours.patch("default", "one", {"metadata": {"labels": {"x": "y"}}})
    assert patched.status == 200, patched
    assert ours.read("default", "one").json() == patched.json()
    assert patched.json()["metadata"]["managedFields"][0]["manager"] == "tests"
    status = ours.patch("default", "one", {"status": {"phase": "Succeeded", "readyToUse": True}}, status=True)
    assert status.status == 200, status
    assert pair.mirror.client().items(UID)[0]["status"]["phase"] == "Succeeded"
    table = ours.request("PATCH", snapshots_path("default", "one"), json.dumps({"metadata": {"labels": {"x": "z"}}}),
                         {"Content-Type": MERGE_PATCH, "Accept": TABLE})
    assert table.status == 200 and table.json()["kind"] == "Table", table
    assert ours.read("default", "one").json()["metadata"]["labels"] == {"x": "z"}
    assert ours.remove("default", "one", {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]}).status == 200
    assert ours.read("default", "one").status == 200
    dry = ours.create("default", new_snapshot("dry"), dryRun="All")
    assert dry.status == 201
    missing = ours.patch("default", "none", {"metadata": {"labels": {"x": "y"}}})
    assert missing.status == 404 and missing.json()["kind"] == "Status"
    assert ours.get("/api/v1/namespaces").json()["items"][0]["metadata"]["name"] == "default"
    deleted = ours.remove("default", "one")
    assert deleted.status == 200 and deleted.json()["status"] == "Success"
    assert ours.list().json()["items"] == [] and pair.theirs.objects() == {}


def test_a_reader_writes_nothing(pair):
    pair.follow()
    key = pair.mirror.client().create_key("reader", "reader")["key"]
    assert KubeClient(pair.mirror, UID, key).create("default", new_snapshot("one")).status == 403
    assert Palette(pair.mirror.client(key), UID).call("POST", "web-01", body={"metadata": {"name": "one"}}).status == 403
    assert pair.theirs.objects() == {}


def first_events(watch, count):
    wait_for(lambda: len(watch.brief()) >= count, f"{count} events")
    watch.hang_up()
    return [event for event in watch.until_end() if event["type"] != "BOOKMARK"]


def test_a_watch_on_the_mirror_goes_on_from_the_clusters_versions(pair):
    pair.follow()
    cluster = pair.theirs
    versions = [cluster.made("default", new_snapshot(f"s{i}"))["metadata"]["resourceVersion"] for i in range(5)]
    pair.wait_until_equal()
    ours = pair.ours
    for i, version in enumerate(versions[:4]):
        assert first_events(ours.watch(version), 4 - i) == first_events(cluster.watch(version), 4 - i)
    cluster.remove("default", "s0")
    pair.wait_until_equal()
    deletion = first_events(ours.watch(versions[-1]), 1)
    assert deletion[0]["type"] == "DELETED"
    assert deletion == first_events(cluster.watch(versions[-1]), 1)
    unknown = ours.watch("1")
    unknown.until_end()
    assert unknown.events[0]["object"]["code"] == 410


def test_a_removed_cluster_is_gone_while_its_changes_come(pair):
    pair.upstream.client().load(UID, snapshots(500))
    for _ in range(3):
        pair.follow()
        assert pair.mirror.client().delete(f"/admin/v1/clusters/{UID}").status == 204
        assert pair.mirror.client().list(UID).status == 404
        pair.theirs.create("default", new_snapshot(generateName="x-"))


def test_other_clusters_are_served_while_one_hangs(pair, black_hole):
    """A cluster whose address swallows everything holds up nobody."""
    pair.mirror.client().create_cluster("silent", type="connected",
                                        kubeconfig=pair.kubeconfig(url=f"https://127.0.0.1:{black_hole}"))
    pair.follow()
    pair.theirs.made("default", new_snapshot("one"))
    pair.wait_until_equal()


HOSTILE = ("kube-system%2fsecrets", "kube-system%2Fsecrets", "..", "%2e%2e", "%2E%2E", "..%2f..", "%252e", "a%25b", "a%3fb", "a%00b")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_name_never_reaches_the_cluster(pair, name):
    pair.theirs.made("default", new_snapshot("one"))
    pair.follow()
    wait_for(pair.ours.objects, "the snapshot")
    before = pair.theirs.objects()
    ours = pair.ours
    in_namespace = snapshots_path("default")
    for method, path in (
            ("GET", f"/api/v1/namespaces/{name}"), ("DELETE", f"/api/v1/namespaces/{name}"),
            ("GET", f"{in_namespace}/{name}"), ("DELETE", f"{in_namespace}/{name}"), ("DELETE", f"{in_namespace}/{name}/status"),
            ("PUT", f"{in_namespace}/{name}"), ("PATCH", f"{in_namespace}/{name}/status"),
            ("GET", snapshots_path(name, "one")), ("DELETE", snapshots_path(name, "one")), ("DELETE", snapshots_path(name)),
            ("POST", snapshots_path(name)), ("GET", snapshots_path(name))):
        body = new_snapshot("one") if method in ("POST", "PUT", "PATCH") else None
        reply = ours.request(method, path, body)
        if reply.status == 200:
            # The mirror's own list of a namespace that has nothing.
            assert (method, path) == ("GET", snapshots_path(name)) and reply.json()["items"] == [], (method, path)
            continue
        not_allowed = method == "DELETE" and (path.endswith("/status") or path.startswith("/api/v1"))
        assert reply.status in ((405,) if not_allowed else ()) + (400, 404), (method, path, reply)
    palette_target = vm_path(UID, name=name)
    for method in ("GET", "PUT", "DELETE"):
        reply = pair.mirror.client().request(method, palette_target, {} if method == "PUT" else None, namespace="default")
        assert reply.status in (400, 404), (method, reply)
    assert pair.theirs.objects() == before
    # The cluster was asked for lists and watches of snapshots, and for nothing that was named here.
    asked = {(entry["method"], entry["route"]) for entry in pair.upstream.log("request")}
    assert not [one for one in asked if one[0] not in ("GET", "POST") or "api/v1/namespaces" in one[1]], asked


def test_namespaces_of_a_connected_cluster_are_only_read(pair):
    pair.follow()
    ours = pair.ours
    made = ours.request("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}})
    gone = ours.request("DELETE", "/api/v1/namespaces/default")
    for refused in (made, gone):
        assert refused.status == 405, refused
        status = refused.json()
        assert status["kind"] == "Status" and status["reason"] == "MethodNotAllowed"
        assert "not written through this server" in status["message"]
    assert ours.get("/api/v1/namespaces/default").json()["metadata"]["name"] == "default"
    assert [item["metadata"]["name"] for item in pair.theirs.get("/api/v1/namespaces").json()["items"]] == ["default"]


def points(cluster):
    """Of a cluster that was stored: what was warned of, by its name."""
    return dict(warning.split(": ", 1) for warning in cluster["warnings"])


@pytest.mark.parametrize("accept", ["application/json", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"])
def test_its_openapi_document_is_that_of_a_hosted_cluster(pair, accept):
    """What the mirror serves, not the cluster: so it is there without the cluster, too."""
    pair.connect()
    hosted = pair.theirs.get("/openapi/v2", headers={"Accept": accept})
    assert (hosted.status, hosted.header("Content-Type")) == (200, accept)
    pair.upstream.stop()
    ours = pair.ours.get("/openapi/v2", headers={"Accept": accept})
    assert (ours.status, ours.body, ours.header("ETag")) == (200, hosted.body, hosted.header("ETag"))


def test_what_is_no_kubernetes_api_server_is_told(pair):
    between = Between(pair.upstream)
    for method in ("GET", "POST"):
        between.say(method, "", 200, b"<html>welcome</html>")
    found = points(pair.connect(url=f"http://127.0.0.1:{between.port}"))
    between.stop()
    assert "is not a Kubernetes API server's" in found["Identity"]


def test_a_load_balancer_without_a_server_is_out_of_reach(pair):
    with socket.socket() as balancer:
        balancer.bind(("127.0.0.1", 0))
        balancer.listen(64)

        def hang_up():
            while True:
                try:
                    taken, _ = balancer.accept()
                except OSError:
                    return
                taken.recv(1)
                taken.close()

        threading.Thread(target=hang_up, daemon=True).start()
        found = points(pair.connect(url=f"https://127.0.0.1:{balancer.getsockname()[1]}"))
        assert set(found) == {"Reachable"}
        pair.wait_for_state("Unreachable")
        balancer.shutdown(socket.SHUT_RDWR)


def test_the_same_kubeconfig_again_is_tried_at_once(pair):
    pair.follow()
    again = pair.mirror.client().set_kubeconfig(UID, pair.kubeconfig())
    assert again.status == 200 and again.json()["changed"] is False
    pair.wait_for_state("Ready")
    pair.theirs.made("default", new_snapshot("later"))
    pair.wait_until_equal()
