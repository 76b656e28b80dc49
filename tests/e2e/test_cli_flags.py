"""How values of flags are written, and that an empty one, as of a variable that is not set, is none."""

import json

import pytest

from cli import REFUSED, USAGE
from harness import run_cli, snapshot


@pytest.mark.parametrize("arguments, flag", [
    (["create", "key", "k", "--expires", ""], "--expires"),
    (["create", "key", "k", "--project", ""], "--project"),
    (["create", "key", ""], "NAME"),
    (["create", "cluster", "c", "--kubeconfig", ""], "--kubeconfig"),
    (["create", "cluster", "c", "--expected-every", ""], "--expected-every"),
    (["create", "snapshot", "--cluster", "c", "--vm", ""], "--vm"),
    (["set", "imports", "--cluster", "c", "--expected-every", ""], "--expected-every"),
    (["set", "quota", "p", "--clusters", ""], "--clusters"),
    (["get", "vms", "--all-clusters", "--vm", ""], "--vm"),
    (["get", "vms", "--all-clusters", "-n", ""], "-n,--namespace"),
    (["get", "vms", "--all-clusters", "--verdict", ""], "--verdict"),
    (["get", "clusters", "--state", ""], "--state"),
    (["get", "clusters", "--context", ""], "--context"),
    (["get", "snapshots", "--cluster", "c", "--name", ""], "--name"),
    (["get", "snapshots", "--cluster", "c", "--sort-by", ""], "--sort-by"),
    (["get", "snapshots", "--cluster", "c", "--cause", " "], "--cause"),
    (["get", "snapshots", "--cluster", "c", "--vm", "a", "--vm", ","], "--vm"),
    (["backup", "--to", ""], "--to"),
    (["export", "--cluster", "c", "--to", ""], "--to"),
    # The word behind "--x=" is not its value.
    (["delete", "snapshots", "--cluster", "c", "--name=", "--dry-run"], "--name"),
    (["delete", "snapshots", "--cluster", "c", "--yes="], "--yes"),
    (["--context=", "get", "clusters"], "--context"),
    (["get", "snapshots", "--cluster", "c", "-n=", "web"], "-n,--namespace"),
])
def test_an_empty_value_is_none(arguments, flag):
    ran = run_cli(*arguments)
    assert ran.returncode == USAGE and ran.stdout == ""
    assert ran.stderr.startswith(f"error: {flag} has no value"), ran.stderr


@pytest.fixture
def web(server, uid):
    server.client().load(uid, [snapshot("web", "a"), snapshot("other", "b")])
    return uid


@pytest.mark.parametrize("form", [["-o", "json"], ["-o=json"], ["-ojson"], ["--output", "json"], ["--output=json"]])
def test_a_value_is_written_as_for_kubectl(cli, web, form):
    for more in (["-n", "web"], ["-n=web"], ["-nweb"], ["--namespace=web"]):
        listed = json.loads(cli.good("get", "snapshots", "--cluster", web, *more, *form))
        assert [item["metadata"]["name"] for item in listed["items"]] == ["a"]


def test_short_flags_stand_together_and_the_last_takes_the_value(cli, web):
    assert len(json.loads(cli.good("get", "snapshots", "--cluster", web, "-Ao=json"))["items"]) == 2


def test_a_word_that_is_a_value_stays_as_it_is(cli, web):
    # Of a flag, and behind "--": a name that no snapshot has.
    assert "No snapshots found" in cli("get", "snapshots", "--cluster", web, "--cause", "--name=").stderr
    assert "-o=json" in cli("get", "snapshots", "--cluster", web, "--", "-o=json", code=REFUSED).stderr


def test_one_that_is_named_twice_is_deleted_once(cli, server, uid):
    made = server.client().create_cluster(f"twice-{uid}", name=f"named-{uid}")
    said = cli.good("delete", "cluster", made["name"], made["uid"], made["name"])
    assert said == f"cluster/{made['name']} deleted (uid {made['uid']})\n"
