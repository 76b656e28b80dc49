"""How much a server does for requests to connected clusters at a time."""

import http.client
import socket
import threading
import time

import pytest

from connected import Pair, wait_for_state
from harness import snapshots, wait_for
from kube import KubeClient, kubeconfig_of

UID = "hung"
AT_ONCE, WAITING = 16, 64  # of one cluster


@pytest.fixture
def pair(data_dir):
    with Pair(data_dir.parent) as made:
        yield made.follow()


class Hung:
    """A cluster that answers as there is none of its kinds, and to a question about namespaces never."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listening.getsockname()[1]
        self.over = threading.Event()
        self.asked = 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection = self.listening.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection:
            while head := connection.recv(65536):
                if b"/namespaces" in head.split(b"\r\n")[0]:
                    self.asked += 1
                    self.over.wait()
                    return
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


def test_a_hung_cluster_takes_its_own_places_alone(pair):
    server = pair.mirror
    with Hung() as hung:
        server.client().create_cluster(UID, type="connected", kubeconfig=kubeconfig_of(f"http://127.0.0.1:{hung.port}", {"token": "t"}))
        wait_for_state(server, UID, "NotInstalled")
        replies = []

        def ask():
            try:
                replies.append(KubeClient(server, UID).get("/api/v1/namespaces"))
            except (OSError, http.client.HTTPException) as error:
                replies.append(error)

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(AT_ONCE + WAITING)]
        for thread in threads:
            thread.start()
        wait_for(lambda: hung.asked == AT_ONCE, lambda: f"{AT_ONCE} requests to come, not {hung.asked}")

        def refused():
            return [reply for reply in replies if f"{AT_ONCE} such requests are under way, and {WAITING} wait" in str(reply)]

        # One more than have room in the line is told so at once.
        def ask_once_more():
            more = threading.Thread(target=ask, daemon=True)
            more.start()
            threads.append(more)
            more.join(0.2)
            return refused()

        assert wait_for(ask_once_more, "a refusal")[0].status == 503
        assert refused()[0].header("Retry-After")
        # The other cluster's requests are passed on as ever.
        begun = time.monotonic()
        assert KubeClient(server, "the-cluster").get("/api/v1/namespaces").status == 200
        assert time.monotonic() - begun < 2
        # Who waits in vain is told so, too.
        wait_for(lambda: len(replies) >= WAITING, "those in line to be answered", 30)
        assert hung.asked == AT_ONCE
        assert all(reply.status == 503 and "such requests are under way" in reply.text() for reply in replies), replies
        hung.over.set()
        for thread in threads:
            thread.join(30)
        assert all(reply.status in (502, 503) for reply in replies), replies
        # All places are free again.
        assert "such requests" not in KubeClient(server, UID).get("/api/v1/namespaces").text()


def test_a_list_that_is_too_large_is_not_taken_in(data_dir):
    with Pair(data_dir.parent) as pair:
        pair.upstream.client().load("the-cluster", snapshots(4000))
        pair.mirror.stop()
        pair.mirror.arguments = ["--mirror-mib", "1"]
        pair.mirror.start()
        pair.connect()
        shown = wait_for_state(pair.mirror, "the-cluster", "Failing")
        assert "larger than 1 MiB" in shown["message"] and "--mirror-mib" in shown["message"]
        assert pair.mirror.client().list("the-cluster").status == 503
        pair.mirror.stop()
        pair.mirror.arguments = []
        pair.mirror.start()
        pair.wait_for_state("Ready")
        pair.wait_until_equal()
