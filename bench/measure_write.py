"""Acknowledged durable creates over HTTP against etcd's HTTP put of the same bytes: see docs/benchmarks.md."""

import argparse
import base64
import json
import sys
from contextlib import ExitStack

import command_line
import etcd as etcds
import program
import report
import written
from load import Failed, Writer, take_turns
from server import CLUSTER, Server

LEAST_AGAINST_ETCD = 1.0
BUDGET_CONNECTIONS = 64
CREATE = f"/v1/spectroclusters/{CLUSTER}/vms/{written.VM}/snapshot"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/write", description=__doc__)
    command_line.add_rounds(parser)
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of snapgate (default: 2)")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64], metavar="N",
                        help="default: 1 16 64; the budget is for 64")
    parser.add_argument("--audit", action="store_true",
                        help="measure a server with an audit trail against one without, and not against etcd")
    parser.add_argument("--strict", action="store_true", help="end with 1 if the budget is missed")
    return parser.parse_args()


def creates(name, server, work, connections):
    return Writer(name, server.pid, server.port, CREATE, server.headers(), connections=connections,
                  script="wrk_write.lua", arguments=["create", str(work / "create.json"), "0"])


def write_body(work):
    text = json.dumps(written.snapshot("@NAME@"), separators=(",", ":"))
    (work / "create.json").write_text(text, encoding="utf-8")
    return text


def run_audited(options):
    """What an audit trail costs: every line of it has to be in the file at the end."""
    ratios = report.Ratios("with an audit trail / without", "write")
    with ExitStack() as stack:
        work = stack.enter_context(program.work_folder("write"))
        write_body(work)
        audited = Server(work / "audited", options.threads)
        audited.arguments += ["--audit-log", work / "audit.log", "--audit-log-max-mib", 1 << 20]
        stack.enter_context(audited)
        plain = stack.enter_context(Server(work / "plain", options.threads))
        for server in (audited, plain):
            server.create_cluster()
        for connections in options.connections:
            contenders = [creates("without", plain, work, connections), creates("with", audited, work, connections)]
            runs = take_turns(contenders, options.rounds, options.seconds)
            ratios.add(f"creates, {connections} connection{'s' if connections > 1 else ''}",
                       runs["with"], runs["without"])
        objects = audited.objects()
        audited.stop()
        with open(work / "audit.log", encoding="utf-8") as log:
            lines = sum('"verb":"create"' in line and '"kind":"VirtualMachineSnapshot"' in line for line in log)
        if lines < objects:
            raise Failed(f"there are {objects} objects, and {lines} lines of the audit trail")
    return ratios


def run(options):
    ratios = report.Ratios("snapgate / etcd", "write")
    with ExitStack() as stack:
        work = stack.enter_context(program.work_folder("write"))
        text = write_body(work)
        value = base64.b64encode(text.replace("@NAME@", "nightly-0123456789abcdef").encode()).decode()
        (work / "put.json").write_text(f'{{"key":"@KEY@","value":"{value}"}}', encoding="utf-8")
        server = stack.enter_context(Server(work / "snapgate", options.threads))
        server.create_cluster()
        etcd = stack.enter_context(etcds.Etcd(work / "etcd"))
        for connections in options.connections:
            ours = creates("snapgate", server, work, connections)
            theirs = Writer("etcd", etcd.pid, etcd.port, "/v3/kv/put", connections=connections,
                            script="wrk_write.lua", arguments=["put", str(work / "put.json"), "0"])
            before = server.objects()
            runs = take_turns([theirs, ours], options.rounds, options.seconds)
            acknowledged = sum(each["requests"] for each in runs["snapgate"])
            if server.objects() - before < acknowledged:
                raise Failed(f"{acknowledged} creates were acknowledged, {server.objects() - before} objects came")
            ratios.add(f"creates, {connections} connection{'s' if connections > 1 else ''}",
                       runs["snapgate"], runs["etcd"],
                       least=LEAST_AGAINST_ETCD if connections == BUDGET_CONNECTIONS else None)
    return ratios


def main():
    options = parse_arguments()
    with program.measuring("write") as described:
        print(f"{etcds.version()}\n{options.rounds} rounds of {options.seconds} s each, in turn", flush=True)
        ratios = run_audited(options) if options.audit else run(options)
    sys.exit(ratios.finish("write-audit" if options.audit else "write", described, options, etcd=etcds.version()))


if __name__ == "__main__":
    main()
