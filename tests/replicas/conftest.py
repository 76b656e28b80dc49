"""Fixtures: an etcd and its replicas, for the tests of a module or for one test alone."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "e2e")]

from etcd import Etcd
from harness import BINARY
from replicas import Replicas


def pytest_configure():
    if not BINARY.exists():
        pytest.exit(f"no server at {BINARY}: build it, or name one in SNAPGATE_BIN", returncode=2)


@pytest.fixture(scope="module", params=[1, 3], ids=["one-member", "three-members"])
def replicas(request):
    """Three replicas with an etcd of one member, and of three: shared by the tests of a module."""
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    etcd = Etcd(folder / "etcd", request.param).start()
    three = Replicas(folder, etcd)
    try:
        yield three.start(3)
        three.stop()
    finally:
        for server in three.servers:
            if server.running():
                server.kill()
        etcd.stop()
        shutil.rmtree(folder)


@pytest.fixture
def start_replicas():
    """Starts an etcd and replicas of a test's own: start(replicas=..., members=..., pem=..., arguments=...)."""
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    started = []

    def start(replicas=3, members=1, pem=None, arguments=()):
        etcd = Etcd(folder / f"etcd-{len(started)}", members, pem=pem).start()
        group = Replicas(folder / f"group-{len(started)}", etcd, *arguments)
        started.append(group)
        return group.start(replicas)

    yield start
    try:
        for group in started:
            for member in group.etcd.members:
                if not member.running():
                    group.etcd.start_member(member)
            group.stop()
    finally:
        for group in started:
            for server in group.servers:
                if server.running():
                    server.kill()
            group.etcd.stop()
        shutil.rmtree(folder)
