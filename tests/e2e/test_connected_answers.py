"""What a connected cluster answers to writes, good and bad, and what a caller gets of it on both sides of the API."""

import json
import re
import time

import pytest

from connected import UID, Pair
from harness import wait_for
from kube import MERGE_PATCH, JSON_PATCH, TABLE, KubeClient, new_snapshot, snapshots_path
from palette import Palette

GROUP = "snapshot.kubevirt.io"
APPLY_PATCH = "application/apply-patch+yaml"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
SELF_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Through(Pair):
    """A hosted cluster that stands for a real one, and a server that follows it by way of a proxy."""

    def palette(self, method, snapshot=None, body=None, vm="web-01", **query):
        return Palette(self.mirror.client(), UID, "default").call(method, vm, snapshot, body, **query)

    def make(self, *names, **metadata):
        made = [self.theirs.made("default", new_snapshot(name, **metadata)) for name in names]
        wait_for(lambda: set(names) <= set(self.names()), "the mirror")
        return made

    def names(self):
        return sorted(name for _, name in self.ours.objects())


@pytest.fixture
def unconnected(data_dir):
    with Through(data_dir.parent, between=True) as pair:
        yield pair


@pytest.fixture
def pair(unconnected):
    return unconnected.follow()


@pytest.fixture
def old(unconnected):
    """The cluster serves v1alpha1 alone."""
    def without_v1beta1(path, body):
        if not path.endswith(f"/apis/{GROUP}"):
            return body
        found = json.loads(body)
        found["versions"] = [one for one in found["versions"] if one["version"] == "v1alpha1"]
        found["preferredVersion"] = found["versions"][0]
        return json.dumps(found).encode()

    unconnected.between.changes.append(without_v1beta1)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        unconnected.between.say(method, f"/apis/{GROUP}/v1beta1/", 404, b"404 page not found\n", Content_Type="text/plain")
    return unconnected.follow()


# Answers that are no Kubernetes object.

HTML = b"<html><body>secret of an inner service</body></html>"
BARE = [(status, body, media) for status in (400, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504, 302)
        for body, media in ((HTML, "text/html"), (b"", None), (b"404 page not found\n", "text/plain"))]
NO_OBJECTS = [(200, HTML, "text/html"), (200, b"", None), (200, b"", "application/json"), (201, b"[]", "application/json"),
              (200, b'{"secret":"of an inner service"}', "application/json"), (200, b'{"kind":"Secret","apiVersion":"v1","data":{"secret":""}}', "application/json"),
              (200, b'{"kind":"VirtualMachineSnapshot"', "application/json"), (200, b"secret: of an inner service\n", "application/yaml"), (204, b"", None),
              (200, b'{"kind":"Status","apiVersion":"v1"} secret', "application/json"), (200, b'{"kind":"Status","apiVersion":"v1","secret', "application/json"),
              (200, b'{"kind":"Status","apiVersion":"v1","message":"secret"}', "text/html"), (200, b"k8s\x00secret", "application/vnd.kubernetes.protobuf"),
              (200, b"k8s\x00\x0a\x0c\x0a\x02v1\x12\x06Secret\x12\x06secret", "application/vnd.kubernetes.protobuf")]
WRITES = [("POST", None), ("PUT", "one"), ("PATCH", "one"), ("DELETE", "one"), ("DELETE", None)]


def write(pair, method, name, headers=None):
    body = {"POST": new_snapshot("new"), "PUT": new_snapshot("one"), "PATCH": {"metadata": {"labels": {"a": "b"}}}}.get(method)
    media = {"PATCH": MERGE_PATCH}.get(method, "application/json")
    return pair.ours.request(method, snapshots_path("default", name), None if body is None else json.dumps(body),
                             {**({"Content-Type": media} if body else {}), **(headers or {})})


def is_status(reply, code):
    assert reply.status == code, reply
    assert reply.header("Content-Type").startswith("application/json"), reply
    status = reply.json()
    assert (status["kind"], status["apiVersion"], status["status"], status["code"]) == ("Status", "v1", "Failure", code), status
    assert status["message"] and status["reason"], status
    assert "secret" not in reply.text() and "no Status" not in reply.text(), reply
    return status


def test_what_is_no_object_becomes_a_proper_status(pair):
    pair.make("one")
    for status, body, media in BARE:
        headers = {"Content_Type": media} if media else {}
        for method, name in WRITES:
            pair.between.hand_all_on()
            pair.between.say(method, "virtualmachinesnapshots", status, body, Retry_After="7", **headers)
            code = {500: 502, 302: 502}.get(status, status)
            begun = time.monotonic()
            reply = write(pair, method, name)
            said = is_status(reply, code)
            assert time.monotonic() - begun < 3, (status, method)
            assert (f'cluster "{UID}"' in said["message"]) and said["details"]["kind"] == "virtualmachinesnapshots", said
            if status == 404:
                assert said["reason"] == "NotFound" and "KubeVirt's snapshots are not installed" in said["message"], said
            if status in (429, 503, 504):
                assert reply.header("Retry-After") == "7" and said["details"]["retryAfterSeconds"] == 7, reply
            assert len(reply.headers.get_all("Retry-After") or []) <= 1


def test_a_good_status_with_no_object_is_a_bad_gateway(pair):
    pair.make("one")
    for status, body, media in NO_OBJECTS:
        headers = {"Content_Type": media} if media else {}
        for method, name in WRITES:
            pair.between.hand_all_on()
            pair.between.say(method, "virtualmachinesnapshots", status, body, **headers)
            begun = time.monotonic()
            is_status(write(pair, method, name), 502)
            assert time.monotonic() - begun < 3, (status, method)
        pair.between.hand_all_on()
        pair.between.say("GET", "/api/v1/namespaces", status, body, **headers)
        is_status(pair.ours.get("/api/v1/namespaces"), 502)
        is_status(pair.ours.get("/api/v1/namespaces/default"), 502)


def test_the_published_api_answers_properly_too(pair):
    pair.make("one")
    for status, body, media in BARE + NO_OBJECTS:
        headers = {"Content_Type": media} if media else {}
        for method, name, sent in (("POST", None, {"metadata": {"name": "new"}}), ("PUT", "one", {"metadata": {"labels": {"a": "b"}}}), ("DELETE", "one", None)):
            pair.between.hand_all_on()
            pair.between.say(method, "virtualmachinesnapshots", status, body, Retry_After="7", **headers)
            begun = time.monotonic()
            reply = pair.palette(method, name, sent)
            assert time.monotonic() - begun < 3, (status, body, media, method, reply)
            answer = reply.json()
            expected = {413: (413, "RequestTooLarge"), 429: (503, "ClusterUnavailable"), 503: (503, "ClusterUnavailable"),
                        504: (504, "ClusterTimeout")}.get(status, (502, "ClusterError"))
            assert (reply.status, answer["code"]) == expected, (status, method, reply)
            assert set(answer) == {"code", "message", "details", "ref"}
            assert "secret" not in reply.text() and "no Status" not in reply.text(), reply
            if status == 404:
                assert "KubeVirt's snapshots are not installed" in answer["message"], answer
            if reply.status in (503, 504):
                assert reply.headers.get_all("Retry-After") == ["7"], reply


def test_statuses_of_the_cluster_come_back_as_they_are(pair):
    pair.make("one")
    for code, reason in ((400, "BadRequest"), (403, "Forbidden"), (404, "NotFound"), (409, "Conflict"), (409, "AlreadyExists"),
                         (413, "RequestEntityTooLarge"), (422, "Invalid"), (429, "TooManyRequests"), (500, "InternalError"),
                         (503, "ServiceUnavailable"), (504, "Timeout")):
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": f"the words of {code}", "reason": reason,
                  "details": {"retryAfterSeconds": 9}, "code": code}
        for method, name in WRITES:
            pair.between.hand_all_on()
            pair.between.say(method, "virtualmachinesnapshots", code, json.dumps(status).encode(), Content_Type="application/json", Retry_After="9")
            reply = write(pair, method, name)
            assert reply.status == code and reply.json() == status and reply.header("Retry-After") == "9", reply
        expected = {400: 400, 403: 403, 404: 404, 409: 409, 413: 413, 422: 422, 429: 503, 503: 503, 504: 504}.get(code, 502)
        pair.between.say("POST", "virtualmachinesnapshots", code, json.dumps(status).encode(), Content_Type="application/json", Retry_After="9")
        reply = pair.palette("POST", body={"metadata": {"name": "new"}})
        assert reply.status == expected and f"the words of {code}" in reply.json()["message"], reply
        if expected in (503, 504):
            assert reply.headers.get_all("Retry-After") == ["9"], reply


def test_what_follows_a_cluster_without_kubevirt_has_no_noise(pair):
    pair.between.say("GET", GROUP, 404, b"404 page not found\n", Content_Type="text/plain")
    pair.mirror.client().set_kubeconfig(UID, pair.kubeconfig(url=f"http://127.0.0.1:{pair.between.port}/clusters/{UID}/"))
    state = pair.wait_for_state("NotInstalled")
    assert "the cluster answered 404" in state["message"] and "no Status" not in state["message"], state
    assert "KubeVirt, or this part of it, is not installed there" in state["message"], state


# Deletions of collections.

@pytest.mark.parametrize("accept", ("application/json", METADATA_LIST, TABLE, "application/yaml"))
def test_a_deletecollection_is_answered_when_the_mirror_shows_it(pair, accept):
    pair.between.delay = 0.15  # of what the cluster tells
    for turn in range(2):
        pair.make(*(f"s-{turn}-{i}" for i in range(12)), labels={"turn": str(turn)})
        pair.make(f"kept-{turn}")
        reply = pair.ours.request("DELETE", snapshots_path("default"), headers={"Accept": accept}, labelSelector=f"turn={turn}")
        assert reply.status == 200, reply
        assert pair.names() == sorted(f"kept-{i}" for i in range(turn + 1))


def test_a_deletecollection_waits_for_marks_and_not_for_ever(pair):
    pair.make("held", finalizers=["example.com/hold"])
    pair.make("free")
    begun = time.monotonic()
    reply = pair.ours.request("DELETE", snapshots_path("default"))
    assert reply.status == 200 and time.monotonic() - begun < 4, reply
    items = pair.ours.list().json()["items"]
    assert [(item["metadata"]["name"], "deletionTimestamp" in item["metadata"]) for item in items] == [("held", True)]
    # Again: nothing is left to wait for.
    begun = time.monotonic()
    assert pair.ours.request("DELETE", snapshots_path("default")).status == 200
    assert pair.ours.request("DELETE", snapshots_path("default"), labelSelector="none=such").status == 200
    assert pair.ours.request("DELETE", snapshots_path("default"), dryRun="All").status == 200
    assert time.monotonic() - begun < 4


@pytest.fixture
def oversized(pair):
    """A cluster whose answers about snapshots are larger than this server takes, once it has done what they answer."""
    pair.make("one", "two", "three", labels={"goes": "yes"})
    pair.make("kept")

    def grow(path, body):
        if not path.rstrip("/").endswith(("virtualmachinesnapshots", *pair.oversized)):
            return body
        return body[:-1] + b" " * (9 << 20) + body[-1:]

    pair.oversized = ["/one", "/two", "/namespaces"]
    pair.wait_for_state("Ready")
    pair.between.changes.append(grow)
    return pair


@pytest.mark.parametrize("accept", ("application/json", METADATA_LIST, TABLE, "application/yaml"))
def test_a_deletion_whose_answer_is_too_large_was_done(oversized, accept):
    pair = oversized
    for name, query, left in (("one", {}, {"kept", "two", "three"}), ("", {"labelSelector": "goes=yes"}, {"kept"})):
        reply = pair.ours.request("DELETE", snapshots_path("default", name), headers={"Accept": accept if query else "*/*"}, **query)
        assert reply.status == 200, reply
        status = reply.json()
        assert (status["kind"], status["status"]) == ("Status", "Success") and "did the deletion" in status["message"], status
        assert "larger than 8388608 bytes" in status["message"] and status["details"].get("name", "") == name, status
        assert {item["metadata"]["name"] for item in pair.theirs.list().json()["items"]} == left
        wait_for(lambda: set(pair.names()) == left, "the mirror")  # noqa: B023


def test_a_write_whose_answer_is_too_large_is_said_to_be_done(oversized):
    pair = oversized
    reply = pair.ours.request("POST", snapshots_path("default"), new_snapshot("made"))
    assert reply.status == 502 and 'did what it was asked for (201)' in reply.json()["message"], reply
    assert "made" in {item["metadata"]["name"] for item in pair.theirs.list().json()["items"]}
    wait_for(lambda: "made" in pair.names(), "the mirror")
    patched = pair.ours.request("PATCH", snapshots_path("default", "one"), json.dumps({"metadata": {"labels": {"x": "z"}}}),
                                {"Content-Type": MERGE_PATCH})
    assert patched.status == 502 and "did what it was asked for (200)" in patched.json()["message"], patched
    assert pair.theirs.get(snapshots_path("default", "one")).json()["metadata"]["labels"]["x"] == "z"
    palette = pair.palette("POST", body={"metadata": {"name": "ours"}})
    assert palette.status == 502 and "did what it was asked for (201)" in palette.json()["message"], palette
    assert "ours" in {item["metadata"]["name"] for item in pair.theirs.list().json()["items"]}


def test_a_palette_deletion_whose_answer_is_too_large_was_done(oversized):
    pair = oversized
    pair.oversized = []

    def grow(path, body):
        return b" " * (9 << 20) + body if b'"Status"' in body and path.endswith("/two") else body

    pair.between.changes.append(grow)
    assert pair.palette("DELETE", "two").status == 204
    assert "two" not in pair.names()


def test_what_only_reads_or_tries_has_no_lost_answer(oversized):
    pair = oversized
    for reply in (pair.ours.request("DELETE", snapshots_path("default"), dryRun="All"), pair.ours.request("GET", "/api/v1/namespaces")):
        assert reply.status == 502 and "larger than 8388608 bytes" in reply.json()["message"], reply
        assert "did " not in reply.json()["message"], reply
    assert len(pair.theirs.list().json()["items"]) == 4


@pytest.mark.parametrize("accept", ("application/json", METADATA, TABLE, "application/yaml"))
def test_a_write_is_answered_when_the_mirror_shows_it_in_whatever_form(pair, accept):
    pair.between.delay = 0.15
    form = {"Accept": accept}
    made = pair.ours.request("POST", snapshots_path("default"), new_snapshot("one"), form)
    assert made.status == 201 and pair.names() == ["one"], made
    text = f"{{apiVersion: {GROUP}/v1beta1, kind: VirtualMachineSnapshot, metadata: {{name: two}}, " \
           "spec: {source: {apiGroup: kubevirt.io, kind: VirtualMachine, name: web-01}}}"
    made = pair.ours.request("POST", snapshots_path("default"), text, {**form, "Content-Type": "application/yaml"})
    assert made.status == 201 and pair.names() == ["one", "two"], made
    made = pair.ours.request("POST", snapshots_path("default"), new_snapshot(generateName="three-"), form)
    assert made.status == 201 and len(pair.names()) == 3, made
    patched = pair.ours.request("PATCH", snapshots_path("default", "one"), json.dumps({"metadata": {"labels": {"x": "z"}}}),
                                {**form, "Content-Type": MERGE_PATCH})
    assert patched.status == 200 and pair.ours.read("default", "one").json()["metadata"]["labels"] == {"x": "z"}, patched
    for name, options in (("one", None), ("two", {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": []})):
        gone = pair.ours.request("DELETE", snapshots_path("default", name), options, form)
        assert gone.status == 200 and name not in pair.names(), gone


# A cluster that serves v1alpha1 alone.

YAMLS = {
    "block scalars": (f"""# a comment
apiVersion: {GROUP}/v1beta1
kind: VirtualMachineSnapshot
metadata:
  name: one
  annotations:
    manifest: |
      apiVersion: {GROUP}/v1beta1
      kind: VirtualMachineSnapshot
    folded: >-
      - apiVersion: {GROUP}/v1beta1
spec:
  source: {{apiGroup: kubevirt.io, kind: VirtualMachine, name: web-01}}
""", {"manifest": f"apiVersion: {GROUP}/v1beta1\nkind: VirtualMachineSnapshot\n", "folded": f"- apiVersion: {GROUP}/v1beta1"}),
    "flow style": (f"""{{"apiVersion": '{GROUP}/v1beta1', kind: VirtualMachineSnapshot, metadata: {{name: one, annotations: {{
  "a": "apiVersion: {GROUP}/v1beta1"}}}}, spec: {{source: {{apiGroup: kubevirt.io, kind: VirtualMachine, name: web-01}}}}}}
""", {"a": f"apiVersion: {GROUP}/v1beta1"}),
    "quoted keys": (f"""---
"apiVersion": "{GROUP}/v1beta1"   # ours
'kind': VirtualMachineSnapshot
metadata:
  name: one
  annotations:
    apiVersion: {GROUP}/v1beta1
    "text": "\\napiVersion: {GROUP}/v1beta1"
spec:
  source:
    apiGroup: kubevirt.io
    kind: VirtualMachine
    name: web-01
""", {"apiVersion": f"{GROUP}/v1beta1", "text": f"\napiVersion: {GROUP}/v1beta1"}),
}


@pytest.mark.parametrize("form", YAMLS)
def test_yaml_goes_through_to_an_old_cluster(old, form):
    text, annotations = YAMLS[form]
    made = old.ours.request("POST", snapshots_path("default"), text, {"Content-Type": "application/yaml"})
    assert made.status == 201, made
    there = old.theirs.get(snapshots_path("default", "one")).json()
    assert there["metadata"]["annotations"] == annotations
    assert made.json() == old.ours.read("default", "one").json()
    assert made.json()["apiVersion"] == f"{GROUP}/v1beta1"
    version = made.json()["metadata"]["resourceVersion"]
    again = re.sub(r"( *)name: one(,|\n)", rf"\1name: one\2\1resourceVersion: '{version}'\2", text)
    shown = old.ours.request("PUT", snapshots_path("default", "one"), again, {"Content-Type": "application/yaml", "Accept": "application/yaml"})
    assert shown.status == 200 and shown.text().startswith(f"apiVersion: {GROUP}/v1beta1\n"), shown
    assert old.theirs.get(snapshots_path("default", "one")).json()["metadata"]["annotations"] == annotations


def test_yaml_that_cannot_be_read_is_refused_with_the_line(old):
    for text, said in ((f"apiVersion: {GROUP}/v1beta1\n<<: {{}}\n", "line 2"), ("a: [", "line"), ("a: 1\n---\nb: 2\n", "2 documents")):
        refused = old.ours.request("POST", snapshots_path("default"), text, {"Content-Type": "application/yaml"})
        assert refused.status == 400 and said in refused.json()["message"], refused
    assert not old.between.came("POST") or all("virtualmachinesnapshots" not in one[1] for one in old.between.came("POST"))


def test_json_goes_through_to_an_old_cluster_byte_for_byte(old):
    text = json.dumps(new_snapshot("one", annotations={"apiVersion": f"{GROUP}/v1beta1", "n": f'{{"apiVersion":"{GROUP}/v1beta1"}}'}), indent=3)
    made = old.ours.request("POST", snapshots_path("default"), text, {"Content-Type": "application/json"})
    assert made.status == 201, made
    sent = next(one[3].decode() for one in old.between.came("POST") if "virtualmachinesnapshots" in one[1])
    assert sent == text.replace(f'"apiVersion": "{GROUP}/v1beta1",\n   "kind"', f'"apiVersion": "{GROUP}/v1alpha1",\n   "kind"')
    assert made.json() == old.ours.read("default", "one").json()


PATCHES = [
    (MERGE_PATCH, {"apiVersion": f"{GROUP}/v1beta1", "metadata": {"annotations": {"apiVersion": f"{GROUP}/v1beta1"}}}),
    (JSON_PATCH, [{"op": "test", "path": "/apiVersion", "value": f"{GROUP}/v1beta1"},
                  {"op": "add", "path": "/metadata/annotations", "value": {"apiVersion": f"{GROUP}/v1beta1"}},
                  {"value": f"{GROUP}/v1beta1", "path": "/apiVersion", "op": "replace"}]),
]


@pytest.mark.parametrize("media, patch", PATCHES)
def test_patches_go_through_to_an_old_cluster(old, media, patch):
    old.make("one")
    patched = old.ours.patch("default", "one", patch, media)
    assert patched.status == 200, patched
    assert patched.json()["metadata"]["annotations"] == {"apiVersion": f"{GROUP}/v1beta1"}
    assert patched.json() == old.ours.read("default", "one").json()


def test_an_apply_goes_through_to_an_old_cluster(old):
    """The cluster here takes none; what it gets is what counts."""
    text, annotations = YAMLS["block scalars"]
    old.ours.request("PATCH", snapshots_path("default", "one"), text, {"Content-Type": APPLY_PATCH}, fieldManager="me")
    method, target, headers, body = old.between.came("PATCH")[0]
    assert headers["Content-Type"] == APPLY_PATCH and f"/{GROUP}/v1alpha1/" in target
    sent = json.loads(body)
    assert sent["apiVersion"] == f"{GROUP}/v1alpha1" and sent["metadata"]["annotations"] == annotations


def test_lists_and_tables_of_an_old_cluster_are_shown_in_the_version_asked_for(old):
    old.make("one", "two")
    table = old.ours.request("PATCH", snapshots_path("default", "one"), json.dumps({"metadata": {"labels": {"x": "z"}}}),
                             {"Content-Type": MERGE_PATCH, "Accept": TABLE}, includeObject="Object")
    assert table.status == 200 and table.json()["rows"][0]["object"]["apiVersion"] != f"{GROUP}/v1alpha1", table
    gone = old.ours.request("DELETE", snapshots_path("default")).json()
    assert gone["kind"] == "Status" or {gone["apiVersion"], *(item["apiVersion"] for item in gone["items"])} == {f"{GROUP}/v1beta1"}, gone


# What may be done.

def review(kube, verb, resource="virtualmachinesnapshots", group=GROUP, **attributes):
    reply = kube.request("POST", SELF_REVIEW, {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {
        "resourceAttributes": {"verb": verb, "resource": resource, "group": group, "namespace": "default", **attributes}}})
    assert reply.status == 201, reply
    return reply.json()["status"]


def test_an_access_review_says_what_the_clusters_account_may_do(unconnected):
    reader = unconnected.upstream.client().create_key("reader", "reader")["key"]
    pair = unconnected.follow(user={"token": reader})
    for verb in ("create", "update", "patch", "delete", "deletecollection"):
        said = review(pair.ours, verb)
        assert said["allowed"] is False and f'cluster "{UID}" may not do it' in said["reason"], said
        assert write(pair, "POST", None).status == 403
    for verb in ("get", "list", "watch"):
        assert review(pair.ours, verb)["allowed"] is True
    assert review(pair.ours, "list", "namespaces", "")["allowed"] is True
    # What is no with the key stays no.
    key = pair.mirror.client().create_key("ours", "reader")["key"]
    said = review(KubeClient(pair.mirror, UID, key), "create")
    assert said["allowed"] is False and "the key has the role reader" in said["reason"], said
    for verb in ("create", "delete", "watch"):
        assert review(pair.ours, verb, "namespaces", "")["allowed"] is False


def test_an_access_review_without_the_cluster_goes_by_the_key(pair):
    assert review(pair.ours, "create") == {"allowed": True}
    pair.between.say("POST", "selfsubjectaccessreviews", 404, HTML)
    said = review(pair.ours, "create")
    assert said["allowed"] is True and "does not say" in said["reason"], said
    pair.between.say("POST", "selfsubjectaccessreviews", 201, b'{"status":{"allowed":false,"reason":"no role"}}', Content_Type="application/json")
    said = review(pair.ours, "delete", name="x")
    assert said["allowed"] is False and said["reason"].endswith(": no role"), said
    asked = json.loads(pair.between.came("POST")[-1][3])["spec"]["resourceAttributes"]
    assert asked == {"verb": "delete", "resource": "virtualmachinesnapshots", "group": GROUP, "namespace": "default", "name": "x"}
    pair.upstream.stop()
    pair.between.stop()
    begun = time.monotonic()
    said = review(pair.ours, "create")
    assert said["allowed"] is True and "was not reached" in said["reason"] and time.monotonic() - begun < 5, said
