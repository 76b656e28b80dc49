"""Restores below /clusters/{uid}, of a hosted cluster and of one that is followed: they are read there, and never written."""

import json
import re

import pytest
import yaml

from connected import Pair, connect, wait_for_state
from harness import Server, wait_for
from kube import TABLE, KubeClient, Kubectl, write_kubeconfig
from kubectls import PROGRAMS
from planted import SECRET, as_dumped, restore

SERVER_ARGUMENTS = ("--tls-self-signed",)
GROUP = "/apis/snapshot.kubevirt.io"
PLURAL = "virtualmachinerestores"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
COLUMNS = ["NAME", "TARGETKIND", "TARGETNAME", "COMPLETE", "RESTORETIME", "ERROR"]


def path(namespace=None, name=None, version="v1beta1"):
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"{GROUP}/{version}{within}/{PLURAL}" + (f"/{name}" if name else "")


def dumped():
    done = as_dumped(restore("done", "web", restoreTime="2026-11-04T14:20:00Z"), 1)
    open_ = as_dumped(restore("open", "db", vm="db-7"), 2)
    open_["status"] = {"complete": False}
    open_["metadata"]["labels"] = {"team": "a"}
    return [done, open_]


@pytest.fixture(scope="module")
def follower(tmp_path_factory):
    """A second server: none may follow itself."""
    second = Server(tmp_path_factory.mktemp("follower") / "data", *SERVER_ARGUMENTS).start()
    yield second
    second.stop()


@pytest.fixture(params=["hosted", "connected"])
def shown(request, server, uid):
    """A caller of a cluster with two restores, the server that shows it, and the uid of the hosted cluster that they are in."""
    server.client().load(uid, dumped())
    if request.param == "hosted":
        return KubeClient(server, uid), server, uid
    follower = request.getfixturevalue("follower")
    connect(follower, uid, server, uid)
    wait_for_state(follower, uid, "Ready")
    kube = KubeClient(follower, uid)
    wait_for(lambda: kube.get(path()).status == 200 and len(kube.get(path()).json()["items"]) == 2, "the restores")
    return kube, follower, uid


def names(reply):
    assert reply.status == 200, reply
    return [item["metadata"]["name"] for item in reply.json()["items"]]


def test_lists_and_single_ones(shown):
    kube = shown[0]
    listed = kube.get(path()).json()
    assert (listed["kind"], listed["apiVersion"]) == ("VirtualMachineRestoreList", "snapshot.kubevirt.io/v1beta1")
    assert names(kube.get(path())) == ["open", "done"] and names(kube.get(path("web"))) == ["done"]
    assert names(kube.get(path(), labelSelector="team=a")) == ["open"]
    assert names(kube.get(path(), fieldSelector="metadata.namespace=web")) == ["done"]
    first = kube.get(path(), limit=1)
    assert names(first) == ["open"] and first.json()["metadata"]["remainingItemCount"] == 1
    token = first.json()["metadata"]["continue"]
    assert names(kube.get(path(), limit=1, **{"continue": token})) == ["done"]
    assert kube.list(**{"continue": token}).status == 400, "a token of restores goes on with no snapshots"
    one = kube.get(path("web", "done"))
    assert one.json()["status"] == {"complete": True, "restoreTime": "2026-11-04T14:20:00Z"}
    assert one.json()["spec"]["virtualMachineSnapshotName"] == "snap-00000" and SECRET not in one.text()
    assert kube.get(path("web", "done") + "/status").json() == one.json()
    old = kube.get(path("web", "done", "v1alpha1")).json()
    assert {**old, "apiVersion": one.json()["apiVersion"]} == one.json() and old["apiVersion"].endswith("/v1alpha1")
    missing = kube.get(path("web", "absent"))
    assert (missing.status, missing.json()["message"]) == (404, f'{PLURAL}.snapshot.kubevirt.io "absent" not found')
    assert missing.json()["details"] == {"name": "absent", "group": "snapshot.kubevirt.io", "kind": PLURAL}


def test_a_table(shown):
    table = shown[0].get(path(), headers={"Accept": TABLE}).json()
    assert [column["name"].upper() for column in table["columnDefinitions"]] == COLUMNS
    assert [row["cells"][:4] for row in table["rows"]] == [
        ["open", "VirtualMachine", "db-7", False], ["done", "VirtualMachine", "vm-1", True]]
    assert table["rows"][0]["cells"][4] is None and re.fullmatch(r"\d+[dy].*", table["rows"][1]["cells"][4])


def test_a_watch(shown, server):
    kube, _, hosted = shown
    version = kube.get(path()).json()["metadata"]["resourceVersion"]
    watch = kube.watch(version, path=path())
    server.client().load(hosted, [as_dumped(restore("new", "web"), 3)])
    wait_for(watch.brief, "the new one")
    assert watch.brief()[0][:2] == ("ADDED", "web/new")
    assert watch.events[0]["object"]["kind"] == "VirtualMachineRestore"
    watch.hang_up()


@pytest.mark.parametrize(("method", "of"), [
    ("POST", ("web",)), ("DELETE", ("web",)), ("PUT", ("web", "done")), ("PATCH", ("web", "done")), ("DELETE", ("web", "done"))])
def test_writes_are_refused(shown, method, of):
    kube = shown[0]
    reply = kube.request(method, path(*of), restore("done", "web"))
    assert (reply.status, reply.json()["reason"]) == (405, "MethodNotAllowed")
    assert "restores are only read here" in reply.json()["message"]
    assert names(kube.get(path())) == ["open", "done"]


def test_what_one_may_do(shown):
    def allowed(verb):
        attributes = {"verb": verb, "group": "snapshot.kubevirt.io", "resource": PLURAL, "namespace": "web"}
        return shown[0].request("POST", REVIEW, {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                                                 "spec": {"resourceAttributes": attributes}}).json()["status"]

    assert all(allowed(verb)["allowed"] for verb in ("get", "list", "watch"))
    for verb in ("create", "update", "patch", "delete", "deletecollection"):
        assert not allowed(verb)["allowed"] and "only read here" in allowed(verb)["reason"]


def test_vms_and_contents_are_not_served(shown):
    for absent in ("/apis/kubevirt.io/v1/virtualmachines", f"{GROUP}/v1beta1/virtualmachinesnapshotcontents"):
        assert shown[0].get(absent).status == 404


@pytest.mark.parametrize("program", PROGRAMS)
def test_kubectl(shown, server, program, tmp_path):
    kube, shows, hosted = shown
    kubectl = Kubectl(program, write_kubeconfig(shows, kube.cluster, tmp_path / "config"), tmp_path)
    lines = kubectl("get", "vmrestores", "-A").splitlines()
    assert lines[0].split() == ["NAMESPACE", *COLUMNS]
    assert lines[1].split() == ["db", "open", "VirtualMachine", "db-7", "false"]
    assert lines[2].split()[:5] == ["web", "done", "VirtualMachine", "vm-1", "true"]
    shown_yaml = yaml.load(kubectl("get", "vmrestore", "done", "-n", "web", "-o", "yaml"), yaml.BaseLoader)
    assert shown_yaml["spec"]["target"]["name"] == "vm-1"
    assert re.search(r"^Kind:\s+VirtualMachineRestore$", kubectl("describe", "vmrestore", "done", "-n", "web"), re.M)
    assert "virtualMachineSnapshotName" in kubectl("explain", "vmrestores.spec")
    assert "VirtualMachineRestore" in kubectl("explain", "vmrestores")
    assert "only read here" in kubectl.fails("delete", "vmrestore", "done", "-n", "web")
    following = kubectl.start("get", "vmrestores", "-n", "web", "--watch")
    try:
        following.until_line(lambda line: line.startswith("done"), "what is there already")
        server.client().load(hosted, [as_dumped(restore("later", "web"), 9)])
        following.until_line(lambda line: line.startswith("later"), "a new one")
    finally:
        following.stop()


def test_the_documents_have_both_resources_in_one_group(kube):
    groups = kube.get("/apis").json()["groups"]
    assert [group["name"] for group in groups] == ["authentication.k8s.io", "authorization.k8s.io", "snapshot.kubevirt.io"]
    for version in ("v1beta1", "v1alpha1"):
        resources = {one["name"]: one for one in kube.get(f"{GROUP}/{version}").json()["resources"]}
        assert list(resources) == ["virtualmachinesnapshots", "virtualmachinesnapshots/status", PLURAL, f"{PLURAL}/status"]
        assert resources[PLURAL]["shortNames"] == ["vmrestore", "vmrestores"] and resources[PLURAL]["verbs"] == ["get", "list", "watch"]
        schemas = kube.get(f"/openapi/v3{GROUP}/{version}").json()["components"]["schemas"]
        assert {f"io.kubevirt.snapshot.{version}.{kind}" for kind in ("VirtualMachineRestore", "VirtualMachineSnapshot")} <= set(schemas)


def test_a_mirror_of_restores_is_told_from_one_of_snapshots(data_dir):
    """What the account may not read is no empty list."""
    with Pair(data_dir.parent, between=True) as pair:
        pair.between.say("GET", f"{GROUP}/v1beta1/{PLURAL}", 403, json.dumps({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
            "message": "it may not list restores"}).encode(), Content_Type="application/json")
        pair.follow()
        assert pair.ours.list().status == 200
        wait_for(lambda: "Forbidden" in pair.ours.get(path()).text(), "the reason")
        reply = pair.ours.get(path())
        assert reply.status == 503 and "nothing is known yet" in reply.json()["message"], reply
