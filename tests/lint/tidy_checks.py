#!/usr/bin/python3
"""Asserts that clang-tidy really runs the checks we think it runs.

A stray character in .clang-tidy can switch most checks off without a word. So the active checks are
held to a list and a number, and a planted defect of each family has to be reported, in a source and
in a header, as an error.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tree import ROOT, report

TIDY = str(ROOT / "tools" / "tidy")
AT_LEAST = 200

EXPECTED = """
bugprone-assert-side-effect bugprone-branch-clone bugprone-dangling-handle bugprone-infinite-loop
bugprone-integer-division bugprone-sizeof-expression bugprone-string-constructor
bugprone-suspicious-semicolon bugprone-switch-missing-default-case
bugprone-undelegated-constructor bugprone-unused-raii
bugprone-unused-return-value bugprone-use-after-move
cert-err34-c cert-flp30-c
clang-analyzer-core.NullDereference clang-analyzer-cplusplus.NewDelete
clang-analyzer-deadcode.DeadStores clang-analyzer-unix.Malloc
concurrency-thread-canceltype-asynchronous
cppcoreguidelines-avoid-capturing-lambda-coroutines cppcoreguidelines-init-variables
cppcoreguidelines-no-suspend-with-lock cppcoreguidelines-slicing
google-build-namespaces google-explicit-constructor
misc-coroutine-hostile-raii misc-definitions-in-headers misc-redundant-expression
misc-static-assert misc-unused-parameters
modernize-use-nullptr modernize-use-override
performance-for-range-copy performance-inefficient-string-concatenation
performance-move-const-arg performance-unnecessary-copy-initialization
performance-unnecessary-value-param
readability-container-size-empty readability-identifier-naming
readability-inconsistent-declaration-parameter-name readability-redundant-string-cstr
""".split()

# A defect, and the check that has to report it.
SOURCE = """
#include "base/planted.h"
#include <string>
#include <utility>
#include <vector>

namespace snapgate::base {

size_t used_after_move(std::string text) {
    const std::string taken = std::move(text);
    return taken.size() + text.size();
}

size_t copied(const std::vector<std::string>& texts) {
    size_t sum = 0;
    for (const std::string text : texts) sum += text.size();
    return sum;
}

bool BadName(const std::string& text) { return text.size() == 0; }

int dereferenced(bool given) {
    int* place = nullptr;
    if (given) place = new int(1);
    return *place;
}

}  // namespace snapgate::base
"""
HEADER = """
#pragma once

namespace snapgate::base {

class Planted {
  public:
    Planted(int value) : value_(value) {}

  private:
    int value_;
};

}  // namespace snapgate::base
"""
REPORTED = [
    ("planted.cpp", "bugprone-use-after-move"),
    ("planted.cpp", "performance-for-range-copy"),
    ("planted.cpp", "readability-identifier-naming"),
    ("planted.cpp", "readability-container-size-empty"),
    ("planted.cpp", "clang-analyzer-core.NullDereference"),
    ("planted.h", "google-explicit-constructor"),
]


def run(*arguments, cwd=ROOT):
    return subprocess.run([TIDY, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def check_list():
    listed = run("--list-checks")
    if listed.returncode != 0:
        return [f"{TIDY} --list-checks failed: {listed.stderr.strip()}"]
    active = {line.strip() for line in listed.stdout.splitlines() if line.startswith("    ")}
    wrong = [f"not active: {name}" for name in EXPECTED if name not in active]
    if len(active) < AT_LEAST:
        wrong.append(f"{len(active)} checks are active, at least {AT_LEAST} should be")
    verified = run("--verify-config")
    if verified.returncode != 0 or "warning" in verified.stdout + verified.stderr:
        wrong.append(f"{TIDY} --verify-config: {(verified.stdout + verified.stderr).strip()}")
    print(f"clang-tidy: {len(active)} checks active")
    return wrong


def check_planted():
    with tempfile.TemporaryDirectory() as folder:
        # Beside no .clang-tidy of its own, so that the project's is found only if it is named; in a
        # folder src/, which the project's header filter has to match.
        base = Path(folder) / "src" / "base"
        base.mkdir(parents=True)
        (base / "planted.cpp").write_text(SOURCE, encoding="utf-8")
        (base / "planted.h").write_text(HEADER, encoding="utf-8")
        ran = run(f"--config-file={ROOT / '.clang-tidy'}", "--quiet", str(base / "planted.cpp"), "--",
                  "-std=c++20", f"-I{base.parent}", cwd=folder)
    wrong = [] if ran.returncode != 0 else ["planted defects do not fail the run"]
    for file, check in REPORTED:
        pattern = rf"/{re.escape(file)}:\d+:\d+: error: .*\[{re.escape(check)},-warnings-as-errors\]"
        if not re.search(pattern, ran.stdout):
            wrong.append(f"planted but not reported in {file}: {check}")
    if wrong:
        wrong.append(ran.stdout + ran.stderr)
    return wrong


def main():
    return report(check_list() + check_planted(), "tools/tidy: ")


if __name__ == "__main__":
    sys.exit(main())
