"""Clusters that say nothing any more, and answers that say nothing new: `Age` and lag count from what
was truly heard last."""

import threading
import time

import pytest

from breakage import error_event, hang, hang_after, late, only, plain_status, status
from harness import wait_for
from mirror import scaled_times
from proxy import Proxy
from test_connections import changes
from witness import Witness, scaled

SCALE = 10
TIMES = scaled_times(SCALE, probe_answer="500ms")
# What a busy machine may need besides.
SLACK = 1.0


def is_noticed(mirror, since):
    """Within 15 seconds it is not Ready any more; then what it shows has an age, which grows."""
    wait_for(lambda: not mirror.is_ready(), "another state than Ready", 30)
    assert time.monotonic() - since < scaled(15, SCALE) + SLACK
    ages = []
    ends = time.monotonic() + 2.5
    while time.monotonic() < ends:
        reply, silent = mirror.kube.list(limit=1), time.monotonic() - since
        assert reply.status == 200 and reply.header("Warning"), reply
        ages.append(int(reply.header("Age")))
        # The age counts from before the silence, in whole seconds.
        assert silent - 1.5 < ages[-1] < silent + scaled(45, SCALE) + 1, (ages, silent)
        time.sleep(0.05)
    assert ages == sorted(ages) and ages[-1] >= 2, ages
    assert mirror.status()["lagSeconds"] >= ages[-1]
    assert mirror.metric("snapgate_mirror_age_seconds") >= ages[-1]


def test_a_peer_that_never_sends_a_byte(mirror, upstream):
    upstream.bookmarks = None
    upstream.drop_connections()
    mirror.until_equal()
    upstream.mute = True
    is_noticed(mirror, time.monotonic())
    changes(upstream)
    upstream.mute = False
    upstream.drop_connections()
    mirror.until_equal()


def test_a_connection_that_is_half_open(connect, upstream):
    """New ones are good: it is never anything but Ready, or so shortly that it does not matter."""
    upstream.bookmarks = None
    proxy = Proxy(upstream.port)
    mirror = connect(upstream.kubeconfig(port=proxy.port))
    mirror.until_equal()
    proxy.forget_silently()
    changes(upstream)
    mirror.until_equal(seconds=scaled(45, SCALE) + SLACK)
    assert len(upstream.asked("list")) == 1
    proxy.stop()


def test_a_path_that_passes_nothing_any_more(connect, upstream):
    """New connections are taken, and no byte passes on any."""
    upstream.bookmarks = None
    proxy = Proxy(upstream.port)
    mirror = connect(upstream.kubeconfig(port=proxy.port))
    mirror.until_equal()
    proxy.stalled = True
    is_noticed(mirror, time.monotonic())
    proxy.stalled = False
    changes(upstream)
    mirror.until_equal()
    proxy.stop()


def test_a_watch_that_delivers_nothing_while_the_cluster_answers(mirror, upstream):
    """Nothing shows it but the next watch: what was written meanwhile comes with that, without a list."""
    upstream.bookmarks = None
    hung = upstream.break_next(hang_after(0), "watch")
    upstream.drop_connections()
    wait_for(lambda: hung.hits, "the watch")
    mirror.until_state("Ready")
    mark = upstream.mark()
    changes(upstream)
    with Witness(mirror) as witness:
        mirror.until_equal(seconds=scaled(45, SCALE) + SLACK)
    witness.saw_only_ready()
    assert upstream.asked("list", since=mark) == [] and upstream.asked("probe", since=mark)


def test_probes_that_are_late(mirror, upstream):
    """An answer within 5 seconds is one."""
    upstream.bookmarks = None
    upstream.break_next(late(scaled(2, SCALE)), "probe", None)
    upstream.drop_connections()
    mirror.until_equal()
    mark = upstream.mark()
    with Witness(mirror) as witness:
        wait_for(lambda: len(upstream.asked("probe", since=mark)) >= 3, "three of them", 15)
    witness.saw_only_ready()


def test_probes_that_are_never_answered(mirror, upstream):
    """The watch is open, and says nothing: nobody knows whether the cluster is there."""
    upstream.bookmarks = None
    upstream.drop_connections()
    mirror.until_equal()
    began = time.monotonic()
    upstream.break_next(hang, "probe", None)
    upstream.break_next(hang_after(0), "watch", None)
    upstream.drop_connections()
    wait_for(lambda: not mirror.is_ready() and time.monotonic() > began + scaled(5, SCALE), "another state than Ready", 30)
    assert time.monotonic() - began < scaled(20, SCALE) + SLACK
    changes(upstream)
    upstream.heal()
    upstream.drop_connections()
    mirror.until_equal()


BUSY = [(429, "TooManyRequests"), (503, "ServiceUnavailable")]


@pytest.mark.parametrize("busy", BUSY, ids=str)
def test_probes_that_are_answered_by_a_busy_cluster(mirror, upstream, busy):
    """It is there: the watch goes on, and brings what changes; how old the mirror is, is said."""
    upstream.bookmarks = None
    upstream.ends_watches = False
    upstream.drop_connections()
    mirror.until_equal()
    upstream.break_next(status(*busy, headers={"Retry-After": "2"}), "probe", None)
    mark = upstream.mark()
    with Witness(mirror) as witness:
        wait_for(lambda: len(upstream.asked("probe", since=mark)) >= 2, "two of them", 15)
        assert mirror.status()["lagSeconds"] >= 2
        reply = mirror.kube.list(limit=1, headers={"Cache-Control": "max-age=1"})
        assert reply.status == 504 and f"the cluster answered {busy[0]}" in reply.json()["message"], reply
        changes(upstream)
        wait_for(lambda: not mirror.differences(), "the changes", 2)
    witness.saw_only_ready()
    first, second = upstream.asked("probe", since=mark)[:2]
    assert second.time - first.time >= 1.95
    upstream.heal()
    wait_for(lambda: mirror.kube.list(limit=1, headers={"Cache-Control": "max-age=0"}).status == 200, "an answer in time")
    assert upstream.asked("watch", "list", "metadata", since=mark) == []


def test_probes_that_are_answered_by_a_proxy_without_a_cluster(mirror, upstream):
    """Its 503 is none of a busy cluster."""
    upstream.bookmarks = None
    upstream.drop_connections()
    mirror.until_equal()
    upstream.break_next(plain_status(503), "probe", None)
    mirror.until_state("Failing", "ServiceUnavailable")
    upstream.heal()
    mirror.until_equal()


@pytest.mark.parametrize("busy", BUSY, ids=str)
def test_a_busy_cluster_is_compared_later(mirror, upstream, busy):
    """The watch that was opened after an outage stays, and what it brings is shown."""
    upstream.ends_watches = False
    upstream.refuse()
    wait_for(lambda: not mirror.is_ready(), "another state than Ready")
    time.sleep(scaled(8, SCALE))
    refused = upstream.break_next(status(*busy), "metadata", 2)
    upstream.accept()
    wait_for(lambda: refused.hits, "a comparison")
    changes(upstream)
    wait_for(lambda: not mirror.differences(), "the changes", 2)
    assert mirror.status()["state"] == "Syncing" and refused.hits < 2
    mark = upstream.mark()
    mirror.until_equal()
    assert refused.hits == 2 and upstream.asked("watch", "list", since=mark) == []


def test_410_as_soon_as_a_watch_is_open_confirms_nothing(mirror, upstream):
    """A kube-apiserver that was started again answers so: what is shown is as old as it was before."""
    upstream.refuse()
    refused = time.monotonic()
    wait_for(lambda: (mirror.status().get("lagSeconds") or 0) >= 2, "an age of two seconds")
    changes(upstream)
    upstream.objects.compact()
    upstream.break_next(only(error_event(410, "Expired", "too old resource version")), "watch", None)
    upstream.break_next(late(2.5), "list", None)
    upstream.accept()
    wait_for(lambda: upstream.asked("list")[1:], "a list")
    looks = 0
    while time.monotonic() < upstream.asked("list")[1].time + 2.3:
        since = time.monotonic() - refused
        reply, status = mirror.kube.list(limit=1), mirror.status()
        assert reply.status == 200 and int(reply.header("Age")) > since - 1.5, (since, reply.header("Age"))
        assert status["state"] != "Ready" and status["lagSeconds"] > since - 1.5, (since, status)
        assert mirror.kube.list(limit=1, headers={"Cache-Control": "max-age=1"}).status == 504
        looks += 1
    assert looks >= 10
    upstream.heal()
    mirror.until_equal()


def test_a_server_that_listens_and_is_silent_from_the_start(connect, upstream):
    """Nothing is known yet, and that is said; then it speaks."""
    upstream.mute = True
    mirror = connect()
    mirror.until_state("Unreachable")
    assert mirror.kube.list(limit=1).status == 503
    upstream.mute = False
    upstream.drop_connections()
    mirror.until_equal()


class Callers:
    """Many who ask for a list at the same moment, each with the same max-age."""

    def __init__(self, mirror, count, max_age):
        self.mirror = mirror
        self.max_age = max_age
        self.replies = []
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        self.replies.append(self.mirror.kube.list(limit=1, headers={"Cache-Control": f"max-age={self.max_age}"}))

    def answers(self):
        for thread in self.threads:
            thread.join(20)
        return sorted(reply.status for reply in self.replies)


@pytest.fixture
def rarely_probed(start_own, connect, upstream):
    """A mirror that is Ready, and was last confirmed a while ago: nobody asks the cluster by itself."""
    upstream.bookmarks = None
    mirror = connect(on=start_own(scaled_times(SCALE, probe="1h", renew="1h", check="1h", probe_answer="1s")))
    mirror.until_equal()
    time.sleep(2.1)
    assert mirror.is_ready()
    return mirror


def test_max_age_asks_the_cluster_once_for_all_who_wait(rarely_probed, upstream):
    mark = upstream.mark()
    upstream.break_next(late(0.5), "probe", None)
    assert Callers(rarely_probed, 20, 1).answers() == [200] * 20
    assert len(upstream.asked("probe", since=mark)) == 1
    assert upstream.asked("list", "metadata", "watch", since=mark) == []
    assert rarely_probed.is_ready()


def test_max_age_that_is_not_below_the_age_asks_nothing(rarely_probed, upstream):
    mark = upstream.mark()
    assert Callers(rarely_probed, 5, 3600).answers() == [200] * 5
    assert upstream.asked("probe", "list", since=mark) == []


def test_max_age_is_504_in_time_also_while_a_watch_is_opened_again(start_own, connect, upstream):
    """Who waits for the next watch does not wait for an answer as long again."""
    upstream.bookmarks = None
    mirror = connect(on=start_own(scaled_times(SCALE, probe="1h", renew="1h", check="1h", probe_answer="1s", reopens="4s")))
    mirror.until_equal()
    time.sleep(2.1)
    opened = upstream.break_next(late(2.5), "watch")
    upstream.break_next(hang, "probe", None)
    upstream.drop_connections()
    wait_for(lambda: opened.hits, "the next watch")
    began = time.monotonic()
    assert mirror.is_ready()
    assert Callers(mirror, 5, 1).answers() == [504] * 5
    assert time.monotonic() - began < 1 + SLACK


def test_max_age_is_504_where_the_cluster_does_not_answer(rarely_probed, upstream):
    upstream.break_next(hang, "probe", None)
    began = time.monotonic()
    assert Callers(rarely_probed, 5, 1).answers() == [504] * 5
    assert time.monotonic() - began < 5 + SLACK
