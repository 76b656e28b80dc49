"""What contents and restores say of snapshots: sizes, restores and causes, in a hosted cluster that they were imported into."""

import csv
import io
import json
import time

import pytest

import openapi
from events import Events
from harness import Server, snapshot
from planted import as_dumped, content, restore

FLEET = "/v1/spectroclusters/-/vms"
GIB = 2**30
WEB_2 = "no room for root of web (content-2), 17 left"
WEB_3 = "no room for root of web (content-3), 18 left"
CLASS = "no room for * of * (*), * left"
JOINED = {  # name: sizeBytes, restores, cause, its class
    "s-1": (10 * GIB, 2, None, None),
    "s-2": (20 * GIB, 0, WEB_2, CLASS),
    "s-3": (30 * GIB, 0, WEB_3, CLASS),
    "s-4": (40 * GIB, 1, "the pool of s-4 is full", "the pool of * is full"),
    "s-5": (None, 0, None, None),
}


def at(hours):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600 * hours))


def taken(number, phase, **status):
    item = snapshot("web", f"s-{number}", "web")
    item["metadata"]["creationTimestamp"] = at(10 - number)
    if phase == "Succeeded":
        status |= {"readyToUse": True, "creationTime": at(10 - number)}
    item["status"] = {"phase": phase, "virtualMachineSnapshotContentName": f"content-{number}", **status}
    return item


def content_of(number, size, message=None):
    error = {"error": {"message": message}} if message else {}
    return as_dumped(content(f"content-{number}", "web", f"s-{number}", size, **error), number)


SNAPSHOTS = [taken(1, "Succeeded"), taken(2, "InProgress"), taken(3, "Failed"),
             taken(4, "Failed", error={"message": "the pool of s-4 is full"}), taken(5, "Succeeded")]
KINDS = [content_of(1, "10Gi", "of a snapshot that is good"), content_of(2, "20Gi", WEB_2), content_of(3, "30Gi", WEB_3),
         content_of(4, "40Gi", "another error"),
         # Of an earlier snapshot of this name.
         as_dumped(content("content-5", "web", "s-5-before", "50Gi"), 5),
         as_dumped(restore("r-1", "web", "s-1", "web"), 6), as_dumped(restore("r-2", "web", "s-1", "other"), 7),
         as_dumped(restore("r-3", "web", "s-4", "web"), 8), as_dumped(restore("r-4", "elsewhere", "s-2", "web"), 9)]


PAGES = ["/v1/spectroclusters/known/vms/snapshot", "/v1/spectroclusters/known/vms/snapshot?limit=2"]


def items_of(client, path):
    """The bytes of the items: the import of the rest makes a namespace, and that is another version of the list."""
    items, end, _ = client.get(path).text().partition('],"kind"')
    assert end
    return items


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("fleet-joins") / "data").start()
    client = server.client()
    hidden = client.create_project("hidden")["uid"]
    client.create_cluster("known", projectUid=hidden)
    client.create_cluster("plain")
    client.load("known", SNAPSHOTS)
    client.load("plain", [taken(3, "Failed")])
    server.items_before = [items_of(client, path) for path in PAGES]
    client.load("known", KINDS)
    yield server
    server.stop()


def rows(server, uid="known", key=None, **query):
    reply = server.client(key).get(f"/v1/spectroclusters/{uid}/vms/snapshot", format="ndjson", **query)
    assert reply.status == 200, reply.text()
    lines = [json.loads(line) for line in reply.text().splitlines()]
    schema = openapi.OPERATIONS["listSnapshots"].content(200)["application/x-ndjson"]
    for line in lines:
        assert openapi.problems(schema, line) == []
    return lines


def joined(row):
    return tuple(row.get(name) for name in ("sizeBytes", "restores", "cause", "causeClass"))


def test_lines_of_json_and_csv_have_them(fleet):
    for query in ({}, {"sort": "-name"}, {"namespace": "web"}, {"vmName": "web"}):
        assert {row["name"]: joined(row) for row in rows(fleet, **query)} == JOINED, query
    everywhere = rows(fleet, "-")
    assert {row["name"]: joined(row) for row in everywhere if row["cluster"] == "known"} == JOINED
    [plain] = [row for row in everywhere if row["cluster"] == "plain"]
    assert "sizeBytes" not in plain and "restores" not in plain
    assert plain["cause"] == "it failed, and its cluster does not say why"
    text = fleet.client().get(f"{FLEET}/snapshot", headers={"Accept": "text/csv"}).text()
    table = list(csv.DictReader(io.StringIO(text)))
    assert list(table[0])[-4:] == ["cause", "causeClass", "sizeBytes", "restores"]
    assert {row["name"]: (row["sizeBytes"], row["restores"], row["cause"]) for row in table if row["cluster"] == "known"} == {
        name: ("" if size is None else str(size), str(restores), cause or "") for name, (size, restores, cause, _) in JOINED.items()}


def test_pages_of_objects_stay_as_they_were(fleet):
    client = fleet.client()
    assert [items_of(client, path) for path in PAGES] == fleet.items_before


def test_a_filter_sees_the_causes(fleet):
    for query in ({"cause": "NO ROOM"}, {"cause": "no room", "sort": "-created"}, {"cause": "of web", "good": "false"}):
        assert {row["name"] for row in rows(fleet, **query)} == {"s-2", "s-3"}, query
        items = fleet.client().get(f"{FLEET}/snapshot", **query).json()["items"]
        assert {item["metadata"]["name"] for item in items} == {"s-2", "s-3"}, query
    assert rows(fleet, cause="another error") == rows(fleet, cause="snapshot that is good") == []
    assert [row["cluster"] for row in rows(fleet, "-", cause="does not say why")] == ["plain"]
    names, token = [], None
    while token != "":
        page = fleet.client().get(f"{FLEET}/snapshot", cause="room", limit=1, **({"continue": token} if token else {})).json()
        names += [item["metadata"]["name"] for item in page["items"]]
        token = page["metadata"].get("continue", "")
    assert names == ["s-2", "s-3"]


def test_the_summary_counts_them(fleet):
    summary = fleet.client().get(f"{FLEET}/summary").json()
    assert openapi.problems(openapi.OPERATIONS["summarizeSnapshots"].content(200)["application/json"], summary) == []
    assert (summary["sizeBytes"], summary["restored"]) == (100 * GIB, 2)
    counts = {cluster["name"]: cluster for cluster in summary["byCluster"]}
    assert (counts["known"]["sizeBytes"], counts["known"]["restored"]) == (100 * GIB, 2)
    assert "sizeBytes" not in counts["plain"] and "restored" not in counts["plain"]
    assert {project["name"]: project.get("sizeBytes") for project in summary["byProject"]}["hidden"] == 100 * GIB
    causes = {cause["class"]: (cause["count"], cause["example"]) for cause in summary["causes"]}
    assert causes == {CLASS: (2, WEB_2), "the pool of * is full": (1, "the pool of s-4 is full"),
                      "it failed, and its cluster does not say why": (1, "it failed, and its cluster does not say why")}
    failed = fleet.client().get(f"{FLEET}/summary", cause="room").json()
    assert (failed["total"], failed["sizeBytes"], failed["restored"]) == (2, 50 * GIB, 0)


def test_a_report_sees_the_causes(fleet):
    client = fleet.client()
    client.create_cluster("report")
    client.load("report", [taken(3, "Failed"), KINDS[2]])
    [row] = client.get("/v1/spectroclusters/report/vms/protection", cause="no room").json()["items"]
    assert (row["lastAttempt"]["cause"], row["lastAttempt"]["causeClass"]) == (WEB_3, CLASS)
    assert client.get("/v1/spectroclusters/report/vms/protection", cause="does not say").json()["items"] == []
    client.delete("/admin/v1/clusters/report?force=true")


def test_a_stream_of_events_looks_at_snapshots_alone(fleet):
    for part, names in (("is full", ["known/s-4"]), ("no room", [])):
        assert [name for _, name in Events(fleet.client(), "known", cause=part).until_synced().brief()] == names


def test_who_may_not_see_a_cluster_learns_nothing(fleet):
    client = fleet.client()
    home = client.cluster("plain")["projectUid"]
    key = client.create_key("elsewhere", projectUid=home)["key"]
    assert {row["cluster"] for row in rows(fleet, "-", key)} == {"plain"}
    assert rows(fleet, "-", key, cause="no room") == []
    summary = fleet.client(key).get(f"{FLEET}/summary")
    assert "sizeBytes" not in summary.json() and "restored" not in summary.json()
    assert [cluster["name"] for cluster in summary.json()["byCluster"]] == ["plain"] and "room" not in summary.text()
    assert fleet.client(key).get("/v1/spectroclusters/known/vms/snapshot", format="csv").status == 404


def test_the_command_line_shows_them(fleet):
    ran = fleet.cli("get", "snapshots", "--all-clusters", "-o", "wide", env={"COLUMNS": "400"})
    assert ran.returncode == 0, ran.stderr
    head, *lines = ran.stdout.splitlines()
    places = {title: head.index(title) for title in ("SIZE", "RESTORES", "PROJECT")}
    cells = {line.split()[2]: (line[places["SIZE"]:places["RESTORES"]].strip(), line[places["RESTORES"]:places["PROJECT"]].strip())
             for line in lines if line.startswith("known")}
    assert cells == {"s-1": ("10 GiB", "2"), "s-2": ("20 GiB", "0"), "s-3": ("30 GiB", "0"), "s-4": ("40 GiB", "1"),
                     "s-5": ("", "0")}
    ran = fleet.cli("get", "snapshots", "--cluster", "known", "--cause", "room", "-o", "jsonl")
    assert [json.loads(line)["sizeBytes"] for line in ran.stdout.splitlines()] == [20 * GIB, 30 * GIB]
    shown = fleet.cli("describe", "snapshot", "s-3", "--cluster", "known", "-n", "web").stdout
    described = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in shown.splitlines())}
    assert (described["Size"], described["Restores"], described["Cause"]) == ("30 GiB", "0", WEB_3)
    plain = fleet.cli("describe", "snapshot", "s-3", "--cluster", "plain", "-n", "web").stdout
    assert "Size:" not in plain and "Restores:" not in plain and "does not say why" in plain


def test_changes_and_a_restart(fleet):
    client = fleet.client()
    before = rows(fleet)
    client.load("known", [content_of(2, "21Gi"), as_dumped(restore("r-5", "web", "s-2", "web"), 10)])
    changed = {row["name"]: joined(row) for row in rows(fleet)}
    assert changed == {**JOINED, "s-2": (21 * GIB, 1, None, None)}
    fleet.stop()
    fleet.start()
    assert {row["name"]: joined(row) for row in rows(fleet)} == changed
    assert fleet.client().get(f"{FLEET}/summary").json()["restored"] == 3
    assert [row["name"] for row in before] == sorted(JOINED)
