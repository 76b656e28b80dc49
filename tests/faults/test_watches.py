"""Faults of watches: bytes that come in odd pieces, events that are wrong, too old, or missing."""

import re
import threading

import pytest

from breakage import (at_every_byte, before_events, change_event, cut_in_event, each_event, error_event,
                      only, status, through, together)
from harness import wait_for
from objects import GROUP, KIND
from test_connections import changes
from test_lists import LARGE
from wire import Answer, encode, event


def watch_through(upstream, fault, times=1):
    """The watch is opened again, and gets the fault."""
    broken = upstream.break_next(fault, "watch", times)
    upstream.drop_connections()
    return broken, upstream.mark()


def without_a_list(mirror, upstream, mark):
    mirror.until_equal()
    assert upstream.asked("list", since=mark) == []


def some_key(upstream, number=0):
    return sorted(upstream.objects.items())[number]


def test_cut_in_an_event(mirror, upstream):
    """What was cut comes again, whole, as the next watch begins before it."""
    for how in ("reset", "fin", "end"):
        broken, mark = watch_through(upstream, cut_in_event(how))
        sent = upstream.bookmarked
        wait_for(lambda: upstream.bookmarked > sent, "a bookmark")
        upstream.objects.create("gamma", f"cut-{how}")
        changes(upstream, how)
        without_a_list(mirror, upstream, mark)
        assert broken.hits == 1


def test_split_at_every_byte(mirror, upstream):
    broken, mark = watch_through(upstream, through(at_every_byte), None)
    changes(upstream)
    without_a_list(mirror, upstream, mark)
    assert broken.hits == 1


def test_several_events_in_one_chunk(mirror, upstream):
    _, mark = watch_through(upstream, together(5))
    changes(upstream)
    without_a_list(mirror, upstream, mark)


@pytest.mark.parametrize("as_event", [False, True])
def test_watch_expired(mirror, upstream, as_event):
    upstream.expired_as_event = as_event
    upstream.refuse()
    changes(upstream)
    upstream.objects.compact()
    upstream.accept()
    mirror.until_equal()


def test_too_many_requests_with_retry_after(mirror, upstream):
    """Asked to come back in a second, it is not there before."""
    upstream.break_next(status(429, "TooManyRequests", headers={"Retry-After": "1"}), "any")
    upstream.drop_connections()
    changes(upstream)
    mirror.until_equal()
    with_429 = next(at for at, request in enumerate(upstream.requests) if request.status == 429)
    refused, following = upstream.requests[with_429:with_429 + 2]
    assert following.time - refused.time >= 0.95


def test_too_many_requests(mirror, upstream):
    """The last version is still good: the watch goes on from it."""
    broken, mark = watch_through(upstream, status(429, "TooManyRequests"), 3)
    changes(upstream)
    without_a_list(mirror, upstream, mark)
    assert broken.hits == 3


def test_too_many_requests_in_the_stream(mirror, upstream):
    broken, mark = watch_through(upstream, only(error_event(429, "TooManyRequests")))
    changes(upstream)
    without_a_list(mirror, upstream, mark)
    assert broken.hits == 1


def test_malformed_event(mirror, upstream):
    """An event that nobody can read is not passed over: what it said comes with a list."""
    broken, _ = watch_through(upstream, change_event(lambda text: text.replace(b'"spec":', b'"spec"::')))
    upstream.objects.create("gamma", "malformed")
    changes(upstream)
    mirror.until_equal()
    assert broken.hits == 1


def test_text_that_is_no_event(mirror, upstream):
    broken, _ = watch_through(upstream, change_event(lambda text: b"}}" + text))
    changes(upstream)
    mirror.until_equal()
    assert broken.hits == 1


def test_wrong_kind_in_an_event(mirror, upstream):
    kind = b'"kind":"VirtualMachineSnapshot"'
    broken, _ = watch_through(upstream, change_event(lambda text: text.replace(kind, b'"kind":"VirtualMachineRestore"', 1)))
    upstream.objects.update(*some_key(upstream, 3))
    changes(upstream)
    mirror.until_equal()
    assert broken.hits == 1


@pytest.mark.parametrize("above", [0, 4096])
def test_too_large_in_an_event(mirror, upstream, above):
    """It is not shown while it is too large, and everything else is."""
    key, mark = some_key(upstream, 3), upstream.mark()
    with upstream.objects.changed:
        upstream.objects.update(*key, note=LARGE + "x" * above)
        changes(upstream)
    found = mirror.until_equal(without={key})
    assert found["skipped"] == 1 and "/".join(key) in found["skippedExample"]
    upstream.objects.update(*key, note="small again")
    without_a_list(mirror, upstream, mark)


def test_bookmark_only(mirror, upstream):
    """Where nothing happens for long, bookmarks keep the version young: history may end before it."""
    mark = upstream.mark()
    upstream.objects.pass_versions(50)
    sent = threading.Event()

    def note(text):
        if str(upstream.objects.version).encode() in text:
            sent.set()
        yield text

    watch_through(upstream, each_event(note))
    assert sent.wait(10)
    mirror.until_equal()
    upstream.objects.compact()
    upstream.drop_connections()
    changes(upstream)
    without_a_list(mirror, upstream, mark)
    assert int(upstream.asked("watch")[-1].version) >= upstream.objects.compacted


def test_new_uid_in_a_watch(mirror, upstream):
    """A cluster that puts a deletion and a creation into one event."""
    key = some_key(upstream, 4)
    before = upstream.objects.items()[key]["metadata"]["uid"]
    watch = mirror.watch()
    watch_through(upstream, each_event(lambda text: [] if b'"DELETED"' in text else [text.replace(b'"ADDED"', b'"MODIFIED"', 1)]))
    after = upstream.objects.recreate(*key)["metadata"]["uid"]
    mirror.until_equal()
    watch.until(lambda one: one["object"]["metadata"].get("uid") == after, "the new one")
    seen = [(one["type"], one["object"]["metadata"]["uid"]) for one in watch.events if one["type"] != "BOOKMARK"]
    assert seen == [("DELETED", before), ("ADDED", after)]
    watch.hang_up()


def test_unknown_deletion(mirror, upstream):
    watch = mirror.watch()
    _, mark = watch_through(upstream, each_event(lambda text: [] if b'"ADDED"' in text and b"ghost" in text else [text]))
    with upstream.objects.changed:
        upstream.objects.create("alpha", "ghost")
        upstream.objects.delete("alpha", "ghost")
        upstream.objects.create("alpha", "real")
    without_a_list(mirror, upstream, mark)
    watch.until(lambda one: one["type"] == "ADDED", "the real one")
    assert [one[:2] for one in watch.brief()] == [("ADDED", "alpha/real")]
    watch.hang_up()


def test_duplicate_events(mirror, upstream):
    watch = mirror.watch()
    _, mark = watch_through(upstream, each_event(lambda text: [text, text]), None)
    key = some_key(upstream)
    upstream.objects.create("gamma", "one")
    upstream.objects.update(*key)
    upstream.objects.delete(*key)
    upstream.objects.create("gamma", "two")
    without_a_list(mirror, upstream, mark)
    watch.until(lambda one: one["object"]["metadata"].get("name") == "two", "the last one")
    assert [one[0] for one in watch.brief()] == ["ADDED", "MODIFIED", "DELETED", "ADDED"]
    watch.hang_up()


def test_versions_go_backwards_in_the_stream(mirror, upstream):
    """An old event after a newer one: nothing of it counts before a list has said how it stands."""
    old = upstream.objects.items()[some_key(upstream)]
    broken, _ = watch_through(upstream, through(lambda connection, pieces: with_old(pieces, event("MODIFIED", old))))
    upstream.objects.create("gamma", "newer")
    upstream.objects.delete(*some_key(upstream))
    mirror.until_equal()
    assert broken.hits == 1


def with_old(pieces, old):
    for piece in pieces:
        yield piece
        if b'"BOOKMARK"' not in piece:
            yield old


@pytest.mark.parametrize("version", ["", "10 20", "1\n2", "9" * 300], ids=["empty", "space", "control", "long"])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_version_that_is_none(mirror, upstream, change, version):
    """What does not fit into an answer or a URL is not taken for a version: a list has a better one."""
    written = b'"resourceVersion":' + encode(version)
    broken, mark = watch_through(upstream, change_event(
        lambda text: re.sub(rb'"resourceVersion":"\d+"', lambda _: written, text)))
    getattr(upstream.objects, change)(*some_key(upstream, 1))
    mirror.until_equal()
    assert broken.hits == 1 and upstream.asked("list", since=mark)


def test_unknown_type_of_event(mirror, upstream):
    broken, _ = watch_through(upstream, before_events(event("REPLACED", upstream.objects.items()[some_key(upstream)])))
    changes(upstream)
    mirror.until_equal()
    assert broken.hits == 1


def test_space_between_events(mirror, upstream):
    """Events are objects one after another: lines say nothing."""
    _, mark = watch_through(upstream, each_event(lambda text: [b" \r\n\t\n", text.strip()]), None)
    changes(upstream)
    without_a_list(mirror, upstream, mark)


def test_watch_closes_at_once(mirror, upstream):
    """Watches that are of no use are noticed: lists do then."""
    upstream.break_next(lambda connection, request, healthy: Answer(200, iter([])), "watch", None)
    upstream.drop_connections()
    changes(upstream)
    mirror.until_state("Failing", "WatchClosed")
    mirror.until_shown()
    upstream.heal()
    mirror.until_equal()


def test_watch_that_ends_behind_a_bookmark(mirror, upstream):
    """It brings nothing new: it is not opened again and again without a pause."""
    version = str(upstream.objects.version)
    bookmark = event("BOOKMARK", {"kind": KIND, "apiVersion": f"{GROUP}/v1beta1", "metadata": {"resourceVersion": version}})
    broken = upstream.break_next(lambda connection, request, healthy: Answer(200, iter([bookmark])), "watch", None)
    upstream.drop_connections()
    mirror.until_state("Failing", "WatchClosed")
    assert broken.hits < 30
    upstream.heal()
    changes(upstream)
    mirror.until_equal()
