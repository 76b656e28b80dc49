"""The command line against a real server: its grammar, tables, exit codes, and where it takes settings from."""

import json
import os
import re
import stat
import subprocess

import pytest
import yaml

from cli import OK, REFUSED, UNREACHABLE, USAGE
from harness import BINARY, ROOT, SAMPLE, Server, clean_environment, in_order, name_of, run_cli, snapshot, snapshots

LAB = ROOT / "samples" / "kubectl-get-vmsnapshots-lab.yaml"


def write_dump(path, objects):
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    return path


def test_the_first_list_in_five_commands(cli, tmp_path):
    cli("create", "cluster", "first", "--uid", "first")
    ran = cli("import", "--cluster", "first", SAMPLE)
    assert "300 created" in ran.stdout
    assert "300 unchanged" in cli("import", "--cluster", "first", SAMPLE).stdout
    table = cli("get", "snapshots", "--cluster", "first", "-A").stdout.splitlines()
    assert table[0].split() == ["NAMESPACE", "NAME", "VM", "PHASE", "READY", "CREATED", "AGE", "CAUSE"]
    whole = json.loads(cli("get", "snapshots", "--cluster", "first", "-A", "--all", "-o", "json").stdout)
    assert len(whole["items"]) == 300
    assert [name_of(item) for item in whole["items"]] == in_order(json.loads(SAMPLE.read_text())["items"])


def test_get_filters_and_formats(cli, admin, uid):
    objects = snapshots(60, ["payments", "web"], ["a", "b", "c"])
    admin.load(uid, objects)

    def names(*arguments):
        return cli("get", "snapshots", "--cluster", uid, "--all", "-o", "name", *arguments).stdout.split()

    def wanted(namespaces=None, vm=None):
        return [name for namespace, name in in_order(
            item for item in objects if (not namespaces or item["metadata"]["namespace"] in namespaces)
            and (not vm or item["spec"]["source"]["name"] in vm))]

    assert [name.split("/")[-1] for name in names()] == wanted()
    assert [name.split("/")[-1] for name in names("-n", "web")] == wanted(["web"])
    assert [name.split("/")[-1] for name in names("-n", "web,payments", "--vm", "a,c")] == wanted(None, "ac")
    assert [name.split("/")[-1] for name in names("-n", "web", "-n", "payments", "--vm", "b")] == wanted(None, "b")
    page = json.loads(cli("get", "snapshots", "--cluster", uid, "--limit", "7", "-o", "json").stdout)
    assert len(page["items"]) == 7
    following = json.loads(cli("get", "snapshots", "--cluster", uid, "--limit", "7", "-o", "json", "--continue",
                               page["metadata"]["continue"]).stdout)
    assert [name_of(item)[1] for item in page["items"] + following["items"]] == wanted()[:14]
    as_yaml = yaml.safe_load(cli("get", "snapshots", "--cluster", uid, "--limit", "7", "-o", "yaml").stdout)
    assert as_yaml["items"][0]["metadata"]["name"] == page["items"][0]["metadata"]["name"]
    one = objects[0]["metadata"]
    single = cli("get", "snapshots", one["name"], "--cluster", uid, "-n", one["namespace"], "-o", "json").stdout
    assert name_of(json.loads(single)) == (one["namespace"], one["name"])
    assert "none" in cli("get", "snapshots", "none", "--cluster", uid, "-n", "web", code=REFUSED).stderr
    assert cli("get", "snapshots", "--cluster", uid, "-o", "wide").stdout.startswith("NAMESPACE")


def test_a_failed_snapshots_cause_comes_from_its_conditions(cli, admin, uid):
    item = snapshot("web", "failed", phase="Failed")
    item["status"]["conditions"] = [{"type": "Failure", "status": "True", "reason": "snapshot deadline exceeded"}]
    clone = snapshot("web", "tmp-snapshot-7d9c", ownerReferences=[
        {"apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone", "name": "copy-1", "uid": "u-1"}])
    admin.load(uid, [item, clone])
    table = cli("get", "snapshots", "--cluster", uid, "-A", env={"COLUMNS": "300"}).stdout
    failed = next(line for line in table.splitlines() if " failed " in line)
    assert "snapshot deadline exceeded" in failed
    marked = next(line for line in table.splitlines() if "tmp-snapshot-7d9c" in line)
    assert "clone" in marked.lower()


def test_registry_commands(cli, tmp_path):
    project = cli("create", "project", "cli-project", "-o", "name").stdout.strip()
    assert re.fullmatch(r"[0-9a-f]{24}", project)
    cluster = cli("create", "cluster", "cli-cluster", "--project", "cli-project", "-o", "name").stdout.strip()
    told = json.loads(cli("get", "clusters", "cli-cluster", "-o", "json").stdout)
    assert (told["uid"], told["projectUid"]) == (cluster, project)
    key = cli("create", "key", "cli-key", "--role", "editor", "--project", project, "--expires", "90d", "-o", "name").stdout.strip()
    assert key not in cli("get", "keys", "-o", "json").stdout
    as_project = {"SNAPGATE_API_KEY": key}
    assert cli("get", "clusters", "-o", "name", env=as_project).stdout.strip().endswith(cluster)
    assert "cli-cluster" in cli("get", "clusters", env=as_project).stdout
    assert cli("create", "cluster", "x", env=as_project, code=REFUSED).stderr.startswith("error:")
    assert cli("get", "projects", "-o", "name", env={"SNAPGATE_PROJECT": "cli-project"}).stdout.strip().endswith(project)
    cli("delete", "project", "cli-project", code=REFUSED)
    cli("delete", "key", "cli-key")
    cli("get", "clusters", env=as_project, code=REFUSED)
    cli("delete", "cluster", "cli-cluster")
    cli("delete", "project", project)
    assert "cli-project" not in cli("get", "projects").stdout


def test_tables_of_the_registry_have_kubectls_look(cli, uid):
    for kind in ("clusters", "projects", "keys"):
        header = cli("get", kind).stdout.splitlines()[0]
        assert re.fullmatch(r"[A-Z -]+", header) and "NAME" in header.split(), header


@pytest.mark.parametrize("content, taken", [
    (lambda items: json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=4), 3),
    (lambda items: yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}), 3),
    (lambda items: yaml.safe_dump_all(items), 3),
    (lambda items: "\n".join(map(json.dumps, items)), 3),
    (lambda items: json.dumps(items), 3),
    (lambda items: json.dumps(items[0], indent=2), 1),
    (lambda items: yaml.safe_dump(items[0]), 1),
    (lambda items: json.dumps({"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshotList",
                               "metadata": {"continue": "x"}, "items": items}), 3),
], ids=["kubectl json", "kubectl yaml", "documents", "lines", "array", "one json", "one yaml", "list"])
@pytest.mark.parametrize("through", ["file", "stdin"])
def test_import_takes_what_people_have(cli, admin, uid, tmp_path, content, taken, through):
    objects = snapshots(3)
    text = content(objects)
    if through == "file":
        (tmp_path / "dump").write_text(text)
        cli("import", "--cluster", uid, tmp_path / "dump")
    else:
        cli("import", "--cluster", uid, "-", stdin=text)
    assert admin.names(uid) == in_order(objects[:taken])


def test_import_takes_a_saved_palette_page_and_the_lab_dump(cli, admin, uid, tmp_path):
    cli("import", "--cluster", uid, LAB)
    expected = in_order(yaml.safe_load(LAB.read_text())["items"])
    assert admin.names(uid) == expected
    # A page has no nulls, so what had some differs; a second time nothing does.
    page = admin.list(uid)
    (tmp_path / "page.json").write_text(page.text())
    assert "0 created" in cli("import", "--cluster", uid, tmp_path / "page.json").stdout
    assert "0 created, 0 replaced, 50 unchanged" in cli("import", "--cluster", uid, tmp_path / "page.json").stdout
    assert [item.get("status") for item in admin.list(uid).json()["items"]] == [item.get("status") for item in page.json()["items"]]


def test_one_bad_object_refuses_the_input_before_anything_is_stored(cli, admin, uid, tmp_path):
    objects = snapshots(5)
    objects[3]["metadata"]["name"] = "Not_A_Name"
    dump = write_dump(tmp_path / "dump.json", objects)
    ran = cli("import", "--cluster", uid, dump, code=REFUSED)
    assert "Not_A_Name" in ran.stderr and "3" in ran.stderr and "--keep-going" in ran.stderr
    assert admin.names(uid) == []
    ran = cli("import", "--cluster", uid, "--keep-going", dump, code=REFUSED)
    assert "Not_A_Name" in ran.stderr
    assert admin.names(uid) == in_order(objects[:3] + objects[4:])


def test_import_conflicts_and_prune(cli, admin, uid, tmp_path):
    admin.load(uid, [snapshot("web", "a"), snapshot("web", "b")])
    dump = write_dump(tmp_path / "dump.json", [snapshot("web", "a", phase="Failed"), snapshot("web", "c")])
    assert "1 created, 0 replaced, 0 unchanged, 1 skipped" in cli("import", "--cluster", uid, "--on-conflict", "skip", dump).stdout
    cli("import", "--cluster", uid, "--on-conflict", "fail", dump, code=REFUSED)
    counts = json.loads(cli("import", "--cluster", uid, "--prune", "--complete", "--yes", "-o", "json", dump).stdout)
    assert (counts["replaced"], counts["unchanged"], counts["pruned"]) == (1, 1, 1)
    assert admin.names(uid) == [("web", "a"), ("web", "c")]


@pytest.mark.parametrize("content", ["", "not a dump", "{", "[1,2", "kind: Pod\napiVersion: v1\n", "\x00\x01", "- &a 1\n- *a\n"])
def test_what_is_no_dump_is_refused(cli, admin, uid, tmp_path, content):
    (tmp_path / "dump").write_text(content)
    ran = cli("import", "--cluster", uid, tmp_path / "dump", code=REFUSED)
    assert "dump" in ran.stderr
    assert admin.names(uid) == []


@pytest.mark.parametrize("arguments, said", [
    ([], "Usage"), (["gte", "snapshots"], "get"), (["get"], "snapshots"), (["get", "pods"], "snapshots"),
    (["get", "snapshots"], "--cluster"), (["get", "snapshots", "--cluster", "x", "--limt", "5"], "--limit"),
    (["get", "snapshots", "--cluster", "x", "-o", "xml"], "xml"), (["create", "cluster"], "NAME"),
    (["import", "--cluster", "x"], "FILE"), (["import", "--cluster", "x", "--on-conflict", "maybe", "f"], "maybe"),
    (["create", "key", "k", "--expires", "soon"], "soon")])
def test_usage_errors_are_2_and_say_what_to_do(cli, arguments, said):
    ran = cli(*arguments, code=USAGE)
    assert said in ran.stdout + ran.stderr


def test_exit_codes(cli, server, tmp_path):
    ran = cli("get", "snapshots", "--cluster", "no-such", code=REFUSED)
    assert "no-such" in ran.stderr
    cli("get", "clusters", env={"SNAPGATE_API_KEY": "sgk_wrong_key"}, code=REFUSED)
    with_no_server = {"SNAPGATE_SERVER": "http://127.0.0.1:1"}
    assert "127.0.0.1:1" in cli("get", "clusters", env=with_no_server, code=UNREACHABLE).stderr
    nowhere = run_cli("get", "clusters", env={"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)})
    assert nowhere.returncode == USAGE
    assert "--server" in nowhere.stderr


def test_version(cli, server):
    ran = run_cli("version")
    assert ran.returncode == OK
    assert re.search(r"\d+\.\d+\.\d+", ran.stdout)
    both = json.loads(cli("version", "-o", "json").stdout)
    assert "version" in json.dumps(both).lower()


def test_login_keeps_a_context_that_only_its_owner_reads(tmp_path):
    server = Server(tmp_path / "data", "--tls-self-signed").start()
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    address = f"https://127.0.0.1:{server.port}"
    refused = run_cli("login", address, "--api-key-file", tmp_path / "data" / "admin.key", env=environment)
    assert refused.returncode == UNREACHABLE, refused.stderr
    assert "--ca" in refused.stderr
    relative = os.path.relpath(tmp_path / "data" / "ca.crt", tmp_path)
    ran = run_cli("login", address, "--ca", relative, "--api-key-file", tmp_path / "data" / "admin.key", env=environment,
                  cwd=tmp_path)
    assert ran.returncode == OK, ran.stderr
    contexts = [path for path in (tmp_path / "config").rglob("*") if path.is_file()]
    assert len(contexts) == 1
    assert stat.S_IMODE(contexts[0].stat().st_mode) == 0o600
    listed = run_cli("get", "projects", env=environment)
    assert listed.returncode == OK and "Default" in listed.stdout, listed.stderr
    wrong = tmp_path / "wrong.key"
    wrong.write_text("sgk_0123456789ab_" + "A" * 43)
    assert run_cli("login", address, "--ca", relative, "--api-key-file", wrong, env=environment, cwd=tmp_path).returncode == REFUSED
    assert run_cli("get", "projects", env=environment).returncode == OK, "a login that failed leaves the context as it was"
    server.stop()
    ended = run_cli("get", "projects", env=environment)
    assert ended.returncode == UNREACHABLE


def test_no_key_in_what_a_command_says(cli, server):
    ran = cli("get", "clusters", env={"SNAPGATE_SERVER": "http://127.0.0.1:1"}, code=UNREACHABLE)
    assert server.admin_key not in ran.stdout + ran.stderr


def test_output_that_nobody_reads_is_an_error_not_a_crash(cli, admin, uid):
    admin.load(uid, snapshots(50))
    with open("/dev/full", "w", encoding="utf-8") as full:
        ran = subprocess.run([str(BINARY), "get", "snapshots", "--cluster", uid, "-o", "json"], stdout=full,
                             stderr=subprocess.PIPE, text=True, check=False, timeout=120,
                             env=clean_environment(cli.server.login()))
    assert ran.returncode == REFUSED
    assert ran.stderr.startswith("error:")
