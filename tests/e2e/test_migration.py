"""A data directory that snapgate 0.2.0 wrote: it is served as it was, and its old store stays."""

import csv
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from harness import run_cli, snapshots, wait_for

OLD = Path(__file__).parent / "testdata" / "data-0.2.0.tar.xz"


@pytest.fixture
def old(data_dir):
    """The answers that 0.2.0 gave from the directory, which is unpacked to data_dir."""
    with tarfile.open(OLD) as archive:
        archive.extractall(data_dir.parent)
    os.chmod(data_dir, 0o700)
    return json.loads((data_dir.parent / "answers.json").read_text(encoding="utf-8"))


def kubernetes(client):
    return {"Authorization": "Bearer " + client.key}


def test_what_was_stored_is_served_as_before(start_server, data_dir, old):
    before = (data_dir / "store" / "data.mdb").read_bytes()
    server = start_server()
    client = server.client()
    uid = old["cluster"]
    assert client.get(f"/v1/spectroclusters/{uid}/vms/snapshot", limit=50).json() == old["list"]
    group = f"/clusters/{uid}/apis/snapshot.kubevirt.io/v1beta1"
    assert client.get(group + "/virtualmachinesnapshots", kubernetes(client)).json() == old["kubernetes"]
    assert client.get(f"/clusters/{uid}/api/v1/namespaces", kubernetes(client)).json() == old["namespaces"]
    assert client.get("/admin/v1/clusters").json() == old["clusters"]
    assert [line["message"] for line in server.log() if "migrat" in line["message"]] == [
        "migrating the store", "migrated the store"]

    # It takes writes, and is not migrated a second time.
    client.load(uid, snapshots(10, ["new"]))
    server.stop()
    server.start()
    assert not server.log("migrating the store")
    assert client.__class__(server.port, server.admin_key).get(
        "/admin/v1/clusters").json()["items"][0]["objects"] == len(old["list"]["items"]) + 10
    assert (data_dir / "backup-format-1" / "data.mdb").read_bytes() == before, "the way back to 0.2.0"


def is_good(item):
    status = item.get("status", {})
    return (status.get("phase") == "Succeeded" and bool(status.get("readyToUse"))
            and "deletionTimestamp" not in item["metadata"])


def facts(client):
    """What the fleet's list says of each snapshot."""
    reply = client.get("/v1/spectroclusters/-/vms/snapshot", format="csv")
    assert reply.status == 200, reply
    return list(csv.DictReader(io.StringIO(reply.text())))


def test_facts_are_filled_in_once_and_change_no_answer(start_server, data_dir, old):
    server = start_server()
    client = server.client()
    first = facts(client)
    items = old["list"]["items"]
    assert items and {(row["namespace"], row["name"]): row["good"] == "true" for row in first} == {
        (item["metadata"]["namespace"], item["metadata"]["name"]): is_good(item) for item in items}
    revision = client.metric("snapgate_store_revision")

    wait_for(lambda: client.metric("snapgate_store_facts_complete") == 1, "the facts to be filled in", 30)
    assert client.metric("snapgate_store_facts_filled_total") >= len(items)
    assert client.metric("snapgate_store_revision") == revision, "no object changes"
    assert [line["left"] for line in server.log("filled in the facts of stored snapshots")] == [0]
    assert facts(client) == first

    server.stop()
    server.start()
    client = client.__class__(server.port, server.admin_key)
    wait_for(lambda: client.metric("snapgate_store_facts_complete") == 1, "the note to be read", 30)
    assert client.metric("snapgate_store_facts_filled_total") == 0
    assert facts(client) == first
    server.stop()
    checked = run_cli("fsck", "--data-dir", data_dir, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr
