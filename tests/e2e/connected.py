"""Clusters of one server that follow clusters of another: how they are connected, and how they stand."""

from between import Between
from harness import Server, wait_for
from kube import KubeClient, kubeconfig_of

UID = "the-cluster"


def kubeconfig(server, uid, user=None, url=None):
    """A kubeconfig for cluster `uid` of a server, over TLS if the server has it: as its admin, and at the server
    itself, if nothing else is said."""
    certificate = server.data_dir / "ca.crt"
    authority = certificate.read_text() if certificate.exists() else None
    url = url or f"{'https' if authority else 'http'}://127.0.0.1:{server.port}/clusters/{uid}"
    return kubeconfig_of(url, user or {"token": server.admin_key}, authority if url.startswith("https:") else None)


def connect(follower, uid, followed, their_uid, **more):
    """Makes cluster `uid` of one server a connected one: it follows cluster `their_uid` of another server, or of the
    same. `more` as for kubeconfig(). Returns the cluster."""
    return follower.client().create_cluster(uid, type="connected", kubeconfig=kubeconfig(followed, their_uid, **more))


def wait_for_state(server, uid, state, reason=None, seconds=20):
    """Waits until a connected cluster is in a state, for that reason if one is given, and returns the cluster."""
    seen = {}

    def there():
        seen.clear()
        seen.update(server.client().cluster(uid))
        return seen["state"] == state and reason in (None, seen.get("reason"))

    wait_for(there, lambda: f"{uid} to be {state} ({reason}), and not {seen}", seconds)
    return seen


class Pair:
    """A server with a cluster, and one that is to follow it, both in a folder: `with Pair(folder) as pair:`. The way to
    the first leads through a proxy if `between` is asked for."""

    def __init__(self, folder, between=False):
        self.upstream = Server(folder / "upstream", "--tls-self-signed").start()
        self.mirror = Server(folder / "mirror").start()
        self.upstream.client().create_cluster(UID)
        self.between = Between(self.upstream) if between else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.between is not None:
            self.between.stop()
        for server in (self.mirror, self.upstream):
            if server.running():
                server.stop()

    @property
    def theirs(self):
        """The cluster itself."""
        return KubeClient(self.upstream, UID)

    @property
    def ours(self):
        """The cluster as the server that follows it shows it."""
        return KubeClient(self.mirror, UID)

    def kubeconfig(self, **more):
        """As connect() uses it."""
        through = {"url": f"http://127.0.0.1:{self.between.port}/clusters/{UID}"} if self.between else {}
        return kubeconfig(self.upstream, UID, **{**through, **more})

    def connect(self, **more):
        """`more` as for kubeconfig(). Returns the cluster as it is at once, in whatever state."""
        return self.mirror.client().create_cluster(UID, type="connected", kubeconfig=self.kubeconfig(**more))

    def follow(self, **more):
        """Connects, and waits until the cluster is followed."""
        self.connect(**more)
        self.wait_for_state("Ready")
        return self

    def restart_upstream(self):
        """On the same port: where it is known."""
        self.upstream.listen = f"127.0.0.1:{self.upstream.port}"
        self.upstream.start()

    def cluster(self):
        return self.mirror.client().cluster(UID)

    def wait_for_state(self, state, seconds=20):
        return wait_for_state(self.mirror, UID, state, seconds=seconds)

    def wait_until_equal(self, seconds=20):
        wait_for(lambda: self.theirs.objects() == self.ours.objects(), "the mirror is what the cluster has", seconds)
