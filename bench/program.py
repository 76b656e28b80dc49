"""How every benchmark begins, goes through its cases, and ends."""

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import machine
import processes
import report
from load import Failed
from server import BINARY


@contextmanager
def measuring(name):
    """`with measuring(name) as described:`. Says on what it measures; a wrong answer within ends the program."""
    processes.end_on_signals()
    described = machine.describe(BINARY)
    machine.print_description(described)
    try:
        yield described
    except Failed as failure:
        sys.exit(f"bench/{name}: {failure}")


@contextmanager
def work_folder(name):
    """A folder for the data of one run. It is beside the results, on a disk: the system's temporary folder may be
    memory."""
    report.RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=report.RESULTS, prefix=f"{name}-") as work:
        yield Path(work)


def run_cases(cases, only):
    """Those of `cases`, functions by name, that are asked for, in their own order."""
    for name, case in cases.items():
        if name in only:
            case()
