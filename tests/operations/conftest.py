"""What the tests of operations share with those of packages and of the whole server."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "packaging"), str(TESTS / "e2e")]
