#!/usr/bin/python3
"""Every parser of bytes from outside is fuzzed, or fuzz/README.md says why not.

A parser is a function or method of a header, of no test, that

- is named for reading (NAMES), and is given text, settings or a JSON value (TEXTS) first; or
- is given a request or an answer (MESSAGES), whatever its name, and returns something.

The second table of fuzz/README.md has a row for each header with such functions, with all their names and the fuzz target that
reads with them, or "none:" and a reason. A target's source must include the header, or name what the row calls the way to
it."""

import re
import sys

from tree import ROOT, report

TABLE = ROOT / "fuzz" / "README.md"
FOLDERS = {"src": ROOT / "src", "cmd": ROOT / "cmd" / "snapgate"}
NAMES = r"(?:parse|read|decode|unseal|open|load|feed|scan|negotiate|resolve|unescape)(?:_\w+)?"
TEXTS = r"(?:std::string_view|(?:const )?std::string(?: |&)|const (?:json::)?(?:Value|Object|Array)&|" \
        r"const std::vector<std::pair<std::string, std::string>>&|const uint8_t\*)"
MESSAGES = r"const (?:net::)?(?:Request|ClientResponse)&"
NAMED = re.compile(rf"\b({NAMES})\(\s*{TEXTS}")
# What stands before the name is what it returns.
GIVEN = re.compile(rf"^(?!\s*(?:explicit|void) ).*[\w>&*] (\w+)\(\s*{MESSAGES}", re.MULTILINE)
ROW = re.compile(r"^\| `([^`]+\.h)` \| (.+?) \| (.+?) \|$")


# What a header may say, and the parsers in it.
PLANTED = {
    "base::Result<Key> parse_key(std::string_view text);": ["parse_key"],
    "    static std::optional<Moment> parse(\n        std::string_view text);": ["parse"],
    "Outcome<File> read_cluster_file(const std::string& file);": ["read_cluster_file"],
    "Result<Body> decode_applied(const json::Object& body);": ["decode_applied"],
    "bool none_match(const net::Request& request, std::string_view etag);": ["none_match"],
    "Setback setback_of(const net::ClientResponse& answer);": ["setback_of"],
    "// parse_nothing(std::string_view text)": [],
    "void forbid_caches(const net::Request& request, net::Response& response);": [],
    "std::string quote(std::string_view text);": [],
    "size_t read(int fd);": [],
}


def parsers(text):
    """The names of the parsers that a header's text declares."""
    text = re.sub(r"//[^\n]*", "", text)
    return sorted(set(NAMED.findall(text)) | set(GIVEN.findall(text)))


def found():
    """{header: names}; a header is named as it is included."""
    headers = {}
    for root in FOLDERS.values():
        for header in sorted(root.rglob("*.h")):
            if header.stem.endswith("_testing"):
                continue
            names = parsers(header.read_text())
            if names:
                headers[str(header.relative_to(root))] = names
    return headers


def targets():
    """{target: the text of its sources}, from fuzz/CMakeLists.txt."""
    lists = (ROOT / "fuzz" / "CMakeLists.txt").read_text()
    made = {}
    for name, sources in re.findall(r"^ *snapgate_fuzzer\((\w+) SOURCES ((?:\w+\.cpp\s+)+)", lists, re.MULTILINE):
        made[name] = "".join((ROOT / "fuzz" / source).read_text() for source in sources.split())
    for helper in (ROOT / "fuzz").glob("*.h"):
        for name, text in made.items():
            if f'#include "{helper.name}"' in text:
                made[name] += helper.read_text()
    return made


def problems():
    for text, names in PLANTED.items():
        if parsers(text) != names:
            yield f"this check finds {parsers(text)} in {text!r}"
    known = targets()
    rows = {}
    for line in TABLE.read_text().splitlines():
        if match := ROW.match(line):
            header, names, target = match.groups()
            if header in rows:
                yield f"fuzz/README.md has two rows for {header}"
            rows[header] = (re.findall(r"`(\w+)`", names), target)
    headers = found()
    for header, names in headers.items():
        if header not in rows:
            yield f"{header} declares {', '.join(names)}: the table of parsers in fuzz/README.md has no row for it"
            continue
        listed, target = rows[header]
        if sorted(listed) != names:
            yield f"{header} declares {', '.join(names)}; its row in fuzz/README.md lists {', '.join(listed)}"
        if target.startswith("none: ") and len(target) > len("none: ") + 10:
            continue
        used, _, ways = target.partition(" by way of ")
        for name in re.findall(r"`(\w+)`", used) or [target]:
            if name not in known:
                yield f"the row of {header}: there is no fuzz target {name}"
            elif f'#include "{header}"' not in known[name] and not any(
                    way in known[name] for way in re.findall(r"`(\w+)`", ways)):
                yield f"the row of {header}: the target {name} neither includes it nor names the way to it"
    for header in rows.keys() - headers.keys():
        yield f"fuzz/README.md has a row for {header}, which declares no parser"


if __name__ == "__main__":
    sys.exit(report(list(problems()), f"fuzzed parsers ({sum(map(len, found().values()))} of them): "))
