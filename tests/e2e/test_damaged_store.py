"""Damaged data files: an answer is right or an error that the log explains, and no process ends by a signal."""

import random
import re
import shutil
import struct
import subprocess
import time

import pytest

from harness import LIST_ROUTE, PATIENCE, Server, metric_of, name_of, run_cli, snapshots, wait_for

OBJECTS = 600
PAGE = 4096
INDEX = b"\x0a"  # tables of the store
OBJECT = b"\x0b"
LIST = LIST_ROUTE.format(uid="demo")
GROUP = "/clusters/demo/apis/snapshot.kubevirt.io/v1beta1"
VMS = ["db-01", "web-02", "web-03"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A stopped server's data directory, and what it answers while it is whole."""
    server = Server(tmp_path_factory.mktemp("whole") / "data").start()
    server.client().create_cluster("demo")
    server.client().load("demo", snapshots(OBJECTS, ["a", "b", "c"], VMS))
    admin = server.admin_key
    right = answers(server, admin)
    assert all(status == 200 for status, _ in right.values())
    server.stop()
    return server.data_dir, admin, right


def answers(server, admin):
    """Status and content of lists by page, by VM, as Kubernetes has them, and of some objects."""
    client = server.client(admin)
    bearer = {"Authorization": "Bearer " + admin}
    out = {}

    def ask(target, **query):
        reply = client.get(target, headers=bearer if target.startswith("/clusters") else None, **query)
        out[target, tuple(sorted(query.items()))] = (reply.status, reply.body if reply.status == 200 else None)
        return reply

    token = ""
    page = 0
    while token is not None:
        reply = client.get(LIST, limit=50, **({"continue": token} if token else {}))
        out["page", page] = (reply.status, [(name_of(item), item) for item in reply.json()["items"]]
                             if reply.status == 200 else None)
        token = reply.json()["metadata"].get("continue") if reply.status == 200 else None
        page += 1
    for vm in VMS:
        ask(LIST, vmName=vm, limit="50")
    # Streamed lists of the Kubernetes side are whole or cut off.
    reply = client.get(GROUP + "/virtualmachinesnapshots", headers=bearer)
    out["kubernetes"] = (reply.status, sorted(name_of(item) for item in reply.json()["items"])
                         if reply.status == 200 else None)
    return out


def flip(content, chance):
    content[chance.randrange(2 * PAGE, len(content))] ^= 1 << chance.randrange(8)


def zero_behind_the_head(content, chance):
    at = chance.randrange(2, len(content) // PAGE) * PAGE
    content[at + 2048:at + PAGE] = bytes(PAGE - 2048)


def overwrite(content, chance):
    at = chance.randrange(2, len(content) // PAGE) * PAGE + chance.randrange(64, PAGE - 64)
    content[at:at + 32] = chance.randbytes(32)


def copy_damaged(directory, place, seed):
    """Copies a data directory and damages its data file, which is returned with the kind of damage."""
    chance = random.Random(seed)
    damage = [flip, flip, zero_behind_the_head, overwrite][seed % 4]
    return damage, copy_changed(directory, place, lambda content: damage(content, chance))


def copy_changed(directory, place, change):
    shutil.copytree(directory, place)
    file = place / "store" / "data.mdb"
    content = bytearray(file.read_bytes())
    change(content)
    file.write_bytes(content)
    return content


def leaves_of(content, prefix):
    """The leaf pages whose keys all have a prefix; some of them may be of earlier commits."""
    for page in range(2, len(content) // PAGE):
        number, flags, lower = struct.unpack_from("<Q2xHH", content, page * PAGE)
        if number != page or flags != 2:
            continue
        places = struct.unpack_from(f"<{(lower - 16) // 2}H", content, page * PAGE + 16)
        if places and all(content.startswith(prefix, page * PAGE + place + 8) for place in places):
            yield page


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_is_served_as_a_good_answer(whole, tmp_path, seed):
    damage, _ = copy_damaged(whole[0], tmp_path / "data", seed)
    check_answers(tmp_path / "data", whole, damage.__name__)


# Half of a page is lost. The rows of the index by VM have no values, and nothing counts them. It has about 30 leaves.
@pytest.mark.parametrize("half", [slice(16, PAGE // 2), slice(PAGE // 2, PAGE)], ids=["first", "second"])
@pytest.mark.parametrize("nth", range(40))
def test_no_lost_half_of_a_page_of_the_index_is_served_as_a_good_answer(whole, tmp_path, nth, half):
    def lose(content):
        pages = list(leaves_of(content, INDEX))
        at = pages[nth % len(pages)] * PAGE
        content[at + half.start:at + half.stop] = bytes(half.stop - half.start)

    copy_changed(whole[0], tmp_path / "data", lose)
    check_answers(tmp_path / "data", whole, "a lost half of a page")


def check_answers(data_dir, whole, damage):
    """A server in a damaged directory answers as the whole one did, or with errors that its log explains."""
    _, admin, right = whole
    server = Server(data_dir)
    try:
        server.start()
    except AssertionError:
        code = server.process.wait(30 * PATIENCE)
        assert code == 1, f"{damage}: ended with {code} before it listened:\n{server.tail()}"
        return
    try:
        got = answers(server, admin)
    except OSError:
        # LMDB followed a damaged page to an address that is not there: the process ends, and says why.
        assert server.process.wait(30 * PATIENCE) == 1, server.tail()
        wait_for(lambda: server.log("the data file is damaged: LMDB cannot go on with it; see snapgate fsck"),
                 "a line that says why", 10)
        return
    finally:
        if server.running():
            server.process.terminate()
            try:
                server.process.wait(30 * PATIENCE)
            except subprocess.TimeoutExpired:
                server.process.kill()
                raise
    failed = 0
    for asked, (status, answer) in got.items():
        assert status in (200, 401, 500), (asked, status)
        if status == 200:
            assert answer == right.get(asked, (0, None))[1], f"{damage}: {asked} is another answer"
        failed += status != 200
    damaged = [line for line in server.log() if line["level"] == "error"]
    assert not failed or damaged, "the log says nothing of it"
    assert server.process.returncode == 0, server.tail()


def test_damage_that_nobody_asks_for_is_found_while_the_server_runs(whole, tmp_path):
    """A page that is damaged as a whole would lead LMDB anywhere, and end the server."""
    directory, admin, _ = whole
    store = tmp_path / "data" / "store" / "data.mdb"
    leaves = []

    def damage(content):
        # A server reads all other tables soon after its start, and LMDB follows whatever their pages say.
        leaves.extend(leaves_of(content, INDEX))
        for page in leaves:
            content[page * PAGE + 10] = 0

    copy_changed(directory, tmp_path / "data", damage)
    server = Server(tmp_path / "data", "--scrub-interval", "1s").start()
    try:
        words = "the data file is damaged: see snapgate fsck"
        wait_for(lambda: server.log(words), "damage to be found", 30)
        line = server.log(words)[0]
        assert line["level"] == "error" and line["file"] == str(store)
        assert line["page"] in leaves and line["offset"] // PAGE == line["page"]
        assert server.client(admin).metric("snapgate_store_damaged_pages_total") > 0
        wait_for(lambda: server.client(admin).metric("snapgate_store_scrub_passes_total") > 0, "a pass to end", 30)
        assert server.running()
    finally:
        server.process.terminate()
        server.process.wait(30 * PATIENCE)


def test_snapshots_that_cannot_be_read_are_not_counted(whole, tmp_path):
    directory, admin, _ = whole

    def damage(content):
        for page in leaves_of(content, OBJECT):
            content[(page + 1) * PAGE - 1] ^= 1

    copy_changed(directory, tmp_path / "data", damage)
    server = Server(tmp_path / "data").start()
    assert server.client(admin).metric("snapgate_fleet_counted") == 0
    server.stop()


def test_a_whole_store_is_read_without_a_word(whole, tmp_path):
    directory, admin, _ = whole
    shutil.copytree(directory, tmp_path / "data")
    server = Server(tmp_path / "data", "--scrub-interval", "1s").start()
    server.client(admin).load("demo", snapshots(500, ["d"], VMS))
    wait_for(lambda: server.client(admin).metric("snapgate_store_scrub_passes_total") >= 2, "two passes", 30)
    metrics = server.client(admin).metrics()
    for name in ("damaged_pages_total", "damaged_reads_total", "scrub_damaged_rows"):
        assert metric_of(metrics, f"snapgate_store_{name}") == 0
    assert abs(metric_of(metrics, "snapgate_store_scrub_completed_timestamp_seconds") - time.time()) < 60
    assert metric_of(metrics, "snapgate_store_scrubbed_objects_total") >= 2 * OBJECTS
    assert not [line for line in server.log() if line["level"] == "error"]
    server.stop()


@pytest.mark.parametrize("seed", range(40))
def test_a_repair_loses_what_it_names_and_nothing_else(whole, tmp_path, seed):
    directory, admin, right = whole
    _, content = copy_damaged(directory, tmp_path / "data", seed)
    file = tmp_path / "data" / "store" / "data.mdb"
    ran = run_cli("fsck", "--data-dir", tmp_path / "data", "--repair")
    if ran.returncode == 1:
        assert "cannot be repaired, and nothing was changed" in ran.stderr, ran.stderr
        assert file.read_bytes() == content
        return
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert run_cli("fsck", "--data-dir", tmp_path / "data").returncode == 0
    removed = {tuple(found) for found in re.findall(r"^removed from cluster demo \(demo\): (.*)/(.*)$", ran.stdout, re.MULTILINE)}
    all_of_them = dict(pair for (kind, *_), (_, page) in right.items() if kind == "page" for pair in page)
    server = Server(tmp_path / "data").start()
    left = {name_of(item): item for item in server.client(admin).items("demo")}
    assert all(all_of_them[name] == item for name, item in left.items())
    assert all_of_them.keys() - left.keys() == removed & all_of_them.keys()
    for ns, name in removed:
        assert server.client(admin).get(f"{GROUP}/namespaces/{ns}/virtualmachinesnapshots/{name}",
                                        headers={"Authorization": "Bearer " + admin}).status == 500
    server.stop()
