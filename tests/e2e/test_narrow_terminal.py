"""Tables on a terminal of 80 columns: what matters is seen."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from documents import COLUMNS, Terminal
from harness import BINARY, SAMPLE, clean_environment, snapshot, wait_for
from kube import kubeconfig_of


# Errors as KubeVirt wraps them: what went wrong is at their ends.
WRAPPED = "Failed to check and update snapshot content: failed to take snapshot of the volume: rpc error: code = "
CAUSES = [WRAPPED + "DeadlineExceeded desc = context deadline exceeded", WRAPPED + "Internal desc = pool vms-nvme-replicated is exhausted"]


def failing():
    """Snapshots that failed in two ways, each of a VM of its own, under names as long as they are in earnest."""
    items = []
    for number, cause in enumerate(CAUSES):
        item = snapshot("payments-production", f"ledger-database-{number:02d}-nightly-20261128", f"ledger-database-{number:02d}", "Failed")
        item["metadata"]["creationTimestamp"] = "2026-11-28T00:00:00Z"
        item["status"]["error"] = {"message": cause, "time": "2026-11-28T00:05:00Z"}
        items.append(item)
    return items


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
    show("snapgate create cluster failing-in-two-ways-01 --uid failing")
    server.client().load("failing", failing())
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


OF_SNAPSHOTS = ["NAME", "VM", "STATE", "AGE", "CAUSE"]
OF_VMS = ["VM", "VERDICT", "LAST", "CAUSE"]


@pytest.mark.parametrize("columns", [80, 100, 132, 200])
@pytest.mark.parametrize("command, titles", [
    ("get snapshots --cluster failing", ["NAMESPACE", "NAME", "VM", "PHASE", "AGE", "CAUSE"]),
    ("get snapshots --cluster failing -o wide", ["NAMESPACE", "NAME", "VM", "PHASE", "AGE", "CAUSE"]),
    ("get snapshots --cluster failing --phase Failed", ["NAMESPACE", *OF_SNAPSHOTS]),
    ("get snapshots --cluster failing --phase Failed -o wide", ["NAMESPACE", *OF_SNAPSHOTS]),
    ("get snapshots --all-clusters --vm ledger-database-00,ledger-database-01", ["CLUSTER", *OF_SNAPSHOTS]),
    ("get snapshots --all-clusters --vm ledger-database-00,ledger-database-01 -o wide", ["CLUSTER", *OF_SNAPSHOTS]),
    ("get vms --cluster failing", ["NAMESPACE", *OF_VMS]),
    ("get vms --all-clusters --vm ledger-database-00,ledger-database-01", ["CLUSTER", *OF_VMS]),
    ("get vms --all-clusters --vm ledger-database-00,ledger-database-01 -o wide", ["CLUSTER", *OF_VMS]),
    ("report failures --cluster failing --since 36500d", ["FAILED", "VMS", "CLUSTERS", "CAUSE"]),
    ("report protection --cluster failing", ["VMS", "CAUSE"])])
def test_two_causes_that_differ_at_their_ends_look_different(shown, command, titles, columns):
    lines = shown(f"COLUMNS={columns} snapgate {command} || [ $? = 4 ]")
    assert all(len(line) <= columns for line in lines if "   " in line), lines
    head = next(line for line in lines if "CAUSE" in line)
    assert [title for title in titles if title in head.split()] == titles, head
    for end in "exceeded", "xhausted":
        assert any(line.endswith(end) for line in lines), lines
    # The cluster of every row is the one that was asked for.
    assert columns != 80 or "CLUSTER" in titles or "CLUSTER" not in head.split(), head


def test_roles_and_ages_of_keys_are_seen(shown):
    titles, _ = table_of(shown("snapgate get keys"))
    assert {"NAME", "ID", "ROLE", "PROJECT", "AGE", "EXPIRES"} <= set(titles)
