"""Where the command line takes its server, key and project from, and what --project means to each command."""

import json
import os
import stat

import pytest

from cli import OK, REFUSED, UNREACHABLE, USAGE
from harness import Server, run_cli, snapshot, snapshots, wait_for



@pytest.fixture
def fleet(server, tmp_path):
    """Two projects with a cluster each, whose names carry this test's own number."""
    admin = server.client()
    mark = tmp_path.name.replace("_", "-")[-40:]
    made = {"mark": mark}
    for name in ("left", "right"):
        project = admin.create_project(f"{name}-{mark}")
        made[name] = project["uid"]
        cluster = admin.create_cluster(f"{name}-c-{mark}"[-60:].strip("-"), projectUid=project["uid"])
        made[name + "-cluster"] = cluster["name"]
        admin.load(cluster["uid"], [snapshot("web", f"in-{name}")])
    made["config"] = tmp_path / "config"
    return made


def uids(text):
    return [item["uid"] for item in json.loads(text)["items"]]


def test_a_project_narrows_what_is_shown(cli, fleet):
    for project in (fleet["left"], f"left-{fleet['mark']}"):
        for way in (["--project", project], []):
            env = {} if way else {"SNAPGATE_PROJECT": project}
            clusters = json.loads(cli("get", "clusters", "-o", "json", *way, env=env).stdout)["items"]
            assert [one["name"] for one in clusters] == [fleet["left-cluster"]]
            assert uids(cli("get", "projects", "-o", "json", *way, env=env).stdout) == [fleet["left"]]
            shown = cli("get", "snapshots", "--cluster", fleet["left-cluster"], *way, env=env).stdout
            assert "in-left" in shown
            ran = cli("get", "snapshots", "--cluster", fleet["right-cluster"], *way, env=env, code=REFUSED)
            assert "there is no cluster" in ran.stderr
            assert fleet["right"] not in ran.stderr


def test_what_is_made_in_a_project_belongs_to_it(cli, server, fleet):
    project = f"left-{fleet['mark']}"
    made = json.loads(cli("create", "cluster", f"new-{fleet['mark']}", "--project", project, "-o", "json").stdout)
    assert made["projectUid"] == fleet["left"]
    key = json.loads(cli("create", "key", f"key-{fleet['mark']}", "--project", project, "-o", "json").stdout)
    assert key["projectUid"] == fleet["left"] and key["role"] == "reader"
    default = next(p for p in json.loads(cli("get", "projects", "-o", "json").stdout)["items"] if p["name"] == "Default")
    made = json.loads(cli("create", "cluster", f"other-{fleet['mark']}", "-o", "json").stdout)
    assert made["projectUid"] == default["uid"]
    tenant = json.loads(cli("create", "key", f"tenant-{fleet['mark']}", "--role", "editor", "-o", "json").stdout)
    assert tenant["projectUid"] == "" and tenant["role"] == "editor"


def test_a_projects_key_acts_in_its_project_alone(cli, fleet):
    key = cli("create", "key", f"k-{fleet['mark']}", "--role", "admin", "--project", fleet["left"], "-o", "name").stdout
    as_key = {"SNAPGATE_API_KEY": key.strip()}
    assert uids(cli("get", "projects", "-o", "json", env=as_key).stdout) == [fleet["left"]]
    made = json.loads(cli("create", "cluster", f"mine-{fleet['mark']}", "-o", "json", env=as_key).stdout)
    assert made["projectUid"] == fleet["left"]
    for arguments in (["get", "snapshots", "--cluster", fleet["right-cluster"]],
                      ["delete", "cluster", fleet["right-cluster"], "--force"],
                      ["get", "clusters", "--project", fleet["right"]],
                      ["create", "project", f"p-{fleet['mark']}"]):
        cli(*arguments, env=as_key, code=REFUSED)
    cli("import", "--cluster", fleet["right-cluster"], "-", stdin=json.dumps(snapshot("web", "x")), env=as_key,
        code=REFUSED)
    cli("delete", "cluster", f"mine-{fleet['mark']}", env=as_key)


def test_an_exact_uid_wins_over_a_name(cli, server, fleet):
    admin = server.client()
    tail = fleet["mark"][-20:].strip("-")
    first = admin.create_cluster(f"uid-{tail}")
    reply = admin.post("/admin/v1/clusters", {"name": f"u2-{tail}", "uid": f"other-{tail}"})
    assert reply.status == 201
    named = admin.post("/admin/v1/clusters", {"name": f"other-{tail}", "uid": f"third-{tail}"})
    assert named.status == 201, named
    shown = json.loads(cli("get", "clusters", f"other-{tail}", "-o", "json").stdout)
    assert shown["uid"] == f"other-{tail}"
    assert json.loads(cli("get", "clusters", f"uid-{tail}", "-o", "json").stdout)["uid"] == first["uid"]
    both = json.loads(cli("get", "clusters", f"uid-{tail}", f"third-{tail}", "-o", "json").stdout)
    assert [one["uid"] for one in both["items"]] == [first["uid"], f"third-{tail}"]


def test_a_cluster_that_holds_something_needs_force(cli, server, fleet):
    ran = cli("delete", "cluster", fleet["left-cluster"], code=REFUSED)
    assert "--force" in ran.stderr
    # A mistyped name beside it: nothing is deleted.
    cli("delete", "cluster", fleet["left-cluster"], "nosuch", "--force", code=REFUSED)
    assert "in-left" in cli("get", "snapshots", "--cluster", fleet["left-cluster"]).stdout
    cli("delete", "cluster", fleet["left-cluster"], "--force")
    cli("get", "snapshots", "--cluster", fleet["left-cluster"], code=REFUSED)
    cli("delete", "project", fleet["right"], code=REFUSED)
    cli("delete", "project", fleet["right"], "--force")
    assert fleet["right"] not in cli("get", "projects", "-o", "name").stdout.split()


def test_an_answer_to_a_deletion_is_empty_in_json(cli, server, fleet):
    assert cli("delete", "cluster", fleet["left-cluster"], "--force", "-o", "json").stdout == ""


def test_a_name_that_is_taken_is_a_refusal(cli, fleet):
    ran = cli("create", "cluster", fleet["left-cluster"], "--project", fleet["left"], code=REFUSED)
    assert "AlreadyExists" in ran.stderr


def test_flags_come_before_environment_before_context(server, tmp_path, fleet):
    config = {"XDG_CONFIG_HOME": str(fleet["config"])}
    address = f"http://127.0.0.1:{server.port}"
    key_file = tmp_path / "key"
    key_file.write_text(server.admin_key + "\n")
    ran = run_cli("login", address, "--api-key-file", key_file, "--project", f"left-{fleet['mark']}", env=config)
    assert ran.returncode == OK, ran.stderr
    assert uids(run_cli("get", "projects", "-o", "json", env=config).stdout) == [fleet["left"]]
    in_right = {**config, "SNAPGATE_PROJECT": fleet["right"]}
    assert uids(run_cli("get", "projects", "-o", "json", env=in_right).stdout) == [fleet["right"]]
    assert uids(run_cli("get", "projects", "--project", fleet["left"], "-o", "json", env=in_right).stdout) == [fleet["left"]]
    wrong = {**config, "SNAPGATE_API_KEY": "sgk_wrong", "SNAPGATE_SERVER": "http://127.0.0.1:1"}
    assert run_cli("get", "projects", env=wrong).returncode == UNREACHABLE
    assert run_cli("get", "projects", "--server", address, env=wrong).returncode == REFUSED
    ran = run_cli("get", "projects", "--server", address, "--api-key-file", key_file, env=wrong)
    assert ran.returncode == OK, ran.stderr


def test_the_contexts_key_is_for_its_own_server(server, tmp_path, fleet):
    config = {"XDG_CONFIG_HOME": str(fleet["config"]), "SNAPGATE_API_KEY": server.admin_key}
    assert run_cli("login", f"http://127.0.0.1:{server.port}", env=config).returncode == OK
    del config["SNAPGATE_API_KEY"]
    ran = run_cli("get", "projects", "--server", f"http://localhost:{server.port}", env=config)
    assert ran.returncode == USAGE
    assert "no API key is known for http://localhost" in ran.stderr


def test_a_context_that_others_may_read_is_not_used(server, fleet):
    config = {"XDG_CONFIG_HOME": str(fleet["config"]), "SNAPGATE_API_KEY": server.admin_key}
    address = f"http://127.0.0.1:{server.port}"
    assert run_cli("login", address, env=config).returncode == OK
    file = fleet["config"] / "snapgate" / "context.json"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    file.chmod(0o644)
    ran = run_cli("get", "projects", env=config)
    assert ran.returncode == USAGE and "chmod 600" in ran.stderr
    # A new login makes it anew.
    assert run_cli("login", address, env=config).returncode == OK
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert run_cli("get", "projects", env=config).returncode == OK


def test_a_certificate_that_is_not_trusted_is_not_reached(tmp_path):
    server = Server(tmp_path / "data", "--tls-self-signed").start()
    trusting = server.login(tls=True) | {"XDG_CONFIG_HOME": str(tmp_path)}
    environment = {name: value for name, value in trusting.items() if name != "SNAPGATE_CA"}
    ran = run_cli("get", "projects", env=environment)
    assert ran.returncode == UNREACHABLE and "--ca" in ran.stderr
    ran = run_cli("get", "projects", env=trusting)
    assert ran.returncode == OK, ran.stderr
    assert run_cli("get", "projects", "--ca", tmp_path / "none.crt", env=environment).returncode == USAGE
    # Without a scheme it is https.
    ran = run_cli("get", "projects", "--ca", tmp_path / "data" / "ca.crt",
                  env={**environment, "SNAPGATE_SERVER": f"127.0.0.1:{server.port}"})
    assert ran.returncode == OK, ran.stderr
    server.stop()


def test_a_token_that_has_expired_leads_on(start_server, tmp_path):
    server = start_server("--history", "1s")
    admin = server.client()
    admin.create_cluster("c")
    admin.load("c", snapshots(60))
    page = json.loads(server.cli("get", "snapshots", "--cluster", "c", "--limit", "20", "-o", "json").stdout)
    admin.load("c", [snapshot("zz", "new")])
    token = page["metadata"]["continue"]

    def refused():
        ran = server.cli("get", "snapshots", "--cluster", "c", "--continue", token)
        return ran if ran.returncode == REFUSED else None

    ran = wait_for(refused, "the token to expire", 20)
    assert "Expired" in ran.stderr
    on = ran.stderr.split("--continue ")[1].split()[0]
    rest = json.loads(server.cli("get", "snapshots", "--cluster", "c", "--all", "--continue", on, "-o", "json").stdout)
    assert len(rest["items"]) == 41
    # With --all it goes on by itself, and says so.
    ran = server.cli("get", "snapshots", "--cluster", "c", "--all", "--continue", token, "-o", "name")
    assert ran.returncode == OK and "expired" in ran.stderr
    assert len(ran.stdout.split()) == 41


def test_named_snapshots_are_found_on_any_page(cli, server, fleet):
    admin = server.client()
    uid = admin.create_cluster("named-" + fleet["mark"][-30:].strip("-"))["uid"]
    admin.load(uid, snapshots(120, ["a", "b"]) + [snapshot("a", "twice"), snapshot("b", "twice")])
    table = cli("get", "snapshots", "twice", "--cluster", uid).stdout.splitlines()
    assert [line.split()[:2] for line in table[1:]] == [["a", "twice"], ["b", "twice"]]
    both = json.loads(cli("get", "snapshots", "twice", "--cluster", uid, "-o", "json").stdout)
    assert len(both["items"]) == 2
    one = json.loads(cli("get", "snapshots", "twice", "--cluster", uid, "-n", "b", "-o", "json").stdout)
    assert one["metadata"]["namespace"] == "b"
    ran = cli("get", "snapshots", "twice", "nosuch", "--cluster", uid, "-o", "name", code=REFUSED)
    assert ran.stdout.split() == ["virtualmachinesnapshot.snapshot.kubevirt.io/twice"] * 2
    assert "nosuch" in ran.stderr and "twice" not in ran.stderr


@pytest.mark.parametrize("command", [
    [], ["serve"], ["login"], ["get"], ["get", "snapshots"], ["get", "clusters"], ["get", "projects"], ["get", "keys"],
    ["create"], ["create", "project"], ["create", "cluster"], ["create", "key"], ["delete"], ["delete", "project"],
    ["delete", "cluster"], ["delete", "key"], ["import"], ["version"]])
def test_every_command_explains_itself(command):
    ran = run_cli(*command, "--help")
    assert ran.returncode == OK, ran.stderr
    assert "Usage" in ran.stdout and ran.stderr == ""
    assert run_cli("help", *command).stdout == ran.stdout


@pytest.mark.parametrize("arguments, said", [
    (["get", "snapshots", "--cluster", "c", "-n", ""], "-n"),
    (["get", "snapshots", "--cluster", "c", "-n", "a", "-A"], "--all-namespaces"),
    (["get", "snapshots", "--cluster", "c", "--limit", "-1"], "--limit"),
    (["get", "snapshots", "--cluster", "c", "--limit", "many"], "--limit"),
    (["get", "snapshots", "--cluster", "c", "--limit", "0"], "--limit 0: a page has 1 to 50 objects; --all lists everything"),
    (["get", "snapshots", "--cluster", "c", "--limit", "51"], "--limit 51: a page has 1 to 50 objects"),
    (["get", "snapshots", "--cluster", "c", "--limit", "18446744073709551617"], "--limit"),
    (["get", "keys", "-o", "wide"], "-o wide: this command takes table, json, yaml, name, jsonl, jsonpath=... or custom-columns=..."),
    (["get", "projects", "-o", "wide"], "-o wide"),
    (["import", "--cluster", "c", "-o", "name", "dump.json"], "-o name: this command takes json, yaml, jsonl, jsonpath=... or custom-columns=..."),
    (["get", "snapshots", "x", "--cluster", "c", "--continue", "t"], "--continue"),
    (["create", "key", "--data-dir", "d", "--server", "http://a"], "--data-dir"),
    (["create", "key"], "NAME"),
    (["create", "project", "a", "b"], "\"b\""),
    (["get", "clusters", "--server", "ftp://a"], "ftp://a"),
    (["get", "clusters", "--server", "https://me:hunter2@a"], "password"),
    (["get", "clusters", "--api-key-file", "/no/such/file"], "/no/such/file"),
    (["version", "-o", "table"], "table"),
    (["delete", "cluster"], "NAME"),
])
def test_wrong_usage_is_2_and_named(cli, arguments, said):
    ran = cli(*arguments, code=USAGE)
    assert said in ran.stderr, ran.stderr
    assert "hunter2" not in ran.stderr


def test_a_lost_key_is_made_anew_without_a_name(start_server, data_dir):
    server = start_server()
    ran = run_cli("create", "key", "--data-dir", data_dir)
    assert ran.returncode == REFUSED, "the data directory is in use"
    server.stop()
    ran = run_cli("create", "key", "--data-dir", data_dir)
    assert ran.returncode == OK, ran.stderr
    assert "role admin" in ran.stderr
    assert run_cli("create", "key", "--data-dir", data_dir / "none").returncode == USAGE
    server.start()
    assert server.client(ran.stdout.strip()).get("/admin/v1/keys").status == 200


def test_a_key_made_offline_holds_the_project_of_the_environment(start_server, data_dir):
    server = start_server()
    project = server.client().create_project("payments")["uid"]
    server.stop()
    none = run_cli("create", "key", "--data-dir", data_dir, env={"SNAPGATE_PROJECT": "none"})
    assert none.returncode == REFUSED and "none" in none.stderr, none.stderr
    ran = run_cli("create", "key", "ci", "--data-dir", data_dir, env={"SNAPGATE_PROJECT": "payments"})
    assert ran.returncode == OK and "project payments" in ran.stderr, ran.stderr
    by_flag = run_cli("create", "key", "by-flag", "--data-dir", data_dir, "--project", "Default", "-o", "name",
                      env={"SNAPGATE_PROJECT": "payments"})
    assert by_flag.returncode == OK, by_flag.stderr
    server.start()
    keys = {key["name"]: key["projectUid"] for key in server.client().get("/admin/v1/keys").json()["items"]
            if "projectUid" in key}
    assert keys["ci"] == project
    assert keys["by-flag"] not in ("", project)
