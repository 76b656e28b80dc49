"""etcd with its defaults (every put is on disk before it is acknowledged), on loopback."""

import http.client
import json
import subprocess

import processes

START_SECONDS = 30


class Etcd:
    """`with Etcd(directory) as etcd:`."""

    def __init__(self, data_dir):
        self.data_dir = data_dir
        self.port = processes.free_port()
        self.peer_port = processes.free_port()
        self.process = None

    def __enter__(self):
        client, peer = (f"http://127.0.0.1:{port}" for port in (self.port, self.peer_port))
        with open(self.data_dir.with_suffix(".log"), "wb") as log:
            self.process = processes.spawn(
                ["etcd", "--name", "bench", "--data-dir", self.data_dir, "--listen-client-urls", client,
                 "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                 "--initial-cluster", f"bench={peer}", "--quota-backend-bytes", str(8 << 30),
                 "--log-level", "warn"], stdout=log, stderr=log)
        if not processes.comes_up(self.process, self.healthy, START_SECONDS):
            processes.stop(self.process)
            raise RuntimeError(f"etcd did not start: see {self.data_dir.with_suffix('.log')}")
        return self

    def healthy(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return json.loads(connection.getresponse().read()).get("health") == "true"
        except (OSError, ValueError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    @property
    def pid(self):
        return self.process.pid

    def __exit__(self, *_):
        processes.stop(self.process)


def version():
    ran = subprocess.run(["etcd", "--version"], capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()[0]
