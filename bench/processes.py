"""Child processes that end with the benchmark, and what /proc says of them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 20
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Runs in the child: it is told to stop also when the benchmark is killed outright."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_on_signals():
    """SIGTERM unwinds like Ctrl-C does, so that every `with` stops its server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def clean_environment():
    """Without the settings of another server or client."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SNAPGATE_")}


def spawn(command, environment=None, **options):
    """`environment`: what it has besides."""
    return subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                            env={**clean_environment(), **(environment or {})}, preexec_fn=die_with_parent, **options)


def stop(process):
    """SIGTERM, and the code it ended with; SIGKILL where that does not help."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def comes_up(process, is_up, seconds, pause=0.02):
    """Waits until a server that was started is up; False if it ended instead, or was not up in time."""
    deadline = time.monotonic() + seconds
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def run(command, **options):
    """To its good end, without what it prints."""
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, env=clean_environment(),
                   **options)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(child) for child in listed.split()]


def cpu_seconds(pid):
    """User and system time of a process and its children, as long as they run."""
    total = 0
    for one in [pid, *children(pid)]:
        fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory_mib(pid):
    """RssAnon, RssFile and VmHWM (the largest resident size so far) in MiB; None once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    values = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if "RssAnon" not in values:
        return None
    return {name: int(values[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile", "VmHWM")}
