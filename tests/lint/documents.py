#!/usr/bin/python3
"""Holds documents and comments to the files that they name.

Every file and folder that a document links to or names in backticks, and every source that a comment in the
code names, is there; the table of fuzz/README.md has a row for each fuzz target, and each target
has a corpus. It proves first, on planted lines, that it finds what is not there.
"""

import posixpath
import re
import sys

from tree import ROOT, report, tracked

DOCUMENT = re.compile(r"^(README|CONTRIBUTING)\.md$|^(docs|src|fuzz|tests|bench)/(.*/)?[\w-]+\.md$")
SOURCE = re.compile(r"^(src|cmd|fuzz|bench)/.*\.(h|cpp)$")

# In a document: `a/b.h`, `b.h` or a folder of ours, `a/b/`.
FILE_NAMED = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:h|cpp|py|cmake))`")
FOLDER_NAMED = re.compile(r"`((?:\.\./)*(?:src|cmd|docs|tests|tools|fuzz|bench|samples|deploy)/(?:[\w-]+/)*)`")
# In a document: [text](a/b.md), from the document's own folder.
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
# In a comment: a header or source by name.
COMMENT = re.compile(r"//[^\n]*")
NAME_IN_COMMENT = re.compile(r"(?<![\w/<.])((?:[a-z_0-9]+/)*[a-z_0-9]+\.(?:h|cpp))\b")
# Names that are examples, and what is made when it runs.
EXAMPLES = {"foo.h", "foo.cpp", "foo_test.cpp", "foo_bench.cpp", "name_fuzz.cpp", "list.py"}
MADE = {"bench/results/"}
TARGET = re.compile(r"^ *snapgate_fuzzer\((\w+) ", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


class Names:
    """The tracked files, and what may be said of them."""

    def __init__(self, files):
        # A file is called by its path, or by the end of it where the text says in which folder it is.
        self.paths = set(files)
        self.files = self.paths | {name[at + 1:] for name in files for at, byte in enumerate(name) if byte == "/"}
        self.folders = {name[:at + 1] for name in files for at, byte in enumerate(name) if byte == "/"} | MADE

    def has_file(self, name):
        return name in self.files or name in EXAMPLES

    def has_folder(self, name):
        return name.removeprefix("../") in self.folders

    def has_path(self, path):
        """A file or a folder by its whole path."""
        return path in self.paths or path + "/" in self.folders


def complaints_of(name, text, names):
    is_source = bool(SOURCE.match(name))
    for number, line in enumerate(text.splitlines(), 1):
        if is_source:
            comment = COMMENT.search(line)
            found = NAME_IN_COMMENT.findall(comment.group()) if comment else []
        else:
            found = FILE_NAMED.findall(line)
            for folder in FOLDER_NAMED.findall(line):
                if not names.has_folder(folder):
                    yield f"{name}:{number}: there is no folder {folder}"
            for target in LINK.findall(line):
                if not names.has_path(posixpath.normpath(posixpath.join(posixpath.dirname(name), target))):
                    yield f"{name}:{number}: the link goes to {target}, which is not there"
        for file in found:
            if not names.has_file(file):
                yield f"{name}:{number}: there is no file {file}"


def check_fuzzers(targets, rows, corpora):
    for target in sorted(targets - rows):
        yield f"fuzz/README.md: no row for the fuzz target {target}"
    for row in sorted(rows - targets):
        yield f"fuzz/README.md: a row for {row}, which is no fuzz target"
    for target in sorted(targets - corpora):
        yield f"fuzz/corpus/: nothing for the fuzz target {target}"


PLANTED_FILES = ["src/net/http/http.h", "src/net/transport.h", "cmd/snapgate/main.cpp", "docs/api.md"]
PLANTED = [
    ("docs/a.md", "see `net/http/http.h` and `transport.h`", 0),
    ("docs/a.md", "see `net/http.h`", 1),
    ("docs/a.md", "see `transports.h`", 1),
    ("docs/a.md", "in `src/net/`, `docs/`, `http/`", 0),
    ("docs/a.md", "in `src/nets/`", 1),
    ("docs/a.md", "see [this](api.md#x), [that](../src/net) and [more](https://a.example/b)", 0),
    ("docs/a.md", "see [this](docs/api.md)", 1),
    ("src/net/a.h", "int a;  // as in transport.h, see http/http.h", 0),
    ("src/net/a.h", "// as in net/http.h", 1),
    ("src/net/a.h", "#include \"net/http.h\"", 0),
]


def self_test():
    names = Names(PLANTED_FILES)
    wrong = [f"self-test: {line!r} should give {count} complaints" for name, line, count in PLANTED
             if len(list(complaints_of(name, line, names))) != count]
    if len(list(check_fuzzers({"a", "b"}, {"b", "c"}, {"b"}))) != 3:
        wrong.append("self-test: fuzz targets without row or corpus are not found")
    return wrong


def check():
    files = tracked()
    names = Names(files)
    for name in files:
        if DOCUMENT.match(name) or SOURCE.match(name):
            yield from complaints_of(name, (ROOT / name).read_text(encoding="utf-8"), names)
    targets = set(TARGET.findall((ROOT / "fuzz/CMakeLists.txt").read_text(encoding="utf-8")))
    rows = set(ROW.findall((ROOT / "fuzz/README.md").read_text(encoding="utf-8")))
    corpora = {name.split("/")[2] for name in files if name.startswith("fuzz/corpus/")}
    yield from check_fuzzers(targets, rows, corpora)


def main():
    return report(self_test() or list(check()), "documents: ")


if __name__ == "__main__":
    sys.exit(main())
