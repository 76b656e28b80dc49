"""Debian's etcd-server on free ports of loopback, with its data in a folder that the caller removes."""

import json
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from harness import PATIENCE, free_ports, wait_for

STOP_SECONDS = 15


class Member:
    def __init__(self, name, folder, client_port, peer_port, tls):
        self.name = name
        self.folder = folder
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{client_port}"
        self.peer_url = f"http://127.0.0.1:{peer_port}"
        self.process = None
        # A test looks at a member whatever its certificate is.
        self.context = ssl._create_unverified_context() if tls else None

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def signal(self, number):
        self.process.send_signal(number)

    def post(self, path, body, token=None):
        """A call through the member's gateway, decoded. `token`: of a user, where etcd asks for one."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": token} if token else {})
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=5 * PATIENCE, context=self.context) as answer:
            return json.load(answer)

    def healthy(self):
        try:
            with urllib.request.urlopen(self.url + "/health", timeout=2 * PATIENCE, context=self.context) as answer:
                return json.load(answer).get("health") == "true"
        except (OSError, urllib.error.URLError, ValueError):
            return False


class Etcd:
    """One etcd of one or several members. `pem`: a file with the certificate and the key that they show to clients."""

    def __init__(self, folder, members=1, arguments=(), pem=None):
        self.folder = Path(folder)
        self.arguments = list(arguments)
        if pem is not None:
            self.arguments += ["--cert-file", str(pem), "--key-file", str(pem)]
        ports = free_ports(2 * members)
        self.members = [Member(f"m{i}", self.folder / f"m{i}", ports[2 * i], ports[2 * i + 1], pem is not None)
                        for i in range(members)]

    @property
    def endpoints(self):
        return ",".join(member.url for member in self.members)

    def start(self):
        for member in self.members:
            self.start_member(member)
        for member in self.members:
            wait_for(member.healthy, f"etcd's member {member.name}", 30)
        return self

    def start_member(self, member):
        """Again, too: with its data."""
        self.folder.mkdir(parents=True, exist_ok=True)
        peers = ",".join(f"{one.name}={one.peer_url}" for one in self.members)
        with open(self.folder / f"{member.name}.log", "ab") as log:
            member.process = subprocess.Popen(
                ["etcd", "--name", member.name, "--data-dir", str(member.folder),
                 "--listen-client-urls", member.url, "--advertise-client-urls", member.url,
                 "--listen-peer-urls", member.peer_url, "--initial-advertise-peer-urls", member.peer_url,
                 "--initial-cluster", peers, "--initial-cluster-state", "new", *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self):
        for member in self.members:
            if member.running():
                member.signal(signal.SIGCONT)
                member.signal(signal.SIGTERM)
        for member in self.members:
            if member.process is None:
                continue
            try:
                member.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                member.kill()

    def leader(self):
        """The member that leads; waits until there is one."""
        def find():
            for member in self.members:
                if not member.running():
                    continue
                try:
                    status = member.post("/v3/maintenance/status", {})
                except (OSError, urllib.error.URLError, ValueError):
                    continue
                if status.get("leader", "0") == status["header"]["member_id"]:
                    return member
            return None

        return wait_for(find, "etcd's leader", 20)

    def revision(self):
        return int(self.members[0].post("/v3/kv/range", {"key": "eA=="})["header"]["revision"])

    def compact(self):
        """Removes all history before now."""
        self.members[0].post("/v3/kv/compaction", {"revision": str(self.revision()), "physical": True})
