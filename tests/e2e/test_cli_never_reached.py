"""A fleet with a cluster that was never reached: nothing is known of it, and nobody takes that for good news."""

import pytest

from cli import OK, REFUSED, UNPROTECTED, Cli
from connected import connect, wait_for_state
from harness import Server, snapshot


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A command line at a server with clusters before and behind one that is not there, by their uids."""
    folder = tmp_path_factory.mktemp("fleet")
    server = Server(folder / "data").start()
    for uid in ("a-near", "z-near"):
        server.client().create_cluster(uid)
    connect(server, "far", server, "far", url="http://127.0.0.1:1/clusters/far")
    wait_for_state(server, "far", "Unreachable")
    yield Cli(server, folder / "config")
    server.stop()


def test_a_report_of_protection_is_not_good(fleet):
    said = fleet("report", "protection", "--all-clusters", code=UNPROTECTED)
    assert "\nNothing is known yet of 1 cluster.\n" in said.stdout
    assert "cluster far is Unreachable: nothing is known of it yet" in said.stderr
    good = fleet("report", "protection", "--cluster", "a-near", code=OK)
    assert "Nothing is known" not in good.stdout


def test_an_export_has_the_others_and_names_it(fleet, tmp_path):
    fleet.server.client().load("z-near", [snapshot("web", "a")])
    said = fleet("export", "--all-clusters", "--to", tmp_path / "all", code=REFUSED)
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["a-near.json", "z-near.json"]
    assert "error: cluster far (uid far) was not exported: " in said.stderr
    assert "exported 2 of 3 clusters to" in said.stderr
