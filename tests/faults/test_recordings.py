"""What a real kube-apiserver answered, fed to a mirror as it was on the wire.

The recordings are those of tests/conformance/kubernetes: discovery, lists, pages, watches and errors
of KubeVirt's snapshots. Tables and lists of metadata alone are left out: no mirror asks for them.
"""

import sys
import threading

import pytest

from breakage import at_every_byte
from harness import ROOT, name_of, wait_for
from upstream import Upstream
from wire import Answer, encode, event, status_answer

sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import transcripts

EXCHANGES = {exchange.number: exchange for exchange in transcripts.load()}
PATH = "virtualmachinesnapshots"
ALL = "086"  # a list of everything there was


def is_for_mirrors(exchange):
    path, body = exchange.request["path"], exchange.response["body"]
    accepted = exchange.request.get("headers", {}).get("Accept", "")
    return (exchange.request["method"] == "GET" and path.partition("?")[0].endswith("/" + PATH) and "as=" not in accepted
            and "Table" not in str(body)[:200])


MINE = [exchange for exchange in EXCHANGES.values() if is_for_mirrors(exchange)]
WATCHES = [exchange.number for exchange in MINE if exchange.watches and exchange.response["status"] == 200]
LISTS = [exchange.number for exchange in MINE if not exchange.watches and exchange.response["status"] == 200]
ERRORS = [exchange.number for exchange in MINE if exchange.response["status"] != 200]


def items_of(number):
    """{key: object} of a recorded list."""
    return {name_of(item): item
            for item in EXCHANGES[number].response["body"]["items"]}


def after(items, number):
    """What a recorded watch made of a state."""
    items = dict(items)
    for one in EXCHANGES[number].response["body"]:
        if one["type"] in ("ADDED", "MODIFIED", "DELETED"):
            metadata = one["object"]["metadata"]
            items[(metadata["namespace"], metadata["name"])] = one["object"]
            if one["type"] == "DELETED":
                del items[(metadata["namespace"], metadata["name"])]
    return items


def recorded(number):
    """The answer, byte for byte but for white space and what HTTP adds."""
    response = EXCHANGES[number].response
    body = response["body"]
    if isinstance(body, list):
        pieces = [encode(one) + b"\n" for one in body]
        return Answer(response["status"], iter(pieces), response["headers"])
    return Answer(response["status"], body.encode() if isinstance(body, str) else encode(body), response["headers"])


class Expected:
    """What the mirror has to have, in the place of a scripted cluster's objects."""

    def __init__(self):
        self.changed = threading.Condition()
        self.state = {}

    def items(self):
        return self.state


class Recorded(Upstream):
    """Answers with recordings, in the order in which they are given; else it says nothing new."""

    def __init__(self, authority):
        super().__init__(authority)
        self.objects = Expected()
        self.tokens = None

    def answer_to(self, request, connection):
        fault = self.fault_for(request)
        if fault is not None:
            return fault(connection, request, None)
        if request.kind == "discovery":
            number = {"/version": "001", "/apis/snapshot.kubevirt.io": "008", "/apis/snapshot.kubevirt.io/v1beta1": "009"}
            return recorded(number.get(request.path, "012"))
        if request.kind == "review":
            return self.other_answer(request)
        if request.kind == "watch":
            return Answer(200, self.nothing_new(request, connection))
        if request.kind == "probe":
            # How far the cluster has come: never behind what a recording told.
            return Answer(200, encode({"kind": "VirtualMachineSnapshotList", "apiVersion": "snapshot.kubevirt.io/v1beta1",
                                       "metadata": {"resourceVersion": "99999"}, "items": []}))
        return status_answer(503, "ServiceUnavailable", "there is no recording of it")

    def nothing_new(self, request, connection):
        """A watch that says that it stands where it began."""
        yield event("BOOKMARK", {"kind": "VirtualMachineSnapshot", "apiVersion": "snapshot.kubevirt.io/v1beta1",
                                 "metadata": {"resourceVersion": request.version}})
        self.bookmarked += 1
        connection.until_gone()

    def watch_again(self):
        """The open watch, of which something has come, ends."""
        wait_for(lambda: self.bookmarked > 0, "a bookmark")
        self.drop_connections()

    def say(self, kind, number):
        self.break_next(lambda connection, request, healthy: recorded(number), kind)

    def says(self, state, **answers):
        """From now on these recordings, by the kind of request; then the mirror has to have that."""
        for kind, numbers in answers.items():
            for number in numbers.split():
                self.say(kind, number)
        self.objects.state = state


@pytest.fixture
def upstream(authority):
    scripted = Recorded(authority)
    yield scripted
    scripted.stop()


@pytest.fixture
def full(connect, upstream):
    """A mirror that has taken in a recorded list."""
    upstream.says(items_of(ALL), list=ALL)
    made = connect()
    made.until_equal()
    return made


def test_they_are_all_there():
    assert (len(LISTS), len(WATCHES), len(ERRORS)) == (15, 6, 11)


def goes_on(number):
    """Whether it is a first page of several."""
    return bool(EXCHANGES[number].response["body"]["metadata"].get("continue"))


@pytest.mark.parametrize("number", LISTS)
def test_list(connect, upstream, number):
    if goes_on(number):  # the other pages are gone, and the whole list follows
        upstream.says(items_of(ALL), list=f"{number} {ALL}", page="161")
    else:
        upstream.says(items_of(number), list=number)
    mirror = connect()
    mirror.until_equal()
    assert mirror.list()["metadata"]["resourceVersion"] == EXCHANGES[
        ALL if goes_on(number) else number].response["body"]["metadata"]["resourceVersion"]


def test_pages(connect, upstream):
    """Three pages, and then one that is gone, as the history ended meanwhile."""
    upstream.says(items_of("160"), list="087 160", page="088 162 161")
    mirror = connect()
    mirror.until_equal()
    assert [request.query["continue"] for request in upstream.asked("page")] == [
        EXCHANGES[number].response["body"]["metadata"]["continue"] for number in ("087", "088", "162")]


@pytest.mark.parametrize("number", WATCHES)
@pytest.mark.parametrize("split", [False, True])
def test_watch(connect, upstream, number, split):
    """The list that was before it, and the watch from its version on."""
    upstream.says(items_of("122" if number == "123" else "124"), list="122" if number == "123" else "124")
    mirror = connect()
    mirror.until_equal()

    def fault(connection, request, healthy):
        answer = recorded(number)
        if split:
            answer.through(lambda pieces: at_every_byte(connection, pieces))
        return answer

    upstream.break_next(fault, "watch")
    events = EXCHANGES[number].response["body"]
    if number == "164":  # too old: a list follows, and says what there is by now
        upstream.says(items_of("160"), list="160")
    elif number == "126":  # of a watch from 0: events older than what is known, so that it is listed
        upstream.says(items_of("160"), list="160")
    else:
        upstream.says(after(upstream.objects.state, number))
    told = mirror.watch()
    upstream.watch_again()
    last = "43267" if number in ("126", "164") else events[-1]["object"]["metadata"]["resourceVersion"]
    wait_for(lambda: upstream.asked("watch")[-1].version == last, f"a watch from {last}")
    mirror.until_equal()
    assert mirror.list()["metadata"]["resourceVersion"] == last
    if number not in ("126", "164"):
        told.until(lambda one: one["type"] == "DELETED", "the last event")
        assert [one for one in told.events if one["type"] != "BOOKMARK"] == events
    told.hang_up()


@pytest.mark.parametrize("number", ERRORS)
@pytest.mark.parametrize("kind", ["list", "watch"])
def test_error(full, upstream, number, kind):
    """An error in the place of a list or a watch changes nothing of what is known, and is got over."""
    upstream.say(kind, number)
    if kind == "list":
        upstream.say("watch", "164")
    # It is up to the error whether a list follows.
    upstream.break_next(lambda connection, request, healthy: recorded("160"), "list", None)
    upstream.break_next(lambda connection, request, healthy: recorded("164"), lambda request: request.kind == "watch"
                        and request.version != "43267", None)
    upstream.objects.state = items_of("160")
    upstream.watch_again()
    full.until_equal()
