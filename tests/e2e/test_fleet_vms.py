"""VMs, restores and contents in the protection report: of a hosted cluster that they were imported into."""

import csv
import io
import json
import time

import pytest

from harness import Server, snapshot
from planted import as_dumped, content, restore, vm


def at(hours):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600 * hours))


def taken(name, of, hours, **status):
    item = snapshot("web", name, of)
    item["metadata"]["creationTimestamp"] = at(hours)
    item["status"] = {"phase": "Succeeded", "readyToUse": True, "creationTime": at(hours), **status}
    return item


def known(item, number, annotations=None, labels=None):
    item = as_dumped(item, number)
    item["metadata"]["annotations"] = annotations or {}
    item["metadata"]["labels"] = labels or {}
    return item


VMS = [known(vm("db", "web"), 1, labels={"tier": "gold"}), known(vm("idle", "web", printableStatus="Stopped"), 2),
       known(vm("scratch", "web"), 3, annotations={"snapgate.io/protection": "ignore"}), known(vm("new", "web"), 4)]
ITEMS = [*VMS,
         taken("db-1", "db", 1, sourceUID=VMS[0]["metadata"]["uid"], virtualMachineSnapshotContentName="content-db-1"),
         taken("new-1", "new", 1, sourceUID="of-the-vm-before"),
         taken("gone-1", "gone", 1),
         as_dumped(content("content-db-1", "web", "db-1", "30Gi"), 5),
         as_dumped(restore("back", "web", "db-1", "db", restoreTime=at(2)), 6)]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("fleet-vms") / "data").start()
    client = server.client()
    for uid, items in (("with-vms", ITEMS), ("without", [taken("old-1", "old", 2)])):
        client.create_cluster(uid)
        reply = client.import_lines(uid, items)
        assert reply.status == 200 and not reply.json()["refused"], reply.text()
    yield server
    server.stop()


def report(server, **query):
    reply = server.client().get("/v1/spectroclusters/-/vms/protection", **query)
    assert reply.status == 200, reply.text()
    answer = reply.json()
    return {row["vm"]: row for row in answer["items"]}, answer["totals"]


def test_each_vm_has_a_row(fleet):
    rows, totals = report(fleet)
    assert {name: (row["verdict"], row["knownFrom"], row["snapshots"]) for name, row in rows.items()} == {
        "db": ("Protected", "vm", 1), "idle": ("Never", "vm", 0), "new": ("Never", "vm", 0), "old": ("Protected", "snapshots", 1)}
    assert totals == {"Protected": 2, "Late": 0, "Failing": 0, "Never": 2, "Unknown": 0}
    assert rows["idle"]["status"] == "Stopped" and "lastAttempt" not in rows["idle"]
    assert rows["db"]["sizeBytes"] == 30 * 2**30
    assert rows["db"]["lastRestore"]["name"] == "back" and rows["db"]["lastRestore"]["snapshot"] == "db-1"


def test_what_is_left_out_is_there_for_who_asks(fleet):
    rows, _ = report(fleet, gone="true", ignored="true")
    assert rows["gone"]["gone"] is True and rows["gone"]["verdict"] == "Protected"
    assert rows["scratch"]["ignored"] is True and rows["scratch"]["verdict"] == "Never"
    assert set(report(fleet, labelSelector="tier=gold")[0]) == {"db"}
    assert set(report(fleet, labelSelector="!tier")[0]) == {"idle", "new", "old"}
    assert set(report(fleet, vmName="idle")[0]) == {"idle"}


def test_pages_and_streams_have_the_same(fleet):
    paged, token = [], None
    while True:
        answer = fleet.client().get("/v1/spectroclusters/-/vms/protection", limit=1, sort="-snapshots",
                                    **({"continue": token} if token else {})).json()
        paged += answer["items"]
        token = answer["metadata"].get("continue")
        if not token:
            break
    assert {row["vm"] for row in paged} == {"db", "idle", "new", "old"}
    lines = fleet.client().get("/v1/spectroclusters/-/vms/protection", format="ndjson", sort="-snapshots").text()
    assert [json.loads(line)["vm"] for line in lines.splitlines()] == [row["vm"] for row in paged]
    table = fleet.client().get("/v1/spectroclusters/-/vms/protection", format="csv", gone="true").text()
    rows = {row["vm"]: row for row in csv.DictReader(io.StringIO(table))}
    assert rows["db"]["sizeBytes"] == str(30 * 2**30) and rows["db"]["lastRestore"] == "back"
    assert rows["gone"]["gone"] == "true" and rows["gone"]["knownFrom"] == "snapshots"
    assert rows["idle"]["status"] == "Stopped" and rows["idle"]["lastAttemptState"] == ""


def test_a_restart_changes_nothing(fleet):
    before = report(fleet, gone="true")
    fleet.stop()
    fleet.start()
    after = report(fleet, gone="true")
    for rows, _ in (before, after):
        for row in rows.values():
            row.get("lastGood", {}).pop("ageSeconds", None)
            row.pop("asOf")
    assert before == after


def test_the_command_line_shows_them(fleet):
    ran = fleet.cli("get", "vms", "--all-clusters", "-o", "wide", "--gone", "--ignored", env={"COLUMNS": "400"})
    assert ran.returncode == 0, ran.stderr
    lines = {line.split()[2]: line for line in ran.stdout.splitlines()[1:]}
    assert "30 GiB" in lines["db"] and "back" in lines["db"] and "Running" in lines["db"]
    assert "<gone>" in lines["gone"] and "<ignored>" in lines["scratch"] and "Never" in lines["idle"]
    ran = fleet.cli("get", "vms", "--all-clusters", "--unprotected", "-l", "tier!=gold")
    assert {line.split()[2] for line in ran.stdout.splitlines()[1:]} == {"idle", "new"}
    assert fleet.cli("report", "protection", "--all-clusters").returncode == 4
