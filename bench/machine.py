"""On what, when and with what a benchmark ran: no number means anything without it."""

import datetime
import os
import platform
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def first_line(*command):
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    lines = (ran.stdout + ran.stderr).strip().splitlines()
    return lines[0] if lines else "unknown"


def cpu_model():
    match = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else platform.machine()


def memory_gib():
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def describe(binary):
    """What the tables and the JSON carry."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": memory_gib(),
        "kernel": platform.release(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "snapgate": first_line(str(binary), "version").removeprefix("client: "),
        "commit": first_line("git", "describe", "--always", "--dirty"),
        "nginx": first_line("/usr/sbin/nginx", "-v").removeprefix("nginx version: "),
        "wrk": first_line("wrk", "-v").split(" [")[0],
        "command": shlex.join(["bench/" + Path(sys.argv[0]).stem.removeprefix("measure_"), *sys.argv[1:]]),
    }


def print_description(machine):
    print(f"{machine['date']}: {machine['cores']} x {machine['cpu']}, {machine['memory_gib']} GiB, "
          f"Linux {machine['kernel']}, load before {machine['load_before'][0]}")
    print(f"snapgate {machine['commit']} ({machine['snapgate']}), {machine['nginx']}, {machine['wrk']}")
    print(f"$ {machine['command']}\n")
