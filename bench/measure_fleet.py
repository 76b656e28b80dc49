"""Questions about a whole fleet, beside PostgreSQL with the same objects: see docs/benchmarks.md."""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import time
import urllib.parse
from contextlib import ExitStack
from pathlib import Path

import command_line
import fleet_import
import kept
import processes
import program
import report
from fleet_dump import Fleet, FleetDump, cluster_uid, project_of
from fleet_questions import COPY_SQL, FLEET, OFFSET_SQL, QUESTIONS, ROWS, SORTS, equal
from load import Contender, Failed, run_rounds
from mirror_pair import Api
from postgres import INDEXES, PROGRAMS, SCHEMA, Postgres
from server import Server

CASES = ["import", "pages", *QUESTIONS, "sorts", "csv", "report", "memory", "start"]
MOST_PAGE_RATIO = 1.3
LEAST_OFFSET_RATIO = 20
MOST_SORT_MS = 300
LEAST_CSV_ROWS, LEAST_CSV_RATIO = 200_000, 2
MOST_MIB = 100
MOST_START_SECONDS = 1
MOST_REPORT_MS = 50
REPORT_WRITES = 200
WALK_LIMIT = 1000


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/fleet", description=__doc__)
    command_line.add_load_beside_nginx(parser)
    parser.add_argument("--clusters", type=int, default=1000, metavar="N", help="default: 1000")
    parser.add_argument("--snapshots", type=int, default=1_000_000, metavar="N", help="of all (default: 1000000)")
    parser.add_argument("--vms", type=int, metavar="N", help="of all (default: a tenth of the snapshots)")
    options = command_line.parse_with_cases(parser, CASES)
    options.vms = options.vms or options.snapshots // 10
    if min(options.rounds, options.seconds, options.threads) < 1 or options.clusters < 1 \
            or options.snapshots < 2 * ROWS * options.clusters or options.vms < options.clusters:
        parser.error(f"a cluster has at least {2 * ROWS} snapshots and one VM; all other numbers are at least 1")
    return options


def timed(function):
    began = time.perf_counter()
    result = function()
    return 1000 * (time.perf_counter() - began), result


class Bench(report.Rows):
    def __init__(self, options, server, postgres):
        super().__init__()
        self.options = options
        self.server = server
        self.postgres = postgres
        self.api = None
        self.each = options.snapshots // options.clusters
        self.total = self.each * options.clusters

    def load(self):
        """The same objects into both; the generator's time is nobody's."""
        made = FleetDump(Fleet(int(time.time()), self.options.clusters, self.each,
                               self.options.vms // self.options.clusters))
        print(f"loading {self.total:,} snapshots of {self.options.clusters:,} clusters into both ...", flush=True)
        self.postgres.execute(SCHEMA)
        took = cpu = copied = 0
        url = urllib.parse.urlsplit(f"http://127.0.0.1:{self.server.port}")
        with fleet_import.Importer(url, self.server.key) as importer:
            fleet_import.create_projects(importer)
            for number in range(self.options.clusters):
                objects = made.cluster(number)
                before = processes.cpu_seconds(self.server.pid)
                took += timed(lambda n=number, o=objects: fleet_import.import_cluster(importer, n, o))[0]
                cpu += processes.cpu_seconds(self.server.pid) - before
                copied += timed(lambda n=number, o=objects: self.copy(n, o))[0]
        copied += timed(self.index)[0]
        if "import" in self.options.only:
            self.add("import, one cluster after another", f"{1000 * self.total / took:,.0f} snapshots/s",
                     cpu_us=1e6 * cpu / self.total)
            self.add("import: CPU a snapshot", f"{1e6 * cpu / self.total:.1f} us")
            self.add("PostgreSQL: COPY, indexes, VACUUM ANALYZE", f"{1000 * self.total / copied:,.0f} snapshots/s")

    def copy(self, number, objects):
        uid = cluster_uid(number)
        self.postgres.execute("INSERT INTO clusters VALUES (%s, %s, %s, %s)", (number, uid, uid, project_of(number)))
        # Quotes and delimiters that JSON does not have: each line is one value, as it is.
        rows = "".join(f"{number}\x01{text}\n" for text in objects)
        self.postgres.copy_in("COPY snapshots (cluster, object) FROM STDIN (FORMAT csv, DELIMITER E'\\x01', "
                              "QUOTE E'\\x02')", io.StringIO(rows))

    def index(self):
        self.postgres.execute(INDEXES)
        self.postgres.execute("VACUUM ANALYZE")
        self.postgres.execute("CHECKPOINT")

    def get(self, path):
        status, body = self.api.ask("GET", path)
        if status != 200:
            raise Failed(f"{path} gives {status}: {body[:500]}")
        return body

    # Pages

    def page(self, title, path):
        return Contender(title, self.server.pid, self.server.port, path, self.server.headers(),
                         connections=self.options.connections)

    def pages(self):
        one = self.page("one cluster", f"/v1/spectroclusters/{cluster_uid(self.options.clusters // 2)}/vms/snapshot")
        first = self.page("first", f"{FLEET}/snapshot?limit={ROWS}")
        token, before = self.token_in_the_middle()
        next_one = self.page("next", f"{FLEET}/snapshot?limit={ROWS}&continue={token}")
        runs = run_rounds([one, first, next_one], self.options.rounds, self.options.seconds)
        for page, title in ((first, "first page of 50 of -"), (next_one, "a page of 50 of - in the middle")):
            ratio = report.median([a["per_second"] / b["per_second"]
                                   for a, b in zip(runs[one.name], runs[page.name])])
            rate = report.median([run["per_second"] for run in runs[page.name]])
            self.add(f"{title} ({rate:,.0f}/s): its time against one cluster's page", f"{ratio:.2f} x",
                     *self.within(ratio, MOST_PAGE_RATIO, "x"), rounds=runs[page.name])
        self.beside_offset(next_one.path, before)

    def token_in_the_middle(self):
        """Of the page that half of all snapshots come before, and how many these are."""
        token, before = "", 0
        while before < self.total // 2:
            page = json.loads(self.get(f"{FLEET}/snapshot?limit={WALK_LIMIT}&continue={token}"))
            before += len(page["items"])
            token = page["metadata"]["continue"]
        return token, before

    def beside_offset(self, path, before):
        statement = OFFSET_SQL.format(offset=before)
        ours = [(item["metadata"]["clusterName"], item["metadata"]["name"])
                for item in json.loads(self.get(path))["items"]]
        theirs = [row[:2] for row in self.postgres.rows(statement)]
        if ours != theirs:
            raise Failed(f"the pages in the middle differ: {ours[:2]}, {theirs[:2]}")
        self.compare("a page in the middle, one client", lambda: self.get(path),
                     lambda: self.postgres.rows(statement), least_ratio=LEAST_OFFSET_RATIO)

    # Questions

    def compare(self, title, ours, theirs, most_ms=None, least_ratio=None):
        """Both in turn."""
        rounds = []
        for _ in range(self.options.rounds):
            rounds.append((timed(ours)[0], timed(theirs)[0]))
        mine = report.median([a for a, _ in rounds])
        yours = report.median([b for _, b in rounds])
        ratio = report.median([b / a for a, b in rounds])
        self.add(title, f"{mine:.2f} ms", *self.within(mine, most_ms, "ms"), rounds=rounds)
        words, met = report.budget(ratio, least=least_ratio)
        self.add(f"{title}: PostgreSQL's time ({yours:.1f} ms) against it", f"{ratio:.1f} x",
                 words and f"{words} x", met)

    def within(self, value, most, unit):
        words, met = report.budget(value, most=most)
        return words and f"{words} {unit}", met

    def ask(self, name):
        question = QUESTIONS[name]
        if self.is_missing(name):
            return
        prepared = [f"{name}_{number}" for number in range(len(question.statements))]
        for one, statement in zip(prepared, question.statements):
            self.postgres.execute(f"PREPARE {one} AS {statement}")

        def theirs():
            return [self.postgres.rows(f"EXECUTE {one}") for one in prepared]

        mine = question.ours(json.loads(self.get(question.path)))
        yours = question.theirs(theirs())
        if not equal(mine, yours):
            raise Failed(f"{question.title}: they answer differently:\n{mine}\n{yours}")
        self.compare(question.title, lambda: self.get(question.path), theirs, question.most_ms, question.least_ratio)

    def is_missing(self, name):
        """Whether the server that is measured is older than the question."""
        status, _ = self.api.ask("GET", QUESTIONS[name].path)
        if status == 404:
            print(f"  {name}: skipped: this server has no such route", flush=True)
        return status == 404

    def sorts(self):
        worst = {}
        for query in SORTS:
            path = f"{FLEET}/snapshot?{query}&limit={ROWS}"
            self.get(path)
            worst[query] = report.median([timed(lambda p=path: self.get(p))[0] for _ in range(self.options.rounds)])
            print(f"    {query}: {worst[query]:.1f} ms", flush=True)
        slowest = max(worst, key=worst.get)
        self.add(f"the slowest of {len(SORTS)} other filters and sorts ({slowest})", f"{worst[slowest]:.1f} ms",
                 *self.within(worst[slowest], MOST_SORT_MS, "ms"), each=worst)

    # Everything

    def csv_commands(self):
        ours = ["curl", "-sS", "--fail", "-H", f"ApiKey: {self.server.key}",
                f"http://127.0.0.1:{self.server.port}{FLEET}/snapshot?format=csv"]
        theirs = [PROGRAMS / "psql", "-h", self.postgres.folder, "-U", "bench", "-d", "postgres", "-X", "-q", "-c",
                  COPY_SQL.replace("\n", " ")]
        return ours, theirs

    def csv(self):
        ours, theirs = self.csv_commands()
        for command, heads in ((ours, 1), (theirs, 0)):
            if count_lines(command) != self.total + heads:
                raise Failed(f"{command[0]}: not {self.total} rows")
        rounds = [(timed(lambda: processes.run(ours))[0], timed(lambda: processes.run(theirs))[0])
                  for _ in range(min(3, self.options.rounds))]
        rate = 1000 * self.total / report.median([a for a, _ in rounds])
        ratio = report.median([b / a for a, b in rounds])
        words, met = report.budget(rate, least=LEAST_CSV_ROWS)
        self.add("CSV of everything", f"{rate:,.0f} rows/s", f"{words} rows/s", met, rounds=rounds)
        words, met = report.budget(ratio, least=LEAST_CSV_RATIO)
        self.add("CSV of everything: the rate against COPY TO STDOUT", f"{ratio:.2f} x", f"{words} x", met)

    def report(self):
        """After each acknowledged write the report is asked for, and has to know it."""
        if self.is_missing("protection"):
            return
        late = []
        for number in range(REPORT_WRITES):
            uid = cluster_uid(number * 7 % self.options.clusters)
            made = self.api.call("POST", f"/clusters/{uid}/apis/snapshot.kubevirt.io/v1beta1/namespaces/default/"
                                 "virtualmachinesnapshots", {
                                     "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot",
                                     "metadata": {"name": f"written-{number}"},
                                     "spec": {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine",
                                                         "name": "written"}}}, 201)
            took, body = timed(lambda: self.get(QUESTIONS["protection"].path))
            if int(json.loads(body)["metadata"]["resourceVersion"]) < int(made["metadata"]["resourceVersion"]):
                raise Failed("a report does not know a write that was acknowledged before it was asked for")
            late.append(took)
        p99 = report.p99(late)
        self.add("from a write's acknowledgement to the report: p99", f"{p99:.1f} ms",
                 *self.within(p99, MOST_REPORT_MS, "ms"), median=report.median(late))

    def memory(self):
        now = processes.memory_mib(self.server.pid)
        self.add("RssAnon after all of it", f"{now['RssAnon']:.0f} MiB", *self.within(now["RssAnon"], MOST_MIB, "MiB"),
                 memory=now)

    def start(self):
        """Each question is the first that a process is asked. The file is in the system's cache, as both sides'."""
        self.api.__exit__()
        for name, question in QUESTIONS.items():
            self.server.stop()
            took = timed(lambda q=question: self.first_answer(q.path))[0] / 1000
            self.postgres.stop()
            theirs = timed(lambda q=question: self.first_rows(q.statements))[0] / 1000
            self.add(f"{name}: start to the first answer (PostgreSQL {theirs:.2f} s)", f"{took:.2f} s",
                     *self.within(took, MOST_START_SECONDS, "s"))
        self.api = None

    def first_answer(self, path):
        self.server.__enter__()
        return self.server.get(path).body

    def first_rows(self, statements):
        self.postgres.start()
        return [self.postgres.rows(statement) for statement in statements]


def count_lines(command):
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE,
                          env=processes.clean_environment()) as process:
        lines = sum(block.count(b"\n") for block in iter(lambda: process.stdout.read(1 << 20), b""))
    if process.returncode != 0:
        raise Failed(f"{command[0]} ended with {process.returncode}")
    return lines


def run(options, work):
    with ExitStack() as stack:
        server = stack.enter_context(Server(work / "fleet", options.threads))
        bench = Bench(options, server, stack.enter_context(Postgres()))
        bench.load()
        bench.api = Api(server)
        cases = {"pages": bench.pages, **{name: lambda n=name: bench.ask(n) for name in QUESTIONS},
                 "sorts": bench.sorts, "csv": bench.csv, "report": bench.report, "memory": bench.memory,
                 "start": bench.start}
        program.run_cases(cases, options.only)
        return bench


def main():
    options = parse_arguments()
    with program.measuring("fleet") as described:
        kept.FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.FOLDER, prefix="fleet-") as work:
            bench = run(options, Path(work))
    sys.exit(bench.finish("fleet", described, options))


if __name__ == "__main__":
    main()
