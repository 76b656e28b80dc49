"""/openapi/v2 of a cluster: what kubectl validates lists by, and old ones everything. It says what /openapi/v3 says."""

import gzip

import pytest

import gnostic
from kube import KubeClient

PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
OLD_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
PATH = "/openapi/v2"


def ask(kube, accept=None, method="GET", **headers):
    reply = kube.request(method, PATH, headers={**({"Accept": accept} if accept else {}), **headers})
    assert "Accept" in reply.headers.get_all("Vary")
    return reply


def walk(value):
    """Every object within a document."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from walk(one)


@pytest.mark.parametrize(("accept", "answered"), [
    (None, "application/json"),
    ("*/*", "application/json"),
    ("application/*", "application/json"),
    ("application/json", "application/json"),
    (PROTOBUF, PROTOBUF),
    # '@' is not allowed in a media type: kube-apiserver answers with the other name, too.
    (OLD_PROTOBUF, PROTOBUF),
    (f"application/json;q=0.5,{PROTOBUF}", PROTOBUF),
    (f"{PROTOBUF};q=0.1, application/json", "application/json"),
    ("text/html, */*;q=0.1", "application/json"),
])
def test_the_form_that_is_asked_for(kube, accept, answered):
    reply = ask(kube, accept)
    assert (reply.status, reply.header("Content-Type")) == (200, answered)
    found = reply.json() if answered == "application/json" else gnostic.document(reply.body)
    assert found["swagger"] == "2.0"


def test_a_form_that_there_is_not(kube):
    reply = kube.get(PATH, headers={"Accept": "application/yaml"})
    assert (reply.status, reply.json()["reason"]) == (406, "NotAcceptable")
    assert PROTOBUF in reply.json()["message"]


def test_both_forms_say_the_same(kube):
    assert gnostic.document(ask(kube, PROTOBUF).body) == ask(kube).json()


def test_it_says_what_v3_says(kube):
    found = ask(kube).json()
    paths, schemas = {}, {}
    for path in kube.get("/openapi/v3").json()["paths"]:
        document = kube.get(f"/openapi/v3/{path}").json()
        paths |= document["paths"]
        schemas |= document["components"]["schemas"]
    assert found["definitions"].keys() == schemas.keys()
    assert {(path, method) for path in found["paths"] for method in found["paths"][path]} == {
        (path, method) for path in paths for method in paths[path]}
    for name, schema in found["definitions"].items():
        for part in ("properties", "required", "description", "type", "x-kubernetes-group-version-kind"):
            assert list(schema.get(part, [])) == list(schemas[name].get(part, [])), (name, part)
    snapshot = found["definitions"]["io.kubevirt.snapshot.v1beta1.VirtualMachineSnapshot"]["properties"]
    assert snapshot["spec"]["properties"]["source"]["required"] == ["kind", "name"]
    assert snapshot["status"]["properties"]["creationTime"].get("type") is None  # it may be null
    operation = found["paths"]["/apis/snapshot.kubevirt.io/v1alpha1/namespaces/{namespace}/virtualmachinesnapshots"]["post"]
    assert operation["consumes"] == ["application/json", "application/yaml"]
    assert operation["parameters"][-1] == {
        "name": "body", "in": "body", "schema": {"$ref": "#/definitions/io.kubevirt.snapshot.v1alpha1.VirtualMachineSnapshot"}}


def test_every_reference_leads_to_a_definition(kube):
    found = ask(kube).json()
    references = [value["$ref"] for value in walk(found) if "$ref" in value]
    assert references and {one.removeprefix("#/definitions/") for one in references} <= found["definitions"].keys()
    # Beside one there is no type, and an array says of what: kubectl refuses the whole document otherwise.
    for value in walk(found):
        assert not ("$ref" in value and "type" in value), value
        assert value.get("type") != "array" or "items" in value, value
    assert not [key for value in walk(found["definitions"]) for key in value if key in ("allOf", "anyOf", "oneOf", "not", "nullable")]


@pytest.mark.parametrize("accept", ["application/json", PROTOBUF])
def test_a_client_that_has_it_gets_no_body(kube, accept):
    etag = ask(kube, accept).header("ETag")
    known = ask(kube, accept, **{"If-None-Match": etag})
    assert (known.status, known.body, known.header("ETag")) == (304, b"", etag)
    assert ask(kube, accept, **{"If-None-Match": '"another"'}).status == 200


def test_the_forms_have_tags_of_their_own(kube):
    assert ask(kube).header("ETag") != ask(kube, PROTOBUF).header("ETag")


@pytest.mark.parametrize("accept", ["application/json", PROTOBUF])
def test_head_and_gzip(kube, accept):
    whole = ask(kube, accept)
    head = ask(kube, accept, method="HEAD")
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", str(len(whole.body)))
    assert head.header("ETag") == whole.header("ETag")
    packed = ask(kube, accept, **{"Accept-Encoding": "gzip"})
    assert packed.header("Content-Encoding") == "gzip" and gzip.decompress(packed.body) == whole.body
    assert len(packed.body) < len(whole.body) / 5


def test_it_takes_a_key_and_no_write(kube):
    assert KubeClient.request(kube, "POST", PATH, {}).status == 405
    assert kube.request("GET", PATH, headers={"Authorization": "Bearer no-such-key"}).status == 401
