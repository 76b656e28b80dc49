"""Fixtures: a server that the tests of a module share, and one's own where a test needs one."""

import itertools
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from harness import BINARY, Server

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
def server():
    """One server with the default settings for all the tests of a module."""
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    shared = Server(folder / "data").start()
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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the servers said last belongs to a failure's report."""
    report = (yield).get_result()
    if report.failed:
        for name in ("server", "start_server"):
            value = item.funcargs.get(name)
            if isinstance(value, Server):
                report.sections.append(("server log", value.tail()))
