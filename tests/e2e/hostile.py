"""Requests that nobody honest sends, as tables: each case has a name, bytes, and the line that stands for its answer.

The lines are in `testdata/hostile_*.txt`, one for each case, so that a reader can judge every answer. With
SNAPGATE_REWRITE=1 they are written anew from what the server says: read the difference before you commit it.
"""

import json
import os
import re
import unicodedata
from pathlib import Path

from harness import PATIENCE
from kube import new_snapshot, snapshots_path

TESTDATA = Path(__file__).resolve().parent / "testdata"
# Of a message that a line shows; what is longer is cut, and its length stands behind it.
SHOWN_CHARACTERS = 240
# A message has at most so many causes and quotes at most so much of each; the rest of an answer that refuses says it again.
MOST_CHARACTERS = 10_000
MOST_BYTES = 32 << 10
UID = "hostile"
# The server at which a request comes back says so with a status of the 500s.
LOOP_DETECTED = 508
# The parts of an answer that differ from run to run.
CHANGING = [(re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"), "UUID"),
            (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME")]


class Hostile:
    """A server with one cluster that holds one snapshot, and what it must still hold in the end."""

    def __init__(self, server):
        self.server = server
        self.admin = server.client(keep=True)
        self.admin.create_cluster(UID)
        kube = self.kube("POST", "/api/v1/namespaces",
                         json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}).encode())
        assert b" 201 " in kube.split(b"\r\n")[0] or b" 409 " in kube.split(b"\r\n")[0], kube
        made = self.kube("POST", snapshots_path("default"), json.dumps(new_snapshot("one")).encode())
        assert b" 201 " in made.split(b"\r\n")[0], made
        self.before = self.state()

    def kube(self, method, path, body):
        return self.send(request(method, f"/clusters/{UID}{path}", body=body))

    def send(self, data):
        """`KEY` in what is sent is the admin key. Returns all bytes up to the end of the connection."""
        return self.server.raw(data.replace(b"KEY", self.server.admin_key.encode()), until_close=True,
                               timeout=30 * PATIENCE)

    def state(self):
        """All that is stored, as text."""
        stored = {}
        for target in ("/admin/v1/projects", "/admin/v1/clusters", "/admin/v1/keys", f"/clusters/{UID}/api/v1/namespaces",
                       f"/clusters/{UID}{snapshots_path()}"):
            reply = self.admin.get(target, headers={"Authorization": f"Bearer {self.server.admin_key}"})
            assert reply.status == 200, reply
            stored[target] = reply.json()
            for item in stored[target]["items"]:
                item.pop("lastUsedAt", None)
        return json.dumps(stored, sort_keys=True)

    def check_unchanged(self, name):
        assert self.state() == self.before, f"{name}: something was stored"

    def check_health(self):
        for target in ("/livez", "/readyz"):
            assert self.admin.get(target).status == 200
        assert self.server.running()


def request(method, target, *headers, body=None, media="application/json", key=True):
    """The bytes of a request, with either side's key; `method`, `target` and headers are text or bytes."""
    lines = [b" ".join([as_bytes(method), as_bytes(target), b"HTTP/1.1"]), b"Host: snapgate", b"Connection: close"]
    if key:
        kubernetes = as_bytes(target).startswith(b"/clusters/")
        lines.append(b"Authorization: Bearer KEY" if kubernetes else b"ApiKey: KEY")
    if body is not None:
        lines += [f"Content-Length: {len(body)}".encode()] + ([f"Content-Type: {media}".encode()] if media else [])
    return b"\r\n".join(lines + [as_bytes(header) for header in headers]) + b"\r\n\r\n" + (body or b"")


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def is_hidden(character):
    """A control, or a mark that turns the direction of writing."""
    return unicodedata.category(character) == "Cc" or character in "\u200e\u200f\u061c" or "\u202a" <= character <= "\u202e" \
        or "\u2066" <= character <= "\u2069"


def line_of(answer):
    """The line that stands for an answer: status, reason, the part at fault, message."""
    if not answer:
        return "closed"
    status = int(answer.split(b" ", 2)[1])
    if status < 400:
        refused = import_refusals(answer)
        return f"{status} refused {shown(refused[0]['name'])}: {shown(refused[0]['message'])}" if refused else str(status)
    error = error_of(answer)
    reason = error.get("reason") or error.get("code")
    message = error["message"]
    for pattern, word in CHANGING:
        message = pattern.sub(word, message)
    return f"{status} {reason} {shown(parts_at_fault(error))}: {shown(message)}"


def faults_of(answer, is_refused):
    """What is wrong with an answer whatever it says, in words. `is_refused`: it has to be a refusal."""
    if not answer:
        return
    head, _, body = answer.partition(b"\r\n\r\n")
    if not all(0x20 <= byte < 0x7f or byte in b"\r\n" for byte in head):
        yield f"a control in its head: {head!r}"
    status = int(head.split(b" ", 2)[1])
    if status < 400:
        refused = import_refusals(answer)
        if is_refused and not refused:
            yield f"it is accepted with {status}"
        if any(is_hidden(character) for one in refused for character in one["name"] + one["message"]):
            yield f"a control in a report: {refused}"
        return
    if status >= 500 and status != LOOP_DETECTED:
        yield f"a status of the server's own faults: {status}"
    error = error_of(answer)
    if len(answer) > MOST_BYTES:
        yield f"an answer of {len(answer)} bytes"
    if not 0 < len(error["message"]) <= MOST_CHARACTERS:
        yield f"a message of {len(error['message'])} characters: {error['message'][:300]}"
    for text in (error["message"], parts_at_fault(error), *[cause.get("message", "") for cause in causes_of(error)]):
        if any(is_hidden(character) for character in text):
            yield f"a control in what is shown: {text!r}"


def import_refusals(answer):
    """What the report of an import refuses; it is a 200 as some objects may have been good."""
    body = answer.partition(b"\r\n\r\n")[2]
    return json.loads(body)["refused"] if body.startswith(b'{"created":') else []


def error_of(answer):
    """Its body: of either side, or the plain words of kube-apiserver's mux for a path that is none."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"Content-Type: text/plain" in head:
        return {"reason": "(text)", "message": body.decode().strip()}
    return json.loads(body)


def causes_of(error):
    return (error.get("details") or {}).get("causes", [])


def parts_at_fault(error):
    """What of the request an error names beside its message."""
    details = error.get("details") or {}
    return details.get("field") or details.get("parameter") or ",".join(cause.get("field", "") for cause in causes_of(error)) \
        or "-"


def shown(text):
    cut = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}...({len(text)})"
    return json.dumps(cut)[1:-1].replace('\\"', '"')


def run(hostile, cases, file, refused=False):
    """Sends every case ({name: bytes}) and holds the answers to the table in a file of testdata/. `refused`: every one has
    to be a refusal."""
    answers = {name: hostile.send(data) for name, data in cases.items()}
    wrong = [f"{name}: {fault}" for name, answer in answers.items() for fault in faults_of(answer, refused)]
    assert not wrong, f"{len(wrong)} wrong answers:\n" + "\n".join(wrong[:40])
    compare(file, {name: line_of(answer) for name, answer in answers.items()})
    hostile.check_unchanged(file)
    hostile.check_health()


def compare(file, lines):
    """Holds lines ({name: line}) to the table in a file of testdata/."""
    path = TESTDATA / file
    table = "".join(f"{name} -> {line}\n" for name, line in lines.items())
    if os.environ.get("SNAPGATE_REWRITE"):
        path.write_text(table)
    expected = dict(row.split(" -> ", 1) for row in path.read_text().splitlines())
    wrong = [f"{name}\n  expected {expected.get(name)}\n  but got  {lines.get(name)}"
             for name in sorted(expected.keys() | lines.keys()) if expected.get(name) != lines.get(name)]
    assert not wrong, f"{len(wrong)} answers differ from {file}:\n" + "\n".join(wrong[:20])
