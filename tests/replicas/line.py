"""A line between a replica and a member of etcd, on which a test holds back or slows down what goes either way."""

import contextlib
import socket
import threading
import time


class Way:
    """One direction. While it is held, what is sent waits, and comes in its order when it is released; else each piece takes
    `delay` seconds."""

    def __init__(self):
        self.free = threading.Event()
        self.free.set()
        self.delay = 0

    def hold(self):
        self.free.clear()

    def release(self):
        self.free.set()

    @contextlib.contextmanager
    def held(self):
        self.hold()
        try:
            yield
        finally:
            self.release()

    def pass_on(self, source, target):
        """Until the source ends."""
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                time.sleep(self.delay)
                self.free.wait()
                target.sendall(piece)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class Line:
    """Listens on a free port of loopback and passes bytes on to a member, both ways."""

    def __init__(self, url):
        host, port = url.removeprefix("http://").split(":")
        self.target = (host, int(port))
        self.requests = Way()
        self.answers = Way()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        for way in (self.requests, self.answers):
            way.release()
        self.listener.close()
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
            except OSError:
                return
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets += [client, server]
            for way, source, target in ((self.requests, client, server), (self.answers, server, client)):
                threading.Thread(target=way.pass_on, args=(source, target), daemon=True).start()
