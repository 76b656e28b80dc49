"""The self-check: what it finds that nothing else does, and where it must not see what is not there."""

import pytest

from harness import wait_for
from mirror import TIMES
from test_lists import LARGE
from test_watches import some_key


@pytest.fixture
def checked(start_own, upstream, connect):
    """A mirror that compares itself with its cluster several times a second."""
    mirror = connect(on=start_own(TIMES + ",check=300ms"))
    mirror.until_equal()
    return mirror


def lose_an_event(upstream):
    with upstream.objects.changed:
        upstream.objects.update(*some_key(upstream, 2))
        upstream.objects.lose_last_event()
        upstream.objects.create("gamma", "later")


def is_found_equal(mirror, times=2):
    """So many more checks come to an end, and none of them finds a difference."""
    before = mirror.status()
    wait_for(lambda: mirror.status()["checks"] >= before["checks"] + times, f"checks, but {mirror.status()}")
    assert mirror.status()["differences"] == before["differences"]


def test_lost_event(checked, upstream):
    """Nothing says that an event never came: the self-check finds out."""
    lose_an_event(upstream)
    checked.until_equal()
    assert checked.status()["differences"] >= 1


def test_nothing_lost(checked, upstream):
    mark = upstream.mark()
    for number in range(3):
        upstream.objects.create("gamma", f"later-{number}")
        is_found_equal(checked)
    assert upstream.asked("list", since=mark) == []


def test_version_that_is_gone(checked, upstream):
    """Where only other things change, the cluster soon forgets the mirror's version: the newest state
    is compared then."""
    upstream.objects.pass_versions(100)
    upstream.objects.compact()
    mark = upstream.mark()
    is_found_equal(checked)
    assert upstream.asked("list", since=mark) == []
    upstream.objects.update(*some_key(upstream, 2))
    upstream.objects.lose_last_event()
    upstream.objects.pass_versions(100)
    upstream.objects.compact()
    checked.until_equal()
    assert checked.status()["differences"] >= 1


def test_the_same_versions_with_other_content(checked, upstream):
    """A cluster that was restored in a moment, and went on as it had: no version tells it."""
    past = upstream.objects.checkpoint()
    upstream.objects.update(*some_key(upstream, 2), note="lost")
    checked.until_equal()
    upstream.refuse()
    upstream.objects.restore(past)
    upstream.objects.update(*some_key(upstream, 2), note="new")
    upstream.accept()
    upstream.objects.create("gamma", "later")
    checked.until_equal()
    assert checked.status()["differences"] >= 1


def test_what_cannot_be_shown(checked, upstream):
    """What is too large is not here, and no difference; also when it is seen twice, becomes small
    again, or goes."""
    first, second = some_key(upstream, 3), some_key(upstream, 4)
    mark = upstream.mark()
    for key in (first, first, second):
        upstream.objects.update(*key, note=LARGE)
        checked.until_equal(without={first, key})
    is_found_equal(checked)
    assert checked.status()["skipped"] == 2
    upstream.objects.update(*first, note="small again")
    checked.until_equal(without={second})
    is_found_equal(checked)
    assert checked.status()["skipped"] == 1
    upstream.objects.delete(*second)
    checked.until_equal()
    is_found_equal(checked)
    assert checked.status()["skipped"] == 0
    assert "skippedExample" not in checked.status()
    assert upstream.asked("list", since=mark) == []
