"""A fleet of which a part is away: each answer says which part is old, and nothing counts that is older than asked."""

import csv
import io
import time
from datetime import datetime, timedelta, timezone

import pytest

from connected import connect, kubeconfig, wait_for_state
from harness import Server, snapshot, wait_for
from kube import KubeClient

COUNT = 30
AWAY = 3
NEVER = "never"
MAX_AGE = 4  # seconds
FORMULA = "=cmd|' /C calc'!A0"


def good(namespace, name, vm):
    """A good snapshot that stays young for as long as a test takes."""
    item = snapshot(namespace, name, vm)
    item["status"]["creationTime"] = (datetime.now(timezone.utc) + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return item


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A server that follows COUNT clusters, of which the server of AWAY has died, one that was never reached, and one
    that is hosted. The uids say which is which."""
    folder = tmp_path_factory.mktemp("away")
    servers = {name: Server(folder / name, "--tls-self-signed").start() for name in ("staying", "leaving")}
    follower = Server(folder / "follower").start()
    admin = follower.client()
    uids = {"staying": [f"here-{i:02}" for i in range(COUNT - AWAY)], "leaving": [f"away-{i}" for i in range(AWAY)]}
    for name, server in servers.items():
        for uid in uids[name]:
            server.client().create_cluster(uid)
            server.client().load(uid, [good("web", "one", f"vm-of-{uid}")])
            connect(follower, uid, server, uid)
    admin.create_cluster("hosted")
    admin.load("hosted", [good("web", "one", "vm-of-hosted")])
    admin.create_cluster(NEVER, type="connected", kubeconfig=kubeconfig(servers["staying"], NEVER, url="http://127.0.0.1:1/clusters/none"))
    for uid in uids["staying"] + uids["leaving"]:
        wait_for_state(follower, uid, "Ready")
    servers["leaving"].kill()
    for uid in uids["leaving"]:
        wait_for_state(follower, uid, "Unreachable")
    wait_for_state(follower, NEVER, "Unreachable")
    time.sleep(MAX_AGE + 1)  # what is known of them gets older than asked
    yield {"admin": admin, "follower": follower, **uids}
    follower.stop()
    servers["staying"].stop()


def ask(fleet, question="snapshot", headers=None, **query):
    return fleet["admin"].get(f"/v1/spectroclusters/-/vms/{question}", headers=headers, **query)


@pytest.mark.parametrize("question", ["snapshot", "summary", "protection"])
def test_each_answer_says_that_a_part_of_it_is_old(fleet, question):
    reply = ask(fleet, question)
    assert reply.status == 200, reply
    assert int(reply.header("Age")) >= MAX_AGE and reply.header("Warning").startswith("110 ")
    if question != "snapshot":
        assert reply.json()["clusters"] == {"total": COUNT + 2, "stale": AWAY, "unknown": 1}


def test_the_list_has_what_was_last_known(fleet):
    items = ask(fleet, limit=1000).json()["items"]
    assert [item["metadata"]["clusterName"] for item in items] == sorted([*fleet["staying"], *fleet["leaving"], "hosted"])


def test_the_sources_say_which_part_is_old(fleet):
    sources = {item["cluster"]["uid"]: item for item in ask(fleet, "sources").json()["items"]}
    assert len(sources) == COUNT + 2
    for uid in fleet["leaving"]:
        assert sources[uid]["state"] == "Unreachable" and sources[uid]["ageSeconds"] >= MAX_AGE
    for uid in fleet["staying"]:
        assert sources[uid]["state"] == "Ready" and sources[uid]["ageSeconds"] <= 60
    assert "asOf" not in sources[NEVER]


def test_no_vm_is_protected_by_what_is_older_than_asked(fleet):
    def verdicts(max_age):
        rows = ask(fleet, "protection", maxAge=max_age, limit=1000).json()["items"]
        return {row["cluster"]["uid"]: row["verdict"] for row in rows}

    asked = verdicts(f"{MAX_AGE}s")
    assert {asked[uid] for uid in fleet["leaving"]} == {"Unknown"}
    assert asked["hosted"] == "Protected"
    # A cluster that is followed is known at its last sign of life; that may be some seconds ago as well.
    relaxed = verdicts("1h")
    assert {relaxed[uid] for uid in (*fleet["staying"], *fleet["leaving"], "hosted")} == {"Protected"}
    totals = ask(fleet, "protection", maxAge=f"{MAX_AGE}s").json()["totals"]
    assert totals["Unknown"] >= AWAY and sum(totals.values()) == COUNT + 1


@pytest.mark.parametrize("question", ["snapshot", "summary", "protection"])
@pytest.mark.parametrize("wish", [f"max-age={MAX_AGE}", "no-cache"])
def test_who_wants_it_younger_gets_none_of_it(fleet, question, wish):
    reply = ask(fleet, question, headers={"Cache-Control": wish})
    assert reply.status == 504, reply
    assert 'cluster "away-' in reply.json()["message"]
    assert ask(fleet, question, headers={"Cache-Control": "max-age=3600"}).status == 200


def test_clusters_that_answer_can_be_had_as_young_as_asked(fleet):
    """One that is away does not count for who asks about others."""
    reply = ask(fleet, headers={"Cache-Control": "no-cache"}, cluster=",".join(fleet["staying"]), limit=1000)
    assert reply.status == 200, reply
    assert len(reply.json()["items"]) == COUNT - AWAY
    assert reply.header("Warning") is None


def test_a_mirrored_formula_is_defused(fleet):
    """What a spreadsheet would run comes by a mirror as well."""
    kube = KubeClient(fleet["follower"], fleet["staying"][1])
    broken = {"status": {"phase": "Failed", "readyToUse": False, "error": {"message": FORMULA}}}
    assert kube.patch("web", "one", broken, status=True).status == 200

    def cell():
        text = ask(fleet, format="csv", cluster=fleet["staying"][1]).text()
        return next(csv.DictReader(io.StringIO(text, newline="")))["cause"]

    wait_for(lambda: cell() == "'" + FORMULA, lambda: f"the cause, and not {cell()!r}")


def test_one_that_is_away_holds_up_no_other(fleet):
    """It was written before the question, and the answer has it."""
    upstream = fleet["staying"][0]
    kube = KubeClient(fleet["follower"], upstream)
    assert kube.patch("web", "one", {"metadata": {"labels": {"seen": "now"}}}).status == 200
    wait_for(lambda: len(ask(fleet, labelSelector="seen=now").json()["items"]) == 1, "the change to be listed")
