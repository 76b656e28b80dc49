"""Fixtures: the packages, and a machine that the tests of a module share."""

import os
import sys
from pathlib import Path

import pytest

from machine import Machine, built, remove_root

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the tests of packages boot and enter root file systems: run them as root", returncode=2)


@pytest.fixture(scope="session")
def deb():
    return built("deb")


@pytest.fixture(scope="session")
def archive():
    return built("tar")


@pytest.fixture(scope="session")
def image():
    return built("image")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    made = Machine(tmp_path_factory.mktemp("machine") / "server")
    yield made.boot()
    made.close()


@pytest.fixture
def place(tmp_path):
    """A folder for root file systems, whose files may belong to other users."""
    yield tmp_path / "root"
    remove_root(tmp_path / "root")
