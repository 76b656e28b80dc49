#!/usr/bin/python3
"""Holds every source file to the include directions of docs/architecture.md.

Each folder of src/ may include headers of the folders that ALLOWED names for it, and its own. Some
libraries have one folder that wraps them; no other may include them. A header that only tests
include is named *_testing.h, and product code includes none of these.

Run without arguments, it first proves on planted violations that it finds them, then checks the
tree. `--root DIR` checks another tree.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from tree import ROOT, report

DOMAIN = ["base", "model", "facts", "json"]
ALLOWED = {
    "base": [],
    "model": ["base"],
    "facts": ["base"],
    "json": ["base", "model", "facts"],
    "engine": ["base", "model"],
    "net": ["base", "model"],
    "etcd": ["base"],
    "store": ["base", "model", "facts", "engine"],
    "replica": ["base", "model", "store", "etcd"],
    "query": [*DOMAIN, "store"],
    "access": [*DOMAIN, "store"],
    "cluster": [*DOMAIN, "store", "access"],
    "connect": [*DOMAIN, "net", "access", "store", "cluster"],
    "identity": [*DOMAIN, "net", "access", "store", "cluster"],
    "rules": DOMAIN,
    "audit": ["base", "model", "store"],
    "commit": ["base", "model", "store", "net"],
    "mirror": [*DOMAIN, "store", "net", "commit", "cluster", "connect"],
    "objects": [*DOMAIN, "store", "net", "commit", "cluster", "mirror", "rules", "audit"],
    "api": [*DOMAIN, "store", "net", "query", "access", "cluster", "connect", "identity", "commit", "mirror", "rules",
            "objects", "audit"],
    "console": ["base", "net"],
    "app": [*DOMAIN, "store", "replica", "net", "query", "access", "cluster", "connect", "identity", "commit", "mirror", "rules", "objects",
            "audit", "api", "console"],
    "cmd": [*DOMAIN, "connect", "net", "rules", "app"],
}

# What only some folders, or only one file, may include: a pattern of the header's name, the folders
# or the file, and why.
WRAPPED = [
    (r"boost/json|simdjson|yaml-cpp", ["json"], "src/json/ is the only folder that parses JSON or YAML"),
    (r"lmdb\.h", ["engine"], "src/engine/ is the only folder that knows LMDB"),
    (r"boost/beast", ["net"], "src/net/ is the only folder that knows Beast"),
    (r"boost/asio", ["net", "api", "app"], "other folders reach Asio through src/net/"),
    (r"openssl/", ["base", "net"], "base/crypto.h and net/tls/tls.h wrap OpenSSL"),
    (r"prometheus/", ["app"], "metrics are kept in src/app/"),
    (r"CLI/", ["cmd/snapgate/commands/command_line.cpp"], "one file alone reads flags"),
    (r"grpc", ["src/etcd/transport.cpp"], "one file alone knows gRPC"),
    (r"google/protobuf|generated/", ["src/etcd/codec.cpp"], "one file alone knows the messages of etcd"),
    (r"libdeflate", ["net"], "compression is a matter of src/net/"),
]

# Words of a protocol that have no place in a folder that knows none.
FOREIGN_WORDS = [
    (["base", "model", "engine", "store", "query", "access", "rules", "objects"],
     r"\b[Hh]ttp[A-Z_]\w*|\bHTTP\b(?!S? ?/)|\bhttp_status\b|\bstatus_code\b|\bStatusCode\b",
     "a transport's word; Code in base/error.h says what failed, src/api/ maps it to HTTP"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
SUFFIXES = {".h", ".cpp"}


def is_test(path):
    return path.stem.endswith(("_test", "_bench", "_fuzz", "_testing"))


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_include(folder, path, name, quoted):
    """The complaint about one include, or None."""
    first = name.split("/", 1)[0]
    if quoted:
        if first not in ALLOWED:
            return f'"{name}" is not written from src/ (as in "base/result.h")'
        if first != folder and first not in ALLOWED[folder]:
            allowed = ", ".join(ALLOWED[folder]) or "nothing"
            return f'{folder} may not include "{name}" (it may include {allowed})'
        return None
    if first in ALLOWED and "/" in name and first != "cmd":
        return f"<{name}> is the project's own: include it with quotes"
    if is_test(path):
        return None
    for pattern, places, why in WRAPPED:
        if re.match(pattern, name) and folder not in places and path.as_posix() not in places:
            return f"{folder} may not include <{name}>: {why}"
    return None


def check_file(root, path):
    relative = path.relative_to(root)
    folder = "cmd" if relative.parts[0] == "cmd" else relative.parts[1]
    if folder not in ALLOWED:
        return [f"{relative}: src/{folder}/ is not in the table of tests/lint/include_directions.py"]
    text = path.read_text(encoding="utf-8")
    complaints = []
    for match in INCLUDE.finditer(text):
        quoted = match.group(1) == '"'
        name = match.group(2)
        if quoted and folder == "cmd" and (root / "cmd" / "snapgate" / name).exists():
            continue  # its own headers are written from cmd/snapgate/
        complaint = check_include(folder, relative, name, quoted)
        if complaint:
            complaints.append(f"{relative}:{line_of(text, match.start())}: {complaint}")
    code = COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    for folders, pattern, why in FOREIGN_WORDS:
        if folder in folders and not is_test(path):
            for match in re.finditer(pattern, code):
                complaints.append(f"{relative}:{line_of(code, match.start())}: '{match.group()}': {why}")
    return complaints


def sources(root):
    for top in ("src", "cmd"):
        if (root / top).is_dir():
            yield from sorted(p for p in (root / top).rglob("*") if p.suffix in SUFFIXES)


def name_in_includes(root, path):
    """How other files include a header."""
    own = root / "cmd" / "snapgate"
    return path.relative_to(own if own in path.parents else root / "src").as_posix()


def check_test_support(root):
    """What only tests include is named *_testing.h, and nothing else includes it."""
    included_by = {}
    for path in sources(root):
        own = name_in_includes(root, path.with_suffix(".h"))
        for match in INCLUDE.finditer(path.read_text(encoding="utf-8")):
            if match.group(2) != own:
                included_by.setdefault(match.group(2), []).append(path)
    complaints = []
    for path in sources(root):
        relative, users = path.relative_to(root), included_by.get(name_in_includes(root, path), [])
        others = [user for user in users if not is_test(user)]
        if path.stem.endswith("_testing"):
            complaints += [f"{user.relative_to(root)}: includes {relative.name}, which is for tests" for user in others]
        elif users and not others and not is_test(path):
            complaints.append(f"{relative}: only tests include it: call it {path.stem}_testing.h")
    return complaints


def check_tree(root):
    complaints = [complaint for path in sources(root) for complaint in check_file(root, path)]
    return complaints + check_test_support(root)


# A file, its text, and whether it is to be complained about.
PLANTED = [
    ("src/base/a.h", '#include "base/result.h"\n#include <string>\n', False),
    ("src/base/b.h", '#include "model/object.h"\n', True),
    ("src/model/c.cpp", '#include "base/error.h"\n#include "json/value.h"\n', True),
    ("src/store/d.cpp", '#include "engine/engine.h"\n#include "store/store.h"\n', False),
    ("src/store/e.cpp", "#  include <lmdb.h>\n", True),
    ("src/engine/f.cpp", "#include <lmdb.h>\n", False),
    ("src/query/g.cpp", '#include "engine/engine.h"\n', True),
    ("src/api/h.cpp", "#include <boost/json.hpp>\n", True),
    ("src/api/i.cpp", "#include <boost/asio/awaitable.hpp>\n", False),
    ("src/api/j.cpp", "#include <boost/beast/http.hpp>\n", True),
    ("src/api/k.cpp", '#include "app/config.h"\n', True),
    ("src/app/l.cpp", '#include "api/router.h"\n#include "net/server/server.h"\n', False),
    ("src/app/m.cpp", "#include <yaml-cpp/yaml.h>\n", True),
    ("src/app/n.cpp", '#include "../api/router.h"\n', True),
    ("src/store/o.cpp", "int http_status = 404;\n", True),
    ("src/store/p.cpp", "// HTTP is no matter of the store.\n", False),
    ("src/misc/q.cpp", "\n", True),
    ("cmd/snapgate/r.cpp", '#include "store/store.h"\n', True),
    ("cmd/snapgate/s.cpp", '#include "app/serve.h"\n', False),
    ("cmd/snapgate/commands/command_line.cpp", "#include <CLI/CLI.hpp>\n", False),
    ("cmd/snapgate/commands/t.cpp", "#include <CLI/CLI.hpp>\n", True),
    ("src/store/u_testing.h", "\n", False),
    ("src/store/u_test.cpp", '#include "store/u_testing.h"\n#include "store/v.h"\n', False),
    ("src/store/u.cpp", '#include "store/u_testing.h"\n', True),
    ("src/store/v.h", "\n", True),
    ("src/store/v.cpp", '#include "store/v.h"\n', False),
    ("cmd/snapgate/w.h", "\n", False),
    ("cmd/snapgate/x.cpp", '#include "w.h"\n', False),
    ("cmd/snapgate/x_test.cpp", '#include "w.h"\n', False),
]


def self_test():
    """The planted files that the check judges wrongly."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text, _ in PLANTED:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        found = {complaint.split(":", 1)[0] for complaint in check_tree(root)}
    return [f"self-test: {name} should {'' if bad else 'not '}be refused: {text!r}"
            for name, text, bad in PLANTED if (name in found) != bad]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT)
    arguments = parser.parse_args()
    wrong = self_test()
    if not wrong:
        wrong = check_tree(arguments.root)
        if not any(sources(arguments.root)):
            wrong = [f"no sources under {arguments.root}"]
    return report(wrong, f"include directions: {len(list(sources(arguments.root)))} files, ")


if __name__ == "__main__":
    sys.exit(main())
