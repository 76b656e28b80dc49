"""The store's operations, and imports, disk, memory, starts and backups of a real server: see docs/benchmarks.md."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time

import command_line
import dump as dumps
import kept
import processes
import program
import report
from load import Contender, Failed
from server import BINARY, LIST, Server, get
from walk import walk

STORE_BENCH = BINARY.parent / "src" / "store" / "store_bench"
MOST_DISK = 2.0
MOST_ANONYMOUS_MIB = 100
MOST_START_MS = 200
MOST_DUMP_MIB = 200 * 1e6 / 2**20  # of a server or client during an import
MOST_VM_AGAINST_GET = 1.2
STARTS = 9
REPETITIONS = 5
LEAST_BACKUP_AGAINST_CP = 0.5
BACKUPS = 3
CASES = ["operations", "import", "start", "backup", "dump"]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/store", description=__doc__)
    parser.add_argument("--objects", type=int, default=1_000_000, metavar="N", help="default: 1000000")
    parser.add_argument("--megabytes", type=int, default=500, metavar="N", help="of the dump (default: 500)")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of the server (default: 2)")
    return command_line.parse_with_cases(parser, CASES)


class Watched:
    """Samples the memory of processes while it runs: the largest RssAnon seen, and VmHWM, by name."""

    PERIOD_SECONDS = 0.01

    def __init__(self, **pids):
        self.pids = pids
        self.peaks = {name: {"RssAnon": 0.0, "VmHWM": 0.0} for name in pids}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.sample)

    def sample(self):
        while not self.stopping.wait(self.PERIOD_SECONDS):
            for name, pid in self.pids.items():
                memory = processes.memory_mib(pid)
                for what in ("RssAnon", "VmHWM"):
                    if memory:
                        self.peaks[name][what] = max(self.peaks[name][what], memory[what])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


class Import:
    """One run of the client's import. `kill_at`: it is killed when the cluster holds so many objects."""

    def __init__(self, server, path, kill_at=None):
        begun = time.monotonic()
        self.first_stored = None
        self.killed = False
        client = processes.spawn(server.import_command(path), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        before = server.objects()
        with Watched(server=server.pid, client=client.pid) as watched:
            while client.poll() is None:
                time.sleep(0.05 if kill_at else 0.2)
                stored = server.objects()
                if self.first_stored is None and stored > before:
                    self.first_stored = time.monotonic() - begun
                if kill_at is not None and stored >= kill_at:
                    client.kill()
                    self.killed = True
                    break
            output, errors = client.communicate()
        self.seconds = time.monotonic() - begun
        self.peaks = watched.peaks
        self.counts = {}
        if not self.killed:
            if client.returncode != 0:
                raise Failed(f"the import ended with {client.returncode}: {errors.decode()[-2000:]}")
            self.counts = json.loads(output)

    def expect(self, **wanted):
        found = {name: self.counts.get(name, 0) for name in
                 ("created", "replaced", "unchanged", "skipped", "pruned")}
        if found != {**dict.fromkeys(found, 0), **wanted} or self.counts.get("refused"):
            raise Failed(f"the import counted {found}, where {wanted} was to be")


class Bench(report.Results):
    def __init__(self, options):
        super().__init__()
        self.options = options
        self.details = {}

    def add(self, what, value, unit, most=None, least=None, digits=1):
        budget, keeps = report.budget(value, least, most)
        self.rows.append({"what": what, "value": value, "unit": unit, "digits": digits, "budget": budget,
                          "kept": keeps})
        print(f"  {what}: {value:,.{digits}f} {unit}", flush=True)

    def add_memory(self, what, peaks):
        self.add(f"{what}: server, largest RssAnon", peaks["server"]["RssAnon"], "MiB", most=round(MOST_DUMP_MIB))
        self.add(f"{what}: client, largest resident size (VmHWM)", peaks["client"]["VmHWM"], "MiB",
                 most=round(MOST_DUMP_MIB))

    def operations(self):
        """Google Benchmark on the store alone: no network, no JSON."""
        print(f"store_bench, {REPETITIONS} repetitions in random turn ...", flush=True)
        out = kept.FOLDER / "store_bench.json"
        command = [STORE_BENCH, kept.FOLDER / "operations", f"--benchmark_repetitions={REPETITIONS}",
                   "--benchmark_enable_random_interleaving=true", "--benchmark_min_time=0.2",
                   f"--benchmark_out={out}", "--benchmark_out_format=json"]
        kept.FOLDER.mkdir(parents=True, exist_ok=True)
        ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False,
                             env=processes.clean_environment())
        if ran.returncode != 0:
            raise Failed(f"store_bench ended with {ran.returncode}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}")
        self.details["store_bench"] = ran.stdout.splitlines()
        medians = {}
        for one in json.loads(out.read_text(encoding="utf-8"))["benchmarks"]:
            if one.get("aggregate_name") != "median":
                continue
            micros = one["real_time"] * {"ns": 1e-3, "us": 1, "ms": 1e3}[one["time_unit"]]
            name = one["run_name"].replace("/real_time", "")
            medians[name] = micros
            if "items_per_second" in one:
                self.add(f"store_bench {name}", one["items_per_second"], "commits/s", digits=0)
            else:
                self.add(f"store_bench {name}", micros, "us", digits=2)
        self.details["operations_us"] = medians
        if "vm_of_ten/1000000" in medians and "ten_gets/1000000" in medians:
            self.add("one VM's ten out of a million against ten gets by name",
                     medians["vm_of_ten/1000000"] / medians["ten_gets/1000000"], "times",
                     most=MOST_VM_AGAINST_GET, digits=2)

    def data_dir(self):
        return kept.FOLDER / f"data-{self.options.objects}-{self.parameters().namespaces}"

    def parameters(self):
        return dumps.Parameters(self.options.objects)

    def imports(self):
        """One import of all objects into an empty server; the data is kept for the other cases."""
        path, summary = kept.kept_dump(self.parameters())
        count = report.count(self.options.objects)
        kept.remove(self.data_dir())
        print(f"importing {count} objects ...", flush=True)
        with Server(self.data_dir(), self.options.threads) as server:
            server.create_cluster()
            ran = Import(server, path)
            ran.expect(created=self.options.objects)
            disk = sum(file.stat().st_blocks * 512 for file in self.data_dir().rglob("*") if file.is_file())
            self.add(f"import of {count} objects, all of it", self.options.objects / ran.seconds, "objects/s", digits=0)
            if ran.first_stored is not None:
                self.add("  of that, once the client has checked its input",
                         self.options.objects / (ran.seconds - ran.first_stored), "objects/s", digits=0)
            self.add("disk after it, per byte of compact JSON", disk / summary["compact_bytes"], "times",
                     most=MOST_DISK, digits=2)
            self.add_memory(f"memory, import of {count}", ran.peaks)
            self.add("RssAnon of the server after it", processes.memory_mib(server.pid)["RssAnon"], "MiB",
                     most=MOST_ANONYMOUS_MIB)
            kept.note_loaded(self.data_dir(), self.parameters())
            tokens = walk(server, self.options.objects)
            self.serve_lists(server)
            memory = processes.memory_mib(server.pid)
            self.add(f"RssAnon of the server after {len(tokens):,} pages and 10 s of load", memory["RssAnon"], "MiB",
                     most=MOST_ANONYMOUS_MIB)
            self.add("  besides: RssFile, pages of the store it shares with the system's cache", memory["RssFile"],
                     "MiB")

    @staticmethod
    def serve_lists(server):
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            Contender("snapgate", server.pid, server.port, LIST, {**server.headers(), **headers},
                      connections=100).run(5)

    def starts(self):
        """From the start of the process to the end of its first list's answer, the file being cached."""
        data_dir = kept.kept_store(self.parameters())
        key = (data_dir / "admin.key").read_text(encoding="utf-8").strip()
        for how, number in (("SIGTERM", signal.SIGTERM), ("SIGKILL", signal.SIGKILL)):
            times = [self.start_once(data_dir, key, number) for _ in range(STARTS + 1)]
            # The first one opens what another way of stopping left.
            times = times[1:]
            self.details[f"start_ms_after_{how}"] = times
            self.add(f"start to the first list of {report.count(self.options.objects)}, after {how} "
                     f"(median of {STARTS})", report.median(times), "ms", most=MOST_START_MS)

    def start_once(self, data_dir, key, stop_with):
        port = processes.free_port()
        command = [str(part) for part in (BINARY, "serve", "--data-dir", data_dir, "--listen", f"127.0.0.1:{port}",
                                          "--tls-self-signed", "--threads", self.options.threads)]
        with open(os.devnull, "wb") as nowhere:
            begun = time.monotonic()
            # Not spawn(): what it does in the child would count too.
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=nowhere, stderr=nowhere,
                                       env=processes.clean_environment())
        try:
            while True:
                try:
                    answer = get(port, LIST, {"ApiKey": key})
                    items = json.loads(answer.body)["items"]
                    elapsed = (time.monotonic() - begun) * 1000
                    break
                except ConnectionRefusedError:
                    if process.poll() is not None:
                        raise Failed(f"the server ended with {process.returncode} as it started") from None
                    time.sleep(0.0005)
            if answer.status != 200 or len(items) != 50:
                raise Failed(f"the first answer is {answer.status} with {len(items)} items")
            return elapsed
        finally:
            process.send_signal(stop_with)
            if process.wait(processes.STOP_SECONDS) not in (0, -signal.SIGKILL):
                raise Failed(f"the server ended with {process.returncode}")

    def backups(self):
        """`snapgate backup` of all objects against `cp` of the data file, in turn, both until they are on disk."""
        data_dir = kept.kept_store(self.parameters())
        stored = data_dir / "store" / "data.mdb"
        copy, backup = kept.FOLDER / "copy.mdb", kept.FOLDER / "snapgate.backup"
        commands = {
            "cp": ["cp", "--reflink=never", "--sparse=never", stored, copy],
            "stopped": [BINARY, "backup", "--data-dir", data_dir, "--to", backup],
        }
        seconds = {"cp": [], "stopped": [], "running": []}
        try:
            for _ in range(BACKUPS):
                for how, command in commands.items():
                    seconds[how].append(self.time_copy(command, copy if how == "cp" else backup))
                with Server(data_dir, self.options.threads) as server:
                    seconds["running"].append(self.time_copy(server.client_command("backup", "--to", backup), backup))
            self.details["backup"] = {"seconds": seconds, "data_file_bytes": stored.stat().st_size,
                                      "backup_bytes": backup.stat().st_size}
        finally:
            copy.unlink(missing_ok=True)
            backup.unlink(missing_ok=True)
        count = report.count(self.options.objects)
        for how in ("running", "stopped"):
            ratios = [cp / one for cp, one in zip(seconds["cp"], seconds[how])]
            self.add(f"backup of {count} objects, server {how}, against cp of the data file (median of {BACKUPS})",
                     report.median(ratios), "times its speed", least=LEAST_BACKUP_AGAINST_CP, digits=2)

    @staticmethod
    def time_copy(command, target):
        """Of a program that writes a file, and until the file is on disk. What was written before is there already."""
        target.unlink(missing_ok=True)
        os.sync()
        begun = time.monotonic()
        processes.run(command, stderr=subprocess.DEVNULL)
        with open(target, "rb") as file:
            os.fsync(file.fileno())
        return time.monotonic() - begun

    def dump(self):
        """A dump as kubectl prints it: imported, cut off half-way, completed, and imported once more."""
        size = self.options.megabytes
        objects = dumps.objects_for_bytes(size * 1e6, "list", 1)
        path, summary = kept.kept_dump(dumps.Parameters(objects, form="list"))
        print(f"dump of {summary['bytes'] / 1e6:.0f} MB, {objects:,} objects", flush=True)
        data_dir = kept.FOLDER / "data-dump"
        kept.remove(data_dir)
        with Server(data_dir, self.options.threads) as server:
            server.create_cluster()
            ran = Import(server, path)
            ran.expect(created=objects)
            self.add(f"import of {size} MB, an indented List", objects / ran.seconds, "objects/s", digits=0)
            self.add_memory(f"memory, import of {size} MB", ran.peaks)
        kept.remove(data_dir)
        with Server(data_dir, self.options.threads) as server:
            server.create_cluster()
            cut_off = Import(server, path, kill_at=objects // 2)
            stored = self.settled(server)
            if not cut_off.killed or not 0 < stored < objects:
                raise Failed(f"the import was not cut off half-way: {stored} of {objects} objects are stored")
            self.add("killed half-way (SIGKILL): stored", 100 * stored / objects, "%")
            again = Import(server, path)
            again.expect(created=objects - stored, unchanged=stored)
            walk(server, objects)
            third = Import(server, path)
            third.expect(unchanged=objects)
            self.add("again: the rest created, all listed; a third time: unchanged", third.counts["unchanged"],
                     "objects", digits=0)
            self.add_memory(f"memory, {size} MB unchanged", third.peaks)
        kept.remove(data_dir)

    @staticmethod
    def settled(server):
        """How many objects are stored once what was on its way has been committed."""
        stored = -1
        while stored != server.objects():
            stored = server.objects()
            time.sleep(1)
        return stored

    def print(self):
        report.print_table(["what", ">value", "", "budget", ""],
                           [[row["what"], f"{row['value']:,.{row['digits']}f}", row["unit"], row["budget"],
                             report.verdict(row["kept"])] for row in self.rows])


def main():
    options = parse_arguments()
    with program.measuring("store") as described:
        bench = Bench(options)
        program.run_cases({"operations": bench.operations, "import": bench.imports, "start": bench.starts,
                           "backup": bench.backups, "dump": bench.dump}, options.only)
    sys.exit(bench.finish("store", described, options, details=bench.details))


if __name__ == "__main__":
    main()
