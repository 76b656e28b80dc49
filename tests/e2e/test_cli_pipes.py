"""Output into pipes that nobody reads any more, or for a while, and onto a full disk: a command ends, and says it once."""

import contextlib
import os
import signal
import subprocess

import pytest

from cli import OK, REFUSED, USAGE
from harness import BINARY, PATIENCE, clean_environment, snapshots, wait_for

COMMANDS = {
    "json": ["get", "snapshots", "--all", "-o", "json"], "yaml": ["get", "snapshots", "--all", "-o", "yaml"],
    "table": ["get", "snapshots", "--all"], "page": ["get", "snapshots", "-o", "yaml"], "names": ["get", "snapshots", "-o", "name"],
    "watch": ["get", "snapshots", "--watch"], "selected": ["get", "snapshots", "-l", "!nosuch", "-o", "json"],
    "clusters": ["get", "clusters"], "kubeconfig": ["kubeconfig"], "help": ["--help"], "version": ["--version"], "rbac": ["print", "rbac"]}
LONG = ["json", "yaml", "table", "watch", "selected"]


@pytest.fixture(scope="module")
def start(server):
    """Starts a command of COMMANDS about a cluster with more than a pipe holds."""
    admin = server.client()
    uid = admin.create_cluster("pipes")["uid"]
    admin.load(uid, snapshots(1500))
    environment = clean_environment(server.login())

    def run(name, stdout, ignore=False):
        about = ["--cluster", uid] if {"snapshots", "kubeconfig"} & set(COMMANDS[name]) else []
        # What whoever started us ignores is ignored (nohup, some containers).
        quiet = (lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)) if ignore else None
        return subprocess.Popen([str(BINARY), *COMMANDS[name], *about], stdout=stdout, stderr=subprocess.PIPE, text=True,
                                env=environment, preexec_fn=quiet)

    return run


def ended(process):
    try:
        said = process.communicate(timeout=20 * PATIENCE)[1]
    finally:
        process.kill()
    return process.returncode, [line for line in said.splitlines() if not line.startswith("warning: kubectl cannot log in")]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe_whose_reader_is_gone(start, name):
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        assert ended(start(name, theirs)) == (-signal.SIGPIPE, [])
        code, said = ended(start(name, theirs, ignore=True))
    finally:
        os.close(theirs)
    assert (code, said) == (REFUSED, ["error: the output could not be written: Broken pipe: what was printed is not complete"])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk(start, name):
    with open("/dev/full", "w", encoding="utf-8") as full:
        code, said = ended(start(name, full))
    assert (code, said) == (REFUSED, ["error: the output could not be written: No space left on device: what was printed is not complete"])


def test_help_that_was_not_asked_for_and_cannot_be_written():
    with open("/dev/full", "w", encoding="utf-8") as full:
        ran = subprocess.run([str(BINARY)], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60, env=clean_environment())
    assert ran.returncode == USAGE and ran.stderr.count("could not be written") == 1, ran.stderr


def is_stuck(process):
    """Whether it sleeps in a write to a pipe. Where the kernel does not say: whether it sleeps."""
    with contextlib.suppress(OSError):
        call = open(f"/proc/{process.pid}/syscall", encoding="ascii").read().split()
        return call[:2] == ["1", "0x1"]
    return open(f"/proc/{process.pid}/stat", encoding="ascii").read().split()[2] == "S"


@pytest.mark.parametrize("name", LONG)
def test_a_pipe_whose_reader_is_stuck(start, name):
    ours, theirs = os.pipe()
    process = start(name, theirs)
    os.close(theirs)
    try:
        wait_for(lambda: is_stuck(process), "the command to wait for its reader")
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        code, said = ended(process)
    finally:
        process.kill()
        os.close(ours)
    if name == "watch":  # it listens for Ctrl-C, and its list is not complete
        assert (code, said) == (REFUSED, ["error: the output could not be written: Interrupted system call: what was printed is not complete"])
    else:
        assert (code, said) == (-signal.SIGINT, [])


def test_a_reader_that_was_slow_gets_all(start):
    ours, theirs = os.pipe()
    process = start("names", theirs)
    os.close(theirs)
    with os.fdopen(ours, encoding="utf-8") as reader:
        wait_for(lambda: is_stuck(process) or process.poll() is not None, "the pipe to be full, or all to be in it")
        names = reader.read().split()
    code, said = ended(process)
    assert code == OK and len(names) == 50 and len(said) == 2, said
