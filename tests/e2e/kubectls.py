"""The kubectl programs that tests run, and how what they print is read."""

import re

import pytest

from kube import debian_kubectl, newer_kubectl

NEWER = newer_kubectl()
PROGRAMS = [pytest.param(debian_kubectl(), id="debian")] + ([pytest.param(NEWER, id="newer")] if NEWER else [])
NEWER_PROGRAMS = PROGRAMS[1:]
KIND = "virtualmachinesnapshot.snapshot.kubevirt.io"


def rows(text):
    """A printed table: its header and its rows, cut at the columns of the header."""
    lines = text.splitlines()
    starts = [match.start() for match in re.finditer(r"\S+", lines[0])]
    cut = [[line[start:end].strip() for start, end in zip(starts, [*starts[1:], None])] for line in lines]
    return cut[0], cut[1:]
