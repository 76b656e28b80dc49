"""Debian's Prometheus scrapes real servers, and each alert of deploy/prometheus fires by what it is about.

Everything goes wrong at once, each thing on a server or a cluster that is there for it. The rules are those that are
deployed, with seconds where they say minutes and hours. SnapgateMirrorDiffers is in tests/faults: the self-check that it
is about takes place once an hour. The alerts of replicas are in tests/replicas.
"""

import base64
import contextlib
import itertools
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from harness import PATIENCE, SANITIZED, Client, Server, free_port, snapshot, snapshots, vm_path, wait_for
from issuer import Issuer, group
from kube import KubeClient, new_snapshot
from planted import as_dumped, vm
from prometheus import RULES, Prometheus, alerts_of, shortened
from test_damaged_store import OBJECT, PAGE, copy_changed, leaves_of
from test_stuck_log import StuckLog
from test_tls import make_certificate

FAULTS = os.path.join(os.path.dirname(__file__), "..", "faults")
ELSEWHERE = {"SnapgateMirrorDiffers", *alerts_of(RULES.read_text(), "snapgate-replicas")}
SCRAPED = ("--metrics-listen", "127.0.0.1:0")
SLOW_DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A disk that takes its time, while there is a file that says so. */
int fdatasync(int fd) {
    const char* file = getenv("SLOW_DISK");
    if (file != NULL && access(file, F_OK) == 0) {
        const struct timespec time = {15, 0};
        nanosleep(&time, NULL);
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return real(fd);
}
"""


@pytest.fixture(scope="module")
def upstreams():
    """The scripted clusters of tests/faults, the authority of their certificates, and odd objects."""
    sys.path.append(FAULTS)
    try:
        import certificates
        import odd
        import upstream
    finally:
        sys.path.remove(FAULTS)
    return upstream.Upstream, certificates.Authority, odd.ODD


def scrape_port(server):
    return wait_for(lambda: server.log("listening for scrapes"), "the port for scrapes")[0]["port"]


def token_until(seconds):
    """A token as Kubernetes gives them to service accounts, which expires so long from now."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'RS256'})}.{part({'exp': int(time.time() + seconds)})}.c2lnbmVk"


class Calamities:
    """The servers, what is scraped of them, and what goes on meanwhile."""

    def __init__(self, folder, upstreams):
        self.folder = folder
        self.make_upstream, make_authority, self.odd = upstreams
        self.authority = make_authority(folder)
        self.ends = contextlib.ExitStack()
        self.jobs = []
        self.busy = []
        self.over = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.busy:
            thread.join()
        self.ends.close()

    def keep_doing(self, do, pause=0.5):
        """Again and again, on a thread of its own; a server that says no, or nothing, is what it is about."""
        def loop():
            while not self.over.wait(pause):
                with contextlib.suppress(OSError):
                    do()

        self.busy.append(threading.Thread(target=loop, daemon=True))
        self.busy[-1].start()

    def scrape(self, port, **more):
        self.jobs.append({"static_configs": [{"targets": [f"127.0.0.1:{port}"]}], **more})

    def server(self, name, *arguments, start=True, **options):
        server = Server(self.folder / name, *SCRAPED, *arguments, **options)
        if start:
            server.start()
        self.ends.callback(lambda: server.running() and server.kill())
        return server

    # Each of these makes some alerts fire.

    def down(self):
        self.scrape(free_port())

    def expired_soon(self):
        """Its certificate is good for five days, and it is scraped at its own port with a key."""
        self.authority.server_context(days=5)
        pem = self.folder / f"{self.authority.label}-{self.authority.count}.pem"
        server = self.server("own", "--tls-cert", pem, "--tls-key", pem)
        key = self.folder / "scrape.key"
        key.write_text(server.client().create_key("prometheus", "reader")["key"] + "\n")
        ca = self.folder / "ca.crt"
        ca.write_text(self.authority.certificate)
        self.scrape(server.port, scheme="https", authorization={"type": "Bearer", "credentials_file": str(key)},
                    tls_config={"ca_file": str(ca)})

    def full(self):
        server = self.server("full")
        admin = server.client()
        admin.create_cluster("demo")
        admin.load("demo", snapshots(2000))
        size = (server.data_dir / "store" / "data.mdb").stat().st_size
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        # Beyond the pages that are free for reuse.
        more = [snapshot("web", f"more-{i}", annotations={"pad": "x" * 2000}) for i in range(2000)]
        self.keep_doing(lambda: admin.import_lines("demo", more))
        self.scrape(scrape_port(server))
        return server

    def crowded(self):
        """As many connections as it takes, slow ones among them."""
        server = self.server("crowded", "--max-connections", "8", "--threads", "1")
        port = scrape_port(server)

        def rush():
            with contextlib.ExitStack() as opened:
                for _ in range(12):
                    one = opened.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=5))
                    one.sendall(b"GET /livez HTTP/1.1\r\nHo")
                self.over.wait(11 * PATIENCE)

        self.keep_doing(rush)
        self.scrape(port)

    def few_files(self):
        """What is left is enough to be scraped, and no more."""
        server = self.server("few-files")
        self.scrape(scrape_port(server))
        used = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 2, used + 2))

    def damaged(self):
        whole = self.server("whole")
        admin_key = whole.admin_key
        whole.client().create_cluster("demo")
        whole.client().load("demo", snapshots(600))
        whole.stop()

        def damage(content):
            for page in leaves_of(content, OBJECT):
                content[(page + 1) * PAGE - 1] ^= 1

        copy_changed(whole.data_dir, self.folder / "damaged", damage)
        server = self.server("damaged")
        client = server.client(admin_key)
        self.keep_doing(lambda: client.list("demo"))
        self.scrape(scrape_port(server))

    def slow_disk(self):
        """And a client that takes a list, and then does not go on to read it."""
        library = self.folder / "slow_disk.so"
        subprocess.run(["clang-19", "-shared", "-fPIC", "-o", str(library), "-x", "c", "-", "-ldl"], input=SLOW_DISK.encode(),
                       check=True)
        is_slow = self.folder / "is-slow"
        preload = {"LD_PRELOAD": str(library), "SLOW_DISK": str(is_slow)}
        if SANITIZED:
            preload["ASAN_OPTIONS"] = "verify_asan_link_order=0"
        server = self.server("slow", env=preload)
        admin = server.client()
        admin.create_cluster("large")
        admin.load("large", [snapshot("web", f"snap-{i:05}", annotations={"pad": "x" * 4000}) for i in range(4000)])

        def begin_to_read():
            # Until it would be cut off.
            with socket.socket() as reader:
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                reader.connect(("127.0.0.1", server.port))
                reader.sendall(b"GET /clusters/large/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots HTTP/1.1\r\nHost: a\r\n"
                               b"Authorization: Bearer " + server.admin_key.encode() + b"\r\n\r\n")
                assert reader.recv(12) == b"HTTP/1.1 200"
                self.over.wait(20)

        self.keep_doing(begin_to_read)

        def create():
            made = admin.post(vm_path("large"), new_snapshot(f"new-{time.time_ns()}", "web-01", namespace="web"))
            assert made.status == 200, made

        create()
        is_slow.touch()
        for _ in range(2):
            self.keep_doing(create)
        self.scrape(scrape_port(server))

    def stuck_log(self):
        server = StuckLog(self.folder / "stuck", *SCRAPED)
        self.ends.callback(server.close)
        port = wait_for(lambda: server.read(0.1) and server.lines("listening for scrapes"), "the port for scrapes")[0]["port"]
        server.fill()
        client = Client(server.client.port, keep=True)
        self.keep_doing(lambda: client.get("/livez"), pause=0.1)
        self.scrape(port)

    def stuck_trail(self):
        """An audit trail whose file cannot be opened any more, and more lines than may wait."""
        folder = self.folder / "trail"
        folder.mkdir()
        file = folder / "audit.log"
        server = self.server("audited", "--audit-log", file, "--audit-backlog", "1")
        admin = server.client()
        admin.create_cluster("demo")
        wait_for(lambda: file.exists() and file.stat().st_size > 0, "the trail's first line")
        file.rename(folder / "moved")
        file.mkdir()
        server.process.send_signal(signal.SIGHUP)
        names = itertools.count()

        def load_and_delete():
            admin.load("demo", [snapshot("web", f"s-{next(names)}") for _ in range(2000)])
            KubeClient(server, "demo").delete("/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots")

        self.keep_doing(load_and_delete)
        self.scrape(scrape_port(server))

    def lost_issuer(self):
        """An issuer of tokens that gave its keys, and is away since."""
        issuer = Issuer(*make_certificate(self.folder, "issuer"))
        config = self.folder / "issuers.yaml"
        config.write_text(json.dumps({"issuers": [issuer.declared(group("admins", "admin"), **{"keys-max-age": "4s"})]}))
        server = self.server("trusting", "--config", config)
        wait_for(issuer.fetches, "the first fetch of the keys")
        issuer.stop()
        self.scrape(scrape_port(server))

    def fleet(self):
        """A cluster for each thing that can be wrong with one."""
        server = self.server("fleet")
        admin = server.client()
        self.clusters = {}

        def connect(name, days=30, token="first-token"):
            one = self.make_upstream(self.authority)
            self.ends.callback(one.stop)
            one.context = self.authority.server_context(days=days)
            one.tokens = {token}
            one.objects.create("web", "db-1")
            self.clusters[name] = one
            admin.create_cluster(name, type="connected", kubeconfig=one.kubeconfig(token))
            return one

        connect("clock").clock_offset = 3600
        connect("expiring", days=5, token=token_until(3 * 86400))
        connect("odd").objects.put_odd("odd", self.odd["a name in capitals"])
        flapping = connect("flapping")
        away = connect("away")
        mute = connect("mute")
        for uid in self.clusters:
            wait_for(lambda uid=uid: admin.cluster(uid)["state"] == "Ready", lambda uid=uid: f"{admin.cluster(uid)}", 20)

        def forget():
            with flapping.objects.changed:
                flapping.objects.pass_versions(10)
                flapping.objects.compact()
            flapping.drop_connections()

        self.keep_doing(forget)
        away.refuse()
        mute.mute = True
        admin.create_cluster("hosted")
        stuck = snapshot("web", "stuck", "db-1", phase="InProgress")
        stuck["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
        never = as_dumped(vm("never", "web"), 1)
        never["metadata"]["annotations"] = {}
        admin.load("hosted", [stuck, never])
        admin.create_cluster("late")
        assert admin.request("PUT", "/admin/v1/clusters/late/imports", {"expectedEvery": "1s"}).status == 200
        self.scrape(scrape_port(server))


def test_each_alert_fires(tmp_path, upstreams):
    rules = RULES.read_text()
    wanted = set(alerts_of(rules)) - ELSEWHERE
    with Calamities(tmp_path, upstreams) as calamities:
        for begin in (calamities.slow_disk, calamities.fleet, calamities.full, calamities.crowded, calamities.few_files, calamities.damaged,
                      calamities.expired_soon, calamities.stuck_log, calamities.stuck_trail, calamities.lost_issuer, calamities.down):
            begin()
        with Prometheus(tmp_path / "prometheus", calamities.jobs, shortened(rules)) as prometheus:
            seen = {}

            def all_fired():
                for name, alerts in prometheus.firing().items():
                    seen.setdefault(name, []).extend(alerts)
                return wanted <= set(seen)

            wait_for(all_fired, lambda: f"{sorted(wanted - set(seen))}; {[(t['scrapeUrl'], t['lastError']) for t in prometheus.targets()]}", 90)
            # Everything that is scraped is there, but for what is down.
            assert prometheus.value("count(max_over_time(up[10m]) == 1)") == len(calamities.jobs) - 1, prometheus.targets()
    for name, alerts in seen.items():
        for alert in alerts:
            assert "error" not in alert["annotations"]["summary"].lower(), alert
            assert alert["annotations"]["runbook"], name
    assert {alert["labels"].get("cluster") for alert in seen["SnapgateClusterAway"]} >= {"away"}
    assert {alert["labels"]["cluster"] for alert in seen["SnapgateImportOverdue"]} == {"late"}
    assert {alert["labels"]["issuer"] for name in ("SnapgateIssuerAway", "SnapgateIssuerUnusable") for alert in seen[name]} == {"corp"}
    assert {alert["labels"]["cluster"] for alert in seen["SnapgateCredentialsExpire"]} == {"expiring"}
    assert {alert["labels"]["cluster"] for alert in seen["SnapgateClusterCertificateExpires"]} == {"expiring"}
    assert {alert["labels"]["cluster"] for alert in seen["SnapgateObjectsSkipped"]} == {"odd"}
    assert {alert["labels"]["cluster_name"] for alert in seen["SnapgateClockOff"]} == {"clock"}
