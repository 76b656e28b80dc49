"""The system's clock jumps, while the server runs and between two runs: nothing stays wrong once the clock is right.

The package faketime gives the server a clock of its own: an offset to the real one, which it reads from a file. It does
not work beside a sanitizer's runtime, so ./test runs this file with the release build alone.
"""

import time
from datetime import datetime
from pathlib import Path

import pytest

from harness import Server, snapshot, snapshots, wait_for

HISTORY_SECONDS = 3
DAY = 86400


class Clock:
    """The system's clock as a server sees it. The monotonic clock stays as it is."""

    def __init__(self, file):
        self.file = file
        self.set("+0")

    def set(self, offset):
        # At once: the server may read the file at any moment.
        new = self.file.with_suffix(".new")
        new.write_text(offset + "\n")
        new.replace(self.file)

    def environment(self):
        library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        return {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path / "clock")


@pytest.fixture
def server(clock, tmp_path):
    made = Server(tmp_path / "data", "--history", f"{HISTORY_SECONDS}s", env=clock.environment()).start()
    yield made
    if made.running():
        made.stop()


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def token_of(admin, uid):
    return admin.list(uid, limit=1).json()["metadata"]["continue"]


def expect_history_ends(admin, uid):
    """A state that is replaced now can be read for as long as history lasts, and no longer."""
    token = token_of(admin, uid)
    begun = time.monotonic()
    admin.load(uid, [snapshot("default", f"new-{begun}")])
    assert admin.list(uid, limit=1, **{"continue": token}).status == 200
    wait_for(lambda: admin.list(uid, limit=1, **{"continue": token}).status == 410, "the token to expire",
             HISTORY_SECONDS + 5)
    assert time.monotonic() - begun > HISTORY_SECONDS - 0.5


def test_a_clock_that_was_ahead_for_a_moment(server, clock):
    admin = server.client()
    uid = admin.create_cluster("c")["uid"]
    admin.load(uid, snapshots(5))
    day_key = admin.create_key("day", expires="1d")["key"]
    day = server.client(day_key)

    assert abs(admin.metric("snapgate_clock_offset_seconds")) < 5
    clock.set("+400d")
    assert abs(admin.metric("snapgate_clock_offset_seconds") - 400 * DAY) < 5
    assert day.list(uid).status == 401
    brief = admin.create_key("brief", expires="1h")
    admin.load(uid, [snapshot("default", "in-the-future")])
    clock.set("+0")

    assert day.list(uid).status == 200
    admin.load(uid, [snapshot("default", "now")])
    items = {item["metadata"]["name"]: item["metadata"] for item in admin.items(uid)}
    assert abs(seconds(items["now"]["creationTimestamp"]) - time.time()) < 60
    expect_history_ends(admin, uid)

    # At a start, at the end, and once a minute, keys are looked at.
    server.kill()
    server.start()
    admin = server.client()
    wait_for(lambda: admin.metric("snapgate_keys_ahead_total") == 1, "the key that was made in the future")

    def keys():
        return {key["name"]: key for key in admin.get("/admin/v1/keys").json()["items"]}

    # It is counted when it is found, and written after that.
    wait_for(lambda: 3500 < seconds(keys()["brief"]["expiresAt"]) - time.time() < 3700, "an hour from now on")
    assert seconds(keys()["admin"]["lastUsedAt"]) - time.time() < 60
    assert server.client(brief["key"]).list(uid).status == 200
    assert server.client(day_key).list(uid).status == 200
    assert any(line["level"] == "warning" and line.get("key") == brief["id"] for line in server.log())
    expect_history_ends(admin, uid)
    assert admin.metric("snapgate_store_times_ahead_total") == 0


def test_a_start_with_a_clock_that_is_behind_ends_no_key(server, clock):
    uid = server.client().create_cluster("c")["uid"]
    made = server.client().create_key("quarter", expires="90d")

    def quarter():
        [key] = [key for key in server.client().get("/admin/v1/keys").json()["items"] if key["name"] == "quarter"]
        return key

    before = quarter()
    server.stop()
    clock.set("-400d")
    server.start()
    wait_for(lambda: seconds(quarter()["expiresAt"]) < seconds(before["expiresAt"]), "the key to seem of the future")
    assert server.client(made["key"]).list(uid).status == 200
    server.stop()
    clock.set("+0")
    server.start()
    wait_for(lambda: server.client(made["key"]).list(uid).status == 200, "the key to be good again")
    after = quarter()
    assert [after[time] for time in ("createdAt", "expiresAt")] == [before[time] for time in ("createdAt", "expiresAt")]


@pytest.mark.parametrize("first, then", [("+0", "-2h"), ("+10y", "+0"), ("+400d", "-2h")])
def test_a_restart_with_stored_times_that_are_ahead(server, clock, first, then):
    admin = server.client()
    uid = admin.create_cluster("c")["uid"]
    clock.set(first)
    server.stop()
    server.start()
    admin = server.client()
    admin.load(uid, snapshots(5))
    server.stop()
    clock.set(then)
    server.start()
    admin = server.client()
    expect_history_ends(admin, uid)
    # History never followed a clock that was ahead, so only a step back from the right time is seen.
    assert admin.metric("snapgate_store_times_ahead_total") == (1 if then == "-2h" else 0)
    clock.set("+0")
    expect_history_ends(admin, uid)


def test_a_ca_outlives_a_clock_that_is_wrong(clock, tmp_path):
    server = Server(tmp_path / "data", "--history", f"{HISTORY_SECONDS}s", "--tls-self-signed",
                    env=clock.environment()).start()
    files = [server.data_dir / name for name in ("ca.crt", "ca.key")]
    made = [file.read_bytes() for file in files]
    for offset in ("-10y", "+400d", "+0"):
        server.stop()
        clock.set(offset)
        server.start()
        assert [file.read_bytes() for file in files] == made, offset
    assert server.client(tls=True).get("/livez").status == 200

    # Beyond its end it is of no use, but it can be put back.
    server.stop()
    clock.set("+12y")
    server.start()
    kept = [file.with_name(file.name + ".old") for file in files]
    assert [file.read_bytes() for file in kept] == made
    assert any(line["level"] == "warning" and line.get("oldFile") == str(kept[0]) for line in server.log())
    server.stop()
    clock.set("+0")
    for old, file in zip(kept, files):
        old.replace(file)
    server.start()
    assert server.client(tls=True).get("/livez").status == 200
    assert [file.read_bytes() for file in files] == made
    server.stop()


def test_a_store_that_was_made_in_the_future(clock, tmp_path):
    clock.set("+400d")
    server = Server(tmp_path / "data", "--history", f"{HISTORY_SECONDS}s", env=clock.environment()).start()
    admin = server.client()
    uid = admin.create_cluster("c")["uid"]
    admin.load(uid, snapshots(5))
    clock.set("+0")
    wait_for(lambda: admin.metric("snapgate_store_times_ahead_total") == 1, "the times to be set back", 20)
    told = [line for line in server.log() if "aheadSeconds" in line and "store" in line["message"]]
    assert told[0]["level"] == "warning" and abs(told[0]["aheadSeconds"] - 400 * DAY) < 60
    expect_history_ends(admin, uid)
    server.stop()
