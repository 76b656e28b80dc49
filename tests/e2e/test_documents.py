"""The documents, read by a newcomer: every block is pasted, in order, in one session, and shows what the text promises.

The newcomer has a home of his own, ports that other programs have taken, and a kubectl that knows no cluster. What needs
a real cluster is marked in the text (`documents.MARKS`).
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from documents import (HOLDS_TERMINAL, LANGUAGES, SOON, Terminal, clone_work_tree, documents,
                       indented_blocks, steps)
from harness import BINARY, PATIENCE, clean_environment
from kube import debian_kubectl, newer_kubectl

# Ports that snapgate, kubectl and many other programs take when they are told nothing.
USUAL_PORTS = (8080, 8090, 8443, 8444)
# Marked blocks, which are not run; the newcomer reads them.
NOT_RUN = {"README.md": {"cluster": 1, "install": 1}, "docs/cli-admin.md": {"cluster": 1}, "docs/clusters.md": {"cluster": 4},
           "docs/identity.md": {"cluster": 1}, "docs/operations.md": {"root": 11, "archive": 2, "cluster": 1, "new": 1, "podman": 1},
           "docs/replicas.md": {"replicas": 8}, "docs/benchmarks.md": {"minutes": 1}, "CONTRIBUTING.md": {"minutes": 2}}
GO = shutil.which("go")
QUICKSTART = "./quickstart"
SERVES = "Ctrl-C stops the server"

# What the text promises of a block: the document, what is looked for in the block, what is then seen.
PROMISES = [
    ("README.md", "limit=20", [r'"kind":"VirtualMachineSnapshotList"', r'"remainingItemCount":\d+']),
    ("README.md", "snapgate login", [r"127\.0\.0\.1:\d+"]),
    ("README.md", "import --cluster mine", [r"\b300\b.*created", r"^NAMESPACE +NAME +VM", r"^payments +db-01-manual-0113",
                                            r"^payments +db-02-", r"^Name: +db-01-manual-0113"]),
    ("README.md", "check cluster edge", [r"^Reachable +Good", r"^Permissions +Good"]),
    ("README.md", "get snapshots --cluster edge", [r"^edge .* Ready", r"^NAMESPACE +NAME +VM"]),
    ("README.md", "curl -sS -I", [r"^edge .* Unreachable", r"^HTTP/1.1 200", r"^Age: \d+$",
                                  r'^Warning: 110 - "Response is Stale"$']),
    ("README.md", r"\Asnapgate get clusters\n\Z", [r"^edge .* Ready"]),
    ("README.md", "kubectl --kubeconfig demo.kubeconfig get vmsnapshots -A", [r"^NAMESPACE +NAME +SOURCEKIND",
                                                                             r"^payments +db-01-manual-0113"]),
    ("README.md", "fleet protection", [r'"vm":"db-01"', r'"totals":\{"Protected":\d+', r'"phase":"Failed"',
                                      r"^cluster,clusterUid,", r'"byState"', r'"ageSeconds":0']),
    ("docs/fleet.md", "fleet protection", [r'"verdict":"(Late|Failing)"', r'"totals":\{"Protected":\d+']),
    ("docs/fleet.md", "phase=Failed -d sort", [r'"phase":"Failed"', r"^cluster,clusterUid,", r'"state":"Failed"']),
    ("docs/fleet.md", "fleet summary", [r'"causes":\[\{"class":"']),
    ("docs/fleet.md", "stuck=true", [r",InProgress,|,Deleting,", r'"clusterName":"demo"']),
    ("docs/fleet.md", "fleet sources", [r'"type":"hosted"']),
    ("docs/api.md", "limit=20", [r'"kind":"VirtualMachineSnapshotList"']),
    ("docs/api.md", "details.continue", [r"^payments/db-01-manual-0113$", r"^web/"]),
    ("docs/api.md", "python3 list.py", [r"^payments db-01-manual-0113$", r"^web "]),
    ("docs/api.md", "before-upgrade-", [r'"name":"before-upgrade-\w{5}"']),
    ("docs/api.md", "/admin/v1/keys", [r'"name": "dashboard"', r'"role": "reader"', r'"key": "']),
    ("docs/api.md", "/import", [r'"created":0', r'"unchanged":\d+']),
    ("docs/audit.md", r"object\.name == ", [r"alice\s+create\s+done\s+created", r"alice\s+delete\s+done\s+removed"]),
    ("docs/audit.md", r'outcome == "refused"', [r"\bbob\b.*\b403\b.*Forbidden"]),
    ("docs/audit.md", "unique_by", [r'\["create","before-upgrade"\]', r"none is missing"]),
    ("docs/clusters.md", "check cluster edge", [r"^Reachable +Good"]),
    ("docs/clusters.md", "get snapshots --cluster edge", [r"^edge .* Ready", r"^NAMESPACE +NAME +VM"]),
    ("docs/clusters.md", "curl -sS -I", [r"^edge .* Unreachable", r"^HTTP/1.1 200", r"^Age: \d+$",
                                         r'^Warning: 110 - "Response is Stale"$']),
    ("docs/clusters.md", "get snapshots while-away", [r"^edge .* Ready", r"^payments +while-away +db-01"]),
    ("docs/kubernetes-api.md", "demo.kubeconfig get vmsnapshots -A", [r"^payments +db-01-manual-0113"]),
    ("docs/kubernetes-api.md", "apply --server-side", [r"/nightly serverside-applied$"]),
    ("docs/kubernetes-api.md", "kubeconfig --all-clusters", [r"^NAMESPACE +CLUSTER +NAME", r"^payments +demo +db-01-manual-0113"]),
    ("docs/cli-snapshots.md", "kubeconfig --all-clusters", [r"^NAMESPACE +CLUSTER +NAME", r"^payments +demo +db-01-manual-0113"]),
    ("docs/cli-snapshots.md", "--all -o json", [r"^db-01-", r"^\w+ +db-01-.* db-01"]),
    ("docs/cli-snapshots.md", "describe snapshot", [r"^Name: +db-01-nightly-20261117-0273"]),
    ("docs/cli-admin.md", "delete key grafana", [r"edge-7", r"grafana"]),
]
# What appears in the terminal that still shows a watch.
WATCHED = [
    ("README.md", "create snapshot --cluster demo -n payments --vm db-01", r"^db-01-\w{5} "),
    ("docs/cli-snapshots.md", "create snapshot db-01-before-upgrade", r"db-01-before-upgrade "),
]


def is_kept(promise, step):
    return promise[0] == step.document and re.search(promise[1], step.text) is not None


class TakenPorts:
    """Other programs on the ports that examples like to use: they take connections, and hang up."""

    def __init__(self):
        self.listening = []
        for port in USUAL_PORTS:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                # Taken already: that is what is wanted.
                listener.close()
                continue
            listener.listen()
            self.listening.append(listener)
            threading.Thread(target=self._hang_up, args=(listener,), daemon=True).start()

    @staticmethod
    def _hang_up(listener):
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return

    def close(self):
        for listener in self.listening:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


class Newcomer:
    """Somebody with a home, a folder for clones, and as many terminals as the documents ask for."""

    def __init__(self, place):
        self.place = Path(place)
        self.origin = self.folder("origin")
        clone_work_tree(self.origin)
        self.work = self.folder("work")
        self.clone = self.work / "snapgate"
        tools = self.folder("tools")
        # The build is done: what would make the program puts it in its place.
        (tools / "cmake").write_text('#!/bin/sh\nif [ "$1" = --build ]; then mkdir -p build/release && '
                                     f'ln -sf "{BINARY}" build/release/snapgate; fi\n', encoding="utf-8")
        (tools / "cmake").chmod(0o755)
        (tools / "kubectl").symlink_to(newer_kubectl() or debian_kubectl())
        self.environment = clean_environment({"HOME": str(self.folder("home")), "PATH": f"{tools}:{os.environ['PATH']}",
                                              "TMPDIR": str(self.folder("tmp")), "LC_ALL": "C.UTF-8"})
        for name in list(self.environment):
            if name.startswith(("XDG_", "KUBE")) or name.lower().endswith("_proxy"):
                del self.environment[name]
        self.windows = 0
        self.main = self.quickstart = None
        self.watching = []
        self.run, self.not_run = [], {}
        self.untracked = []  # what git would commit of what a block left, with the block

    def folder(self, name):
        made = self.place / name
        made.mkdir()
        return made

    def open_terminal(self, folder):
        self.windows += 1
        return Terminal(folder, self.environment, self.folder(f"terminal-{self.windows}"))

    def read(self, document):
        """Does what a document says, from its top to its end."""
        for step in steps(document):
            if step.language is None:
                self.quickstart.press_ctrl_c()
                self.quickstart.close()
                self.quickstart = None
            elif step.language == "sh":
                self.take_in(step)
            elif step.saved_as and step.mark in (None, "go"):
                (self.clone / step.saved_as).write_text(step.text, encoding="utf-8")
        for watching in self.watching:
            watching.close()
        self.watching.clear()

    def take_in(self, step):
        if step.mark and not (step.mark == "go" and GO):
            counts = self.not_run.setdefault(step.document, {})
            counts[step.mark] = counts.get(step.mark, 0) + 1
            return
        self.run.append(step)
        if HOLDS_TERMINAL in step.intro:
            self.hold(step)
        else:
            self.paste(step)

    def hold(self, step):
        window = self.open_terminal(self.clone if self.clone.exists() else self.work)
        window.send(step.text.replace("<this repository>", str(self.origin)))
        if QUICKSTART in step.text:
            window.wait_until_shown(SERVES)
            self.quickstart = window
        else:
            window.wait_until_shown(r"^NAME")
            self.watching.append(window)

    def paste(self, step):
        self.main = self.main or self.open_terminal(self.clone)
        promised = [pattern for promise in PROMISES if is_kept(promise, step) for pattern in promise[2]]
        deadline = time.monotonic() + (15 * PATIENCE if SOON in step.intro else 0)
        while True:
            shown, failed = self.main.paste(step.text)
            missing = [pattern for pattern in promised if not re.search(pattern, shown, re.MULTILINE)]
            if not (failed or missing) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        if self.clone.exists() and (left := self.git_status()):
            self.untracked.append(f"{step}: {left}")
        assert not failed, f"{step}: {failed}\n{shown[-3000:]}"
        assert not missing, f"{step}: not seen: {missing}\n{shown[-3000:]}"
        for promise in WATCHED:
            if is_kept(promise, step):
                self.watching[-1].wait_until_shown(promise[2])

    def git_status(self):
        return subprocess.run(["git", "status", "--porcelain"], cwd=self.clone, env=self.environment, check=True,
                              capture_output=True, text=True).stdout.split("\n")[:-1]

    def close(self):
        for window in (*self.watching, self.main, self.quickstart):
            if window is not None:
                window.close()


@pytest.fixture
def newcomer():
    place = tempfile.mkdtemp(prefix="snapgate-")
    ports = TakenPorts()
    somebody = Newcomer(place)
    yield somebody
    somebody.close()
    ports.close()
    shutil.rmtree(place)


def test_every_document_works_as_it_is_pasted(newcomer):
    for document in documents():
        newcomer.read(document)
    not_run = NOT_RUN if GO else {**NOT_RUN, "docs/api.md": {"go": 1}}
    assert newcomer.not_run == not_run, "marked blocks: is each still needed?"
    for promise in [*PROMISES, *WATCHED]:
        assert any(is_kept(promise, step) for step in newcomer.run), f"no block for the promise {promise}"
    # Also what a later block removes: a reader may stop in between, and commit.
    assert newcomer.untracked == [], "the examples make files that git would commit"


@pytest.mark.parametrize("document", documents())
def test_every_block_says_what_it_is_for(document):
    assert list(indented_blocks(document)) == []
    for step in steps(document):
        if step.language is not None:
            assert step.language in LANGUAGES, f"{step}: a block in {step.language or 'no language'}"
        if step.language in ("python", "go"):
            assert step.saved_as, f"{step}: nothing says how to save it"
        if step.language == "sh":
            for command in re.findall(r"\bkubectl .*", step.text):
                assert step.mark == "cluster" or "--kubeconfig" in command, f"{step}: to which cluster goes {command}"
