"""Connected clusters from the command line: one server's hosted cluster is what another one follows."""

import json
import os
import re
from pathlib import Path

from harness import PATIENCE, SAMPLE, metric_of, run_cli, wait_for



def test_a_cluster_is_connected_checked_and_listed(both):
    _, mirror, servers = both
    assert mirror.good("create", "cluster", "edge", "--kubeconfig", "edge.kubeconfig").startswith("cluster/edge created")
    mirror.wait_until_ready("edge")
    lines = mirror.good("get", "clusters").splitlines()
    assert lines[0].split("   ")[0] == "NAME" and "LAST SYNC" in lines[0] and lines[0].endswith("REASON")
    cluster = mirror.clusters()["edge"]
    assert cluster["type"] == "connected" and cluster["objects"] == 300 and cluster["lagSeconds"] < PATIENCE
    assert cluster["server"] == f"https://127.0.0.1:{servers[0].port}"
    points = mirror.good("check", "cluster", "edge").splitlines()
    assert [line.split()[:2] for line in points[1:]] == [
        *([name, "Good"] for name in ("Reachable", "TLS", "Identity", "Permissions", "APIVersion", "Clock")),
        ["virtualmachines", "Skipped"], ["virtualmachinerestores", "Good"], ["virtualmachinesnapshotcontents", "Skipped"]]
    metrics = servers[1].client().metrics()

    def metric(name, **labels):
        return metric_of(metrics, f"snapgate_mirror_{name}", cluster=cluster["uid"], **labels)

    assert metric("state", state="Ready") == 1 and metric("state", state="Unreachable") == 0
    assert 0 <= metric("age_seconds") < 10 * PATIENCE and metric("syncs_total") == 1
    listed = mirror.good("get", "snapshots", "--cluster", "edge", "--all", "-o", "name")
    assert len(listed.splitlines()) == 300
    assert mirror.good("delete", "cluster", "edge").startswith("cluster/edge deleted")
    assert mirror.clusters() == {}


def test_what_is_not_good_is_not_stored(both, tmp_path):
    upstream, mirror, servers = both
    text = (tmp_path / "edge.kubeconfig").read_text()
    key = servers[0].admin_key
    assert key in text
    (tmp_path / "refused.kubeconfig").write_text(text.replace(key, "wrong"))
    ran = mirror.run("create", "cluster", "edge", "--kubeconfig", "refused.kubeconfig")
    assert ran.returncode == 1 and "401" in ran.stderr and "Identity" in ran.stderr
    (tmp_path / "untrusted.kubeconfig").write_text(
        "\n".join(line for line in text.splitlines() if "certificate-authority-data" not in line))
    ran = mirror.run("create", "cluster", "edge", "--kubeconfig", "untrusted.kubeconfig")
    assert ran.returncode == 1 and "TLS" in ran.stderr
    (tmp_path / "program.kubeconfig").write_text(text.replace(f"token: {key}", "exec: {command: secret-program}"))
    assert "secret-program" in (tmp_path / "program.kubeconfig").read_text()
    ran = mirror.run("create", "cluster", "edge", "--kubeconfig", "program.kubeconfig")
    assert ran.returncode == 1 and ".user.exec" in ran.stderr and "secret-program" not in ran.stderr
    assert mirror.clusters() == {}


def test_all_clusters_together_are_no_cluster(both, tmp_path):
    """The kubeconfig for them takes the place of no good one, and is none of a new cluster."""
    upstream, mirror, _ = both
    mirror.good("create", "cluster", "edge", "--kubeconfig", "edge.kubeconfig")
    mirror.wait_until_ready("edge")
    (tmp_path / "fleet.kubeconfig").write_text(upstream.good("kubeconfig", "--all-clusters"))
    for arguments in (("set", "kubeconfig", "--cluster", "edge", "fleet.kubeconfig"),
                      ("create", "cluster", "fleet", "--kubeconfig", "fleet.kubeconfig")):
        ran = mirror.run(*arguments)
        assert ran.returncode == 1 and "all clusters" in ran.stderr and "--cluster NAME" in ran.stderr, ran
    assert list(mirror.clusters()) == ["edge"] and mirror.clusters()["edge"]["state"] == "Ready"
    # One of a single cluster is as good as any.
    alone = upstream.good("kubeconfig", "--cluster", "source")
    assert mirror.good("set", "kubeconfig", "--cluster", "edge", "-", stdin=alone) == "cluster/edge unchanged\n"


def test_what_is_out_of_reach_is_stored_with_a_warning_and_can_be_set(both, tmp_path):
    upstream, mirror, servers = both
    text = (tmp_path / "edge.kubeconfig").read_text()
    servers[0].stop()
    ran = mirror.run("create", "cluster", "edge", "--kubeconfig", "edge.kubeconfig")
    assert ran.returncode == 0 and ran.stderr.startswith("warning: Reachable: ")
    wait_for(lambda: mirror.clusters()["edge"]["state"] == "Unreachable", "it is seen to be out of reach")
    assert mirror.clusters()["edge"]["reason"] == "ConnectionRefused"
    old = servers[0].port
    servers[0].start()
    moved = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{servers[0].port}")
    assert mirror.good("set", "kubeconfig", "--cluster", "edge", "-", stdin=moved) == "cluster/edge configured\n"
    mirror.wait_until_ready("edge")
    assert mirror.good("set", "kubeconfig", "--cluster", "edge", "-", stdin=moved) == "cluster/edge unchanged\n"


def test_many_are_applied_from_a_file(both, tmp_path):
    _, mirror, servers = both
    mirror.good("create", "project", "payments")
    folder = tmp_path / "fleet"
    folder.mkdir()
    text = (tmp_path / "edge.kubeconfig").read_text()
    token = servers[0].admin_key
    (folder / "token").write_text(token + "\n")
    (folder / "one.kubeconfig").write_text(text.replace(f"token: {token}", "tokenFile: token"))
    (folder / "clusters.yaml").write_text(
        "clusters:\n"
        "- {name: one, kubeconfig: one.kubeconfig}\n"
        "- {name: two, uid: the-second, project: payments, kubeconfig: ../edge.kubeconfig}\n")
    applied = mirror.good("apply", "-f", "fleet/clusters.yaml")
    assert applied == "cluster/one created\ncluster/two created\n"
    assert mirror.good("apply", "-f", "fleet/clusters.yaml") == "cluster/one unchanged\ncluster/two unchanged\n"
    clusters = mirror.clusters()
    assert clusters["two"]["uid"] == "the-second"
    assert clusters["one"]["projectUid"] != clusters["two"]["projectUid"]
    localhost = text.replace("https://127.0.0.1:", "https://localhost:")
    (folder / "one.kubeconfig").write_text(localhost)
    (tmp_path / "edge.kubeconfig").write_text("{}")
    ran = mirror.run("apply", "-f", "fleet/clusters.yaml")
    assert ran.returncode == 1 and ran.stdout == "cluster/one configured\n" and "cluster/two" in ran.stderr


def test_what_is_read_of_a_cluster_that_is_away_is_said_to_be_old(both, tmp_path):
    _, mirror, servers = both
    mirror.good("create", "cluster", "edge", "--kubeconfig", "edge.kubeconfig")
    mirror.wait_until_ready("edge")
    assert "last known state" not in mirror("export", "--cluster", "edge", "--to", "fresh.json").stderr
    some = json.loads(mirror.good("get", "snapshots", "--cluster", "edge", "--limit", "1", "-o", "json"))["items"][0]["metadata"]
    name, namespace = some["name"], some["namespace"]
    servers[0].stop()
    wait_for(lambda: mirror.clusters()["edge"]["state"] == "Unreachable", "it is seen to be out of reach")
    old = r"warning: cluster edge is out of reach \(ConnectionRefused\): this is its last known state, from \d+\w* ago\n"
    one = ("--cluster", "edge", "-n", namespace)
    for arguments in (["export", "--cluster", "edge"], ["export", "--cluster", "edge", "--to", "old.json"],
                      ["export", "--all-clusters", "--to", "old"], ["get", "snapshots", "--cluster", "edge"],
                      ["get", "snapshots", "--cluster", "edge", "-l", "a!=b"], ["get", "snapshots", name, *one],
                      ["describe", "snapshot", name, *one], ["delete", "snapshot", name, *one, "--dry-run"]):
        assert len(re.findall(old, mirror(*arguments).stderr)) == 1, arguments
    assert (tmp_path / "old.json").read_bytes() == (tmp_path / "fresh.json").read_bytes()
    for arguments in (["report", "protection"], ["report", "failures"], ["get", "vms"], ["get", "snapshots", "-o", "csv"]):
        said = mirror.run(*arguments, "--cluster", "edge").stderr
        assert re.search(r"warning: cluster edge is Unreachable: its state of \d+\w* ago is shown\n", said), (arguments, said)


def test_secrets_stay_where_they_are(both, tmp_path):
    _, mirror, servers = both
    secret = servers[0].admin_key
    mirror.good("create", "cluster", "edge", "--kubeconfig", "edge.kubeconfig")
    mirror.wait_until_ready("edge")
    mirror.run("set", "kubeconfig", "--cluster", "edge", "-", stdin=secret)
    shown = mirror.good("get", "clusters", "edge", "-o", "json")
    assert secret not in shown and "BEGIN" not in shown
    servers[1].stop()
    assert secret not in servers[1].tail(10**6)
    for path in (tmp_path / "mirror").rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    key = Path(f"{servers[1].data_dir}.config/snapgate/credentials.key")
    assert os.stat(key).st_mode & 0o777 == 0o600 and key.stat().st_size == 32


def test_another_key_opens_nothing_and_credentials_can_be_given_anew(both, tmp_path):
    _, mirror, servers = both
    mirror.good("create", "cluster", "edge", "--kubeconfig", "edge.kubeconfig")
    mirror.wait_until_ready("edge")
    servers[1].stop()
    servers[1].env = {"SNAPGATE_CREDENTIALS_KEY": "ab" * 32}
    servers[1].start()
    wait_for(lambda: mirror.clusters()["edge"]["state"] == "Unauthorized", "its credentials cannot be read")
    assert "snapgate set kubeconfig" in mirror.clusters()["edge"]["message"]
    assert mirror.run("check", "cluster", "edge").returncode == 1
    assert mirror.clusters()["edge"]["objects"] == 300
    assert mirror.good("set", "kubeconfig", "--cluster", "edge", "edge.kubeconfig") == "cluster/edge configured\n"
    mirror.wait_until_ready("edge")


def test_nothing_is_imported_into_a_connected_cluster(both):
    _, mirror, _ = both
    mirror.good("create", "cluster", "edge", "--kubeconfig", "edge.kubeconfig")
    ran = mirror.run("import", "--cluster", "edge", SAMPLE)
    assert ran.returncode == 1 and 'cluster "edge" is connected' in ran.stderr
    mirror.good("create", "cluster", "hosted")
    ran = mirror.run("check", "cluster", "hosted")
    assert ran.returncode == 1 and "is hosted" in ran.stderr
    ran = mirror.run("set", "kubeconfig", "--cluster", "hosted", "edge.kubeconfig")
    assert ran.returncode == 1 and "is hosted" in ran.stderr


def test_the_role_is_printed():
    ran = run_cli("print", "rbac")
    assert ran.returncode == 0 and "verbs: [get, list, watch]\n" in ran.stdout
    ran = run_cli("print", "rbac", "--write", "-n", "ops")
    assert ran.returncode == 0 and "verbs: [get, list, watch, create, update, patch, delete]\n" in ran.stdout
    assert "namespace: ops\n" in ran.stdout
