"""Questions about a fleet: who sees what of it, and what hostile clients and names come to."""

import base64
import csv
import io
import json
import struct

import pytest

from connected import UID, Pair
from harness import snapshot
from kube import new_snapshot

SECRET = "blue-secret"
FORMULA = '=HYPERLINK("http://evil","x"),\r\n+1'


def ask(client, question="snapshot", uid="-", headers=None, **query):
    return client.get(f"/v1/spectroclusters/{uid}/vms/{question}", headers=headers, **query)


def failed(namespace, name, vm, message):
    item = snapshot(namespace, name, vm, "Failed", creationTimestamp="2026-11-04T14:19:06Z")
    item["status"]["error"] = {"message": message, "time": "2026-11-04T14:20:00Z"}
    return item


@pytest.fixture(scope="module")
def fleet(server):
    """Two projects with a cluster each; the keys of the red one and of the tenant."""
    admin = server.client()
    projects = {name: admin.create_project(name)["uid"] for name in ("fleet-red", SECRET)}
    admin.create_cluster("red-1", name="red one", projectUid=projects["fleet-red"])
    admin.create_cluster("blue-1", name=SECRET, projectUid=projects[SECRET])
    admin.load("red-1", [failed("red", f"r-{i}", "web", FORMULA) for i in range(3)])
    admin.load("blue-1", [failed(SECRET, f"{SECRET}-{i}", SECRET, f"{SECRET} burnt") for i in range(5)])
    key = admin.create_key("fleet-red", projectUid=projects["fleet-red"])["key"]
    return {"admin": admin, "red": server.client(key)}


def test_a_projects_key_learns_nothing_of_another_project(fleet):
    red = fleet["red"]
    for question in ("snapshot", "summary", "protection", "sources"):
        reply = ask(red, question)
        assert reply.status == 200, reply
        assert SECRET not in reply.text() and "blue-1" not in reply.text()
        assert SECRET in ask(fleet["admin"], question).text()
    assert len(ask(red).json()["items"]) == 3
    assert ask(red, "summary").json()["total"] == 3
    assert ask(red, "protection").json()["clusters"] == {"total": 1, "stale": 0, "unknown": 0}
    assert sum(ask(red, "protection").json()["totals"].values()) == 1
    # A cluster that the key may not see is like one that nobody has.
    for uid in ("blue-1", SECRET):
        for question in ("snapshot", "summary", "protection"):
            hidden, nobody = (ask(red, question, cluster=one).json() for one in (uid, "nobody-has-it"))
            assert hidden == nobody
    for question in ("snapshot", "summary", "protection", "sources"):
        hidden, nobody = (ask(red, question, uid=one) for one in ("blue-1", "blue-2"))
        assert hidden.status == nobody.status == 404
        assert hidden.json()["message"].replace("blue-1", "blue-2") == nobody.json()["message"]


def test_a_token_says_nothing_to_its_holder(fleet):
    first = ask(fleet["red"], limit=1).json()["metadata"]
    assert first["remainingItemCount"] == 2
    token = first["continue"]
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    # Neither names nor the store's revision stand in it.
    assert b"red" not in raw
    assert struct.pack(">Q", int(first["resourceVersion"])) not in raw
    assert [item["metadata"]["name"] for item in ask(fleet["red"], **{"continue": token}).json()["items"]] == ["r-1", "r-2"]
    # Changed, it is refused.
    for at in range(0, len(token) - 1):
        changed = token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1:]
        assert ask(fleet["red"], **{"continue": changed}).status == 400, at


def test_cells_that_a_spreadsheet_would_run_are_defused(fleet):
    reply = ask(fleet["red"], format="csv")
    assert reply.header("Content-Type").startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(reply.text(), newline="")))
    assert [row["name"] for row in rows] == ["r-0", "r-1", "r-2"]
    lines = [json.loads(line) for line in ask(fleet["red"], format="ndjson").text().splitlines()]
    for row, line in zip(rows, lines, strict=True):
        assert None not in row and row["cluster"] == "red one"
        assert row["cause"] == "'" + line["cause"] and line["cause"].startswith("=HYPERLINK")
        assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") for cell in row.values() if cell)


def test_columns_are_chosen_and_ordered(fleet):
    red = fleet["red"]
    assert ask(red, format="csv", columns="name,state,cluster,created", name="r-0").text().splitlines()[0] == "name,state,cluster,created"
    whole = list(csv.DictReader(io.StringIO(ask(red, format="csv").text(), newline="")))
    few = list(csv.DictReader(io.StringIO(ask(red, format="csv", columns="cause, name").text(), newline="")))
    assert [list(row) for row in few] == [["cause", "name"]] * 3
    assert few == [{"cause": row["cause"], "name": row["name"]} for row in whole]
    # A row without any value of these is still a row.
    assert ask(red, format="ndjson", columns="restores").text() == "{}\n" * 3
    assert ask(red, format="rows", columns="vm,name", limit=1).json()["items"] == [{"vm": whole[0]["vm"], "name": "r-0"}]
    uid = whole[0]["clusterUid"]
    assert ask(red, uid=uid, format="csv", columns="name").text() == "name\r\nr-0\r\nr-1\r\nr-2\r\n"
    report = red.get("/v1/spectroclusters/-/vms/protection?format=csv&columns=verdict,vm")
    assert report.text().splitlines()[0] == "verdict,vm"


def test_columns_that_cannot_be_are_named(fleet):
    red = fleet["red"]
    for query, words in (("format=csv&columns=nane", 'there is no column "nane": the columns are cluster, clusterUid'),
                         ("format=csv&columns=name,name", "the column name is wanted twice"),
                         ("format=csv&columns=" + ",".join(["name"] * 33), "columns has more than 32 values"),
                         ("columns=name", "columns is for flat rows"), ("format=events&columns=name", "columns is for flat rows")):
        reply = red.get("/v1/spectroclusters/-/vms/snapshot?" + query)
        assert reply.status == 400 and words in reply.json()["message"], (query, reply)
    reply = red.get("/v1/spectroclusters/-/vms/protection?columns=vm")
    assert reply.status == 400 and "columns is for flat rows" in reply.json()["message"]
    reply = red.get("/v1/spectroclusters/-/vms/protection?format=csv&columns=state")
    assert reply.status == 400 and 'there is no column "state": the columns are cluster' in reply.json()["message"]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_each_beginning_of_a_formula_is_defused(server, first):
    admin = server.client()
    uid = f"formula-{ord(first)}"
    admin.create_cluster(uid)
    admin.load(uid, [failed("web", "one", "vm", f"{first}1+1")])
    row, = csv.DictReader(io.StringIO(ask(admin, uid=uid, format="csv").text(), newline=""))
    # A tab at the beginning of a cause is a blank, and goes.
    assert row["cause"].lstrip("'") == f"{first}1+1".strip() and row["cause"][0] in "'1"
    assert json.loads(ask(admin, uid=uid, format="ndjson").text())["cause"] == f"{first}1+1".strip()


def test_hostile_filters_are_refused_or_harmless(fleet):
    red = fleet["red"]
    many = ",".join(f"vm-{i}" for i in range(5000))
    for query in (f"?vmName={many}", "?name=" + "x" * 300, "?cause=%00", "?name=%zz", "?cluster=" + "c" * 300,
                  "?labelSelector=" + "(" * 3000, "?labelSelector=a%20in%20(" * 3, "?limit=1e3", "?createdAfter=99999999999d",
                  "?phase=Failed;drop", "?unknown=1", "?sort=name&sort=vm", "?continue=" + "A" * 3000):
        reply = red.get("/v1/spectroclusters/-/vms/snapshot" + query)
        assert reply.status in (400, 414, 431), (query[:60], reply)
        assert len(reply.body) < 4096
    assert ask(red).status == red.get("/v1/spectroclusters/-/vms/snapshot?name=%ff").status == 200
    for limit, count in (("0", 3), ("1", 1), ("1000", 3), ("99999999999999999999", 3)):
        assert len(ask(red, limit=limit).json()["items"]) == count


def test_sources_take_no_parameter(fleet):
    reply = fleet["red"].get("/v1/spectroclusters/-/vms/sources?limit=5")
    assert (reply.status, reply.json()["details"]) == (400, {"parameter": "limit"})
    assert "the parameters are none" in reply.json()["message"]


def test_etags_stand_only_for_what_the_clock_does_not_change(fleet):
    red = fleet["red"]
    first = ask(red)
    assert first.header("Vary") == "Accept" and first.header("ETag")
    again = ask(red, headers={"If-None-Match": first.header("ETag")})
    assert again.status == 304 and again.body == b"" and "Accept" in again.headers.get_all("Vary")
    assert ask(red, headers={"If-None-Match": first.header("ETag")}, sort="name").status == 200
    for query in ({"stuck": "true"}, {"createdAfter": "7d"}, {"finishedBefore": "1h"}):
        assert ask(red, **query).header("ETag") is None
    for question in ("summary", "protection", "sources"):
        reply = ask(red, question, headers={"If-None-Match": "*"})
        assert reply.status == 200 and reply.header("ETag") is None
    head = red.request("HEAD", "/v1/spectroclusters/-/vms/snapshot")
    assert head.status == 200 and head.body == b"" and head.header("ETag") == first.header("ETag")


def test_pages_of_rows_are_the_lines_of_json(fleet):
    admin = fleet["admin"]
    lines = [json.loads(line) for line in ask(admin, format="ndjson", sort="-name").text().splitlines()]
    assert len(lines) >= 8
    rows, token = [], None
    while True:
        reply = ask(admin, format="rows", sort="-name", limit=3, **({"continue": token} if token else {}))
        assert reply.status == 200 and reply.header("ETag") is None
        assert reply.header("Content-Type") == "application/json"
        rows += reply.json()["items"]
        token = reply.json()["metadata"].get("continue")
        if not token:
            break
    assert rows == lines
    one = ask(fleet["red"], uid="red-1", format="rows")
    assert [row["name"] for row in one.json()["items"]] == ["r-0", "r-1", "r-2"]


def test_a_class_of_causes_selects_what_the_summary_counts(fleet):
    admin = fleet["admin"]
    for cause in ask(admin, "summary").json()["causes"]:
        reply = ask(admin, format="rows", causeClass=cause["class"])
        assert len(reply.json()["items"]) == cause["count"]
        assert ask(admin, "summary", causeClass=cause["class"]).json()["total"] == cause["count"]
    assert ask(admin, format="rows", causeClass="burnt").json()["items"] == []


def test_the_report_takes_a_part_of_a_name(fleet):
    named = ask(fleet["admin"], "protection", name="BLUE").json()
    assert [row["vm"] for row in named["items"]] == [SECRET] and sum(named["totals"].values()) == 1


def test_a_uid_does_not_begin_with_a_dash(fleet):
    for uid in ("-", "-a"):
        reply = fleet["admin"].post("/admin/v1/clusters", {"name": "dash", "uid": uid})
        assert reply.status == 400 and "uid" in reply.text(), reply
    reply = fleet["admin"].delete("/v1/spectroclusters/-/vms/web/snapshot/r-0", namespace="red")
    assert reply.status == 405 and "{uid}" in reply.text(), reply


def test_what_is_known_of_a_cluster_that_is_away(data_dir):
    with Pair(data_dir.parent, between=True) as pair:
        pair.theirs.made("default", new_snapshot("one"))
        pair.follow()
        pair.wait_until_equal()
        mirror = pair.mirror.client()
        mirror.create_cluster("here")
        mirror.create_cluster("never", type="connected", kubeconfig=pair.kubeconfig(url="http://127.0.0.1:1/clusters/none"))
        pair.upstream.kill()
        pair.wait_for_state("Unreachable")
        reply = ask(mirror)
        assert reply.status == 200 and len(reply.json()["items"]) == 1
        assert reply.header("Age") is not None and reply.header("Warning").startswith("110 ")
        sources = {item["cluster"]["uid"]: item for item in ask(mirror, "sources").json()["items"]}
        assert sources[UID]["state"] == "Unreachable" and "asOf" in sources[UID]
        assert sources["here"]["state"] == "Ready" and "asOf" not in sources["never"]
        report = ask(mirror, "protection").json()
        assert report["clusters"] == {"total": 3, "stale": 1, "unknown": 1}
