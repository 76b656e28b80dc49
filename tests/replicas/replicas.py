"""Several snapgate servers whose truth is in one etcd."""

import itertools
from pathlib import Path

from harness import Server
from kube import KubeClient

# Every replica has to have the others' secret.
SECRET = {"SNAPGATE_CREDENTIALS_KEY": "5e" * 32}


class Replicas:
    """Servers with one etcd. Each has a data directory of its own; `turn` deals requests out."""

    def __init__(self, folder, etcd, *arguments, env=None):
        self.folder = Path(folder)
        self.etcd = etcd
        self.arguments = arguments
        self.env = {**SECRET, **(env or {})}
        self.servers = []
        self.turns = itertools.count()

    def add(self, *arguments, endpoints=None):
        """One more replica, started."""
        return self.new(*arguments, endpoints=endpoints).start()

    def new(self, *arguments, endpoints=None):
        """One more replica, not started. `endpoints`: the way to etcd, if it is another."""
        server = Server(self.folder / f"replica-{len(self.servers)}" / "data", "--etcd", endpoints or self.etcd.endpoints,
                        *self.arguments, *arguments, env=self.env)
        server.data_dir.parent.mkdir(parents=True, exist_ok=True)
        self.servers.append(server)
        return server

    def start(self, count):
        for _ in range(count):
            self.add()
        return self

    @property
    def admin_key(self):
        """The first key: one replica alone has written it down."""
        files = [server.data_dir / "admin.key" for server in self.servers]
        written = [file for file in files if file.exists()]
        assert len(written) == 1, written
        return written[0].read_text().strip()

    def next(self):
        """The server whose turn it is, among those that run."""
        running = [server for server in self.servers if server.running()]
        return running[next(self.turns) % len(running)]

    def client(self, server=None, key=None, **options):
        """A client of that server, or of the one whose turn it is."""
        return (server or self.next()).client(key or self.admin_key, **options)

    def kube(self, cluster, server=None, key=None, **options):
        return KubeClient(server or self.next(), cluster, key or self.admin_key, **options)

    def stop(self):
        for server in self.servers:
            if server.running():
                server.stop()
