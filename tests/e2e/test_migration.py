"""A data directory that snapgate 0.2.0 wrote: it is served as it was, and its old store stays."""

import csv
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from harness import name_of, run_cli, snapshots, vm_path, wait_for
from planted import as_dumped, content, restore, vm

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
    clusters = client.get("/admin/v1/clusters").json()
    # What 0.2.0 did not count.
    sizes = [len(client.get(vm_path(uid, item["spec"]["source"]["name"], item["metadata"]["name"]),
                            namespace=item["metadata"]["namespace"]).body) for item in old["list"]["items"]]
    assert clusters["items"][0].pop("bytes") == sum(sizes)
    assert clusters == old["clusters"]
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


def test_a_directory_with_snapshots_alone_takes_in_all_kinds(start_server, data_dir, old):
    """Its clusters know nothing of VMs, restores and contents; after the upgrade these are imported, reported and served."""
    server = start_server()
    client, uid, items = server.client(), old["cluster"], old["list"]["items"]
    first = items[0]
    namespace, name = name_of(first)
    of = first["spec"]["source"]["name"]

    def report():
        reply = client.get("/v1/spectroclusters/-/vms/protection", format="ndjson", ignored="true", gone="true")
        assert reply.status == 200, reply
        return {(row["namespace"], row["vm"]): row for row in map(json.loads, reply.text().splitlines())}

    before = report()
    assert before and {row["knownFrom"] for row in before.values()} == {"snapshots"}
    restores = f"/clusters/{uid}/apis/snapshot.kubevirt.io/v1beta1/virtualmachinerestores"
    assert client.get(restores, kubernetes(client)).json()["items"] == []
    content_name = first["status"].get("virtualMachineSnapshotContentName", "")
    new = [vm(of, namespace), vm("never", namespace), restore("back", namespace, name, of), content(content_name or "c-1", namespace, name)]
    client.load(uid, [as_dumped(item, number) for number, item in enumerate(new, 1)])

    def is_taken_in():
        rows = report()
        assert (rows[namespace, of]["knownFrom"], rows[namespace, "never"]["verdict"]) == ("vm", "Never")
        # Where VMs are known, one that is not among them is gone.
        assert all(row.get("gone") for key, row in rows.items() if key not in {(namespace, of), (namespace, "never")})
        assert rows.keys() == before.keys() | {(namespace, "never")}
        [served] = client.get(restores, kubernetes(client)).json()["items"]
        assert served["metadata"]["name"] == "back"
        row = next(row for row in facts(client) if (row["namespace"], row["name"]) == (namespace, name))
        assert (row["restores"], row["sizeBytes"]) == ("1", str(10 << 30) if content_name else "")
        listed = [item for page in client.pages(uid) for item in page["items"]]
        assert listed == items

    is_taken_in()
    server.stop()
    server.start()
    client = client.__class__(server.port, server.admin_key)
    is_taken_in()
    server.stop()
    checked = run_cli("fsck", "--data-dir", data_dir, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr
