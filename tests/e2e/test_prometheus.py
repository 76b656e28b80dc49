"""What is deployed for Prometheus and Grafana fits the server: the rules, the scrape example, the dashboard, and what the
documents say of the families. test_alerts.py makes the alerts fire."""

import json
import re

import pytest
import yaml

from connected import connect, wait_for_state
from harness import ROOT, Server, metric_of, snapshots, wait_for
from prometheus import DEPLOYED, RULES, Prometheus, alerts_of, promtool

DOCUMENT = (ROOT / "docs" / "alerts.md").read_text()
# A name that would end a label, a line and a comment.
ODD_NAME = 'a"} 1 {b="\\ # ö'
# What a family's values are called beside its name.
SUFFIXES = ("_bucket", "_sum", "_count")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A server with two hosted clusters, one of which has an odd name, and a connected one."""
    folder = tmp_path_factory.mktemp("prometheus")
    upstream = Server(folder / "upstream", "--tls-self-signed").start()
    upstream.client().create_cluster("source")
    server = Server(folder / "data", "--metrics-listen", "127.0.0.1:0", "--tls-self-signed", "--audit-log",
                    folder / "audit.log").start()
    admin = server.client()
    admin.create_cluster("hosted")
    admin.load("hosted", snapshots(10))
    connect(server, "followed", upstream, "source")
    wait_for_state(server, "followed", "Ready")
    reply = admin.post("/admin/v1/clusters", {"name": ODD_NAME, "uid": "odd"})
    assert reply.status == 201, reply
    yield server
    server.stop()
    upstream.stop()


@pytest.fixture(scope="module")
def text(fleet):
    return fleet.client().metrics()


def families_of(text):
    return set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))


def names_in(query):
    return set(re.findall(r"\b(?:snapgate|process)_\w+", re.sub(r'"[^"]*"', "", query)))


def unknown(queries, text):
    """The names in queries that no family of the server has; those of replicas are in tests/replicas."""
    families = families_of(text)
    known = families | {family + suffix for family in families for suffix in SUFFIXES}
    return {name for query in queries for name in names_in(query) if not name.startswith("snapgate_replica_")} - known


def queries_of(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def scrape_client(server):
    port = wait_for(lambda: server.log("listening for scrapes"), "the port for scrapes")[0]["port"]
    client = server.anonymous()
    client.port = port
    return client


def test_prometheus_finds_no_fault_with_the_metrics(text):
    checked = promtool("check", "metrics", stdin=text)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_prometheus_finds_no_fault_with_the_rules():
    checked = promtool("check", "rules", RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool("test", "rules", "snapgate.rules.test.yaml", cwd=DEPLOYED)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_alert_is_tested_and_explained():
    alerts = alerts_of(RULES.read_text())
    assert len(alerts) > 20
    tests = yaml.safe_load((DEPLOYED / "snapgate.rules.test.yaml").read_text())["tests"]
    assert {test["name"] for test in tests} == set(alerts) | {"all is well"}
    assert set(re.findall(r"^\| `(Snapgate\w+)` \|", DOCUMENT, re.MULTILINE)) == set(alerts)
    for name, rule in alerts.items():
        assert rule["annotations"]["summary"] and rule["annotations"]["runbook"], name
        assert rule["labels"]["severity"] in ("warning", "critical"), name


def test_the_rules_say_what_the_document_says():
    told = dict(re.findall(r"^\| `(Snapgate\w+)` \|.*\| (.*) \|$", DOCUMENT, re.MULTILINE))
    plain = {name: re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text.replace("`", "")) for name, text in told.items()}
    assert {name: rule["annotations"]["runbook"] for name, rule in alerts_of(RULES.read_text()).items()} == plain


# The rules have the same commands, without the marks that tell where one ends.
COMMANDS = sorted(set(re.findall(r"`snapgate ([a-z][^`]*)`", DOCUMENT)))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("stopped") / "data").start()
    server.stop()
    return server.data_dir


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_to_help_can_be_typed(cli, stopped, tmp_path, command):
    """With names in the places for them it does something, or is refused by what is there: it is no wrong command line."""
    cli.run("create", "cluster", "demo")
    file = tmp_path / "file"
    file.write_text("{}")
    words = [{"NAME": "demo", "FILE": file, "DIR": stopped}.get(word, word) for word in command.split()]
    if words[0] == "serve":
        words += ["--data-dir", stopped, "--check-config"]
    ran = cli.run(*words)
    assert ran.returncode != 2, ran.stderr


def test_the_example_of_a_scrape_is_one(tmp_path):
    example = (DEPLOYED / "scrape.yaml").read_text()
    both = re.sub(r"^  # (?=- job|  )", "  ", example, flags=re.MULTILINE).replace("job_name: snapgate", "job_name: other", 1)
    for number, config in enumerate((example, both)):
        file = tmp_path / f"{number}.yml"
        for name in ("snapgate.key", "snapgate-ca.crt"):
            (tmp_path / name).write_text("x")
            config = config.replace(f"/etc/prometheus/{name}", str(tmp_path / name))
        file.write_text(config.replace("snapgate.rules.yaml", str(RULES)))
        checked = promtool("check", "config", file)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert len(yaml.safe_load(config)["scrape_configs"]) == number + 1


def test_rules_and_dashboard_ask_for_what_there_is(text, tmp_path):
    rules = [rule["expr"] for rule in alerts_of(RULES.read_text()).values()]
    dashboard = json.loads((DEPLOYED / "snapgate.dashboard.json").read_text())
    queries = queries_of(dashboard)
    variables = [variable["query"]["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
    assert len(queries) > 40
    assert unknown(rules + queries + variables, text) == set()
    assert unknown(["rate(snapgate_no_such_total[5m])"], text) == {"snapgate_no_such_total"}
    # Prometheus can read them.
    plain = [query.replace("$__rate_interval", "5m").replace("$", "") for query in queries]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel_{number}", "expr": query} for number, query in enumerate(plain)]}]}))
    checked = promtool("check", "rules", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_document_names_each_family(text):
    told = set(re.findall(r"^\| `((?:snapgate|process)_\w+)` \|", DOCUMENT, re.MULTILINE))
    # A replica alone has these: tests/replicas.
    of_replicas = {family for family in told if family.startswith("snapgate_replica_")}
    assert told - of_replicas == families_of(text)


def test_names_of_clusters_are_escaped(fleet, text, tmp_path):
    escaped = ODD_NAME.replace("\\", "\\\\").replace('"', '\\"')
    assert f'cluster="odd",cluster_name="{escaped}"' in text
    port = scrape_client(fleet).port
    with Prometheus(tmp_path / "prometheus", [{"static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}]) as prometheus:
        def odd():
            return prometheus.ask("query", query='snapgate_objects{cluster="odd"}')["result"]

        assert wait_for(odd, lambda: str(prometheus.targets()), 20)[0]["metric"]["cluster_name"] == ODD_NAME


def test_a_port_of_its_own(fleet):
    scraped = scrape_client(fleet)
    reply = scraped.get("/metrics")
    assert reply.status == 200
    assert reply.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    assert metric_of(reply.text(), "snapgate_objects", cluster="hosted") == 10
    assert [scraped.get(path).status for path in ("/livez", "/readyz", "/readyz?writes")] == [200, 200, 200]
    for path in ("/v1/dashboard/spectroclusters/vms", "/admin/v1/keys", "/version", "/clusters/hosted/api", "/"):
        assert scraped.get(path, headers={"ApiKey": fleet.admin_key}).status == 404, path
    assert scraped.post("/metrics").status == 405
    # The server's own port asks for a key as before, and TLS is spoken on both.
    assert fleet.anonymous().get("/metrics").status == 401
    secure = fleet.anonymous(tls=True)
    secure.port = scraped.port
    assert secure.get("/metrics").status == 200


def test_values_of_a_connected_cluster(text):
    labels = {"cluster": "followed", "cluster_name": "followed", "project_name": "Default"}
    assert metric_of(text, "snapgate_mirror_state", state="Ready", **labels) == 1
    assert metric_of(text, "snapgate_mirror_state", state="Failing", **labels) == 0
    assert metric_of(text, "snapgate_mirror_watches_total", **labels) >= 1
    assert metric_of(text, "snapgate_upstream_requests_total", code="2xx", **labels) >= 3
    asked = metric_of(text, "snapgate_upstream_request_duration_seconds_count", **labels)
    assert asked >= 3
    assert 0 < metric_of(text, "snapgate_upstream_request_duration_seconds_sum", **labels) < asked * 10
    assert abs(metric_of(text, "snapgate_upstream_clock_offset_seconds", **labels)) < 5
    certificate = metric_of(text, "snapgate_upstream_certificate_expiry_timestamp_seconds", **labels)
    assert abs(certificate - metric_of(text, "snapgate_certificate_expiry_timestamp_seconds")) < 86400
    assert metric_of(text, "snapgate_clusters", type="connected") == 1
    assert metric_of(text, "snapgate_clusters", type="hosted") == 2
    # Only those that are followed have a mirror.
    assert metric_of(text, "snapgate_mirror_state", cluster="hosted") is None


def test_with_many_clusters_values_are_by_project(tmp_path):
    server = Server(tmp_path / "data", "--metrics-clusters", "2").start()
    admin = server.client()
    for uid in ("a", "b", "c"):
        admin.create_cluster(uid)
        admin.load(uid, snapshots(3))
    for uid in ("d", "e"):
        # Nobody listens there.
        connect(server, uid, server, "a", url="http://127.0.0.1:9")
        wait_for_state(server, uid, "Unreachable")
    text = admin.metrics()
    assert "cluster=" not in text and "cluster_name=" not in text
    assert metric_of(text, "snapgate_objects", project_name="Default") == 9
    assert metric_of(text, "snapgate_snapshots", state="Succeeded", project_name="Default") == 9
    assert metric_of(text, "snapgate_mirror_state", state="Unreachable", project_name="Default") == 2
    assert metric_of(text, "snapgate_upstream_requests_total", code="none", project_name="Default") >= 2
    # A cluster that is out of reach takes nothing away from the others.
    assert [admin.get(path).status for path in ("/readyz", "/readyz?writes")] == [200, 200]
    server.stop()


def test_the_last_backup_is_told_also_after_a_restart(tmp_path):
    server = Server(tmp_path / "data").start()
    name = "snapgate_backup_completed_timestamp_seconds"
    assert server.client().metric(name) == 0
    assert server.client().get("/admin/v1/backup").status == 200
    made = wait_for(lambda: server.client().metric(name), "the backup to be told of")
    server.stop()
    server.start()
    assert abs(server.client().metric(name) - made) < 1
    server.stop()
