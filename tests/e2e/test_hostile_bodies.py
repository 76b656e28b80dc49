"""Hostile bodies by the hundred: broken syntax in every body that is read, wrong types in every field, names beyond their
limits, patches and options that are none. Every one of them is refused, with its exact answer.

A row of a short table of routes meets each row of a short table of bodies. The answers are in
testdata/hostile_bodies.txt (hostile.py says how they are written)."""

import copy
import json

import pytest

from hostile import UID, Hostile, request, run
from kube import JSON_PATCH, MERGE_PATCH, new_snapshot, snapshots_path

PALETTE = f"/v1/spectroclusters/{UID}/vms/web-01/snapshot"
KUBE = f"/clusters/{UID}"
SNAPSHOTS = KUBE + snapshots_path("default")
ONE = KUBE + snapshots_path("default", "one")
IMPORT = f"/admin/v1/clusters/{UID}/import"
APPLY_PATCH = "application/apply-patch+yaml"

# Every body that is read as JSON: its method, path and media type.
JSON_BODIES = {
    "create": ("POST", PALETTE, "application/json"),
    "update": ("PUT", PALETTE + "/one", "application/json"),
    "new project": ("POST", "/admin/v1/projects", "application/json"),
    "new cluster": ("POST", "/admin/v1/clusters", "application/json"),
    "new key": ("POST", "/admin/v1/keys", "application/json"),
    "import": ("POST", IMPORT, "application/json"),
    "kube create": ("POST", SNAPSHOTS, "application/json"),
    "kube update": ("PUT", ONE, "application/json"),
    "kube merge patch": ("PATCH", ONE, MERGE_PATCH),
    "kube json patch": ("PATCH", ONE, JSON_PATCH),
    "kube delete": ("DELETE", ONE, "application/json"),
    "kube namespace": ("POST", KUBE + "/api/v1/namespaces", "application/json"),
    "kube review": ("POST", KUBE + "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "application/json"),
}
NO_JSON = {
    "blank": b" ",
    "half an object": b'{"a":',
    "half a text": b'{"a":"b',
    "half an escape": b'{"a":"\\u00',
    "more behind it": b'{"a":1} x',
    "comma at the end": b'{"a":1,}',
    "single quotes": b"{'a':1}",
    "comment": b'{"a":1/*b*/}',
    "key without quotes": b"{a:1}",
    "not a number": b'{"a":NaN}',
    "leading zero": b'{"a":007}',
    "plus": b'{"a":+1}',
    "no exponent": b'{"a":1e}',
    "number beyond doubles": b'{"a":1e99999}',
    "raw line feed": b'{"a":"b\nc"}',
    "raw nul": b'{"a":"b\0c"}',
    "nul behind it": b'{"a":1}\0',
    "not utf-8": b'{"a":"\xff\xfe"}',
    "overlong slash": b'{"a":"\xc0\xaf"}',
    "surrogate in utf-8": b'{"a":"\xed\xa0\x80"}',
    "beyond unicode": b'{"a":"\xf4\x90\x80\x80"}',
    "utf-16": '{"a":1}'.encode("utf-16"),
    "100,000 lists": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "65 levels": b'{"a":' * 65 + b"1" + b"}" * 65,
    "a list": b"[1]",
    "a number": b"7",
    "a text": b'"text"',
}
# Some of them are good where others are not.
GOOD = {("kube json patch", "a list"), ("import", "blank")}

OTHER_TYPES = {"a number": 7, "a text": "text", "a flag": True, "a list": [1], "an object": {"a": 1}}
# Every field of a snapshot, and which of the types above it takes. A create leaves the status out, whatever it is:
# its fields are patched through /status.
FIELDS = {
    "apiVersion": (), "kind": (), "metadata": (), "spec": (),
    "metadata.name": ("a text",), "metadata.generateName": ("a text",), "metadata.namespace": (),
    "metadata.labels": (), "metadata.labels.a": ("a text",), "metadata.annotations": (), "metadata.annotations.a": ("a text",),
    "metadata.finalizers": (), "metadata.ownerReferences": (), "metadata.managedFields": (),
    "metadata.creationTimestamp": (), "metadata.deletionTimestamp": (), "metadata.generation": ("a number",),
    "metadata.resourceVersion": ("a text",), "metadata.uid": ("a text",),
    "spec.source": (), "spec.source.apiGroup": (), "spec.source.kind": (), "spec.source.name": ("a text",),
    "spec.deletionPolicy": ("a text",), "spec.failureDeadline": (),
    "status": ("an object",), "status.phase": ("a text",), "status.readyToUse": ("a flag",), "status.conditions": (), "status.error": ("an object",),
    "status.creationTime": (), "status.indications": (), "status.snapshotVolumes": ("an object",), "status.sourceUID": ("a text",),
}
# Texts as names, and which of them are good ones of that field.
NAMES = {
    "empty": "", "capitals": "Web", "underscore": "a_b", "dot first": ".a", "dash last": "a-", "two dots": "a..b",
    "too long": "a" * 254, "slash": "a/b", "blank": "a b", "line feed": "a\nb", "escape": "\x1b[2J", "c1 control": "\x9b2J",
    "right to left": "\u202etxt", "nul": "a\0b", "emoji": "\U0001f600",
}
KEYS_TAKE = {"capitals", "underscore", "two dots", "slash"}
TAKEN = {"metadata.name": set(), "metadata.namespace": {"empty"}, "metadata.labels": KEYS_TAKE, "metadata.finalizers": KEYS_TAKE}

YAML_BODIES = {
    "kube create": ("POST", SNAPSHOTS, "application/yaml"),
    "kube apply": ("PATCH", ONE + "?fieldManager=me", APPLY_PATCH),
}
NO_YAML = {
    "anchor bomb": "a: &a0 [x]\n" + "".join(f"k{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)),
    "anchor of itself": "a: &a [*a]\n",
    "anchor alone": "a: &a 1\n",
    "alias of nothing": "a: *b\n",
    "merge key": "a: {b: 1}\n<<: {c: 2}\n",
    "tag of a program": "a: !!python/object/apply:os.system [id]\n",
    "tag of ours": "a: !x 1\n",
    "binary tag": "a: !!binary AA==\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "1,000 levels": "[" * 1000 + "]" * 1000,
    "1,000 levels of blocks": "".join(" " * level + "a:\n" for level in range(1000)),
    "tab as indent": "a:\n\tb: 1\n",
    "half a flow": "{a: [1, 2\n",
    "half a text": 'a: "b\n',
    "list as a key": "? [1, 2]\n: 3\n",
    "control": "a: \x01\n",
    "not utf-8": b"a: \xff\xfe\n",
    "directive": "%YAML 9.9\n---\na: 1\n",
    "a list": "- 1\n",
    "a text": "text\n",
    "a number": "7\n",
    "300 KiB": "a: " + "b" * (300 << 10),
}

MEDIA = {
    "none": "", "text": "text/plain", "form": "application/x-www-form-urlencoded", "protobuf": "application/protobuf",
    "two": "application/json, application/yaml", "control": "application/json\t;a", "strategic": "application/strategic-merge-patch+json",
    "capitals of a patch": "application/json-patch",
}

PROJECTS = {
    "no name": {}, "name is a number": {"name": 7}, "name is null": {"name": None}, "name is empty": {"name": ""},
    "name begins with a blank": {"name": " a"}, "name of 129 letters": {"name": "a" * 129}, "name with a line feed": {"name": "a\nb"},
    "name with an escape": {"name": "\x1b[2J"}, "name with a c1 control": {"name": "\x9b"}, "name that turns": {"name": "\u202ea"},
    "name of nothing to see": {"name": "\u200b"}, "uid with a blank": {"name": "a", "uid": "a b"}, "uid is a list": {"name": "a", "uid": ["a"]},
    "uid of 64 letters": {"name": "a", "uid": "a" * 64}, "uid of dots": {"name": "a", "uid": ".."},
    "unknown member": {"name": "a", "colour": "red"}, "unknown member that turns": {"name": "a", "\u202e\x9b": "red"},
    "unknown member of 5,000 letters": {"name": "a", "a" * 5000: 1},
}
KEYS = {
    "role of nobody": {"name": "a", "role": "root"}, "role that turns": {"name": "a", "role": "\u202e\x9b"},
    "role is a number": {"name": "a", "role": 1}, "role of 5,000 letters": {"name": "a", "role": "r" * 5000},
    "unknown project": {"name": "a", "projectUid": "\x9bnobody"}, "expired": {"name": "a", "expires": "-1h"},
    "expires in 101 years": {"name": "a", "expires": "40000d"}, "expires in no time": {"name": "a", "expires": "0s"},
    "expires in words": {"name": "a", "expires": "tomorrow\x1b"}, "expires is a number": {"name": "a", "expires": 90},
}
CLUSTERS = {
    "unknown type": {"name": "a", "type": "\x9bvirtual"}, "uid that is taken": {"name": "b", "uid": UID}, "uid of all": {"name": "a", "uid": "-"},
    "connected without a kubeconfig": {"name": "a", "type": "connected"},
    "kubeconfig is a number": {"name": "a", "type": "connected", "kubeconfig": 7},
    "kubeconfig is no yaml": {"name": "a", "type": "connected", "kubeconfig": "{"},
    "kubeconfig is empty": {"name": "a", "type": "connected", "kubeconfig": "{}"},
    "kubeconfig with an anchor": {"name": "a", "type": "connected", "kubeconfig": "a: &a 1\nb: *a"},
    "kubeconfig with a file": {"name": "a", "type": "connected", "kubeconfig": json.dumps({
        "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://x", "certificate-authority": "/etc/passwd"}}],
        "users": [{"name": "u", "user": {"token": "t"}}]})},
    "kubeconfig of plain http": {"name": "a", "type": "connected", "kubeconfig": json.dumps({
        "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "http://example.org"}}], "users": [{"name": "u", "user": {"token": "t"}}]})},
    "kubeconfig of no url": {"name": "a", "type": "connected", "kubeconfig": json.dumps({
        "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "\x9bfile:///etc"}}], "users": [{"name": "u", "user": {"token": "t"}}]})},
    "context that is not there": {"name": "a", "type": "connected", "context": "\u202e", "kubeconfig": '{"contexts":[]}'},
}

LONG = "a" * 1_000_000
LONG_BODIES = {
    "a long name": new_snapshot(LONG), "a long kind": {**new_snapshot("two"), "kind": LONG},
    "a long version": {**new_snapshot("two"), "apiVersion": LONG}, "a long label": new_snapshot("two", labels={LONG: "x"}),
    "a long value": new_snapshot("two", labels={"a": LONG}), "a long uid": new_snapshot("two", uid=LONG, generateName=7),
    "30,000 wrong labels": new_snapshot("two", labels={f"_{i}": "-" for i in range(30_000)}),
    "30,000 wrong finalizers": new_snapshot("two", finalizers=[f"_{i}" for i in range(30_000)]),
    "a list of 500,000 for a text": {**new_snapshot("two"), "spec": {"source": {"name": [1] * 500_000}}},
}
STRICT_BODIES = {
    "a long unknown field": {**new_snapshot("two"), LONG: 1}, "an unknown field that turns": {**new_snapshot("two"), "\u202e\x9b\n": 1},
    "100,000 unknown fields": {**new_snapshot("two"), **{f"a{i}": 1 for i in range(100_000)}},
}

PATCHES = {
    "json patch": (JSON_PATCH, {
        "no operation": [{}], "unknown operation": [{"op": "\x9bjump", "path": "/a"}], "no path": [{"op": "add", "value": 1}],
        "path is a number": [{"op": "add", "path": 7, "value": 1}], "path without a slash": [{"op": "add", "path": "a", "value": 1}],
        "path to nothing": [{"op": "remove", "path": "/a/b/c"}], "path beyond a list": [{"op": "replace", "path": "/metadata/finalizers/9", "value": "a"}],
        "path with a bad escape": [{"op": "add", "path": "/metadata/labels/~2", "value": "a"}],
        "add without a value": [{"op": "add", "path": "/metadata/labels"}], "test that fails": [{"op": "test", "path": "/kind", "value": "x"}],
        "test that is gone": [{"op": "test", "path": "/spec/\u202e", "value": "x"}],
        "move without from": [{"op": "move", "path": "/a"}], "copy into itself": [{"op": "copy", "from": "/spec/x", "path": "/spec/x/y"}],
        "name": [{"op": "replace", "path": "/metadata/name", "value": "other"}], "kind": [{"op": "replace", "path": "/kind", "value": "Pod"}],
        "whole object": [{"op": "replace", "path": "", "value": 7}], "whole object removed": [{"op": "remove", "path": ""}],
        "10,001 operations": [{"op": "test", "path": "/kind", "value": "VirtualMachineSnapshot"}] * 10_001,
        "operation is a list": [[]], "operation is null": [None],
    }),
    "merge patch": (MERGE_PATCH, {
        "name": {"metadata": {"name": "other"}}, "uid": {"metadata": {"uid": "other"}}, "kind": {"kind": "Pod"},
        "metadata is a text": {"metadata": "a"}, "labels are a list": {"metadata": {"labels": []}}, "source": {"spec": {"source": {"name": "other"}}},
        "spec is gone": {"spec": None}, "version is old": {"metadata": {"resourceVersion": "1"}},
        "version is text": {"metadata": {"resourceVersion": "\x9b"}}, "deadline": {"spec": {"failureDeadline": "soon"}},
    }),
    "apply": (APPLY_PATCH, {
        "no kind": {"metadata": {"name": "one"}}, "other kind": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}},
        "other name": new_snapshot("other"), "managed fields": {**new_snapshot("one"), "metadata": {"name": "one", "managedFields": [{}]}},
        "wrong type": {**new_snapshot("one"), "spec": {"source": 7}},
    }),
}
DELETE_OPTIONS = {
    "kind": {"kind": "Pod"}, "kind is a number": {"kind": 7}, "version": {"kind": "DeleteOptions", "apiVersion": "\x9b/v9"},
    "grace is a text": {"gracePeriodSeconds": "1"}, "grace is a fraction": {"gracePeriodSeconds": 1.5},
    "grace beyond 64 bits": {"gracePeriodSeconds": 1e30}, "preconditions are a list": {"preconditions": []},
    "uid is a number": {"preconditions": {"uid": 7}}, "uid of another": {"preconditions": {"uid": "\u202e"}},
    "version of another": {"preconditions": {"resourceVersion": "1"}}, "policy is unknown": {"propagationPolicy": "\x9bAll"},
    "policy is a list": {"propagationPolicy": []}, "policy twice": {"propagationPolicy": "Orphan", "orphanDependents": True},
    "orphans are a text": {"orphanDependents": "yes"}, "dry run is a text": {"dryRun": "All"}, "dry run is unknown": {"dryRun": ["\x9b"]},
}


def snapshot_to_be():
    return new_snapshot("two", labels={"b": "c"})


def with_field(path, value, made):
    """`made` with something else in one field."""
    at = made
    *parents, last = path.split(".")
    for part in parents:
        if not isinstance(at.get(part), dict):
            at[part] = {}
        at = at[part]
    at[last] = copy.deepcopy(value)
    return made


def named(field, name):
    return with_field(field, {"metadata.labels": {name: "x"}, "metadata.finalizers": [name]}.get(field, name), snapshot_to_be())


def cases():
    for route, (method, path, media) in JSON_BODIES.items():
        for kind, body in NO_JSON.items():
            if (route, kind) not in GOOD:
                yield f"{route}: {kind}", request(method, path, body=body, media=media)
    for field, good in FIELDS.items():
        for kind, value in OTHER_TYPES.items():
            if kind not in good:
                if field.startswith("status"):
                    yield f"{field} is {kind}", json_request("PATCH", ONE + "/status", with_field(field, value, {}), MERGE_PATCH)
                else:
                    yield f"{field} is {kind}", json_request("POST", SNAPSHOTS, with_field(field, value, snapshot_to_be()))
    for field, taken in TAKEN.items():
        for kind, name in NAMES.items():
            if kind not in taken:
                yield f"{field}: {kind}", json_request("POST", SNAPSHOTS, named(field, name))
    for kind, name in NAMES.items():
        yield f"create in a namespace: {kind}", json_request("POST", PALETTE, named("metadata.namespace", name or "A"))
    for route, (method, path, media) in YAML_BODIES.items():
        for kind, body in NO_YAML.items():
            yield f"{route}: yaml: {kind}", request(method, path, body=body if isinstance(body, bytes) else body.encode(), media=media)
    for kind, media in MEDIA.items():
        for route in ("create", "new project", "kube create", "kube merge patch", "import"):
            method, path, _ = JSON_BODIES[route]
            yield f"{route}: media type: {kind}", request(method, path, body=b"{}", media=media)
    for route, bodies in (("new project", PROJECTS), ("new key", KEYS), ("new cluster", CLUSTERS)):
        for kind, body in bodies.items():
            yield f"{route}: {kind}", json_request("POST", JSON_BODIES[route][1], body)
    for kind, body in LONG_BODIES.items():
        yield f"kube create: {kind}", json_request("POST", SNAPSHOTS, body)
    for kind, body in STRICT_BODIES.items():
        yield f"kube create, strict: {kind}", json_request("POST", SNAPSHOTS + "?fieldValidation=Strict", body)
    for patch, (media, bodies) in PATCHES.items():
        for kind, body in bodies.items():
            yield f"{patch}: {kind}", json_request("PATCH", ONE + "?fieldManager=me", body, media)
    for kind, body in DELETE_OPTIONS.items():
        yield f"delete options: {kind}", json_request("DELETE", ONE, body)


def json_request(method, target, body, media="application/json"):
    return request(method, target, body=json.dumps(body).encode(), media=media)


CASES = dict(cases())


@pytest.fixture(scope="module")
def hostile(server):
    return Hostile(server)


def test_every_hostile_body_is_refused(hostile):
    assert len(CASES) >= 500
    run(hostile, CASES, "hostile_bodies.txt", refused=True)


def test_a_warning_shows_no_control(hostile):
    """What is not strict is stored, with a warning in a header."""
    body = {**new_snapshot("two"), "\u202e\x9b\n\u00e9": 1}
    answer = hostile.send(json_request("POST", SNAPSHOTS + "?dryRun=All", body))
    assert answer.startswith(b"HTTP/1.1 201 "), answer
    assert 'Warning: 299 - "unknown field \\"\\\\u202e\\\\u009b\\\\n\u00e9\\""\r\n'.encode() in answer
    hostile.check_unchanged("a dry run")
