"""Clusters whose past changes: restored from a backup, overtaken by new writes, or another one behind
the same address. A watch goes on there without a word, as kube-apiserver takes any version."""

import copy
import time

import pytest

from breakage import change_list
from harness import wait_for
from informer import Informer
from mirror import scaled_times
from objects import Objects
from witness import Witness, scaled

SCALE = 20
TIMES = scaled_times(SCALE)
MINUTE = scaled(60, SCALE)
OUTAGE = scaled(8, SCALE)  # longer than the 5 seconds after which a mirror compares
SLACK = 1.0


class Story:
    """A cluster with a checkpoint behind it, and what happens to it next."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.objects = upstream.objects
        self.keys = sorted(self.objects.items())
        self.checkpoint = self.objects.checkpoint()

    def write(self, timeline, first=0, last=8):
        """The same writes in each timeline, so that versions and uids repeat with other content."""
        for key in self.keys[first:last]:
            self.objects.annotate(*key, timeline=timeline)

    def lost_timeline(self):
        """What the mirror has seen and the cluster will not know: ghosts, deletions, changes."""
        self.write("lost")
        for number in range(5):
            self.objects.create("gamma", f"ghost-{number}")
        self.objects.delete(*self.keys[9])
        self.objects.recreate(*self.keys[10])

    def restore(self):
        self.objects.restore_without_history(self.checkpoint)

    # What the cluster is when it is back.

    def went_back(self):
        self.restore()

    def went_back_and_writes_go_on(self):
        self.restore()
        self.objects.create("gamma", "after-the-restore")

    def overtook(self):
        """New writes pass the version that the mirror has, before it connects again."""
        self.restore()
        self.write("new", 4, 8)
        self.objects.pass_versions(100)
        self.objects.create("gamma", "after-the-restore")
        self.objects.compact()

    def overtook_with_history(self):
        self.objects.restore(self.checkpoint)
        self.write("new", 4, 8)
        self.objects.pass_versions(100)
        self.objects.create("gamma", "after-the-restore")

    def repeats(self):
        """The same uids at the same versions, up to the very same one, but other content."""
        self.objects.restore(self.checkpoint)
        self.write("new")
        self.objects.pass_versions(8)

    def repeats_and_goes_on(self):
        self.repeats()
        self.objects.pass_versions(100)
        self.objects.update(*self.keys[11])

    def is_another_cluster_that_is_behind(self):
        self.upstream.become(self.another(500))

    def is_another_cluster_that_is_ahead(self):
        self.upstream.become(self.another(5000))

    def is_another_cluster_with_the_same_names(self):
        """Other uids, and the versions pass by those of before."""
        self.upstream.become(self.another(1000, "snap"))

    @staticmethod
    def another(version, prefix="other"):
        other = Objects(version)
        other.fill(20, prefix=prefix)
        return other


def goes_away(mirror):
    """The cluster, and not before the watch has been open for a second: a list follows one that was not."""
    time.sleep(scaled(3, SCALE))
    mirror.upstream.refuse()
    wait_for(lambda: not mirror.is_ready(), "another state than Ready")


def followed_into_the_lost_timeline(connect, upstream):
    """A mirror that has seen what the cluster will not know, and the cluster's story."""
    past, mirror = Story(upstream), connect()
    mirror.until_equal()
    past.lost_timeline()
    mirror.until_equal()
    return past, mirror


# Where versions went back for all to see.
BACKWARDS = [Story.went_back, Story.is_another_cluster_that_is_behind]
STORIES = [Story.went_back, Story.went_back_and_writes_go_on, Story.overtook, Story.overtook_with_history, Story.repeats,
           Story.repeats_and_goes_on, Story.is_another_cluster_that_is_behind, Story.is_another_cluster_that_is_ahead,
           Story.is_another_cluster_with_the_same_names]


@pytest.fixture(autouse=True)
def quiet(upstream):
    """Nothing is heard of a version but with an event, or when it is asked for."""
    upstream.bookmarks = None


@pytest.fixture(params=[False, True], ids=["list", "WatchList"])
def upstream_kind(request, upstream):
    if request.param:
        upstream.minor, upstream.watch_list = "33", True
    return upstream


def name_of(story):
    return story.__name__


@pytest.mark.parametrize("goes_on", STORIES, ids=name_of)
def test_after_an_outage_it_is_never_ready_while_wrong(upstream_kind, goes_on, connect, upstream):
    """The connection was lost for so long that the mirror compares before it says Ready again, or lag 0."""
    past, mirror = followed_into_the_lost_timeline(connect, upstream)
    goes_away(mirror)
    goes_on(past)
    time.sleep(OUTAGE)
    with Witness(mirror, wrong_for=0.1) as witness:
        upstream.accept()
        mirror.until_equal(seconds=MINUTE + SLACK)
        upstream.objects.create("delta", "much-later")
        mirror.until_equal(seconds=MINUTE + SLACK)
    witness.saw_nothing_wrong()


@pytest.mark.parametrize("goes_on", BACKWARDS, ids=name_of)
def test_without_an_outage_it_is_equal_within_a_minute(upstream_kind, goes_on, connect, upstream):
    """The server was away for a moment alone: what it is asked in the silence afterwards tells it."""
    past, mirror = followed_into_the_lost_timeline(connect, upstream)
    upstream.refuse()
    goes_on(past)
    with Witness(mirror, wrong_for=MINUTE + SLACK) as witness:
        upstream.accept()
        mirror.until_equal(seconds=MINUTE + SLACK)
    witness.saw_nothing_wrong()


@pytest.mark.parametrize("goes_on", STORIES, ids=name_of)
def test_informers_of_the_mirror_end_equal(goes_on, connect, upstream):
    """One that watches all the time, one that comes back with a version of the lost timeline, and one that
    comes anew: nothing tells a version that both timelines have from itself."""
    past = Story(upstream)
    mirror = connect()
    mirror.until_equal()
    watching, returning = Informer(mirror, may_know=True), Informer(mirror, may_know=True)
    watching.catch_up()
    past.lost_timeline()
    mirror.until_equal()
    watching.until_equal(lambda: mirror.items()[0])
    returning.until_equal(lambda: mirror.items()[0])
    watching.catch_up()
    goes_away(mirror)
    goes_on(past)
    time.sleep(OUTAGE)
    upstream.accept()
    mirror.until_equal(seconds=MINUTE + SLACK)
    informers = [watching, returning, Informer(mirror, may_know=True)]
    for informer in informers:
        informer.catch_up()
        informer.until_equal(upstream.objects.items)
    upstream.objects.create("delta", "much-later")
    mirror.until_equal()
    for informer in informers:
        informer.catch_up()
        informer.until_equal(upstream.objects.items)


def test_a_version_that_the_mirror_does_not_have_is_gone(connect, upstream):
    """A watch from ahead of the mirror gets a 410 after three seconds, which every informer gets over."""
    mirror = connect()
    mirror.until_equal()
    watch = mirror.kube.watch(str(upstream.objects.version + 100))
    error = watch.until(lambda event: event["type"] == "ERROR", "an error")
    assert error["object"]["code"] == 410 and error["object"]["reason"] in ("Expired", "Gone"), error
    watch.until_end()


def test_a_short_loss_compares_nothing(connect, upstream):
    """A connection that is lost and there again costs no list, also none of metadata alone."""
    mirror = connect()
    mirror.until_equal()
    mark = upstream.mark()
    for _ in range(3):
        # A watch that is cut within a second of its beginning is of no use, and a list follows.
        time.sleep(scaled(3, SCALE))
        upstream.drop_connections()
        upstream.objects.create("gamma", f"later-{upstream.objects.version}")
        mirror.until_equal()
    assert upstream.asked("list", "metadata", since=mark) == []


@pytest.mark.parametrize("changed", [False, True], ids=["without a change", "with a change"])
def test_after_an_outage_metadata_is_enough(changed, connect, upstream):
    """Where versions went on and events explain what differs, the whole list is not asked for."""
    mirror = connect()
    mirror.until_equal()
    mark = upstream.mark()
    for _ in range(3):
        goes_away(mirror)
        time.sleep(OUTAGE)
        upstream.objects.pass_versions(20)
        if changed:
            upstream.objects.update(*sorted(upstream.objects.items())[0])
        upstream.accept()
        mirror.until_equal()
    assert upstream.asked("metadata", since=mark) and upstream.asked("list", "page", since=mark) == []


@pytest.mark.parametrize("change", [Objects.annotate, Objects.update], ids=lambda change: change.__name__)
def test_the_same_versions_with_other_content(upstream_kind, change, connect, upstream):
    """The restored cluster wrote the same objects at the same versions, and went on: of all that the mirror
    has nothing but the content is another."""
    past = Story(upstream)
    mirror = connect()
    mirror.until_equal()
    for key in past.keys[:8]:
        change(past.objects, *key, timeline="lost")
    mirror.until_equal()
    goes_away(mirror)
    past.objects.restore(past.checkpoint)
    for key in past.keys[:8]:
        change(past.objects, *key, timeline="new")
    past.objects.pass_versions(100)
    past.objects.update(*past.keys[11])
    time.sleep(OUTAGE)
    with Witness(mirror, wrong_for=0.1) as witness:
        upstream.accept()
        mirror.until_equal(seconds=MINUTE + SLACK)
    witness.saw_nothing_wrong()


def test_metadata_that_is_never_shown_as_in_the_objects(connect, upstream):
    """By who stands before the cluster, say: that is found out once, and not taken for a difference again."""
    def add_to_each(body):
        for item in body["items"]:
            item["metadata"]["annotations"]["shown-by"] = "a gateway"

    upstream.break_next(change_list(add_to_each), "metadata", None)
    mirror = connect()
    mirror.until_equal()
    lists = []
    for _ in range(2):
        mark = upstream.mark()
        goes_away(mirror)
        time.sleep(OUTAGE)
        upstream.objects.update(*sorted(upstream.objects.items())[0])
        upstream.accept()
        mirror.until_equal()
        assert upstream.asked("metadata", since=mark)
        lists.append(len(upstream.asked("list", since=mark)))
    assert lists == [1, 0]


def test_objects_are_never_changed_in_place(upstream):
    """What the other tests compare with is what the cluster had then."""
    before = upstream.objects.items()
    kept = copy.deepcopy(before)
    Story(upstream).lost_timeline()
    assert before == kept
