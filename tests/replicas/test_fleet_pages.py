"""Pages of lists of all clusters, and streams of their events: each may be asked of another replica than the one that made the token
or the id, which that one then answers."""

import base64
import itertools
import signal
import socket

import pytest

from events import Events
from harness import Client, run_cli, snapshot, snapshots, wait_for
from kube import KubeClient, new_snapshot, snapshots_path
from test_tls import make_certificate

FLEET = "/v1/spectroclusters/-/vms/snapshot"
PROTECTION = "/v1/spectroclusters/-/vms/protection"
PASSED_ON = {"Snapgate-Passed-On": "1"}


def fill(replicas):
    for i in range(3):
        replicas.client().create_cluster(f"c-{i}")
        replicas.client().load(f"c-{i}", snapshots(40, namespaces=("default", "web"), vms=(f"vm-{i}", f"other-{i}")))


@pytest.fixture(scope="module")
def filled(replicas):
    fill(replicas)
    return replicas


def names(page):
    return [(item["metadata"].get("namespace"), item["metadata"]["name"]) for item in page["items"]]


def pages(turns, path, limit, **query):
    """All pages, each asked of the next client."""
    token = None
    for client in turns:
        reply = client.get(path, limit=limit, **query, **({"continue": token} if token else {}))
        assert reply.status == 200, reply
        page = reply.json()
        yield page
        token = page["metadata"].get("continue")
        if not token:
            return


def first_token(client, limit=5):
    return client.get(FLEET, limit=limit).json()["metadata"]["continue"]


def next_page(client, token, headers=None, limit=5):
    return client.get(FLEET, headers, limit=limit, **{"continue": token})


def way_on(reply):
    """What a client goes on with whose token is too old."""
    assert reply.status == 410, reply
    return reply.json()["details"]["continue"]


def listening_again(server):
    """Where the server begins to be known to others, also after a new certificate."""
    wait_for(lambda: server.log("read the certificate again"), "the certificate to be read")


def test_pages_come_from_all_replicas_in_turn(filled):
    turns = itertools.cycle([filled.client(server) for server in filled.servers])
    whole = names(filled.client().get(FLEET, limit=1000).json())
    assert len(whole) == 120
    listed = []
    left = 120
    for i, page in enumerate(pages(turns, FLEET, 7)):
        listed += names(page)
        left -= len(page["items"])
        assert page["metadata"].get("remainingItemCount", 0) == left
        # What is written meanwhile is in none of the pages.
        filled.client().load("c-0", [snapshot("default", f"0-later-{i}", vm="vm-later")])
    assert listed == whole
    for i in range(20):
        filled.kube("c-0").delete(snapshots_path("default", f"0-later-{i}"))


def test_the_kubernetes_list_and_reports_have_such_pages(filled):
    for path, client in ((snapshots_path(), lambda server: KubeClient(server, "-", filled.admin_key)), (PROTECTION, filled.client)):
        whole = client(filled.servers[0]).get(path, limit=500).json()["items"]
        assert len(whole) > 5, whole
        turns = itertools.cycle([client(server) for server in filled.servers])
        listed = [item for page in pages(turns, path, 2) for item in page["items"]]
        assert listed == whole


def test_a_page_is_the_one_that_its_maker_gives(filled):
    one, two, _ = (filled.client(server) for server in filled.servers)
    token = first_token(one)
    here, there = (next_page(client, token) for client in (one, two))
    assert here.status == 200 and here.body == there.body
    assert here.header("ETag") == there.header("ETag") and here.header("Content-Type") == there.header("Content-Type")
    known = next_page(two, token, {"If-None-Match": here.header("ETag")})
    assert known.status == 304 and not known.body
    # One that is large enough is compressed by the maker, and is what it was.
    whole = next_page(one, token, limit=500)
    compressed = next_page(two, token, {"Accept-Encoding": "gzip"}, limit=500)
    assert compressed.json() == whole.json()
    head = two.request("HEAD", FLEET, limit=5, **{"continue": token})
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", str(len(here.body)))


def test_the_maker_knows_who_asks(filled):
    one, two, three = filled.servers
    project = filled.client().create_project("apart")["uid"]
    filled.client().create_cluster("apart", projectUid=project)
    filled.client().load("apart", snapshots(20))
    made = filled.client().create_key("apart", projectUid=project)
    token = first_token(filled.client(one, key=made["key"]))
    page = next_page(filled.client(two, key=made["key"]), token).json()
    assert len(page["items"]) == 5
    assert page["metadata"]["remainingItemCount"] == 10
    # Whoever else shows the token sees what it may see, here as there.
    assert next_page(filled.client(two), token).body == next_page(filled.client(one), token).body
    assert filled.client(two).delete(f"/admin/v1/keys/{made['id']}").status == 204
    assert next_page(filled.client(three, key=made["key"]), token).status == 401
    assert filled.client().delete("/admin/v1/clusters/apart", force="true").status == 204


def test_whoever_signed_in_to_the_console_pages_through_all(filled):
    console = {"X-Snapgate-Console": "1", "Host": "snapgate.example.com"}
    browsers = [Client(server.port) for server in filled.servers]
    reply = browsers[0].post("/console/v1/session", {"key": filled.admin_key}, console)
    session = {**console, "Cookie": reply.header("Set-Cookie").split(";")[0]}
    token = browsers[0].get(FLEET, session, limit=5).json()["metadata"]["continue"]
    for browser in browsers:
        page = next_page(browser, token, session)
        assert page.status == 200 and len(page.json()["items"]) == 5, page
    assert next_page(browsers[1], token, console).status == 401


def test_none_is_passed_on_twice(filled):
    one, two, _ = filled.servers
    token = first_token(filled.client(one))
    passed = next_page(filled.client(two), token, PASSED_ON)
    assert next_page(filled.client(two), way_on(passed)).status == 200
    # Its maker need not pass it on.
    assert next_page(filled.client(one), token, PASSED_ON).status == 200


def test_a_stream_of_events_goes_on_at_another_replica(filled):
    one, two, three = filled.servers
    first = Events(filled.client(one), sendInitialEvents="false").until_synced()
    assert filled.kube("c-1").create("default", new_snapshot("between")).status == 201
    first.until_seen("between")
    first.hang_up()
    second = Events(filled.client(two), after=first.last_id)
    assert filled.kube("c-2").create("default", new_snapshot("behind")).status == 201
    second.until_seen("behind")
    assert second.brief() == [("added", "c-2/behind")]
    # The id that came by another replica is of the same maker.
    third = Events(filled.client(three), after=second.last_id)
    assert filled.kube("c-1").delete(snapshots_path("default", "between")).status == 200
    for stream in (second, third):
        stream.until_seen("between", "removed")
        stream.hang_up()
    assert third.brief() == [("removed", "c-1/between")]
    assert filled.kube("c-2").delete(snapshots_path("default", "behind")).status == 200


def test_no_key_stands_in_a_log(filled):
    next_page(filled.client(filled.servers[1]), first_token(filled.client(filled.servers[0])))
    for server in filled.servers:
        assert filled.admin_key not in "\n".join(server.lines)


def test_the_command_line_lists_a_fleet_through_any_replica(filled, tmp_path):
    for server in filled.servers:
        ran = run_cli("get", "vms", "--all-clusters", "--server", f"http://127.0.0.1:{server.port}", "-o", "json",
                      env={"SNAPGATE_API_KEY": filled.admin_key, "HOME": str(tmp_path)})
        assert ran.returncode == 0, ran.stderr


def test_a_list_goes_on_when_its_replica_is_gone(start_replicas):
    replicas = start_replicas(3)
    fill(replicas)
    key = replicas.admin_key
    one, two, three = replicas.servers
    first = replicas.client(one, key=key).get(FLEET, limit=50).json()
    listed = names(first)
    stream = Events(replicas.client(one, key=key)).until_synced()
    passed = Events(replicas.client(two, key=key), after=stream.last_id)
    assert replicas.kube("c-1", two, key=key).create("default", new_snapshot("last")).status == 201
    passed.until_seen("last")
    one.kill()

    # Also while its lease is not over. What it streamed by way of another has an end.
    gone = next_page(replicas.client(two, key=key), first["metadata"]["continue"], limit=50)
    passed.until_end()
    reply = replicas.client(two, key=key).get(FLEET, {"Accept": "text/event-stream", "Last-Event-ID": passed.last_id})
    assert reply.status == 410 and "begin anew" in reply.text(), reply
    # The way on leads through every replica.
    rest = next_page(replicas.client(three, key=key), way_on(gone), limit=50)
    for turn in itertools.cycle((two, three)):
        assert rest.status == 200, rest
        listed += names(rest.json())
        token = rest.json()["metadata"].get("continue")
        if not token:
            break
        rest = next_page(replicas.client(turn, key=key), token, limit=50)
    # What was made behind a place that the list had passed is not in it.
    whole = names(replicas.client(two, key=key).get(FLEET, limit=500).json())
    assert sorted(listed) == sorted(name for name in whole if name != ("default", "last"))


def test_a_replica_that_stands_still_is_waited_for_only_for_a_while(start_replicas):
    replicas = start_replicas(2)
    fill(replicas)
    one, two = replicas.servers
    token = first_token(replicas.client(one))
    one.signal(signal.SIGSTOP)
    try:
        gone = next_page(replicas.client(two), token)
        assert next_page(replicas.client(two), way_on(gone)).status == 200
    finally:
        one.signal(signal.SIGCONT)


def test_another_replica_at_the_makers_address_passes_nothing_on(start_replicas):
    replicas = start_replicas(2)
    fill(replicas)
    key = replicas.admin_key
    one, two = replicas.servers
    token = first_token(replicas.client(one, key=key))
    one.kill()
    there = replicas.new()
    there.listen = f"127.0.0.1:{one.port}"
    there.start()
    # By the lease of the one that is gone, its address is still known.
    gone = next_page(replicas.client(two, key=key), token)
    for server in (two, there):
        assert next_page(replicas.client(server, key=key), way_on(gone)).status == 200


def test_a_replica_that_ends_leaves_no_stream_behind(start_replicas):
    replicas = start_replicas(2)
    fill(replicas)
    one, two = replicas.servers
    key = replicas.admin_key
    stream = Events(replicas.client(one), sendInitialEvents="false").until_synced()
    passed = Events(replicas.client(two, key=key), after=stream.last_id)
    assert replicas.kube("c-1", key=key).create("default", new_snapshot("here")).status == 201
    passed.until_seen("here")
    assert two.stop() == 0
    passed.until_end()
    assert not two.log("connections are cut off at the stop")


def test_replicas_with_tls_pass_requests_on_also_with_new_certificates(start_replicas, tmp_path):
    certificate, private_key = make_certificate(tmp_path, "first")
    replicas = start_replicas(2, arguments=("--tls-cert", str(certificate), "--tls-key", str(private_key)))
    key = replicas.admin_key
    fill_by = [Client(server.port, key, context=server.tls_context(certificate)) for server in replicas.servers]
    fill_by[0].create_cluster("c")
    fill_by[0].load("c", snapshots(20))
    listed = [name for page in pages(itertools.cycle(fill_by), FLEET, 3) for name in names(page)]
    assert len(set(listed)) == len(listed) == 20

    later, later_key = make_certificate(tmp_path, "second")
    certificate.write_bytes(later.read_bytes())
    private_key.write_bytes(later_key.read_bytes())
    for server in replicas.servers:
        server.signal(signal.SIGHUP)
        listening_again(server)
    clients = [Client(server.port, key, context=server.tls_context(certificate)) for server in replicas.servers]
    token = first_token(clients[0], 3)
    # It tells the others of it within a moment.
    wait_for(lambda: next_page(clients[1], token, limit=3).status == 200, "the new certificate to be known")


def test_a_key_is_sent_to_no_address_that_the_secret_has_not_signed(start_replicas):
    """Who can write to etcd has not the secret, and gets no caller's key."""
    replicas = start_replicas(2)
    fill(replicas)
    one, two = (replicas.client(server) for server in replicas.servers)
    maker = next(row for row in one.get("/admin/v1/replicas").json()["items"] if row["self"])
    etcd = replicas.etcd.members[0]
    held = etcd.post("/v3/kv/range", {"key": base64.b64encode(f"snapgate/replicas/{maker['id']}".encode()).decode()})["kvs"][0]
    words = base64.b64decode(held["value"]).decode().split(" ")
    assert words[1] == maker["address"] and len(words) == 7, words
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        words[1] = f"127.0.0.1:{listener.getsockname()[1]}"
        forged = base64.b64encode(" ".join(words).encode()).decode()

        def refused():
            # The replica itself may write its own address again.
            etcd.post("/v3/kv/put", {"key": held["key"], "value": forged})
            return next_page(two, first_token(one)).status == 410

        wait_for(refused, "the forged address to be read")
        with pytest.raises(TimeoutError):
            listener.accept()
