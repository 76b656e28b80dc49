"""snapgate fsck: it says what is wrong with the files of a server that is down, and where."""

import random
import re
import shutil

import pytest

from harness import Server, run_cli, snapshot, wait_for
from kube import KubeClient, new_snapshot, snapshots_path
from palette import Palette

PAGE = 4096
BRANCH, LEAF = 1, 2
APPLY = "application/apply-patch+yaml"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The data directory of a server that is down, with some history."""
    folder = tmp_path_factory.mktemp("kept") / "data"
    server = Server(folder, "--access-log", "off").start()
    client = server.client()
    client.create_cluster("demo")
    for note in ("one", "two"):
        client.load("demo", [snapshot("web", f"s-{i:04}", annotations={"pad": note * 500}) for i in range(200)])
    server.stop()
    return folder


def fsck(folder):
    return run_cli("fsck", "--data-dir", folder, timeout=60)


def pages_of_the_tree(content):
    """The numbers of all pages that the newest commit's rows are on, the root first."""

    def number(at, size):
        return int.from_bytes(content[at:at + size], "little")

    meta = max((0, PAGE), key=lambda at: number(at + 144, 8))
    found = []

    def visit(page):
        found.append(page)
        at = page * PAGE
        if number(at + 10, 2) != BRANCH:
            return
        for place in range(at + 16, at + number(at + 12, 2), 2):
            entry = at + number(place, 2)
            visit(number(entry, 4) | number(entry + 4, 2) << 32)

    visit(number(meta + 128, 8))
    return found


def damage(folder, change):
    file = folder / "store" / "data.mdb"
    content = bytearray(file.read_bytes())
    change(content)
    file.write_bytes(content)
    ran = fsck(folder)
    assert ran.returncode == 1, (ran.returncode, ran.stdout, ran.stderr)
    assert file.read_bytes() == content, "fsck changes nothing"
    return ran


def test_a_store_that_is_whole(data):
    ran = fsck(data)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "is clean" in ran.stderr and ran.stdout == ""


def test_a_server_that_runs(data):
    server = Server(data).start()
    ran = fsck(data)
    assert ran.returncode == 1 and "in use by another snapgate" in ran.stderr
    server.stop()


def test_no_data_directory(tmp_path):
    ran = fsck(tmp_path)
    assert ran.returncode == 2 and "is not a data directory" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_missing(data):
    shutil.rmtree(data / "store")
    ran = fsck(data)
    assert ran.returncode == 1 and "data.mdb is not there" in ran.stdout


def test_damage_is_told_with_its_place(data):
    tree = pages_of_the_tree((data / "store" / "data.mdb").read_bytes())
    assert len(tree) > 10
    page = tree[5]

    def zero(content):
        content[page * PAGE:(page + 1) * PAGE] = bytes(PAGE)

    ran = damage(data, zero)
    assert f"data.mdb at byte {page * PAGE}: page {page} calls itself page 0" in ran.stdout
    assert "1 fault in" in ran.stderr


def test_a_damaged_value_is_told_with_its_object(data):
    """Pages in order, and one other letter in an object."""
    def change(content):
        at = content.find(b'"name":"s-0107"')
        while at >= 0:
            content[at + 12] ^= 1
            at = content.find(b'"name":"s-0107"', at)

    ran = damage(data, change)
    assert '"web/s-0107"' in ran.stdout and "checksum" in ran.stdout, ran.stdout


@pytest.mark.parametrize("seed", range(20))
def test_damaged_headers_end_fsck_with_words(data, seed):
    """Random bytes in the first 32 of a page of the tree."""
    chance = random.Random(seed)

    def spoil(content):
        at = chance.choice(pages_of_the_tree(bytes(content))) * PAGE
        content[at + 8:at + 32] = chance.randbytes(24)

    ran = damage(data, spoil)
    assert re.search(r"at byte \d+: page \d+ ", ran.stdout), ran.stdout


@pytest.mark.parametrize("keep", [1, 5000, 8192, 0.5, 0.9])
def test_a_file_that_is_cut_short(data, keep):
    def cut(content):
        del content[keep if keep >= 1 else int(len(content) * keep):]

    assert "is cut short" in damage(data, cut).stdout


LOST = ["s-0007", "s-0042", "s-0107"]


def repair(folder):
    return run_cli("fsck", "--data-dir", folder, "--repair", timeout=60)


def lose(folder, *names):
    """Damages every version of these objects."""
    def change(content):
        for name in names:
            # Not where another one names it as its owner.
            text = f'"name":"{name}","namespace":'.encode()
            at = content.find(text)
            assert at >= 0, name
            while at >= 0:
                content[at + 12] ^= 1
                at = content.find(text, at)

    return damage(folder, change)


def listed(client):
    return {name for _, name in client.names("demo")}


@pytest.fixture
def repaired(data):
    """A running server whose store was repaired after three objects were damaged."""
    lose(data, *LOST)
    ran = repair(data)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for name in LOST:
        assert re.search(rf"^removed from cluster demo \(demo\): web/{name}$", ran.stdout, re.MULTILINE), ran.stdout
    assert "3 objects removed from 1 repaired cluster" in ran.stderr
    assert fsck(data).returncode == 0
    server = Server(data).start()
    yield server
    server.stop()
    assert fsck(data).returncode == 0


def kube(server):
    return KubeClient(server, "demo")


def palette(server, method, name, body=None):
    return Palette(server.client(), "demo", "web").call(method, "vm-1", name, body)


def registered(server):
    """What the registry says of the damaged objects of the cluster."""
    cluster = server.client().get("/admin/v1/clusters/demo").json()
    return cluster.get("damaged"), cluster.get("damagedExample")


def test_a_repaired_store_lists_again_and_keeps_the_bytes(repaired, data):
    assert listed(repaired.client()) == {f"s-{i:04}" for i in range(200)} - set(LOST)
    kept_bytes = [file for file in data.iterdir() if file.name.startswith("damaged-")]
    assert len(kept_bytes) == 1 and kept_bytes[0].stat().st_mode & 0o777 == 0o600
    rows = [line.split(" ", 2) for line in kept_bytes[0].read_text().splitlines() if not line.startswith("#")]
    assert len(rows) == 2 * len(LOST), "two versions of each"
    for key, value, what in rows:
        name = re.search(r'of the object "web/(s-\d+)"', what).group(1)
        assert name in LOST and name.encode() in bytes.fromhex(key)
        assert b"VirtualMachineSnapshot" in bytes.fromhex(value)


def test_a_removed_object_is_an_error_until_it_is_written(repaired):
    client = repaired.client()
    for name in LOST:
        assert kube(repaired).read("web", name).status == 500
        assert palette(repaired, "GET", name).status == 500
    said = [f"web/{name} was damaged in the store" for name in LOST]
    wait_for(lambda: all(text in str(repaired.log()) for text in said), "the log to say why", 10)
    assert kube(repaired).read("web", "s-0008").status == 200 and kube(repaired).read("web", "none").status == 404
    assert registered(repaired) == (3, f"web/{LOST[0]}")
    client.load("demo", [snapshot("web", LOST[0])])
    assert kube(repaired).read("web", LOST[0]).status == 200
    assert kube(repaired).read("web", LOST[1]).status == 500
    assert listed(client) == {f"s-{i:04}" for i in range(200)} - set(LOST[1:])
    assert registered(repaired) == (2, f"web/{LOST[1]}")


def test_the_clusters_that_lack_damaged_objects_are_named(repaired):
    repaired.client().create_cluster("whole")
    said = [line for line in repaired.cli("get", "clusters").stderr.splitlines() if "damaged" in line]
    assert len(said) == 1 and "Cluster demo " in said[0] and f"3 in number, such as web/{LOST[0]}" in said[0], said
    for name in LOST:
        assert kube(repaired).remove("web", name).status == 200
    assert "damaged" not in repaired.cli("get", "clusters", "-o", "wide").stderr


def test_a_namespace_that_goes_takes_its_damaged_objects_along(repaired):
    namespace = "/clusters/demo/api/v1/namespaces/web"
    bearer = {"Authorization": "Bearer " + repaired.admin_key}
    assert repaired.client().delete(namespace, headers=bearer).status == 200
    wait_for(lambda: repaired.client().get(namespace, headers=bearer).status == 404, "the namespace to go", 30)
    assert kube(repaired).read("web", LOST[0]).status == 404
    assert registered(repaired) == (None, None)


def test_a_removed_object_may_be_created_replaced_and_deleted(repaired):
    other = kube(repaired).read("web", "s-0008").json()
    other["metadata"]["name"] = LOST[0]
    assert kube(repaired).patch("web", LOST[0], {"metadata": {"labels": {"a": "b"}}}).status == 500
    assert kube(repaired).replace("web", LOST[0], other, dryRun="All").status == 200
    assert kube(repaired).replace("web", LOST[0], other).status == 200
    assert kube(repaired).read("web", LOST[0]).json()["spec"] == other["spec"]
    assert kube(repaired).create("web", new_snapshot(LOST[1])).status == 201
    assert kube(repaired).remove("web", LOST[2], {"preconditions": {"uid": "x"}}).status == 409
    assert kube(repaired).remove("web", LOST[2], dryRun="All").status == 200
    assert kube(repaired).read("web", LOST[2]).status == 500
    removed = kube(repaired).remove("web", LOST[2])
    assert removed.status == 200 and removed.json()["status"] == "Success", removed
    assert kube(repaired).read("web", LOST[2]).status == 404
    assert kube(repaired).remove("web", LOST[2]).status == 404
    assert registered(repaired) == (None, None)


def test_a_removed_object_may_be_applied(repaired):
    """As one that does not exist yet: nobody knows who owned which of its fields."""
    def apply(status=False, **query):
        return kube(repaired).patch("web", LOST[0], new_snapshot(LOST[0], labels={"a": "1"}), APPLY, status, fieldManager="m", **query)

    assert apply(dryRun="All").status == 201
    assert kube(repaired).read("web", LOST[0]).status == 500
    # Through its status nothing is created.
    assert apply(status=True).status == 500
    assert kube(repaired).read("web", LOST[0]).status == 500
    assert apply().status == 201
    found = kube(repaired).read("web", LOST[0]).json()
    assert found["metadata"]["labels"] == {"a": "1"}
    assert [(entry["manager"], entry["operation"]) for entry in found["metadata"]["managedFields"]] == [("m", "Apply")]
    again = apply()
    assert again.status == 200 and again.json() == found
    assert registered(repaired) == (2, f"web/{LOST[1]}")


def collected(server):
    """The collector has been through what was there before this call: a snapshot without its owner is gone."""
    owner = kube(server).made("web", new_snapshot("probe"))
    kube(server).made("web", new_snapshot("proof", ownerReferences=[owned_by(owner)]))
    assert kube(server).remove("web", "probe").status == 200
    wait_for(lambda: kube(server).read("web", "proof").status == 404, "the proof to go", 30)


def owned_by(owner):
    return {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot", "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"]}


def test_dependents_of_a_removed_owner_stay(data):
    """Nobody knows any more whether it was the owner that they name. Once that is back, they follow it."""
    server = Server(data).start()
    owner = kube(server).read("web", LOST[0]).json()
    kube(server).made("web", new_snapshot("child", ownerReferences=[owned_by(owner)]))
    server.stop()
    lose(data, LOST[0])
    assert repair(data).returncode == 0
    server = Server(data).start()
    collected(server)
    assert kube(server).read("web", LOST[0]).status == 500 and kube(server).read("web", "child").status == 200
    assert kube(server).remove("web", LOST[0]).status == 200
    collected(server)
    assert kube(server).read("web", "child").status == 200
    server.client().load("demo", [owner])
    assert kube(server).read("web", LOST[0]).json()["metadata"]["uid"] == owner["metadata"]["uid"]
    assert kube(server).remove("web", LOST[0]).status == 200
    wait_for(lambda: kube(server).read("web", "child").status == 404, "the dependent to go", 30)
    server.stop()
    assert fsck(data).returncode == 0


def test_a_removed_object_may_be_replaced_and_deleted_in_palettes_api(repaired):
    other = palette(repaired, "GET", "s-0008").json()
    other["metadata"]["name"] = LOST[0]
    assert palette(repaired, "PUT", LOST[0], other).status == 200
    assert palette(repaired, "GET", LOST[0]).status == 200
    assert palette(repaired, "DELETE", LOST[1]).status == 204
    assert palette(repaired, "GET", LOST[1]).status == 404
    assert registered(repaired) == (1, f"web/{LOST[2]}")


def test_a_prune_keeps_what_is_damaged(repaired):
    pruned = repaired.client().load("demo", [snapshot("web", "s-0008")], prune="true", complete="true")
    assert pruned["pruned"] == 200 - len(LOST) - 1
    assert all(kube(repaired).read("web", name).status == 500 for name in LOST)
    assert registered(repaired)[0] == 3


def test_no_client_goes_on_past_the_gap(data):
    server = Server(data).start()
    page = server.client().list("demo", limit=50).json()
    version = kube(server).list(limit=50).json()["metadata"]["resourceVersion"]
    server.stop()
    lose(data, LOST[0])
    assert repair(data).returncode == 0
    server = Server(data).start()
    assert server.client().list("demo", limit=50, **{"continue": page["metadata"]["continue"]}).status == 410
    watched = kube(server).get(snapshots_path("web"), watch="1", resourceVersion=version).json()
    assert watched["type"] == "ERROR" and watched["object"]["code"] == 410
    server.stop()


def test_a_backup_works_again_and_keeps_the_state(repaired, data, tmp_path):
    saved = tmp_path / "saved"
    ran = repaired.cli("backup", "--to", saved)
    assert ran.returncode == 0, ran.stderr
    elsewhere = tmp_path / "elsewhere"
    ran = run_cli("restore", saved, "--data-dir", elsewhere)
    assert ran.returncode == 0, ran.stderr
    assert fsck(elsewhere).returncode == 0
    server = Server(elsewhere).start()
    client = KubeClient(server, "demo", repaired.admin_key)
    for name, status in ((LOST[0], 500), ("s-0008", 200), ("none", 404)):
        assert client.read("web", name).status == status
    server.stop()


def test_a_whole_store_needs_no_repair(data):
    before = (data / "store" / "data.mdb").read_bytes()
    ran = repair(data)
    assert ran.returncode == 0 and "is clean" in ran.stderr and ran.stdout == "", ran.stdout + ran.stderr
    assert (data / "store" / "data.mdb").read_bytes() == before


def test_damaged_pages_are_not_repaired(data):
    tree = pages_of_the_tree((data / "store" / "data.mdb").read_bytes())

    def zero(content):
        content[tree[5] * PAGE:(tree[5] + 1) * PAGE] = bytes(PAGE)

    damage(data, zero)
    before = (data / "store" / "data.mdb").read_bytes()
    ran = repair(data)
    assert ran.returncode == 1 and "cannot be repaired, and nothing was changed" in ran.stderr, ran.stderr
    assert (data / "store" / "data.mdb").read_bytes() == before
