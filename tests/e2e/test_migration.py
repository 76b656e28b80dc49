"""A data directory that snapgate 0.2.0 wrote: it is served as it was, and its old store stays."""

import json
import os
import tarfile
from pathlib import Path

import pytest

from harness import snapshots

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
