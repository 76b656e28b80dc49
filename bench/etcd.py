"""etcd with its defaults (every put is on disk before it is acknowledged), on loopback."""

import http.client
import json
import subprocess

import processes

START_SECONDS = 30


class Member:
    """One member of an etcd; see start_members."""

    def __init__(self, data_dir, name="bench"):
        self.data_dir = data_dir
        self.name = name
        self.port = processes.free_port()
        self.url, self.peer_url = (f"http://127.0.0.1:{port}" for port in (self.port, processes.free_port()))
        self.process = None

    def start(self, cluster):
        """`cluster`: all members, as etcd wants them told. It is up when it is healthy."""
        with open(self.log, "ab") as log:
            self.process = processes.spawn(
                ["etcd", "--name", self.name, "--data-dir", self.data_dir, "--listen-client-urls", self.url,
                 "--advertise-client-urls", self.url, "--listen-peer-urls", self.peer_url,
                 "--initial-advertise-peer-urls", self.peer_url, "--initial-cluster", cluster,
                 "--quota-backend-bytes", str(8 << 30), "--log-level", "warn"], stdout=log, stderr=log)

    @property
    def log(self):
        return self.data_dir.with_suffix(".log")

    @property
    def pid(self):
        return self.process.pid

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def healthy(self):
        try:
            return self.ask("GET", "/health").get("health") == "true"
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def leads(self):
        status = self.ask("POST", "/v3/maintenance/status", "{}")
        return status.get("leader") == status["header"]["member_id"]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process is not None:
            processes.stop(self.process)


def start_members(members):
    """Starts them as one etcd, and waits until all are healthy."""
    cluster = ",".join(f"{member.name}={member.peer_url}" for member in members)
    for member in members:
        member.start(cluster)
    for member in members:
        if not processes.comes_up(member.process, member.healthy, START_SECONDS):
            raise RuntimeError(f"etcd did not start: see {member.log}")


class Etcd(Member):
    """`with Etcd(directory) as etcd:`. An etcd of one member."""

    def __enter__(self):
        try:
            start_members([self])
        except RuntimeError:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()


def version():
    ran = subprocess.run(["etcd", "--version"], capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()[0]
