"""Completion for bash and zsh and the manual pages, made from the one description of the commands."""

import re
import shlex
import subprocess

import pytest
import yaml

from harness import BINARY, ROOT, clean_environment, run_cli, snapshot


def completed(*words, env=None):
    """(what else may stand there, the words)."""
    ran = run_cli("__complete", *words, env=env)
    assert ran.returncode == 0 and ran.stderr == "", ran.stderr
    kind, *lines = ran.stdout.splitlines()
    return kind, [line.split("\t")[0] for line in lines]


@pytest.mark.parametrize("words, wanted", [
    (["ge"], ["get"]),
    (["get", ""], ["snapshots", "vms", "clusters", "projects", "keys", "replicas"]),
    (["get", "c"], ["clusters"]),
    (["completion", ""], ["bash", "zsh"]),
    (["get", "snapshots", "--clu"], ["--cluster"]),
    (["get", "vmsnapshots", "--all"], ["--all-clusters", "--all-namespaces", "--all"]),
    (["get", "clusters", "-o", ""], ["table", "wide", "json", "yaml", "name", "jsonl", "jsonpath=", "custom-columns="]),
    (["get", "clusters", "--output=ya"], ["--output=yaml"]),
    (["get", "clusters", "-o", "js"], ["json", "jsonl", "jsonpath="]),
    (["create", "key", "k", "--role", "e"], ["editor"]),
    (["get", "snapshots", "--phase", "Failed,S"], ["Failed,Succeeded"]),
    (["get", "clusters", "--state", "Un"], ["Unreachable", "Unauthorized"]),
    (["get", "vms", "--verdict", "L"], ["Late"]),
    (["whoami", "--serv"], ["--server"]),
    (["--serv"], ["--server"]),
    (["--context", "c", "--con"], ["--context"]),
    (["--context", "c", "get", "c"], ["clusters"]),
    (["--context=c", "--project", "p", "get", "c"], ["clusters"]),
    (["get", "--con"], []),
    (["serve", "--log-level", ""], ["debug", "info", "warning", "error"]),
    (["serve", "--console", ""], ["on", "off"]),
    (["serve", "--access-log=o"], ["--access-log=on", "--access-log=off"]),
    (["set", "quota", "p", "--clusters", ""], ["none"]),
    (["nothing", ""], []),
    (["get", "nothing", ""], []),
    (["get", "snapshots", "--all", "x"], []),
])
def test_words_come_from_the_table_of_commands(words, wanted):
    kind, found = completed(*words)
    assert kind == "words" and found == wanted


def test_every_state_of_a_cluster_can_be_selected():
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    assert completed("get", "clusters", "--state", "")[1] == document["components"]["schemas"]["ClusterState"]["enum"]


def test_files_and_folders_are_the_shells():
    assert completed("import", "--cluster", "c", "") == ("files", [])
    assert completed("get", "clusters", "--ca", "x")[0] == "files"
    assert completed("serve", "--audit-log", "x")[0] == "files"
    assert completed("man", "")[0] == "folders"
    assert completed("set", "kubeconfig", "--cluster", "c", "f")[0] == "files"


@pytest.fixture
def known(server, admin, uid, tmp_path):
    admin.load(uid, [snapshot("payments", "db-nightly-1"), snapshot("web", "db-nightly-2"), snapshot("web", "other")])
    config = {"XDG_CONFIG_HOME": str(tmp_path)}
    for name in "here", "there":
        ran = run_cli("login", f"http://127.0.0.1:{server.port}", "--name", name, env={**config, "SNAPGATE_API_KEY": server.admin_key})
        assert ran.returncode == 0, ran.stderr
    return config


def test_names_come_from_the_server_and_the_contexts(admin, uid, known):
    project = admin.create_project(f"project-{uid}")["name"]
    assert completed("get", "clusters", uid[:-1], env=known)[1][0].startswith("cluster-")
    assert uid in completed("get", "snapshots", "--cluster", "", env=known)[1]
    assert completed("get", "snapshots", f"--cluster={uid}", env=known)[1] == [f"--cluster={uid}"]
    assert completed("get", "clusters", "--project", f"project-{uid}", env=known)[1] == [project]
    assert completed("get", "snapshots", "--cluster", uid, "-n", "", env=known)[1] == ["default", "payments", "web"]
    assert completed("get", "snapshots", "--cluster", uid, "-n", "web,p", env=known)[1] == ["web,payments"]
    assert completed("get", "snapshots", "--cluster", uid, "db", env=known)[1] == ["db-nightly-1", "db-nightly-2"]
    assert completed("describe", "snapshot", "--cluster", uid, "-n", "web", "db", env=known)[1] == ["db-nightly-2"]
    assert completed("delete", "cluster", uid, env=known)[1] == [uid]
    assert completed("config", "use-context", "", env=known)[1] == ["here", "there"]
    assert completed("whoami", "--context", "th", env=known)[1] == ["there"]
    assert completed("--context", "", env=known)[1] == ["here", "there"]
    assert completed("--context=th", env=known)[1] == ["--context=there"]
    assert completed("--project", f"project-{uid}", env=known)[1] == [project]
    assert completed("create", "key", "k", "--clusters", uid[:-1], env=known)[1][0].startswith("cluster-")
    assert completed("create", "key", "k", "--clusters", f"x,{uid}", env=known)[1] == [f"x,{uid}"]
    assert completed("get", "snapshots", "--context", "none", "--cluster", "", env=known)[1] == []


def test_a_server_that_is_not_there_completes_nothing(tmp_path):
    nowhere = {"SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_x", "XDG_CONFIG_HOME": str(tmp_path)}
    assert completed("get", "clusters", "", env=nowhere) == ("words", [])


BASH = """
source <({binary} completion bash)
{binary} completion bash >/dev/null || exit 1
snapgate() {{ {binary} "$@"; }}
compopt() {{ :; }}
COMP_LINE=$1 COMP_POINT=${{#1}}
_snapgate
printf '%s\\n' "${{COMPREPLY[@]}}"
complete -p snapgate >&2
"""


@pytest.mark.parametrize("line, wanted", [
    ("snapgate get cl", ["clusters"]),
    ("snapgate get clusters -o js", ["json", "jsonl", "jsonpath="]),
    ("snapgate config use-context ", ["here", "there"]),
    ("snapgate get clusters --output=ya", ["yaml"]),
    ("snapgate create key k --role ", ["reader", "editor", "admin"]),
])
def test_bash_is_given_the_words(known, line, wanted):
    ran = subprocess.run(["/bin/bash", "-c", BASH.format(binary=BINARY), "bash", line], capture_output=True, text=True, check=True,
                         env=clean_environment(known), timeout=60)
    assert ran.stdout.split() == wanted
    assert ran.stderr == "complete -F _snapgate snapgate\n"


def test_a_name_that_means_something_to_the_shell_is_quoted(admin, uid, known):
    name = f"odd-{uid} $(touch x);'"
    admin.create_cluster(f"{uid}-odd", name=name)
    ran = subprocess.run(["/bin/bash", "-c", BASH.format(binary=BINARY), "bash", f"snapgate get clusters odd-{uid}"],
                         capture_output=True, text=True, check=True, env=clean_environment(known), timeout=60)
    assert shlex.split(ran.stdout) == [name] and ran.stdout != name + "\n"


def test_no_help_shows_the_command_of_the_scripts():
    assert "__complete" not in run_cli("--help").stdout
    zsh = run_cli("completion", "zsh").stdout
    assert zsh.startswith("#compdef snapgate\n") and "compdef _snapgate snapgate" in zsh and "__complete" in zsh


def commands_of(*path):
    """The commands below one, as its help lists them."""
    helped = run_cli(*path, "--help").stdout
    section = re.search(r"^Commands:\n((?:  .*\n?)+)", helped, re.M)
    return re.findall(r"^  ([a-z-]+) ", section.group(1), re.M) if section else []


def test_every_command_has_a_manual_page_that_renders(tmp_path):
    ran = run_cli("man", tmp_path / "man1")
    assert ran.returncode == 0, ran.stderr
    paths = [()]
    for path in paths:
        paths += [(*path, name) for name in commands_of(*path)]
    pages = {page.name: page for page in (tmp_path / "man1").iterdir()}
    assert set(pages) == {"-".join(("snapgate", *path)) + ".1" for path in paths}
    assert len(pages) > 40
    for path in paths:
        page = pages["-".join(("snapgate", *path)) + ".1"]
        rendered = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", str(page)], capture_output=True, text=True, check=True,
                                  env=clean_environment({"MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}), timeout=60)
        assert rendered.stderr == "", (page, rendered.stderr)
        text = re.sub(".\x08", "", rendered.stdout)
        for flag in re.findall(r"^  (?:-\w,)?(--[a-z-]+)", run_cli(*path, "--help").stdout, re.M):
            assert flag in text or flag in ("--help", "--version"), (page, flag)


def test_a_manual_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    ran = run_cli("man", tmp_path / "file")
    assert ran.returncode == 2 and "cannot make the folder" in ran.stderr


@pytest.mark.parametrize("arguments", [["--context", "here", "whoami"], ["--context=here", "whoami"], ["--context", "here", "get", "clusters"]])
def test_flags_of_the_connection_may_stand_before_the_command(known, arguments):
    assert run_cli(*arguments, env=known).returncode == 0
    ran = run_cli("--context", "nowhere", *arguments[-1:], env=known)
    assert ran.returncode == 2
