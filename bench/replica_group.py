"""Several snapgate servers on one etcd, and HAProxy before them, on loopback."""

import http.client

import processes
from etcd import Member, start_members
from server import Server

# Every replica has to have the others' secret.
SECRET = {"SNAPGATE_CREDENTIALS_KEY": "5e" * 32}
START_SECONDS = 30
CONFIGURATION = """\
defaults
    mode http
    timeout connect 1s
    timeout client 1h
    timeout server 1h
    retries 3
    # What reached no replica is given to another; what did is not sent again, unless it is a read.
    option redispatch 1
    retry-on conn-failure empty-response

frontend snapgate
    bind 127.0.0.1:{port}
    default_backend replicas

backend replicas
    balance roundrobin
    option http-no-delay
    http-request disable-l7-retry unless METH_GET
    option httpchk GET /readyz
    default-server check inter 500ms fall 1 rise 1
{servers}
"""


class Replica(Server):
    """A server on the etcd whose endpoints are given. The first of a group has the key."""

    def __init__(self, data_dir, endpoints, threads, first=None):
        super().__init__(data_dir, threads, more=["--etcd", endpoints])
        self.first = first
        self.environment = SECRET

    @property
    def key(self):
        return super().key if self.first is None else self.first.key

    def ready(self):
        try:
            return self.get("/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False


class Group:
    """`with Group(folder, members, replicas) as group:`. An etcd of so many members, and so many replicas on it."""

    def __init__(self, folder, members=1, replicas=1, threads=2):
        self.folder = folder
        self.threads = threads
        self.members = [Member(folder / f"etcd-{i}", f"m{i}") for i in range(members)]
        self.count = replicas
        self.replicas = []

    def __enter__(self):
        self.folder.mkdir(parents=True)
        try:
            start_members(self.members)
            for _ in range(self.count):
                self.add()
        except BaseException:
            self.__exit__(*([RuntimeError] * 3))
            raise
        return self

    @property
    def endpoints(self):
        return ",".join(member.url for member in self.members)

    def add(self):
        """One more replica, which is ready when it listens."""
        first = self.replicas[0] if self.replicas else None
        server = Replica(self.folder / f"replica-{len(self.replicas)}", self.endpoints, self.threads, first)
        server.__enter__()
        self.replicas.append(server)
        return server

    def leader(self):
        return next(member for member in self.members if member.leads())

    def __exit__(self, kind, *_):
        for server in self.replicas:
            if server.process is not None and server.process.poll() is not None:
                server.process = None  # a benchmark killed it
            server.stop(in_order=kind is None)
        for member in self.members:
            member.stop()


class Balancer:
    """`with Balancer(folder, replicas) as balancer:`."""

    def __init__(self, folder, replicas):
        self.folder = folder
        self.port = processes.free_port()
        servers = "\n".join(f"    server r{i} 127.0.0.1:{one.port}" for i, one in enumerate(replicas))
        self.configuration = folder / "haproxy.cfg"
        self.configuration.write_text(CONFIGURATION.format(port=self.port, servers=servers), encoding="utf-8")
        self.process = None

    def __enter__(self):
        with open(self.folder / "haproxy.log", "wb") as log:
            self.process = processes.spawn(["/usr/sbin/haproxy", "-q", "-db", "-f", self.configuration], stdout=log, stderr=log)
        if not processes.comes_up(self.process, self.answers, START_SECONDS):
            processes.stop(self.process)
            raise RuntimeError(f"HAProxy did not start; it says:\n{(self.folder / 'haproxy.log').read_text()}")
        return self

    def answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def __exit__(self, *_):
        processes.stop(self.process)
