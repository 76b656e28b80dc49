"""What can be broken in an answer of the scripted cluster: each is given to Upstream.break_next().

A fault is called with the connection, the request, and what makes the healthy answer; it returns an
answer, says nothing, or ends the connection.
"""

import gzip
import json
import time

from wire import Answer, Hangup, encode, event, status_answer



def reset(connection, request, healthy):
    raise Hangup("reset")


def close(connection, request, healthy):
    raise Hangup("fin")


def hang(connection, request, healthy):
    """Before the header."""
    connection.until_gone()


def late(seconds):
    """The healthy answer, but not before that time."""
    def broken(connection, request, healthy):
        time.sleep(seconds)
        return healthy()

    return broken


def status(code, reason, message="broken by the test", headers=None, **details):
    return lambda connection, request, healthy: status_answer(code, reason, message, headers, **details)


def plain_status(code, text=b"upstream is not well\n"):
    """What a load balancer says."""
    return lambda connection, request, healthy: Answer(code, text, {"Content-Type": "text/plain"})


def raw(data):
    def broken(connection, request, healthy):
        answer = Answer(200)
        answer.raw = data
        return answer

    return broken


def through(transform, *arguments):
    """The healthy answer, its pieces (of a list: its head, each item, its end; of a watch: each
    event) sent through a generator that knows the connection."""
    def broken(connection, request, healthy):
        answer = healthy()
        answer.pieces = transform(connection, answer.pieces, *arguments)
        answer.body = None
        return answer

    return broken


def hang_after(count):
    """So many pieces, then silence."""
    def stream(connection, pieces):
        for number, piece in enumerate(pieces):
            if number == count:
                break
            yield piece
        connection.until_gone()

    return through(stream)


def slow(size, pause):
    def stream(connection, pieces):
        for piece in pieces:
            for at in range(0, len(piece), size):
                time.sleep(pause)
                yield piece[at:at + size]

    return through(stream)


def half_of(piece, how):
    """Half of a piece, and the connection ends: "reset", "fin", or "end", as if that was all."""
    yield piece[:len(piece) // 2]
    if how != "end":
        raise Hangup(how)


def cut_in_piece(number, how):
    """The pieces before, half of piece `number`, and the connection ends; `how` as for half_of()."""
    def stream(connection, pieces):
        for at, piece in enumerate(pieces):
            if at == number:
                yield from half_of(piece, how)
                return
            yield piece

    return through(stream)


def cut_in_event(how):
    """Bookmarks, half of the first event, and the connection ends."""
    def stream(connection, pieces):
        for piece in pieces:
            if b'"BOOKMARK"' not in piece:
                yield from half_of(piece, how)
                return
            yield piece

    return through(stream)


def at_every_byte(connection, pieces):
    """Each byte a chunk, a TLS record and, as far as the kernel goes along, a segment of its own."""
    for piece in pieces:
        for number in range(len(piece)):
            yield piece[number:number + 1]
            if number % 16 == 0:
                time.sleep(0.0005)


def together(count):
    """So many events, but no bookmarks, held back and sent as one chunk, then the rest as it comes."""
    def stream(connection, pieces):
        held = []
        for piece in pieces:
            if len(held) < count and b'"BOOKMARK"' not in piece:
                held.append(piece)
                if len(held) < count:
                    continue
                piece = b"".join(held)
            yield piece

    return through(stream)


def change_event(change):
    """`change(event)` gives what the first event that is no bookmark becomes: bytes, or a list of them."""
    def stream(connection, pieces):
        done = False
        for piece in pieces:
            if not done and b'"BOOKMARK"' not in piece:
                done = True
                changed = change(piece)
                yield from [changed] if isinstance(changed, bytes) else changed
            else:
                yield piece

    return through(stream)


def each_event(change):
    """The same for every event, bookmarks too."""
    def stream(connection, pieces):
        for piece in pieces:
            yield from change(piece)

    return through(stream)


def before_events(*events):
    """Sent before anything else that a watch says."""
    def stream(connection, pieces):
        yield from events
        yield from pieces

    return through(stream)


def compressed(connection, request, healthy):
    """The healthy answer in gzip, as a proxy may send it to those who did not ask for it."""
    answer = healthy()
    return Answer(answer.status, gzip.compress(b"".join(answer.pieces)), {**answer.headers, "Content-Encoding": "gzip"})


def change_list(change):
    """`change(list)` edits the decoded list in place."""
    def broken(connection, request, healthy):
        answer = healthy()
        body = json.loads(b"".join(answer.pieces))
        change(body)
        return Answer(200, encode(body))

    return broken


def list_text(change):
    """`change(text)` gives the bytes that are sent for the list."""
    def broken(connection, request, healthy):
        return Answer(200, change(b"".join(healthy().pieces)))

    return broken


def error_event(code, reason, message="broken by the test", **details):
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": reason, "code": code}
    return event("ERROR", {**body, **({"details": details} if details else {})})


def only(*events):
    """A watch that says this and ends in order."""
    return lambda connection, request, healthy: Answer(200, iter(events))
