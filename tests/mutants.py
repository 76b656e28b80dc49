"""Shows that tests notice when the server does a thing wrong: `prove` of tests/faults and tests/replicas.

A mutant is the server with one handling done wrong: FOLDER/mutants/NAME.patch. FOLDER/faults.yaml names, for each fault, a test
and the mutant with which that test has to fail. A mutant changes .cpp files alone, so that it costs the compilation of these and
one link, by the commands of the build.
"""

import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import tempfile
import xml.etree.ElementTree
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
# How many mutants are built at a time.
BUILDERS = 2


def pytest(arguments, server, **environment):
    return subprocess.run(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", "--no-header",
                           *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
                          env={**os.environ, "SNAPGATE_BIN": str(server), **environment})


def last_line(text):
    """What went wrong, in a line."""
    lines = [line for line in text.splitlines() if re.match(r"E  |/.*: |FAILED|ERROR", line)]
    return (lines or text.splitlines() or [""])[0].replace(f"{ROOT}/", "")[:160]


def names_of(fault):
    """The mutants of a fault: several are put together."""
    return fault["mutant"].split(",")


class Suite:
    """The faults, tests and mutants of one folder. `environment` is for its tests when they run with a mutant."""

    def __init__(self, folder, **environment):
        self.folder = Path(folder)
        self.mutants = self.folder / "mutants"
        self.environment = environment
        self.faults = yaml.safe_load((self.folder / "faults.yaml").read_text(encoding="utf-8"))

    def with_words(self, words):
        """The faults that have one of the words; all without words."""
        return [fault for fault in self.faults
                if not words or any(word in " ".join(fault.values()) for word in words)]

    def sources_of(self, name):
        """The files that a mutant changes."""
        return re.findall(r"^\+\+\+ b/(\S+)$", (self.mutants / f"{name}.patch").read_text(encoding="utf-8"), re.MULTILINE)

    def complaints(self):
        """Where the list, the mutants and the source do not fit together."""
        there = {path.stem for path in self.mutants.glob("*.patch")}
        named = {name for fault in self.faults for name in names_of(fault)}
        for name in sorted(there - named):
            yield f"mutants/{name}.patch has no test in faults.yaml"
        for name in sorted(named - there):
            yield f"faults.yaml names the mutant {name}, but there is no mutants/{name}.patch"
        for name in sorted(named & there):
            patch = self.mutants / f"{name}.patch"
            if not self.sources_of(name) or not all(source.endswith(".cpp") for source in self.sources_of(name)):
                yield f"mutants/{name}.patch has to change .cpp files, and no others"
            # Outside of a repository, git takes paths as they stand.
            ran = subprocess.run(["git", "apply", "--check", patch], cwd=ROOT, capture_output=True, text=True, check=False)
            if ran.returncode != 0:
                yield f"mutants/{name}.patch does not fit the source any more: {ran.stderr.strip()}"

    def outcome(self, test, server):
        """How one test ends: "passed", "failed" in an assertion, or another word for what happened; and what it said."""
        with tempfile.NamedTemporaryFile(suffix=".xml") as report:
            ran = pytest([str(self.folder / test), "--junit-xml", report.name], server, **self.environment)
            cases = list(xml.etree.ElementTree.parse(report.name).iter("testcase")) if ran.returncode in (0, 1) else []
        said = last_line(ran.stdout + ran.stderr)
        if len(cases) != 1:
            return f"pytest ended with {ran.returncode} and ran {len(cases)} tests instead of one", said
        results = [result for result in cases[0] if result.tag in ("failure", "error", "skipped")]
        if not results:
            return "passed", said
        # An exception that is no assertion may come from a server that crashed, and an error from what prepares a test.
        if results[0].tag == "failure" and re.match(r"AssertionError|assert ", results[0].get("message", "")):
            return "failed", said
        return f"{results[0].tag}: {results[0].get('message', '').splitlines()[0]}", said

    def problem_of(self, fault, server_with, server):
        """None if the fault's test notices the mutant, else why not; and what the test said with it."""
        try:
            mutated = server_with.result()
        except subprocess.CalledProcessError as failed:
            return "the mutant does not build", failed.stderr.strip()
        with_mutant, said = self.outcome(fault["test"], mutated)
        if with_mutant != "failed":
            return f"with the mutant: {with_mutant}", said
        without, said_without = self.outcome(fault["test"], server)
        if without != "passed":
            return f"without the mutant: {without}", said_without
        return None, said

    def mutants_live(self, faults, build, jobs):
        """The faults whose tests do not notice their mutants."""
        with (tempfile.TemporaryDirectory(prefix="snapgate-mutants-") as folder,
              concurrent.futures.ThreadPoolExecutor(BUILDERS) as builders, concurrent.futures.ThreadPoolExecutor(jobs) as pool):
            builder = Builder(self, build, folder)
            servers = {mutant: builders.submit(builder.make, mutant.split(","))
                       for mutant in dict.fromkeys(fault["mutant"] for fault in faults)}
            # The waits of the tests are short: compilers beside them would make tests fail that have no mutant.
            concurrent.futures.wait(servers.values())
            ran = pool.map(lambda fault: self.problem_of(fault, servers[fault["mutant"]], build / "snapgate"), faults)
            for fault, (problem, said) in zip(faults, ran):
                word = "noticed" if problem is None else "NOT NOTICED"
                print(f"{word}: {fault['fault']}, with {fault['mutant']}: {said}", flush=True)
                if problem is not None:
                    yield f"{fault['test']} does not notice the mutant {fault['mutant']}: {problem}"


class Builder:
    """Builds the server with mutants, by the commands that built it as it is."""

    def __init__(self, suite, build, folder):
        self.suite = suite
        # A stale library would bring other code into the mutants' servers.
        subprocess.run(["cmake", "--build", build, "--target", "snapgate"], check=True)
        self.build = build
        self.folder = Path(folder)
        commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
        self.commands = {entry["file"]: entry["command"] for entry in commands}
        linked = subprocess.run(["ninja", "-C", build, "-t", "commands", "-s", "snapgate"], capture_output=True, text=True, check=True)
        self.link = linked.stdout.splitlines()[-1]

    def make(self, names):
        """The server with those mutants."""
        folder = self.folder / "+".join(names)
        sources = sorted({source for name in names for source in self.suite.sources_of(name)})
        for source in sources:
            copy = folder / source
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / source).read_bytes())
        for name in names:
            subprocess.run(["git", "apply", self.suite.mutants / f"{name}.patch"], cwd=folder, check=True, capture_output=True, text=True,
                           env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)})
        objects = [self.compile(folder, source) for source in sources]
        server = folder / "snapgate"
        # What is named before the libraries stands in for their own objects.
        words = self.link.replace(" -o snapgate ", f" {shlex.join(map(str, objects))} -o {shlex.quote(str(server))} ")
        assert words != self.link, f"the link of the server has another form: {self.link}"
        subprocess.run(words, shell=True, cwd=self.build, check=True, capture_output=True, text=True)
        return server

    def compile(self, folder, source):
        made = folder / f"{source}.o"
        words = shlex.split(self.commands[str(ROOT / source)])
        words[words.index("-o") + 1] = str(made)
        words[words.index(str(ROOT / source))] = str(folder / source)
        # Code that a mutant leaves unused is no fault of it.
        subprocess.run([*words, "-w"], cwd=self.build, check=True, capture_output=True, text=True)
        return made
