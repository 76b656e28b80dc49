#!/usr/bin/python3
"""Finds names of one source file that hide a name of a header.

A build may compile many sources of a folder as one (SNAPGATE_UNITY). There the anonymous namespaces
of all of them are one, so a constant `kBytes` that a file of snapgate::api::kube has for itself is
also found by its neighbours, before snapgate::api::kBytes of a header. No compiler warns of it: the
neighbours then mean another value than in a build of single sources.

Run without arguments, it first proves on planted violations that it finds them, then checks the
tree.
"""

import re
import sys

from tree import ROOT, report, tracked

NAMESPACE = re.compile(r"^namespace( [\w:]+)? \{$")
END = re.compile(r"^\}  // namespace\b")
# What stands at the beginning of a line, as clang-format leaves it: a constant, a type, a function.
DECLARED = re.compile(r"^(?:inline |constexpr |const |static |extern |thread_local )+[\w:<>, *&]*?\b(\w+)(?:\[\w*\])?(?: = |\{|;|\()"
                      r"|^(?:class|struct|enum class|enum) (\w+)\b(?!.*;$)"
                      r"|^using (\w+) = "
                      r"|^(?!using|return|template|class|struct|enum|namespace|static_assert|friend|typedef|case|else|TEST)"
                      r"[\w:]+(?:<.*>)?(?:::\w+)?[ *&]+(\w+)\(")


def declared(text):
    """Pairs of the namespace and the name, and whether the namespace is an anonymous one, with the line's number."""
    scopes = []
    for number, line in enumerate(text.splitlines(), 1):
        if found := NAMESPACE.match(line):
            scopes.append((found.group(1) or "").strip())
        elif END.match(line):
            scopes.pop()
        elif scopes and (found := DECLARED.match(line)):
            yield "::".join(filter(None, scopes)), next(filter(None, found.groups())), "" in scopes, number


def names_of_headers(sources):
    names = {}
    for file, text in sources.items():
        if not file.endswith(".h"):
            continue
        for namespace, name, anonymous, _ in declared(text):
            if not anonymous:
                names.setdefault((namespace, name), file)
    return names


def around(namespace):
    """The namespaces around one, from the next one out: those whose names it hides."""
    parts = namespace.split("::")
    return ["::".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]


def violations(sources):
    names = names_of_headers(sources)
    for file, text in sources.items():
        if file.endswith(".h"):
            continue
        for namespace, name, anonymous, number in declared(text):
            if not anonymous:
                continue
            for outer in around(namespace):
                if header := names.get((outer, name)):
                    yield f"{file}:{number}: {name} hides that of {header} from the sources beside it: rename it"


def self_test():
    header = "namespace snapgate::api {\n\ninline constexpr size_t kBytes = 1;\nint count(int of);\nstruct Row {\n}  // namespace snapgate::api\n"
    source = ("namespace snapgate::api::kube {{\nnamespace {{\n\n{}\n\n}}  // namespace\n{}\n"
              "}}  // namespace snapgate::api::kube\n")
    for inside, outside, expected in [
            ("constexpr size_t kBytes = 2;", "", 1), ("constexpr size_t kOther = 2;", "", 0),
            ("int count(int of) {", "", 1), ("struct Row {", "", 1), ("    int count(int of);", "", 0),
            ("", "void run() { count(1); }", 0), ("int Row::count(int of) {", "", 0)]:
        found = list(violations({"a.h": header, "a.cpp": source.format(inside, outside)}))
        assert len(found) == expected, (inside, found)
    beside = source.replace("::kube", "").format("constexpr size_t kBytes = 2;", "")
    assert not list(violations({"a.h": header, "a.cpp": beside})), "a compiler calls that ambiguous"


def main():
    self_test()
    files = [file for file in tracked() if re.search(r"^(src|cmd|fuzz|bench)/.*\.(cpp|h)$", file)]
    sources = {file: (ROOT / file).read_text(encoding="utf-8") for file in files}
    return report(list(violations(sources)), f"hidden names: {len(files)} files, ")


if __name__ == "__main__":
    sys.exit(main())
