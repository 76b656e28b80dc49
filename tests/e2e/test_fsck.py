"""snapgate fsck: it says what is wrong with the files of a server that is down, and where."""

import random
import re
import shutil

import pytest

from harness import Server, run_cli, snapshot, wait_for

PAGE = 4096
BRANCH, LEAF = 1, 2


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


@pytest.fixture
def data(kept, data_dir):
    shutil.copytree(kept, data_dir)
    return data_dir


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


KUBE = "/clusters/demo/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots"
LOST = ["s-0007", "s-0042", "s-0107"]


def repair(folder):
    return run_cli("fsck", "--data-dir", folder, "--repair", timeout=60)


def lose(folder, *names):
    """Damages every version of these objects."""
    def change(content):
        for name in names:
            text = f'"name":"{name}"'.encode()
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


def bearer(server):
    return {"Authorization": "Bearer " + server.admin_key}


def kube_get(server, name):
    return server.client().get(f"{KUBE}/{name}", headers=bearer(server))


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
        assert kube_get(repaired, name).status == 500
    said = [f"web/{name} was damaged in the store" for name in LOST]
    wait_for(lambda: all(text in str(repaired.log()) for text in said), "the log to say why", 10)
    assert kube_get(repaired, "s-0008").status == 200 and kube_get(repaired, "none").status == 404
    client.load("demo", [snapshot("web", LOST[0])])
    assert kube_get(repaired, LOST[0]).status == 200
    assert kube_get(repaired, LOST[1]).status == 500
    assert listed(client) == {f"s-{i:04}" for i in range(200)} - set(LOST[1:])


def test_a_backup_works_again_and_keeps_the_state(repaired, data, tmp_path):
    saved = tmp_path / "saved"
    ran = repaired.cli("backup", "--to", saved)
    assert ran.returncode == 0, ran.stderr
    elsewhere = tmp_path / "elsewhere"
    ran = run_cli("restore", saved, "--data-dir", elsewhere)
    assert ran.returncode == 0, ran.stderr
    assert fsck(elsewhere).returncode == 0
    server = Server(elsewhere).start()
    client = server.client(repaired.admin_key)
    for name, status in ((LOST[0], 500), ("s-0008", 200), ("none", 404)):
        assert client.get(f"{KUBE}/{name}", headers=bearer(repaired)).status == status
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
