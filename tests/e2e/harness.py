"""Starts real snapgate processes and talks to them over real sockets.

`Server` is one `snapgate serve` on a free port of loopback with a data directory of its own;
`Client` is one caller with one key. Nothing here needs more than Python's own library.
"""

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("SNAPGATE_BIN", ROOT / "build" / "release" / "snapgate")).resolve()
# A sanitizer makes the server several times slower; waits are longer there, never different.
SANITIZED = any(name in BINARY.parent.name for name in ("asan", "tsan"))
PATIENCE = 6 if SANITIZED else 1
START_SECONDS = 20 * PATIENCE
STOP_SECONDS = 15 * PATIENCE
REQUEST_SECONDS = 30 * PATIENCE
# A dump of a real cluster.
SAMPLE = ROOT / "samples" / "kubectl-get-vmsnapshots.json"
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")
LIST_ROUTE = "/v1/spectroclusters/{uid}/vms/snapshot"


def vm_path(uid, vm="web-01", name=None):
    """The published path of a VM's snapshots, or of one of them."""
    return f"/v1/spectroclusters/{uid}/vms/{vm}/snapshot" + (f"/{name}" if name else "")


def clean_environment(extra=None):
    """This process's environment without settings that a developer's shell may carry."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SNAPGATE_")}
    environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
    environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    environment.update(extra or {})
    return environment


class Reply:
    """An answer, read whole. `body` is as sent; `json()` takes gzip off."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name):
        return self.headers.get(name)

    def text(self):
        body = gzip.decompress(self.body) if self.header("Content-Encoding") == "gzip" else self.body
        return body.decode("utf-8")

    def json(self):
        return json.loads(self.text())

    def __repr__(self):
        return f"<{self.status} {self.body[:500]!r}>"


class Client:
    """Calls a server with one key. Opens a connection for each request unless `keep` is set."""

    def __init__(self, port, key=None, project=None, context=None, address="127.0.0.1", keep=False):
        self.port = port
        self.key = key
        self.project = project
        self.context = context
        self.address = address
        self.keep = keep
        self.connection = None

    def connect(self, timeout=REQUEST_SECONDS):
        if self.context is not None:
            return http.client.HTTPSConnection(self.address, self.port, timeout=timeout, context=self.context)
        return http.client.HTTPConnection(self.address, self.port, timeout=timeout)

    def headers(self, extra=None):
        headers = {}
        if self.key is not None:
            headers["ApiKey"] = self.key
        if self.project is not None:
            headers["ProjectUid"] = self.project
        headers.update(extra or {})
        return headers

    def request(self, method, target, body=None, headers=None, **query):
        if query:
            target += "?" + urllib.parse.urlencode(query, doseq=True, safe=",")
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers = {"Content-Type": "application/json", **(headers or {})}
        connection = self.connection or self.connect()
        try:
            sent = self.headers(headers)
            connection.request(method, target, body=body, headers=sent, encode_chunked="Transfer-Encoding" in sent)
            answer = connection.getresponse()
            reply = Reply(answer.status, answer.headers, answer.read())
        except BaseException:
            self.connection = None
            connection.close()
            raise
        if self.keep:
            self.connection = connection
        else:
            connection.close()
        return reply

    def get(self, target, headers=None, **query):
        return self.request("GET", target, headers=headers, **query)

    def post(self, target, body=None, headers=None, **query):
        return self.request("POST", target, body=body, headers=headers, **query)

    def delete(self, target, headers=None, **query):
        return self.request("DELETE", target, headers=headers, **query)

    def list(self, uid, headers=None, **query):
        """One page, as a reply. `vmName` and the like are the query."""
        return self.get(LIST_ROUTE.format(uid=uid), headers=headers, **query)

    def pages(self, uid, **query):
        """Every page of a listing, each a decoded list."""
        token = None
        while True:
            reply = self.list(uid, **query, **({"continue": token} if token else {}))
            assert reply.status == 200, reply
            page = reply.json()
            yield page
            token = page["metadata"].get("continue")
            if not token:
                return

    def items(self, uid, **query):
        return [item for page in self.pages(uid, **query) for item in page["items"]]

    def names(self, uid, **query):
        return [name_of(item) for item in self.items(uid, **query)]

    # The registry.

    def create_cluster(self, uid, **fields):
        reply = self.post("/admin/v1/clusters", {"name": uid, "uid": uid, **fields})
        assert reply.status == 201, reply
        return reply.json()

    def cluster(self, uid):
        """What the registry says of a cluster."""
        reply = self.get(f"/admin/v1/clusters/{uid}")
        assert reply.status == 200, reply
        return reply.json()

    def set_kubeconfig(self, uid, kubeconfig):
        return self.request("PUT", f"/admin/v1/clusters/{uid}/kubeconfig", {"kubeconfig": kubeconfig})

    def create_project(self, name, **fields):
        reply = self.post("/admin/v1/projects", {"name": name, **fields})
        assert reply.status == 201, reply
        return reply.json()

    def create_key(self, name, role="reader", **fields):
        reply = self.post("/admin/v1/keys", {"name": name, "role": role, **fields})
        assert reply.status == 201, reply
        return reply.json()

    def load(self, uid, objects, **query):
        """Imports objects as JSON lines and returns the counts; every one must be taken."""
        reply = self.import_lines(uid, objects, **query)
        assert reply.status == 200, reply
        counts = reply.json()
        assert counts["refused"] == [], counts
        return counts

    def import_lines(self, uid, objects, **query):
        body = "".join(json.dumps(item) + "\n" for item in objects)
        return self.post(f"/admin/v1/clusters/{uid}/import", body,
                         {"Content-Type": "application/x-ndjson"}, **query)

    # The metrics.

    def metrics(self):
        reply = self.get("/metrics")
        assert reply.status == 200, reply
        return reply.text()

    def metric(self, name, **labels):
        """The present value of one series, or None."""
        return metric_of(self.metrics(), name, **labels)


def metric_of(text, name, **labels):
    """The value of one series in the text of /metrics, or None: the first one that has these labels."""
    for line in text.splitlines():
        match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)(?: \d+)?", line)
        if match:
            found = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(1) or ""))
            if all(found.get(label) == value for label, value in labels.items()):
                return float(match.group(2))
    return None


def name_of(item):
    return item["metadata"]["namespace"], item["metadata"]["name"]


def snapshot(namespace, name, vm="vm-1", phase="Succeeded", **metadata):
    """One VirtualMachineSnapshot as kubectl prints them."""
    return {
        "apiVersion": "snapshot.kubevirt.io/v1beta1",
        "kind": "VirtualMachineSnapshot",
        "metadata": {"namespace": namespace, "name": name, **metadata},
        "spec": {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": vm}},
        "status": {"phase": phase, "readyToUse": phase == "Succeeded"},
    }


def snapshots(count, namespaces=("default",), vms=("vm-1",)):
    """`count` snapshots dealt out over namespaces and VMs, in no order of their own."""
    return [snapshot(namespaces[i % len(namespaces)], f"snap-{(i * 7919) % count:05d}-{i}",
                     vms[(i // len(namespaces)) % len(vms)]) for i in range(count)]


def in_order(objects):
    """Namespace and name of each, in the order of every list."""
    return sorted(name_of(item) for item in objects)


def run_cli(*arguments, env=None, stdin=None, timeout=60, cwd=None):
    """Runs `snapgate ARGUMENTS` to its end."""
    ran = subprocess.run([str(BINARY), *map(str, arguments)], input=stdin, capture_output=True, text=True,
                         env=clean_environment(env), timeout=timeout * PATIENCE, check=False, cwd=cwd)
    assert not SANITIZER_REPORT.search(ran.stderr), ran.stderr
    return ran


def free_ports(count):
    """Ports of loopback that were free a moment ago; all are held until the last is known, so that they differ."""
    with contextlib.ExitStack() as held:
        listeners = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


def free_port():
    return free_ports(1)[0]


def outside_address():
    """An address of this machine that is not loopback, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


def wait_for(condition, what, seconds=10):
    """Polls until `condition` gives something true, and returns that. `what` is waited for: words, or a function that
    gives them when the time is over."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds * PATIENCE} s: {what() if callable(what) else what}"
        time.sleep(0.02)


class Server:
    """`snapgate serve` over a data directory. start() again after stop() or kill() goes on with it."""

    def __init__(self, data_dir, *arguments, env=None, listen="127.0.0.1:0"):
        self.data_dir = Path(data_dir)
        self.arguments = list(arguments)
        self.env = env
        self.listen = listen
        self.process = None
        self.port = None
        self.lines = []
        self.reader = None

    def start(self):
        command = [str(BINARY), "serve", "--data-dir", str(self.data_dir), *self.arguments]
        if self.listen:
            command += ["--listen", self.listen]
        # The credentials key is beside the data directory, not in the home of who runs the tests.
        config = self.data_dir.with_name(self.data_dir.name + ".config").absolute()
        environment = clean_environment({"XDG_CONFIG_HOME": str(config), **(self.env or {})})
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=environment)
        self.lines = []
        self.reader = threading.Thread(target=self.read_stderr, args=(self.process, self.lines), daemon=True)
        self.reader.start()
        wait_for(lambda: self.log("listening") or self.process.poll() is not None,
                 "the line 'listening'", START_SECONDS / PATIENCE)
        listening = self.log("listening")
        if not listening:
            # Its last words may still be on their way.
            self.reader.join(STOP_SECONDS)
        assert listening, f"ended with {self.process.wait()} before it listened:\n{self.tail()}"
        self.port = listening[0]["port"]
        return self

    @staticmethod
    def read_stderr(process, lines):
        for line in process.stderr:
            lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def log(self, message=None):
        """The lines of the log, decoded, with that message if one is given."""
        decoded = []
        for line in list(self.lines):
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            if message is None or entry.get("message") == message:
                decoded.append(entry)
        return decoded

    def tail(self, count=15):
        """What was said last, without the lines of single requests."""
        return "\n".join([line for line in self.lines if '"message":"request"' not in line][-count:])

    def stop(self):
        """SIGTERM; the process has to end by itself, with 0."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended(0)

    def ended(self, expected):
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not end in {STOP_SECONDS} s:\n{self.tail()}") from None
        self.reader.join(STOP_SECONDS)
        self.check_log()
        assert code == expected, f"ended with {code}:\n{self.tail()}"
        return code

    def kill(self):
        """SIGKILL: what a crash or a lost machine looks like."""
        self.process.kill()
        self.process.wait()
        self.reader.join(STOP_SECONDS)
        self.check_log()

    def running(self):
        return self.process is not None and self.process.poll() is None

    def check_log(self):
        """No sanitizer complained, and no key stands in the log."""
        text = "\n".join(self.lines)
        assert not SANITIZER_REPORT.search(text), text[-8000:]
        key_file = self.data_dir / "admin.key"
        if key_file.exists():
            assert key_file.read_text().strip() not in text, "the admin key stands in the log"

    def signal(self, number):
        self.process.send_signal(number)

    @property
    def admin_key(self):
        return (self.data_dir / "admin.key").read_text().strip()

    def client(self, key=None, tls=False, **options):
        context = self.tls_context() if tls else None
        return Client(self.port, key if key is not None else self.admin_key, context=context, **options)

    def anonymous(self, tls=False):
        return Client(self.port, context=self.tls_context() if tls else None)

    def tls_context(self, ca=None):
        return ssl.create_default_context(cafile=str(ca or self.data_dir / "ca.crt"))

    def raw(self, request, until_close=False, timeout=REQUEST_SECONDS):
        """Sends bytes as they are and returns what comes back before the server closes, or, unless
        `until_close`, until nothing more comes for a moment after the first answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(request)
            received = b""
            while True:
                try:
                    piece = connection.recv(65536)
                except TimeoutError:
                    assert not until_close, f"not closed within {timeout} s; received {received[:500]!r}"
                    return received
                except ConnectionResetError:
                    return received
                if not piece:
                    return received
                received += piece
                if not until_close:
                    connection.settimeout(0.5 * PATIENCE)

    def login(self, tls=False):
        """The environment in which a client command goes to this server, with its admin key."""
        trust = {"SNAPGATE_CA": str(self.data_dir / "ca.crt")} if tls else {}
        return {"SNAPGATE_SERVER": f"{'https' if tls else 'http'}://127.0.0.1:{self.port}",
                "SNAPGATE_API_KEY": self.admin_key, **trust}

    def cli(self, *arguments, env=None, tls=False, **options):
        """A client command against this server, with its admin key."""
        return run_cli(*arguments, env={**self.login(tls), **(env or {})}, **options)


class OpenAnswer(threading.Thread):
    """An answer that goes on for as long as the client stays, read by a thread of its own. `events` grows; `ended` says
    how the answer ended: None while it is open, "end" after its last chunk, else what went wrong."""

    def __init__(self, client, target, headers=None, **query):
        super().__init__(daemon=True)
        # Nothing may come for as long as nothing happens; how long a test waits is its own to say.
        self.connection = client.connect(timeout=3600)
        self.connection.request("GET", f"{target}?{urllib.parse.urlencode(query)}", headers=client.headers(headers))
        # An answer that closes its connection takes the socket away from it.
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.events = []
        self.ended = None
        self.start()

    def take(self, line):
        """A line that came: adds to the events. Each kind of answer has its own."""
        self.events.append(line)

    def run(self):
        try:
            while line := self.answer.readline():
                self.take(line)
            self.ended = "end"
        except Exception as error:
            self.ended = repr(error)
        finally:
            self.connection.close()

    def until(self, condition, what, seconds=20):
        """Waits until an event fulfils the condition, and returns that event."""
        def found():
            match = next((event for event in list(self.events) if condition(event)), None)
            assert match or self.ended is None, f"ended ({self.ended}) before {what}: {self.brief()[-10:]}"
            return match

        return wait_for(found, what, seconds)

    def hang_up(self):
        """Ends it from this side."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # ended already

    def until_end(self, seconds=20):
        wait_for(lambda: self.ended, "the answer to end", seconds)
        return self.events

    def brief(self):
        """The events, in short."""
        return self.events


class Following:
    """A process that goes on until it is ended; the lines of its output and of its errors as they come."""

    def __init__(self, command, environment, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen([str(part) for part in command], stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment)
        self.lines, self.errors = [], []
        self.readers = [threading.Thread(target=self.read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(stream, lines):
        with stream:
            for line in stream:
                lines.append(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.stop()

    def until(self, condition, what, seconds=20):
        """Waits until all the lines so far fulfil a condition, and returns what that gives."""
        return wait_for(lambda: condition(list(self.lines)), lambda: f"{what}: {self.lines[-5:]} {self.errors[-5:]}", seconds)

    def until_line(self, condition, what, seconds=30):
        """Waits until a line fulfils a condition, and returns the line."""
        return self.until(lambda lines: next((line for line in lines if condition(line)), None), what, seconds)

    def interrupt(self):
        """Ctrl-C; it has to end well."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(20 * PATIENCE) == 0, self.errors
        self.join()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.join()

    def join(self):
        for reader in self.readers:
            reader.join(10 * PATIENCE)


class SocketReader:
    """Reads HTTP answers one after the other from a connection, as pipelining needs."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""

    def fill(self):
        piece = self.connection.recv(65536)
        if not piece:
            raise EOFError("closed by the server")
        self.buffer += piece

    def answer(self, head_only=False):
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = http.client.HTTPMessage()
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name] = value.strip()
        length = 0 if head_only or status in (100, 204, 304) else int(headers["Content-Length"])
        while len(self.buffer) < length:
            self.fill()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Reply(status, headers, body)
