"""Mirrors of connected clusters, over TLS and loopback: see docs/benchmarks.md."""

import argparse
import bisect
import json
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import command_line
import kept
import mirror_pair
import processes
import program
import report
from dump import Parameters
from load import Failed
from server import ROOT, Server

CASES = ["sync", "latency", "fleet"]
MOST_SYNC_US = 15
MOST_LATENCY_MS = 20
MOST_FLEET_MIB = 400
MOST_IDLE_CORE = 0.03
MOST_RESTART_SECONDS = 1
# More than twice the time for which a watch is asked, so that no part of that is left out.
IDLE_SECONDS = 90
# The first watch begins with the state and is asked for longer than its silence is borne: it is given up after 45 seconds.
REST_SECONDS = 60
SETTLE_SECONDS = 15
POLL_SECONDS = 0.001
SNAPSHOTS = "apis/snapshot.kubevirt.io/v1beta1/namespaces/default/virtualmachinesnapshots"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/mirror", description=__doc__)
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of each server (default: 2)")
    parser.add_argument("--objects", type=int, default=100_000, metavar="N",
                        help="of the cluster whose first sync is measured (default: 100000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of the first sync (default: 3)")
    parser.add_argument("--rate", type=int, default=200, metavar="N",
                        help="writes a second where latency is measured (default: 200)")
    parser.add_argument("--seconds", type=int, default=30, metavar="N", help="of writing (default: 30)")
    parser.add_argument("--writers", type=int, default=4, metavar="N", help="connections that write (default: 4)")
    parser.add_argument("--clusters", type=int, default=500, metavar="N", help="of the fleet (default: 500)")
    parser.add_argument("--each", type=int, default=2000, metavar="N", help="objects in each of them (default: 2000)")
    options = command_line.parse_with_cases(parser, CASES)
    if min(options.threads, options.objects, options.rounds, options.rate, options.seconds, options.writers,
           options.clusters, options.each) < 1:
        parser.error("every number is at least 1")
    return options


class Writer(threading.Thread):
    """Creates snapshots at the upstream at an even pace, and keeps when each was acknowledged."""

    def __init__(self, upstream, uid, number, writers, options, began):
        super().__init__()
        self.upstream, self.uid, self.number = upstream, uid, number
        self.times = [began + (number + i * writers) / options.rate
                      for i in range(options.rate * options.seconds // writers)]
        self.acknowledged = []  # (resource version, when)
        self.failure = None

    def run(self):
        try:
            with mirror_pair.Api(self.upstream) as api:
                for place, due in enumerate(self.times):
                    time.sleep(max(0, due - time.monotonic()))
                    made = api.call("POST", f"/clusters/{self.uid}/{SNAPSHOTS}", {
                        "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot",
                        "metadata": {"name": f"written-{self.number}-{place}"},
                        "spec": {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-01"}},
                    }, 201)
                    self.acknowledged.append((int(made["metadata"]["resourceVersion"]), time.monotonic()))
        except (Failed, OSError) as failure:
            self.failure = failure


class Bench(report.Rows):
    def __init__(self, options, work):
        super().__init__()
        self.options = options
        self.work = work

    @contextmanager
    def upstream(self, name, clusters, objects):
        """Servers whose clusters are loaded; what is loaded is kept for the next run."""
        data_dir = kept.FOLDER / f"upstream-{name}-{clusters}-{objects}"
        parameters = Parameters(objects)
        if kept.read_note(kept.note_of(data_dir)) is None:
            kept.remove(data_dir)
            dump, _ = kept.kept_dump(parameters)
            print(f"importing {objects:,} objects into {report.count(clusters)} clusters ...", flush=True)
            with Server(data_dir, self.options.threads) as server:
                mirror_pair.fill(server, clusters, dump)
            kept.note_loaded(data_dir, parameters)
        with Server(data_dir, self.options.threads) as server:
            yield server

    def mirrors(self, name):
        return mirror_pair.Mirrors(self.work / name, self.options.threads)

    def sync(self):
        objects = self.options.objects
        uid = mirror_pair.uid_of(0)
        runs = []
        with self.upstream("sync", 1, objects) as upstream:
            for number in range(self.options.rounds):
                with self.mirrors(f"sync-{number}") as mirrors, mirror_pair.Api(mirrors) as api:
                    cpu, began = processes.cpu_seconds(mirrors.pid), time.monotonic()
                    mirror_pair.connect(api, upstream, uid)
                    mirror_pair.wait_for_lists(api, [uid])
                    took, cpu = time.monotonic() - began, processes.cpu_seconds(mirrors.pid) - cpu
                    held = api.call("GET", f"/admin/v1/clusters/{uid}")["objects"]
                    memory = processes.memory_mib(mirrors.pid)
                if held != objects:
                    raise Failed(f"the mirror holds {held} objects of {objects}")
                runs.append({"ours": {"cpu_us": 1e6 * cpu / objects, "seconds": took, **memory},
                             "client": self.list_by_client(upstream, uid)})
        ours = report.median([run["ours"]["cpu_us"] for run in runs])
        theirs = report.median([run["client"]["cpu_us"] for run in runs])
        took = report.median([run["ours"]["seconds"] for run in runs])
        title = f"first sync of {report.count(objects)} objects"
        self.add(f"{title}: CPU an object, of all threads", f"{ours:.1f} us", f"at most {MOST_SYNC_US}",
                 ours <= MOST_SYNC_US, runs=runs)
        self.add("the Python client's list of the same: CPU an object", f"{theirs:.1f} us")
        self.add(f"{title}: until the list is served", f"{took:.2f} s")
        self.add(f"{title}: most resident memory",
                 f"{max(run['ours']['VmHWM'] for run in runs):.0f} MiB")

    def list_by_client(self, upstream, uid):
        command = ["/usr/bin/python3", ROOT / "bench" / "list_by_client.py",
                   f"https://127.0.0.1:{upstream.port}/clusters/{uid}", upstream.data_dir / "ca.crt"]
        ran = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True,
                             env={**processes.clean_environment(), "SNAPGATE_BENCH_KEY": upstream.key})
        listed = json.loads(ran.stdout)
        if listed["objects"] != self.options.objects:
            raise Failed(f"the client has listed {listed['objects']} objects of {self.options.objects}")
        return {"cpu_us": 1e6 * listed["cpu_seconds"] / listed["objects"], "seconds": listed["seconds"]}

    def latency(self):
        uid = mirror_pair.uid_of(0)
        with ExitStack() as stack:
            upstream = stack.enter_context(Server(self.work / "latency-upstream", self.options.threads))
            mirror_pair.fill(upstream, 1, kept.kept_dump(Parameters(self.options.each))[0])
            mirrors = stack.enter_context(self.mirrors("latency"))
            api = stack.enter_context(mirror_pair.Api(mirrors))
            mirror_pair.connect(api, upstream, uid)
            mirror_pair.wait_for_lists(api, [uid])
            cpu, began = processes.cpu_seconds(mirrors.pid), time.monotonic()
            acknowledged, seen = self.write_and_watch(upstream, api, uid)
            cores = (processes.cpu_seconds(mirrors.pid) - cpu) / (time.monotonic() - began)
            held = api.call("GET", f"/admin/v1/clusters/{uid}")["objects"]
        if held != self.options.each + len(acknowledged):
            raise Failed(f"the mirror holds {held} objects of {self.options.each + len(acknowledged)}")
        shown = [when for when, _ in seen]
        versions = [version for _, version in seen]
        late = sorted(1000 * (shown[bisect.bisect_left(versions, version)] - when) for version, when in acknowledged)
        took = max(when for _, when in acknowledged) - min(when for _, when in acknowledged)
        title = f"{self.options.rate} writes/s, acknowledgement to the mirror's list"

        def percentile(part):
            return late[min(len(late) - 1, int(part * len(late)))]

        run = {"p50_ms": percentile(0.5), "p99_ms": percentile(0.99), "most_ms": late[-1], "lists": len(seen),
               "writes_per_second": (len(acknowledged) - 1) / took, "cpu_cores": cores}
        self.add(f"{title}: median", f"{run['p50_ms']:.1f} ms", run=run)
        self.add(f"{title}: p99", f"{run['p99_ms']:.1f} ms", f"at most {MOST_LATENCY_MS}",
                 run["p99_ms"] <= MOST_LATENCY_MS)
        self.add(f"{title}: most", f"{run['most_ms']:.1f} ms")
        self.add("writes acknowledged", f"{run['writes_per_second']:.0f} a second",
                 f"at least {0.98 * self.options.rate:.0f}", run["writes_per_second"] >= 0.98 * self.options.rate)

    def write_and_watch(self, upstream, api, uid):
        """What was acknowledged, and what the mirror's list showed when: in the order of time."""
        began = time.monotonic() + 1
        writers = [Writer(upstream, uid, number, self.options.writers, self.options, began)
                   for number in range(self.options.writers)]
        for writer in writers:
            writer.start()
        seen = []
        newest = 0
        deadline = began + self.options.seconds + 60
        while True:
            ended = not any(writer.is_alive() for writer in writers)
            if ended:
                newest = max((version for writer in writers for version, _ in writer.acknowledged), default=0)
            listed = api.call("GET", mirror_pair.page_of(uid))
            seen.append((time.monotonic(), int(listed["metadata"]["resourceVersion"])))
            if ended and seen[-1][1] >= newest:
                break
            if time.monotonic() > deadline:
                raise Failed(f"the mirror's list is at {seen[-1][1]}, and {newest} was acknowledged")
            time.sleep(POLL_SECONDS)
        for writer in writers:
            writer.join()
            if writer.failure is not None:
                raise Failed(f"a writer could not go on: {writer.failure}")
        if any(one[1] > other[1] for one, other in zip(seen, seen[1:])):
            raise Failed("the mirror's list has gone back")
        return [one for writer in writers for one in writer.acknowledged], seen

    def fleet(self):
        clusters, each = self.options.clusters, self.options.each
        uids = [mirror_pair.uid_of(number) for number in range(clusters)]
        title = f"{report.count(clusters)} clusters of {report.count(each)} objects"
        with self.upstream("fleet", clusters, each) as upstream:
            with self.mirrors("fleet") as mirrors, mirror_pair.Api(mirrors) as api:
                began = time.monotonic()
                for uid in uids:
                    mirror_pair.connect(api, upstream, uid)
                mirror_pair.wait_for_lists(api, uids)
                took = time.monotonic() - began
                time.sleep(REST_SECONDS)
                self.check_held(api, uids)
                cpu = processes.cpu_seconds(mirrors.pid)
                time.sleep(IDLE_SECONDS)
                cores = (processes.cpu_seconds(mirrors.pid) - cpu) / IDLE_SECONDS
                memory = processes.memory_mib(mirrors.pid)
            self.add(f"{title}: connected and served", f"{took:.1f} s")
            self.add(f"{title}: RssAnon", f"{memory['RssAnon']:.0f} MiB", f"at most {MOST_FLEET_MIB}",
                     memory["RssAnon"] <= MOST_FLEET_MIB, memory=memory)
            self.add(f"{title}: CPU at rest", f"{100 * cores:.2f} % of a core", f"under {100 * MOST_IDLE_CORE:g}",
                     cores < MOST_IDLE_CORE)
            began = time.monotonic()
            with self.mirrors("fleet") as mirrors, mirror_pair.Api(mirrors) as api:
                missing = [uid for uid in uids if not mirror_pair.is_served(api, uid)]
                took = time.monotonic() - began
                if missing:
                    raise Failed(f"after a restart {len(missing)} lists are not served: {missing[:5]}")
                time.sleep(SETTLE_SECONDS)
                self.check_held(api, uids)
                after = processes.memory_mib(mirrors.pid)
            self.add(f"{title}: start to all lists served", f"{took:.2f} s", f"under {MOST_RESTART_SECONDS}",
                     took < MOST_RESTART_SECONDS)
            self.add(f"{title}: RssAnon after the restart", f"{after['RssAnon']:.0f} MiB", memory=after)

    def check_held(self, api, uids):
        """Every mirror is whole and follows its cluster."""
        for uid in uids:
            cluster = api.call("GET", f"/admin/v1/clusters/{uid}")
            if cluster["objects"] != self.options.each or cluster["state"] != "Ready":
                raise Failed(f"a mirror is not what it should be: {cluster}")


def main():
    options = parse_arguments()
    with program.measuring("mirror") as described:
        # Beside what is kept: a disk, where the system's temporary folder may be memory.
        kept.FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.FOLDER, prefix="mirror-") as work:
            bench = Bench(options, Path(work))
            program.run_cases({"sync": bench.sync, "latency": bench.latency, "fleet": bench.fleet}, options.only)
    sys.exit(bench.finish("mirror", described, options))


if __name__ == "__main__":
    main()
