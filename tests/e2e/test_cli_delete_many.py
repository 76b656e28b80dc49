"""`delete snapshots` by filters: what goes, what stays for the sake of its VM, and what is left alone."""

import subprocess
from datetime import datetime, timedelta, timezone

import pytest

from between import Between
from cli import OK, REFUSED, USAGE
from connected import connect, wait_for_state
from harness import Server, clean_environment, wait_for
from kube import KubeClient
from terminal import OnTerminal

NOW = datetime.now(timezone.utc)


def snapshot(name, vm, days_ago, phase="Succeeded", owner=None):
    made = (NOW - timedelta(days=days_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"phase": phase, **({"readyToUse": True, "creationTime": made} if phase == "Succeeded" else {})}
    owners = {"ownerReferences": [{"apiVersion": "clone.kubevirt.io/v1beta1", "kind": owner, "name": "o", "uid": "o"}]} if owner else {}
    return {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot",
            "metadata": {"name": name, "namespace": "shop", "creationTimestamp": made, **owners},
            "spec": {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": vm}}, "status": status}


ITEMS = [snapshot("a-40", "a", 40), snapshot("a-35", "a", 35), snapshot("a-1", "a", 1),
         snapshot("b-50", "b", 50), snapshot("b-45", "b", 45),
         snapshot("c-60", "c", 60, "Failed"), snapshot("c-2", "c", 2, "Failed"),
         snapshot("clone", "a", 70, owner="VirtualMachineClone")]


@pytest.fixture
def uid(server, request):
    uid = "many-" + str(abs(hash(request.node.name)) % 10**8)
    server.client().create_cluster(uid)
    server.client().load(uid, ITEMS)
    yield uid
    server.client().delete(f"/admin/v1/clusters/{uid}", force="true")


def left(server, uid):
    return {name for _, name in server.client().names(uid)}


ALL = {item["metadata"]["name"] for item in ITEMS}


def test_old_ones_go_and_the_last_good_one_stays(server, cli, uid):
    shown = cli("delete", "snapshots", "--cluster", uid, "--older-than", "30d", "--dry-run")
    assert {line.split()[2] for line in shown.stdout.splitlines()[1:]} == {"a-40", "a-35", "b-50", "c-60"}
    assert "kept, as the newest good ones of their VMs: 1 snapshot" in shown.stderr and "4 snapshots would be deleted" in shown.stderr
    assert left(server, uid) == ALL
    ran = cli("delete", "snapshots", "--cluster", uid, "--older-than", "30d", "--yes")
    assert "4 deleted, 0 changed meanwhile, 0 gone already, 0 failed" in ran.stderr
    assert left(server, uid) == {"a-1", "b-45", "c-2", "clone"}
    again = ("delete", "snapshots", "--cluster", uid, "--older-than", "30d")
    assert "Nothing to delete." in cli(*again, "--yes").stderr
    assert "0 snapshots would be deleted" in cli(*again, "--dry-run").stderr


def test_of_names_a_dry_run_shows_which_and_deletes_none(server, cli, uid):
    named = ("delete", "snapshot", "a-1", "b-50", "--cluster", uid, "-n", "shop", "--dry-run")
    assert cli.good(*named) == ("snapshot/a-1 would be deleted (namespace shop)\n"
                                "snapshot/b-50 would be deleted (namespace shop)\n")
    assert cli.good(*named, "-o", "name").split() == [
        f"virtualmachinesnapshot.snapshot.kubevirt.io/{name}" for name in ("a-1", "b-50")]
    cli("delete", "snapshot", "a-1", "none", "--cluster", uid, "-n", "shop", "--dry-run", code=REFUSED)
    assert left(server, uid) == ALL


def test_what_is_kept_is_counted_over_all_snapshots_of_a_vm(server, cli, uid):
    cli("delete", "snapshots", "--cluster", uid, "--older-than", "30d", "--keep-last", "2", "--yes")
    assert left(server, uid) == {"a-35", "a-1", "b-50", "b-45", "c-2", "clone"}


def test_filters_choose(server, cli, uid):
    cli("delete", "snapshots", "--cluster", uid, "--phase", "Failed", "--yes")
    assert left(server, uid) == ALL - {"c-60", "c-2"}
    cli("delete", "snapshots", "--cluster", uid, "--vm", "b", "--yes", "--force")
    assert left(server, uid) == ALL - {"c-60", "c-2", "b-50", "b-45"}
    cli("delete", "snapshots", "--cluster", uid, "-n", "elsewhere", "--yes")
    assert left(server, uid) == ALL - {"c-60", "c-2", "b-50", "b-45"}


def test_all_clusters_at_once(server, cli, uid):
    other = uid + "-too"
    server.client().create_cluster(other)
    server.client().load(other, ITEMS)
    shown = cli("delete", "snapshots", "--all-clusters", "--older-than", "45d", "--vm", "b", "--dry-run")
    assert [line.split()[0] for line in shown.stdout.splitlines()[1:]] == [uid, other]
    cli("delete", "snapshots", "--all-clusters", "--older-than", "45d", "--vm", "b", "--yes")
    assert left(server, uid) == left(server, other) == ALL - {"b-50"}
    server.client().delete(f"/admin/v1/clusters/{other}", force="true")


def test_a_key_of_a_project_reaches_its_own_alone(server, cli, uid):
    admin = server.client()
    project = admin.create_project("retention-" + uid)
    key = admin.create_key("retention", role="editor", projectUid=project["uid"])["key"]
    ran = server.cli("delete", "snapshots", "--all-clusters", "--older-than", "1d", "--yes", env={"SNAPGATE_API_KEY": key})
    assert ran.returncode == OK and "Nothing to delete." in ran.stderr, ran
    assert left(server, uid) == ALL


def test_a_key_that_may_not_delete_is_told_once(server, cli, uid):
    key = server.client().create_key("looks-" + uid, role="reader")["key"]
    ran = cli("delete", "snapshots", "--cluster", uid, "--vm", "b", "--force", "--yes", env={"SNAPGATE_API_KEY": key}, code=REFUSED)
    assert len(ran.stderr.splitlines()) == 2, ran.stderr
    told, counts = ran.stderr.splitlines()
    assert told.startswith(f"2 snapshots, such as {uid}: shop/b-") and ": not deleted: " in told and "Forbidden" in told
    assert counts == "0 deleted, 0 changed meanwhile, 0 gone already, 2 failed"
    ran = cli("delete", "snapshots", "--cluster", uid, "--name", "b-50", "--force", "--yes", env={"SNAPGATE_API_KEY": key}, code=REFUSED)
    assert ran.stderr.startswith(f"{uid}: shop/b-50: not deleted: ")
    assert left(server, uid) == ALL


@pytest.mark.parametrize("arguments, message", [
    ([], "say which snapshots"),
    (["a-1", "--older-than", "3d"], "not both"),
    (["a-1", "--yes"], "--yes does not go with names"),
    (["a-1", "--phase", "Failed", "--dry-run"], "--phase does not go with names"),
    (["--older-than", "30d"], "no terminal to ask on"),
    (["--older-than", "30d", "--created-before", "40d", "--yes"], "--older-than and --created-before"),
    (["--keep-last", "0", "--yes"], "--keep-last 0"),
    (["--keep-last", "-3", "--yes"], "keep-last"),
    (["--older-than", "30d", "--dry-run", "-o", "json"], "-o goes with names"),
    (["-n", "", "--yes"], "namespace has no value"),
    (["-n", ",", "--yes"], "namespace has no value"),
    (["--phase", "", "--yes"], "--phase has no value"),
    (["--older-than", "", "--keep-last", "1", "--yes"], "--older-than has no value"),
    (["--keep-last", "1", "--cause", "", "--yes"], "--cause has no value"),
])
def test_what_cannot_be_meant_is_said(cli, server, uid, arguments, message):
    ran = cli("delete", "snapshots", "--cluster", uid, *arguments, code=USAGE, stdin="")
    assert message in ran.stderr
    assert left(server, uid) == ALL


def test_a_wrong_duration_is_the_servers_to_refuse(cli, server, uid):
    ran = cli("delete", "snapshots", "--cluster", uid, "--older-than", "soon", "--yes", code=USAGE)
    assert "--older-than \"soon\" is not understood" in ran.stderr and left(server, uid) == ALL


class Asked:
    """The command on a terminal, where it asks; its standard output goes elsewhere."""

    def __init__(self, server, config, *arguments):
        environment = clean_environment({**server.login(), "XDG_CONFIG_HOME": str(config)})
        self.terminal = OnTerminal(["delete", "snapshots", *arguments], environment, stdout=subprocess.PIPE)
        self.terminal.wait_for(b"[y/N]")

    @property
    def shown(self):
        """What the terminal shows by now; a line of it may be broken anywhere."""
        return " ".join(self.terminal.shown.decode().split())

    def answer(self, text):
        with self.terminal as terminal:
            terminal.type(text.encode() + b"\n")
            code = terminal.end()
            return code, terminal.process.stdout.read().decode(), self.shown


def test_it_asks_and_no_is_no(server, uid, tmp_path):
    asked = Asked(server, tmp_path, "--cluster", uid, "--older-than", "30d")
    assert "Delete 4 snapshots?" in asked.shown
    code, _, errors = asked.answer("n")
    assert code == REFUSED and "Nothing was deleted" in errors
    assert left(server, uid) == ALL


def test_what_changed_since_it_was_shown_stays_and_is_named(server, uid, tmp_path):
    kube = KubeClient(server, uid)
    asked = Asked(server, tmp_path, "--cluster", uid, "--older-than", "30d")
    patched = kube.patch("shop", "a-40", {"metadata": {"labels": {"hold": "legal"}}})
    assert patched.status == 200, patched.text()
    assert kube.remove("shop", "a-35").status == 200
    code, _, errors = asked.answer("y")
    assert code == REFUSED, errors
    assert f"{uid}: shop/a-40: left alone, as it was changed since it was shown" in errors
    assert f"{uid}: shop/a-35: gone already" in errors
    assert "2 deleted, 1 changed meanwhile, 1 gone already, 0 failed" in errors
    assert left(server, uid) == {"a-40", "a-1", "b-45", "c-2", "clone"}


def test_what_was_to_stay_and_is_gone_does_not_take_the_last_good_one_with_it(server, uid, tmp_path):
    kube = KubeClient(server, uid)
    asked = Asked(server, tmp_path, "--cluster", uid, "--older-than", "30d", "--vm", "b")
    assert kube.remove("shop", "b-45").status == 200
    code, _, errors = asked.answer("y")
    assert code == OK and f"{uid}: shop/b-50: left alone, as it is now one of the newest good ones" in errors
    assert "b-50" in left(server, uid)


def test_one_that_finalizers_hold_is_being_deleted(server, cli, uid):
    held = snapshot("c-held", "c", 90, "Failed")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    server.client().load(uid, [held])
    ran = cli("delete", "snapshots", "--cluster", uid, "--older-than", "80d", "--vm", "c", "--yes")
    assert "snapshot/c-held is being deleted" in ran.stdout


def test_connected_clusters_and_those_that_are_away(tmp_path):
    upstream = Server(tmp_path / "upstream", "--tls-self-signed").start()
    follower = Server(tmp_path / "follower").start()
    between = Between(upstream)
    try:
        for name in ("near", "far"):
            upstream.client().create_cluster(name)
            upstream.client().load(name, ITEMS)
        connect(follower, "near", upstream, "near")
        connect(follower, "far", upstream, "far", url=f"http://127.0.0.1:{between.port}/clusters/far")
        for name in ("near", "far"):
            wait_for_state(follower, name, "Ready")
        between.stop()
        wait_for(lambda: follower.client().cluster("far")["state"] != "Ready", "far is away", 60)
        ran = follower.cli("delete", "snapshots", "--all-clusters", "--older-than", "30d", "--yes")
        assert ran.returncode == OK, ran.stderr
        assert "cluster far is Unreachable: 4 snapshots there are left alone" in ran.stderr
        assert left(upstream, "near") == {"a-1", "b-45", "c-2", "clone"}
        assert left(upstream, "far") == ALL
    finally:
        for server in (follower, upstream):
            server.stop()
