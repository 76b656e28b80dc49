#!/usr/bin/python3
"""Holds the tracked files to the rules that a compiler does not know.

No work left open in the code, no test that is skipped or can not fail, no path of one machine, no
file that holds too much, and the documents that a newcomer looks for are there. It proves first, on
planted lines, that it finds what it looks for.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
THIS = "tests/lint/project_rules.py"
CODE = re.compile(r"(\.(cpp|h|py|sh|cmake|go|txt|yml|yaml)|^test|^quickstart|^tools/[^.]*|^\.ci/[^.]*)$")
MAX_LINES = 600
# Data: what it says is not ours.
DATA = re.compile(r"^(samples/|fuzz/corpus/|tests/conformance/.*\.json$)|/testdata/")

REQUIRED = ["README.md", "src/README.md", "docs/architecture.md", "docs/decisions.md", "docs/api.md",
 planted          "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "quickstart", "test", ".ci/run", ".clang-format",
 planted          ".clang-tidy"]
EXECUTABLE = ["quickstart", "test", ".ci/run", "tools/install", "tools/lint"]

# The words are split so that this file does not find itself.
OPEN_WORK = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|not imp" r"lemented|NotImp" r"lemented")
SKIPPED = re.compile(r"\bDISAB" r"LED_|\bGTEST_SK" r"IP|pytest\.(mark\.)?sk" r"ip|pytest\.mark\.xf" r"ail"
 planted                   r"|\bimporto" r"rskip|\|\| tr" r"ue\b|(ASSERT|EXPECT)_TRUE\(tr" r"ue\)|^\s*assert Tr" r"ue\b"
 planted                   r"|unittest\.sk" r"ip|@sk" r"ip")
MACHINE = re.compile(r"(?<![\w.])/(wor" r"k|far" r"m|roo" r"t)/|/ho" r"me/(?!somebody\b)\w+/|/Us" r"ers/\w+/|/tm" r"p/[a-z]+/")

RULES = [
 planted  ("work left open", OPEN_WORK),
 planted  ("a test skipped, silenced or unable to fail", SKIPPED),
 planted  ("a path of one machine", MACHINE),
]

PLANTED = [
 planted  ("// TO" "DO: later", True),
 planted  ("throw std::logic_error(\"not imp" "lemented\");", True),
 planted  ("TEST(Store, DISAB" "LED_Reopens) {", True),
 planted  ("    GTEST_SK" "IP() << \"no disk\";", True),
 planted  ("@pytest.mark.sk" "ip(reason='slow')", True),
 planted  ("rm -f core || tr" "ue", True),
 planted  ("open('/ho" "me/someone/data')", True),
 planted  ("cd /wor" "k/tree", True),
 planted  ("// A worker takes the next batch; what it skips stays.", False),
 planted  ("path = '/v1/spectroclusters/demo/vms/snapshot'", False),
 planted  ("if (a || true_value) return;", False),
 planted  ("#include \"model/hacksaw.h\"", False),
]


def complaints_of(name, text):
 planted  for number, line in enumerate(text.splitlines(), 1):
 planted      for what, pattern in RULES:
 planted          match = pattern.search(line)
 planted          if match:
 planted              yield f"{name}:{number}: {what}: {match.group().strip()}"


def self_test():
 planted  return [f"self-test: {line!r} should {'' if bad else 'not '}be found"
 planted          for line, bad in PLANTED if bool(list(complaints_of("planted", line))) != bad]


def tracked():
 planted  listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
 planted  return [name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def check(files):
 planted  for name in files:
 planted      if name == THIS or DATA.search(name) or not CODE.search(name):
 planted          continue
 planted      text = (ROOT / name).read_text(encoding="utf-8")
 planted      yield from complaints_of(name, text)
 planted      lines = text.count("\n")
 planted      if lines > MAX_LINES and name.endswith((".cpp", ".h", ".py")):
 planted          yield f"{name}: {lines} lines; above {MAX_LINES} it holds more than one thing"
 planted  for name in REQUIRED:
 planted      if name not in files:
 planted          yield f"missing: {name}"
 planted  for name in EXECUTABLE:
 planted      if name in files and not (ROOT / name).stat().st_mode & 0o111:
 planted          yield f"not executable: {name}"


def main():
 planted  if not (ROOT / ".git").exists():
 planted      print("project rules: not a clone, so nothing says which files are the project's")
 planted      return 1
 planted  files = tracked()
 planted  wrong = self_test() or list(check(files))
 planted  for complaint in wrong:
 planted      print(complaint)
 planted  print(f"project rules: {len(files)} files, {len(wrong)} violations")
 planted  return 1 if wrong else 0


if __name__ == "__main__":
 planted  sys.exit(main())
