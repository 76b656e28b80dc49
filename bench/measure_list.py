"""Lists over loopback against nginx serving the same bytes as a file: see docs/benchmarks.md."""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack

import command_line
import dump as dumps
import kept
import program
import report
from issuer import Issuer
from load import Contender, Failed, check_same_content, run_rounds
from nginx import Nginx
from server import LIST, Server
from walk import walk

PAGE = 50
CLIENTS = 100
LEAST_AGAINST_NGINX = 0.8
MOST_LARGE_AGAINST_SMALL = 1.3
CASES = ["page", "vm", "tls", "gzip", "304", "sweep", "token", "log"]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/list", description=__doc__)
    command_line.add_load_beside_nginx(parser)
    parser.add_argument("--small", type=int, default=10_000, metavar="N", help="objects (default: 10000)")
    parser.add_argument("--large", type=int, default=1_000_000, metavar="N", help="objects (default: 1000000)")
    command_line.add_fresh(parser)
    options = command_line.parse_with_cases(parser, CASES)
    if min(options.rounds, options.seconds, options.threads) < 1 or min(options.small, options.large) < 2 * PAGE:
        parser.error(f"rounds, seconds and threads are at least 1, objects at least {2 * PAGE}")
    return options


class Bench(report.Ratios):
    def __init__(self, options, nginx, servers):
        super().__init__("snapgate / nginx; the rows of times: the first / the second", "answer")
        self.options = options
        self.nginx = nginx
        self.servers = servers  # "small", "large"

    def label(self, size):
        return report.count(getattr(self.options, size))

    def snapgate(self, size, path=LIST, headers=None, **more):
        server = self.servers[size]
        port = server.port
        return Contender(f"snapgate {self.label(size)}", server.pid, port, path,
                         {**server.headers(), **(headers or {})}, connections=self.options.connections, **more)

    def rounds(self, contenders):
        return run_rounds(contenders, self.options.rounds, self.options.seconds)

    def pages(self):
        small, large = self.snapgate("small"), self.snapgate("large")
        # The two first pages differ in names and counts; nginx serves the larger cluster's.
        nginx = self.nginx.static(large, "page.json")
        check_same_content([large, nginx])
        runs = self.rounds([nginx, small, large])
        sizes = {name: len(one.ask().body) for name, one in (("small", small), ("large", large))}
        for size, one in (("small", small), ("large", large)):
            self.add(f"page of 50, {self.label(size)} objects", runs[one.name], runs[nginx.name],
                     least=LEAST_AGAINST_NGINX, body_bytes=sizes[size])
        self.add(f"its time at {self.label('large')} against {self.label('small')}", runs[large.name],
                 runs[small.name], most=MOST_LARGE_AGAINST_SMALL, slower=True, body_bytes=sizes)

    def against_nginx(self, title, ours, name, **more):
        theirs = self.nginx.static(ours, name)
        sent = check_same_content([ours, theirs])
        runs = self.rounds([theirs, ours])
        self.add(title, runs[ours.name], runs[theirs.name], sent_bytes=[sent[ours.name], sent[theirs.name]], **more)

    def one_vm(self):
        count = (self.options.large - 1) // dumps.SNAPSHOTS_PER_VM
        vm = dumps.Dump(parameters(self.options.large)).vm_name(count // 2)
        ours = self.snapgate("large", f"{LIST}?vmName={vm}")
        items = json.loads(ours.ask().plain())["items"]
        if len(items) != dumps.SNAPSHOTS_PER_VM or any(item["spec"]["source"]["name"] != vm for item in items):
            raise Failed(f"vmName={vm} gives {len(items)} snapshots, not its {dumps.SNAPSHOTS_PER_VM}")
        self.against_nginx(f"one VM's 10 out of {self.label('large')} (vmName)", ours, "vm.json")

    def tls(self):
        ours = self.snapgate("large", tls=True)
        theirs = self.nginx.static(ours, "page.json")
        ciphers = [one.ask().cipher for one in (ours, theirs)]
        self.against_nginx(f"over TLS ({ciphers[0][0]}; nginx {ciphers[1][0]})", ours, "page.json")

    def gzip(self):
        ours = self.snapgate("large", headers={"Accept-Encoding": "gzip"})
        theirs = self.nginx.static(ours, "page.json")
        for one in (ours, theirs):
            if one.ask().headers["Content-Encoding"] != "gzip":
                raise Failed(f"{one.name} does not compress")
        plain = self.snapgate("large")
        plain.name = "without gzip"
        sent = check_same_content([ours, theirs, plain])
        runs = self.rounds([theirs, ours, plain])
        sizes = [sent[ours.name], sent[theirs.name]]
        self.add(f"with gzip ({sizes[0] / 1000:.1f} kB; nginx {sizes[1] / 1000:.1f} kB)", runs[ours.name],
                 runs[theirs.name], sent_bytes=sizes)
        self.add("its time with gzip against without", runs[ours.name], runs[plain.name], slower=True)

    def not_modified(self):
        contenders = []
        plain = self.snapgate("large")
        for one in (plain, self.nginx.static(plain, "page.json")):
            one.headers["If-None-Match"] = one.ask().headers["ETag"]
            one.status = 304
            contenders.append(one)
        ours, theirs = contenders
        runs = self.rounds([theirs, ours])
        self.add("304 (If-None-Match)", runs[ours.name], runs[theirs.name])

    def token(self, issuer):
        """A token that the server has verified before, and the key."""
        with_key, with_token = self.snapgate("large"), self.snapgate("large")
        with_token.name = "with a token"
        with_token.headers = {"Authorization": f"Bearer {issuer.token()}"}
        check_same_content([with_key, with_token])
        runs = self.rounds([with_key, with_token])
        self.add("its time with a token of an issuer against with a key", runs[with_token.name], runs[with_key.name], slower=True)

    def sweep(self, size):
        server = self.servers[size]
        print(f"  one client lists all {self.label(size)} ...", flush=True)
        pages = walk(server, getattr(self.options, size))
        # Each client begins at its own place, spread evenly over all pages.
        tokens = [pages[client * len(pages) // CLIENTS] for client in range(CLIENTS)]
        with tempfile.NamedTemporaryFile("w", suffix=".tokens", encoding="utf-8") as file:
            file.writelines(token + "\n" for token in tokens)
            file.flush()
            ours = self.snapgate(size, script="wrk_sweep.lua", arguments=[file.name])
            ours.connections = CLIENTS
            theirs = self.nginx.static(ours, "sweep.json", script=ours.script, arguments=ours.arguments)
            runs = self.rounds([theirs, ours])
        sweeps = sum(run["sweeps_ended"] for run in runs[ours.name])
        self.add(f"{CLIENTS} clients sweep {self.label(size)} by tokens", runs[ours.name], runs[theirs.name],
                 sweeps_ended=sweeps)


def parameters(objects):
    return dumps.Parameters(objects)


def run(options):
    stores = {size: kept.kept_store(parameters(getattr(options, size)), options.fresh)
              for size in ("small", "large")}
    print(f"{options.rounds} rounds of {options.seconds} s each, in turn", flush=True)
    with ExitStack() as stack:
        servers = {size: stack.enter_context(Server(directory, options.threads))
                   for size, directory in stores.items()}
        nginx = stack.enter_context(Nginx(options.threads, stores["large"]))
        bench = Bench(options, nginx, servers)
        # TLS has the server's own port: it tells the two apart.
        cases = {"page": bench.pages, "vm": bench.one_vm, "tls": bench.tls, "gzip": bench.gzip,
                 "304": bench.not_modified, "sweep": lambda: (bench.sweep("small"), bench.sweep("large"))}
        program.run_cases(cases, options.only)

        def replace_large(**settings):
            # Last: a data directory has one server, so this one takes the other's place.
            servers["large"].stop()
            servers["large"] = stack.enter_context(Server(stores["large"], options.threads, **settings))

        if "token" in options.only:
            issuer = Issuer(stack.enter_context(tempfile.TemporaryDirectory()))
            replace_large(more=["--config", issuer.config])
            bench.token(issuer)
        if "log" in options.only:
            replace_large(access_log=True)
            bench.against_nginx("page of 50, with the access log on", bench.snapgate("large"), "page.json")
        return bench


def main():
    options = parse_arguments()
    with program.measuring("list") as described:
        bench = run(options)
    sys.exit(bench.finish("list", described, options))


if __name__ == "__main__":
    main()
