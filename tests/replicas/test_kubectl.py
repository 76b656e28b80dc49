"""kubectl for real, each call to another replica."""

import itertools
import json

import pytest

from harness import run_cli, wait_for
from kube import Kubectl, new_snapshot
from kubectls import PROGRAMS, rows


class Everywhere:
    """A kubectl for each replica; a call goes to the one whose turn it is."""

    def __init__(self, replicas, cluster, program, folder):
        self.turns = itertools.count()
        self.kubectls = []
        for i, server in enumerate(replicas.servers):
            home = folder / f"home-{i}"
            home.mkdir()
            printed = run_cli("kubeconfig", "--cluster", cluster, env={
                "SNAPGATE_SERVER": f"https://127.0.0.1:{server.port}", "SNAPGATE_API_KEY": replicas.admin_key,
                "SNAPGATE_CA": str(server.data_dir / "ca.crt")})
            assert printed.returncode == 0, printed.stderr
            (home / "config").touch(mode=0o600)
            (home / "config").write_text(printed.stdout)
            self.kubectls.append(Kubectl(program, home / "config", home))

    def next(self):
        return self.kubectls[next(self.turns) % len(self.kubectls)]

    def __call__(self, *arguments, **options):
        return self.next()(*arguments, **options)


@pytest.mark.parametrize("program", PROGRAMS)
def test_kubectl_notices_no_replicas(start_replicas, program, tmp_path):
    replicas = start_replicas(3, arguments=("--tls-self-signed",))
    made = replicas.client(tls=True).post("/admin/v1/clusters", {"name": "c", "uid": "c"})
    assert made.status == 201, made
    kubectl = Everywhere(replicas, "c", program, tmp_path)
    kubectl("create", "namespace", "web")
    manifest = tmp_path / "snapshot.json"
    for i in range(4):
        manifest.write_text(json.dumps(new_snapshot(f"s-{i}", namespace="web")))
        assert "created" in kubectl("apply", "-f", manifest)
    manifest.write_text(json.dumps(new_snapshot("s-0", namespace="web", labels={"a": "b"})))
    assert "configured" in kubectl("apply", "-f", manifest)
    assert "unchanged" in kubectl("apply", "-f", manifest)
    for _ in range(3):
        header, found = rows(kubectl("get", "vmsnapshots", "-n", "web"))
        assert header[0] == "NAME"
        assert sorted(row[0] for row in found) == [f"s-{i}" for i in range(4)]
    following = kubectl.next().start("get", "vmsnapshots", "-n", "web", "-w", "--no-headers")
    try:
        wait_for(lambda: len(following.lines) >= 4, "what is there")
        kubectl("label", "vmsnapshot", "-n", "web", "s-1", "seen=yes")
        wait_for(lambda: len(following.lines) >= 5, "the change")
    finally:
        following.stop()
    assert "deleted" in kubectl("delete", "vmsnapshot", "-n", "web", "s-2")
    assert "deleted" in kubectl("delete", "namespace", "web")
    assert "No resources found" in kubectl.next().run("get", "vmsnapshots", "-A").stderr
