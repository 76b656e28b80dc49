"""HTTP as a scripted server speaks it: what comes in, what goes back, and how a connection ends.

A connection is a plain socket with a thread of its own, so that a fault can stop, cut or reset it at
any byte.
"""

import json
import select
import socket
import struct
import time
import urllib.parse

# Of the kinds of objects whose requests are told apart.
PLURALS = ("virtualmachinesnapshots", "virtualmachines", "virtualmachinerestores", "virtualmachinesnapshotcontents")
PARTIAL = "as=PartialObjectMetadataList"


class Hangup(Exception):
    """Ends a connection: "reset" (RST), "fin" (in order, but too early), "end" (as an answer's end)."""

    def __init__(self, how="reset"):
        super().__init__(how)
        self.how = how


class Answer:
    """What goes back. `pieces` are sent as they come, each a chunk of its own; a bytes body has a
    Content-Length. `raw` is sent instead of all of it."""

    def __init__(self, status, body=b"", headers=None):
        self.status = status
        self.headers = {"Content-Type": "application/json", "Audit-Id": "0", **(headers or {})}
        self.body = body if isinstance(body, bytes) else None
        self.pieces = iter([body] if isinstance(body, bytes) else body)
        self.raw = None

    def through(self, transform, *arguments):
        """The same with pieces that went through a generator."""
        self.pieces = transform(self.pieces, *arguments)
        self.body = None
        return self


def status_answer(code, reason, message, headers=None, metadata=None, **details):
    body = {"kind": "Status", "apiVersion": "v1", "metadata": metadata or {}, "status": "Failure", "message": message,
            "reason": reason, "code": code}
    if details:
        body["details"] = details
    return Answer(code, encode(body), headers)


def encode(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def event(kind, item):
    return event_of(kind, encode(item))


def event_of(kind, text):
    """The same with an object that is JSON already."""
    return b'{"type":"%s","object":%s}\n' % (kind.encode(), text)


class Request:
    """One request as it came; `kind` is what it asks for, in one word."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.path, _, query = target.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.headers = headers
        self.body = body
        self.time = time.monotonic()
        self.connection = None  # whose it was
        self.status = None
        self.kind = self.kind_of()

    def kind_of(self):
        if self.path.rpartition("/")[2] not in PLURALS:
            return "review" if self.method == "POST" else "discovery"
        if self.query.get("watch") in ("1", "true"):
            return "watchlist" if self.query.get("sendInitialEvents") == "true" else "watch"
        if self.query.get("limit") == "1" and "continue" not in self.query:
            return "probe"
        if PARTIAL in self.headers.get("accept", ""):
            return "metadata"
        return "page" if "continue" in self.query else "list"

    @property
    def version(self):
        return self.query.get("resourceVersion", "")

    def __repr__(self):
        return f"<{self.kind} {self.method} {self.target} {self.status}>"


class Connection:
    """One client's connection, served by a thread."""

    def __init__(self, upstream, plain):
        self.upstream = upstream
        self.socket = plain
        self.buffer = b""
        self.gone = False
        self.resumed = False  # whether its TLS goes on with a session before

    def run(self):
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.upstream.on_accept:
                self.upstream.on_accept(self)
            self.say_nothing_while_mute()
            if self.upstream.context is not None:
                self.socket = self.upstream.context.wrap_socket(self.socket, server_side=True)
                self.resumed = self.socket.session_reused
            while request := self.read_request():
                self.answer(request)
        except Hangup as hangup:
            self.hang_up(hangup.how)
        except (OSError, ValueError):
            pass  # the client went away, or was made to
        finally:
            self.gone = True
            self.close()
            self.upstream.left(self)

    def read_request(self):
        while b"\r\n\r\n" not in self.buffer:
            piece = self.socket.recv(65536)
            if not piece:
                return None
            self.buffer += piece
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        while len(self.buffer) < length:
            self.buffer += self.socket.recv(65536)
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        request = Request(method, target, headers, body)
        request.connection = self
        return request

    def answer(self, request):
        answer = self.upstream.answer_to(request, self)
        self.say_nothing_while_mute()
        request.status = answer.status
        if answer.raw is not None:
            self.socket.sendall(answer.raw)
            raise Hangup("fin")
        headers = {"Date": self.upstream.date(), **answer.headers}
        if answer.body is None:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(len(answer.body))
        lines = [f"HTTP/1.1 {answer.status} Said", *(f"{name}: {value}" for name, value in headers.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        for piece in answer.pieces:
            if self.gone:
                raise Hangup("fin")
            self.say_nothing_while_mute()
            if answer.body is not None:
                self.socket.sendall(piece)
            elif piece:
                self.socket.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        if answer.body is None:
            self.socket.sendall(b"0\r\n\r\n")

    def say_nothing_while_mute(self):
        if self.upstream.mute:
            self.until_gone()

    def until_gone(self):
        """Says nothing any more, until the client or the test ends the connection."""
        while not self.gone:
            readable, _, _ = select.select([self.socket], [], [], 0.05)
            if readable and not self.socket.recv(65536):
                break
        raise Hangup("fin")

    def hang_up(self, how):
        if how == "reset":
            try:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                pass  # closed already
        self.close()

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass  # it is gone

    def drop(self):
        """From another thread: the connection ends where it is."""
        self.gone = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is gone
