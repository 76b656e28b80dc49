"""Two servers for benchmarks of mirrors: one whose hosted clusters play the Kubernetes API servers, and one that is
connected to them over TLS."""

import base64
import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor

from load import Failed
from server import REQUEST_SECONDS, Server

IMPORTS_AT_ONCE = 2
SYNC_SECONDS = 600


class Api:
    """One kept connection to a server, plain, with its admin's key. Not for several threads at once."""

    def __init__(self, server):
        self.headers = {**server.headers(), **server.bearer(), "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=REQUEST_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, method, path, body=None):
        """Status and body, whatever they are."""
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, self.headers)
        response = self.connection.getresponse()
        return response.status, response.read()

    def call(self, method, path, body=None, status=200):
        got, text = self.ask(method, path, body)
        if got != status:
            raise Failed(f"{method} {path} gives {got}, not {status}: {text[:500]}")
        return json.loads(text) if text else None


def uid_of(number):
    return f"fleet-{number:04d}"


def page_of(uid):
    """The first snapshot of a cluster: the shortest answer that needs its mirror."""
    return f"/v1/spectroclusters/{uid}/vms/snapshot?limit=1"


def fill(server, clusters, dump):
    """Hosted clusters that hold the dump, each."""
    uids = [uid_of(number) for number in range(clusters)]
    for uid in uids:
        server.create_cluster(uid)
    with ThreadPoolExecutor(IMPORTS_AT_ONCE) as pool:
        list(pool.map(lambda uid: server.load(dump, uid), uids))


def kubeconfig(upstream, uid):
    """How a cluster of the upstream is reached, as JSON, which is YAML too."""
    authority = base64.b64encode((upstream.data_dir / "ca.crt").read_bytes()).decode()
    return json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": uid,
        "clusters": [{"name": uid, "cluster": {"server": f"https://127.0.0.1:{upstream.port}/clusters/{uid}",
                                               "certificate-authority-data": authority}}],
        "contexts": [{"name": uid, "context": {"cluster": uid, "user": uid}}],
        "users": [{"name": uid, "user": {"token": upstream.key}}],
    })


def connect(api, upstream, uid):
    api.call("POST", "/admin/v1/clusters",
             {"name": uid, "uid": uid, "type": "connected", "kubeconfig": kubeconfig(upstream, uid), "context": ""},
             201)


def is_served(api, uid):
    """Whether the list of a cluster, which is not empty, is to be had: a mirror that was never whole is 503."""
    status, text = api.ask("GET", page_of(uid))
    if status not in (200, 503):
        raise Failed(f"the list of {uid} gives {status}: {text[:500]}")
    return status == 200 and bool(json.loads(text)["items"])


def wait_for_lists(api, uids, seconds=SYNC_SECONDS):
    deadline = time.monotonic() + seconds
    waiting = list(uids)
    while waiting:
        if is_served(api, waiting[-1]):
            waiting.pop()
            continue
        if time.monotonic() > deadline:
            raise Failed(f"{len(waiting)} mirrors are not there after {seconds} s, {waiting[-1]} among them")
        time.sleep(0.02)


class Mirrors(Server):
    """The server that is connected. Its key for credentials lies beside its data."""

    def __init__(self, data_dir, threads):
        super().__init__(data_dir, threads)
        self.arguments += ["--credentials-key-file", self.data_dir.with_name(self.data_dir.name + ".credentials-key")]
