"""The server under test: one `snapgate serve` on a free port of loopback."""

import gzip
import http.client
import json
import os
import ssl
from pathlib import Path

import processes

ROOT = Path(__file__).resolve().parents[1]
BINARY = Path(os.environ.get("SNAPGATE_BIN", ROOT / "build" / "release" / "snapgate")).resolve()
LIST = "/v1/spectroclusters/bench/vms/snapshot"
CLUSTER = "bench"
# What a client asks for that prints a list of the Kubernetes API.
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
START_SECONDS = 60
REQUEST_SECONDS = 600


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def plain(self):
        """The body with gzip taken off."""
        return gzip.decompress(self.body) if self.headers["Content-Encoding"] == "gzip" else self.body


def ask(port, method, path, body=None, headers=None, tls=False):
    """One answer over a connection of its own. The certificate is one of our own: it is not checked."""
    if tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=REQUEST_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
    try:
        connection.request(method, path, body, headers or {})
        answer = Answer(connection.getresponse())
        answer.cipher = connection.sock.cipher() if tls and connection.sock else None
        return answer
    finally:
        connection.close()


def get(port, path, headers=None, tls=False):
    return ask(port, "GET", path, None, headers, tls)


class Server:
    """`with Server(directory) as server:`. It is stopped at the end, gracefully, and has to end with 0."""

    def __init__(self, data_dir, threads, access_log=False, port=0, binary=BINARY, more=()):
        self.data_dir = Path(data_dir)
        self.arguments = [binary, "serve", "--data-dir", data_dir, "--listen", f"127.0.0.1:{port}",
                          "--tls-self-signed", "--threads", threads, "--access-log",
                          "on" if access_log else "off",
                          # All clients of a measurement come from one address.
                          "--trusted-proxies", "127.0.0.0/8", *more]
        self.environment = {}
        self.log = self.data_dir.with_name(self.data_dir.name + ".log")
        self.process = None
        self.port = None

    def __enter__(self):
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.before"))
        with open(self.log, "wb") as log:
            self.process = processes.spawn(self.arguments, self.environment, stdout=log, stderr=log)
        try:
            if not processes.comes_up(self.process, self.logged_port, START_SECONDS, pause=0.005):
                raise RuntimeError(f"the server did not start; it says:\n{self.last_words()}")
        except BaseException:
            processes.stop(self.process)
            raise
        self.port = self.logged_port()
        return self

    def logged_port(self):
        with open(self.log, "rb") as log:
            for line in log.read(1 << 16).splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if entry.get("message") == "listening":
                    return entry["port"]
        return None

    def last_words(self):
        with open(self.log, "rb") as log:
            log.seek(max(0, self.log.stat().st_size - 2000))
            return log.read().decode("utf-8", "replace")

    def __exit__(self, kind, *_):
        self.stop(in_order=kind is None)

    def stop(self, in_order=True):
        """Gracefully; a second call does nothing. Says so if the server ended on its own before."""
        if self.process is None:
            return
        process, self.process = self.process, None
        code = process.poll()
        if code is not None:
            raise RuntimeError(f"the server ended by itself, with {code}; it says:\n{self.last_words()}")
        code = processes.stop(process)
        if in_order and code != 0:
            raise RuntimeError(f"the server ended with {code}; it says:\n{self.last_words()}")

    @property
    def pid(self):
        return self.process.pid

    @property
    def key(self):
        return (self.data_dir / "admin.key").read_text(encoding="utf-8").strip()

    def headers(self):
        return {"ApiKey": self.key}

    def bearer(self):
        """As the Kubernetes API takes the key."""
        return {"Authorization": f"Bearer {self.key}"}

    def get(self, path, headers=None, tls=False):
        return get(self.port, path, {**self.headers(), **(headers or {})}, tls)

    def objects(self):
        """How many objects the cluster has; None while there is no cluster."""
        answer = self.get(f"/admin/v1/clusters/{CLUSTER}")
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise RuntimeError(f"asked for the cluster, the server says {answer.status}: {answer.body[:500]}")
        return json.loads(answer.body)["objects"]

    def create_cluster(self, uid=CLUSTER):
        answer = ask(self.port, "POST", "/admin/v1/clusters", json.dumps({"name": uid, "uid": uid}),
                     {**self.headers(), "Content-Type": "application/json"})
        if answer.status != 201:
            raise RuntimeError(f"asked to create a cluster, the server says {answer.status}: {answer.body[:500]}")

    def client_command(self, *words):
        """Runs `snapgate WORDS` against this server, with its admin's key."""
        return [BINARY, *words, "--server", f"http://127.0.0.1:{self.port}",
                "--api-key-file", self.data_dir / "admin.key"]

    def import_command(self, dump, uid=CLUSTER):
        return self.client_command("import", dump, "--cluster", uid, "-o", "json")

    def load(self, dump, uid=CLUSTER):
        """Imports a dump, to the end."""
        processes.run(self.import_command(dump, uid))
