"""What a caller asked for is what happens: nothing is stored by a request that is refused, nothing
lands elsewhere than where the caller said, and no part of a request is passed over in silence."""

import json

import pytest
import yaml

from connected import UID, Pair
from harness import vm_path, wait_for
from kube import GROUP, MERGE_PATCH, TABLE, KubeClient, new_snapshot, snapshots_path
from palette import Palette

WEB = snapshots_path("web")
ONE = snapshots_path("web", "one")
STATUS = snapshots_path("web", "one", status=True)
NAMESPACES = "/api/v1/namespaces"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
NOT_SERVED = ["text/html", "application/vnd.kubernetes.protobuf", "application/cbor", "json", "application/json;as=Pod;v=v1;g=meta.k8s.io",
              "application/json;stream=other", ",;,=", "image/*;q=0.9, text/plain"]
# Nothing of a kind that no client takes is written, whatever else is asked of the same request.
SNAPSHOT_WRITES = {
    "create": ("POST", WEB, new_snapshot("two"), "application/json"),
    "replace": ("PUT", ONE, new_snapshot("one", labels={"tier": "silver"}), "application/json"),
    "patch": ("PATCH", ONE, {"metadata": {"labels": {"tier": "silver"}}}, MERGE_PATCH),
    "patch the status": ("PATCH", STATUS, {"status": {"readyToUse": True}}, MERGE_PATCH),
    "replace the status": ("PUT", STATUS, {**new_snapshot("one"), "status": {"readyToUse": True}}, "application/json"),
    "delete": ("DELETE", ONE, None, None),
    "delete what a finalizer holds": ("DELETE", snapshots_path("web", "held"), None, None),
    "delete the collection": ("DELETE", WEB, None, None)}
NAMESPACE_WRITES = {
    "create a namespace": ("POST", NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}, "application/json"),
    "delete a namespace": ("DELETE", f"{NAMESPACES}/web", None, None)}
HELD = new_snapshot("held", finalizers=["example.com/hold"])


def fill(kube):
    kube.create_namespace("web")
    kube.made("web", new_snapshot("one", labels={"tier": "gold"}))
    kube.made("web", HELD)


@pytest.fixture
def kube(kube):
    fill(kube)
    return kube


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A cluster and a server that follows it."""
    with Pair(tmp_path_factory.mktemp("pair")) as both:
        fill(both.theirs)
        both.follow()
        both.wait_until_equal()
        yield both


@pytest.fixture
def theirs(pair):
    """The cluster itself."""
    return pair.theirs


@pytest.fixture
def ours(pair):
    """The cluster as the server that follows it shows it."""
    return pair.ours


def everything(kube):
    return [kube.list().json()["items"], kube.get(NAMESPACES).json()["items"]]


def send(kube, write, accept, **query):
    method, path, body, media = write
    if method == "PUT":
        body = {**body, "metadata": {**body["metadata"], "resourceVersion": kube.read("web", "one").json()["metadata"]["resourceVersion"]}}
    headers = {"Accept": accept, **({"Content-Type": media} if media else {})}
    return kube.request(method, path, json.dumps(body) if body is not None else None, headers, **query)


class TestAWriteWhoseAnswerCannotBeGiven:
    @pytest.mark.parametrize("accept", NOT_SERVED)
    @pytest.mark.parametrize("what", [*SNAPSHOT_WRITES, *NAMESPACE_WRITES])
    def test_is_refused_before_anything_is_stored(self, kube, what, accept):
        before = everything(kube)
        reply = send(kube, {**SNAPSHOT_WRITES, **NAMESPACE_WRITES}[what], accept)
        assert (reply.status, reply.json()["reason"]) == (406, "NotAcceptable"), reply
        assert everything(kube) == before

    @pytest.mark.parametrize("what", SNAPSHOT_WRITES)
    @pytest.mark.parametrize("accept", ["text/html", "application/vnd.kubernetes.protobuf"])
    def test_nor_does_it_reach_a_connected_cluster(self, ours, theirs, what, accept):
        before = everything(theirs)
        reply = send(ours, SNAPSHOT_WRITES[what], accept)
        assert (reply.status, reply.json()["reason"]) == (406, "NotAcceptable"), reply
        assert everything(theirs) == before

    @pytest.mark.parametrize("what, accept", [("create", PARTIAL_LIST), ("patch", PARTIAL_LIST), ("delete", PARTIAL_LIST),
                                              ("delete the collection", PARTIAL)])
    def test_one_object_is_no_list_and_a_list_is_no_object(self, kube, what, accept):
        before = everything(kube)
        assert send(kube, SNAPSHOT_WRITES[what], accept).status == 406
        assert everything(kube) == before

    def test_so_is_a_table_that_includes_what_there_is_not(self, kube):
        before = everything(kube)
        for what in ("create", "patch", "delete", "delete the collection"):
            assert send(kube, SNAPSHOT_WRITES[what], TABLE, includeObject="All").status == 400, what
        assert everything(kube) == before

    def test_it_is_refused_before_its_body_is_read(self, kube):
        assert kube.request("POST", WEB, "{", {"Accept": "text/html", "Content-Type": "application/json"}).status == 406

    def test_but_not_before_the_key_is_looked_at(self, server, kube):
        for key, status in (("sgk_none", 401), (server.client().create_key(f"reader-{kube.cluster}")["key"], 403)):
            assert send(KubeClient(server, kube.cluster, key), SNAPSHOT_WRITES["create"], "text/html").status == status

    def test_what_was_refused_can_be_sent_again(self, kube):
        assert send(kube, SNAPSHOT_WRITES["create"], "text/html").status == 406
        assert send(kube, SNAPSHOT_WRITES["create"], "application/json").status == 201

    @pytest.mark.parametrize("accept", ["", "*/*", "application/*", "application/json;q=0.1", "text/html, application/json"])
    def test_one_that_can_be_given_is(self, kube, accept):
        assert send(kube, SNAPSHOT_WRITES["create"], accept).json()["metadata"]["name"] == "two"


class TestAnAnswerHasTheFormThatWasAskedFor:
    def test_a_table(self, kube):
        for what in ("create", "replace", "patch", "delete the collection"):
            reply = send(kube, SNAPSHOT_WRITES[what], TABLE)
            assert reply.status in (200, 201) and reply.json()["kind"] == "Table", reply

    def test_metadata_alone(self, kube):
        assert send(kube, SNAPSHOT_WRITES["create"], PARTIAL).json()["kind"] == "PartialObjectMetadata"
        assert send(kube, SNAPSHOT_WRITES["delete the collection"], PARTIAL_LIST).json()["kind"] == "PartialObjectMetadataList"

    @pytest.mark.parametrize("what, kind", [("create", "VirtualMachineSnapshot"), ("delete", "Status"),
                                            ("delete what a finalizer holds", "VirtualMachineSnapshot"),
                                            ("delete the collection", "VirtualMachineSnapshotList")])
    def test_yaml(self, kube, what, kind):
        reply = send(kube, SNAPSHOT_WRITES[what], "application/yaml")
        assert (reply.header("Content-Type"), yaml.load(reply.text(), yaml.BaseLoader)["kind"]) == ("application/yaml", kind)

    def test_the_palette_and_the_admin_side_always_answer_in_json(self, server, kube):
        client = server.client()
        for number, accept in enumerate(("text/html", "application/yaml", ",;,=")):
            name = f"json-{number}"
            path = vm_path(kube.cluster, "vm-1")
            made = client.post(path, {"metadata": {"name": name}}, {"Accept": accept}, namespace="web")
            assert (made.status, made.json()["metadata"]["name"]) == (200, name)
            assert client.delete(f"{path}/{name}", {"Accept": accept}, namespace="web").status == 204
            project = client.post("/admin/v1/projects", {"name": f"{kube.cluster}-{name}"}, {"Accept": accept})
            assert (project.status, project.json()["name"]) == (201, f"{kube.cluster}-{name}")


class TestADryRun:
    @pytest.mark.parametrize("query", ["dryRun=All", "dryRun=&dryRun=All", "dryRun=All&dryRun=All"])
    @pytest.mark.parametrize("what", ["create", "replace", "patch", "delete", "delete the collection"])
    def test_stores_nothing_wherever_it_is_said(self, kube, what, query):
        before = everything(kube)
        method, path, body, media = SNAPSHOT_WRITES[what]
        assert send(kube, (method, f"{path}?{query}", body, media), "application/json").status in (200, 201)
        assert everything(kube) == before

    def test_one_that_is_misspelt_second_is_refused(self, kube):
        before = everything(kube)
        method, path, body, media = SNAPSHOT_WRITES["create"]
        assert send(kube, (method, f"{path}?dryRun=All&dryRun=some", body, media), "application/json").status == 422
        assert everything(kube) == before


SELECTORS = ["%00", "%00app%3Dx", "tier%3Dnone%00", "%01", "tier%3Dno%1Fne", "%7F", "tier+in+(%00)"]


class TestControlCharacters:
    @pytest.mark.parametrize("parameter", ["labelSelector", "fieldSelector"])
    @pytest.mark.parametrize("value", SELECTORS)
    def test_no_selector_selects_by_what_stands_before_one(self, kube, parameter, value):
        before = everything(kube)
        for method, path in (("GET", WEB), ("GET", snapshots_path()), ("DELETE", WEB)):
            reply = kube.request(method, f"{path}?{parameter}={value}")
            assert (reply.status, reply.json()["reason"]) == (400, "BadRequest"), (method, reply)
            assert "control character" in reply.json()["message"] and parameter in reply.json()["message"]
        assert kube.get(f"{WEB}?watch=1&resourceVersion=0&timeoutSeconds=1&{parameter}={value}").status == 400
        assert everything(kube) == before

    @pytest.mark.parametrize("parameter", ["labelSelector", "fieldSelector", "resourceVersion", "propagationPolicy", "unknown"])
    def test_nor_in_a_connected_cluster(self, ours, theirs, parameter):
        before = everything(theirs)
        for method, path in (("DELETE", WEB), ("DELETE", ONE)):
            reply = ours.request(method, f"{path}?{parameter}=%00")
            assert reply.status == 400 and "control character" in reply.json()["message"], reply
        assert everything(theirs) == before

    @pytest.mark.parametrize("parameter", ["resourceVersion", "resourceVersionMatch", "continue", "limit", "timeoutSeconds"])
    def test_of_the_options_of_a_list(self, kube, parameter):
        for value in ("%00", "1%00", "0%0A"):
            assert kube.get(f"{WEB}?{parameter}={value}").status == 400, value

    @pytest.mark.parametrize("parameter", ["vmName", "namespace", "continue", "limit"])
    def test_of_the_palette_side(self, server, kube, parameter):
        for value in ("%00", "web%00", "%00,web", "web,%01", "web%7F", "%0A"):
            reply = server.client().get(f"/v1/spectroclusters/{kube.cluster}/vms/snapshot?{parameter}={value}")
            assert (reply.status, reply.json()["details"]["parameter"]) == (400, parameter), (value, reply)

    @pytest.mark.parametrize("name", ["%00", "one%00", "%00one", "one%0A", "one%7F"])
    def test_a_path_with_one_names_nothing(self, server, kube, name):
        before = everything(kube)
        for method, path in (("GET", f"{WEB}/{name}"), ("DELETE", f"{WEB}/{name}"), ("GET", f"{GROUP}/namespaces/web{name}/virtualmachinesnapshots"),
                             ("DELETE", f"{GROUP}/namespaces/web%00{name}/virtualmachinesnapshots"), ("DELETE", f"{NAMESPACES}/web{name}")):
            assert kube.request(method, path).status == 404, (method, path)
        assert server.client().get(vm_path(kube.cluster, name=name), namespace="web").status == 404
        assert everything(kube) == before

    def test_blanks_between_the_words_of_a_selector_are_none(self, kube):
        found = kube.get(f"{WEB}?labelSelector=tier%09in%0A(gold)").json()["items"]
        assert [item["metadata"]["name"] for item in found] == ["one"]


class Asking:
    """The published operations on the snapshots of web-01, with the query as it is written."""

    def __init__(self, client, uid):
        self.client = client
        self.path = vm_path(uid)
        self.palette = Palette(client, uid)

    def create(self, metadata, query=""):
        return self.palette.call("POST", "web-01", body={"metadata": metadata}, text=query)

    def update(self, name, metadata, query=""):
        return self.palette.call("PUT", "web-01", name, {"metadata": metadata}, text=query)

    def get(self, name, query=""):
        return self.palette.call("GET", "web-01", name, text=query)

    def delete(self, name, query=""):
        return self.palette.call("DELETE", "web-01", name, text=query)


@pytest.fixture
def palette(server, kube):
    return Asking(server.client(), kube.cluster)


def places(kube, name):
    return [item["metadata"]["namespace"] for item in kube.list().json()["items"] if item["metadata"]["name"] == name]


class TestNamespacesOfThePaletteSide:
    @pytest.mark.parametrize("query, body, place", [
        ("", {}, "default"), ("?namespace=", {}, "default"), ("?namespace=shop", {}, "shop"), ("", {"namespace": "shop"}, "shop"),
        ("?namespace=", {"namespace": "shop"}, "shop"), ("?namespace=shop", {"namespace": "shop"}, "shop"), ("", {"namespace": "default"}, "default"),
        ("", {"namespace": None}, "default"), ("?namespace=shop", {"namespace": None}, "shop"), ("?namespace=shop", {"namespace": ""}, "shop"),
        ("", {"namespace": ""}, "default")])
    def test_a_snapshot_is_made_where_the_caller_said(self, kube, palette, query, body, place):
        reply = palette.create({"name": "made", **body}, query)
        assert (reply.status, reply.json().get("metadata", {}).get("namespace")) == (200, place), reply
        assert places(kube, "made") == [place]

    @pytest.mark.parametrize("query, namespace", [("?namespace=web", "shop"), ("?namespace=default", "shop"), ("?namespace=shop", "default")])
    def test_two_that_differ_are_refused_with_what_each_says(self, kube, palette, query, namespace):
        for reply in (palette.create({"name": "one", "namespace": namespace}, query), palette.update("one", {"namespace": namespace}, query)):
            body = reply.json()
            assert (reply.status, body["code"], body["details"]["field"]) == (422, "Invalid", "metadata.namespace")
            assert f'"{namespace}"' in body["message"] and f'the query says "{query.split("=")[1]}"' in body["message"]
        assert places(kube, "one") == ["web"]

    @pytest.mark.parametrize("namespace", [" web", "web ", "Web", "a/b", "x" * 64, "web\n", "web\0", 5, [], {}])
    def test_a_body_with_none_that_can_be_one(self, kube, palette, namespace):
        before = everything(kube)
        for reply in (palette.create({"name": "made", "namespace": namespace}), palette.update("one", {"namespace": namespace})):
            assert reply.status in (400, 404, 422), reply
        assert everything(kube) == before

    @pytest.mark.parametrize("query", ["?namespace=web&namespace=shop", "?namespace=web&namespace=web", "?namespace=+", "?namespace=web,shop",
                                       "?namespace=%00"])
    def test_a_query_with_none_that_can_be_one(self, kube, palette, query):
        before = everything(kube)
        for reply in (palette.create({"name": "made"}, query), palette.update("one", {}, query), palette.get("one", query), palette.delete("one", query)):
            assert (reply.status, reply.json()["details"]["parameter"]) == (400, "namespace"), reply
        assert everything(kube) == before

    def test_an_update_finds_the_one_that_its_body_names(self, kube, palette):
        made = {place: palette.create({"name": "twin", "namespace": place}).json()["metadata"] for place in ("default", "shop")}
        reply = palette.update("twin", {**made["shop"], "labels": {"changed": "yes"}})
        assert (reply.status, reply.json()["metadata"]["namespace"]) == (200, "shop"), reply
        labels = {place: kube.read(place, "twin").json()["metadata"].get("labels") for place in ("default", "shop")}
        assert labels == {"default": None, "shop": {"changed": "yes"}}

    def test_what_names_no_namespace_never_acts_on_another_than_default(self, kube, palette):
        """Also where the name exists in one namespace only: the caller did not name it."""
        for reply in (palette.get("one"), palette.update("one", {}), palette.delete("one")):
            assert (reply.status, reply.json()["code"]) == (404, "ResourceNotFound"), reply
            assert "in namespace default" in reply.json()["message"] and "names no namespace" in reply.json()["message"]
        assert places(kube, "one") == ["web"]

    @pytest.mark.parametrize("field, value, said", [
        (("kind",), "VirtualMachineRestore", "this API"), (("apiVersion",), "snapshot.kubevirt.io/v1", "this API"),
        (("metadata", "name"), "two", "the path"), (("spec", "source", "name"), "other", "the path"),
        (("spec", "source", "kind"), "Pod", "this API")])
    def test_other_contradictions_name_who_says_so(self, palette, field, value, said):
        body = inner = {}
        for part in field[:-1]:
            inner = inner.setdefault(part, {})
        inner[field[-1]] = value
        reply = palette.client.request("PUT", f"{palette.path}/one?namespace=web", body)
        assert reply.status == 422 and f'"{value}": {said} says' in reply.json()["message"], reply

    def test_a_connected_cluster_is_asked_for_the_same(self, pair, theirs):
        palette = Asking(pair.mirror.client(), UID)
        theirs.create_namespace("shop")
        reply = palette.create({"name": "sent", "namespace": "shop"})
        assert (reply.status, reply.json()["metadata"]["namespace"]) == (200, "shop"), reply
        assert places(theirs, "sent") == ["shop"]
        assert palette.update("sent", {**reply.json()["metadata"], "managedFields": None, "labels": {"a": "b"}}).status == 200
        assert theirs.read("shop", "sent").json()["metadata"]["labels"] == {"a": "b"}
        assert palette.create({"name": "sent", "namespace": "web"}, "?namespace=shop").status == 422
        assert palette.create({"name": "sent", "namespace": "a/b"}).status == 422
        assert palette.delete("sent").status == 404
        assert places(theirs, "sent") == ["shop"]


class TestAWriteWithAParameterThatIsNone:
    # What Kubernetes' API has and these operations have not, and what was mistyped.
    UNKNOWN = ["dryRun=All", "dryRun=true", "dryrun=All", "fieldValidation=Strict", "fieldManager=me", "propagationPolicy=Orphan",
               "gracePeriodSeconds=60", "uid=x", "resourceVersion=1", "namspace=web", "Namespace=web", "force=true", "%64ryRun=All", "x", "x="]

    @pytest.mark.parametrize("unknown", UNKNOWN)
    @pytest.mark.parametrize("place", ["?", "?namespace=web&"])
    def test_changes_nothing_on_the_palette_side(self, kube, palette, place, unknown):
        before = everything(kube)
        name = "dryRun" if unknown.startswith("%64") else unknown.partition("=")[0]
        query = place + unknown
        for reply in (palette.create({"name": "made"}, query), palette.update("one", {"labels": {}}, query), palette.delete("one", query)):
            assert (reply.status, reply.json()["code"], reply.json()["details"]["parameter"]) == (400, "InvalidParameter", name), reply
            assert reply.json()["message"] == f'there is no parameter "{name}" here: this operation takes namespace'
        assert everything(kube) == before

    def test_reads_pass_over_it(self, server, kube, palette):
        assert palette.get("one", "?namespace=web&unknown=1").status == 200
        assert server.client().get(f"/v1/spectroclusters/{kube.cluster}/vms/snapshot?unknown=1").status == 200
        assert server.client().get("/admin/v1/clusters?unknown=1").status == 200

    def test_nor_does_it_reach_a_connected_cluster(self, pair, theirs):
        before = everything(theirs)
        palette = Asking(pair.mirror.client(), UID)
        for reply in (palette.create({"name": "made"}, "?dryRun=All"), palette.delete("one", "?namespace=web&dryRun=All")):
            assert reply.status == 400, reply
        assert everything(theirs) == before

    @pytest.mark.parametrize("method, path, body, takes", [
        ("POST", "projects", {"name": "made-{uid}"}, "none"), ("DELETE", "projects/{uid}-p", None, "force applySet"),
        ("POST", "clusters", {"name": "made-{uid}"}, "dryRun"),
        ("DELETE", "clusters/{uid}", None, "force applySet"),
        ("PUT", "clusters/{uid}/kubeconfig", {"kubeconfig": "x"}, "dryRun"), ("POST", "clusters/{uid}/check", None, "none"),
        ("POST", "clusters/{uid}/import", [new_snapshot("made", namespace="web")], "onConflict prune dryRun complete pruneAsOf"),
        ("POST", "keys", {"name": "made-{uid}"}, "none"), ("DELETE", "keys/{uid}", None, "none")])
    def test_changes_nothing_on_the_admin_side(self, server, kube, uid, method, path, body, takes):
        admin = server.client()
        admin.post("/admin/v1/projects", {"name": uid + "-p", "uid": uid + "-p"})
        registry = [admin.get(f"/admin/v1/{kind}").json() for kind in ("projects", "clusters")]
        before = everything(kube)
        body = json.loads(json.dumps(body).replace("{uid}", uid))
        for unknown in ("dryrun=true", "Force=true", "purne=true"):
            reply = admin.request(method, f"/admin/v1/{path.format(uid=uid)}?{unknown}", body)
            assert (reply.status, reply.json()["details"]["parameter"]) == (400, unknown.partition("=")[0]), reply
            assert reply.json()["message"].endswith(f"this operation takes {takes}")
        assert everything(kube) == before
        assert [admin.get(f"/admin/v1/{kind}").json() for kind in ("projects", "clusters")] == registry

    @pytest.mark.parametrize("body", ['{"preconditions":{"uid":"x"}}', '{"dryRun":["All"]}', '[]', '"x"', "x", '{"a":1'])
    def test_a_deletion_passes_over_no_body(self, server, kube, palette, uid, body):
        before = everything(kube)
        for path in (palette.path + "/one?namespace=web", f"/admin/v1/clusters/{uid}?force=true"):
            reply = server.client().request("DELETE", path, body, {"Content-Type": "application/json"})
            assert (reply.status, reply.json()["code"]) == (400, "InvalidBody"), reply
        assert everything(kube) == before

    @pytest.mark.parametrize("body", ["", "{}", "null", " {} "])
    def test_but_over_one_that_says_nothing(self, server, kube, palette, body):
        reply = server.client().request("DELETE", palette.path + "/one?namespace=web", body, {"Content-Type": "application/json"})
        assert reply.status == 204 and places(kube, "one") == []


class TestOptionsOfADeletionInItsQuery:
    """As kube-apiserver reads them: Convert_url_Values_To_v1_DeleteOptions."""

    @pytest.mark.parametrize("body", [None, "{}", '{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0}'])
    def test_preconditions(self, kube, body):
        head = kube.read("web", "one").json()["metadata"]
        for wrong in ({"uid": "another"}, {"resourceVersion": "1"}, {"uid": head["uid"], "resourceVersion": "1"},
                      {"uid": "another", "resourceVersion": head["resourceVersion"]}):
            reply = kube.request("DELETE", ONE, body, **wrong)
            assert (reply.status, reply.json()["reason"]) == (409, "Conflict"), (wrong, reply)
        assert places(kube, "one") == ["web"]
        assert kube.request("DELETE", ONE, body, uid=head["uid"], resourceVersion=head["resourceVersion"]).status == 200
        assert places(kube, "one") == []

    def test_of_a_namespace_and_of_a_collection(self, kube):
        before = everything(kube)
        assert kube.request("DELETE", f"{NAMESPACES}/web", uid="another").status == 409
        assert kube.request("DELETE", WEB, uid="another").status == 409
        assert everything(kube) == before

    @pytest.mark.parametrize("query, finalizer", [({"orphanDependents": "true"}, "orphan"), ({"orphanDependents": "1"}, "orphan"),
                                                  ({"propagationPolicy": "Foreground"}, "foregroundDeletion"), ({"orphanDependents": "false"}, None)])
    def test_what_becomes_of_dependents(self, kube, query, finalizer):
        # The answer shows it as it was marked: with nothing that depends on it, the collector soon lets it go.
        reply = kube.request("DELETE", ONE, **query)
        assert reply.status == 200
        assert reply.json()["metadata"].get("finalizers") == ([finalizer] if finalizer else None)
        wait_for(lambda: kube.read("web", "one").status == 404, "the snapshot to go")

    def test_what_cannot_be(self, kube):
        before = everything(kube)
        for status, query in ((422, {"orphanDependents": "true", "propagationPolicy": "Orphan"}), (422, {"propagationPolicy": "Never"}),
                              (400, {"gracePeriodSeconds": "long"})):
            assert kube.request("DELETE", ONE, **query).status == status, query
        reply = kube.request("PATCH", ONE, {"metadata": {"labels": {"a": "b"}}}, {"Content-Type": MERGE_PATCH}, force="true")
        assert reply.status == 422 and reply.json()["message"] == (
            'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch')
        assert everything(kube) == before


@pytest.mark.parametrize("media", ["application/apply-patch+cbor", "application/strategic-merge-patch+json", "text/plain"])
def test_a_refused_patch_names_only_what_is_taken(kube, media):
    reply = kube.patch("web", "one", {}, media)
    message = reply.json()["message"]
    assert reply.status == 415 and message.endswith(
        "include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"), message


class TestKeys:
    ROUTES = ["/metrics", "/v1/spectroclusters/{}/vms/snapshot", "/v1/dashboard/spectroclusters/vms", "/admin/v1/clusters", "/admin/v1/keys"]

    @pytest.mark.parametrize("route", ROUTES)
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    def test_a_bearer_token_is_a_key(self, server, kube, route, scheme):
        reply = server.anonymous().get(route.format(kube.cluster), {"Authorization": f"{scheme} {server.admin_key}"})
        assert reply.status == 200, reply

    def test_a_scrape_as_prometheus_sends_it(self, server, kube):
        headers = {"Authorization": f"Bearer {server.admin_key}", "User-Agent": "Prometheus/2.42.0", "Accept-Encoding": "gzip",
                   "Accept": "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                   "X-Prometheus-Scrape-Timeout-Seconds": "10"}
        reply = server.anonymous().get("/metrics", headers)
        assert reply.status == 200 and "snapgate_store_revision" in reply.text()
        assert reply.header("Content-Type").startswith("text/plain")

    def test_what_is_written_with_one(self, server, kube):
        headers = {"Authorization": f"Bearer {server.admin_key}"}
        made = server.anonymous().post(vm_path(kube.cluster, "vm-1"), {"metadata": {"name": "by-token"}}, headers)
        assert made.status == 200, made

    @pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer sgk_000000000000_x", "Basic YTpi", "{key}", "Token {key}", "Bearer {key}x", "Bearer x {key}"])
    def test_anything_else_is_none(self, server, value):
        reply = server.anonymous().get("/metrics", {"Authorization": value.format(key=server.admin_key)})
        assert (reply.status, reply.json()["code"]) == (401, "Unauthorized")
        told = reply.header("WWW-Authenticate")
        assert "ApiKey" in told and "Bearer" in told
        assert server.admin_key not in reply.text()

    def test_the_same_key_twice_is_one_key_and_two_keys_are_none(self, server, kube):
        other = server.client().create_key(f"second-of-{kube.cluster}")["key"]
        both = server.anonymous()
        assert both.get("/metrics", {"ApiKey": server.admin_key, "Authorization": f"Bearer {server.admin_key}"}).status == 200
        for first, second in ((server.admin_key, other), (other, server.admin_key), (server.admin_key, "none")):
            reply = both.get("/metrics", {"ApiKey": first, "Authorization": f"Bearer {second}"})
            assert (reply.status, reply.json()["code"]) == (400, "InvalidParameter"), reply
            assert first not in reply.text() and second not in reply.text().replace("none", "")

    @pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", ""])
    def test_what_is_meant_for_a_proxy_does_no_harm_beside_a_key(self, server, value):
        assert server.client().get("/metrics", {"Authorization": value}).status == 200

    def test_an_empty_key_beside_a_token_is_absent(self, server):
        assert server.anonymous().get("/metrics", {"ApiKey": "", "Authorization": f"Bearer {server.admin_key}"}).status == 200

    def test_two_tokens_are_refused(self, server):
        request = (f"GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.admin_key}\r\n"
                   f"Authorization: Bearer {server.admin_key}\r\nConnection: close\r\n\r\n")
        assert server.raw(request.encode()).startswith(b"HTTP/1.1 400")
