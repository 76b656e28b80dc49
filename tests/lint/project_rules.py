#!/usr/bin/python3
"""Holds the tracked files to the rules that a compiler does not know.

No work left open in the code, no test that is skipped or can not fail, no path of one machine, no
file that holds too much, and the documents that a newcomer looks for are there. It proves first, on
planted lines, that it finds what it looks for.
"""

import ast
import re
import sys

from tree import ROOT, report, tracked

THIS = "tests/lint/project_rules.py"
CODE = re.compile(r"(\.(cpp|h|py|sh|cmake|go|txt|yml|yaml)|^test|^quickstart|^tools/[^.]*|^\.ci/[^.]*)$")
MAX_LINES = 600
# Data: what it says is not ours.
DATA = re.compile(r"^(samples/|fuzz/corpus/|tests/conformance/.*\.json$)|/testdata/")

REQUIRED = ["README.md", "src/README.md", "docs/architecture.md", "docs/decisions.md", "docs/api.md",
            "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "quickstart", "test", ".ci/run", ".clang-format",
            ".clang-tidy"]
EXECUTABLE = ["quickstart", "test", ".ci/run", "tools/install", "tools/install_javascript", "tools/install_kubectl",
              "tools/install_roots", "packaging/build", "tools/lint", "cmake/compile", "tests/faults/prove"]

# The words are split so that this file does not find itself.
OPEN_WORK = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|not imp" r"lemented|NotImp" r"lemented")
SKIPPED = re.compile(r"\bDISAB" r"LED_|\bGTEST_SK" r"IP|pytest\.(mark\.)?sk" r"ip|pytest\.mark\.xf" r"ail"
                     r"|\bimporto" r"rskip|\|\| tr" r"ue\b|(ASSERT|EXPECT)_TRUE\(tr" r"ue\)|^\s*assert Tr" r"ue\b"
                     r"|unittest\.sk" r"ip|@sk" r"ip")
MACHINE = re.compile(r"(?<![\w.])/(wor" r"k|far" r"m|roo" r"t)/|/ho" r"me/(?!somebody\b)\w+/|/Us" r"ers/\w+/|/tm" r"p/[a-z]+/")
# In C++20 a range-for destroys a temporary before its first turn, unless the temporary is the range itself: a table that
# another thread replaces meanwhile is gone.
DANGLING = re.compile(r"\bfor \([^;]*: \*[^;]*\bsnapshot\(\)\)")

RULES = [
    ("work left open", OPEN_WORK),
    ("a test skipped, silenced or unable to fail", SKIPPED),
    ("a path of one machine", MACHINE),
    ("a loop over a table that nobody holds: give its snapshot a name", DANGLING),
]

PLANTED = [
    ("// TO" "DO: later", True),
    ("throw std::logic_error(\"not imp" "lemented\");", True),
    ("TEST(Store, DISAB" "LED_Reopens) {", True),
    ("    GTEST_SK" "IP() << \"no disk\";", True),
    ("@pytest.mark.sk" "ip(reason='slow')", True),
    ("rm -f core || tr" "ue", True),
    ("open('/ho" "me/someone/data')", True),
    ("cd /wor" "k/tree", True),
    ("    for (const auto& [uid, cluster] : *data.clusters.snap" "shot()) {", True),
    ("    for (const auto& [uid, cluster] : *clusters) {", False),
    ("// A worker takes the next batch; what it skips stays.", False),
    ("path = '/v1/spectroclusters/demo/vms/snapshot'", False),
    ("if (a || true_value) return;", False),
    ("#include \"model/hacksaw.h\"", False),
]


def complaints_of(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in RULES:
            match = pattern.search(line)
            if match:
                yield f"{name}:{number}: {what}: {match.group().strip()}"


def replaced_tests(name, text):
    """Tests that never run: Python keeps the last function of a name."""
    tree = ast.parse(text)
    for scope in (tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))):
        seen = set()
        for node in scope.body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            if node.name in seen:
                yield f"{name}:{node.lineno}: {node.name} replaces another test of that name, which never runs"
            seen.add(node.name)


def self_test():
    twice = "def test_a():\n    pass\n\n\ndef test_a():\n    pass\n"
    if len(list(replaced_tests("planted", twice))) != 1 or list(replaced_tests("planted", twice.replace("a", "b", 1))):
        return ["self-test: a test that is replaced is not found, or one that is not is"]
    return [f"self-test: {line!r} should {'' if bad else 'not '}be found"
            for line, bad in PLANTED if bool(list(complaints_of("planted", line))) != bad]


def check(files):
    for name in files:
        if name == THIS or DATA.search(name) or not CODE.search(name):
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        yield from complaints_of(name, text)
        if name.endswith(".py"):
            yield from replaced_tests(name, text)
        lines = text.count("\n")
        if lines > MAX_LINES and name.endswith((".cpp", ".h", ".py")):
            yield f"{name}: {lines} lines; above {MAX_LINES} it holds more than one thing"
    for name in REQUIRED:
        if name not in files:
            yield f"missing: {name}"
    for name in EXECUTABLE:
        if name in files and not (ROOT / name).stat().st_mode & 0o111:
            yield f"not executable: {name}"


def main():
    if not (ROOT / ".git").exists():
        print("project rules: not a clone, so nothing says which files are the project's")
        return 1
    files = tracked()
    wrong = self_test() or list(check(files))
    return report(wrong, f"project rules: {len(files)} files, ")


if __name__ == "__main__":
    sys.exit(main())
