"""Commands and flags that the documents name are there. Their files and folders: tests/lint/documents.py."""

import re
import subprocess
from functools import cache

import pytest

from documents import documents, steps
from harness import BINARY, PATIENCE, ROOT, clean_environment

# Other programs whose flags the documents name.
SCRIPTS = ["quickstart", "test", "tools/install", "tools/lint", "tests/faults/prove",
           *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "bench").iterdir()) if path.is_file())]
ALL = [*documents(), "src/README.md", "fuzz/README.md"]
# Flags of curl, kubectl and etcd that the documents explain.
FOREIGN = {"--compressed", "--prune-allowlist", "--prune-whitelist", "--auto-compaction-retention"}
# Where a shell looks for the name of a program.
CALL = re.compile(r"(?:^|[|;&(]\s*|^\w+=\S* )(?:[\w./]*/)?snapgate ([^;&`]*)")
FLAG = re.compile(r"(?<![\w$-])--?[a-zA-Z][a-z-]*")


def text_of(document):
    return (ROOT / document).read_text(encoding="utf-8")


@cache
def help_of(*words):
    """The help of a command, or None if there is no such command."""
    ran = subprocess.run([str(BINARY), *words, "--help"], capture_output=True, text=True, env=clean_environment(),
                         timeout=30 * PATIENCE, check=False)
    return ran.stdout if ran.returncode == 0 else None


@cache
def commands(*words):
    """Every command under these words, itself first."""
    listed = re.search(r"^Commands:\n((?:  .*\n)+)", help_of(*words), re.MULTILINE)
    names = re.findall(r"^  (\w[\w-]*) ", listed[1], re.MULTILINE) if listed else []
    return [words, *(command for name in names for command in commands(*words, name))]


def calls_of_snapgate(text):
    """What is called as `snapgate ...` in lines of a shell: without pipes, other commands, and comments."""
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"\s#.*", "", line)
        for call in CALL.findall(line):
            yield re.split(r"\s\|\s(?!-)|\s>|\$\(", call)[0]


def faults_of(call):
    """What is wrong with one call: no such command, no such flag."""
    words = []
    for word in call.split():
        choices = word.split("|")
        if not all(re.fullmatch(r"[a-z]+(-[a-z]+)*", choice) and help_of(*words, choice) for choice in choices):
            break
        words.append(choices[0])
    if not words and call.split() and not call.startswith(("-", "COMMAND")):
        return [f"no command in: snapgate {call}"]
    flags = set(FLAG.findall(help_of(*words)))
    return [f"no flag {flag} in: snapgate {call}" for flag in FLAG.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "", call)) if flag not in flags]


@pytest.mark.parametrize("document", ALL)
def test_commands_and_flags_that_a_document_names_are_there(document):
    text = text_of(document)
    wrong = [fault for step in steps(document) if step.language in ("sh", "text")
             for call in calls_of_snapgate(step.text) for fault in faults_of(call)]
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", prose)
    wrong += [fault for span in spans for call in calls_of_snapgate(span) for fault in faults_of(call)]
    known = {flag for command in commands() for flag in FLAG.findall(help_of(*command))}
    scripts = "".join(text_of(script) for script in SCRIPTS)
    for span in spans:
        named = re.match(r"--[a-z][a-z-]*", span)
        if named and named[0] not in known | FOREIGN and named[0] not in scripts:
            wrong.append(f"nothing has the flag {named[0]}")
    assert wrong == []


def test_a_command_or_flag_that_is_not_there_is_found():
    assert faults_of("get snapshots --cluster demo -n a -w") == []
    assert faults_of("get snapshots --clustr demo") == ["no flag --clustr in: snapgate get snapshots --clustr demo"]
    assert faults_of("lst snapshots") == ["no command in: snapgate lst snapshots"]


def test_every_command_is_in_the_documents_of_the_command_line():
    of_cli = [name for name in documents() if name.startswith("docs/cli")]
    text = "".join(map(text_of, of_cli))
    called = {tuple(call.split()[:2]) for name in of_cli for step in steps(name) for call in calls_of_snapgate(step.text)}
    missing = [command for command in commands() if command and command != ("serve",) and
               not any(call[:len(command)] == command for call in called) and f"`{' '.join(command)}`" not in text]
    missing = [command for command in missing if not re.search(rf"snapgate {command[0]} [\w|]*\b{command[-1]}\b", text)]
    assert missing == []
