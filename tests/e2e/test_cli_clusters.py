"""Clusters as a kubectl user looks at them: described, selected by state, and watched."""

import json

import pytest

from cli import USAGE
from harness import BINARY, Following, clean_environment, metric_of, run_cli, snapshot, wait_for
from kube import kubeconfig_of


@pytest.fixture
def away(cli, uid, tmp_path):
    """The name of a connected cluster that is not there."""
    file = tmp_path / "away.kubeconfig"
    file.write_text(kubeconfig_of("https://127.0.0.1:1", {"token": "t"}))
    name = f"away-{uid}"
    cli("create", "cluster", name, "--kubeconfig", file)
    wait_for(lambda: json.loads(cli("get", "clusters", name, "-o", "json").stdout)["state"] == "Unreachable", "it is out of reach")
    return name


def names(ran):
    return [line.split()[0] for line in ran.stdout.splitlines()[1:]]


def test_clusters_are_selected_by_state(cli, uid, away):
    assert away in names(cli("get", "clusters", "--state", "unreachable,Failing"))
    ready = names(cli("get", "clusters", "--state", "Ready"))
    assert uid in ready and away not in ready
    listed = json.loads(cli("get", "clusters", "--state", "Unreachable", "-o", "json").stdout)["items"]
    assert away in {item["name"] for item in listed} and {item["state"] for item in listed} == {"Unreachable"}
    assert "No clusters found." in cli("get", "clusters", "--state", "Forbidden").stderr
    assert json.loads(cli("get", "clusters", "--state", "Forbidden", "-o", "json").stdout) == {"items": []}


def test_a_state_that_is_none_is_told():
    ran = run_cli("get", "clusters", "--state", "Broken", env={"SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_x"})
    assert ran.returncode == USAGE
    assert "--state Broken: there are Pending, Syncing, Ready" in ran.stderr


def test_a_cluster_is_described(cli, uid, away):
    lines = dict(line.split(":", 1) for line in cli("describe", "cluster", away).stdout.splitlines() if ":" in line and line[0] != " ")
    told = {name: value.strip() for name, value in lines.items()}
    assert told["Name"] == away and told["Type"] == "connected" and told["State"] == "Unreachable"
    assert told["Reason"] == "ConnectionRefused" and told["Server"] == "https://127.0.0.1:1" and told["Project"] == "Default"
    assert " ago (" in told["Since"] and told["Snapshots"] == "0"
    both = cli("describe", "clusters", uid, away).stdout
    assert both.count("Name:") == 2 and "hosted" in both
    assert "virtualmachinerestores" in both


def test_a_watch_prints_what_changes(server, cli, admin, uid, away):
    watched = [BINARY, "get", "clusters", uid, away, "new-" + uid, "--watch"]
    with Following(watched, clean_environment(server.login())) as following:
        following.until_line(lambda line: away in line and "Unreachable" in line, "the cluster that is away")
        admin.create_cluster("new-" + uid)
        following.until_line(lambda line: "new-" + uid in line and "Ready" in line, "the new cluster")
        admin.delete("/admin/v1/clusters/new-" + uid)
        following.until_line(lambda line: "new-" + uid in line and "Deleted" in line, "its deletion")
        # What has not changed is not printed again.
        assert sum(line.split()[:1] == [uid] for line in following.lines) == 1
        following.interrupt()


def test_the_last_import_of_a_hosted_cluster_is_told(server, cli, admin, uid, tmp_path):
    def told():
        cluster = admin.get(f"/admin/v1/clusters/{uid}").json()
        row = next(line for line in cli("get", "clusters", uid, "--no-headers").stdout.splitlines())
        metric = metric_of(admin.get("/metrics").text(), "snapgate_import_completed_timestamp_seconds", cluster=uid)
        return cluster.get("lastImportTime"), " ago" in row, metric

    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": [snapshot("web", "one")]}))
    assert told() == (None, False, None)
    cli("import", "--cluster", uid, dump, "--prune", "--dry-run")
    assert told() == (None, False, None)
    cli("import", "--cluster", uid, dump)
    first, shown, metric = told()
    assert first is not None and shown and metric > 0
    # Also one that finds nothing to change.
    assert "1 unchanged" in wait_for(
        lambda: (ran := cli("import", "--cluster", uid, dump).stdout) and told()[0] > first and ran, "a later import to be told")
    assert "Last import" in cli("describe", "cluster", uid).stdout
