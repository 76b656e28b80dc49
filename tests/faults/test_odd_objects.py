"""What stands in a cluster and is no object that could be shown is passed over and counted, each with
its reason, and everything else is shown: in lists, pages, watches, WatchLists and self-checks."""

import pytest

from mirror import TIMES as USUAL
from odd import NAMED, ODD
from test_lists import list_again
from test_self_check import is_found_equal
from test_watches import some_key

TIMES = USUAL


@pytest.fixture(params=["list", "pages", "WatchList"])
def upstream_kind(request, upstream):
    """How the first state comes."""
    if request.param == "pages":
        upstream.pages_at_zero, upstream.page_size = True, 5
    if request.param == "WatchList":
        upstream.minor, upstream.watch_list = "33", True
    return upstream


def has_passed_over(mirror, count):
    status = mirror.until_equal()
    assert status["skipped"] == count, status
    if count:
        name, colon, why = status["skippedExample"].partition(": ")
        assert name and colon and len(why) > 5, status
    else:
        assert "skippedExample" not in status


def test_all_of_them_at_once(upstream_kind, connect, upstream):
    for name, change in ODD.items():
        upstream.objects.put_odd(name, change)
    mirror = connect()
    has_passed_over(mirror, len(ODD))
    upstream.objects.create("gamma", "later")
    upstream.objects.update(*some_key(upstream))
    has_passed_over(mirror, len(ODD))


def test_each_in_a_list(mirror, upstream):
    """One after the other, so that a failure tells which."""
    for name, change in ODD.items():
        upstream.objects.put_odd(name, change)
        upstream.objects.compact()
        list_again(upstream)
        upstream.objects.create("gamma", name.replace(" ", "-").replace(",", "").lower())
        try:
            has_passed_over(mirror, 1)
        except AssertionError as failure:
            raise AssertionError(f"{name}: {failure}") from None
        upstream.objects.delete_odd(name)
        upstream.objects.compact()
    list_again(upstream)
    upstream.objects.create("gamma", "last")
    has_passed_over(mirror, 0)


def test_each_in_a_watch(mirror, upstream):
    """It comes and goes between two others. What is left of one whose name nobody can read is
    forgotten with the next list alone."""
    for name, change in ODD.items():
        upstream.objects.put_odd(name, change)
        upstream.objects.create("gamma", name.replace(" ", "-").replace(",", "").lower())
        try:
            assert mirror.until_equal()["skipped"] >= 1
        except AssertionError as failure:
            raise AssertionError(f"{name}: {failure}") from None
        upstream.objects.delete_odd(name)
        upstream.objects.create("delta", name.replace(" ", "-").replace(",", "").lower())
        mirror.until_equal()
        if name in NAMED:
            has_passed_over(mirror, 0)
        list_again(upstream)
        upstream.objects.compact()
        upstream.objects.create("epsilon", name.replace(" ", "-").replace(",", "").lower())
        has_passed_over(mirror, 0)


@pytest.mark.parametrize("name", NAMED)
def test_one_that_was_shown_and_becomes_odd(mirror, upstream, name):
    """What it was before is not shown any more, and it is again once it is whole."""
    key, mark = some_key(upstream, 3), upstream.mark()
    upstream.objects.make_odd(key, NAMED[name])
    status = mirror.until_equal()
    assert status["skipped"] == 1 and "/".join(key) in status["skippedExample"], status
    assert mirror.kube.read(*key).status == 404
    upstream.objects.make_good(key)
    has_passed_over(mirror, 0)
    assert mirror.has(*key)
    assert upstream.asked("list", since=mark) == []


def test_a_self_check_sees_no_difference(start_own, connect, upstream):
    mirror = connect(on=start_own(USUAL + ",check=300ms"))
    mirror.until_equal()
    for name, change in ODD.items():
        upstream.objects.put_odd(name, change)
    upstream.objects.create("gamma", "later")
    mirror.until_equal()
    list_again(upstream)
    upstream.objects.create("gamma", "after")
    has_passed_over(mirror, len(ODD))
    mark = upstream.mark()
    is_found_equal(mirror)
    assert upstream.asked("list", since=mark) == []


def test_a_self_check_finds_a_lost_event_beside_them(start_own, connect, upstream):
    """What is passed over hides nothing else."""
    for name, change in ODD.items():
        upstream.objects.put_odd(name, change)
    mirror = connect(on=start_own(USUAL + ",check=300ms"))
    mirror.until_equal()
    with upstream.objects.changed:
        upstream.objects.update(*some_key(upstream, 2))
        upstream.objects.lose_last_event()
        upstream.objects.create("gamma", "later")
    mirror.until_equal()
    assert mirror.status()["differences"] >= 1
