"""The published operations on one snapshot of a VM: create, get, update, delete."""

import base64
import copy
import json

import pytest

from harness import vm_path, wait_for
from kube import FINALIZER, new_snapshot
from palette import Palette

NULLS = {"labels": None, "annotations": None, "finalizers": None, "managedFields": None, "ownerReferences": None}


@pytest.fixture
def palette(admin, uid):
    return Palette(admin, uid, "web")


def refused(reply, status, code):
    assert (reply.status, reply.json()["code"]) == (status, code), reply
    assert reply.json()["message"] and reply.json()["ref"] == reply.header("X-Request-Id")
    return reply.json()


def causes(reply):
    return [cause["field"] for cause in refused(reply, 422, "Invalid")["details"]["causes"]]


class TestCreate:
    def test_fills_what_is_left_out(self, palette, kube):
        made = palette.made("vm-1", {"metadata": {"name": "one"}})
        assert (made["apiVersion"], made["kind"]) == ("snapshot.kubevirt.io/v1beta1", "VirtualMachineSnapshot")
        assert made["spec"] == {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "vm-1"}}
        assert made["metadata"]["namespace"] == "web" and made["metadata"]["generation"] == 1
        assert "status" not in made or made["status"] is None
        assert palette.get("vm-1", "one").json() == made
        assert palette.client.items(palette.uid) == [made]
        assert kube.read("web", "one").json()["metadata"]["uid"] == made["metadata"]["uid"]

    def test_takes_what_is_given(self, palette):
        item = new_snapshot("one", vm="vm-1", labels={"a": "1"}, annotations={"b": "2"}, finalizers=[FINALIZER])
        item["spec"].update(deletionPolicy="Retain", failureDeadline="10m0s")
        made = palette.made("vm-1", item)
        assert made["spec"] == item["spec"]
        assert all(made["metadata"][name] == item["metadata"][name] for name in ("labels", "annotations", "finalizers"))

    def test_nulls_mean_absent(self, palette):
        made = palette.made("vm-1", {"apiVersion": None, "kind": None, "spec": None, "status": None,
                                     "metadata": {"name": "one", **NULLS}})
        assert not NULLS.keys() - {"managedFields"} & made["metadata"].keys()

    def test_generates_a_name(self, palette):
        names = {palette.made("vm-1", {"metadata": {"generateName": "nightly-"}})["metadata"]["name"] for _ in range(5)}
        assert len(names) == 5 and all(name.startswith("nightly-") and len(name) == 13 for name in names)

    def test_ignores_the_status_and_what_is_the_servers(self, palette):
        item = new_snapshot("one", vm="vm-1", uid="11111111-1111-4111-8111-111111111111", generation=9,
                            creationTimestamp="2001-01-01T00:00:00Z", selfLink="/x", clusterName="c")
        item["status"] = {"phase": "Succeeded", "readyToUse": True}
        made = palette.made("vm-1", item)
        assert "phase" not in (made.get("status") or {})
        assert made["metadata"]["uid"] != item["metadata"]["uid"] and made["metadata"]["generation"] == 1
        assert made["metadata"]["creationTimestamp"] > "2020" and not {"selfLink", "clusterName"} & made["metadata"].keys()

    @pytest.mark.parametrize("change, field", [
        (lambda item: item["spec"]["source"].update(name="vm-2"), "spec.source.name"),
        (lambda item: item["spec"]["source"].update(kind="Pod"), "spec.source.kind"),
        (lambda item: item["spec"]["source"].update(apiGroup="example.com"), "spec.source.apiGroup"),
        (lambda item: item["metadata"].update(name="Bad_Name"), "metadata.name"),
        (lambda item: item["metadata"].pop("name"), "metadata.name"),
        (lambda item: item["metadata"].update(labels={"a b": "c"}), "metadata.labels"),
        (lambda item: item["metadata"].update(finalizers=["not a name"]), "metadata.finalizers"),
        (lambda item: item["metadata"].update(ownerReferences=[{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": ""}]),
         "metadata.ownerReferences.uid")])
    def test_refuses_a_contradiction_and_what_breaks_a_rule(self, palette, change, field):
        item = new_snapshot("one", vm="vm-1")
        change(item)
        assert field in [cause.split("[")[0] for cause in causes(palette.create("vm-1", item))]
        assert palette.client.items(palette.uid) == []

    @pytest.mark.parametrize("change", [
        lambda item: item.update(apiVersion="v1"), lambda item: item.update(kind="VirtualMachineRestore"),
        lambda item: item["metadata"].update(namespace="other")])
    def test_refuses_another_kind_and_namespace(self, palette, change):
        item = new_snapshot("one", vm="vm-1")
        change(item)
        reply = palette.create("vm-1", item)
        assert reply.status in (400, 422), reply
        assert palette.client.items(palette.uid) == []

    def test_a_name_that_is_taken(self, palette):
        palette.made("vm-1", {"metadata": {"name": "one"}})
        refused(palette.create("vm-1", {"metadata": {"name": "one"}}), 409, "AlreadyExists")
        refused(palette.create("vm-2", {"metadata": {"name": "one"}}), 409, "AlreadyExists")
        palette.made("vm-1", {"metadata": {"name": "one"}}, namespace="other")

    def test_a_resource_version_is_not_for_a_create(self, palette):
        reply = palette.create("vm-1", {"metadata": {"name": "one", "resourceVersion": "7"}})
        assert reply.status in (400, 422), reply

    @pytest.mark.parametrize("body", ["", "{", "[]", "7", '"x"', "null", '{"metadata": 7}', '{"metadata": {"name": 7}}',
                                      '{"spec": "x"}'])
    def test_bodies_that_are_no_snapshot(self, palette, body):
        reply = palette.client.post(vm_path(palette.uid, "vm-1"), body, {"Content-Type": "application/json"}, namespace="web")
        assert reply.status in (400, 422) and reply.json()["code"] in ("InvalidBody", "Invalid"), reply
        assert palette.client.items(palette.uid) == []

    def test_media_types_and_sizes(self, palette):
        reply = palette.client.post(vm_path(palette.uid, "vm-1"), "x", {"Content-Type": "text/plain"}, namespace="web")
        refused(reply, 415, "UnsupportedMediaType")
        item = new_snapshot("one", vm="vm-1", annotations={"x": "y" * (4 << 20)})
        refused(palette.create("vm-1", item), 413, "RequestTooLarge")


class TestNamespaces:
    def test_an_empty_one_is_default(self, palette, kube):
        made = palette.made("vm-1", {"metadata": {"name": "one"}}, namespace="")
        assert made["metadata"]["namespace"] == "default"
        assert palette.get("vm-1", "one", namespace="").json() == made == palette.get("vm-1", "one", namespace="default").json()
        assert kube.get("/api/v1/namespaces/default").status == 200

    def test_one_that_is_not_there_is_made(self, palette, kube):
        assert kube.get("/api/v1/namespaces/web").status == 404
        palette.made("vm-1", {"metadata": {"name": "one"}})
        assert kube.get("/api/v1/namespaces/web").json()["status"] == {"phase": "Active"}
        refused(palette.get("vm-1", "one", namespace="other"), 404, "ResourceNotFound")
        assert kube.get("/api/v1/namespaces/other").status == 404

    def test_none_is_made_by_what_is_refused(self, palette, kube):
        assert palette.create("vm-1", {"metadata": {"name": "Bad_Name"}}, namespace="web").status == 422
        assert kube.get("/api/v1/namespaces/web").status == 404

    def test_one_that_is_going_away(self, palette, kube):
        palette.made("vm-1", {"metadata": {"name": "held", "finalizers": [FINALIZER]}})
        assert kube.request("DELETE", "/api/v1/namespaces/web").status == 200
        assert kube.get("/api/v1/namespaces/web").json()["status"]["phase"] == "Terminating"
        refused(palette.create("vm-1", {"metadata": {"name": "two"}}), 409, "Conflict")
        assert kube.patch("web", "held", {"metadata": {"finalizers": None}}).status == 200
        wait_for(lambda: kube.get("/api/v1/namespaces/web").status == 404, "the namespace to go")
        palette.made("vm-1", {"metadata": {"name": "two"}})

    @pytest.mark.parametrize("namespace", ["Bad_Name", "a/b", "x" * 64])
    def test_one_that_can_be_none(self, palette, namespace):
        reply = palette.create("vm-1", {"metadata": {"name": "one"}}, namespace=namespace)
        assert refused(reply, 400, "InvalidParameter")["details"]["parameter"] == "namespace"


class TestGet:
    def test_of_another_vm_is_not_found(self, palette):
        palette.made("vm-1", {"metadata": {"name": "one"}})
        refused(palette.get("vm-2", "one"), 404, "ResourceNotFound")
        refused(palette.update("vm-2", "one", new_snapshot("one", vm="vm-2", resourceVersion="7")), 404, "ResourceNotFound")
        refused(palette.delete("vm-2", "one"), 404, "ResourceNotFound")
        assert palette.get("vm-1", "one").status == 200

    def test_what_is_not_there(self, palette, uid):
        refused(palette.get("vm-1", "absent"), 404, "ResourceNotFound")
        refused(palette.update("vm-1", "absent", new_snapshot("absent", vm="vm-1", resourceVersion="7")), 404, "ResourceNotFound")
        refused(palette.delete("vm-1", "absent"), 404, "ResourceNotFound")
        refused(Palette(palette.client, "no-such", "web").get("vm-1", "one"), 404, "ResourceNotFound")

    def test_is_the_item_of_the_list(self, palette, kube):
        palette.made("vm-1", {"metadata": {"name": "one"}})
        status = {"phase": "Succeeded", "conditions": [{"type": "Ready", "status": "True", "lastProbeTime": None}]}
        assert kube.patch("web", "one", {"status": status}, status=True).status == 200
        found = palette.get("vm-1", "one").json()
        assert [found] == palette.client.items(palette.uid)
        assert found["status"]["conditions"] == [{"type": "Ready", "status": "True"}]
        raw = [entry["fieldsV1"]["Raw"] for entry in found["metadata"]["managedFields"]]
        fields = [json.loads(base64.b64decode(pieces[0])) for pieces in raw]
        assert fields == [entry["fieldsV1"] for entry in kube.read("web", "one").json()["metadata"]["managedFields"]]


class TestUpdate:
    def test_returns_what_was_changed_and_no_more(self, palette, kube):
        palette.made("vm-1", {"metadata": {"name": "one", "labels": {"a": "1"}}})
        status = {"phase": "Succeeded", "conditions": [{"type": "Ready", "status": "True", "lastProbeTime": None}]}
        assert kube.patch("web", "one", {"status": status}, status=True).status == 200
        item = palette.get("vm-1", "one").json()
        edited = copy.deepcopy(item)
        edited["metadata"]["labels"]["b"] = "2"
        reply = palette.update("vm-1", "one", edited)
        assert reply.status == 200, reply
        after = reply.json()
        assert int(after["metadata"]["resourceVersion"]) > int(item["metadata"]["resourceVersion"])
        for volatile in ("resourceVersion", "managedFields"):
            del after["metadata"][volatile], edited["metadata"][volatile]
        assert after == edited
        # The nulls that the Palette side does not show are still there.
        assert kube.read("web", "one").json()["status"] == status

    def test_that_changes_nothing_keeps_the_version(self, palette):
        item = palette.made("vm-1", {"metadata": {"name": "one", "labels": {"a": "1"}}})
        assert palette.update("vm-1", "one", item).json() == item
        sent = {**item, "status": None, "metadata": {**NULLS, **item["metadata"]}}
        assert palette.update("vm-1", "one", sent).json() == item

    def test_ignores_the_status(self, palette):
        item = palette.made("vm-1", {"metadata": {"name": "one"}})
        assert palette.update("vm-1", "one", {**item, "status": {"phase": "Succeeded"}}).json() == item

    def test_needs_the_resource_version(self, palette):
        item = palette.made("vm-1", {"metadata": {"name": "one"}})
        del item["metadata"]["resourceVersion"]
        assert causes(palette.update("vm-1", "one", item)) == ["metadata.resourceVersion"]

    def test_of_a_stale_version(self, palette):
        item = palette.made("vm-1", {"metadata": {"name": "one"}})
        item["metadata"]["labels"] = {"a": "1"}
        assert palette.update("vm-1", "one", item).status == 200
        item["metadata"]["labels"] = {"a": "2"}
        refused(palette.update("vm-1", "one", item), 409, "Conflict")

    def test_the_spec_is_immutable(self, palette):
        item = palette.made("vm-1", {"metadata": {"name": "one"}})
        item["spec"]["deletionPolicy"] = "Retain"
        assert causes(palette.update("vm-1", "one", item)) == ["spec"]

    @pytest.mark.parametrize("change", [
        lambda item: item["metadata"].update(name="two"), lambda item: item["metadata"].update(namespace="two"),
        lambda item: item["spec"]["source"].update(name="vm-2"),
        lambda item: item["metadata"].update(uid="11111111-1111-4111-8111-111111111111")])
    def test_that_names_another_object(self, palette, change):
        item = palette.made("vm-1", {"metadata": {"name": "one"}})
        before = copy.deepcopy(item)
        change(item)
        reply = palette.update("vm-1", "one", item)
        assert reply.status in (400, 409, 422), reply
        assert palette.get("vm-1", "one").json() == before

    def test_that_takes_the_last_finalizer_of_what_is_being_deleted(self, palette):
        palette.made("vm-1", {"metadata": {"name": "one", "finalizers": [FINALIZER]}})
        assert palette.delete("vm-1", "one").status == 204
        item = palette.get("vm-1", "one").json()
        del item["metadata"]["finalizers"]
        assert palette.update("vm-1", "one", item).status == 200
        assert palette.get("vm-1", "one").status == 404


class TestDelete:
    def test_answers_without_a_body(self, palette):
        palette.made("vm-1", {"metadata": {"name": "one"}})
        reply = palette.delete("vm-1", "one")
        assert (reply.status, reply.body) == (204, b"")
        assert palette.get("vm-1", "one").status == 404

    def test_is_held_back_by_finalizers(self, palette):
        made = palette.made("vm-1", {"metadata": {"name": "one", "finalizers": [FINALIZER]}})
        assert palette.delete("vm-1", "one").status == 204
        item = palette.get("vm-1", "one").json()
        assert item["metadata"]["deletionTimestamp"] and item["metadata"]["generation"] == made["metadata"]["generation"] + 1
        assert palette.delete("vm-1", "one").status == 204
        assert palette.get("vm-1", "one").json() == item


class TestAccess:
    def test_a_reader_reads_only(self, server, admin, palette):
        palette.made("vm-1", {"metadata": {"name": "one"}})
        key = admin.create_key(f"reader-of-{palette.uid}")["key"]
        reader = Palette(server.client(key), palette.uid, "web")
        item = reader.get("vm-1", "one").json()
        refused(reader.create("vm-1", {"metadata": {"name": "two"}}), 403, "Forbidden")
        refused(reader.update("vm-1", "one", item), 403, "Forbidden")
        refused(reader.delete("vm-1", "one"), 403, "Forbidden")

    def test_an_editor_writes(self, server, admin, palette):
        key = admin.create_key(f"editor-of-{palette.uid}", role="editor")["key"]
        editor = Palette(server.client(key), palette.uid, "web")
        editor.made("vm-1", {"metadata": {"name": "one"}})
        assert editor.delete("vm-1", "one").status == 204

    def test_nobody(self, server, palette):
        stranger = Palette(server.anonymous(), palette.uid, "web")
        refused(stranger.get("vm-1", "one"), 401, "Unauthorized")
        refused(stranger.create("vm-1", {"metadata": {"name": "one"}}), 401, "Unauthorized")

    def test_another_project_does_not_exist(self, server, admin):
        projects = [admin.create_project(f"single-{name}")["uid"] for name in ("one", "two")]
        admin.create_cluster("of-one", projectUid=projects[0])
        palette = Palette(admin, "of-one")
        palette.made("vm-1", {"metadata": {"name": "one"}})
        other = Palette(server.client(project=projects[1]), "of-one")
        for reply in (other.get("vm-1", "one"), other.create("vm-1", {"metadata": {"name": "two"}}), other.delete("vm-1", "one")):
            refused(reply, 404, "ResourceNotFound")
        assert Palette(server.client(project=projects[0]), "of-one").get("vm-1", "one").status == 200

    @pytest.mark.parametrize("method, name, allowed", [
        ("PATCH", "one", {"GET", "PUT", "DELETE"}), ("POST", "one", {"GET", "PUT", "DELETE"}),
        ("PUT", None, {"POST"}), ("DELETE", None, {"POST"})])
    def test_other_methods(self, palette, method, name, allowed):
        reply = palette.call(method, "vm-1", name, namespace="web")
        refused(reply, 405, "MethodNotAllowed")
        assert allowed <= {part.strip() for part in reply.header("Allow").split(",")}


def test_only_hosted_objects_of_this_cluster(admin, palette):
    """The same names in two clusters are two objects."""
    admin.create_cluster(f"{palette.uid}-twin")
    twin = Palette(admin, f"{palette.uid}-twin")
    first, second = (side.made("vm-1", {"metadata": {"name": "one"}}) for side in (palette, twin))
    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    assert twin.delete("vm-1", "one").status == 204
    assert palette.get("vm-1", "one").json() == first
