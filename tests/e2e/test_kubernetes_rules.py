"""Kubernetes' rules on inputs that the recordings do not have: status, reason, and what is said."""

import json
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from harness import wait_for
from kube import FINALIZER, GROUP, JSON_PATCH, MERGE_PATCH, PLURAL, TABLE, KubeClient, new_snapshot, snapshots_path

WEB = snapshots_path("web")
ONE = snapshots_path("web", "one")
STATUS = snapshots_path("web", "one", status=True)
ALL = snapshots_path()
NAMESPACES = "/api/v1/namespaces"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


@pytest.fixture
def kube(kube):
    """A cluster with a namespace `web` and a snapshot `one` in it."""
    kube.create_namespace("web")
    kube.made("web", new_snapshot("one", labels={"tier": "gold"}))
    return kube


def refused(reply, status, reason, message):
    """A Status as every Kubernetes client reads it."""
    body = reply.json()
    assert (reply.status, body["kind"], body["status"], body["code"], body.get("reason")) == (
        status, "Status", "Failure", status, reason), reply
    assert message in body["message"], reply
    return body


@pytest.mark.parametrize("query, status, reason, message", [
    ("resourceVersionMatch=Exact", 422, "Invalid", "resourceVersionMatch is forbidden unless resourceVersion is provided"),
    ("resourceVersionMatch=Exact&resourceVersion=0", 422, "Invalid", 'is forbidden for resourceVersion "0"'),
    ("resourceVersionMatch=Newest&resourceVersion=1", 422, "Invalid", 'Unsupported value: "Newest"'),
    ("resourceVersion=abc", 400, "BadRequest", 'parsing "abc": invalid syntax'),
    ("resourceVersion=-1", 400, "BadRequest", 'parsing "-1": invalid syntax'),
    ("limit=99999999999999999999", 400, "BadRequest", "value out of range"),
    ("timeoutSeconds=soon", 400, "BadRequest", 'parsing "soon": invalid syntax'),
    ("sendInitialEvents=true", 422, "Invalid", "sendInitialEvents is forbidden for list"),
    ("watch=1&resourceVersionMatch=NotOlderThan", 422, "Invalid", "forbidden for watch unless sendInitialEvents is provided"),
    ("labelSelector=tier+in+()", 400, "BadRequest", "values set can't be empty"),
    ("labelSelector=-x%3D1", 400, "BadRequest", 'Invalid value: "-x"'),
    ("fieldSelector=metadata.name", 400, "BadRequest", "invalid selector"),
    ("fieldSelector=status.phase%3DFailed", 400, "BadRequest", "field label not supported: status.phase")])
def test_options_of_a_list(kube, query, status, reason, message):
    refused(kube.get(f"{WEB}?{query}"), status, reason, message)


def test_a_token_goes_on_from_its_key_wherever_it_is_used(server, kube):
    """It is bound to the cluster and the store alone. Its key is that below what was listed, as
    kube-apiserver's is: a name in a namespace, which across all namespaces is a namespace's."""
    for name in ("three", "two"):
        kube.made("web", new_snapshot(name))
    kube.create_namespace("zoo")
    kube.made("zoo", new_snapshot("ape", labels={"tier": "gold"}))
    token = kube.list("web", limit=1).json()["metadata"]["continue"]

    def names(namespace=None, **query):
        return [item["metadata"]["name"] for item in kube.list(namespace, **{"continue": token, **query}).json()["items"]]

    assert names("web") == ["three", "two"]
    assert names("web", limit=1) == ["three"]
    assert names("web", resourceVersion="0") == ["three", "two"]
    assert names("web", labelSelector="tier=gold") == []
    assert names("zoo") == []
    assert names() == ["one", "three", "two", "ape"]
    assert names(labelSelector="tier=gold") == ["one", "ape"]
    refused(kube.list("web", **{"continue": token[:-4] + "AAAA"}), 400, "BadRequest", "invalid continue token")
    refused(kube.list("web", **{"continue": token, "resourceVersionMatch": "Exact"}), 422, "Invalid", "when continue is provided")
    server.client().create_cluster(f"{kube.cluster}-other")
    other = KubeClient(server, f"{kube.cluster}-other")
    refused(other.list("web", **{"continue": token}), 400, "BadRequest", "invalid continue token")


@pytest.mark.parametrize("accept, kind", [
    ("application/json", "VirtualMachineSnapshot"), ("*/*", "VirtualMachineSnapshot"), ("application/*", "VirtualMachineSnapshot"),
    ("text/html, application/json", "VirtualMachineSnapshot"), (TABLE, "Table"), (PARTIAL, "PartialObjectMetadata"),
    (f"{TABLE},application/json", "Table"), ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "VirtualMachineSnapshot")])
def test_forms_of_an_object(kube, accept, kind):
    reply = kube.read("web", "one", headers={"Accept": accept})
    assert (reply.status, reply.json()["kind"]) == (200, kind)


@pytest.mark.parametrize("path, accept", [
    (ONE, "text/html"), (ONE, "application/vnd.kubernetes.protobuf"), (WEB, PARTIAL), (WEB, "application/json;as=Table;v=v9;g=meta.k8s.io")])
def test_forms_that_are_not_served(kube, path, accept):
    assert kube.get(path, {"Accept": accept}).status == 406


def test_yaml_out_and_in(kube):
    reply = kube.list("web", headers={"Accept": "application/yaml"})
    listed = yaml.safe_load(reply.text())
    assert (reply.header("Content-Type"), listed["kind"], len(listed["items"])) == ("application/yaml", "VirtualMachineSnapshotList", 1)
    item = yaml.load(kube.read("web", "one", headers={"Accept": "application/yaml"}).text(), yaml.BaseLoader)
    item["metadata"]["labels"] = {"tier": "silver"}
    item["metadata"].pop("generation")
    reply = kube.request("PUT", ONE, yaml.safe_dump(item), {"Content-Type": "application/yaml"})
    assert (reply.status, reply.json()["metadata"]["labels"]) == (200, {"tier": "silver"}), reply


def test_what_a_table_includes(kube):
    def row(**query):
        return kube.list("web", headers={"Accept": TABLE}, **query).json()["rows"][0]

    assert row()["object"]["kind"] == "PartialObjectMetadata" and "spec" not in row()["object"]
    assert row(includeObject="Object")["object"]["kind"] == "VirtualMachineSnapshot"
    assert not row(includeObject="None").get("object")
    refused(kube.list("web", headers={"Accept": TABLE}, includeObject="All"), 400, "BadRequest", "must be 'Metadata', 'Object', 'None'")


def test_gzip(kube):
    for number in range(20):
        kube.made("web", new_snapshot(f"more-{number}"))
    plain, packed = (kube.list("web", headers={"Accept-Encoding": encoding}) for encoding in ("identity", "gzip"))
    assert packed.header("Content-Encoding") == "gzip" and plain.header("Content-Encoding") is None
    assert packed.json() == plain.json() and len(packed.body) < len(plain.body)


@pytest.mark.parametrize("method, body", [("POST", new_snapshot("x", namespace="web")), ("DELETE", None), ("PUT", {}), ("PATCH", {})])
def test_across_all_namespaces_nothing_is_written(kube, method, body):
    reply = kube.request(method, ALL, body)
    assert (reply.status, reply.text()) == (404, "404 page not found\n")
    assert kube.read("web", "one").status == 200


@pytest.mark.parametrize("method, path", [
    ("POST", STATUS), ("DELETE", STATUS), ("PUT", f"{NAMESPACES}/web"), ("PATCH", f"{NAMESPACES}/web"), ("DELETE", NAMESPACES)])
def test_methods_that_are_not_allowed(kube, method, path):
    refused(kube.request(method, path, {}), 405, "MethodNotAllowed", "does not allow this method")


@pytest.mark.parametrize("path", ["/version", "/api", "/apis", "/api/v1", GROUP, GROUP.rsplit("/", 1)[0], WEB, NAMESPACES])
def test_a_slash_at_the_end_changes_nothing(kube, path):
    assert kube.get(f"{path}/").json() == kube.get(path).json()


@pytest.mark.parametrize("change, status, reason, message", [
    (lambda item: item["spec"]["source"].pop("apiGroup"), 422, "Invalid", "apiGroup"),
    (lambda item: item["spec"]["source"].update(kind="Pod"), 422, "Invalid", "kind"),
    (lambda item: item["spec"].update(failureDeadline=7), 422, "Invalid", "must be of type string"),
    (lambda item: item["metadata"].update(name="x" * 254), 422, "Invalid", "must be no more than 253"),
    (lambda item: item["metadata"].update(labels={"a": "b c"}), 422, "Invalid", "metadata.labels"),
    (lambda item: item["metadata"].update(labels={"a": 7}), 400, "BadRequest", ""),
    (lambda item: item["metadata"].update(finalizers=["plain name"]), 422, "Invalid", "metadata.finalizers"),
    (lambda item: item["metadata"].update(annotations={"a": "x" * (257 << 10)}), 422, "Invalid", "must have at most 262144 bytes"),
    (lambda item: item.pop("kind"), 400, "BadRequest", "Object 'Kind' is missing"),
    (lambda item: item.pop("apiVersion"), 400, "BadRequest", "Object 'apiVersion' is missing")])
def test_creations_that_are_refused(kube, change, status, reason, message):
    item = new_snapshot("two")
    change(item)
    refused(kube.create("web", item), status, reason, message)
    assert len(kube.list("web").json()["items"]) == 1


@pytest.mark.parametrize("query, message", [
    ("dryRun=Some", 'dryRun: Unsupported value: "Some"'), ("fieldValidation=Maybe", 'fieldValidation: Unsupported value: "Maybe"'),
    (f"fieldManager={'x' * 129}", "fieldManager: Too long"), ("fieldManager=a%00b", "fieldManager: Invalid value")])
def test_options_of_a_write(kube, query, message):
    refused(kube.request("POST", f"{WEB}?{query}", new_snapshot("two")), 422, "Invalid", message)
    assert kube.read("web", "two").status == 404


def test_fields_given_twice(kube):
    body = json.dumps(new_snapshot("two")).replace('"name": "two"', '"name": "one", "name": "two"')
    media = {"Content-Type": "application/json"}
    reply = kube.request("POST", WEB, body, media, dryRun="All")
    assert (reply.status, reply.header("Warning")) == (201, '299 - "duplicate field \\"metadata.name\\""')
    assert kube.request("POST", WEB, body, media, dryRun="All", fieldValidation="Ignore").header("Warning") is None
    refused(kube.request("POST", WEB, body, media, fieldValidation="Strict"), 400, "BadRequest", 'duplicate field "metadata.name"')


@pytest.mark.parametrize("patch, media, status, message", [
    ({"metadata": {"name": "two"}}, MERGE_PATCH, 400, "does not match the name on the URL"),
    ({"metadata": {"uid": "x"}}, MERGE_PATCH, 422, "field is immutable"),
    ({"spec": {"deletionPolicy": "Retain"}}, MERGE_PATCH, 422, "spec"),
    ({"spec": None}, MERGE_PATCH, 422, "spec"),
    ([1], MERGE_PATCH, 400, "error decoding patch"),
    ({"op": "add"}, JSON_PATCH, 400, "error decoding patch"),
    ([{"op": "frob", "path": "/a"}], JSON_PATCH, 422, "the server rejected our request"),
    ([{"op": "add", "path": "/metadata/labels/a", "value": "b"}] * 10_001, JSON_PATCH, 413, "10000, got 10001")])
def test_patches_that_are_refused(kube, patch, media, status, message):
    before = kube.read("web", "one").json()
    reply = kube.patch("web", "one", patch, media)
    assert reply.status == status and message in reply.json()["message"], reply
    assert kube.read("web", "one").json() == before


def test_patches_that_many_make_of_one_object_at_once_are_all_done(kube):
    """None of them names a version, so none is told that it has changed."""
    def patch(i):
        return kube.patch("web", "one", {"metadata": {"labels": {f"l{i}": "yes"}}}).status

    with ThreadPoolExecutor(48) as pool:
        assert set(pool.map(patch, range(144))) == {200}
    labels = kube.read("web", "one").json()["metadata"]["labels"]
    assert set(labels) == {"tier", *(f"l{i}" for i in range(144))}


def test_a_status_is_validated_and_pruned(kube):
    for status, message in (({"phase": 7}, "status.phase in body must be of type string"),
                            ({"conditions": [{"type": "Ready"}]}, "status.conditions[0].status")):
        refused(kube.patch("web", "one", {"status": status}, status=True), 422, "Invalid", message)
    reply = kube.patch("web", "one", {"status": {"phase": "InProgress", "colour": "red"}}, status=True)
    assert reply.json()["status"] == {"phase": "InProgress"} and "status.colour" in reply.header("Warning")


def test_managers_are_told_apart(kube):
    kube.patch("web", "one", {"metadata": {"labels": {"a": "1"}}}, fieldManager="alice")
    found = kube.patch("web", "one", {"metadata": {"labels": {"b": "1"}}}, fieldManager="bob").json()
    managers = {entry["manager"]: entry["fieldsV1"]["f:metadata"]["f:labels"] for entry in found["metadata"]["managedFields"]}
    assert set(managers) == {"tests", "alice", "bob"}
    assert ("f:a" in managers["alice"], "f:b" in managers["bob"], "f:tier" in managers["tests"]) == (True, True, True)
    # What another manager sets becomes its own; one that owns nothing more is gone.
    found = kube.patch("web", "one", {"metadata": {"labels": {"a": "2"}}}, fieldManager="bob").json()
    assert {entry["manager"] for entry in found["metadata"]["managedFields"]} == {"tests", "bob"}


@pytest.mark.parametrize("policy, finalizer", [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")])
def test_policies_of_a_deletion(kube, policy, finalizer):
    marked = kube.remove("web", "one", {"propagationPolicy": policy}).json()
    assert marked["metadata"]["finalizers"] == [finalizer] and marked["metadata"]["deletionTimestamp"]
    # Nothing depends on it, so the garbage collector is done with it soon.
    wait_for(lambda: kube.read("web", "one").status == 404, "the snapshot to go")


@pytest.mark.parametrize("options, status, message", [
    ({"propagationPolicy": "Sometimes"}, 422, "propagationPolicy"),
    ({"preconditions": {"resourceVersion": "1"}}, 409, "the ResourceVersion in the precondition (1)"),
    ({"kind": "Pod", "apiVersion": "v1"}, 400, ""), ([], 400, "")])
def test_deletions_that_are_refused(kube, options, status, message):
    reply = kube.remove("web", "one", options)
    assert reply.status == status and message in reply.json()["message"], reply
    assert kube.read("web", "one").status == 200


def test_deletecollection(kube):
    for name in ("three", "two"):
        kube.made("web", new_snapshot(name, finalizers=[FINALIZER] if name == "two" else []))
    for query in ({"dryRun": "All"}, {"labelSelector": "tier=none"}, {"fieldSelector": "metadata.name=none"}):
        assert kube.request("DELETE", WEB, **query).status == 200
        assert len(kube.list("web").json()["items"]) == 3
    kube.request("DELETE", WEB, fieldSelector="metadata.name!=one")
    assert [item["metadata"]["name"] for item in kube.list("web").json()["items"]] == ["one", "two"]
    assert "deletionTimestamp" in kube.read("web", "two").json()["metadata"]


def test_namespaces(kube):
    refused(kube.request("DELETE", f"{NAMESPACES}/default"), 403, "Forbidden", "this namespace may not be deleted")
    refused(kube.request("DELETE", f"{NAMESPACES}/absent"), 404, "NotFound", 'namespaces "absent" not found')
    assert kube.request("DELETE", f"{NAMESPACES}/web", dryRun="All").status == 200
    assert kube.get(f"{NAMESPACES}/web").json()["status"]["phase"] == "Active"
    kube.made("web", new_snapshot("held", finalizers=[FINALIZER]))
    going = kube.request("DELETE", f"{NAMESPACES}/web").json()
    assert (going["status"]["phase"], bool(going["metadata"]["deletionTimestamp"])) == ("Terminating", True)
    wait_for(lambda: [item["metadata"]["name"] for item in kube.list("web").json()["items"]] == ["held"], "what is not held to go")
    body = refused(kube.create("web", new_snapshot("late")), 403, "Forbidden", "because it is being terminated")
    assert body["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    assert kube.patch("web", "held", {"metadata": {"finalizers": None}}).status == 200
    wait_for(lambda: kube.get(f"{NAMESPACES}/web").status == 404, "the namespace to go")
    kube.create_namespace("web")
    assert kube.list("web").json()["items"] == []


def test_a_reader_may_not_write(server, kube):
    key = server.client().create_key(f"reader-of-{kube.cluster}")["key"]
    reader = KubeClient(server, kube.cluster, key)
    assert reader.list("web").status == 200
    for reply, what in ((reader.create("web", new_snapshot("x")), f'cannot create resource "{PLURAL}" in API group'),
                        (reader.patch("web", "one", {}, status=True), f'cannot patch resource "{PLURAL}/status"'),
                        (reader.request("DELETE", WEB), "cannot deletecollection resource"),
                        (reader.request("POST", NAMESPACES, {}), 'cannot create resource "namespaces" in API group "" at the cluster scope')):
        refused(reply, 403, "Forbidden", what)
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {
        "resourceAttributes": {"verb": "delete", "group": "snapshot.kubevirt.io", "resource": PLURAL}}}
    assert [side.request("POST", REVIEWS, review).json()["status"]["allowed"] for side in (reader, kube)] == [False, True]


def test_bodies_that_are_too_large(kube):
    reply = kube.create("web", new_snapshot("large", annotations={"x": "y" * (4 << 20)}))
    assert (reply.status, reply.json()["reason"]) == (413, "RequestEntityTooLarge")


def test_a_head_is_a_get_without_its_body(kube):
    head, get = kube.request("HEAD", ONE), kube.get(ONE)
    assert (head.status, head.body, head.header("Content-Type")) == (200, b"", get.header("Content-Type"))


def test_names_with_what_a_path_must_escape(kube):
    """Found by nobody, and harmful to nobody."""
    for name in ("..", "a/b", "a%2fb", "%00", "a b", "ä"):
        path = f"{WEB}/{urllib.parse.quote(name, safe='%')}"
        assert kube.get(path).status in (400, 404), name


@pytest.mark.parametrize("header", ["Impersonate-User", "impersonate-group"])
def test_nobody_acts_as_another(kube, header):
    """Passed over, the wish for fewer rights would give all of the key's."""
    reply = kube.request("DELETE", ONE, headers={header: "nobody"})
    refused(reply, 403, "Forbidden", 'cannot impersonate resource "users"')
    assert kube.get(ONE).status == 200


def test_what_is_as_large_as_may_be_can_be_deleted(kube):
    kube.made("web", new_snapshot("large", finalizers=[FINALIZER]))
    room = (2 << 20) - len(kube.get(f"{WEB}/large").body) - 600
    grown = kube.patch("web", "large", {"status": {"error": {"message": "x" * room}}}, status=True)
    assert grown.status == 200, grown
    assert kube.patch("web", "large", {"metadata": {"annotations": {"more": "y" * 4000}}}).status == 413
    assert kube.request("DELETE", f"{NAMESPACES}/web").status == 200
    # What a finalizer holds is marked, however large, and the rest goes.
    wait_for(lambda: "deletionTimestamp" in kube.get(f"{WEB}/large").json()["metadata"], "the mark")
    wait_for(lambda: kube.get(ONE).status == 404, "the other snapshot to go")
    assert kube.patch("web", "large", {"metadata": {"finalizers": None}}).status == 200
    wait_for(lambda: kube.get(f"{NAMESPACES}/web").status == 404, "the namespace to go")
