"""Hosted clusters know when they were last imported into, by whom and how much, and are Stale when an import is late."""

import json
import signal
import time

from harness import Server, metric_of, snapshots, wait_for


def source_of(admin, uid):
    return next(item for item in admin.get("/v1/spectroclusters/-/vms/sources").json()["items"] if item["cluster"]["uid"] == uid)


def totals(admin, uid):
    return admin.get(f"/v1/spectroclusters/{uid}/vms/protection", maxAge="1000d").json()["totals"]


def test_a_cluster_remembers_its_last_import(admin, server, cli, uid):
    assert "lastImport" not in admin.cluster(uid) and admin.cluster(uid)["state"] == "Ready"
    editor = server.client(admin.create_key("nightly", "editor")["key"])
    before = time.time()
    editor.load(uid, snapshots(3))
    last = admin.cluster(uid)["lastImport"]
    assert {name: last[name] for name in ("by", "created", "replaced", "unchanged", "pruned", "refused")} == {
        "by": "nightly", "created": 3, "replaced": 0, "unchanged": 0, "pruned": 0, "refused": 0}, last
    assert time.gmtime(before - 1) <= time.strptime(admin.cluster(uid)["lastImportTime"], "%Y-%m-%dT%H:%M:%SZ") <= time.gmtime(time.time() + 1)
    # A dry run and what fails count as none.
    assert admin.import_lines(uid, snapshots(5), dryRun="true").status == 200
    assert admin.post(f"/admin/v1/clusters/{uid}/import", "{", {"Content-Type": "application/json"}).status == 400
    assert admin.cluster(uid)["lastImport"] == last
    assert admin.import_lines(uid, [*snapshots(3), {"kind": "Pod"}]).status == 200
    again = admin.cluster(uid)["lastImport"]
    assert (again["by"], again["unchanged"], again["refused"]) == ("admin", 3, 1)
    # What brings nothing that can be stored is no import.
    time.sleep(1.1)
    admin.import_lines(uid, [{"kind": "Pod"}])
    assert admin.cluster(uid)["lastImport"] == again
    # Without an expectation it is known now.
    assert source_of(admin, uid)["ageSeconds"] == 0
    assert " ago" in cli.good("get", "clusters", uid)


def test_an_import_that_is_late_shows_everywhere(admin, server, cli, uid):
    admin.load(uid, snapshots(3))
    known = totals(admin, uid)
    assert known.get("Unknown", 0) == 0 and "snapgate_hosted_overdue" not in [
        line.split("{")[0] for line in admin.metrics().splitlines() if f'cluster="{uid}"' in line]
    assert "an import is expected every 2s" in cli.good("set", "imports", "--cluster", uid, "--expected-every", "2s")
    shown = admin.cluster(uid)
    assert (shown["state"], shown["expectedEvery"]) == ("Ready", "2s"), shown
    late = wait_for(lambda: (found := admin.cluster(uid))["state"] == "Stale" and found, "the cluster to be Stale")
    assert late["reason"] == "ImportOverdue" and late["lagSeconds"] >= 2, late
    source = source_of(admin, uid)
    assert (source["state"], source["reason"], source["asOf"]) == ("Stale", "ImportOverdue", late["lastImportTime"]), source
    assert admin.get(f"/v1/spectroclusters/{uid}/vms/protection", maxAge="1s").json()["totals"]["Unknown"] > 0
    labels = {"cluster": uid}
    assert metric_of(admin.metrics(), "snapgate_hosted_overdue", **labels) == 1
    assert time.time() - metric_of(admin.metrics(), "snapgate_import_completed_timestamp_seconds", **labels) < 60
    row = cli.good("get", "clusters", uid)
    assert "Stale" in row and "ImportOverdue" in row, row
    described = [line.partition(":") for line in cli.good("describe", "cluster", uid).splitlines()]
    said = {title: text.strip() for title, _, text in described}
    assert (said["State"], said["Reason"], said["Imported"], said["Imports expected"]) == ("Stale", "ImportOverdue", "3 created", "every 2s"), said
    last = admin.cluster(uid)["lastImport"]
    assert said["Imported by"] == f"{last['by']} ({last['byId']})", said
    # Another import, and it is known again.
    admin.load(uid, snapshots(3))
    assert admin.cluster(uid)["state"] == "Ready"
    assert "no imports are expected" in cli.good("set", "imports", "--cluster", uid, "--expected-every", "none")
    assert "expectedEvery" not in admin.cluster(uid)


def test_the_first_import_has_as_much_time(admin, cli):
    cli.good("create", "cluster", "first", "--uid", "first", "--expected-every", "2s")
    assert admin.cluster("first")["state"] == "Ready"
    # Nothing was ever known of it.
    assert "asOf" not in source_of(admin, "first")
    wait_for(lambda: admin.cluster("first")["state"] == "Stale", "the cluster to be Stale")
    assert "lagSeconds" not in admin.cluster("first")


def test_what_cannot_be_expected_is_refused(admin, server, uid):
    for every in ("soon", "0", "10ms", "9999d", 7):
        reply = admin.request("PUT", f"/admin/v1/clusters/{uid}/imports", {"expectedEvery": every})
        assert reply.status == 400 and reply.json()["details"] == {"field": "expectedEvery"}, reply
    reader = server.client(admin.create_key("some-reader", "editor")["key"])
    assert reader.request("PUT", f"/admin/v1/clusters/{uid}/imports", {"expectedEvery": "1h"}).status == 403
    assert admin.request("PUT", "/admin/v1/clusters/nothing/imports", {"expectedEvery": "1h"}).status == 404


def test_the_configuration_file_says_it(tmp_path):
    config = tmp_path / "snapgate.yaml"

    def declare(**fields):
        config.write_text(json.dumps({"clusters": [{"name": "archive", "uid": "archive", "hosted": True, **fields}]}))

    declare(**{"expected-every": "36h"})
    server = Server(tmp_path / "data", "--config", config).start()
    admin = server.client()
    assert admin.cluster("archive")["expectedEvery"] == "1d12h"
    admin.load("archive", snapshots(2))
    declare(**{"expected-every": "12h"})
    server.signal(signal.SIGHUP)
    wait_for(lambda: admin.cluster("archive")["expectedEvery"] == "12h", "the new word of the file")
    # What it does not say stays; and all of it survives the end of the server.
    declare()
    server.kill()
    server.start()
    shown = server.client().cluster("archive")
    assert (shown["expectedEvery"], shown["lastImport"]["created"]) == ("12h", 2), shown
    server.stop()


def test_applying_a_file_says_it(admin, cli, tmp_path):
    (tmp_path / "clusters.yaml").write_text("clusters: [{name: applied, uid: applied, hosted: true, expected-every: 36h}]")

    def apply():
        return cli.good("apply", "-f", tmp_path / "clusters.yaml")

    assert "cluster/applied created" in apply()
    assert admin.cluster("applied")["expectedEvery"] == "1d12h"
    assert "unchanged" in apply()
    assert admin.request("PUT", "/admin/v1/clusters/applied/imports", {"expectedEvery": "2h"}).status == 200
    assert "configured" in apply()
    assert admin.cluster("applied")["expectedEvery"] == "1d12h"
