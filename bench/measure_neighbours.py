"""What one caller costs the others, question by question: see docs/benchmarks.md."""

import argparse
import http.client
import multiprocessing
import signal
import socket
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import command_line
import neighbour_data as data
import neighbour_questions
import processes
import program
import report
from load import Failed
from mirror_pair import Api
from server import REQUEST_SECONDS, Server, get

CASES = ["health", "memory"]
MOST_P99_MS = 100
# Of one connection, beside itself: its answer, and its request.
MOST_KIB = 256 + 16
HEALTH = "/livez"
PAUSE_SECONDS = 0.001  # between two requests for health
SETTLE_SECONDS = 1
# The server looks so often whether it can give memory back (src/app/free_memory.h), if it has so much more.
GIVEN_BACK_SECONDS = 12
GIVEN_BACK_FROM_MIB = 8
PIECE = 1 << 18
SLOW_WINDOW = 4096  # of a client that stands still
MAKERS = 16  # of clusters and keys
# So that no question is refused for what the others hold.
HELD_MIB = 4096
KEY_REQUESTS = 1000
SHOWN = 200  # of a path


def parse_arguments():
    names = list(neighbour_questions.questions(1))
    parser = argparse.ArgumentParser(prog="bench/neighbours", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog=textwrap.fill(f"Questions: {', '.join(names)}", 100, break_on_hyphens=False))
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help="that are asked (default: all, see below)")
    parser.add_argument("--readers", type=int, default=8, metavar="N", help="that ask at once (default: 8)")
    parser.add_argument("--slow", type=int, default=150, metavar="N", help="connections that read nothing (default: 150)")
    parser.add_argument("--seconds", type=int, default=3, metavar="N",
                        help="that health is asked for, alone and beside each question (default: 3)")
    parser.add_argument("--objects", type=int, default=20_000, metavar="N", help="snapshots (default: 20000)")
    parser.add_argument("--clusters", type=int, default=600, metavar="N", help="other clusters (default: 600)")
    parser.add_argument("--keys", type=int, default=5000, metavar="N", help="default: 5000")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of the server (default: 2)")
    options = command_line.parse_with_cases(parser, CASES)
    unknown = set(options.questions) - set(names)
    if unknown:
        parser.error(f"there is no question {', '.join(sorted(unknown))}: {', '.join(names)}")
    if min(options.readers, options.slow, options.seconds, options.objects, options.threads) < 1 \
            or min(options.clusters, options.keys) < 0:
        parser.error("readers, slow connections, seconds, objects and threads are at least 1, clusters and keys at least 0")
    options.questions = options.questions or names
    return options


def fill(server, work, options):
    """One large cluster among others that are empty, and keys."""
    dump = work / "dump.jsonl"
    data.write_dump(dump, options.objects)
    with Api(server) as api:
        api.call("POST", "/admin/v1/projects", {"name": data.PROJECT, "uid": data.PROJECT}, 201)
        api.call("POST", "/admin/v1/clusters",
                 {"name": data.CLUSTER, "uid": data.CLUSTER, "projectUid": data.PROJECT}, 201)

    def make(first):
        with Api(server) as one:
            for number in range(first, options.clusters, MAKERS):
                uid = f"other-{number}"
                one.call("POST", "/admin/v1/clusters", {"name": uid, "uid": uid, "projectUid": data.PROJECT}, 201)
            for number in range(first, options.keys, MAKERS):
                one.call("POST", "/admin/v1/keys", {"name": f"reader-{number}", "role": "reader"}, 201)

    with ThreadPoolExecutor(MAKERS) as pool:
        list(pool.map(make, range(MAKERS)))
    server.load(dump, data.CLUSTER)


class Asker:
    """A client that asks one question over a connection that is kept, and reads the answer as it comes."""

    def __init__(self, server, question):
        self.question = question
        self.headers = {**server.headers(), **server.bearer(), **question.headers}
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=REQUEST_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self):
        """Until the answer's end, or as far as is read of one that has none."""
        self.connection.request("GET", self.question.path, headers=self.headers)
        with self.connection.getresponse() as response:
            if response.status != 200:
                raise self.failure(f"gives {response.status}: {response.read(500)}")
            if self.question.until is None:
                self.read(response)
            else:
                self.read_up_to(response, self.question.until)
                self.connection.close()

    def read(self, response):
        while response.read1(PIECE):
            pass
        if response.length:
            raise self.failure(f"was cut off, {response.length:,} bytes before its end")

    def read_up_to(self, response, mark):
        seen = b""
        while mark not in seen:
            piece = response.read1(PIECE)
            if not piece:
                raise self.failure(f"ended before {mark}, with {seen[-500:]}")
            # The mark may be cut in two.
            seen = seen[-len(mark):] + piece

    def failure(self, what):
        return Failed(f"{self.question.name}: GET {self.question.path[:SHOWN]} {what}")


class Reader:
    """`with Reader(...) as reader:`. A process that asks one question again and again."""

    def __init__(self, server, question):
        self.question = question
        self.answers = multiprocessing.Value("Q", 0, lock=False)
        self.faults, self.fault = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(target=self.run, args=(server,), daemon=True)

    def run(self, server):
        processes.die_with_parent()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with Asker(server, self.question) as asker:
                while True:
                    asker.ask()
                    self.answers.value += 1
        except Failed as failure:
            self.fault.send(str(failure))
        except (OSError, http.client.HTTPException) as fault:
            self.fault.send(f"{self.question.name}: {fault!r}")

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()

    def check(self):
        if self.faults.poll():
            raise Failed(self.faults.recv())
        if not self.process.is_alive():
            raise Failed(f"{self.question.name}: a reader ended with {self.process.exitcode}")


class SlowConnection:
    """`with SlowConnection(...) as slow:`. It asks when it is told to, and reads nothing but the first bytes."""

    def __init__(self, server, question):
        self.question = question
        self.port = server.port
        lines = [f"GET {question.path} HTTP/1.1", "Host: bench",
                 *(f"{name}: {value}" for name, value in
                   {**server.headers(), **server.bearer(), **question.headers}.items()), "", ""]
        self.text = "\r\n".join(lines).encode()
        self.socket = socket.socket()

    def __enter__(self):
        self.socket.settimeout(REQUEST_SECONDS)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_WINDOW)
        self.socket.connect(("127.0.0.1", self.port))
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self):
        self.socket.sendall(self.text)

    def wait_for_answer(self):
        begin = self.socket.recv(len(b"HTTP/1.1 200"), socket.MSG_WAITALL)
        if begin != b"HTTP/1.1 200":
            raise Failed(f"{self.question.name}: a slow connection is answered with {begin + self.socket.recv(1000)}")


def probe_health(server, seconds):
    """How long /livez takes in milliseconds, each time on a new connection."""
    times = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        answer = get(server.port, HEALTH)
        times.append(1000 * (time.perf_counter() - begun))
        if answer.status != 200:
            raise Failed(f"{HEALTH} gives {answer.status}: {answer.body[:500]}")
        time.sleep(PAUSE_SECONDS)
    return {"median_ms": report.median(times), "p99_ms": report.p99(times), "longest_ms": max(times), "probes": len(times)}


def held_mib(server):
    """What the server counts as held by requests, of all of them."""
    lines = server.get("/metrics").body.decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("snapgate_held_bytes ")) / (1 << 20)


class Bench(report.Results):
    def __init__(self, options, work):
        super().__init__()
        self.options = options
        self.data_dir = work / "data"
        self.questions = neighbour_questions.questions(options.objects)

    @contextmanager
    def server(self, question=None):
        """A new process, which has answered nothing but the question, once."""
        more = ["--held-mib", HELD_MIB, "--key-held-mib", HELD_MIB, "--key-requests", KEY_REQUESTS + self.options.slow]
        with Server(self.data_dir, self.options.threads, more=more) as server:
            if question:
                with Asker(server, question) as asker:
                    asker.ask()
            yield server

    def measure(self):
        cases = {"health": self.health, "memory": self.memory}
        for name in self.options.questions:
            measured = {case: cases[case](self.questions[name]) for case in CASES if case in self.options.only}
            row = {"what": name, "kept": all(one["kept"] for one in measured.values()), **measured}
            self.rows.append(row)
            print(f"  {name}: {self.in_words(row)}", flush=True)

    @staticmethod
    def how_many(wanted, question):
        return min(wanted, question.at_once or wanted)

    @contextmanager
    def reading(self, server, question):
        """While readers are at work, who must not have failed at the end."""
        with ExitStack() as stack:
            readers = [stack.enter_context(Reader(server, question))
                       for _ in range(self.how_many(self.options.readers, question))]
            time.sleep(SETTLE_SECONDS)
            yield readers
            for reader in readers:
                reader.check()

    def health(self, question):
        with self.server(question) as server:
            time.sleep(SETTLE_SECONDS)
            alone = probe_health(server, self.options.seconds)
            with self.reading(server, question) as readers:
                begun, before = time.monotonic(), sum(reader.answers.value for reader in readers)
                beside = probe_health(server, self.options.seconds)
                answers = (sum(reader.answers.value for reader in readers) - before) / (time.monotonic() - begun)
        return {"readers": len(readers), "answers_per_second": answers, "alone": alone, "beside": beside,
                "ratio": beside["p99_ms"] / alone["p99_ms"], "kept": beside["p99_ms"] <= MOST_P99_MS}

    def memory(self, question):
        with self.server(question) as server:
            # What the server takes to make such answers, and keeps for the next ones, is nothing that a connection holds.
            with self.reading(server, question):
                pass
            with ExitStack() as stack:
                slow = [stack.enter_context(SlowConnection(server, question))
                        for _ in range(self.how_many(self.options.slow, question))]
                time.sleep(SETTLE_SECONDS)
                held = held_mib(server)
                before = processes.memory_mib(server.pid)["RssAnon"]
                for connection in slow:
                    connection.ask()
                for connection in slow:
                    connection.wait_for_answer()
                grown = self.growth(server, before)
                counted = held_mib(server) - held
            left = self.growth(server, before)
        each = 1024 * grown / len(slow)
        return {"connections": len(slow), "grown_mib": grown, "left_mib": left, "counted_mib": counted, "kib_each": each,
                "uncounted_kib_each": 1024 * (grown - counted) / len(slow), "kept": each <= MOST_KIB}

    @staticmethod
    def growth(server, before):
        """What the process has more than before, in MiB, once it has given back what is free."""
        time.sleep(SETTLE_SECONDS)
        until = time.monotonic() + GIVEN_BACK_SECONDS
        while True:
            grown = processes.memory_mib(server.pid)["RssAnon"] - before
            if grown < GIVEN_BACK_FROM_MIB or time.monotonic() > until:
                return grown
            time.sleep(SETTLE_SECONDS)

    @staticmethod
    def in_words(row):
        words = []
        if "health" in row:
            words.append(f"p99 of health {row['health']['beside']['p99_ms']:.1f} ms")
        if "memory" in row:
            words.append(f"{row['memory']['kib_each']:.0f} KiB a connection")
        return ", ".join(words)

    def print(self):
        if "health" in self.options.only:
            print(f"/livez beside {self.options.readers} readers / alone; the budget is a p99 of {MOST_P99_MS} ms\n")
            report.print_table(
                ["question", ">readers", ">answers/s", ">median ms", ">p99 ms", ">longest ms", ">ratio of p99", ""],
                [self.health_cells(row["what"], row["health"]) for row in self.rows])
        if "memory" in self.options.only:
            print(f"{self.options.slow} connections that read nothing; the budget is {MOST_KIB} KiB for each\n")
            report.print_table(
                ["question", ">connections", ">RssAnon grew, MiB", ">left, MiB", ">counted, MiB", ">KiB each",
                 ">uncounted KiB each", ""],
                [self.memory_cells(row["what"], row["memory"]) for row in self.rows])

    @staticmethod
    def health_cells(name, health):
        def pair(what):
            return f"{health['beside'][what]:.1f} / {health['alone'][what]:.1f}"

        return [name, str(health["readers"]), f"{health['answers_per_second']:,.1f}", pair("median_ms"), pair("p99_ms"),
                pair("longest_ms"), f"{health['ratio']:.1f}", report.verdict(health["kept"])]

    @staticmethod
    def memory_cells(name, memory):
        return [name, str(memory["connections"]), f"{memory['grown_mib']:.1f}", f"{memory['left_mib']:.1f}",
                f"{memory['counted_mib']:.1f}", f"{memory['kib_each']:.0f}", f"{memory['uncounted_kib_each']:.0f}",
                report.verdict(memory["kept"])]


def run(options):
    with program.work_folder("neighbours") as work:
        bench = Bench(options, work)
        print(f"making {options.objects:,} snapshots, {options.clusters:,} clusters, {options.keys:,} keys ...", flush=True)
        with bench.server() as server:
            fill(server, work, options)
        bench.measure()
        return bench


def main():
    options = parse_arguments()
    with program.measuring("neighbours") as described:
        bench = run(options)
    sys.exit(bench.finish("neighbours", described, options))


if __name__ == "__main__":
    main()
