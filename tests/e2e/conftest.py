"""Fixtures: a server that the tests of a module share, and one's own where a test needs one."""

import itertools
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from cli import Cli, Shell
from connected import Pair
from harness import BINARY, ROOT, SAMPLE, Server
from kube import KubeClient

sys.path.insert(0, str(ROOT / "tests" / "conformance"))

NUMBERS = itertools.count(1)


def pytest_configure():
    # A shell that starts us in the background has SIGINT ignored, which processes inherit: those that
    # are tested here have to see it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not BINARY.exists():
        pytest.exit(f"no server at {BINARY}: build it, or name one in SNAPGATE_BIN", returncode=2)


def pytest_collection_modifyitems(items):
    """What takes a minute begins before all other tests and is looked at after them."""
    def place(item):
        return 0 if "begin_long_watches" in item.fixturenames and "long_watches" not in item.fixturenames else (
            2 if "long_watches" in item.fixturenames else 1)

    items.sort(key=place)


@pytest.fixture
def data_dir():
    """A place for a data directory, which is not there yet. Short, and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def start_server(data_dir):
    """Starts servers; those still running at the end of the test are stopped, gracefully."""
    servers = []

    def start(*arguments, directory=data_dir, **options):
        servers.append(Server(directory, *arguments, **options))
        return servers[-1].start()

    yield start
    for server in servers:
        if server.running():
            server.stop()


@pytest.fixture(scope="module")
def server(request):
    """One server for all the tests of a module: with the default settings, or the module's SERVER_ARGUMENTS."""
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    shared = Server(folder / "data", *getattr(request.module, "SERVER_ARGUMENTS", ())).start()
    yield shared
    if shared.running():
        shared.stop()
    shutil.rmtree(folder)


@pytest.fixture
def admin(server):
    """A client of the shared server with the tenant's admin key."""
    return server.client()


@pytest.fixture
def uid(admin):
    """An empty cluster of the shared server, of this test alone."""
    return admin.create_cluster(f"cluster-{next(NUMBERS)}")["uid"]


@pytest.fixture
def kube(server, uid):
    """A caller of that cluster's Kubernetes API."""
    return KubeClient(server, uid)


@pytest.fixture
def cli(server, tmp_path):
    """Runs a command against the shared server; its configuration folder is this test's own."""
    return Cli(server, tmp_path / "config")


@pytest.fixture
def data(kept, data_dir):
    """For one test, a copy of the data directory `kept` that its module has made."""
    shutil.copytree(kept, data_dir)
    return data_dir


@pytest.fixture
def pair(data_dir):
    """A server with a cluster, and one that can follow it."""
    with Pair(data_dir.parent) as made:
        yield made


@pytest.fixture
def both(tmp_path):
    """(upstream, mirror, servers): a server with a cluster that holds the sample, one that is to follow it, and a
    kubeconfig, edge.kubeconfig, in the folder from which both are called."""
    servers = [Server(tmp_path / name, "--tls-self-signed").start() for name in ("upstream", "mirror")]
    upstream, mirror = (Shell(server, tmp_path) for server in servers)
    upstream.good("create", "cluster", "source", "--uid", "source")
    upstream.good("import", "--cluster", "source", SAMPLE)
    (tmp_path / "edge.kubeconfig").write_text(upstream.good("kubeconfig", "--cluster", "source"))
    yield upstream, mirror, servers
    for server in servers:
        if server.running():
            server.stop()


@pytest.fixture
def black_hole():
    """The port of one that takes connections and never says a word: a check of it takes its ten seconds."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        kept = []

        def take():
            while True:
                try:
                    kept.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the servers said last belongs to a failure's report."""
    report = (yield).get_result()
    if report.failed:
        for name in ("server", "start_server"):
            value = item.funcargs.get(name)
            if isinstance(value, Server):
                report.sections.append(("server log", value.tail()))
