"""Lists of the Kubernetes API over loopback against nginx, and whole clusters: see docs/benchmarks.md."""

import argparse
import http.client
import sys
import threading
import time
from contextlib import ExitStack

import command_line
import dump as dumps
import kept
import processes
import program
import report
from load import Contender, Failed, check_same_content, run_rounds
from nginx import Nginx
from server import CLUSTER, REQUEST_SECONDS, TABLE, Server

PATH = f"/clusters/{CLUSTER}/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots"
PAGE = 500
LEAST_AGAINST_NGINX = 0.5
# What whole lists may add to the server's memory, however long they are.
MOST_ADDED_MIB = 32
CHUNK = 1 << 20
OBJECT = b'"kind":"VirtualMachineSnapshot"'
LAST_PAGE = b'"metadata":{"continue":"",'
CASES = ["page", "table", "tls", "whole"]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/kube_list", description=__doc__)
    command_line.add_load_beside_nginx(parser)
    parser.add_argument("--objects", type=int, default=1_000_000, metavar="N", help="default: 1000000")
    parser.add_argument("--whole", type=int, default=3, metavar="N", help="whole lists, at once (default: 3)")
    command_line.add_fresh(parser)
    options = command_line.parse_with_cases(parser, CASES)
    if min(options.rounds, options.seconds, options.threads, options.whole) < 1 or options.objects < 2 * PAGE:
        parser.error(f"rounds, seconds, threads and whole are at least 1, objects at least {2 * PAGE}")
    return options


class WholeList:
    """One client that reads a whole list as it comes, and keeps none of it."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=REQUEST_SECONDS)
        self.headers = server.bearer()
        self.bytes = self.objects = 0
        self.tail = b""
        self.fault = None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            self.connection.request("GET", PATH, headers=self.headers)
            response = self.connection.getresponse()
            if response.status != 200:
                raise Failed(f"the whole list gives {response.status}: {response.read(500)}")
            while piece := response.read(CHUNK):
                # What the last piece cut in two is counted once, with this one.
                text = self.tail[-len(OBJECT) + 1:] + piece
                self.objects += text.count(OBJECT)
                self.bytes += len(piece)
                self.tail = text[-200:]
        except (OSError, http.client.HTTPException, Failed) as fault:
            self.fault = fault
        finally:
            self.connection.close()

    def check(self, objects):
        if self.fault:
            raise Failed(f"a whole list was cut off after {self.bytes:,} bytes: {self.fault}")
        if self.objects != objects or LAST_PAGE not in self.tail:
            raise Failed(f"a whole list has {self.objects:,} objects, not {objects:,}; it ends in {self.tail!r}")


class Bench(report.Ratios):
    def __init__(self, options, nginx, server):
        super().__init__("snapgate / nginx", "answer")
        self.options = options
        self.nginx = nginx
        self.server = server
        self.whole = None

    def against_nginx(self, title, name, path, headers=None, tls=False, least=None):
        ours = Contender("snapgate", self.server.pid, self.server.port, path,
                         {**self.server.bearer(), **(headers or {})}, tls=tls, connections=self.options.connections)
        theirs = self.nginx.static(ours, name)
        size = check_same_content([ours, theirs])[ours.name]
        runs = run_rounds([theirs, ours], self.options.rounds, self.options.seconds)
        self.add(f"{title} ({report.count(size)} bytes)", runs[ours.name], runs[theirs.name], least, body_bytes=size)

    def page(self):
        self.against_nginx(f"list of {PAGE}, JSON", "page.json", f"{PATH}?limit={PAGE}", least=LEAST_AGAINST_NGINX)

    def table(self):
        self.against_nginx(f"list of {PAGE}, Table", "table.json", f"{PATH}?limit={PAGE}", {"Accept": TABLE})

    def tls(self):
        self.against_nginx(f"list of {PAGE}, JSON, over TLS", "page.json", f"{PATH}?limit={PAGE}", tls=True)

    def whole_lists(self):
        print(f"  {self.options.whole} clients list all {report.count(self.options.objects)} ...", flush=True)
        before = highest = processes.memory_mib(self.server.pid)["RssAnon"]
        begun, cpu = time.monotonic(), processes.cpu_seconds(self.server.pid)
        readers = [WholeList(self.server) for _ in range(self.options.whole)]
        for reader in readers:
            reader.thread.start()
        while any(reader.thread.is_alive() for reader in readers):
            time.sleep(0.05)
            highest = max(highest, processes.memory_mib(self.server.pid)["RssAnon"])
        seconds = time.monotonic() - begun
        for reader in readers:
            reader.check(self.options.objects)
        total = sum(reader.bytes for reader in readers)
        self.whole = {
            "clients": self.options.whole, "bytes": total, "seconds": seconds,
            "cpu_seconds": processes.cpu_seconds(self.server.pid) - cpu, "rss_anon_before": before,
            "rss_anon_highest": highest, "rss_anon_after": processes.memory_mib(self.server.pid)["RssAnon"],
            "kept": highest - before <= MOST_ADDED_MIB,
        }

    def print(self):
        if self.rows:
            super().print()
        if self.whole:
            whole = self.whole
            report.print_table(
                ["whole lists at once", ">bytes", ">seconds", ">MB/s", ">CPU s", ">RssAnon MiB before", ">highest",
                 ">after", "budget", ""],
                [[str(whole["clients"]), report.count(whole["bytes"]), f"{whole['seconds']:.1f}",
                  f"{whole['bytes'] / whole['seconds'] / 1e6:,.0f}", f"{whole['cpu_seconds']:.1f}",
                  f"{whole['rss_anon_before']:.1f}", f"{whole['rss_anon_highest']:.1f}",
                  f"{whole['rss_anon_after']:.1f}", f"at most {MOST_ADDED_MIB} more",
                  report.verdict(whole["kept"])]])

    def missed(self):
        return super().missed() or bool(self.whole and not self.whole["kept"])


def run(options):
    store = kept.kept_store(dumps.Parameters(options.objects), options.fresh)
    with ExitStack() as stack:
        server = stack.enter_context(Server(store, options.threads))
        nginx = stack.enter_context(Nginx(options.threads, store))
        bench = Bench(options, nginx, server)
        # First, while the server has done nothing else yet: what is added then is theirs.
        cases = {"whole": bench.whole_lists, "page": bench.page, "table": bench.table, "tls": bench.tls}
        program.run_cases(cases, options.only)
        return bench


def main():
    options = parse_arguments()
    with program.measuring("kube_list") as described:
        bench = run(options)
    sys.exit(bench.finish("kube_list", described, options, whole=bench.whole))


if __name__ == "__main__":
    main()
