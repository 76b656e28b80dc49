"""`get vms` and `report`: a fleet's questions on the command line."""

import csv
import io
import json
import re
from datetime import datetime, timedelta, timezone

import pytest

from cli import UNPROTECTED, USAGE
from harness import ROOT

NOW = datetime.now(timezone.utc)


def snapshot(name, vm, hours_ago, **status):
    made = (NOW - timedelta(hours=hours_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    if status["phase"] == "Succeeded":
        status |= {"readyToUse": True, "creationTime": made}
    return {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot",
            "metadata": {"name": name, "namespace": "shop", "creationTimestamp": made},
            "spec": {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": vm}},
            "status": status}


@pytest.fixture(scope="module")
def fleet(server):
    admin = server.client()
    admin.create_cluster("east")
    admin.create_cluster("west")
    admin.load("east", [snapshot("a-1", "a", 2, phase="Succeeded"), snapshot("b-1", "b", 50, phase="Succeeded")])
    admin.load("west", [snapshot("c-1", "c", 3, phase="Failed", error={"message": "the pool of c is full"})])
    return server


def verdicts(text):
    return {row["vm"]: row["verdict"] for row in csv.DictReader(io.StringIO(text))}


def test_vms_of_all_clusters_and_of_one(fleet, cli):
    everywhere = cli("get", "vms", "--all-clusters", "-o", "csv").stdout
    assert verdicts(everywhere) == {"a": "Protected", "b": "Late", "c": "Failing"}
    assert verdicts(cli("get", "vms", "--cluster", "east", "-o", "csv").stdout) == {"a": "Protected", "b": "Late"}
    assert verdicts(cli("get", "vms", "--all-clusters", "--max-age", "60h", "-o", "csv").stdout)["b"] == "Protected"


@pytest.mark.parametrize("question", [("get", "vms"), ("get", "snapshots")])
def test_csv_is_printed_without_its_titles(fleet, cli, question):
    titled = cli(*question, "--all-clusters", "-o", "csv").stdout
    bare = cli(*question, "--all-clusters", "-o", "csv", "--no-headers").stdout
    # A second later an age is another.
    assert bare and re.sub(r"[0-9]+", "0", bare) == re.sub(r"[0-9]+", "0", titled.split("\n", 1)[1])
    lines = cli(*question, "--all-clusters", "-o", "jsonl", "--no-headers").stdout.splitlines()
    assert len(lines) == len(bare.splitlines())


def test_a_table_and_json_say_the_same(fleet, cli):
    table = cli("get", "vms", "--all-clusters", "--unprotected", "--sort-by", "vm").stdout.splitlines()
    assert table[0].split()[:4] == ["CLUSTER", "NAMESPACE", "VM", "VERDICT"]
    assert [line.split()[2:4] for line in table[1:]] == [["b", "Late"], ["c", "Failing"]]
    assert table[2].endswith("the pool of c is full")
    items = json.loads(cli("get", "vms", "--all-clusters", "--unprotected", "-o", "json").stdout)["items"]
    assert [item["vm"] for item in items] == ["b", "c"]
    lines = cli("get", "vms", "--all-clusters", "--verdict", "Failing", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line)["causeClass"] for line in lines] == ["the pool of * is full"]


def test_a_report_of_protection_tells_cron(fleet, cli):
    report = cli("report", "protection", "--all-clusters", code=UNPROTECTED).stdout
    for line in ("Protected 1", "Late 1", "Failing 1", "Never 0", "Unknown 0", "1 the pool of * is full"):
        assert line in [" ".join(found.split()) for found in report.splitlines()]
    cli("report", "protection", "--cluster", "east", "--max-age", "60h")


def test_a_report_of_failures_names_causes(fleet, cli):
    report = cli("report", "failures", "--all-clusters").stdout
    assert "1 snapshot failed of those made in the last 7d." in report
    assert "the pool of * is full" in report
    assert "0 snapshots failed" in cli("report", "failures", "--cluster", "east").stdout


def test_a_wrong_question_is_told(fleet, cli):
    assert "--cluster or --all-clusters is required" in cli("get", "vms", code=USAGE).stderr
    cli("get", "vms", "--cluster", "east", "--all-clusters", code=USAGE)
    assert 'verdict "x"' in cli("get", "vms", "--all-clusters", "--verdict", "x", code=USAGE).stderr
    assert "-o name" in cli("get", "vms", "--all-clusters", "-o", "name", code=USAGE).stderr


def test_snapshots_of_all_clusters_by_facts(fleet, cli):
    lines = cli("get", "snapshots", "--all-clusters", "--sort-by", "-created").stdout.splitlines()
    assert lines[0].split() == ["CLUSTER", "NAMESPACE", "NAME", "VM", "STATE", "GOOD", "AGE", "CAUSE"]
    assert [line.split()[:3] for line in lines[1:]] == [["east", "shop", "a-1"], ["west", "shop", "c-1"],
                                                        ["east", "shop", "b-1"]]
    failed = ("--phase", "Failed", "-o", "name")
    assert cli("get", "snapshots", "--all-clusters", *failed).stdout == "west/shop/c-1\n"
    # Of one cluster they are kubectl's, with filters and without.
    names = "virtualmachinesnapshot.snapshot.kubevirt.io/c-1\n"
    assert cli("get", "snapshots", "--cluster", "west", *failed).stdout == names
    assert cli("get", "snapshots", "--cluster", "west", "-o", "name").stdout == names
    rows = list(csv.DictReader(io.StringIO(cli("get", "snapshots", "--cluster", "east", "-o", "csv").stdout)))
    assert [row["name"] for row in rows] == ["a-1", "b-1"]
    listed = json.loads(cli("get", "snapshots", "--all-clusters", "--good", "true", "-o", "json").stdout)
    assert [item["metadata"]["clusterName"] for item in listed["items"]] == ["east", "east"]
    assert 'phase "x"' in cli("get", "snapshots", "--all-clusters", "--phase", "x", code=USAGE).stderr
    cli("get", "snapshots", "--all-clusters", "--watch", code=USAGE)


@pytest.mark.parametrize("flags, expected", [
    (["--phase", "Failed"], ["c-1"]),
    (["--phase", "Failed,Succeeded", "--sort-by", "-name"], ["c-1", "b-1", "a-1"]),
    (["--ready", "true"], ["a-1", "b-1"]),
    (["--good", "false"], ["c-1"]),
    (["--stuck", "true"], []),
    (["--consistency", "application"], []),
    (["--consistency", "application,offline"], ["a-1", "b-1"]),
    (["--name", "B-"], ["b-1"]),
    (["--cause", "pool"], ["c-1"]),
    (["--created-after", "24h", "--vm", "a,b"], ["a-1"]),
    (["--created-before", "24h"], ["b-1"]),
    (["--finished-before", "24h"], ["b-1"]),
    (["--finished-after", "24h"], ["a-1"]),
    (["-n", "none"], []),
    (["-l", "app=shop"], []),
])
def test_a_flag_selects_the_same_snapshots_in_every_form(fleet, cli, flags, expected):
    question = ("get", "snapshots", "--all-clusters", *flags)
    rows = csv.DictReader(io.StringIO(cli(*question, "-o", "csv").stdout))
    assert [row["name"] for row in rows] == expected
    assert [json.loads(line)["name"] for line in cli(*question, "-o", "jsonl").stdout.splitlines()] == expected
    listed = json.loads(cli(*question, "-o", "json").stdout)
    assert [item["metadata"]["name"] for item in listed["items"]] == expected
    assert [line.split("/")[-1] for line in cli(*question, "-o", "name").stdout.splitlines()] == expected
    table = cli(*question).stdout.splitlines()[1:]
    assert [line.split()[2] for line in table] == expected


def facts_cases():
    """The cases of the facts' tests: each object, and its state and cause."""
    for case in (ROOT / "src/json/testdata/facts.txt").read_text().split("\n\n"):
        lines = [line for line in case.splitlines() if not line.startswith("#")]
        if lines:
            yield json.loads(lines[0]), (lines[2].split(",")[0], lines[4] if len(lines) > 4 else "")


def cells(table, *titles):
    """Cells of a table's rows, which begin where their titles do."""
    head, *rows = table.splitlines()
    begins = {found.group(): found.start() for found in re.finditer(r"\S+", head)}
    ends = dict(zip(begins, [*list(begins.values())[1:], None], strict=True))
    return [tuple(row[begins[title]:ends[title]].strip() for title in titles) for row in rows]


def test_a_list_of_one_cluster_and_of_all_say_the_same_of_a_snapshot(server, cli):
    admin = server.client()
    admin.create_cluster("facts", name="facts")
    expected = {}
    items = []
    for at, (item, said) in enumerate(facts_cases()):
        item |= {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot"}
        item["metadata"]["namespace"] = f"case-{at}"
        source = item.setdefault("spec", {}).setdefault("source", {"kind": "VirtualMachine", "name": "vm"})
        source["apiGroup"] = "kubevirt.io"
        items.append(item)
        expected[item["metadata"]["namespace"]] = said
    assert len(expected) > 20
    admin.load("facts", items)
    one = cells(cli("get", "snapshots", "--cluster", "facts", "--all").stdout, "NAMESPACE", "PHASE", "CAUSE")
    everywhere = cells(cli("get", "snapshots", "--all-clusters").stdout, "CLUSTER", "NAMESPACE", "STATE", "CAUSE")
    assert {ns: (state, cause) for ns, state, cause in one} == expected
    assert {ns: (state, cause) for cluster, ns, state, cause in everywhere if cluster == "facts"} == expected
