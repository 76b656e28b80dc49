"""Watches that the cluster ends when their time is over: the next one goes over the same connection, and that it ended so is as
good as an answer. What else ends a watch leads to a new connection."""

import time

import pytest

from breakage import status
from harness import wait_for
from mirror import scaled_times
from objects import VMS
from planted import vm
from test_connections import changes
from witness import Witness

SCALE = 10
TIMES = scaled_times(SCALE)
# A watch is asked for so many seconds: a silent one is given up after 4.5 seconds, less up to a tenth.
LENGTH = 3


@pytest.fixture
def quiet(upstream, connect):
    """A mirror whose cluster sends no bookmarks, from its second watch on."""
    upstream.bookmarks = None
    mirror = connect()
    mirror.until_equal()
    upstream.drop_connections()
    mirror.until_equal()
    return mirror


def next_watches(upstream, count, since):
    """So many watches from that request on, as they were asked for."""
    wait_for(lambda: len(upstream.asked("watch", since=since)) >= count, f"{count} watches", 10 + count * LENGTH)
    return upstream.asked("watch", since=since)


def test_the_next_watch_goes_over_the_same_connection(quiet, upstream):
    mark = upstream.mark()
    with Witness(quiet) as witness:
        watches = next_watches(upstream, 3, mark)
        changes(upstream)
        quiet.until_equal()
        watches = next_watches(upstream, len(watches) + 1, mark)
    witness.saw_only_ready()
    assert {int(watch.query["timeoutSeconds"]) for watch in watches} == {LENGTH}
    assert len({watch.connection for watch in watches}) == 1
    assert watches[-1].version == str(upstream.objects.version)
    assert upstream.asked("list", "metadata", since=mark) == []


def test_an_end_before_the_time_is_over_leads_to_a_new_connection(quiet, upstream):
    """A server that is about to stop ends its watches in order."""
    mark = upstream.mark()
    first = next_watches(upstream, 1, mark)[0]

    def early(connection, request, healthy):
        def pieces():
            time.sleep(LENGTH / 2)
            yield b""

        answer = healthy()
        answer.pieces = pieces()
        return answer

    upstream.break_next(early, "watch")
    mark = upstream.mark()
    watches = next_watches(upstream, 2, mark)
    assert watches[0].connection is first.connection and watches[1].connection is not first.connection
    assert watches[1].time - watches[0].time < LENGTH
    changes(upstream)
    quiet.until_equal()
    assert upstream.asked("list", since=mark) == []


def test_a_connection_is_not_kept_for_ever(start_own, connect, upstream):
    """So that the cluster's certificate is verified from time to time."""
    upstream.bookmarks = None
    mirror = connect(on=start_own(scaled_times(SCALE, keep_connection="5s")))
    mirror.until_equal()
    mark = upstream.mark()
    watches = next_watches(upstream, 5, mark)
    changed = [one.connection is not other.connection for one, other in zip(watches, watches[1:])]
    assert any(changed) and not all(changed), changed
    probes = upstream.asked("probe", since=mark)
    assert 1 < len({probe.connection for probe in probes}) < len(probes)


def test_a_token_that_is_good_no_longer_shows_at_the_next_watch(start_own, connect, upstream):
    """Also where nothing else is asked meanwhile."""
    upstream.bookmarks = None
    mirror = connect(on=start_own(scaled_times(SCALE, probe="1h", unasked="1h", check="1h")))
    mirror.until_equal()
    mark = upstream.mark()
    first = next_watches(upstream, 1, mark)[0]
    upstream.tokens.clear()
    refused = time.monotonic()
    mirror.until_state("Unauthorized")
    assert time.monotonic() - refused < LENGTH + 1
    assert upstream.asked("watch", since=mark)[1].connection is first.connection
    assert upstream.asked("probe", since=mark) == []
    upstream.tokens.add("first-token")
    mirror.until_equal()


def test_a_server_that_refuses_the_next_watch_is_seen(quiet, upstream):
    upstream.break_next(status(500, "InternalError"), "watch", 2)
    quiet.until_state("Failing")
    changes(upstream)
    quiet.until_equal()


def test_other_kinds_are_not_asked_while_their_watches_end_in_time(start_own, connect, upstream):
    """The watch shows that the cluster is there; only now and then the version is asked for."""
    kind = upstream.serve_beside(VMS)
    kind.bookmarks = upstream.bookmarks = None
    kind.objects.put(vm("vm-1"))
    mirror = connect(on=start_own(scaled_times(SCALE, other_kinds="1ms", unasked="8s", check="1h", absent="1h")))
    mirror.until_equal()
    began, mark = time.monotonic(), kind.mark()
    ages = []
    while time.monotonic() - began < 4 * LENGTH:
        shown = next(one for one in mirror.status()["kinds"] if one["name"] == "virtualmachines")
        assert shown["state"] == "Ready", shown
        ages.append(shown["lagSeconds"])
        time.sleep(0.1)
    assert max(ages) <= LENGTH + 1, ages
    # One or two by the time since the last proof; by silence there would be five.
    assert 1 <= len(kind.asked("probe", since=mark)) <= 2
    assert len(upstream.asked("probe")) > 6
    kind.objects.put(vm("vm-2"))
    wait_for(lambda: next(one for one in mirror.status()["kinds"] if one["name"] == "virtualmachines")["objects"] == 2, "the VM")


def test_a_restored_cluster_is_seen_by_every_kind_though_its_watches_go_on(start_own, connect, upstream):
    """Its versions went back, and no connection ended."""
    kind = upstream.serve_beside(VMS)
    kind.bookmarks = upstream.bookmarks = None
    kind.objects.put(vm("vm-1"))
    before = kind.objects.checkpoint()
    kind.objects.put(vm("vm-2"))
    mirror = connect(on=start_own(scaled_times(SCALE, other_kinds="1ms", unasked="2s", probe_others="1h", check="1h", absent="1h")))
    mirror.until_equal()

    def objects():
        return next(one for one in mirror.status()["kinds"] if one["name"] == "virtualmachines")["objects"]

    wait_for(lambda: objects() == 2, "both VMs")
    mark = kind.mark()
    with kind.objects.changed:
        kind.objects.restore(before)
        kind.objects.epoch -= 1  # its watches do not hear of it
    wait_for(lambda: objects() == 1, "the restored state", 5)
    assert kind.asked("list", since=mark)
