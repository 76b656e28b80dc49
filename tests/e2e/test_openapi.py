"""docs/openapi.yaml, held to a server: what it serves as /openapi.json, what it takes, and what it answers."""

import copy
import csv
import io
import json

import pytest

from connected import UID, kubeconfig
from events import Events
from harness import SAMPLE, snapshot, wait_for

import openapi

ALL = "-"
QUESTIONS = ["listSnapshots", "summarizeSnapshots", "reportProtection"]
SAMPLED = json.loads(SAMPLE.read_text(encoding="utf-8"))


class Caller:
    """Calls operations by their ids. Every answer is held to the description, and so is a body that was taken."""

    def __init__(self, client):
        self.client = client
        self.succeeded = set()

    def call(self, name, expected, body=None, headers=None, query=None, **path):
        operation = openapi.OPERATIONS[name]
        reply = self.client.request(operation.method, operation.path.format(**path), body, headers, **(query or {}))
        assert reply.status == expected, (name, reply)
        openapi.check(operation, reply)
        if expected < 400:
            self.succeeded.add(name)
            if isinstance(body, (dict, list)):
                assert openapi.problems(operation.request["application/json"]["schema"], body) == []
        return reply


@pytest.fixture
def caller(admin):
    return Caller(admin)


@pytest.fixture(scope="module")
def sampled(server):
    """A cluster that holds the sample: snapshots in every state, made by a real KubeVirt."""
    admin = server.client()
    admin.create_cluster("sampled")
    admin.load("sampled", SAMPLED["items"])
    return "sampled"


def test_the_server_serves_the_document(server):
    anonymous = server.anonymous()
    reply = anonymous.get("/openapi.json")
    served = reply.json()
    assert served["info"].pop("version") == anonymous.get("/version").json()["version"]
    written = copy.deepcopy(openapi.DESCRIPTION)
    written["info"].pop("version")
    assert served == written
    assert reply.header("Cache-Control") == "no-cache"
    again = anonymous.get("/openapi.json", headers={"If-None-Match": reply.header("ETag")})
    assert (again.status, again.body) == (304, b"")


def test_every_operation_answers_as_it_is_described(caller, server, sampled):
    call = caller.call
    vm = {"uid": sampled, "vmName": "web-01"}
    one = {**vm, "snapshotName": "by-hand"}
    home = {"query": {"namespace": "web"}}
    made = call("createSnapshot", 200, {"metadata": {"name": "by-hand"}}, **home, **vm).json()
    made["metadata"]["labels"] = {"kept": "yes"}
    call("updateSnapshot", 200, made, **home, **one)
    call("getSnapshot", 200, **home, **one)
    call("getSnapshot", 200, headers={"Accept": "application/vnd.snapgate.kubernetes+json"}, **home, **one)
    call("deleteSnapshot", 204, **home, **one)
    for uid in (sampled, ALL):
        for name in ("listSnapshots", "listSources", "summarizeSnapshots", "reportProtection"):
            call(name, 200, uid=uid)

    project = call("createProject", 201, {"name": "described"}).json()["uid"]
    call("setQuota", 200, {"clusters": 10, "objects": 100_000, "bytes": 1 << 40}, uid=project)
    call("getProject", 200, uid=project)
    call("listProjects", 200)
    call("listDashboardProjects", 200)
    uid = call("createCluster", 201, {"name": "described", "projectUid": project, "type": "hosted"}).json()["uid"]
    call("expectImports", 200, {"expectedEvery": "24h"}, uid=uid)
    call("importObjects", 200, SAMPLED, query={"dryRun": "true", "prune": "true"}, uid=uid)
    call("importObjects", 200, SAMPLED, query={"onConflict": "skip", "prune": "true"}, uid=uid)
    call("importObjects", 200, [{"kind": "Unknown"}], query={"onConflict": "fail"}, uid=uid)
    call("getCluster", 200, uid=uid)

    text = kubeconfig(server, uid)
    far = call("createCluster", 201, {"name": "far", "uid": "far", "type": "connected", "kubeconfig": text}).json()["uid"]
    call("setKubeconfig", 200, {"kubeconfig": text}, uid=far)
    call("checkCluster", 200, uid=far)
    call("getCluster", 200, uid=far)
    call("listClusters", 200)
    call("listDashboardClusters", 200)
    for name in ("listSources", "summarizeSnapshots", "reportProtection"):
        call(name, 200, uid=ALL)
    call("deleteCluster", 204, uid=far)
    call("deleteCluster", 204, query={"force": "true"}, uid=uid)
    call("deleteProject", 204, uid=project)

    key = call("createKey", 201, {"name": "described", "role": "editor", "expires": "90d"}).json()["id"]
    call("createKey", 201, {"name": "described for ever"})
    call("getKey", 200, id=key)
    call("listKeys", 200)
    call("whoAmI", 200)
    call("listReplicas", 200)
    call("deleteKey", 204, id=key)
    console = {"X-Snapgate-Console": "1"}
    begun = call("beginConsoleSession", 200, {"key": server.client().key}, console)
    browser = Caller(server.anonymous())
    console["Cookie"] = begun.header("Set-Cookie").split(";")[0]
    assert browser.call("getConsoleSession", 200, headers=console).json()["signedIn"]
    browser.call("endConsoleSession", 204, headers=console)
    assert not browser.call("getConsoleSession", 200, headers=console).json()["signedIn"]
    caller.succeeded |= browser.succeeded
    for name in ("backUp", "livez", "readyz", "version", "metrics", "openapi"):
        call(name, 200)
    assert caller.succeeded == set(openapi.OPERATIONS)


def test_pages_and_rows(caller, sampled):
    query = {"limit": 3}
    for name in ("listSnapshots", "reportProtection"):
        first = caller.call(name, 200, query=query, uid=ALL).json()
        caller.call(name, 200, query={**query, "continue": first["metadata"]["continue"]}, uid=ALL)
        schemas = openapi.OPERATIONS[name].content(200)
        lines = caller.call(name, 200, query={"format": "ndjson"}, uid=ALL).text().splitlines()
        table = list(csv.reader(io.StringIO(caller.call(name, 200, query={"format": "csv"}, uid=ALL).text(), newline="")))
        assert len(lines) == len(table) - 1 > 3
        assert table[0] == list(openapi.resolve(schemas["application/x-ndjson"])["properties"])
    etag = caller.call("listSnapshots", 200, uid=sampled).header("ETag")
    assert caller.call("listSnapshots", 304, headers={"If-None-Match": etag}, uid=sampled).body == b""


def test_errors(caller, server, sampled):
    call = caller.call
    call("listSnapshots", 400, query={"limit": "x"}, uid=sampled)
    call("listSnapshots", 404, uid="none")
    call("reportProtection", 400, query={"continue": "x"}, uid=ALL)
    call("createSnapshot", 405, uid=ALL, vmName="vm")
    call("createSnapshot", 422, {"metadata": {"name": "no name"}}, uid=sampled, vmName="vm")
    call("createSnapshot", 400, "{", {"Content-Type": "application/json"}, uid=sampled, vmName="vm")
    call("createProject", 415, "x", {"Content-Type": "text/plain"})
    call("createProject", 400, {"name": ""})
    call("createProject", 409, {"name": "Default"})
    call("deleteCluster", 409, uid=sampled)
    call("checkCluster", 409, uid=sampled)
    Caller(server.anonymous()).call("metrics", 401)
    Caller(server.client(caller.client.create_key("least")["key"])).call("backUp", 403)


def test_a_connected_cluster_that_goes_away(pair):
    call = Caller(pair.mirror.client()).call

    def ask_all():
        for name in ("listClusters", "listDashboardClusters"):
            call(name, 200)
        return [call(name, 200, uid=ALL) for name in ("listSources", *QUESTIONS)]

    def refuse():
        body = {"name": "far", "type": "connected", "kubeconfig": pair.kubeconfig(user={"token": "wrong"})}
        return call("createCluster", 422, body)

    assert refuse().json()["details"]["causes"]
    pair.upstream.client().load(UID, SAMPLED["items"])
    pair.follow()
    pair.wait_until_equal()
    ask_all()
    call("checkCluster", 200, uid=UID)
    pair.upstream.stop()
    pair.wait_for_state("Unreachable")
    source = ask_all()[0].json()["items"][0]
    assert source["state"] == "Unreachable" and source["reason"]
    wait_for(lambda: int(pair.mirror.client().list(UID).header("Age")) > 0, "the mirror to be a second old")
    call("reportProtection", 504, headers={"Cache-Control": "no-cache"}, uid=ALL)
    call("checkCluster", 200, uid=UID)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_parameters_of_a_question(caller, sampled, name):
    """The server tells which it knows, and takes each value that the description has, and no other one."""
    described = openapi.OPERATIONS[name].query
    refused = caller.call(name, 400, query={"no-such": "1"}, uid=ALL).json()["message"]
    assert set(refused.split("the parameters are ")[1].split(", ")) == set(described)
    for parameter, schema in described.items():
        schema = openapi.resolve(schema)
        schema = openapi.resolve(schema.get("items", schema))
        values = ["true", "false"] if schema["type"] == "boolean" else schema.get("enum", [])
        for value in values:
            if value == "events":  # that answer has no end
                Events(caller.client, headers={"Accept": "*/*"}, format=value).until_synced().hang_up()
            elif parameter == "sendInitialEvents":  # of such answers alone
                Events(caller.client, **{parameter: value}).until_synced().hang_up()
            else:
                caller.call(name, 200, query={parameter: value}, uid=ALL)
        if values:
            error = caller.call(name, 400, query={parameter: "other"}, uid=ALL).json()
            assert error["details"] == {"parameter": parameter}
        if "maxLength" in schema:
            caller.call(name, 200, query={parameter: "x" * schema["maxLength"]}, uid=ALL)
            caller.call(name, 400, query={parameter: "x" * (schema["maxLength"] + 1)}, uid=ALL)
    caller.call("listSnapshots", 200, query={"no-such": "1"}, uid=sampled)


def test_the_largest_page(caller):
    """The maximum of `limit`, and its default."""
    limit = openapi.OPERATIONS["listSnapshots"].query["limit"]
    caller.client.create_cluster("large")
    caller.client.load("large", [snapshot("web", f"s-{number:04}") for number in range(limit["maximum"] + 1)])
    query = {"cluster": "large"}
    for more, size in (({}, limit["default"]), ({"limit": 0}, limit["default"]), ({"limit": 5000}, limit["maximum"])):
        page = caller.call("listSnapshots", 200, query={**query, **more}, uid=ALL).json()
        assert len(page["items"]) == size
    page = caller.call("listSnapshots", 200, query={"limit": 5000}, uid="large").json()
    assert len(page["items"]) == limit["default"]


@pytest.mark.parametrize("name", ["createProject", "createCluster", "createKey", "setKubeconfig"])
def test_the_members_of_a_body(caller, sampled, name):
    schema = openapi.OPERATIONS[name].request["application/json"]["schema"]
    known = set()
    # Each type of a cluster has members of its own.
    for more in ({"type": "connected"}, {"type": "hosted"}) if name == "createCluster" else ({},):
        reply = caller.call(name, 400, {"name": "x", **more, "no-such": 1} if "name" in schema["properties"] else {"no-such": 1},
                            uid=sampled)
        known |= set(reply.json()["message"].split("known are: ")[1].split(", "))
    assert known == set(schema["properties"])


def test_a_wrong_answer_is_found(caller, sampled):
    summary = caller.call("summarizeSnapshots", 200, uid=ALL).json()
    schema = {"$ref": "#/components/schemas/Summary"}
    assert openapi.problems(schema, summary) == []
    for change in ({"more": 1}, {"total": "1"}, {"total": -1}, {"total": None}, {"byDay": []}):
        assert openapi.problems(schema, {**summary, **change})
    key = caller.client.get("/admin/v1/keys").json()["items"][0]
    for member, wrong in (("expiresAt", "soon"), ("createdAt", None), ("role", "owner")):
        assert openapi.problems({"$ref": "#/components/schemas/Key"}, {**key, member: wrong})
