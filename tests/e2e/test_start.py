"""A start with a data directory that is not as it was left: refused in words, and nothing in it is overwritten."""

import os
import random
import resource
import shutil
import subprocess
import time

import pytest

from harness import BINARY, PATIENCE, Server, clean_environment, run_cli, snapshot

KEYS = ("admin.key", "token.key")
CERTIFICATES = ("ca.crt", "ca.key", "tls.crt", "tls.key")
SNAPSHOTS = 300


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A data directory with everything that a server leaves, stopped."""
    folder = tmp_path_factory.mktemp("kept") / "data"
    server = Server(folder, "--tls-self-signed", "--access-log", "off").start()
    client = server.client()
    client.create_cluster("demo")
    client.load("demo", [snapshot("web", f"s-{i:04}", annotations={"pad": "x" * 1500}) for i in range(SNAPSHOTS)])
    server.stop()
    return folder


def contents(folder):
    """Every file but the locks, which hold nothing."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in ("lock", "lock.mdb")}


def refused(data, *words, command=("serve", "--listen", "127.0.0.1:0")):
    """Ends with 1 and with a message that has these words, and changes nothing."""
    before = contents(data)
    ran = run_cli(*command, "--data-dir", data, timeout=20)
    assert ran.returncode == 1, (ran.returncode, ran.stderr)
    for word in words:
        assert word in ran.stderr, ran.stderr
    assert contents(data) == before
    return ran.stderr


def refused_by_all(data, *words):
    refused(data, *words)
    refused(data, *words, command=("create", "key", "back"))


def starts(data, *arguments, snapshots=SNAPSHOTS):
    server = Server(data, *arguments).start()
    if snapshots is not None:
        assert len(server.client().names("demo")) == snapshots
    server.stop()
    return server


@pytest.mark.parametrize("size", [1, 100, 4095, 4096, 8191, 8192, 12288, 100_000, 0.25, 0.5, 0.75])
def test_a_data_file_that_is_cut_short(data, size):
    file = data / "store" / "data.mdb"
    whole = file.read_bytes()
    os.truncate(file, size if isinstance(size, int) else int(len(whole) * size))
    refused_by_all(data, str(file), "is cut short", "restore the store from a backup")
    file.write_bytes(whole)
    starts(data)


def empty(data):
    os.truncate(data / "store" / "data.mdb", 0)
    return "is empty"


def no_data_file(data):
    (data / "store" / "data.mdb").unlink()
    return "is not there"


def no_store(data):
    shutil.rmtree(data / "store")
    return "is not there"


def empty_folder(data):
    shutil.rmtree(data / "store")
    (data / "store").mkdir()
    return "is not there"


@pytest.mark.parametrize("lose", [empty, no_data_file, no_store, empty_folder])
@pytest.mark.parametrize("left", [(name,) for name in KEYS + CERTIFICATES] + [KEYS, KEYS + CERTIFICATES],
                         ids=lambda names: "+".join(names))
def test_a_store_that_is_gone_is_not_made_anew_beside_what_it_left(data, lose, left):
    words = lose(data)
    for name in set(KEYS + CERTIFICATES) - set(left):
        (data / name).unlink()
    refused_by_all(data, "store/data.mdb", words, *left, "restore a backup")
    # What the message says helps: elsewhere they hold no new start up.
    for name in left:
        (data / name).rename(data.parent / f"{name}.old")
    server = Server(data).start()
    assert server.client().get("/admin/v1/clusters").json()["items"] == []
    server.stop()


def test_a_store_without_a_row_is_not_taken_for_a_new_one(data, data_dir):
    """What LMDB makes of an empty folder."""
    (data / "store" / "data.mdb").unlink()
    fresh = data_dir.with_name("fresh")
    # A start that was killed before its first row, as far as the file shows: two pages and no tree.
    Server(fresh).start().stop()
    pages = bytearray((fresh / "store" / "data.mdb").read_bytes()[:8192])
    for page in (0, 4096):
        pages[page + 40 + 4:page + 136] = bytes(92)
        for root in (page + 80, page + 128):
            pages[root:root + 8] = b"\xff" * 8
        pages[page + 136:page + 144] = (1).to_bytes(8, "little")
        pages[page + 144:page + 152] = bytes(8)
    pages[40 + 4] = pages[4096 + 40 + 4] = 8
    (data / "store" / "data.mdb").write_bytes(pages)
    refused_by_all(data, "store/data.mdb", "holds nothing", "admin.key")


def test_a_copy_left_by_a_migration_tells_of_a_store_too(data):
    no_store(data)
    for name in KEYS + CERTIFICATES:
        (data / name).unlink()
    (data / "backup-format-1").mkdir()
    refused(data, "backup-format-1", "is not there")


def test_certificates_of_ones_own_may_be_there_before_the_first_start(data):
    no_store(data)
    for name in KEYS + ("ca.key", "ca.crt"):
        (data / name).unlink()
    refused(data, "tls.crt")
    server = Server(data, "--tls-cert", str(data / "tls.crt"), "--tls-key", str(data / "tls.key")).start()
    server.stop()


def other_file(file):
    file.write_bytes(b"not a store of any kind\n" * 2000)


def zeros(file):
    os.truncate(file, 0)
    os.truncate(file, 1 << 20)


def newer_format(file):
    pages = bytearray(file.read_bytes())
    pages[20] = pages[4096 + 20] = 2
    file.write_bytes(pages)


def one_first_page(file):
    pages = bytearray(file.read_bytes())
    pages[4096:8192] = bytes(4096)
    file.write_bytes(pages)


def folder(file):
    file.unlink()
    file.mkdir()


def pipe(file):
    file.unlink()
    os.mkfifo(file)


def dangling(file):
    file.unlink()
    file.symlink_to("/nonexistent/data.mdb")


def loop(file):
    file.unlink()
    file.symlink_to(file)


@pytest.mark.parametrize("damage", [other_file, zeros, newer_format, one_first_page, folder, pipe, dangling, loop])
def test_a_data_file_that_is_none(data, damage):
    file = data / "store" / "data.mdb"
    damage(file)
    for command in (("serve", "--listen", "127.0.0.1:0"), ("create", "key", "back")):
        ran = run_cli(*command, "--data-dir", data, timeout=20)
        assert ran.returncode == 1, (ran.returncode, ran.stderr)
        assert str(data) in ran.stderr
    assert (data / "admin.key").exists()


def test_a_link_to_the_data_file_is_followed(data):
    file = data / "store" / "data.mdb"
    moved = data.parent / "moved.mdb"
    file.rename(moved)
    file.symlink_to(moved)
    starts(data)


@pytest.mark.parametrize("name", ["lock", "store", "token.key", "store/lock.mdb"])
@pytest.mark.parametrize("damage", [folder, dangling, pipe])
def test_something_else_in_the_place_of_a_file(data, name, damage):
    place = data / name
    if place.is_dir():
        shutil.rmtree(place)
        place.touch()
    damage(place)
    admin_key = (data / "admin.key").read_bytes()
    process = subprocess.Popen([str(BINARY), "serve", "--listen", "127.0.0.1:0", "--data-dir", str(data)],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=clean_environment())
    try:
        said = b""
        for line in process.stderr:
            said += line
            if b'"listening"' in line:
                process.terminate()
    finally:
        code = process.wait(20 * PATIENCE)
    # A pipe can be locked like a file.
    assert code == 1 and b"snapgate serve: " in said or (name, damage) == ("lock", pipe) and code == 0, (code, said)
    assert (data / "admin.key").read_bytes() == admin_key


@pytest.mark.parametrize("content", [b"", b"garbage", b"x" * 4096, bytes(65664)],
                         ids=["empty", "short", "one page", "zeros"])
def test_the_lock_files_content_does_not_matter(data, content):
    (data / "store" / "lock.mdb").write_bytes(content)
    starts(data)
    (data / "store" / "lock.mdb").unlink()
    starts(data)


@pytest.mark.parametrize("room", [0, 4096, 8192, 65_536])
def test_no_room_for_a_first_start_is_said_and_the_next_one_starts(data_dir, room):
    # A build with ThreadSanitizer writes a temporary file of its own before main() begins.
    environment = clean_environment() | {"TMPDIR": str(data_dir / "missing")}
    ran = subprocess.run([str(BINARY), "serve", "--listen", "127.0.0.1:0", "--data-dir", str(data_dir)],
                         capture_output=True, text=True, env=environment, timeout=20 * PATIENCE, check=False,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY)))
    assert ran.returncode == 1, (ran.returncode, ran.stderr)
    assert "make room" in ran.stderr, ran.stderr
    starts(data_dir, snapshots=None)


def test_the_lock_file_has_its_room_from_the_start(start_server, data_dir):
    """A page of it that a full disk could not give would end the server at the read that needs it."""
    start_server()
    status = (data_dir / "store" / "lock.mdb").stat()
    assert status.st_blocks * 512 >= status.st_size > 60_000


def test_a_first_start_that_is_killed_at_any_moment_starts_again(data_dir):
    chance = random.Random(3)
    begun = time.monotonic()
    Server(data_dir).start().stop()
    usual = time.monotonic() - begun
    shutil.rmtree(data_dir)
    for _ in range(25):
        key = None
        for _ in range(3):
            process = subprocess.Popen([str(BINARY), "serve", "--listen", "127.0.0.1:0", "--data-dir", str(data_dir),
                                        "--tls-self-signed"],
                                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment())
            time.sleep(chance.random() * min(usual, 0.2))
            process.kill()
            process.wait()
            if key is not None:
                assert (data_dir / "admin.key").read_text() == key, "an admin key was overwritten"
            if (data_dir / "admin.key").exists():
                key = (data_dir / "admin.key").read_text()
        server = Server(data_dir, "--tls-self-signed").start()
        assert key in (None, (data_dir / "admin.key").read_text())
        assert server.client(tls=True).get("/admin/v1/projects").json()["items"][0]["name"] == "Default"
        server.stop()
        shutil.rmtree(data_dir)


def test_a_user_without_a_home_is_told_at_the_start_and_by_the_request(start_server, data_dir):
    nowhere = {"HOME": "/dev/null/home", "XDG_CONFIG_HOME": ""}
    server = start_server(env=nowhere)
    told = server.log("credentials of connected clusters cannot be stored")
    assert told and told[0]["level"] == "warning"
    assert "--credentials-key-file" in told[0]["error"]
    body = {"name": "c", "uid": "c", "type": "connected", "kubeconfig": KUBECONFIG}
    reply = server.client().post("/admin/v1/clusters", body)
    assert (reply.status, reply.json()["code"]) == (503, "Unavailable"), reply
    assert "--credentials-key-file" in reply.json()["message"]
    assert server.client().get("/admin/v1/clusters").json()["items"] == []
    server.stop()

    key = data_dir.with_name("credentials.key")
    server = start_server("--credentials-key-file", str(key), env=nowhere)
    assert not server.log("credentials of connected clusters cannot be stored")
    assert server.client().post("/admin/v1/clusters", body).status == 201
    assert key.stat().st_mode & 0o777 == 0o600


def test_files_that_others_may_read_or_change_are_told_or_refused(start_server, data_dir):
    server = start_server("--tls-self-signed")
    assert not server.log("a file with a secret is open to its group")
    server.stop()
    secrets = [data_dir / name for name in ("token.key", "tls.key", "ca.key")]
    for file in secrets:
        file.chmod(0o644)
        refused = Server(data_dir, "--tls-self-signed")
        with pytest.raises(AssertionError, match="ended with 1"):
            refused.start()
        assert f"{file} can be read or changed by others (mode 0644): chmod 600 it" in refused.tail()
        file.chmod(0o640)
    # As in a volume that Kubernetes mounts for a pod with fsGroup, or in its emptyDir.
    data_dir.chmod(0o777)
    store = data_dir / "store" / "data.mdb"
    store.chmod(0o666)
    server = start_server("--tls-self-signed")
    told = server.log("a file with a secret is open to its group")
    assert {line["file"] for line in told} == {str(file) for file in secrets}
    assert {line["mode"] for line in told} == {"0640"}
    [folder] = server.log("others may write into the data directory: chmod 700 it")
    assert (folder["level"], folder["path"], folder["mode"]) == ("warning", str(data_dir), "0777")
    [file] = server.log("others may read or change what the server stores: chmod 600 it")
    assert (file["path"], file["mode"]) == (str(store), "0666")
    assert server.client(tls=True).get("/livez").status == 200


KUBECONFIG = """{"apiVersion":"v1","kind":"Config","current-context":"c",
"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1"}}],"users":[{"name":"u","user":{"token":"t"}}],
"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}]}"""
