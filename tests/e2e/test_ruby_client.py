"""kubeclient, the Ruby client, of Debian's package ruby-kubeclient: it reads, writes, applies, and watches by the old
/watch/ paths, which no other client uses."""

import json
import subprocess

from harness import ROOT
from kube import write_kubeconfig

SERVER_ARGUMENTS = ("--tls-self-signed",)
SCRIPT = ROOT / "tests" / "e2e" / "ruby" / "snapshots.rb"


def test_the_ruby_client(server, kube, tmp_path):
    kube.create_namespace("web")
    kubeconfig = write_kubeconfig(server, kube.cluster, tmp_path / "config.json")
    ran = subprocess.run(["ruby", SCRIPT, kubeconfig, "web"], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = dict(json.loads(line) for line in ran.stdout.splitlines())
    assert said.pop("begins").isdecimal()
    events = [["ADDED", "one"], ["ADDED", "two"], ["ADDED", "three"], ["MODIFIED", "one"], ["MODIFIED", "one"], ["ADDED", "four"],
              ["DELETED", "two"]]
    assert said == {
        "created": ["one", {"tier": "gold"}],
        "exists": [409, "Kubeclient::HttpError"],
        "listed": ["one", "three", "two"],
        "everywhere": ["one", "three", "two"],
        "selected": ["one", "three"],
        "pages": [["one", "three"], ["two"], ""],
        "updated": {"tier": "silver"},
        "stale": [409, "Kubeclient::HttpError"],
        "patched": {"tier": "silver", "plan": "nightly"},
        "applied": [["ruby", "Apply"]],
        "absent": [404, "Kubeclient::ResourceNotFoundError"],
        "watched": events,
        "watched everywhere": events,
        "watched one": [event for event in events if event[1] == "one"],
    }
    assert {name for _, name in kube.objects()} == {"one", "three", "four"}
