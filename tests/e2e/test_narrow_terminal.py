"""Tables on a terminal of 80 columns: what matters is seen."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from documents import COLUMNS, Terminal
from harness import BINARY, SAMPLE, clean_environment, wait_for
from kube import kubeconfig_of


@pytest.fixture
def shown(start_server):
    """What a command of snapgate shows on a terminal whose key sees a cluster with the sample, and one out of reach."""
    server = start_server("--tls-self-signed")
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    (folder / "tools").mkdir()
    (folder / "tools" / "snapgate").symlink_to(BINARY)
    (folder / "terminal").mkdir()
    (folder / "gone.kubeconfig").write_text(kubeconfig_of("https://127.0.0.1:1", {"token": "t"}))
    terminal = Terminal(folder, clean_environment({
        "HOME": str(folder), "LC_ALL": "C.UTF-8", "PATH": f"{folder / 'tools'}:{os.environ['PATH']}",
        **server.login(tls=True)}), folder / "terminal")

    def show(command):
        screen, failed = terminal.paste(command)
        assert not failed, (failed, screen)
        return screen.splitlines()

    show("snapgate create cluster sampled --uid sampled")
    show(f"snapgate import --cluster sampled {SAMPLE}")
    show("snapgate create cluster gone-for-a-while-01 --kubeconfig gone.kubeconfig")
    yield show
    terminal.close()
    shutil.rmtree(folder)


def table_of(lines):
    """The lines of a table, none of them wider than the terminal: its titles and its rows."""
    begin = next(number for number, line in enumerate(lines) if re.match(r"NAME", line))
    rows = [line for line in lines[begin:] if "   " in line]
    assert all(len(line) <= COLUMNS for line in rows), rows
    return rows[0].split(), rows[1:]


def test_state_lag_and_reason_of_clusters_are_seen(shown):
    wait_for(lambda: any("Unreachable" in line for line in shown("snapgate get clusters")), "the cluster to be out of reach")
    titles, rows = table_of(shown("snapgate get clusters"))
    assert titles[0] == "NAME" and {"STATE", "OBJECTS", "LAG", "REASON"} <= set(titles)
    gone = next(row for row in rows if row.startswith("gone-"))
    assert "Unreachable" in gone and gone.endswith("ConnectionRefused")


@pytest.mark.parametrize("output", ["", " -o wide"])
def test_age_and_error_of_snapshots_are_seen(shown, output):
    titles, rows = table_of(shown(f"snapgate get snapshots --cluster sampled --all{output}"))
    assert ["NAMESPACE", "NAME", "VM", "PHASE"] == titles[:4] and {"AGE", "CAUSE"} <= set(titles)
    # The end of a message says why, the end of a name which.
    assert any(re.search(r" Failed .*…[^…]{7,}$", row) for row in rows)
    assert all(re.search(r"\b\d{4}\b| \(clone\)|tmp-|\bdb-|\bweb-", row) for row in rows)


def test_roles_and_ages_of_keys_are_seen(shown):
    titles, _ = table_of(shown("snapgate get keys"))
    assert {"NAME", "ID", "ROLE", "PROJECT", "AGE", "EXPIRES"} <= set(titles)
