"""What the command line asks the server for to find snapshots by name, and the one shape in which it prints them."""

import json
import subprocess
import urllib.parse

import pytest
import yaml

from between import Between
from cli import REFUSED, Cli
from harness import BINARY, clean_environment, snapshot, snapshots
from kube import KubeClient

LISTS = "/virtualmachinesnapshots", "/vms/snapshot"

# As kubectl prints one, with the null that Palette's form leaves out.
RICH = {**snapshot("web", "rich", vm="db-01", labels={"app": "shop"}), "status": {"phase": "Succeeded", "error": None}}
RICH["metadata"]["managedFields"] = [{
    "manager": "kubectl", "operation": "Update", "apiVersion": "snapshot.kubevirt.io/v1beta1", "fieldsType": "FieldsV1",
    "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:source": {}}}}]


@pytest.fixture
def proxy(server):
    between = Between(server)
    yield between
    between.stop()


@pytest.fixture
def cli(server, proxy, uid, tmp_path):
    """Runs a command on this test's cluster, by way of the proxy."""
    return Cli(server, tmp_path / "config", "--cluster", uid, env={"SNAPGATE_SERVER": f"http://127.0.0.1:{proxy.port}"})


def asked(proxy, run):
    """What a command says, and what it asked for of snapshots."""
    proxy.seen.clear()
    ran = run()
    return ran, [(method, path) for method, path, _, _ in proxy.seen if "snapshot" in path]


@pytest.mark.parametrize("form", ["table", "json", "yaml", "name"])
def test_a_name_is_one_request_whatever_the_clusters_size(proxy, admin, uid, cli, form):
    admin.load(uid, snapshots(400, ["a", "b", "c"]) + [snapshot("c", "zz-last"), snapshot("b", "zz-last"), snapshot("c", "zz-other")])
    for where, most in (["-n", "c"], 1), ([], 1), (["-n", "b,c"], 1), (["--vm", "vm-1"], 1):
        ran, requests = asked(proxy, lambda w=where: cli("get", "snapshots", "zz-last", *w, "-o", form))
        assert "zz-last" in ran.stdout or form == "table"
        assert len(requests) <= most, requests
    ran, requests = asked(proxy, lambda: cli("get", "snapshots", "zz-last", "zz-other", "zz-last", "-o", form))
    assert len(requests) == 2 and "zz-other" in ran.stdout
    ran, requests = asked(proxy, lambda: cli("get", "snapshots", "nosuch", "zz-other", "No_Name,x=\\", "-o", form, code=REFUSED))
    assert len(requests) == 3
    assert "nosuch" in ran.stderr and "No_Name" in ran.stderr and "zz-other" not in ran.stderr and "zz-other" in ran.stdout


def test_single_snapshots_are_described_and_deleted_without_a_list(proxy, admin, uid, cli):
    admin.load(uid, snapshots(200) + [snapshot("web", "one")])
    # A description also asks for the snapshot's row, which the server finds by its VM.
    for command, most in (["describe", "snapshot", "one", "-n", "web"], 2), (["delete", "snapshot", "one", "-n", "web"], 3):
        _, requests = asked(proxy, lambda c=command: cli(*c))
        assert len(requests) <= most and not [path for _, path in requests if path.endswith(LISTS)], requests


def documents(text, form):
    return json.loads(text) if form == "json" else yaml.safe_load(text)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_documents_have_one_shape_and_it_is_kubernetes(server, admin, uid, cli, form):
    admin.load(uid, [RICH] + [snapshot("web", f"s-{i:03}", vm="db-01", labels={"app": "shop"}) for i in range(70)])
    kube = KubeClient(server, uid)
    whole = kube.get("/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots").json()
    rich = next(item for item in whole["items"] if item["metadata"]["name"] == "rich")
    assert rich["metadata"]["managedFields"][0]["fieldsV1"] == {"f:spec": {"f:source": {}}} and rich["status"]["error"] is None

    def printed(*arguments):
        return documents(cli("get", "snapshots", *arguments, "-o", form).stdout, form)

    for every in (["--all"], ["--all", "-n", "web"], ["--all", "--vm", "db-01"], ["-l", "app=shop"], ["-l", "app", "-n", "web,db"]):
        got = printed(*every)
        assert got["kind"] == whole["kind"] and got["apiVersion"] == whole["apiVersion"], every
        assert got["items"] == whole["items"], every
        assert got["metadata"]["resourceVersion"] == whole["metadata"]["resourceVersion"], every
    page = printed()
    assert page["items"] == whole["items"][:50] and page["metadata"]["remainingItemCount"] == 21
    rest = printed("--continue", page["metadata"]["continue"])
    assert rest["items"] == whole["items"][50:]
    assert rest["metadata"]["resourceVersion"] == page["metadata"]["resourceVersion"]
    for one in (["rich", "-n", "web"], ["rich", "-n", "web", "--vm", "db-01"]):
        assert printed(*one) == rich
    for several in (["rich"], ["rich", "-l", "app=shop"], ["s-001", "rich", "-n", "web,db"]):
        got = printed(*several)
        assert rich in got["items"] and got["kind"] == "VirtualMachineSnapshotList"
    made = documents(cli("create", "snapshot", "made", "-n", "web", "--vm", "db-01", "-o", form).stdout, form)
    assert made == kube.get("/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots/made").json()
    assert isinstance(made["metadata"]["managedFields"][0]["fieldsV1"].get("f:spec"), dict)


def test_the_published_form_is_what_others_get(server, admin, uid):
    admin.load(uid, [RICH])
    for accept in (None, "*/*", "application/json", "text/html", "application/vnd.snapgate.kubernetes+json;q=0, application/json"):
        item = admin.list(uid, headers={"Accept": accept} if accept else None).json()["items"][0]
        assert item["metadata"]["managedFields"][0]["fieldsV1"].keys() == {"Raw"} and "error" not in item["status"]
    plain = admin.list(uid)
    headers = {"Accept": "application/vnd.snapgate.kubernetes+json", "If-None-Match": plain.header("ETag")}
    other = admin.list(uid, headers=headers)
    assert other.status == 200 and other.header("ETag") != plain.header("ETag")
    assert other.json()["items"][0]["status"]["error"] is None


def test_a_watch_begins_with_the_same_objects(server, admin, uid, cli):
    admin.load(uid, [RICH])
    one = json.loads(cli("get", "snapshots", "rich", "-n", "web", "-o", "json").stdout)
    environment = server.login()
    with subprocess.Popen([str(BINARY), "get", "snapshots", "--cluster", uid, "--watch", "-o", "json"], text=True,
                          stdout=subprocess.PIPE, env=clean_environment(environment)) as process:
        try:
            assert json.loads(process.stdout.readline()) == one
        finally:
            process.kill()


def test_fields_are_asked_for_and_not_searched(proxy, admin, uid, cli):
    """The server is told the name: nothing else than it comes over the wire."""
    admin.load(uid, snapshots(300, ["a", "b"]) + [snapshot("b", "wanted")])
    _, requests = asked(proxy, lambda: cli("get", "snapshots", "wanted"))
    assert len(requests) == 1 and "/clusters/" in urllib.parse.unquote(requests[0][1])


def test_registries_are_read_once_for_all_names(server, proxy, admin):
    for name in ("reg-a", "reg-b", "reg-c"):
        admin.create_cluster(name)
    def documents_of(*arguments):
        ran = server.cli("get", "clusters", *arguments, "-o", "json", env={"SNAPGATE_SERVER": f"http://127.0.0.1:{proxy.port}"})
        return json.loads(ran.stdout)

    assert [item["uid"] for item in documents_of("reg-a", "reg-b", "reg-c")["items"]] == ["reg-a", "reg-b", "reg-c"]
    assert [one[:2] for one in proxy.seen] == [("GET", "/admin/v1/clusters")]
    assert documents_of("reg-b") in documents_of()["items"]
