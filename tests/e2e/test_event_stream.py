"""Snapshots as server-sent events: what is there, then each change once and in order, whatever is cut meanwhile."""

import json
import random
import subprocess
import threading

import pytest

from connected import UID
from events import Events
from harness import PATIENCE, ROOT, Following, snapshot, wait_for
from kube import KubeClient, new_snapshot
from palette import Palette

EVENTS = {"Accept": "text/event-stream"}


def new_cluster(admin, uid, **fields):
    admin.create_cluster(uid, **fields)
    admin.load(uid, [snapshot("a", f"{uid}-first")])
    return Palette(admin, uid, "a")


def add(palette, name):
    return palette.made("web-01", snapshot("a", name, "web-01"))


def load_failed(client, uid, name):
    client.load(uid, [snapshot("a", name, "web-01", "Failed")])


@pytest.fixture
def two(start_server):
    """A server with two clusters."""
    server = start_server("--access-log", "off")
    admin = server.client()
    return server, new_cluster(admin, "east"), new_cluster(admin, "west")


def test_the_state_and_then_each_change(two):
    server, east, west = two
    streams = [Events(server.client()).until_synced(), Events(server.client(), "east").until_synced()]
    assert streams[0].status == 200 and streams[0].answer.getheader("Content-Type") == "text/event-stream"
    assert streams[0].brief() == [("added", "east/east-first"), ("added", "west/west-first")]
    assert streams[1].brief() == [("added", "east/east-first")]
    made = add(east, "one")
    add(west, "two")
    made["metadata"]["labels"] = {"n": "1"}
    assert east.update("web-01", "one", made).status == 200
    assert east.delete("web-01", "one").status == 204
    add(east, "end")
    for stream in streams:
        stream.until_seen("end")
    of_east = [("added", "east/one"), ("modified", "east/one"), ("removed", "east/one"), ("added", "east/end")]
    assert streams[0].changes() == [of_east[0], ("added", "west/two"), *of_east[1:]]
    assert streams[1].changes() == of_east
    # An event has the item of the list.
    listed = server.client().items("-")
    assert streams[0].until_seen("end").data == next(item for item in listed if item["metadata"]["name"] == "end")
    ids = [event.id for event in streams[0].events if event.id]
    assert len(ids) == len(set(ids)) == 6  # synced and five changes


def test_filters_are_entered_and_left(two):
    server, east, _ = two
    failed = Events(server.client(), phase="Failed").until_synced()
    labels = Events(server.client(), labelSelector="team=x", cluster="east").until_synced()
    soon = Events(server.client(), createdAfter="1h", vmName="web-01", name="ON").until_synced()
    assert failed.brief() == labels.brief() == soon.brief() == []
    kube = KubeClient(server, "east")
    add(east, "one")
    load_failed(server.client(), "west", "one")
    for labels_of in ({"team": "x"}, {"team": "x", "n": "1"}, {"team": "y"}):
        assert kube.patch("a", "one", {"metadata": {"labels": labels_of}}).status == 200
    for phase in ("Failed", "Succeeded"):
        assert kube.patch("a", "one", {"status": {"phase": phase}}, status=True).status == 200
    load_failed(server.client(), "east", "done")
    failed.until_seen("done")
    assert failed.changes() == [("added", "west/one"), ("added", "east/one"), ("removed", "east/one"), ("added", "east/done")]
    removed = failed.until_seen("one", "removed")
    assert removed.data["status"]["phase"] == "Failed"  # as it was listed
    assert labels.changes() == [("added", "east/one"), ("modified", "east/one"), ("removed", "east/one")]
    soon.until_seen("one")
    wait_for(lambda: len(soon.changes()) >= 6, soon.changes)
    assert [kind for kind, name in soon.changes() if name == "east/one"] == ["added"] + ["modified"] * 5


def test_only_changes(two):
    server, east, _ = two
    stream = Events(server.client(), sendInitialEvents="false").until_synced()
    assert stream.brief() == []
    first = stream.last_id
    add(east, "one")
    stream.until_seen("one")
    assert stream.brief() == [("added", "east/one")]
    # The id goes on in the same stream, however that began.
    again = Events(server.client(), after=first)
    again.until_seen("one")
    assert ("added", "east/one") in again.brief() and ("added", "east/east-first") not in again.brief()
    reply = server.client().list("-", sendInitialEvents="false")
    assert reply.status == 400 and "sendInitialEvents" in reply.text(), reply


def test_time_alone_makes_no_event(two):
    """How long ago something was counts from when the stream began, also after it was cut."""
    server, east, _ = two
    client = server.client()
    stream = Events(client, createdBefore="1s").until_synced()
    first = stream.last_id
    add(east, "one")

    def is_old_enough_for_a_new_stream():
        with_it = Events(client, createdBefore="1s").until_synced()
        with_it.hang_up()
        return ("added", "east/one") in with_it.brief()

    wait_for(is_old_enough_for_a_new_stream, "a second to pass")
    client.load("east", [snapshot("a", "marker", creationTimestamp="2020-01-01T00:00:00Z")])
    again = Events(client, after=first, createdBefore="1s")
    for one in (stream, again):
        one.until_seen("marker")
    assert stream.changes() == again.brief() == [("added", "east/marker")]


def test_what_a_stream_does_not_take(two):
    server, *_ = two
    client = server.client()
    for name, value in (("stuck", "true"), ("sort", "-created"), ("continue", "x"), ("nonsense", "1"), ("phase", "Odd")):
        reply = client.list("-", headers=EVENTS, **{name: value})
        assert reply.status == 400 and name in reply.text(), reply
    for text in ("x", "A" * 300, "%00"):
        reply = client.list("-", headers={**EVENTS, "Last-Event-ID": text})
        assert reply.status == 400 and "Last-Event-ID" in reply.text(), reply
    other = Events(client, "east").until_synced().last_id
    reply = client.list("-", headers={**EVENTS, "Last-Event-ID": other})
    assert reply.status == 400 and "another stream" in reply.text(), reply
    assert client.list("nobody", headers=EVENTS).status == 404
    head = client.request("HEAD", "/v1/spectroclusters/-/vms/snapshot", headers=EVENTS)
    assert (head.status, head.header("Content-Type"), head.body) == (200, "text/event-stream", b"")


def test_goes_on_after_any_event_exactly_once_also_across_restarts(two):
    """A stream from the id of each event sees exactly the events after it, in the same order."""
    server, east, west = two
    whole = Events(server.client()).until_synced()
    some = Events(server.client(), name="3").until_synced()
    dice = random.Random(5)
    for round_, end in enumerate((None, server.stop, server.kill)):
        if end:
            before = whole.last_id, some.last_id
            end()
            server.start()
            client = server.client()
            east, west = (Palette(client, uid, "a") for uid in ("east", "west"))
            streams = [Events(client, after=before[0]), Events(client, after=before[1], name="3")]
            for old, new in zip((whole, some), streams):
                new.events[:0] = [event for event in old.events if event.kind != "end"]
            whole, some = streams
        for number in range(12):
            palette = dice.choice((east, west))
            name = f"r{round_}-{number}"
            add(palette, name)
            if dice.random() < 0.3:
                assert palette.delete("web-01", name).status == 204
        # Many in one commit, and as a stage.
        server.client().load("west", [snapshot("a", f"i{round_}-{number}") for number in range(20)])
        add(east, f"marker3-{round_}")
        whole.until_seen(f"marker3-{round_}")
        some.until_seen(f"marker3-{round_}")
    events = [event for event in whole.events if event.id]
    assert len({event.id for event in events}) == len(events)
    expected = [(event.kind, event.name) for event in events]
    for number in dice.sample(range(len(events) - 1), 25):
        again = Events(server.client(), after=events[number].id)
        again.until_seen("marker3-2")
        assert again.brief() == expected[number + 1:], f"after event {number}"
        again.hang_up()
    assert [name for _, name in some.brief()] == [name for _, name in whole.brief() if "3" in name.split("/")[1]]


def test_cut_at_random_while_others_write(two):
    """One that is cut again and again has seen, in the end, what one that was never cut has."""
    server, *_ = two
    whole = Events(server.client()).until_synced()
    dice = random.Random(11)
    stop = threading.Event()

    def write(uid, seed):
        own = random.Random(seed)
        palette = Palette(server.client(keep=True), uid, "a")
        number = 0
        while not stop.is_set():
            add(palette, f"w-{number}")
            if own.random() < 0.4:
                palette.delete("web-01", f"w-{number}")
            number += 1

    writers = [threading.Thread(target=write, args=(uid, uid)) for uid in ("east", "west")]
    for writer in writers:
        writer.start()
    seen, after = [], None
    for cut in range(15):
        part = Events(server.client(), after=after)
        if after is None:
            part.until_synced()
        before = len(part.events)
        wait_for(lambda: len(part.events) > before + dice.randrange(1, 30), "events")
        part.hang_up()
        part.until_end()
        seen += [(event.kind, event.name, event.id) for event in part.events]
        after = part.last_id
    stop.set()
    for writer in writers:
        writer.join()
    add(Palette(server.client(), "east", "a"), "marker")
    last = Events(server.client(), after=after)
    for stream in (whole, last):
        stream.until_seen("marker")
    seen += [(event.kind, event.name, event.id) for event in last.events]
    first = next(number for number, (kind, _, _) in enumerate(seen) if kind == "synced")
    expected = [(event.kind, event.name, event.id) for event in whole.events]
    state = {name for kind, name, _ in seen[:first]}
    assert state >= {"east/east-first", "west/west-first"}
    # The other began earlier: what came before the state of this one is in it.
    after_state = seen[first + 1:]
    assert after_state == expected[len(expected) - len(after_state):]
    assert len(after_state) > 50


def test_too_old_is_gone(start_server):
    server = start_server("--history", "1s")
    palette = new_cluster(server.client(), "east")
    old = Events(server.client()).until_synced().last_id
    add(palette, "one")

    def refused():
        add(palette, f"more-{random.random()}")
        reply = Events(server.client(), after=old)
        reply.hang_up()
        return reply.status == 410

    wait_for(refused, "the id to expire", 20)
    reply = server.client().list("-", headers={**EVENTS, "Last-Event-ID": old})
    assert reply.status == 410 and "begin anew without it" in reply.text(), reply
    assert Events(server.client()).until_synced().status == 200


def test_clusters_that_come_and_go(two):
    server, *_ = two
    admin = server.client()
    stream = Events(server.client()).until_synced()
    one = Events(server.client(), "west").until_synced()
    before = stream.last_id
    north = new_cluster(admin, "north")
    stream.until_seen("north-first")
    add(north, "one")
    seen = stream.until_seen("one")
    again = Events(server.client(), after=before)
    again.until_seen("one")
    assert again.brief() == stream.changes() == [("added", "north/north-first"), ("added", "north/one")]
    assert admin.delete("/admin/v1/clusters/west", force="true").status in (200, 204)
    gone = stream.until(lambda event: event.kind == "clusterRemoved", "the removal")
    assert gone.data == {"uid": "west", "name": "west"}
    assert [event.kind for event in one.until_end()][-1] == "end" and one.events[-1].data["reason"] == "clusterRemoved"
    # Whoever was not told of it has to begin anew; whoever was goes on.
    reply = server.client().list("-", headers={**EVENTS, "Last-Event-ID": seen.id})
    assert reply.status == 410 and "removed" in reply.text(), reply
    add(north, "two")
    told = Events(server.client(), after=gone.id)
    told.until_seen("two")
    assert told.brief() == [("added", "north/two")]


def test_a_project_sees_its_own_and_a_revoked_key_ends(start_server):
    server = start_server()
    admin = server.client()
    projects = [admin.create_project(name)["uid"] for name in ("red", "blue")]
    keys = [admin.create_key(f"reader-{uid}", projectUid=uid) for uid in projects]
    red = new_cluster(admin, "red-1", projectUid=projects[0])
    blue = new_cluster(admin, "blue-1", projectUid=projects[1])
    streams = [Events(server.client(key["key"])).until_synced() for key in keys]
    assert [stream.brief() for stream in streams] == [[("added", "red-1/red-1-first")], [("added", "blue-1/blue-1-first")]]
    for palette in (red, blue):
        add(palette, "end")
    for stream, uid in zip(streams, ("red-1", "blue-1")):
        stream.until_seen("end")
        assert stream.changes() == [("added", f"{uid}/end")]
    # An id is bound to what its key saw.
    reply = server.client(keys[1]["key"]).list("-", headers={**EVENTS, "Last-Event-ID": streams[0].last_id})
    assert reply.status == 400, reply
    assert admin.delete(f"/admin/v1/keys/{keys[0]['id']}").status in (200, 204)
    add(red, "late")
    # At once, not with the next heartbeat.
    assert streams[0].until_end(5 * PATIENCE)[-1].data["reason"] == "keyRevoked"
    assert streams[0].changes() == [("added", "red-1/end")]
    assert streams[1].ended is None


def test_a_heartbeat_and_a_server_that_stops(two):
    server, east, west = two
    quiet = Events(server.client(), name="nothing-has-it").until_synced()
    comments, id_ = quiet.comments, quiet.last_id
    add(east, "one")
    # The id goes on with what the filter leaves out.
    wait_for(lambda: quiet.comments > comments and quiet.last_id != id_, "a heartbeat", 20)
    server.stop()
    assert quiet.until_end()[-1].data["reason"] == "shutdown" and quiet.ended == "end"


def test_a_reader_that_stops_reading_holds_up_nobody(two):
    server, east, _ = two
    slow = Events(server.client()).until_synced()
    slow.take = lambda line: stop.wait()
    stop = threading.Event()
    reader = Events(server.client()).until_synced()
    kube = KubeClient(server, "east")
    for number in range(60):
        kube.made("a", new_snapshot(f"large-{number}", annotations={"text": "x" * 200_000}))
    reader.until_seen("large-59")
    assert reader.changes() == [("added", f"east/large-{number}") for number in range(60)]
    # Before it is cut off it may read on, and misses nothing.
    slow.take = lambda line: Events.take(slow, line)
    stop.set()
    wait_for(lambda: slow.ended or len(slow.changes()) >= 59, "the rest", 30 * PATIENCE)


def test_what_a_connected_cluster_publishes(pair):
    """A first list and what comes later, beside writes of another cluster: every change once, in the order in which it
    was published, and so again for whoever goes on from the middle."""
    server = pair.mirror
    other = new_cluster(server.client(), "other")
    kube = pair.theirs
    kube.create_namespace("a")
    pair.upstream.client().load(UID, [snapshot("a", f"s-{number:03}") for number in range(600)])
    stream = Events(server.client()).until_synced()
    begin = stream.last_id
    pair.connect()
    written = 0
    while pair.cluster()["state"] != "Ready":
        add(other, f"w-{written}")
        written += 1
    stream.until_seen("s-599")
    server.stop()
    assert kube.remove("a", "s-000").status == 200
    assert kube.patch("a", "s-001", {"metadata": {"labels": {"x": "y"}}}).status == 200
    kube.made("a", new_snapshot("last"))
    server.start()
    rest = Events(server.client(), after=stream.last_id)
    rest.until_seen("last")
    name = server.client().cluster(UID)["name"]
    assert rest.brief() == [("removed", f"{name}/s-000"), ("modified", f"{name}/s-001"), ("added", f"{name}/last")]
    expected = stream.changes() + rest.brief()
    assert sorted(expected[:-3]) == sorted([("added", f"{name}/s-{number:03}") for number in range(600)] +
                                           [("added", f"other/w-{number}") for number in range(written)])
    changes = [event for event in stream.events if event.id and "metadata" in event.data]
    for after, left in [(begin, expected)] + [(changes[n].id, expected[n + 1:]) for n in (3, 300, 599)]:
        again = Events(server.client(), after=after)
        again.until_seen("last")
        assert again.brief() == left
        again.hang_up()


def test_an_event_source_through_cuts_and_a_restart(two):
    """Node's EventSource (20.18 or later) behind a proxy that cuts it: every change once and in order."""
    server, east, west = two
    script = ROOT / "tests" / "e2e" / "javascript" / "events.mjs"
    command = ["node", "--experimental-eventsource", "--no-warnings", str(script), f"http://127.0.0.1:{server.port}", server.admin_key]
    with Following(command, None, stdin=subprocess.PIPE) as source:
        def events():
            return [json.loads(line) for line in list(source.lines)]

        def named(name):
            return lambda: any(event.get("name") == name for event in events())

        wait_for(lambda: any(event["event"] == "synced" for event in events()), "synced", 20)
        expected = []
        for number in range(120):
            if number == 60:
                wait_for(named("n-40"), "what was written first", 60)
                server.stop()
                server.listen = f"127.0.0.1:{server.port}"
                server.start()
                east, west = (Palette(server.client(), uid, "a") for uid in ("east", "west"))
            palette = (east, west)[number % 2]
            add(palette, f"n-{number}")
            expected.append(("added", f"n-{number}"))
            if number % 3 == 0:
                assert palette.delete("web-01", f"n-{number}").status == 204
                expected.append(("removed", f"n-{number}"))
        wait_for(named("n-119"), lambda: events()[-3:], 120)
        seen = [(event["event"], event["name"]) for event in events() if event.get("id") and event.get("name")]
        assert seen == expected
        assert sum(event["event"] == "open" for event in events()) > 3
