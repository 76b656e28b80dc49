"""Fixtures: one server for all tests of a module, and for each test a scripted cluster and its mirror."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "e2e")]

from certificates import Authority
from harness import BINARY, wait_for
from mirror import TIMES, Mirror, start_server
from upstream import Upstream


def pytest_configure():
    if not BINARY.exists():
        pytest.exit(f"no server at {BINARY}: build it, or name one in SNAPGATE_BIN", returncode=2)


@pytest.fixture(scope="session")
def folder():
    """A place for what a run leaves behind, removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="snapgate-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def authority(folder):
    return Authority(folder)


@pytest.fixture(scope="module")
def server(folder, request):
    """With the times of the module, where it has its own."""
    shared = start_server(folder / request.module.__name__, getattr(request.module, "TIMES", TIMES))
    yield shared
    if shared.running():
        shared.stop()
    assert "-token" not in "\n".join(shared.lines), "a token stands in the log"


@pytest.fixture
def start_own(folder, request):
    """Starts a server for one test alone, with other times if they are given."""
    servers = []

    def start(times=TIMES):
        servers.append(start_server(folder / f"{request.node.name}-{len(servers)}", times))
        return servers[-1]

    yield start
    for own in servers:
        if own.running():
            own.stop()


@pytest.fixture
def upstream(authority):
    """A scripted cluster with some snapshots."""
    scripted = Upstream(authority)
    scripted.objects.fill(12)
    yield scripted
    scripted.stop()


@pytest.fixture
def connect(server, upstream, start_own):
    """Connects the scripted cluster; at the end the mirror is removed."""
    mirrors = []

    def connected(kubeconfig=None, on=server):
        mirrors.append(Mirror(on, upstream, kubeconfig))
        return mirrors[-1]

    yield connected
    for mirror in mirrors:
        if mirror.server.running():
            mirror.remove()


@pytest.fixture
def mirror(connect, upstream):
    """The mirror of the scripted cluster, equal to it and ready."""
    made = connect()
    made.until_equal()
    wait_for(lambda: upstream.bookmarked > 0, "a bookmark")
    return made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the server said last, and what the scripted cluster was asked, belongs to a failure's report."""
    report = (yield).get_result()
    if report.failed:
        if "server" in item.funcargs:
            report.sections.append(("server log", item.funcargs["server"].tail()))
        if "upstream" in item.funcargs:
            requests = item.funcargs["upstream"].requests
            report.sections.append(("requests", "\n".join(map(repr, requests[-25:]))))
