"""How a server ends: SIGTERM cuts no answer off; SIGKILL loses nothing that was acknowledged."""

import json
import os
import random
import signal
import socket
import threading
import time
from http.client import HTTPException

import pytest

from harness import LIST_ROUTE, PATIENCE, REQUEST_SECONDS, SocketReader, in_order, name_of, snapshot, snapshots, wait_for

KILLS = int(os.environ.get("SNAPGATE_SERVER_KILLS", "10"))


class Lister(threading.Thread):
    """Lists over a kept connection until it is refused; whatever answer begins must come whole."""

    def __init__(self, port, request):
        super().__init__()
        self.port = port
        self.request = request
        self.answers = 0
        self.cut_off = None

    def run(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=REQUEST_SECONDS) as connection:
                reader = SocketReader(connection)
                while True:
                    connection.sendall(self.request)
                    answer = reader.answer()
                    assert answer.status == 200 and len(answer.json()["items"]) == 50
                    self.answers += 1
                    if (answer.header("Connection") or "").lower() == "close":
                        return
        except (EOFError, OSError) as error:
            # Closed between two answers is fine; within one it is not.
            if reader.buffer:
                self.cut_off = f"{error!r} after {reader.buffer[:100]!r}"
        except Exception as error:
            self.cut_off = repr(error)


def test_sigterm_under_load_cuts_no_answer_off(start_server):
    server = start_server("--access-log", "off")
    client = server.client()
    client.create_cluster("demo")
    client.load("demo", snapshots(200, ["a", "b"]))
    request = (f"GET {LIST_ROUTE.format(uid='demo')} HTTP/1.1\r\nHost: x\r\nApiKey: {server.admin_key}\r\n\r\n").encode()
    listers = [Lister(server.port, request) for _ in range(16)]
    for lister in listers:
        lister.start()
    wait_for(lambda: all(lister.answers > 3 for lister in listers), "every connection to be busy", 30)
    server.stop()
    for lister in listers:
        lister.join()
    assert [lister.cut_off for lister in listers if lister.cut_off] == []
    server.start()
    assert len(server.client().names("demo")) == 200


def test_sigterm_lets_a_running_import_finish(start_server):
    server = start_server()
    client = server.client()
    client.create_cluster("demo")
    objects = snapshots(300)
    begun, replies = threading.Event(), []

    def pieces():
        for number, item in enumerate(objects):
            if number == 50:
                begun.set()
                time.sleep(0.5)
            yield (json.dumps(item) + "\n").encode()

    sender = threading.Thread(target=lambda: replies.append(client.request(
        "POST", "/admin/v1/clusters/demo/import", body=pieces(),
        headers={"Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"})))
    sender.start()
    assert begun.wait(60)
    time.sleep(0.2)
    server.stop()
    sender.join()
    assert replies and replies[0].status == 200 and replies[0].json()["created"] == 300


def test_idle_and_half_open_connections_do_not_hold_the_end_up(start_server):
    server = start_server()
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    idle[0].sendall(b"GET /livez HT")
    assert server.client().get("/livez").status == 200
    begun = time.monotonic()
    server.stop()
    assert time.monotonic() - begun < 14 * PATIENCE
    for connection in idle:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_server_with_0(start_server, number):
    server = start_server()
    server.signal(number)
    server.ended(0)
    assert [line["message"] for line in server.log()][-1] == "stopped"


class Writer(threading.Thread):
    """Imports batch after batch; keeps what was acknowledged, and what was on its way at the end."""

    def __init__(self, server, uid, round_number, chance):
        super().__init__()
        self.client = server.client(keep=True)
        self.uid = uid
        self.round = round_number
        self.chance = chance
        self.acknowledged = {}
        self.on_its_way = {}

    def run(self):
        batch = 0
        while True:
            items = [snapshot(f"ns-{self.chance.randrange(5)}", f"s-{self.chance.randrange(2000)}",
                              phase=f"r{self.round}b{batch}") for _ in range(200)]
            sent = {name_of(item): item["status"]["phase"] for item in items}
            self.on_its_way = sent
            try:
                reply = self.client.import_lines(self.uid, list({name_of(item): item for item in items}.values()))
            except (OSError, HTTPException):
                return
            assert reply.status == 200, reply
            self.acknowledged.update(sent)
            batch += 1


def test_kill_9_under_import_and_listing_loses_nothing(start_server):
    chance = random.Random(9)
    server = start_server("--access-log", "off")
    server.client().create_cluster("demo")
    state = {}
    token = None
    for round_number in range(KILLS):
        writer = Writer(server, "demo", round_number, chance)
        stop_listing = threading.Event()

        def keep_listing(client=server.client(keep=True), stop=stop_listing):
            try:
                while not stop.is_set():
                    for _ in client.pages("demo"):
                        pass
            except (OSError, HTTPException):
                return

        lister = threading.Thread(target=keep_listing)
        writer.start()
        lister.start()
        wait_for(lambda: writer.acknowledged or not writer.is_alive(), "the first acknowledged import", 30)
        time.sleep(chance.random() * 0.3)
        server.kill()
        stop_listing.set()
        writer.join()
        lister.join()

        server.start()
        client = server.client()
        state.update(writer.acknowledged)
        items = client.items("demo")
        found = {name_of(item): item["status"]["phase"] for item in items}
        assert [name_of(item) for item in items] == sorted(found), "out of order, or twice"
        for name, phase in state.items():
            assert found.get(name) in (phase, writer.on_its_way.get(name)), f"round {round_number}: {name} was lost"
        for name in found.keys() - state.keys():
            assert found[name] == writer.on_its_way.get(name), f"round {round_number}: {name} was never sent"
        assert client.get("/admin/v1/clusters/demo").json()["objects"] == len(found)
        assert [name_of(i) for i in client.items("demo", vmName="vm-1")] == [name_of(i) for i in items], "the index"
        if token:
            assert client.list("demo", **{"continue": token}).status == 200
        token = client.list("demo", limit=5).json()["metadata"]["continue"]
        state = found


def test_an_import_that_was_killed_is_completed_by_running_it_again(start_server):
    server = start_server("--access-log", "off")
    client = server.client()
    client.create_cluster("demo")
    objects = [snapshot("web", f"s-{i:05}", annotations={"pad": "x" * 1500}) for i in range(3000)]

    def send():
        try:
            client.import_lines("demo", objects)
        except (OSError, HTTPException):
            pass

    sender = threading.Thread(target=send)
    sender.start()
    watching = server.client()
    wait_for(lambda: watching.get("/admin/v1/clusters/demo").json()["objects"] > 0, "the first batch", 30)
    server.kill()
    sender.join()
    server.start()
    client = server.client()
    stored = len(client.names("demo"))
    done = client.load("demo", objects)
    assert (done["created"], done["unchanged"], done["replaced"]) == (3000 - stored, stored, 0)
    assert client.load("demo", objects)["unchanged"] == 3000
    assert client.names("demo") == in_order(objects)


def test_the_file_url_says_where_the_server_listens(start_server):
    server = start_server()
    file = server.data_dir / "url"
    assert file.read_text() == f"http://127.0.0.1:{server.port}\n"
    server.stop()
    assert not file.exists(), "nobody listens there any more"
    # A server that was killed leaves its file behind: the next one replaces it.
    file.write_text("http://127.0.0.1:1\n")
    assert start_server("--tls-self-signed").port
    assert file.read_text().startswith("https://127.0.0.1:") and not file.read_text().endswith(":1\n")
