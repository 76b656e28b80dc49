"""An hour of clusters where nothing happens: silence is no fault, and neither is a connection that is
cut because of it.

The hour passes for all of them at once, in the `hour` fixture; each test looks at what was seen of one.
"""

import time

import pytest

from mirror import Mirror, scaled_times, start_server
from upstream import Upstream
from witness import Witness, scaled

SCALE = 200
HOUR = scaled(3600, SCALE)
# Of what stands behind cuts a quarter of that hour passes: what is cut after 5 seconds has to live for
# longer than this machine may stumble.
CUT_SCALE = 50
# Where there was a wait before a connection is opened again, it would be noticed.
LONG = {"backoff": "3s", "most": "30s", "lost": "5s", "reopens": "2s"}
TIMES = scaled_times(SCALE, **LONG)
OBJECTS = 20_000
CUTS = [(seconds, how) for seconds in (5, 20, 50) for how in ("fin", "reset")]
SEEN_WITHIN = 1.0  # seconds, on a machine that does much else
WRITE_EVERY = 1.5


class Followed:
    """A quiet cluster, its mirror, and who watches that."""

    def __init__(self, server, authority, objects, idle_cut=None):
        self.upstream = Upstream(authority)
        self.upstream.bookmarks = None
        self.upstream.idle_cut = idle_cut
        self.upstream.objects.fill(objects)
        self.upstream.objects.compact()
        self.mirror = Mirror(server, self.upstream)
        self.mirror.until_state("Ready", seconds=60)
        self.witness = Witness(self.mirror, pause=0.03)
        self.latencies = []

    def write(self, number):
        """How long it takes until a new object is there."""
        self.upstream.objects.create("gamma", f"later-{number}")
        began = time.monotonic()
        while not self.mirror.has("gamma", f"later-{number}") and time.monotonic() < began + 20:
            time.sleep(0.002)
        self.latencies.append(time.monotonic() - began)

    def end(self):
        self.witness.stop()
        self.differences = self.mirror.differences() if len(self.upstream.objects.current) < OBJECTS else []
        self.mirror.remove()
        self.upstream.stop()


@pytest.fixture(scope="module")
def hour(server, folder, authority):
    whole = Followed(server, authority, OBJECTS)
    cut_off = start_server(folder / "cut-off", scaled_times(CUT_SCALE, **LONG))
    behind_cuts = {cut: Followed(cut_off, authority, 10, (scaled(cut[0], CUT_SCALE), cut[1])) for cut in CUTS}
    everything = [whole, *behind_cuts.values()]
    for one in everything:
        one.witness.start()
    ends, number = time.monotonic() + HOUR, 0
    while time.monotonic() < ends:
        time.sleep(min(WRITE_EVERY, max(0.0, ends - time.monotonic())))
        for one in behind_cuts.values():
            one.write(number)
        number += 1
    for one in everything:
        one.end()
    cut_off.stop()
    return {None: whole, **behind_cuts}


def test_a_quiet_cluster_is_listed_once(hour):
    assert len(hour[None].upstream.asked("list", "page", "watchlist")) == 1


def test_a_quiet_cluster_is_ready_all_the_time(hour):
    hour[None].witness.saw_only_ready()


def test_a_quiet_cluster_is_asked_how_it_is(hour):
    """Every 10 seconds, for one object."""
    assert len(hour[None].upstream.asked("probe")) >= 3600 / 10 / 4


def test_a_silent_watch_is_opened_again_on_a_new_connection(hour):
    """After 45 seconds: that the cluster answers does not show that the watch still delivers."""
    watches = hour[None].upstream.asked("watch")
    assert len(watches) >= 3600 / 45 / 4
    assert len({request.connection for request in watches}) == len(watches)
    assert {request.version for request in watches} == {str(hour[None].upstream.objects.version)}


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_behind_idle_cuts_it_is_ready_all_the_time(hour, cut):
    hour[cut].witness.saw_only_ready()


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_behind_idle_cuts_a_write_is_seen_at_once(hour, cut):
    assert len(hour[cut].latencies) >= 5 and max(hour[cut].latencies) < SEEN_WITHIN, hour[cut].latencies
    assert hour[cut].differences == []


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_behind_idle_cuts_it_is_listed_once(hour, cut):
    assert len(hour[cut].upstream.asked("list", "page", "watchlist")) == 1
    assert len(hour[cut].upstream.asked("watch")) >= 10
