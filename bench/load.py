"""Measures contenders in turn with wrk, and refuses numbers that count errors."""

import json
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import processes
from server import get

HERE = Path(__file__).resolve().parent
REPORT = "REPORT "
GRACE_SECONDS = 60


class Failed(Exception):
    """Something was answered that should not have been: there is no result."""


@dataclass
class Contender:
    """One server asked for one thing."""

    name: str
    pid: int
    port: int
    path: str
    headers: dict = field(default_factory=dict)
    tls: bool = False
    status: int = 200
    connections: int = 16
    script: str = "wrk_report.lua"
    arguments: list = field(default_factory=list)

    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{self.path}"

    def ask(self):
        """One answer, whose status is as expected."""
        answer = get(self.port, self.path, self.headers, self.tls)
        if answer.status != self.status:
            raise Failed(f"{self.name}: {self.url()} gives {answer.status}, not {self.status}: {answer.body[:500]}")
        return answer

    def run(self, seconds):
        """Loads the server for `seconds`; what wrk counted, and the server's CPU time."""
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "10s",
                   "-s", HERE / self.script]
        for name, value in self.headers.items():
            command += ["-H", f"{name}: {value}"]
        command += [self.url()]
        if self.arguments:
            command += ["--", *self.arguments]
        before = processes.cpu_seconds(self.pid)
        ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False,
                             timeout=seconds + GRACE_SECONDS)
        cpu = processes.cpu_seconds(self.pid) - before
        reports = [line for line in ran.stdout.splitlines() if line.startswith(REPORT)]
        if ran.returncode != 0 or not reports:
            raise Failed(f"{self.name}: wrk ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
        counted = json.loads(reports[0].removeprefix(REPORT))
        if any(counted["errors"].values()) or counted["requests"] == 0:
            raise Failed(f"{self.name}: {self.url()}: {counted}")
        requests = counted["requests"]
        return {
            "per_second": requests / (counted["microseconds"] / 1e6),
            "requests": requests,
            "bytes_per_answer": counted["bytes"] / requests,
            "cpu_us": cpu * 1e6 / requests,
            "p50_us": counted["p50"],
            "p99_us": counted["p99"],
            **({"sweeps_ended": counted["sweeps_ended"]} if "sweeps_ended" in counted else {}),
        }


class Writer(Contender):
    """A contender whose script takes a seed as its third argument, and is given another one with each run: nothing
    that it draws comes twice."""

    def run(self, seconds):
        self.arguments[2] = str(random.randrange(1 << 30))
        return super().run(seconds)


def check_same_content(contenders):
    """All of them serve the same bytes. What they send is returned, by name: gzip makes it smaller."""
    answers = {contender.name: contender.ask() for contender in contenders}
    if len({answer.plain() for answer in answers.values()}) != 1:
        sizes = {name: len(answer.plain()) for name, answer in answers.items()}
        raise Failed(f"they do not serve the same bytes: {sizes}")
    return {name: len(answer.body) for name, answer in answers.items()}


def take_turns(contenders, rounds, seconds):
    """In turn, again and again: what disturbs the machine for a while disturbs all of them. A list of
    rounds by contender's name."""
    runs = {contender.name: [] for contender in contenders}
    for contender in contenders:
        contender.run(1)
    for _ in range(rounds):
        for contender in contenders:
            runs[contender.name].append(contender.run(seconds))
    return runs


def run_rounds(contenders, rounds, seconds):
    """Contenders that answer GETs, in turn (see take_turns); none may send less than it does when asked alone."""
    shortest = {contender.name: len(contender.ask().body) for contender in contenders}
    runs = take_turns(contenders, rounds, seconds)
    for contender in contenders:
        whole = contender.script != "wrk_sweep.lua"
        for run in runs[contender.name]:
            if whole and run["bytes_per_answer"] < shortest[contender.name]:
                raise Failed(f"{contender.name}: answers of {run['bytes_per_answer']:.0f} bytes on average, "
                             f"where one alone has {shortest[contender.name]}")
        contender.ask()
    return runs
