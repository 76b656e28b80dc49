"""How every benchmark begins, goes through its cases, and ends."""

import sys
from contextlib import contextmanager

import machine
import processes
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


def run_cases(cases, only):
    """Those of `cases`, functions by name, that are asked for, in their own order."""
    for name, case in cases.items():
        if name in only:
            case()
