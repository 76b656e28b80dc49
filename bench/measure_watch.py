"""Watches of one cluster over loopback, by the thousand: see docs/benchmarks.md."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import command_line
import processes
import program
import report
from load import Failed
from server import BINARY, CLUSTER, Server

CROWD = BINARY.parent / "bench" / "watch_crowd"
SNAPSHOTS = f"/clusters/{CLUSTER}/apis/snapshot.kubevirt.io/v1beta1"
# From the present state on, without its events.
WATCH = (f"{SNAPSHOTS}/virtualmachinesnapshots?watch=1&sendInitialEvents=false"
         "&resourceVersionMatch=NotOlderThan&timeoutSeconds=3600")
WRITE = f"{SNAPSHOTS}/namespaces/default/virtualmachinesnapshots"
STREAM = "/v1/spectroclusters/-/vms/snapshot"
STREAM_CLUSTERS = 1000
# Before the first heartbeat, which would be counted as an event.
STREAM_SECONDS = 8
STREAM_P99_MS = 50
STREAM_CPU_US = 3
CASES = ["latency", "idle", "crowd", "streams"]
MOST_MIB = 1024
SETTLE_SECONDS = 2
SAMPLE_SECONDS = 0.2


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/watch", description=__doc__)
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of snapgate (default: 2)")
    parser.add_argument("--few", type=int, default=1000, metavar="N",
                        help="watchers whose latency is measured (default: 1000)")
    parser.add_argument("--many", type=int, default=10_000, metavar="N",
                        help="watchers that wait, and of the crowd (default: 10000)")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="of each case (default: 60)")
    parser.add_argument("--latency-rate", type=float, default=10, metavar="N",
                        help="writes a second where latency is measured (default: 10)")
    parser.add_argument("--rate", type=float, default=200, metavar="N",
                        help="writes a second that the crowd sees (default: 200)")
    parser.add_argument("--padding", type=int, default=0, metavar="N", help="bytes more in each object (default: 0)")
    options = command_line.parse_with_cases(parser, CASES)
    if min(options.threads, options.few, options.many, options.seconds) < 1:
        parser.error("threads, watchers and seconds are at least 1")
    return options


@contextmanager
def crowd(server, watchers, *arguments, watch=WATCH):
    """Watchers that are connected and wait for a line."""
    command = [CROWD, "--port", server.port, "--key", server.key, "--watch", watch, "--watchers", watchers,
               *arguments]
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, env=processes.clean_environment(), preexec_fn=processes.die_with_parent)
    try:
        if process.stdout.readline() != "ready\n":
            raise Failed("the watchers could not connect")
        yield process
    finally:
        processes.stop(process)


class Bench(report.Rows):
    def __init__(self, options):
        super().__init__()
        self.options = options

    @contextmanager
    def server(self):
        with tempfile.TemporaryDirectory(prefix="snapgate-bench-watch-") as place:
            with Server(Path(place) / "data", self.options.threads) as server:
                server.create_cluster()
                yield server

    def measure(self, server, watchers, *arguments, watch=WATCH):
        """What the watchers say, with the server's CPU time and memory meanwhile."""
        alone = processes.memory_mib(server.pid)["RssAnon"]
        with crowd(server, watchers, *arguments, watch=watch) as process:
            time.sleep(SETTLE_SECONDS)
            most = connected = processes.memory_mib(server.pid)["RssAnon"]
            cpu = processes.cpu_seconds(server.pid)
            began = time.monotonic()
            process.stdin.write("go\n")
            process.stdin.flush()
            while process.poll() is None:
                most = max(most, processes.memory_mib(server.pid)["RssAnon"])
                time.sleep(SAMPLE_SECONDS)
            took = time.monotonic() - began
            cpu = processes.cpu_seconds(server.pid) - cpu
            said = process.stdout.read()
        if process.returncode != 0:
            raise Failed(f"watch_crowd ended with {process.returncode}")
        result = json.loads(said)
        if result["ended"] > 0:
            raise Failed(f"{result['ended']} of {watchers} watchers were cut off: {result}")
        return {**result, "cpu_seconds": cpu, "cpu_cores": cpu / took, "rss_alone_mib": alone,
                "rss_connected_mib": connected, "rss_most_mib": most,
                "kib_per_watcher": 1024 * (connected - alone) / watchers}

    def writes(self, rate, connections):
        count = round(rate * self.options.seconds)
        return ["--write", WRITE, "--writes", count, "--per-second", rate, "--connections", connections,
                "--padding", self.options.padding]

    def latency(self):
        watchers = self.options.few
        with self.server() as server:
            run = self.measure(server, watchers, *self.writes(self.options.latency_rate, 1), "--latency")
        self.check_all_came(run)
        title = f"{report.count(watchers)} watchers, {self.options.latency_rate:g} writes/s"
        self.add(f"{title}: acknowledgement to event, median", f"{run['latency_p50_ms']:.1f} ms", run=run)
        self.add(f"{title}: the same, p99", f"{run['latency_p99_ms']:.1f} ms")
        self.add(f"{title}: CPU per event and watcher", f"{self.cpu_us(run):.2f} us")

    def idle(self):
        for tls in (False, True):
            with self.server() as server:
                run = self.measure(server, self.options.many, "--seconds", self.options.seconds,
                                   *(["--tls"] if tls else []))
            title = f"{report.count(self.options.many)} idle watchers{' over TLS' if tls else ''}"
            self.add(f"{title}: RssAnon", f"{run['rss_connected_mib']:.0f} MiB", f"at most {MOST_MIB}",
                     run["rss_most_mib"] <= MOST_MIB, run=run)
            self.add(f"{title}: of it for each", f"{run['kib_per_watcher']:.1f} KiB")
            self.add(f"{title}: CPU", f"{100 * run['cpu_cores']:.2f} % of a core")

    def crowd(self):
        watchers = self.options.many
        with self.server() as server:
            run = self.measure(server, watchers, *self.writes(self.options.rate, 8))
        self.check_all_came(run)
        title = f"{report.count(watchers)} watchers, {self.options.rate:g} writes/s"
        written = run["writes"] / run["seconds"]
        self.add(f"{title}: written", f"{written:.0f} a second", f"at least {self.options.rate * 0.98:.0f}",
                 written >= 0.98 * self.options.rate, run=run)
        # Who falls behind is later at the end than in the middle, and has much to catch up with.
        self.add(f"{title}: the slowest is behind, median", f"{run['lag_p50_s']:.2f} s")
        self.add(f"{title}: the slowest is behind, most", f"{run['lag_max_s']:.2f} s", "at most 5",
                 run["lag_max_s"] <= 5)
        self.add(f"{title}: all have caught up after", f"{run['drained_s']:.2f} s", "at most 5",
                 run["drained_s"] <= 5)
        self.add(f"{title}: CPU per event and watcher", f"{self.cpu_us(run):.2f} us")
        self.add(f"{title}: most RssAnon", f"{run['rss_most_mib']:.0f} MiB", f"at most {MOST_MIB}",
                 run["rss_most_mib"] <= MOST_MIB)

    def streams(self):
        """Event streams of all clusters, whose writes come from all of them."""
        streams = self.options.few
        writes = round(self.options.rate * STREAM_SECONDS)
        with self.server() as server:
            for number in range(STREAM_CLUSTERS):
                server.create_cluster(f"{CLUSTER}-{number}")
            run = self.measure(server, streams, "--events", "--write", WRITE.replace(CLUSTER, f"{CLUSTER}-#", 1),
                               "--clusters", STREAM_CLUSTERS, "--writes", writes, "--per-second", self.options.rate,
                               "--connections", 8, "--padding", self.options.padding, "--latency", watch=STREAM)
        self.check_all_came(run)
        title = f"{report.count(streams)} event streams of {report.count(STREAM_CLUSTERS)} clusters, {self.options.rate:g} writes/s"
        self.add(f"{title}: acknowledgement to event, median", f"{run['latency_p50_ms']:.1f} ms", run=run)
        self.add(f"{title}: the same, p99", f"{run['latency_p99_ms']:.1f} ms", f"at most {STREAM_P99_MS}",
                 run["latency_p99_ms"] <= STREAM_P99_MS)
        self.add(f"{title}: CPU per event and stream", f"{self.cpu_us(run):.2f} us", f"at most {STREAM_CPU_US}",
                 self.cpu_us(run) <= STREAM_CPU_US)

    @staticmethod
    def cpu_us(run):
        return run["cpu_seconds"] * 1e6 / (run["writes"] * run["watchers"])

    @staticmethod
    def check_all_came(run):
        if run["fewest"] != run["writes"]:
            raise Failed(f"a watcher has got {run['fewest']} of {run['writes']} events")


def main():
    options = parse_arguments()
    with program.measuring("watch") as described:
        bench = Bench(options)
        program.run_cases({"latency": bench.latency, "idle": bench.idle, "crowd": bench.crowd,
                           "streams": bench.streams}, options.only)
    sys.exit(bench.finish("watch", described, options))


if __name__ == "__main__":
    main()
