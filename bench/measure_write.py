"""Acknowledged durable creates over HTTP against etcd's HTTP put of the same bytes: see docs/benchmarks.md."""

import argparse
import base64
import json
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import command_line
import etcd as etcds
import machine
import processes
import report
from load import Contender, Failed
from server import BINARY, CLUSTER, ROOT, Server

LEAST_AGAINST_ETCD = 1.0
VM = "web-01"
CREATE = f"/v1/spectroclusters/{CLUSTER}/vms/{VM}/snapshot"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/write", description=__doc__)
    command_line.add_rounds(parser)
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of snapgate (default: 2)")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64], metavar="N",
                        help="default: 1 16 64; the budget is for 64")
    parser.add_argument("--strict", action="store_true", help="end with 1 if the budget is missed")
    return parser.parse_args()


def body():
    """What a scheduler posts: the object without what the server fills in."""
    return json.dumps({
        "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot",
        "metadata": {"name": "@NAME@", "labels": {"app": "scheduler", "tier": "gold", "schedule": "nightly"},
                     "annotations": {"owner": "payments-oncall@example.com", "retention": "14d"}},
        "spec": {"deletionPolicy": "Delete", "failureDeadline": "10m0s",
                 "source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": VM}},
    }, separators=(",", ":"))


class Writer(Contender):
    """A contender that is given another seed with each run: no name comes twice."""

    def run(self, seconds):
        self.arguments[2] = str(random.randrange(1 << 30))
        return super().run(seconds)


def run(options):
    rows = []
    folder = ROOT / "bench" / "results"
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        # Beside the results: a disk, where the system's temporary folder may be memory.
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix="write-")))
        text = body()
        (work / "create.json").write_text(text, encoding="utf-8")
        value = base64.b64encode(text.replace("@NAME@", "nightly-0123456789abcdef").encode()).decode()
        (work / "put.json").write_text(f'{{"key":"@KEY@","value":"{value}"}}', encoding="utf-8")
        server = stack.enter_context(Server(work / "snapgate", options.threads))
        server.create_cluster()
        etcd = stack.enter_context(etcds.Etcd(work / "etcd"))
        for connections in options.connections:
            ours = Writer("snapgate", server.pid, server.port, CREATE, server.headers(), connections=connections,
                          script="wrk_write.lua", arguments=["create", str(work / "create.json"), "0"])
            theirs = Writer("etcd", etcd.pid, etcd.port, "/v3/kv/put", connections=connections,
                            script="wrk_write.lua", arguments=["put", str(work / "put.json"), "0"])
            runs = {"snapgate": [], "etcd": []}
            before = server.objects()
            for one in (theirs, ours):
                one.run(1)
            for _ in range(options.rounds):
                for one in (theirs, ours):
                    runs[one.name].append(one.run(options.seconds))
            acknowledged = sum(each["requests"] for each in runs["snapgate"])
            if server.objects() - before < acknowledged:
                raise Failed(f"{acknowledged} creates were acknowledged, {server.objects() - before} objects came")
            rows.append(row(connections, runs))
    return rows


def row(connections, runs):
    pairs = [(ours["per_second"], theirs["per_second"]) for ours, theirs in zip(runs["snapgate"], runs["etcd"])]
    ratios = [ours / theirs for ours, theirs in pairs]
    ratio = report.median(ratios)
    budget = connections == 64

    def both(field):
        return [report.median([each[field] for each in runs[name]]) for name in ("snapgate", "etcd")]

    print(f"  {connections} connections: {ratio:.2f}", flush=True)
    return {"what": f"creates, {connections} connection{'s' if connections > 1 else ''}", "ratio": ratio,
            "ratios": ratios, "per_second": both("per_second"), "cpu_us": both("cpu_us"), "p99_us": both("p99_us"),
            "budget": f"at least {LEAST_AGAINST_ETCD}" if budget else "",
            "kept": ratio >= LEAST_AGAINST_ETCD if budget else None, "rounds": runs}


def main():
    options = parse_arguments()
    processes.end_on_signals()
    described = machine.describe(BINARY)
    machine.print_description(described)
    print(f"{etcds.version()}\n{options.rounds} rounds of {options.seconds} s each, in turn", flush=True)
    try:
        rows = run(options)
    except Failed as failure:
        sys.exit(f"bench/write: {failure}")
    print("\nsnapgate / etcd\n")
    report.print_table(
        ["what", ">writes/s", ">ratio", ">lowest to highest", ">CPU us/write", ">p99 ms", "budget", ""],
        [[one["what"], " / ".join(f"{value:,.0f}" for value in one["per_second"]), f"{one['ratio']:.2f}",
          f"{min(one['ratios']):.2f} to {max(one['ratios']):.2f}",
          " / ".join(f"{value:.0f}" for value in one["cpu_us"]),
          " / ".join(f"{value / 1000:.1f}" for value in one["p99_us"]), one["budget"],
          report.verdict(one["kept"])] for one in rows])
    report.write_json("write", {"machine": described, "etcd": etcds.version(), "options": vars(options),
                                "rows": rows})
    if options.strict and any(one["kept"] is False for one in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
