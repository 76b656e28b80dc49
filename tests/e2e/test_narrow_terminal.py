"""Tables on a narrow terminal: what matters is seen."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from cli import OK, UNPROTECTED
from documents import COLUMNS, Terminal
from harness import BINARY, SAMPLE, clean_environment, snapshot, wait_for
from kube import kubeconfig_of
from terminal import OnTerminal


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


# By VM, as a test's server may have other clusters.
OF_ALL = ["--all-clusters", "--vm", "ledger-database-00,ledger-database-01"]


@pytest.mark.parametrize("command, titles", [
    (["get", "snapshots", "--cluster", "UID"], ["NAMESPACE", "NAME", "VM", "PHASE", "AGE", "CAUSE"]),
    (["get", "snapshots", "--cluster", "UID", "-o", "wide"], ["NAMESPACE", "NAME", "VM", "PHASE", "AGE", "CAUSE"]),
    (["get", "snapshots", "--cluster", "UID", "--phase", "Failed"], ["NAMESPACE", *OF_SNAPSHOTS]),
    (["get", "snapshots", "--cluster", "UID", "--phase", "Failed", "-o", "wide"], ["NAMESPACE", *OF_SNAPSHOTS]),
    (["get", "snapshots", *OF_ALL], ["CLUSTER", *OF_SNAPSHOTS]),
    (["get", "snapshots", *OF_ALL, "-o", "wide"], ["CLUSTER", *OF_SNAPSHOTS]),
    (["get", "vms", "--cluster", "UID"], ["NAMESPACE", *OF_VMS]),
    (["get", "vms", *OF_ALL], ["CLUSTER", *OF_VMS]),
    (["get", "vms", *OF_ALL, "-o", "wide"], ["CLUSTER", *OF_VMS]),
    (["report", "failures", "--cluster", "UID", "--since", "3650d"], ["FAILED", "VMS", "CLUSTERS", "CAUSE"]),
    (["report", "protection", "--cluster", "UID"], ["VMS", "CAUSE"])])
def test_two_causes_that_differ_at_their_ends_look_different(server, admin, uid, command, titles):
    admin.load(uid, failing())
    environment = clean_environment({"TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", **server.login()})
    environment.pop("COLUMNS", None)
    for columns in 80, 100, 132, 200:
        with OnTerminal([uid if word == "UID" else word for word in command], environment, columns, stdin=subprocess.DEVNULL) as terminal:
            assert terminal.end() == (UNPROTECTED if "protection" in command else OK), terminal.shown
        lines = terminal.shown.decode().replace("\r\n", "\n").splitlines()
        assert all(len(line) <= columns for line in lines if "   " in line), lines
        head = next(line for line in lines if "CAUSE" in line).split()
        assert [title for title in titles if title in head] == titles, head
        for end in "exceeded", "xhausted":
            assert any(line.endswith(end) for line in lines), (columns, lines)
        # The cluster of every row is the one that was asked for.
        assert columns != 80 or "CLUSTER" in titles or "CLUSTER" not in head, head


def test_roles_and_ages_of_keys_are_seen(shown):
    titles, _ = table_of(shown("snapgate get keys"))
    assert {"NAME", "ID", "ROLE", "PROJECT", "AGE", "EXPIRES"} <= set(titles)
