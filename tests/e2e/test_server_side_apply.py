"""Server-side apply over bare HTTP: what the rules' own tests cannot see."""

import concurrent.futures
import json

import pytest
import yaml

from harness import wait_for
from kube import GROUP, PLURAL, KubeClient, new_snapshot, snapshots_path

APPLY = "application/apply-patch+yaml"


@pytest.fixture
def kube(kube):
    kube.create_namespace("web")
    return kube


def configuration(name="one", version="v1beta1", **metadata):
    item = new_snapshot(name, **metadata)
    item["apiVersion"] = f"snapshot.kubevirt.io/{version}"
    return item


def apply(kube, item, manager="alice", status=False, namespace="web", path=None, body=None, **query):
    """An apply of that configuration; its path can be another."""
    target = path or snapshots_path(namespace, item["metadata"]["name"], status)
    if manager is not None:
        query["fieldManager"] = manager
    return kube.request("PATCH", target, json.dumps(item) if body is None else body, {"Content-Type": APPLY}, **query)


def applied(kube, item, manager="alice", wanted=200, **options):
    reply = apply(kube, item, manager, **options)
    assert reply.status == wanted, reply
    return reply.json()


def owners(item):
    """{(manager, operation, subresource): fieldsV1}"""
    return {(entry["manager"], entry["operation"], entry.get("subresource")): entry["fieldsV1"]
            for entry in item["metadata"].get("managedFields", [])}


def refused(reply, status, reason, message):
    body = reply.json()
    assert (reply.status, body["kind"], body["code"], body["reason"]) == (status, "Status", status, reason), reply
    assert message in body["message"], reply
    return body


class TestRequests:
    def test_yaml_as_people_write_it(self, kube):
        text = yaml.safe_dump(configuration(labels={"a": "1"}))
        made = applied(kube, configuration(), body="# a comment\n" + text, wanted=201)
        assert made["metadata"]["labels"] == {"a": "1"} and kube.read("web", "one").json() == made

    def test_only_with_a_manager(self, kube):
        body = refused(apply(kube, configuration(), None), 422, "Invalid", "fieldManager: Required value: is required for apply patch")
        assert body["details"]["causes"][0]["field"] == "fieldManager"
        refused(apply(kube, configuration(), ""), 422, "Invalid", "fieldManager")
        refused(apply(kube, configuration(), "x" * 129), 422, "Invalid", "Too long")
        refused(apply(kube, configuration(), "a\tb"), 422, "Invalid", "printable")
        assert kube.read("web", "one").status == 404

    def test_where_nothing_is_made(self, kube):
        refused(apply(kube, configuration(), status=True), 404, "NotFound", '"one" not found')
        refused(apply(kube, configuration(), namespace="other"), 404, "NotFound", 'namespaces "other" not found')
        refused(apply(kube, configuration(), path=snapshots_path("web")), 400, "BadRequest", "name must be provided")

    def test_bad_bodies(self, kube):
        refused(apply(kube, configuration(), body="[1, 2]"), 400, "BadRequest", "error decoding YAML")
        refused(apply(kube, configuration(), body="a: [1"), 400, "BadRequest", "error decoding YAML")
        refused(apply(kube, configuration(), body=""), 400, "BadRequest", "invalid object type: /, Kind=")
        refused(apply(kube, {**configuration(), "kind": "Pod"}), 400, "BadRequest", "Kind=Pod")
        # A field that is not in the schema is an error of an apply whatever fieldValidation says.
        for validation in ("Ignore", "Warn", "Strict"):
            item = configuration()
            item["spec"]["colour"] = "red"
            refused(apply(kube, item, fieldValidation=validation), 400, "BadRequest",
                    "failed to create typed patch object (web/one; snapshot.kubevirt.io/v1beta1, Kind=VirtualMachineSnapshot): "
                    ".spec.colour: field not declared in schema")

    def test_a_key_given_twice(self, kube):
        text = json.dumps(configuration()).replace('"metadata": {', '"metadata": {"labels": {"a": "1", "a": "2"}, ')
        refused(apply(kube, configuration(), body=text, fieldValidation="Strict"), 400, "BadRequest", "error strict decoding YAML")
        reply = apply(kube, configuration(), body=text, dryRun="All")
        assert reply.status == 201 and 'duplicate field' in reply.header("Warning")
        reply = apply(kube, configuration(), body=text, fieldValidation="Ignore")
        assert reply.status == 201 and reply.header("Warning") is None

    def test_dry_runs_store_nothing(self, kube):
        shown = applied(kube, configuration(), wanted=201, dryRun="All")
        assert owners(shown) and "resourceVersion" not in shown["metadata"] and kube.read("web", "one").status == 404
        before = applied(kube, configuration(), wanted=201)
        shown = applied(kube, configuration(labels={"a": "1"}), dryRun="All")
        assert shown["metadata"]["labels"] == {"a": "1"} and kube.read("web", "one").json() == before
        # A conflict is one in a dry run, too.
        applied(kube, configuration(labels={"a": "1"}))
        refused(apply(kube, configuration(labels={"a": "2"}), "bob", dryRun="All"), 409, "Conflict", '.metadata.labels.a')

    @pytest.mark.parametrize("force, status", [("true", 200), ("1", 200), ("", 200), ("false", 409), ("0", 409)])
    def test_force_as_go_reads_it(self, kube, force, status):
        applied(kube, configuration(labels={"a": "1"}), wanted=201)
        assert apply(kube, configuration(labels={"a": "2"}), "bob", force=force).status == status

    def test_the_older_version(self, kube):
        old = GROUP.replace("v1beta1", "v1alpha1") + f"/namespaces/web/{PLURAL}/one"
        made = applied(kube, configuration(version="v1alpha1", labels={"a": "1"}), path=old, wanted=201)
        assert made["apiVersion"] == "snapshot.kubevirt.io/v1alpha1"
        refused(apply(kube, configuration(), path=old), 400, "BadRequest", "invalid object type: snapshot.kubevirt.io/v1beta1")
        # One manager, whatever version it speaks: what it leaves out goes.
        now = applied(kube, configuration())
        assert "labels" not in now["metadata"] and list(owners(now)) == [("alice", "Apply", None)]
        refused(apply(kube, configuration(version="v1alpha1", labels={"a": "2"}), "bob", path=old, fieldValidation="What"), 422, "Invalid",
                "fieldValidation")

    def test_roles(self, server, kube):
        reader = KubeClient(server, kube.cluster, server.client().create_key(f"reader-{kube.cluster}")["key"])
        refused(apply(reader, configuration()), 403, "Forbidden", "cannot patch resource")


class TestOwnership:
    def test_a_controller_and_a_user(self, kube):
        """The status is the controller's, the rest is the user's, and neither sees the other's writes as conflicts."""
        applied(kube, configuration(labels={"team": "a"}), "user", wanted=201)
        status = {**configuration(), "status": {"phase": "InProgress", "readyToUse": False, "indications": ["Online"]}}
        del status["spec"]
        applied(kube, status, "controller", status=True)
        now = applied(kube, configuration(labels={"team": "b"}), "user")
        assert now["status"] == status["status"]
        assert owners(now) == {
            ("user", "Apply", None): {"f:metadata": {"f:labels": {"f:team": {}}}, "f:spec": {"f:source": {}}},
            ("controller", "Apply", "status"): {"f:status": {"f:phase": {}, "f:readyToUse": {}, "f:indications": {'v:"Online"': {}}}}}
        # Through the main endpoint a status is not taken.
        same = applied(kube, {**configuration(labels={"team": "b"}), "status": {"phase": "Failed"}}, "user")
        assert same == now
        status["status"] = {"phase": "Succeeded", "indications": ["Online", "GuestAgent"]}
        done = applied(kube, status, "controller", status=True)
        assert done["status"] == status["status"]

    def test_an_update_takes_a_field_and_gives_it_back(self, kube):
        applied(kube, configuration(labels={"a": "1", "b": "1"}), wanted=201)
        edited = kube.patch("web", "one", {"metadata": {"labels": {"a": "2"}}}, fieldManager="editor").json()
        assert owners(edited)[("alice", "Apply", None)]["f:metadata"] == {"f:labels": {"f:b": {}}}
        body = refused(apply(kube, configuration(labels={"a": "1", "b": "1"})), 409, "Conflict",
                       'Apply failed with 1 conflict: conflict with "editor" using snapshot.kubevirt.io/v1beta1: .metadata.labels.a')
        assert body["details"] == {"causes": [{"reason": "FieldManagerConflict", "field": ".metadata.labels.a",
                                               "message": 'conflict with "editor" using snapshot.kubevirt.io/v1beta1'}]}
        # Left out, the field stays with the editor.
        now = applied(kube, configuration(labels={"b": "1"}))
        assert now["metadata"]["labels"] == {"a": "2", "b": "1"}

    def test_before_the_first_apply_and_after_a_reset(self, server, kube):
        item = {**configuration("old", labels={"a": "1"}), "status": {"phase": "Succeeded"}}
        item["metadata"]["namespace"] = "web"
        server.client().load(kube.cluster, [item])
        refused(apply(kube, configuration("old", labels={"a": "2"})), 409, "Conflict", 'conflict with "before-first-apply" using')
        now = applied(kube, configuration("old", labels={"a": "1", "b": "1"}))
        assert ("before-first-apply", "Update", None) in owners(now)
        for reset in ([], [{}]):
            assert not owners(kube.patch("web", "old", {"metadata": {"managedFields": reset}}).json())
            again = applied(kube, configuration("old", labels={"a": "1", "b": "1"}))
            assert set(owners(again)) == {("alice", "Apply", None), ("before-first-apply", "Update", None)}

    def test_at_most_ten_updates_beside_any_number_of_applies(self, kube):
        applied(kube, configuration(labels={"a": "1"}), wanted=201)
        for number in range(12):
            assert kube.patch("web", "one", {"metadata": {"annotations": {f"n{number}": "1"}}}, fieldManager=f"editor-{number}").status == 200
            applied(kube, configuration(annotations={f"m{number}": "1"}), f"applier-{number}")
        now = owners(kube.read("web", "one").json())
        assert sum(operation == "Update" for _, operation, _ in now) == 10 and ("ancient-changes", "Update", None) in now
        assert sum(operation == "Apply" for _, operation, _ in now) == 13

    def test_the_palette_sides_writes_are_updates(self, server, kube):
        applied(kube, configuration(labels={"a": "1"}), wanted=201)
        listed = server.client().get(f"/v1/spectroclusters/{kube.cluster}/vms/snapshot").json()["items"]
        assert [item["metadata"]["labels"] for item in listed] == [{"a": "1"}]
        item = listed[0]
        item["metadata"]["labels"] = {"a": "2"}
        reply = server.client().request("PUT", f"/v1/spectroclusters/{kube.cluster}/vms/web-01/snapshot/one", item,
                                        {"User-Agent": "palette/1"}, namespace="web")
        assert reply.status in (200, 204), reply
        now = owners(kube.read("web", "one").json())
        assert now[("palette:admin", "Update", None)]["f:metadata"] == {"f:labels": {"f:a": {}}}
        refused(apply(kube, configuration(labels={"a": "1"})), 409, "Conflict", 'conflict with "palette:admin" using')

    def test_a_watch_sees_each_apply_once(self, kube):
        version = kube.list("web").json()["metadata"]["resourceVersion"]
        watch = kube.watch(version, "web")
        made = applied(kube, configuration(labels={"a": "1"}), wanted=201)
        applied(kube, configuration(labels={"a": "1"}))
        changed = applied(kube, configuration(labels={"a": "2"}))
        wait_for(lambda: len(watch.brief()) >= 2, "the events")
        assert watch.brief() == [("ADDED", "web/one", made["metadata"]["resourceVersion"]),
                                 ("MODIFIED", "web/one", changed["metadata"]["resourceVersion"])]
        assert watch.events[1]["object"] == changed
        watch.hang_up()

    def test_many_at_once(self, kube):
        """Each applies its own label, all to one object that is not there at first."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda number: apply(kube, configuration(labels={f"l{number}": "1"}), f"m{number}"), range(8)))
        statuses = sorted(reply.status for reply in replies)
        assert statuses == [200] * 7 + [201], statuses
        now = kube.read("web", "one").json()
        assert now["metadata"]["labels"] == {f"l{number}": "1" for number in range(8)} and len(owners(now)) == 8


def test_a_deleted_one_is_made_again(kube):
    first = applied(kube, configuration(labels={"a": "1"}), wanted=201)
    assert kube.remove("web", "one").status == 200
    second = applied(kube, configuration(), "bob", wanted=201)
    assert second["metadata"]["uid"] != first["metadata"]["uid"] and list(owners(second)) == [("bob", "Apply", None)]
