"""Garbage collection of the dependents of one owner, and lists beside it: see docs/benchmarks.md."""

import argparse
import json
import subprocess
import sys
import threading
import time

import processes
import program
import report
from load import Contender, Failed
from server import CLUSTER, LIST, Server, ask

LEAST_A_SECOND = 10_000
MOST_P99_RATIO = 2.0
BESIDE = "beside"  # the cluster that is listed
SNAPSHOTS = f"/clusters/{CLUSTER}/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots"
OWNER = "00000000-0000-4000-8000-000000000000"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/collect", description=__doc__)
    parser.add_argument("--dependents", type=int, default=100_000, metavar="N", help="default: 100000")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument("--connections", type=int, default=1, metavar="N", help="that list (default: 1)")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of the server (default: 2)")
    parser.add_argument("--strict", action="store_true", help="end with 1 if a budget is missed")
    return parser.parse_args()


def name_of(number):
    return f"dependent-{number:07}"


def snapshot(name, owned, **metadata):
    if owned:
        metadata["ownerReferences"] = [{"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot",
                                        "name": "owner", "uid": OWNER}]
    return {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot",
            "metadata": {"name": name, "namespace": "web", "labels": {"app": "scheduler", "tier": "gold"},
                         "annotations": {"note": "n" * 1000}, **metadata},
            "spec": {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-01"}},
            "status": {"phase": "Succeeded", "readyToUse": True}}


def write_dump(path, count):
    with open(path, "w", encoding="utf-8") as out:
        out.write(json.dumps(snapshot("owner", False, uid=OWNER)) + "\n")
        for number in range(count):
            out.write(json.dumps(snapshot(name_of(number), True)) + "\n")


class Collection(threading.Thread):
    """Deletes the owner; `seconds` is the time until its last dependent was gone."""

    def __init__(self, server, count):
        super().__init__()
        self.server = server
        self.last = name_of(count - 1)
        self.seconds = None
        self.failure = None

    def ask(self, method, name):
        return ask(self.server.port, method, f"{SNAPSHOTS}/{name}", None, self.server.bearer()).status

    def run(self):
        begun = time.monotonic()
        status = self.ask("DELETE", "owner")
        if status != 200:
            self.failure = f"the deletion of the owner gives {status}"
            return
        # They go in the order of their names. A list would look at all that went.
        while self.ask("GET", self.last) == 200:
            if time.monotonic() - begun > 600:
                self.failure = "dependents are left after ten minutes"
                return
            time.sleep(0.02)
        self.seconds = time.monotonic() - begun


def run(options):
    rows = report.Rows()
    rates, alone, beside = [], [], []
    with program.work_folder("collect") as work:
        dump = work / "dump.jsonl"
        write_dump(dump, options.dependents)
        with Server(work / "data", options.threads) as server:
            server.create_cluster()
            server.create_cluster(BESIDE)
            page = "".join(json.dumps(snapshot(name_of(number), False)) + "\n" for number in range(1000))
            answer = ask(server.port, "POST", f"/admin/v1/clusters/{BESIDE}/import", page,
                         {**server.headers(), "Content-Type": "application/x-ndjson"})
            if answer.status != 200:
                raise Failed(f"the import gives {answer.status}: {answer.body[:500]}")
            lister = Contender("list", server.pid, server.port, LIST.replace(CLUSTER, BESIDE, 1), server.headers(),
                               connections=options.connections)
            lister.run(1)
            for _ in range(options.rounds):
                subprocess.run([str(part) for part in server.import_command(dump)], check=True, capture_output=True,
                               env=processes.clean_environment())
                # The same time of lists with and without, so that both see as much of the machine's noise.
                alone.append(lister.run(2)["p99_us"])
                collection = Collection(server, options.dependents)
                collection.start()
                beside.append(lister.run(2)["p99_us"])
                still = collection.is_alive()
                collection.join()
                if collection.failure:
                    raise Failed(collection.failure)
                if not still:
                    raise Failed("the collection ended before the lists: take more --dependents")
                left = server.objects()
                if left:
                    raise Failed(f"{left} objects are left")
                rates.append(options.dependents / collection.seconds)
    rate = report.median(rates)
    words, met = report.budget(rate, least=LEAST_A_SECOND)
    rows.add("dependents of one owner a second, with lists beside", report.count(rate), words, met, runs=rates)
    rows.add("p99 of a list without, ms", f"{report.median(alone) / 1000:.2f}", runs=alone)
    rows.add("p99 of a list beside it, ms", f"{report.median(beside) / 1000:.2f}", runs=beside)
    ratio = report.median([b / a for a, b in zip(alone, beside)])
    words, met = report.budget(ratio, most=MOST_P99_RATIO)
    rows.add("the second against the first", f"{ratio:.2f}", words, met)
    return rows


def main():
    options = parse_arguments()
    with program.measuring("collect") as described:
        print(f"{options.rounds} rounds with {options.dependents} dependents each", flush=True)
        rows = run(options)
    sys.exit(rows.finish("collect", described, options))


if __name__ == "__main__":
    main()
