"""How soon the program serves, and that it serves the sample: as it is built, from the package, the archive and the image."""

import json
import subprocess
import time

import pytest

from harness import PATIENCE, SAMPLE, Server, run_cli
from machine import remove_root, run_bare, unpack_image, unpack_root

MOST_SECONDS = 5
SAMPLE_COUNT = len(json.loads(SAMPLE.read_text(encoding="utf-8"))["items"])
SERVE = ["serve", "--data-dir", "/data", "--listen", "127.0.0.1:0"]


def serve_sample(data, begun):
    """Asks the server whose data are in this folder, which answers soon enough after its start, and has it serve the sample."""
    at = ["--server", (data / "url").read_text().strip(), "--api-key-file", data / "admin.key"]
    if at[1].startswith("https"):
        at += ["--ca", data / "ca.crt"]
    assert run_cli("get", "clusters", *at).returncode == 0
    seconds = time.monotonic() - begun
    assert seconds < MOST_SECONDS * PATIENCE, f"the first answer came after {seconds:.1f} s"
    for command in (["create", "cluster", "demo"], ["import", "--cluster", "demo", SAMPLE]):
        ran = run_cli(*command, *at)
        assert ran.returncode == 0, ran.stderr
    listed = run_cli("get", "snapshots", "--cluster", "demo", "--all", "-o", "name", *at).stdout.splitlines()
    assert len(listed) == SAMPLE_COUNT


def test_the_binary(tmp_path):
    begun = time.monotonic()
    server = Server(tmp_path / "data").start()
    serve_sample(server.data_dir, begun)
    server.stop()


def test_the_package(machine, deb):
    machine.put(deb)
    machine.must(f"dpkg -i /srv/{deb.name} && systemctl stop snapgate")
    seconds = float(machine.must("begun=$(date +%s.%N); systemctl start snapgate; "
                                 "curl -sS --fail -o /dev/null --cacert /var/lib/snapgate/ca.crt https://127.0.0.1:8443/readyz; "
                                 'echo "$(date +%s.%N) $begun" | awk \'{ print $1 - $2 }\''))
    assert seconds < MOST_SECONDS * PATIENCE
    machine.put(SAMPLE)
    machine.must("snapgate login https://127.0.0.1:8443 --ca /var/lib/snapgate/ca.crt --api-key-file /var/lib/snapgate/admin.key; "
                 f"snapgate create cluster demo; snapgate import --cluster demo /srv/{SAMPLE.name}")
    assert len(machine.must("snapgate get snapshots --cluster demo --all -o name").splitlines()) == SAMPLE_COUNT
    machine.must("dpkg -P snapgate")


@pytest.fixture
def old(archive, place):
    """An older release with the archive in it, and the archive's folder there."""
    unpack_root("bullseye", place)
    subprocess.run(["tar", "-xzf", archive, "-C", place / "opt"], check=True)
    (tree,) = (place / "opt").iterdir()
    return place, f"/opt/{tree.name}"


def test_the_archive(old):
    place, tree = old
    begun = time.monotonic()
    ran = run_bare(place, [f"{tree}/bin/snapgate", *SERVE], own_network=False, until=b'"listening"',
                   then=lambda: serve_sample(place / "data", begun))
    assert ran.code == 0 and '"message":"stopped"' in ran.text, ran.text


def test_the_image(image, tmp_path):
    config, root = unpack_image(image, tmp_path)
    try:
        environment = dict(one.split("=", 1) for one in config["Env"]) | {"SNAPGATE_LISTEN": "127.0.0.1:0"}
        begun = time.monotonic()
        ran = run_bare(root, [*config["Entrypoint"], *config["Cmd"]], user=config["User"].split(":")[0], read_only=True,
                       writable=list(config["Volumes"]), environment=environment, own_network=False, until=b'"listening"',
                       then=lambda: serve_sample(root / "var/lib/snapgate/data", begun))
        assert ran.code == 0 and '"message":"stopped"' in ran.text, ran.text
    finally:
        remove_root(root)
