"""Server-side apply against a merge patch of the same fields: see docs/benchmarks.md."""

import argparse
import json
import sys

import command_line
import program
import report
import written
from load import Failed, Writer, take_turns
from server import CLUSTER, Server, ask

LEAST_AGAINST_PATCH = 0.7
MANAGER = "scheduler"
SNAPSHOTS = f"/clusters/{CLUSTER}/apis/snapshot.kubevirt.io/v1beta1/namespaces/default/virtualmachinesnapshots"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STATUS = {"status": {"phase": "Succeeded", "readyToUse": True, "creationTime": "2026-11-20T03:00:21Z",
                     "indications": ["Online", "GuestAgent"],
                     "snapshotVolumes": {"includedVolumes": ["rootdisk", "datadisk"], "excludedVolumes": ["cloudinit"]},
                     "conditions": [{"type": "Ready", "status": "True", "reason": "Operation complete",
                                     "lastTransitionTime": "2026-11-20T03:00:24Z"}]}}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/apply", description=__doc__)
    command_line.add_rounds(parser)
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of the server (default: 2)")
    parser.add_argument("--connections", type=int, default=16, metavar="N", help="default: 16")
    parser.add_argument("--objects", type=int, default=200, metavar="N", help="that are patched (default: 200)")
    parser.add_argument("--strict", action="store_true", help="end with 1 if a budget is missed")
    return parser.parse_args()


def name_of(prefix, number):
    return f"{prefix}-{number:04}"


class Objects:
    """Two sets of objects of one content, with a controller's status: those that are applied, and those that are
    created and patched. Both have one manager besides the controller."""

    def __init__(self, server, count):
        self.server = server
        self.count = count
        for number in range(count):
            self.make(number)

    def ask(self, method, path, body, media, manager):
        answer = ask(self.server.port, method, f"{SNAPSHOTS}{path}?fieldManager={manager}", json.dumps(body),
                     {**self.server.bearer(), "Content-Type": media})
        if answer.status not in (200, 201):
            raise Failed(f"{method} {path} gives {answer.status}: {answer.body[:500]}")

    def make(self, number):
        applied, patched = name_of("apply", number), name_of("patch", number)
        self.ask("PATCH", f"/{applied}", written.snapshot(applied), APPLY, MANAGER)
        self.ask("POST", "", written.snapshot(patched), "application/json", MANAGER)
        for name in (applied, patched):
            self.ask("PATCH", f"/{name}/status", STATUS, MERGE, "controller")

    def version(self):
        """The resource version of the whole cluster: it counts the changes."""
        answer = self.server.get(f"{SNAPSHOTS}?limit=1", self.server.bearer())
        return int(json.loads(answer.body)["metadata"]["resourceVersion"])

    def contenders(self, work, tier, connections):
        """An apply and a merge patch of all that the scheduler owns, with that value of a label."""
        body = work / f"{tier.strip('@')}.json"
        body.write_text(json.dumps(written.snapshot("@NAME@", tier), separators=(",", ":")), encoding="utf-8")
        return [Writer(prefix, self.server.pid, self.server.port, f"{SNAPSHOTS}?fieldManager={MANAGER}", self.server.bearer(),
                       connections=connections, script="wrk_patch.lua",
                       arguments=[media, str(body), "0", str(self.count), prefix])
                for prefix, media in (("patch", MERGE), ("apply", APPLY))]


def run(options):
    ratios = report.Ratios("apply / merge patch", "request")
    with program.work_folder("apply") as work, Server(work / "data", options.threads) as server:
        server.create_cluster()
        objects = Objects(server, options.objects)
        for title, tier, changes in (("nothing changes", "gold", False), ("a label changes", "@VALUE@", True)):
            before = objects.version()
            runs = take_turns(objects.contenders(work, tier, options.connections), options.rounds,
                              options.seconds)
            stored = objects.version() - before
            answered = sum(run["requests"] for each in runs.values() for run in each)
            if stored < answered if changes else stored != 0:
                raise Failed(f"{title}: {answered} requests were answered, {stored} changes were stored")
            ratios.add(title, runs["apply"], runs["patch"], least=LEAST_AGAINST_PATCH)
    return ratios


def main():
    options = parse_arguments()
    with program.measuring("apply") as described:
        print(f"{options.rounds} rounds of {options.seconds} s each, in turn", flush=True)
        ratios = run(options)
    sys.exit(ratios.finish("apply", described, options))


if __name__ == "__main__":
    main()
