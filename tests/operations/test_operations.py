"""docs/operations.md, read by an operator who has nothing else: machines without a compiler, a package, a cluster.

Every block for root is run, in the order of the page: installation, first cluster, monitoring, backup; then the machine is
lost, and another one restores what it had; it is upgraded, and its secrets are rotated.
"""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
import yaml

from documents import steps
from harness import SAMPLE, snapshots, wait_for
from machine import PACKAGES, ROOT, Machine, built, remove_root, run_bare, unpack_image, unpack_root

DOCUMENT = "docs/operations.md"
# Where the stand-in for a cluster listens, an address that is none of loopback.
FAR = "192.0.2.10"
NEWER = "99.0.0"


def blocks(mark):
    return [step for step in steps(DOCUMENT) if step.language == "sh" and step.mark == mark]


@pytest.fixture
def boot(tmp_path):
    made = []

    def start(name):
        made.append(Machine(tmp_path / name).boot())
        # Named before it is used: no such machine has a compiler.
        assert made[-1].run("command -v cc gcc g++ clang make").text == ""
        return made[-1]

    yield start
    for machine in made:
        if machine.process is not None:
            machine.close()


class Operator:
    """Pastes the blocks of the page into a shell of root, whose folder stays from block to block."""

    def __init__(self, machine):
        self.machine = machine
        self.folder = "~"

    def paste(self, step):
        ran = self.machine.run(f"set -eE -o pipefail\ncd {self.folder}\n{step.text}\necho \"folder=$PWD\"", 300)
        assert ran.code == 0, f"{step}: {ran.code}\n{ran.text}\n{self.machine.run('journalctl -u snapgate | tail -20').text}"
        text, _, folder = ran.text.rpartition("folder=")
        self.folder = folder.strip()
        return text


def start_cluster(machine):
    """A stand-in for a cluster, on an address of its own: a snapgate that holds the snapshots of a dump. Its kubeconfig is
    where the operator has it, in root's folder."""
    subprocess.run(["nsenter", f"--target={machine.leader}", "--net", "ip", "address", "add", f"{FAR}/32", "dev", "lo"],
                   check=True)
    machine.put(SAMPLE)
    machine.must(f"""
        systemd-run --quiet --unit far snapgate serve --data-dir /srv/far --listen {FAR}:6443 --tls-self-signed \\
            --tls-hosts {FAR} --credentials-key-file /srv/far.key
        for i in $(seq 100); do test -s /srv/far/url && break; sleep 0.1; done
        at="--server https://{FAR}:6443 --ca /srv/far/ca.crt --api-key-file /srv/far/admin.key"
        snapgate create cluster source $at
        snapgate import --cluster source /srv/{SAMPLE.name} $at
        umask 077
        snapgate kubeconfig --cluster source $at >~/edge.kubeconfig""")


def newer_package(deb, folder):
    """The same package as a later version."""
    tree = folder / "newer"
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = tree / "DEBIAN" / "control"
    text = control.read_text(encoding="utf-8")
    control.write_text("".join(f"Version: {NEWER}\n" if line.startswith("Version:") else line
                               for line in text.splitlines(True)), encoding="utf-8")
    made = folder / f"snapgate_{NEWER}_amd64.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, made], check=True, stdout=subprocess.DEVNULL)
    return made


def names(machine):
    return sorted(machine.must("snapgate get snapshots --cluster edge --all -o name 2>/dev/null").split())


def test_a_fleet_outlives_its_machine(boot, tmp_path):
    deb = built("deb")
    first = boot("first")
    first.put(deb, "/root")
    operator = Operator(first)
    # The stand-in runs the package's own program, so it is there after the first block.
    todo = blocks("root")
    shown = operator.paste(todo.pop(0))
    assert "active (running)" in shown
    start_cluster(first)
    while "install -d -m 0700 /var/backups" not in todo[0].text:
        shown += operator.paste(todo.pop(0))
    assert "Permissions" in shown and "db-01-nightly-20261117-0273" in shown and "snapgate_objects{" in shown, shown
    wait_for(lambda: len(names(first)) == 300, "all snapshots of the cluster", 20)
    first.must("snapgate create cluster hosted")
    (tmp_path / "own.jsonl").write_text("\n".join(json.dumps(one) for one in snapshots(20)), encoding="utf-8")
    first.put(tmp_path / "own.jsonl")
    first.must("snapgate import --cluster hosted /srv/own.jsonl")
    before = names(first)
    operator.paste(todo.pop(0))
    kept = {name: tmp_path / name for name in ("snapgate.backup", "snapgate-secrets.tar.gz")}
    for name, place in kept.items():
        shutil.copy(f"{first.folder}/var/backups/snapgate/{name}", place)
    monitoring = first.must("cat /etc/snapgate/prometheus.key").strip()
    authority = first.must("cat /var/lib/snapgate/ca.crt")
    first.close()

    second = boot("second")
    second.put(deb, "/root")
    operator = Operator(second)
    operator.paste(blocks("root")[0])
    for place in kept.values():
        second.put(place, "/root")
    for step in blocks("new"):
        shown = operator.paste(step)
    assert "edge" in shown and "hosted" in shown, shown
    assert names(second) == before
    assert second.must("cat /var/lib/snapgate/ca.crt") == authority
    # A client that was there before goes on, with its key and its CA.
    assert second.must("curl -sS -o /dev/null -w '%{http_code}' --cacert /var/lib/snapgate/ca.crt "
                       f"-H 'ApiKey: {monitoring}' https://127.0.0.1:8443/metrics") == "200"
    # The credentials of the cluster came along, too: it is out of reach, but not locked.
    assert second.run("journalctl -u snapgate | grep -i 'credentials key'").text == ""
    start_cluster(second)

    second.must("rm ~/snapgate_*.deb")
    second.put(newer_package(deb, tmp_path), "/root")
    pid = second.must("systemctl show -P MainPID snapgate")
    assert "active" in operator.paste(todo.pop(0)).split()
    assert second.must("dpkg-query -W -f '${Version}' snapgate") == NEWER
    assert second.must("systemctl show -P MainPID snapgate") != pid
    assert names(second) == before
    second.must("mkdir ~/old")
    second.must(f"cp {second.put(deb)} ~/old/")
    assert "active" in operator.paste(todo.pop(0)).split()
    assert second.must("dpkg-query -W -f '${Version}' snapgate") != NEWER
    assert names(second) == before
    for step in todo:
        shown = operator.paste(step)
    assert "Reachable" in shown, shown
    assert second.must("cat /var/lib/snapgate/ca.crt") != authority
    wait_for(lambda: len(names(second)) == 300, "the snapshots after the rotation", 20)


def test_the_archive_becomes_a_service_as_the_page_says(boot):
    machine = boot("plain")
    machine.put(built("tar"), "/root")
    operator = Operator(machine)
    unpack, install = blocks("archive")
    assert "client: " in operator.paste(unpack)
    assert "active" in operator.paste(install).split()
    assert machine.must("stat -c '%U %a' /etc/snapgate/credentials.key").split() == ["snapgate", "600"]
    machine.must("test -s /usr/local/share/man/man1/snapgate.1; ! dpkg-query -W snapgate 2>/dev/null")
    # As with the package, from the login on.
    login = next(step for step in blocks("root") if step.text.startswith("snapgate login"))
    operator.paste(login)
    assert machine.must("systemctl show -P User snapgate").strip() == "snapgate"
    assert "admin" in machine.must("snapgate whoami")


def test_the_archive_is_unpacked_as_the_page_says(tmp_path):
    """On a machine of an older release."""
    place = unpack_root("bullseye", tmp_path / "old")
    try:
        shutil.copy(built("tar"), place / "root")
        step = blocks("archive")[0]
        ran = run_bare(place, ["/bin/bash", "-e", "-c", f"cd /root\n{step.text}"],
                       environment={"HOME": "/root", "PATH": "/usr/local/bin:/usr/bin:/bin"})
        assert ran.code == 0 and "client: " in ran.text, ran.text
    finally:
        remove_root(place)


def test_the_container_runs_as_the_page_says(tmp_path):
    """No container engine is here, so the lines of the page are read, and what they ask for is done with the image's layers."""
    (step,) = blocks("podman")
    made, load, run = step.text.splitlines()
    built("image")
    (archive,) = PACKAGES.glob(load.split("-i ")[1].split(" |")[0])
    words = shlex.split(run)
    given = dict(zip(words, words[1:]))
    assert words[:3] == ["podman", "run", "-d"] and words[-1] == "$image" and given["-v"].startswith("snapgate:/")
    config, root = unpack_image(archive, tmp_path)
    try:
        volume = given["-v"].split(":")[1]
        assert list(config["Volumes"]) == [volume] and list(config["ExposedPorts"]) == [given["-p"].split(":")[1] + "/tcp"]
        subprocess.run(["bash", "-e", "-c", made], cwd=tmp_path, check=True)
        environment = dict(one.split("=", 1) for one in [*config["Env"], (tmp_path / given["--env-file"]).read_text().strip()])
        ran = run_bare(root, [*config["Entrypoint"], *config["Cmd"]], user=config["User"].split(":")[0], read_only="--read-only" in words,
                       writable=[volume], environment=environment, until=b'"listening"')
        assert ran.code == 0 and '"message":"stopped"' in ran.text, ran.text
        # The key of the page's file is taken: credentials of clusters can be stored.
        assert "credentials of connected clusters cannot be stored" not in ran.text, ran.text
        for name in ("admin.key", "ca.crt"):
            assert f"`data/{name}`" in (ROOT / DOCUMENT).read_text(encoding="utf-8") and (root / volume[1:] / "data" / name).exists()
    finally:
        remove_root(root)


def test_the_lines_for_kubernetes_fit_what_is_deployed():
    """Without a cluster: each line is run as far as kubectl and helm go alone, and the names in it lead to each other."""
    step = next(one for one in blocks("cluster") if "kubectl apply -k" in one.text)
    tools = ROOT / ".cache" / "kubectl"

    def run(line):
        ran = subprocess.run(["bash", "-e", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False,
                             env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "KUBECONFIG": "/dev/null"})
        assert ran.returncode == 0, f"{line}: {ran.stderr}"
        return ran.stdout

    namespace, secret, apply, status = step.text.splitlines()
    made = json.loads(run(f"{namespace} --dry-run=client -o json"))
    sealing = json.loads(run(f"{secret} --dry-run=client -o json"))
    deployed = {(one["kind"], one["metadata"]["name"]): one
                for one in yaml.safe_load_all(run(apply.replace("kubectl apply -k", "kubectl kustomize")))}
    kind, name = status.split()[-1].split("/")
    deployment = deployed[kind.capitalize(), name]
    assert f"-n {made['metadata']['name']} rollout status" in status
    assert deployment["metadata"]["namespace"] == made["metadata"]["name"] == sealing["metadata"]["namespace"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (wanted,) = [one["valueFrom"]["secretKeyRef"] for one in container["env"] if "valueFrom" in one]
    assert wanted["name"] == sealing["metadata"]["name"] and list(sealing["data"]) == [wanted["key"]]
    assert len(bytes.fromhex(base64.b64decode(sealing["data"][wanted["key"]]).decode())) == 32
    # The line for Helm stands in the text.
    helm = re.search(r"`helm install (snapgate [^`]*)`", (ROOT / DOCUMENT).read_text(encoding="utf-8").replace("\n", " "))[1]
    charted = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(run(f"helm template {helm}")) if one}
    assert set(charted) == set(deployed)
    image = charted["Deployment", "snapgate"]["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "REGISTRY/" + container["image"]


def test_every_block_is_run_by_some_test():
    assert {step.mark for step in steps(DOCUMENT) if step.language == "sh"} == {"root", "new", "archive", "cluster", "podman"}
    assert (ROOT / DOCUMENT).read_text(encoding="utf-8").count("\n## Alerts\n") == 1
