"""The command line on single snapshots, selections and watches, and the kubeconfig it prints."""

import base64
import json
import re
import ssl
import urllib.error
import urllib.request

import pytest
import yaml

from cli import OK, REFUSED, UNREACHABLE, USAGE, Cli, follow
from harness import Server, run_cli, snapshot, wait_for
from proxy import Proxy

RESOURCE = "virtualmachinesnapshot.snapshot.kubevirt.io/"
PROTECTION = "snapshot.kubevirt.io/vmsnapshot-protection"


@pytest.fixture
def cli(server, uid, tmp_path):
    """Runs a command on this test's cluster."""
    return Cli(server, tmp_path / "config", "--cluster", uid)


def read_back(admin, uid, name, namespace="default"):
    return next(item for item in admin.items(uid, namespace=namespace) if item["metadata"]["name"] == name)


def test_describe_says_all_there_is(cli, admin, uid):
    item = snapshot("web", "broken", vm="db-01", phase="Failed", labels={"tier": "gold"}, finalizers=[PROTECTION],
                    creationTimestamp="2026-11-01T10:00:00Z")
    item["status"]["conditions"] = [{"type": "Failure", "status": "True", "reason": "snapshot deadline exceeded",
                                     "lastProbeTime": None, "lastTransitionTime": "2026-11-01T10:05:00Z"}]
    item["status"]["indications"] = ["Online", "GuestAgent"]
    item["status"]["snapshotVolumes"] = {"includedVolumes": ["rootdisk"], "excludedVolumes": ["scratch"]}
    admin.load(uid, [item, snapshot("web", "other")])
    text = cli("describe", "snapshot", "broken", "-n", "web").stdout
    said = dict(re.findall(r"^ *([A-Z][A-Za-z ]+): +(.+)$", text, re.MULTILINE))
    assert said["Labels"] == "tier=gold" and said["Finalizers"] == PROTECTION
    assert said["Phase"] == "Failed" and said["Cause"] == "snapshot deadline exceeded"
    assert re.fullmatch(r"2026-11-01T10:00:00Z \(\S+ ago\)", said["Created"])
    assert said["Volumes"] == "rootdisk" and said["Excluded"] == "scratch" and said["Indications"] == "Online"
    assert re.search(r"^  Failure +True +\S+ +snapshot deadline exceeded$", text, re.MULTILINE), text
    both = cli("describe", "snapshots", "broken", "other", "-n", "web").stdout
    assert len(re.findall(r"^Name: ", both, re.MULTILINE)) == 2
    assert cli("describe", "snapshot", "broken", "-n", "web", "--vm", "db-01").stdout
    refused = cli("describe", "snapshot", "broken", "-n", "web", "--vm", "db-02", code=REFUSED).stderr
    assert "db-01" in refused and "db-02" in refused
    missing = cli("describe", "snapshot", "none", "-n", "web", code=REFUSED).stderr
    assert "web/none" in missing and "get snapshots" in missing


def test_a_kubeconfig_opens_the_cluster(start_server, tmp_path):
    server = start_server("--tls-self-signed")
    server.client(tls=True).create_cluster("demo", name="the demo")
    url = f"https://127.0.0.1:{server.port}"
    before = sorted(tmp_path.iterdir())
    # The CA's file may hold its key, too, which is nobody else's business.
    ca = tmp_path / "both.pem"
    ca.write_text((server.data_dir / "ca.key").read_text() + (server.data_dir / "ca.crt").read_text())
    ran = run_cli("kubeconfig", "--cluster", "the demo", "-n", "web", "--server", url, "--ca", ca, "--api-key-file",
                  server.data_dir / "admin.key", env={"XDG_CONFIG_HOME": str(tmp_path)}, cwd=tmp_path)
    assert ran.returncode == OK and ran.stderr == "", ran.stderr
    assert sorted(tmp_path.iterdir()) == sorted([*before, ca])
    config = yaml.safe_load(ran.stdout)
    assert config["current-context"] == "the demo"
    context = next(entry["context"] for entry in config["contexts"] if entry["name"] == "the demo")
    assert context["namespace"] == "web"
    cluster = next(entry["cluster"] for entry in config["clusters"] if entry["name"] == context["cluster"])
    user = next(entry["user"] for entry in config["users"] if entry["name"] == context["user"])
    assert cluster["server"] == f"{url}/clusters/demo"
    pem = base64.b64decode(cluster["certificate-authority-data"]).decode()
    assert "CERTIFICATE" in pem and "PRIVATE" not in pem
    request = urllib.request.Request(f"{cluster['server']}/api/v1/namespaces/none",
                                     headers={"Authorization": f"Bearer {user['token']}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, context=ssl.create_default_context(cadata=pem), timeout=30)
    assert refused.value.code == 404 and json.load(refused.value)["kind"] == "Status"


def test_a_kubeconfig_for_plain_http_comes_with_a_warning(cli, server, uid):
    ran = cli("kubeconfig")
    assert "warning" in ran.stderr and "http://" in ran.stderr and "kubectl" in ran.stderr
    config = yaml.safe_load(ran.stdout)
    assert config["clusters"][0]["cluster"] == {"server": f"http://127.0.0.1:{server.port}/clusters/{uid}"}
    assert config["users"][0]["user"] == {"token": server.admin_key}
    assert cli("kubeconfig", "-n", "No_Namespace", code=USAGE).stdout == ""


def test_create_makes_what_it_was_told(cli, admin, uid):
    made = cli("create", "snapshot", "before", "-n", "web", "--vm", "db-01", "--failure-deadline", "10m",
               "--deletion-policy", "Retain")
    assert made.stdout == "snapshot/before created (namespace web, VM db-01)\n"
    assert "hypervisor" in made.stderr and "controller" in made.stderr
    item = read_back(admin, uid, "before", "web")
    assert item["spec"] == {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "db-01"},
                            "failureDeadline": "10m", "deletionPolicy": "Retain"}
    assert "status" not in item
    again = cli("create", "snapshot", "before", "-n", "web", "--vm", "db-01", code=REFUSED)
    assert "before" in again.stderr and again.stdout == ""


def test_create_names_what_has_no_name(cli, admin, uid):
    name = cli("create", "snapshot", "--vm", "db-01", "-o", "name").stdout.strip()
    assert re.fullmatch(re.escape(RESOURCE) + r"db-01-[a-z0-9]{5}", name)
    as_json = json.loads(cli("create", "snapshot", "--vm", "db-01", "-o", "json").stdout)
    as_yaml = yaml.safe_load(cli("create", "snapshot", "--vm", "db-01", "-o", "yaml").stdout)
    names = {name.removeprefix(RESOURCE), as_json["metadata"]["name"], as_yaml["metadata"]["name"]}
    assert len(names) == 3
    assert {item["metadata"]["name"] for item in admin.items(uid, namespace="default", vmName="db-01")} == names


@pytest.mark.parametrize("arguments, said", [
    (["--vm", "a", "--failure-deadline", "soon"], "--failure-deadline"),
    (["--vm", "a", "--failure-deadline", "1d"], "--failure-deadline"),
    (["--vm", "a", "--deletion-policy", "Keep"], "--deletion-policy"),
    (["--vm", "A"], "--vm"),
    (["--vm", "a", "-n", "a/b"], "-n"),
    (["Not_a_name", "--vm", "a"], "Not_a_name"),
    ([], "--vm"),
])
def test_create_refuses_what_cannot_be(cli, admin, uid, arguments, said):
    assert said in cli("create", "snapshot", *arguments, code=USAGE).stderr
    assert admin.items(uid) == []


def test_a_reader_makes_and_deletes_nothing(cli, admin, uid):
    admin.load(uid, [snapshot("web", "a")])
    reader = {"SNAPGATE_API_KEY": admin.create_key(f"reader of {uid}")["key"]}
    assert "editor" in cli("create", "snapshot", "--vm", "db-01", env=reader, code=REFUSED).stderr
    assert "editor" in cli("delete", "snapshot", "a", "-n", "web", env=reader, code=REFUSED).stderr
    assert cli("describe", "snapshot", "a", "-n", "web", env=reader).stdout
    assert len(admin.items(uid)) == 1


def test_delete_deletes_and_says_what_holds(cli, admin, uid):
    admin.load(uid, [snapshot("web", "free", vm="db-01"), snapshot("web", "free-2"), snapshot("web", "stays"),
                     snapshot("web", "held", vm="db-01", finalizers=[PROTECTION, "example.com/mine"])])
    missing = cli("delete", "snapshot", "free", "none", "-n", "web", code=REFUSED)
    assert "web/none" in missing.stderr and missing.stdout == ""
    cli("delete", "snapshot", "free", "-n", "web", "--vm", "db-02", code=REFUSED)
    assert len(admin.items(uid)) == 4
    deleted = cli("delete", "snapshot", "free", "-n", "web", "--vm", "db-01")
    assert deleted.stdout == "snapshot/free deleted (namespace web)\n" and deleted.stderr == ""
    assert cli("delete", "snapshot", "free-2", "-n", "web", "-o", "name").stdout == f"{RESOURCE}free-2\n"
    for _ in range(2):
        held = cli("delete", "snapshot", "held", "-n", "web")
        assert held.stdout == "snapshot/held is being deleted (namespace web)\n"
        assert PROTECTION in held.stderr and "example.com/mine" in held.stderr
    assert [item["metadata"]["name"] for item in admin.items(uid)] == ["held", "stays"]
    assert "Deleted:" in cli("describe", "snapshot", "held", "-n", "web").stdout


def test_one_by_name_is_the_object_itself(cli, admin, uid):
    admin.load(uid, [snapshot("web", "one", vm="db-01"), snapshot("db", "one", vm="db-02")])
    expected = read_back(admin, uid, "one", "web")
    for more in ([], ["--vm", "db-01"]):
        assert json.loads(cli("get", "snapshots", "one", "-n", "web", "-o", "json", *more).stdout) == expected
        assert yaml.safe_load(cli("get", "snapshot", "one", "-n", "web", "-o", "yaml", *more).stdout) == expected
        assert cli("get", "snapshot", "one", "-n", "web", "-o", "name", *more).stdout == f"{RESOURCE}one\n"
        table = cli("get", "snapshot", "one", "-n", "web", *more).stdout.splitlines()
        assert len(table) == 2 and table[1].split()[:3] == ["web", "one", "db-01"]
    for output in ("json", "table"):
        for wrong in (["one", "-n", "web", "--vm", "db-02"], ["none", "-n", "web"]):
            assert cli("get", "snapshot", *wrong, "-o", output, code=REFUSED).stdout == ""
    # Of the same name in other namespaces.
    assert len(cli("get", "snapshot", "one", "-o", "name").stdout.splitlines()) == 2


def test_a_selector_lists_all_it_selects(cli, admin, uid):
    objects = [snapshot(namespace, f"s-{i:03}", vm=f"vm-{i % 3}", labels={"part": str(i % 2)})
               for namespace in ("web", "db") for i in range(150)]
    admin.load(uid, objects)

    def names(*arguments):
        return cli("get", "snapshots", "-o", "name", *arguments).stdout.splitlines()

    assert len(names("-l", "part=1")) == 150
    assert len(names("--selector", "part in (0,1)", "--all")) == 300
    assert len(names("-l", "part=1", "-n", "web")) == 75
    assert len(names("-l", "part=1", "-n", "web,db", "--vm", "vm-0,vm-1")) == 100
    assert names("-l", "part!=1", "s-002", "s-003", "-n", "db") == [f"{RESOURCE}s-002"]
    whole = json.loads(cli("get", "snapshots", "-l", "part=0", "-o", "json").stdout)
    assert len(whole["items"]) == 150 and whole["kind"] == "VirtualMachineSnapshotList"
    assert whole["metadata"]["resourceVersion"]
    none = cli("get", "snapshots", "-l", "part=2")
    assert none.stdout == "" and "No snapshots" in none.stderr
    refused = cli("get", "snapshots", "-l", "part=(", code=USAGE)
    assert refused.stdout == "" and "--selector part=(" in refused.stderr
    for more in (["--limit", "5"], ["--continue", "x"]):
        assert more[0] in cli("get", "snapshots", "-l", "part=0", *more, code=USAGE).stderr


def test_a_watch_shows_the_list_and_every_change(cli, server, admin, uid):
    admin.load(uid, [snapshot("web", "there-from-the-beginning", phase="InProgress")])
    with follow(server, uid) as following:
        following.until(lambda lines: len(lines) == 2, "the list")
        cli("create", "snapshot", "new", "-n", "web", "--vm", "vm-2")
        following.until(lambda lines: len(lines) == 3, "what was made")
        admin.load(uid, [snapshot("web", "there-from-the-beginning", phase="Succeeded")])
        following.until(lambda lines: len(lines) == 4, "what was changed")
        cli("delete", "snapshot", "new", "-n", "web")
        following.until(lambda lines: len(lines) == 5, "what was deleted")
        following.interrupt()
        rows = [line.split() for line in following.lines]
        assert [row[1:5] for row in rows[1:]] == [
            ["there-from-the-beginning", "vm-1", "InProgress", "false"],
            ["new", "vm-2", "Pending", "<none>"],
            ["there-from-the-beginning", "vm-1", "Succeeded", "true"],
            ["new", "vm-2", "Deleted", "<none>"]]
        columns = [line.index(" " + word) for line, word in zip(
            following.lines, ("PHASE", "InProgress", "Pending", "Succeeded", "Deleted"))]
        assert len(set(columns)) == 1, following.lines
        assert following.errors == []


def test_a_watch_prints_objects_one_by_one(cli, server, admin, uid):
    admin.load(uid, [snapshot("web", "a"), snapshot("web", "b", vm="other"), snapshot("db", "a")])
    with follow(server, uid, "-o", "json", "-n", "web", "--vm", "vm-1,vm-2") as following:
        following.until(lambda lines: len(lines) == 1, "the list")
        cli("create", "snapshot", "c", "-n", "web", "--vm", "other")
        cli("create", "snapshot", "c", "-n", "db", "--vm", "vm-2")
        cli("create", "snapshot", "d", "-n", "web", "--vm", "vm-2")
        following.until(lambda lines: len(lines) == 2, "what was made")
        following.interrupt()
        items = [json.loads(line) for line in following.lines]
        assert [item["metadata"]["name"] for item in items] == ["a", "d"]
        assert all(item["kind"] == "VirtualMachineSnapshot" for item in items)
    with follow(server, uid, "d", "-n", "web", "-o", "name") as following:
        following.until(lambda lines: lines == [f"{RESOURCE}d"], "the one")
        cli("delete", "snapshot", "a", "-n", "web")
        cli("delete", "snapshot", "d", "-n", "web")
        following.until(lambda lines: lines == [f"{RESOURCE}d"] * 2, "its deletion")
        following.interrupt()


def test_what_leaves_a_selection_is_gone(server, admin, uid):
    with follow(server, uid, "-l", "keep=yes") as following:
        wait_for(lambda: any("Waiting" in line for line in following.errors), "that there are none")
        admin.load(uid, [snapshot("web", "a", labels={"keep": "yes"}), snapshot("web", "b")])
        following.until(lambda lines: len(lines) == 2, "the one with the label")
        admin.load(uid, [snapshot("web", "a", labels={"keep": "no"})])
        following.until(lambda lines: len(lines) == 3, "that it left")
        following.interrupt()
        assert [line.split()[1:4] for line in following.lines[1:]] == [["a", "vm-1", "Succeeded"], ["a", "vm-1", "Gone"]]


def test_a_watch_goes_on_after_a_restart(start_server, data_dir):
    server = start_server()
    server.client().create_cluster("demo")
    server.client().load("demo", [snapshot("web", "before")])
    with follow(server, "demo", "-o", "name") as following:
        following.until(lambda lines: len(lines) == 1, "the list")
        server.kill()
        wait_for(lambda: any("trying again" in line for line in following.errors), "that the server is away", 20)
        again = Server(data_dir, listen=f"127.0.0.1:{server.port}").start()
        try:
            again.client().load("demo", [snapshot("web", "after")])
            following.until(lambda lines: len(lines) == 2, "what was made after the restart")
            following.interrupt()
            assert following.lines == [f"{RESOURCE}before", f"{RESOURCE}after"]
            assert sum("trying again" in line for line in following.errors) == 1
        finally:
            again.stop()


def test_a_watch_lists_again_where_history_is_gone(start_server):
    server = start_server("--history=1s")
    admin = server.client()
    admin.create_cluster("demo")
    admin.load("demo", [snapshot("web", "a")])
    seen = admin.list("demo").json()["metadata"]["resourceVersion"]
    proxy = Proxy(server.port)

    def expired():
        watched = admin.get("/clusters/demo/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots",
                            {"Authorization": f"Bearer {server.admin_key}"}, watch="1", resourceVersion=seen,
                            timeoutSeconds="1")
        return '"Expired"' in watched.text()

    through = {"SNAPGATE_SERVER": f"http://127.0.0.1:{proxy.port}"}
    with follow(server, "demo", "-o", "name", env=through) as following:
        following.until(lambda lines: len(lines) == 1, "the list")
        proxy.stop()
        wait_for(lambda: any("trying again" in line for line in following.errors), "that the server is away", 20)
        admin.load("demo", [snapshot("web", "b")])
        admin.load("demo", [snapshot("web", "c")])
        wait_for(expired, "that history is gone", 30)
        proxy = Proxy(server.port, proxy.port)
        following.until(lambda lines: len(lines) == 4, "the second list")
        admin.load("demo", [snapshot("web", "d")])
        following.until(lambda lines: len(lines) == 5, "what was made after it")
        following.interrupt()
        assert [line.removeprefix(RESOURCE) for line in following.lines] == ["a", "a", "b", "c", "d"]
        assert sum("listing again" in line for line in following.errors) == 1, following.errors
    proxy.stop()


def test_a_watch_of_what_is_not_there_ends_with_why(cli):
    assert cli("get", "snapshots", "--watch", "--limit", "5", code=USAGE).stdout == ""
    assert "--selector a=(" in cli("get", "snapshots", "--watch", "-l", "a=(", code=USAGE).stderr
    nobody = {"SNAPGATE_SERVER": "http://127.0.0.1:1"}
    assert cli("get", "snapshots", "--watch", env=nobody, code=UNREACHABLE).stdout == ""
