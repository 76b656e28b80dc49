"""bench/make_fleet: the fleet that questions about many clusters are tried on."""

import json
import subprocess

from harness import ROOT

SHAPE = ["--clusters", "3", "--snapshots", "400", "--vms", "40"]


def make_fleet(*arguments):
    subprocess.run([ROOT / "bench" / "make_fleet", *SHAPE, *arguments], check=True, timeout=60)


def test_the_same_options_give_the_same_bytes(tmp_path):
    for folder, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        make_fleet("--now", "2026-11-28T12:00:00Z", "--seed", seed, "-o", tmp_path / folder)
    files = {folder: {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()} for folder in "abc"}
    assert len(files["a"]) == 3
    assert files["a"] == files["b"]
    assert files["a"].keys() == files["c"].keys() and files["a"] != files["c"]


def test_a_server_takes_the_fleet_and_tells_its_vms_apart(server, admin, tmp_path):
    key = tmp_path / "key"
    key.write_text(server.admin_key)
    make_fleet("--server", f"http://127.0.0.1:{server.port}", "--api-key-file", key)
    report = json.loads(admin.get("/v1/spectroclusters/-/vms/protection").body)
    assert sum(report["totals"].values()) == 3 * 40
    assert report["totals"]["Protected"] > report["totals"]["Late"] > 0
    assert report["totals"]["Failing"] > 0 and report["totals"]["Never"] > 0
    summary = json.loads(admin.get("/v1/spectroclusters/-/vms/summary").body)
    assert summary["total"] == 3 * 400
    assert len(summary["byProject"]) == 3
    assert len([cause for cause in summary["causes"] if "finalizer" not in cause["class"]]) == 5
