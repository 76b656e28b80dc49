"""snapgate fsck: it says what is wrong with the files of a server that is down, and where."""

import random
import re
import shutil

import pytest

from harness import Server, run_cli, snapshot

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
