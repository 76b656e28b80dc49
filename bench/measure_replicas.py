"""Several servers on one etcd against one without, and while processes die: see docs/benchmarks.md."""

import argparse
import http.client
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import command_line
import dump as dumps
import etcd as etcds
import kept
import processes
import program
import report
import written
from load import Contender, Failed, Writer, take_turns
from replica_group import Balancer, Group
from server import BINARY, CLUSTER, LIST, Server

PUTS = BINARY.parent / "bench" / "etcd_puts"
CREATE = f"/v1/spectroclusters/{CLUSTER}/vms/{written.VM}/snapshot"
OBJECTS = 10_000  # of the clusters that are listed
MOST_MORE_MS = 3  # of a page that asks etcd, at the median
LEAST_CROWDED = 0.5
LEAST_AGAINST_ETCD = 0.8
MOST_SEEN_MS = 20
MOST_JOIN_SECONDS = 60
MOST_GAP_SECONDS = 5
SEEN_SAMPLES = 1000
RATE = 1000  # requests a second through the balancer
CLIENTS = 40
KILL_SECONDS = 10
WRITERS = 8
LOST = (OSError, http.client.HTTPException)
CASES = ["page", "creates", "seen", "join", "kill", "leader"]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/replicas", description=__doc__)
    command_line.add_rounds(parser)
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of each server (default: 2)")
    parser.add_argument("--objects", type=int, default=1_000_000, metavar="N",
                        help="that a new replica takes over (default: 1000000)")
    options = command_line.parse_with_cases(parser, CASES)
    if min(options.rounds, options.seconds, options.threads, options.objects) < 1:
        parser.error("rounds, seconds, threads and objects are at least 1")
    return options


class Puts:
    """etcd's own puts over gRPC, measured as contenders of wrk are."""

    def __init__(self, etcd, value, connections):
        self.name, self.pid, self.url, self.value, self.connections = "etcd", etcd.pid, etcd.url, value, connections

    def run(self, seconds):
        before = processes.cpu_seconds(self.pid)
        ran = subprocess.run([PUTS, "--endpoint", self.url, "--value", self.value, "--connections", str(self.connections),
                              "--seconds", str(seconds)], capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise Failed(f"etcd_puts ended with {ran.returncode}: {ran.stderr}")
        counted = json.loads(ran.stdout)
        requests = counted["requests"]
        return {"per_second": requests / (counted["microseconds"] / 1e6), "requests": requests,
                "bytes_per_answer": 0, "cpu_us": (processes.cpu_seconds(self.pid) - before) * 1e6 / requests,
                "p50_us": counted["p50"], "p99_us": counted["p99"]}


class Client:
    """One kept connection of a client; made anew when it was cut."""

    def __init__(self, port, headers):
        self.port, self.headers = port, headers
        self.connection = None

    def ask(self, method, path, body=None):
        """The status and the body; one of LOST if there is no answer."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            self.connection.request(method, path, body, {**self.headers, "Content-Type": "application/json"})
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except LOST:
            self.connection.close()
            self.connection = None
            raise


def create_body(name):
    return json.dumps(written.snapshot(name), separators=(",", ":"))


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def middle(runs, field):
    return statistics.median(run[field] for run in runs)


class Bench:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.rows = report.Rows()

    def page(self):
        """Lists of a hosted cluster: on a replica each asks etcd."""
        dump, _ = kept.kept_dump(dumps.Parameters(OBJECTS))
        with ExitStack() as stack:
            embedded = stack.enter_context(Server(self.work / "embedded", self.options.threads))
            group = stack.enter_context(Group(self.work / "page", threads=self.options.threads))
            for server in (embedded, group.replicas[0]):
                server.create_cluster()
                server.load(dump)
            for connections in (16, 256):
                pair = [Contender(name, server.pid, server.port, LIST, server.headers(), connections=connections)
                        for name, server in (("embedded", embedded), ("replica", group.replicas[0]))]
                sizes = {len(json.loads(one.ask().plain())["items"]) for one in pair}
                if sizes != {50}:
                    raise Failed(f"pages of {sizes} objects")
                runs = take_turns(pair, self.options.rounds, self.options.seconds)
                ratio = statistics.median(a["per_second"] / b["per_second"]
                                          for a, b in zip(runs["replica"], runs["embedded"]))
                more = (middle(runs["replica"], "p50_us") - middle(runs["embedded"], "p50_us")) / 1000
                rates = " / ".join(report.count(middle(runs[name], "per_second")) for name in ("replica", "embedded"))
                if connections == 16:
                    self.rows.add("page of 50, hosted, 16 connections: more at the median", f"{more:.2f} ms",
                                  *report.budget(more, most=MOST_MORE_MS), per_second=rates, ratio=ratio, rounds=runs)
                else:
                    self.rows.add(f"page of 50, hosted, {connections} connections: replica / embedded, pages/s",
                                  f"{ratio:.2f} ({rates})", *report.budget(ratio, least=LEAST_CROWDED), rounds=runs)

    def creates(self):
        """Durable creates against etcd's own puts of the same bytes, each on an etcd of its own on the same disk."""
        text = create_body("@NAME@")
        (self.work / "create.json").write_text(text, encoding="utf-8")
        value = self.work / "put.json"
        value.write_text(text.replace("@NAME@", "nightly-0123456789abcdef"), encoding="utf-8")
        with ExitStack() as stack:
            etcd = stack.enter_context(etcds.Etcd(self.work / "alone"))
            server = stack.enter_context(Group(self.work / "creates", threads=self.options.threads)).replicas[0]
            server.create_cluster()
            ours = Writer("snapgate", server.pid, server.port, CREATE, server.headers(), connections=64,
                          script="wrk_write.lua", arguments=["create", str(self.work / "create.json"), "0"])
            runs = take_turns([Puts(etcd, value, 64), ours], self.options.rounds, self.options.seconds)
            acknowledged = sum(each["requests"] for each in runs["snapgate"])
            if server.objects() < acknowledged:
                raise Failed(f"{acknowledged} creates were acknowledged, {server.objects()} objects are there")
        ratio = statistics.median(a["per_second"] / b["per_second"] for a, b in zip(runs["snapgate"], runs["etcd"]))
        rates = " / ".join(report.count(middle(runs[name], "per_second")) for name in ("snapgate", "etcd"))
        self.rows.add("creates, 64 connections: replica / etcd's puts over gRPC, writes/s", f"{ratio:.2f} ({rates})",
                      *report.budget(ratio, least=LEAST_AGAINST_ETCD), rounds=runs)

    def seen(self):
        """From the begin of a write on one replica to the end of another's list that shows it."""
        times = []
        with Group(self.work / "seen", members=3, replicas=2, threads=self.options.threads) as group:
            one, other = group.replicas
            one.create_cluster()
            writer, reader = (Client(server.port, one.headers()) for server in (one, other))
            for number in range(SEEN_SAMPLES):
                name = f"seen-{number:05}"
                begun = time.monotonic()
                status, body = writer.ask("POST", f"{CREATE}?namespace=n{number % 50:02}", create_body(name))
                if status not in (200, 201):
                    raise Failed(f"a create gives {status}: {body[:500]}")
                status, body = reader.ask("GET", f"{LIST}?namespace=n{number % 50:02}")
                if status != 200 or f'"{name}"'.encode() not in body:
                    raise Failed(f"the list of another replica does not show {name}: {status}: {body[:500]}")
                times.append((time.monotonic() - begun) * 1000)
        p99 = percentile(times, 0.99)
        self.rows.add("a write on one replica until another's list shows it: p50 / p99",
                      f"{percentile(times, 0.5):.1f} / {p99:.1f} ms", *report.budget(p99, most=MOST_SEEN_MS))

    def join(self):
        """A replica that begins with nothing."""
        dump, _ = kept.kept_dump(dumps.Parameters(self.options.objects))
        with Group(self.work / "join", threads=self.options.threads) as group:
            first = group.replicas[0]
            first.create_cluster()
            begun = time.monotonic()
            first.load(dump)
            imported = time.monotonic() - begun
            begun = time.monotonic()
            joined = group.add()
            if not processes.comes_up(joined.process, joined.ready, 600):
                raise Failed("the new replica is not ready")
            took = time.monotonic() - begun
            if joined.objects() != self.options.objects:
                raise Failed(f"the new replica has {joined.objects()} objects")
        self.rows.add(f"a new replica with {report.count(self.options.objects)} hosted objects until ready", f"{took:.1f} s",
                      *report.budget(took, most=MOST_JOIN_SECONDS), import_seconds=imported)

    def kill(self):
        """kill -9 of a replica under requests through a balancer: reads and creates, each held against what is known."""
        with ExitStack() as stack:
            group = stack.enter_context(Group(self.work / "kill", members=3, replicas=3, threads=1))
            first, victim = group.replicas[0], group.replicas[1]
            first.create_cluster()
            balancer = stack.enter_context(Balancer(self.work / "kill", group.replicas))
            headers = {**first.headers(), **first.bearer()}
            clients = [Requester(balancer.port, headers, number) for number in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(KILL_SECONDS / 2)
            victim.process.kill()
            victim.process.wait()
            dead = time.monotonic()
            time.sleep(KILL_SECONDS / 2)
            for client in clients:
                client.stopping = True
            for client in clients:
                client.join()
            wrong = [text for client in clients for text in client.wrong]
            lost = [begun for client in clients for begun in client.lost]
            answered = sum(client.answered for client in clients)
            late = sum(begun > dead for begun in lost)
            missing = check_created(first, clients)
        rate = answered / KILL_SECONDS
        if rate < 0.9 * RATE:
            print(f"  only {rate:.0f} requests/s were made", flush=True)
        self.rows.add(f"kill -9 of a replica under {rate:,.0f} requests/s: wrong answers", f"{len(wrong) + missing}",
                      "none", not wrong and not missing, first_wrong=wrong[:3])
        self.rows.add("… requests that failed: under way there / begun later", f"{len(lost) - late} / {late}",
                      "none begun later", late == 0)

    def leader(self):
        """kill -9 of etcd's leader under writes."""
        with Group(self.work / "leader", members=3, replicas=2, threads=1) as group:
            first = group.replicas[0]
            first.create_cluster()
            clients = [LoneWriter(server.port, first.headers(), number)
                       for number, server in enumerate(group.replicas * (WRITERS // 2))]
            for client in clients:
                client.start()
            time.sleep(3)
            leader = group.leader()
            killed = time.monotonic()
            leader.kill()
            time.sleep(3 * MOST_GAP_SECONDS)
            for client in clients:
                client.stopping = True
            for client in clients:
                client.join()
            done = sorted(moment for client in clients for moment in client.done)
            wrong = [text for client in clients for text in client.wrong]
            if wrong:
                raise Failed(wrong[0])
            missing = check_created(first, clients)
            if missing:
                raise Failed(f"{missing} acknowledged creates are lost")
        around = [killed, *(moment for moment in done if moment > killed)]
        gap = max((b - a for a, b in zip(around, around[1:])), default=float("inf"))
        self.rows.add("kill -9 of the etcd leader under writes: longest time without one", f"{gap:.1f} s",
                      *report.budget(gap, most=MOST_GAP_SECONDS))


def check_created(server, clients):
    """How many of the acknowledged creates are not there."""
    names = set()
    token = ""
    client = Client(server.port, server.headers())
    while True:
        status, body = client.ask("GET", f"{LIST}?limit=50" + (f"&continue={token}" if token else ""))
        if status != 200:
            raise Failed(f"the list gives {status}: {body[:500]}")
        page = json.loads(body)
        names |= {item["metadata"]["name"] for item in page["items"]}
        token = page["metadata"].get("continue", "")
        if not token:
            break
    return len({name for one in clients for name in one.created} - names)


class Requester(threading.Thread):
    """One of the clients behind the balancer: creates an object now and then, and reads it at once through whichever
    replica the balancer takes."""

    def __init__(self, port, headers, number):
        super().__init__()
        self.client = Client(port, headers)
        self.number = number
        self.stopping = False
        self.answered = 0
        self.created, self.wrong, self.lost = [], [], []

    def run(self):
        numbers = random.Random(self.number)
        between = CLIENTS / RATE
        turn = 0
        due = time.monotonic() + numbers.random() * between
        while not self.stopping:
            time.sleep(max(0.0, due - time.monotonic()))
            due += between
            turn += 1
            self.step(turn)

    def step(self, turn):
        begun = time.monotonic()
        name = f"k{self.number}-{turn}"
        try:
            if turn % 10 == 1 or not self.created:
                status, body = self.client.ask("POST", f"{CREATE}?namespace=n{self.number}", create_body(name))
                if status in (200, 201):
                    self.created.append(name)
            else:
                name = self.created[-1]
                path = f"/clusters/{CLUSTER}/apis/snapshot.kubevirt.io/v1beta1/namespaces/n{self.number}" \
                       f"/virtualmachinesnapshots/{name}"
                status, body = self.client.ask("GET", path)
                if status == 200 and json.loads(body)["metadata"]["name"] != name:
                    self.wrong.append(f"asked for {name}: {body[:300]}")
        except LOST:
            self.lost.append(begun)
            return
        if status in (502, 503, 504):
            self.lost.append(begun)
        elif status not in (200, 201):
            self.wrong.append(f"{name}: {status}: {body[:300]}")
        else:
            self.answered += 1


class LoneWriter(threading.Thread):
    """Creates one object after the other; each has a name of its own. Who is told to come again does so."""

    def __init__(self, port, headers, number):
        super().__init__()
        self.client = Client(port, headers)
        self.number = number
        self.stopping = False
        self.created, self.done, self.wrong = [], [], []

    def run(self):
        turn = 0
        while not self.stopping:
            turn += 1
            name = f"w{self.number}-{turn}"
            try:
                status, body = self.client.ask("POST", f"{CREATE}?namespace=n{self.number}", create_body(name))
            except LOST as failure:
                self.wrong.append(f"no answer: {failure}")
                return
            if status in (200, 201):
                self.done.append(time.monotonic())
                self.created.append(name)
            elif status == 503:
                time.sleep(0.05)
            else:
                self.wrong.append(f"{status}: {body[:300]}")
                return


def main():
    options = parse_arguments()
    with program.measuring("replicas") as described, program.work_folder("replicas") as work:
        print(f"{etcds.version()}\n{options.rounds} rounds of {options.seconds} s each, in turn", flush=True)
        bench = Bench(options, Path(work))
        program.run_cases({name: getattr(bench, name) for name in CASES}, options.only)
    sys.exit(bench.rows.finish("replicas", described, options, etcd=etcds.version()))


if __name__ == "__main__":
    main()
