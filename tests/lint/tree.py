"""The project's files, and how a check of them ends."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked():
    """The names of the files that git tracks and that are there, from ROOT."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def report(wrong, title):
    """Prints what is wrong, and a line that counts it behind `title`; returns the exit code."""
    for complaint in wrong:
        print(complaint)
    print(f"{title}{len(wrong)} violations")
    return 1 if wrong else 0
