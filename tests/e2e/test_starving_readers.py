"""Readers that ask and do not read, read slowly, or ask for all that takes long, and editors whose bodies take long to
judge: what they get, and what it costs the others."""

import itertools
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from harness import LIST_ROUTE, PATIENCE, REQUEST_SECONDS, SANITIZED, OpenAnswer, SocketReader, snapshot, wait_for

LIST_PATH = "/clusters/{uid}/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots"
LARGE = 1_900_000


def large(name, size=LARGE):
    item = snapshot("big", name)
    item["status"]["error"] = {"time": "2026-01-01T00:00:00Z", "message": "x" * size}
    return item


def request_text(key, target, *headers):
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: snapgate", f"ApiKey: {key}",
                        f"Authorization: Bearer {key}", *headers, "", ""]).encode()


def anonymous_kib(server):
    """Memory that belongs to the process alone, in KiB."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


@pytest.fixture
def own(start_server):
    """A server with a cluster of four large and many small objects, and a reader's key."""
    server = start_server()
    admin = server.client()
    admin.create_cluster("big")
    admin.load("big", [large(f"large-{i}") for i in range(4)])
    admin.create_cluster("many")
    # More of them than are compressed as one answer.
    admin.load("many", [snapshot(f"ns-{i % 7}", f"snap-{i:05d}", labels={"tier": f"t{i % 5}", "app": "x" * 40},
                                 annotations={"note": "x" * 600}) for i in range(3000)])
    return server, admin, admin.create_key("starving")["key"]


@pytest.fixture
def idle(start_server, tmp_path):
    """A server that nobody asks for anything else."""
    return start_server(directory=tmp_path / "idle")


def open_starving(server, key, target, count, *headers):
    connections = []
    for _ in range(count):
        connection = socket.socket()
        # A small window, as a client has that stands still.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(request_text(key, target, *headers))
        connections.append(connection)
    return connections


@pytest.mark.parametrize("target", [
    LIST_ROUTE.format(uid="big"), LIST_ROUTE.format(uid="-") + "?cluster=big", LIST_PATH.format(uid="big"),
    LIST_PATH.format(uid="many")])
@pytest.mark.parametrize("headers", [(), ("Accept-Encoding: gzip",)], ids=["plain", "gzip"])
def test_a_reader_that_takes_nothing_holds_little(own, target, headers):
    server, admin, key = own
    count = 40
    before = anonymous_kib(server)
    connections = open_starving(server, key, target, count, *headers)
    try:
        wait_for(lambda: admin.metric("snapgate_connections") > count, "the connections")
        # Answers are made one after the other on the server's threads: behind this one all have begun.
        for _ in range(5):
            assert admin.get("/livez").status == 200
        for connection in connections:
            connection.settimeout(REQUEST_SECONDS)
            assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        # Half a megabyte for each, with all that a connection has besides. A sanitizer keeps freed memory back for a while.
        assert SANITIZED or anonymous_kib(server) - before < count * 512 + 8192
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("target", ["/v1/spectroclusters/-/vms/protection", LIST_ROUTE.format(uid="-") + "?sort=name"])
def test_rows_that_a_csv_keeps_are_counted(start_server, target):
    server = start_server()
    admin = server.client()
    admin.create_cluster("vms")
    admin.load("vms", [snapshot("ns", f"snap-{i:05d}-{'x' * 100}", f"vm-{i:05d}-{'x' * 100}") for i in range(4000)])
    count = 40
    before = anonymous_kib(server)
    connections = open_starving(server, server.admin_key, target, count, "Accept: text/csv")
    try:
        for connection in connections:
            connection.settimeout(REQUEST_SECONDS)
            assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        held = admin.metric("snapgate_held_bytes") / 1024
        assert held > count * 512
        assert SANITIZED or anonymous_kib(server) - before < held + 16 * 1024
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("target", [LIST_ROUTE.format(uid="big"), LIST_ROUTE.format(uid="-") + "?cluster=big"])
def test_a_large_page_is_whole_in_every_encoding(own, target):
    server, _, key = own
    client = server.client(key)
    whole = client.get(target)
    assert whole.status == 200
    assert int(whole.header("Content-Length")) == len(whole.body) > 4 * LARGE
    assert whole.header("Transfer-Encoding") is None
    names = [item["metadata"]["name"] for item in whole.json()["items"]]
    assert names == [f"large-{i}" for i in range(4)]
    packed = client.get(target, headers={"Accept-Encoding": "gzip"})
    assert packed.text() == whole.text()
    assert "accept-encoding" in whole.header("Vary").lower()
    with socket.create_connection(("127.0.0.1", server.port), timeout=REQUEST_SECONDS) as connection:
        connection.sendall(request_text(key, target).replace(b"GET ", b"HEAD ", 1))
        head = SocketReader(connection).answer(head_only=True)
        assert int(head.header("Content-Length")) == len(whole.body)
        connection.sendall(request_text(key, target))
        assert SocketReader(connection).answer().body == whole.body
        # An older client gets the same, and the connection's end behind it.
        connection.sendall(request_text(key, target).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        assert SocketReader(connection).answer().body == whole.body


def test_lists_are_the_same_however_they_are_sent(own):
    server, _, key = own
    client = server.client(key)
    headers = {"Authorization": f"Bearer {key}"}
    for uid, count in (("big", 4), ("many", 3000)):
        plain = client.get(LIST_PATH.format(uid=uid), headers=headers)
        packed = client.get(LIST_PATH.format(uid=uid), headers={**headers, "Accept-Encoding": "gzip"})
        assert plain.status == packed.status == 200
        assert len(plain.json()["items"]) == count
        assert packed.json() == plain.json()
        paged = client.get(LIST_PATH.format(uid=uid), headers=headers, limit=count - 1)
        assert paged.json()["metadata"]["remainingItemCount"] == 1
        assert paged.json()["items"] == plain.json()["items"][:-1]


@pytest.mark.parametrize("uid", ["big", "many"])
def test_a_slow_reader_gets_all_of_it(own, uid):
    server, _, key = own
    target = (LIST_PATH if uid == "many" else LIST_ROUTE).format(uid=uid)
    whole = server.client(key).get(target, headers={"Authorization": f"Bearer {key}"}).json()
    connection = open_starving(server, key, target, 1, "Connection: close")[0]
    connection.settimeout(REQUEST_SECONDS)
    got = b""
    while piece := connection.recv(50_000):
        got += piece
        if len(got) < 2_000_000:
            time.sleep(0.002)
    connection.close()
    head, _, body = got.partition(b"\r\n\r\n")
    if b"chunked" in head:
        body, rest = b"", body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            body += rest[:int(size, 16)]
            rest = rest[int(size, 16) + 2:]
    assert json.loads(body) == whole


def test_memory_goes_back_after_a_burst(own):
    server, admin, key = own
    before = anonymous_kib(server)
    connections = open_starving(server, key, LIST_ROUTE.format(uid="big"), 60)
    for connection in connections:
        connection.settimeout(REQUEST_SECONDS)
        connection.recv(1)
        connection.close()
    wait_for(lambda: admin.metric("snapgate_connections") <= 1, "the connections' end")
    if not SANITIZED:
        wait_for(lambda: anonymous_kib(server) - before < 16 << 10, lambda: f"{anonymous_kib(server) - before} KiB stay")


def test_small_bodies_have_small_limits(own):
    server, admin, _ = own
    client = server.client()
    base = "/clusters/many"
    headers = {"Authorization": f"Bearer {server.admin_key}"}
    create = "/clusters/many/apis/snapshot.kubevirt.io/v1beta1/namespaces/ns-0/virtualmachinesnapshots"
    review = base + "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    keys = "".join(f"k{i}: v\n" for i in range(8000))
    for path, method in ((review, "POST"), (create + "/x", "DELETE")):
        reply = client.request(method, path, body=keys, headers={**headers, "Content-Type": "application/yaml"})
        assert reply.status == 413, (path, reply)
    body = json.dumps(snapshot("ns-0", "large", annotations={"a": "x" * 200_000, "b": "x" * 100_000}))
    yaml = client.post(create, body, {**headers, "Content-Type": "application/yaml"})
    assert yaml.status == 413, yaml
    taken = client.post(create, body, {**headers, "Content-Type": "application/json"})
    assert taken.status in (201, 422), taken
    unknown = json.dumps({f"u{i}": 1 for i in range(8000)})
    for path in ("keys", "projects", "clusters/many/imports"):
        method = "PUT" if "/" in path else "POST"
        reply = client.request(method, f"/admin/v1/{path}", unknown, {"Content-Type": "application/json"})
        assert reply.status == 413, (path, reply)
    # A kubeconfig needs more. The first member that is not known is named, and no other.
    reply = client.post("/admin/v1/clusters", unknown, {"Content-Type": "application/json"})
    assert reply.status == 400 and "u0" in reply.text() and len(reply.body) < 1000, reply
    many = ",".join(f"k{i}" for i in range(201))
    refused = client.get(LIST_PATH.format(uid="many"), headers=headers, labelSelector=many)
    assert refused.status == 400 and "200 terms" in refused.text()
    # Each fault has the key in it: all of them would be 7 MB.
    key = ".".join(["d" * 60] * 4) + "/" + "k" * 63
    wrong = ",".join(f"~{i}" for i in range(9000))
    for target in (LIST_PATH, LIST_ROUTE):
        refused = client.get(target.format(uid="many"), headers={**headers, "ApiKey": server.admin_key},
                             labelSelector=f"{key} in ({wrong})")
        assert refused.status == 400 and len(refused.body) < 16 << 10, (target, len(refused.body))
    assert client.get(LIST_PATH.format(uid="many"), headers=headers,
                      labelSelector=many.rpartition(",")[0]).status == 200


def health_beside_eight(server, idle, ask):
    """How much longer /livez takes on new connections beside eight clients in a loop than at an idle server, in seconds:
    the median, and that of nine of ten. `ask(number)` makes the function that each client calls again and again. The
    machine may have other work, and the clients take turns with the questions."""
    stop = threading.Event()
    asked = []

    def loop(number):
        once = ask(number)
        while not stop.is_set():
            once()
            asked.append(number)

    clients = [threading.Thread(target=loop, args=(number,)) for number in range(8)]
    for client in clients:
        client.start()
    try:
        wait_for(lambda: len(asked) >= 8, "the first answers", 60)
        times = {server: [], idle: []}
        for _ in range(40):
            for one, taken in times.items():
                begun = time.monotonic()
                assert one.client().get("/livez").status == 200
                taken.append(time.monotonic() - begun)
                time.sleep(0.01)
        busy, free = sorted(times[server]), sorted(times[idle])
        return busy[20] - free[20], busy[36] - free[36]
    finally:
        stop.set()
        for client in clients:
            client.join()


def test_health_answers_whatever_readers_ask_for(own, idle):
    """Each reader has an answer that takes long to make."""
    server, admin, key = own
    one = snapshot("wide", "wide")
    one["metadata"]["managedFields"] = [{
        "manager": "m", "operation": "Update", "apiVersion": "snapshot.kubevirt.io/v1beta1", "fieldsType": "FieldsV1",
        "time": "2026-01-01T00:00:00Z", "fieldsV1": {f"f:field-{i}": {} for i in range(60_000)}}]
    admin.load("many", [one])
    headers = {"Authorization": f"Bearer {key}"}
    yaml = {**headers, "Accept": "application/yaml"}
    many = LIST_PATH.format(uid="many")
    wide = many.replace("v1beta1/", "v1beta1/namespaces/wide/") + "/wide"
    terms = ",".join(f"!k{i}" for i in range(200))
    values = ",".join(f"v{i}" for i in range(1000))
    wrong = ",".join(f"~{i}" for i in range(9000))
    targets = [(many, yaml, 200), (wide, yaml, 200), (f"{many}?labelSelector={terms}", headers, 200),
               (many, {**headers, "Accept-Encoding": "gzip"}, 200),
               (f"{many}?labelSelector=a+notin+({values})", headers, 200),
               (LIST_ROUTE.format(uid="-"), {"Accept": "text/csv"}, 200),
               (f"{many}?labelSelector=a+in+({wrong})", headers, 400)]
    served = []

    def ask(number):
        client = server.client(key, keep=True)
        target, sent, status = targets[number % len(targets)]
        return lambda: served.append(client.get(target, headers=sent).status == status)

    median, _ = health_beside_eight(server, idle, ask)
    # The median was several seconds when such answers were made on the threads that serve connections.
    assert median < 0.3 * PATIENCE
    assert all(served)


def test_health_answers_whoever_looks_at_the_registry(start_server, idle):
    server = start_server("--threads", "2")

    def fill(start):
        admin = server.client(keep=True)
        for number in range(start, 6000, 16):
            admin.create_key(f"key-{number}")
        for number in range(start, 300, 16):
            admin.create_cluster(f"cluster-{number}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(fill, range(16)))
    targets = ["/admin/v1/keys"] * 4 + ["/admin/v1/clusters", "/v1/spectroclusters/-/vms/sources",
                                        "/v1/spectroclusters/-/vms/protection", "/v1/dashboard/spectroclusters/vms"]
    served = []

    def ask(number):
        client = server.client(keep=True)
        return lambda: served.append(client.get(targets[number % len(targets)]).status)

    median, _ = health_beside_eight(server, idle, ask)
    # The median was half a second and more when such tables were made on the threads that serve connections.
    assert median < 0.3 * PATIENCE
    assert set(served) == {200}


def long_bodies():
    """Requests of an editor whose JSON takes long to read, judge, merge or print: method, path, type, body, answers."""
    one = snapshot("ns-0", "one")
    for member in ("uid", "resourceVersion", "creationTimestamp"):
        one["metadata"].pop(member, None)
    one.pop("status", None)
    path = LIST_PATH.format(uid="many").replace("v1beta1/", "v1beta1/namespaces/ns-0/")
    unknown = json.dumps({**one, "x": {f"k{i}": {"a": [1] * 3} for i in range(85_000)}})
    many = json.dumps({**one, "x": 0}).replace('"x": 0', f'"x": [{",".join(["{}"] * 900_000)}]')
    fields = {"x": {f"k{i}": "v" for i in range(90_000)}}
    annotations = json.dumps({**one, "metadata": {"name": "one", "annotations": {f"k{i}": "v" for i in range(80_000)}}})
    whole = json.dumps(snapshot("ns-0", "imported") | {"x": {f"k{i}": {"a": [1] * 3} for i in range(50_000)}})
    plain = "application/json"
    return [
        ("POST", path + "?dryRun=All", plain, unknown, {201}),
        ("POST", path + "?dryRun=All", plain, many, {201}),
        ("PATCH", path + "/one?dryRun=All&fieldManager=m&force=true", "application/apply-patch+yaml", annotations, {422}),
        ("PATCH", path + "/one?dryRun=All&fieldManager=m&force=true", "application/apply-patch+yaml",
         json.dumps(one | fields), {400}),
        ("PATCH", path + "/snap-00000?dryRun=All", "application/merge-patch+json", json.dumps(fields), {200}),
        ("POST", "/v1/spectroclusters/many/vms/vm/snapshot?namespace=ns-0", plain, unknown, {200, 201, 400, 409, 422}),
        ("POST", "/admin/v1/clusters/many/import?dryRun=true", plain, whole, {200})]


def test_health_answers_whatever_editors_send(start_server, idle):
    """Each editor has a body that takes long."""
    server = start_server("--threads", "2")
    admin = server.client()
    admin.create_cluster("many")
    admin.load("many", [snapshot(f"ns-{i % 7}", f"snap-{i:05d}") for i in range(20)])
    key = admin.create_key("editor", "editor")["key"]
    bodies = [(method, path, kind, body.encode(), wanted) for method, path, kind, body, wanted in long_bodies()]
    served = []

    def send(number):
        client = server.client(key, keep=True)
        turns = itertools.count(number)

        def once():
            method, path, kind, body, wanted = bodies[next(turns) % len(bodies)]
            reply = client.request(method, path, body, {"Authorization": f"Bearer {key}", "Content-Type": kind})
            served.append((path, reply.status, reply.status in wanted, reply.text()[:200]))
        return once

    median, most = health_beside_eight(server, idle, send)
    # The median was about a second when JSON was judged on the threads that serve connections.
    assert median < 0.3 * PATIENCE
    assert most < PATIENCE
    assert [one for one in served if not one[2]] == []


def test_health_answers_whatever_collection_is_deleted(start_server, idle):
    """Each editor deletes what none of many objects is."""
    server = start_server("--threads", "1")
    admin = server.client()
    admin.create_cluster("many")
    admin.load("many", [snapshot("ns", f"snap-{i:05d}", labels={"tier": "a"}) for i in range(10_000)])
    terms = ",".join(f"tier!=x{i}" for i in range(195))
    path = LIST_PATH.format(uid="many").replace("v1beta1/", "v1beta1/namespaces/ns/")
    served = []

    def ask(number):
        client = server.client(keep=True)
        target = f"{path}?labelSelector={terms},tier=b{number}"
        headers = {"Authorization": f"Bearer {server.admin_key}"}
        return lambda: served.append(client.request("DELETE", target, headers=headers).status)

    median, _ = health_beside_eight(server, idle, ask)
    # The median was half a second when such a deletion held its thread until its end.
    assert median < 0.3 * PATIENCE
    assert set(served) == {200}


def retry_after(reply):
    return int(reply.header("Retry-After"))


def test_readers_of_one_key_hold_no_more_than_its_share(start_server):
    server = start_server("--held-mib", "16", "--key-held-mib", "4")
    admin = server.client()
    admin.create_cluster("many")
    admin.load("many", [snapshot(f"ns-{i % 7}", f"snap-{i:05d}", annotations={"a": "x" * 1000}) for i in range(3000)])
    keys = [admin.create_key(f"reader-{i}")["key"] for i in range(6)]
    target = LIST_PATH.format(uid="many")
    connections = []
    try:
        # Each list holds a quarter of a megabyte, and five shares are more than there is.
        for key in keys[:5]:
            connections += open_starving(server, key, target, 20)

        def refused():
            reply = server.client(keys[0]).get(target, headers={"Authorization": f"Bearer {keys[0]}"})
            return reply if reply.status == 429 else None
        reply = wait_for(refused, "a refusal")
        assert reply.json()["reason"] == "TooManyRequests" and retry_after(reply) >= 1

        def busy():
            reply = server.client(keys[5]).get(target, headers={"Authorization": f"Bearer {keys[5]}"})
            return reply if reply.status == 503 else None
        reply = wait_for(busy, "the budget to be used up")
        assert reply.json()["reason"] == "ServiceUnavailable" and retry_after(reply) >= 1
        assert admin.metric("snapgate_held_bytes") <= 16 << 20
        assert admin.metric("snapgate_held_refused_total", by="server") >= 1
        assert admin.metric("snapgate_held_refused_total", by="key") >= 1
        assert admin.metric("snapgate_held_bytes_limit") == 16 << 20
        # What needs little is served, and so is health.
        assert server.client(keys[5]).list("many", limit=1).status == 200
        assert server.client().get("/livez").status == 200
    finally:
        for connection in connections:
            connection.close()
    wait_for(lambda: admin.metric("snapgate_held_bytes") < 1 << 20, "the bytes to be given back")
    assert server.client(keys[0]).get(target, headers={"Authorization": f"Bearer {keys[0]}"}).status == 200


@pytest.mark.parametrize("target, headers, refusal", [
    (LIST_PATH.format(uid="big") + "?watch=1&resourceVersion=0", [], b'"code":429'),
    (LIST_PATH.format(uid="big").replace("v1beta1/", "v1beta1/watch/") + "?resourceVersion=0", [], b'"code":429'),
    (LIST_ROUTE.format(uid="big"), ["Accept: text/event-stream"], b"event: end")])
def test_streams_of_one_key_hold_no_more_than_its_share(start_server, target, headers, refusal):
    server = start_server("--held-mib", "64", "--key-held-mib", "16")
    admin = server.client()
    admin.create_cluster("big")
    admin.load("big", [large(f"large-{i}") for i in range(6)])
    key = admin.create_key("starving")["key"]
    before = anonymous_kib(server)
    connections = open_starving(server, key, target, 150, *headers)
    try:
        # A large object waits on eight of them, for the others there is no room.
        wait_for(lambda: admin.metric("snapgate_held_refused_total", by="key") >= 130, "the refusals", 20)
        assert 8 << 20 < admin.metric("snapgate_held_bytes") <= 64 << 20
        assert SANITIZED or anonymous_kib(server) - before < 64 << 10
        told = []
        for connection in connections:
            connection.settimeout(REQUEST_SECONDS)
            told.append(connection.recv(16 << 10))
            assert told[-1].startswith(b"HTTP/1.1 200")
        told = [text for text in told if refusal in text]
        assert len(told) >= 100
        assert all(b"read the answers that are under way" in text for text in told)
        assert b"event: end" in refusal or all(b'"retryAfterSeconds":' in text for text in told)
    finally:
        for connection in connections:
            connection.close()
    wait_for(lambda: admin.metric("snapgate_held_bytes") < 1 << 20, "the bytes to be given back")
    # Who reads gets all of it.
    sent = dict(header.split(": ") for header in headers) or {"Authorization": f"Bearer {key}"}
    path, _, query = target.partition("?")
    reader = OpenAnswer(server.client(key), path, sent, **dict(pair.split("=") for pair in query.split("&") if pair))
    wait_for(lambda: sum(len(line) for line in reader.events) > 6 * LARGE, "the state", 20)
    assert reader.ended is None
    reader.hang_up()


def test_bodies_of_writes_count(start_server):
    server = start_server("--held-mib", "16", "--key-held-mib", "4")
    admin = server.client()
    admin.create_cluster("many")
    path = "/v1/spectroclusters/many/vms/vm/snapshot"
    slow = []
    try:
        for _ in range(2):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=REQUEST_SECONDS)
            connection.sendall(request_text(server.admin_key, path, "Content-Type: application/json",
                                            f"Content-Length: {3 << 20}").replace(b"GET ", b"POST ", 1))
            connection.sendall(b" " * (2_500_000 if not slow else 1_600_000))
            slow.append(connection)
        wait_for(lambda: admin.metric("snapgate_held_bytes") >= 4_000_000, "the bodies to be read")
        refused = admin.post(path, b" " * 200_000 + b"{}", {"Content-Type": "application/json"})
        assert refused.status == 429 and refused.json()["code"] == "TooManyRequests", refused
        assert retry_after(refused) >= 1
    finally:
        for connection in slow:
            connection.close()


def test_a_key_has_so_many_requests_under_way(start_server):
    server = start_server("--key-requests", "3")
    admin = server.client()
    admin.create_cluster("many")
    admin.load("many", [snapshot("a", f"snap-{i:05d}", annotations={"a": "x" * 2000}) for i in range(1500)])
    key, other = admin.create_key("one")["key"], admin.create_key("two")["key"]
    target = LIST_PATH.format(uid="many")
    # Watches do not count, but the terms of their selectors.
    watches = open_starving(server, key, target + "?watch=true", 5)
    starving = open_starving(server, key, target, 3)
    try:
        for connection in watches + starving:
            connection.settimeout(REQUEST_SECONDS)
            assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        refused = server.client(key).list("many", limit=1)
        assert refused.status == 429 and retry_after(refused) >= 1, refused
        assert server.client(other).list("many", limit=1).status == 200
        assert admin.metric("snapgate_key_requests_refused_total") >= 1
        # Two places, as that of an answer is free a moment after it has come.
        for connection in (starving.pop(), starving.pop()):
            connection.close()
        wait_for(lambda: server.client(key).list("many", limit=1).status == 200, "a free place")
        terms = quote(",".join(f"tier!=t{i}" for i in range(7)))
        watches += open_starving(server, key, f"{target}?watch=true&labelSelector={terms}", 1)
        assert watches[-1].recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        stream = f"/v1/spectroclusters/many/vms/snapshot?labelSelector={terms}"
        bearer = {"Authorization": f"Bearer {key}"}
        for path, headers in ((f"{target}?watch=true&labelSelector={terms}", bearer),
                              (stream, {"Accept": "text/event-stream"})):
            refused = server.client(key).get(path, headers)
            assert refused.status == 429 and retry_after(refused) >= 1, refused
            assert "terms" in refused.json()["message"], refused
        assert server.client(key).get(f"{target}?labelSelector={terms}", bearer).status == 200
    finally:
        for connection in watches + starving:
            connection.close()
    wait_for(lambda: server.client(key).list("many", limit=1).status == 200, "a free place")
