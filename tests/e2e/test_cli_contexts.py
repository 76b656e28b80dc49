"""Several servers, each with a context of its own: login, config, logout, and who it is that asks."""

import json
import os
import stat

import pytest
import yaml

from cli import OK, REFUSED, USAGE
from harness import run_cli


@pytest.fixture
def two(server, admin, uid, tmp_path):
    """A configuration folder with two contexts at one server: `tenant`, and `part`, with a reader's key of a project."""
    project = admin.create_project(f"project-of-{uid}")
    made = admin.create_key(f"reads-{uid}", projectUid=project["uid"])
    config = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    address = f"http://127.0.0.1:{server.port}"
    for name, key in ("tenant", server.admin_key), ("part", made["key"]):
        ran = run_cli("login", address, "--name", name, env={**config, "SNAPGATE_API_KEY": key})
        assert ran.returncode == OK, ran.stderr
        assert f"The context {name} is in use" in ran.stdout and key not in ran.stdout
    return {"config": config, "project": project, "key": made, "address": address, "file": tmp_path / "config" / "snapgate" / "context.json"}


def said(two, *arguments, code=OK, env=None):
    ran = run_cli(*arguments, env={**two["config"], **(env or {})})
    assert ran.returncode == code, (arguments, ran.returncode, ran.stdout, ran.stderr)
    assert two["key"]["key"] not in ran.stdout + ran.stderr
    return ran.stdout if code == OK else ran.stderr


def test_the_context_in_use_is_chosen_by_flag_then_environment_then_use_context(two):
    def role(*arguments, env=None):
        return json.loads(said(two, "whoami", "-o", "json", *arguments, env=env))["role"]

    assert role() == "reader"
    assert role("--context", "tenant") == "admin"
    assert role(env={"SNAPGATE_CONTEXT": "tenant"}) == "admin"
    assert role("--context", "part", env={"SNAPGATE_CONTEXT": "tenant"}) == "reader"
    # A flag that names a context overrides what the environment says of a server.
    elsewhere = {"SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_wrong"}
    assert role("--context", "tenant", env=elsewhere) == "admin"
    assert said(two, "config", "use-context", "tenant") == "The context tenant is in use.\n"
    assert role() == "admin"
    assert said(two, "config", "current-context") == "tenant\n"
    assert said(two, "config", "current-context", env={"SNAPGATE_CONTEXT": "part"}) == "part\n"


def test_contexts_are_listed_without_their_keys(two):
    lines = [line.split() for line in said(two, "config", "get-contexts").splitlines()]
    assert lines == [["CURRENT", "NAME", "SERVER", "PROJECT"], ["*", "part", two["address"], "<all>"], ["tenant", two["address"], "<all>"]]
    assert said(two, "config", "get-contexts", "-o", "name").split() == ["part", "tenant"]
    listed = json.loads(said(two, "config", "get-contexts", "-o", "json"))["items"]
    assert listed == [{"name": "part", "server": two["address"], "current": True}, {"name": "tenant", "server": two["address"], "current": False}]
    assert yaml.safe_load(said(two, "config", "get-contexts", "tenant", "-o", "yaml"))["items"] == listed[1:]
    assert "did you mean tenant?" in said(two, "config", "get-contexts", "tennant", code=USAGE)


def test_whoami_says_which_key_is_used_and_what_it_may_do(two):
    lines = dict(line.split(":", 1) for line in said(two, "whoami").splitlines())
    lines = {name: value.strip() for name, value in lines.items()}
    assert lines.pop("Created").endswith(" ago")
    assert lines == {"Server": two["address"], "Context": "part", "Key": f"{two['key']['name']} ({two['key']['id']})",
                     "Role": "reader", "Project": two["project"]["name"], "Expires": "<never>"}
    assert said(two, "whoami", "-o", "name") == two["key"]["name"] + "\n"
    told = json.loads(said(two, "whoami", "-o", "json"))
    assert (told["id"], told["role"], told["projectUid"], told["context"]) == (two["key"]["id"], "reader", two["project"]["uid"], "part")
    assert "unknown, revoked or" in said(two, "whoami", code=REFUSED, env={"SNAPGATE_API_KEY": "sgk_wrong"})


def test_logout_removes_a_context_and_says_how_to_go_on(two):
    assert said(two, "logout") == "Logged out of part.\n"
    assert two["key"]["key"] not in two["file"].read_text()
    assert "no context is in use" in said(two, "whoami", code=USAGE)
    assert "say which with --context" in said(two, "logout", code=USAGE)
    assert said(two, "version").startswith("client: ")
    assert said(two, "logout", "--context", "tenant") == "Logged out of tenant.\n"
    assert "there is nothing to log out of" in said(two, "logout", code=USAGE)
    assert "run 'snapgate login SERVER' once" in said(two, "whoami", code=USAGE)
    assert json.loads(two["file"].read_text())["contexts"] == {}


def test_all_contexts_are_removed_at_once(two):
    assert said(two, "logout", "--all") == "Logged out of part.\nLogged out of tenant.\n"
    assert "No contexts found" in run_cli("config", "get-contexts", env=two["config"]).stderr


def test_a_login_without_a_name_is_named_by_its_server(server, two):
    environment = {"SNAPGATE_API_KEY": server.admin_key}
    for _ in range(2):
        said(two, "login", two["address"], env=environment)
    assert said(two, "config", "get-contexts", "-o", "name").split() == [f"127.0.0.1:{server.port}", "part", "tenant"]
    assert said(two, "config", "current-context") == f"127.0.0.1:{server.port}\n"
    assert "cannot name a context" in said(two, "login", two["address"], "--name", "a b", code=USAGE, env=environment)


def test_the_context_of_an_earlier_version_is_still_used(server, two):
    two["file"].write_text(json.dumps({"server": two["address"], "key": server.admin_key}))
    assert json.loads(said(two, "whoami", "-o", "json"))["context"] == f"127.0.0.1:{server.port}"


def test_a_login_that_fails_changes_nothing(server, two):
    before = two["file"].read_bytes()
    said(two, "login", two["address"], "--name", "bad", code=REFUSED, env={"SNAPGATE_API_KEY": "sgk_wrong"})
    assert two["file"].read_bytes() == before
    assert stat.S_IMODE(os.stat(two["file"]).st_mode) == 0o600


def test_a_file_that_holds_no_contexts_is_not_overwritten(server, two):
    two["file"].write_text("{\"contexts\": 7}")
    ran = said(two, "login", two["address"], code=USAGE, env={"SNAPGATE_API_KEY": server.admin_key})
    assert "holds no contexts" in ran and "remove it" in ran
    assert two["file"].read_text() == "{\"contexts\": 7}"


def test_the_context_of_a_kubeconfig_has_a_flag_of_its_own(two, tmp_path):
    file = tmp_path / "k"
    file.write_text(yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"token": "t"}}], "contexts": [{"name": "edge", "context": {"cluster": "c", "user": "u"}}]}))
    ran = said(two, "create", "cluster", "edge", "--kubeconfig", str(file), "--kubeconfig-context", "edge", "--context", "edge", code=USAGE)
    assert "there is no context \"edge\"" in ran and "--kubeconfig-context chooses the context of a kubeconfig" in ran
    ran = said(two, "create", "cluster", "edge", "--kubeconfig-context", "edge", code=USAGE)
    assert "--kubeconfig-context goes with --kubeconfig" in ran
    ran = said(two, "create", "cluster", "edge", "--kubeconfig", str(file), "--kubeconfig-context", "egde", code=REFUSED)
    assert "egde" in ran
    assert "role" in said(two, "create", "cluster", "edge", "--kubeconfig", str(file), "--kubeconfig-context", "edge", code=REFUSED)
