"""A TCP proxy that a test can make lose, delay and end what passes through it."""

import select
import socket
import struct
import threading


class Proxy:
    """Listens on a port, its own if none is given, and passes bytes to and from `target_port` of loopback."""

    def __init__(self, target_port, port=0):
        self.target_port = target_port
        self.stalled = False  # connections stay open, nothing passes, also not on new ones
        self.cut_after = None  # bytes towards the client after which the next piece ends with a reset
        self.pairs = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                if self.listener.fileno() == -1:
                    return
                near.close()
                continue
            pair = Passage(self, near, far)
            with self.lock:
                self.pairs.append(pair)
            threading.Thread(target=pair.run, daemon=True).start()

    def forget_silently(self):
        """Open connections become half-open: the client's side stays up, and hears no more, not even
        that the other side ended. New connections are good."""
        with self.lock:
            for pair in self.pairs:
                pair.silent = True

    def reset_all(self):
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            pair.end = True

    def stop(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is gone
        self.listener.close()
        self.reset_all()


class Passage:
    """A connection's two ends."""

    def __init__(self, proxy, near, far):
        self.proxy = proxy
        self.near = near
        self.far = far
        self.silent = False
        self.end = False

    def run(self):
        try:
            while not self.end:
                for source in select.select([self.near, self.far], [], [], 0.02)[0]:
                    piece = source.recv(65536)
                    if not piece and source is self.near:
                        return
                    if not piece and not self.silent and not self.proxy.stalled:
                        return
                    if not piece:
                        self.stay_silent()
                        return
                    if not self.silent and not self.proxy.stalled:
                        self.forward(source, piece)
            self.reset()
        except OSError:
            pass  # one side ended
        finally:
            self.near.close()
            self.far.close()

    def forward(self, source, piece):
        if source is self.near:
            self.far.sendall(piece)
            return
        if self.proxy.cut_after is not None:
            keep, self.proxy.cut_after = self.proxy.cut_after, None
            self.near.sendall(piece[:keep])
            self.reset()
            raise ConnectionResetError
        self.near.sendall(piece)

    def stay_silent(self):
        """The far end is gone, and the near one is not told."""
        while not self.end:
            if select.select([self.near], [], [], 0.05)[0] and not self.near.recv(65536):
                return

    def reset(self):
        self.near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
