"""WatchList that is refused: by a status, or inside a stream that began well. Lists are good then."""

import pytest

from breakage import error_event, status
from harness import wait_for
from mirror import scaled_times
from test_connections import changes
from test_lists import follows_into_another_list

TIMES = scaled_times(100)
MESSAGE = "a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled"
# (code, reason) of what a server may say that has WatchList, or knows it, and cannot serve it.
REFUSALS = [(400, "BadRequest"), (403, "Forbidden"), (404, "NotFound"), (405, "MethodNotAllowed"), (410, "Expired"),
            (422, "Invalid"), (500, "InternalError"), (501, "Unsupported"), (504, "Timeout")]


@pytest.fixture
def upstream(upstream):
    upstream.minor, upstream.watch_list = "33", True
    return upstream


def in_the_stream(code, reason, after=0):
    """So many objects of the initial state, then the error, and the stream ends."""
    def broken(connection, request, healthy):
        answer = healthy()
        pieces = answer.pieces

        def stream():
            for number, piece in enumerate(pieces):
                if number == after:
                    yield error_event(code, reason, MESSAGE)
                    return
                yield piece

        answer.pieces = stream()
        return answer

    return broken


def is_served_by_lists(connect, upstream, fault):
    refused = upstream.break_next(fault, "watchlist", None)
    mirror = connect()
    mirror.until_equal()
    # It is not tried again with the second list.
    follows_into_another_list(mirror, upstream)
    assert refused.hits == 1 and upstream.asked("list")
    return mirror


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_refused_by_a_status(connect, upstream, refusal):
    is_served_by_lists(connect, upstream, status(*refusal, MESSAGE))


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_refused_inside_the_stream(connect, upstream, refusal):
    is_served_by_lists(connect, upstream, in_the_stream(*refusal))


def test_refused_within_the_initial_state(connect, upstream):
    is_served_by_lists(connect, upstream, in_the_stream(500, "InternalError", after=5))


@pytest.mark.parametrize("refusal", [(429, "TooManyRequests"), (503, "ServiceUnavailable")], ids=str)
def test_refused_for_now(connect, upstream, refusal):
    """Whatever the mirror makes of it, the cluster is served."""
    upstream.break_next(in_the_stream(*refusal), "watchlist", None)
    mirror = connect()
    mirror.until_equal()
    changes(upstream)
    mirror.until_equal()


def test_tried_again_with_another_version_of_the_server(connect, upstream):
    mirror = is_served_by_lists(connect, upstream, in_the_stream(500, "InternalError"))
    upstream.heal()
    upstream.refuse()
    wait_for(lambda: not mirror.is_ready(), "another state than Ready")
    changes(upstream, "upgraded")
    upstream.objects.compact()
    upstream.minor = "34"
    mark = upstream.mark()
    upstream.accept()
    mirror.until_equal()
    wait_for(lambda: mirror.is_ready(), "Ready")
    assert upstream.asked("watchlist", since=mark)
    changes(upstream, "after-the-upgrade")
    mirror.until_equal()
