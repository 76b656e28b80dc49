"""Each alert about replicas fires by what it is about: see tests/e2e/test_alerts.py."""

import base64
import re
import threading

from harness import snapshot, wait_for
from kube import new_snapshot
from prometheus import RULES, Prometheus, alerts_of, shortened
from test_full_disk import no_room

SCRAPED = ("--metrics-listen", "127.0.0.1:0")
OFFSET = base64.b64encode(b"snapgate/offset").decode()


def scraped(server, job):
    port = wait_for(lambda: server.log("listening for scrapes"), "the port for scrapes")[0]["port"]
    return {"static_configs": [{"targets": [f"127.0.0.1:{port}"]}], "relabel_configs": [{"target_label": "job", "replacement": job}]}


def rebuild(replicas):
    """The replicas take etcd for one that was restored."""
    replicas.etcd.members[0].post("/v3/kv/put", {"key": OFFSET, "value": base64.b64encode(b"0").decode()})


def test_each_alert_of_replicas_fires(start_replicas, tmp_path):
    rules = RULES.read_text()
    wanted = set(alerts_of(rules, "snapgate-replicas"))
    named = {name for rule in alerts_of(rules, "snapgate-replicas").values() for name in re.findall(r"snapgate_\w+", rule["expr"])}
    several = start_replicas(2, arguments=SCRAPED)
    metrics = several.client().metrics()
    assert not [name for name in named if f"# TYPE {name} " not in metrics]
    cut_off = start_replicas(1, arguments=SCRAPED)
    cut_off.etcd.members[0].kill()
    several.client().create_cluster("c")
    well, full = several.servers
    jobs = [scraped(well, "snapgate"), scraped(full, "snapgate"), scraped(cut_off.servers[0], "cut-off")]
    targets = [job["static_configs"][0]["targets"][0] for job in jobs]
    over = threading.Event()
    with no_room(full):
        # More than there is room for, and as many revisions.
        several.client(well).load("c", [snapshot("default", f"large-{number}", annotations={"a": "x" * 100_000}) for number in range(150)])
        for number in range(120):
            assert several.kube("c", well).create("default", new_snapshot(f"more-{number}")).status == 201
        with Prometheus(tmp_path / "prometheus", jobs, shortened(rules)) as prometheus:
            def keep_rebuilding():
                while not over.wait(0.5):
                    rebuild(several)

            thread = threading.Thread(target=keep_rebuilding)
            thread.start()
            seen = {}

            def instances(name):
                return {alert["labels"].get("instance") for alert in seen[name]}

            def all_fired():
                for name, alerts in prometheus.firing().items():
                    seen.setdefault(name, []).extend(alerts)
                # The replica without room may be the first that is built again.
                return wanted <= set(seen) and targets[0] in instances("SnapgateReplicaRebuilds")

            try:
                wait_for(all_fired, lambda: f"{sorted(wanted - set(seen))}", 60)
            finally:
                over.set()
                thread.join()
    assert instances("SnapgateReplicaCutOff") == {targets[2]}
    assert instances("SnapgateReplicaBehind") == {targets[1]}
    assert {alert["labels"]["job"] for alert in seen["SnapgateNoReplicaLeads"]} == {"cut-off"}
