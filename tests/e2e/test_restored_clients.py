"""A machine is lost and a backup restored at its address: clients of several languages that ran all along go on."""

import json
import shutil
import subprocess

import pytest

from harness import ROOT, Following, run_cli, snapshot, snapshots, wait_for
from kube import Kubectl, debian_kubectl, write_kubeconfig

MODULES = ROOT / ".cache" / "javascript" / "node_modules"
INFORMER = ROOT / "tests" / "e2e" / "javascript" / "informer.mjs"
KIND = "vmsnapshots.snapshot.kubevirt.io"


class Informer(Following):
    """@kubernetes/client-node's informer, and what it holds for the cluster's objects."""

    def __init__(self, kubeconfig, environment):
        super().__init__(["node", str(INFORMER), str(MODULES), str(kubeconfig)], environment, stdin=subprocess.PIPE)

    def events(self):
        return [json.loads(line) for line in list(self.lines)]

    def state(self):
        held = set()
        for event in self.events():
            key = (event.get("namespace"), event.get("name"))
            if event["event"] in ("add", "update"):
                held.add(key)
            elif event["event"] == "delete":
                held.discard(key)
        return held


@pytest.fixture
def lost(start_server, tmp_path):
    """A server with objects, a kubeconfig for it, and `lose()`, which restores a backup of it at the same address."""
    server = start_server("--tls-self-signed")
    server.client().create_cluster("demo")
    server.client().load("demo", snapshots(60, ["a", "b"]))
    kubeconfig = write_kubeconfig(server, "demo", tmp_path / "kubeconfig")
    admin = server.admin_key
    for name in ("tls.crt", "tls.key"):
        shutil.copy(server.data_dir / name, tmp_path / name)

    def back_up():
        assert server.cli("backup", "--to", tmp_path / "demo.backup", tls=True).returncode == 0

    def lose():
        server.kill()
        shutil.rmtree(server.data_dir)
        assert run_cli("restore", tmp_path / "demo.backup", "--data-dir", tmp_path / "new").returncode == 0
        return start_server("--tls-cert", str(tmp_path / "tls.crt"), "--tls-key", str(tmp_path / "tls.key"),
                            directory=tmp_path / "new", listen=f"127.0.0.1:{server.port}")

    return server, kubeconfig, back_up, lose, admin


def test_an_informer_in_javascript_comes_to_the_restored_state(lost, tmp_path):
    server, kubeconfig, back_up, lose, admin = lost
    kubectl = Kubectl(debian_kubectl(), kubeconfig, tmp_path)
    informer = Informer(kubeconfig, kubectl.environment())
    try:
        wait_for(lambda: len(informer.state()) == 60, "the informer to hold all objects", 30)
        server.client().delete("/v1/spectroclusters/demo/vms/vm-1/snapshot/" + sorted(informer.state())[0][1],
                                       namespace="a")
        wait_for(lambda: len(informer.state()) == 59, "the deletion", 30)
        back_up()
        server.client().load("demo", [snapshot("a", "behind-the-backup")])
        wait_for(lambda: ("a", "behind-the-backup") in informer.state(), "the last write", 30)

        restored = lose().client(admin)
        wait_for(lambda: ("a", "behind-the-backup") not in informer.state(), "the write that was lost to leave", 60)
        assert len(informer.state()) == 59
        assert any(event["event"] == "error" for event in informer.events())
        restored.load("demo", [snapshot("b", "after")])
        wait_for(lambda: ("b", "after") in informer.state(), "news of the restored server", 30)
        assert len(informer.state()) == 60
    finally:
        informer.process.stdin.close()
        informer.stop()


def test_kubectl_goes_on_and_an_old_version_is_a_conflict(lost, tmp_path):
    server, kubeconfig, back_up, lose, admin = lost
    kubectl = Kubectl(debian_kubectl(), kubeconfig, tmp_path)
    back_up()
    name = json.loads(kubectl("get", KIND, "-n", "a", "-o", "json"))["items"][1]["metadata"]["name"]
    kubectl("label", KIND, name, "-n", "a", "behind=backup")
    old = kubectl("get", KIND, name, "-n", "a", "-o", "json")
    watch = kubectl.start("get", KIND, "-n", "a", "--watch", "-o", "name")
    watch.until_line(lambda line: line.endswith("/" + name), "the list in front of the watch")
    server.client().load("demo", [snapshot("a", "seen-by-the-watch")])
    watch.until_line(lambda line: line.endswith("/seen-by-the-watch"), "an event of the server that will be lost")
    restored = lose()
    assert watch.process.wait(60) is not None, "a watch of the lost server ends"
    watch.stop()

    listed = kubectl("get", KIND, "-A", "-o", "name", "--chunk-size=7").split()
    assert len(listed) == 60
    assert "Conflict" in kubectl.fails("replace", "-f", "-", stdin=old)
    newer = json.loads(kubectl("get", KIND, name, "-n", "a", "-o", "json"))
    newer["metadata"]["labels"] = {"restored": "yes"}
    kubectl("replace", "-f", "-", stdin=json.dumps(newer))
    watch = kubectl.start("get", KIND, "-n", "a", "--watch", "-o", "name")
    try:
        watch.until_line(lambda line: line.endswith("/" + name), "the list in front of the watch")
        restored.client(admin).load("demo", [snapshot("a", "after")])
        watch.until_line(lambda line: line.endswith("/after"), "an event of the restored server")
    finally:
        watch.stop()
