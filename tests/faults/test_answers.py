"""Answers that are good, but not as kube-apiserver gives them: other forms, other sizes, another order."""

import json

import pytest

from breakage import change_list, compressed, each_event, list_text, status
from harness import wait_for
from mirror import TIMES as USUAL
from test_lists import until_listed
from test_self_check import is_found_equal, lose_an_event
from wire import PARTIAL, Answer, encode

TIMES = USUAL
MANY = ("list", "page", "metadata", "probe")


def asks_for_metadata(request):
    return PARTIAL in request.headers.get("accept", "")


def test_nobody_is_asked_to_compress(mirror, upstream):
    mirror.check()
    assert upstream.requests
    assert {request.headers.get("accept-encoding") for request in upstream.requests} == {"identity"}


@pytest.mark.parametrize("kind", ["discovery", "list", "watch", "probe"])
def test_compressed_all_the_same(connect, upstream, kind):
    """A proxy that compresses whatever it passes on: it is said so, and not that the JSON is broken."""
    upstream.bookmarks = None  # so that it is asked for its version
    upstream.break_next(compressed if kind != "watch" else gzip_named, kind, None)
    mirror = connect()
    told = mirror.until_state("Failing", "AnswerCompressed")
    assert "gzip" in told["message"] and "compress" in told["message"], told
    upstream.heal()
    mirror.until_equal()


def gzip_named(connection, request, healthy):
    """A stream is named compressed, and ends."""
    return Answer(200, b"", {"Content-Encoding": "gzip"})


def test_a_refusal_that_is_compressed_counts_by_its_status(connect, upstream):
    upstream.break_next(lambda connection, request, healthy: compressed(connection, request, lambda: status(
        403, "Forbidden")(connection, request, healthy)), "list", None)
    connect().until_state("Forbidden")


def test_the_check_says_that_it_is_compressed(mirror, upstream):
    upstream.break_next(compressed, "discovery", None)
    assert "gzip" in mirror.check()["Reachable"]["message"]


def test_lists_of_metadata_that_are_refused(start_own, connect, upstream):
    """406: the objects are compared whole, after a loss and in the self-check, and what differs is found."""
    mirror = connect(on=start_own(USUAL + ",check=300ms,lost=1ms"))
    refused = upstream.break_next(status(406, "NotAcceptable"), asks_for_metadata, None)
    mirror.until_equal()
    is_found_equal(mirror)
    mark = upstream.mark()
    upstream.drop_connections()
    upstream.objects.create("gamma", "after")
    mirror.until_equal()
    assert refused.hits > 0
    assert [request for request in upstream.asked("list", since=mark) if "resourceVersion" in request.query
            and request.query.get("resourceVersionMatch") != "Exact"] == []
    lose_an_event(upstream)
    mirror.until_equal()
    assert mirror.status()["differences"] >= 1


@pytest.mark.parametrize("first", ["metadata", "items"])
def test_a_limit_that_is_ignored(start_own, connect, upstream, first):
    """Every list is one of everything, and larger than any small answer: its version is found in it."""
    upstream.bookmarks = None  # so that it is asked for its version
    for name in "abc":
        upstream.objects.create("large", name)
        upstream.objects.update("large", name, note="x" * (3 << 19))

    def everything(connection, request, healthy):
        objects = upstream.objects
        with objects.changed:
            items, version = list(objects.current.values()), str(objects.version)
        metadata = {"resourceVersion": version}
        rest = {"metadata": metadata, "items": items} if first == "metadata" else {"items": items, "metadata": metadata}
        return Answer(200, encode({"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshotList", **rest}))

    ignored = upstream.break_next(everything, ("list", "page", "probe"), None)
    # This machine itself may take its time for so much.
    mirror = connect(on=start_own(USUAL.replace("answer=1s,connect=1s", "answer=8s,connect=8s").replace("probe-answer=1s", "probe-answer=8s")))
    mirror.until_equal(seconds=30)
    wait_for(lambda: ignored.hits >= 4, "probes", 30)
    upstream.objects.create("gamma", "later")
    mirror.until_equal(seconds=30)
    assert mirror.status()["failures"] == 0, mirror.status()


@pytest.mark.parametrize("items", ["missing", "null"])
def test_a_list_without_items(connect, upstream, items):
    for key in list(upstream.objects.items()):
        upstream.objects.delete(*key)

    def empty(body):
        assert body["items"] == []
        body["items"] = None
        if items == "missing":
            del body["items"]

    upstream.break_next(change_list(empty), MANY, None)
    mirror = connect()
    mirror.until_equal()
    assert mirror.list()["items"] == []
    upstream.heal()
    upstream.objects.create("gamma", "first")
    mirror.until_equal()


def test_a_list_of_another_kind_without_items(mirror, upstream):
    """It is no empty list: nothing is taken away for it."""
    upstream.break_next(lambda *_: Answer(200, encode({"kind": "Status", "metadata": {"resourceVersion": "9999"}})), "list", None)
    upstream.break_next(status(410, "Expired"), "watch")
    upstream.drop_connections()
    mirror.until_state("Failing", "AnswerInvalid")
    assert mirror.items()[0] == upstream.objects.items()
    upstream.heal()
    mirror.until_equal()


@pytest.mark.parametrize("kind", ["discovery", "list"])
def test_a_byte_order_mark(connect, upstream, kind):
    upstream.break_next(list_text(lambda text: b"\xef\xbb\xbf" + text),
                        lambda request: request.kind == kind and request.path != "/version", None)
    mirror = connect()
    told = mirror.until_state("Failing", "AnswerInvalid")
    assert "byte order mark" in told["message"], told
    upstream.heal()
    mirror.until_equal()


def test_a_page_in_place_of_a_list(connect, upstream):
    """What came is said: the status and the type."""
    page = Answer(201, b"<html><body>Welcome</body></html>", {"Content-Type": "text/html; charset=utf-8"})
    upstream.break_next(lambda *_: Answer(page.status, page.body, page.headers), "list", None)
    mirror = connect()
    told = mirror.until_state("Failing", "AnswerInvalid")
    assert "201" in told["message"] and "text/html" in told["message"], told
    upstream.heal()
    mirror.until_equal()


@pytest.mark.parametrize("order", [("object", "type"), ("type", "object", "x"), ("x", "object", "type")])
def test_events_whose_members_stand_in_another_order(mirror, upstream, order):
    def reordered(piece):
        frame = {**json.loads(piece), "x": {"y": ["}"]}}
        return [encode({name: frame[name] for name in order}) + b"\n"]

    upstream.break_next(each_event(reordered), ("watch", "watchlist"), None)
    upstream.drop_connections()
    mark = upstream.mark()
    for number in range(3):
        upstream.objects.create("gamma", f"later-{number}")
    upstream.objects.delete("gamma", "later-1")
    mirror.until_equal()
    assert upstream.asked("list", since=mark) == []


def test_a_watch_that_is_a_page(mirror, upstream):
    upstream.break_next(lambda *_: Answer(202, b"<html></html>", {"Content-Type": "text/html"}), "watch", None)
    upstream.drop_connections()
    told = mirror.until_state("Failing", "AnswerInvalid")
    assert "202" in told["message"] and "text/html" in told["message"], told
    mark = upstream.mark()
    upstream.heal()
    until_listed(mirror, upstream, mark)
