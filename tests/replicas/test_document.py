"""docs/replicas.md, pasted: three members of etcd, three replicas, HAProxy and nginx. Then each of the six is killed and started again
in its turn, while the README's list, kubectl and import work through the balancer."""

import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import time

import pytest

from documents import Terminal, steps
from harness import BINARY, PATIENCE, Client, clean_environment, free_ports, snapshots, wait_for
from kube import debian_kubectl, newer_kubectl

DOCUMENT = "docs/replicas.md"
# As the document writes them: of clients of etcd, of its members among each other, of replicas and HAProxy, of nginx.
PORTS = ("1237", "1238", "1844", "1845")
LOST = (OSError, http.client.HTTPException)


class Setup:
    """What the document makes in one terminal, with other ports."""

    def __init__(self, folder, home):
        self.folder = folder
        tools = home / "tools"
        tools.mkdir()
        (tools / "snapgate").symlink_to(BINARY)
        (tools / "kubectl").symlink_to(newer_kubectl() or debian_kubectl())
        self.environment = clean_environment({
            "HOME": str(home), "PATH": f"{tools}:{os.environ['PATH']}:/usr/sbin", "LC_ALL": "C.UTF-8"})
        self.ports = dict(zip(range(16), free_ports(16), strict=True))
        scratch = home / "terminal"
        scratch.mkdir()
        self.terminal = Terminal(folder, self.environment, scratch)

    def port(self, kind, number):
        return self.ports[4 * PORTS.index(kind) + number]

    def placed(self, text):
        """The text with ports that are free: the document's end in a number from 0 to 3, or in a variable of the shell."""
        for kind in PORTS:
            text = re.sub(rf"\b{kind}([0-3])\b", lambda found, kind=kind: str(self.port(kind, int(found[1]))), text)
            cases = " ".join(str(self.port(kind, number)) for number in range(4))
            text = re.sub(rf"\b{kind}\$(1|other|i)\b", lambda found, cases=cases: f"$(nth ${found[1]} {cases})", text)
        return text

    def paste(self):
        all_shown = ""
        self.terminal.paste('nth() { shift "$(($1 + 1))"; echo "$1"; }\n')
        for step in steps(DOCUMENT):
            if step.saved_as:
                (self.folder / step.saved_as).write_text(self.placed(step.text), encoding="utf-8")
            elif step.mark == "replicas":
                shown, failed = self.terminal.paste(self.placed(step.text), 90)
                assert not failed, f"{step}: {failed}\n{shown}\n{self.logs()}"
                all_shown += shown
        return all_shown

    def logs(self):
        return "\n".join(f"{path.name}:\n{path.read_text()[-1500:]}" for path in sorted(self.folder.glob("*.log")))

    def run(self, *words, stdin=None):
        return subprocess.run(words, cwd=self.folder, env=self.environment, input=stdin, capture_output=True, text=True,
                              timeout=60 * PATIENCE, check=False)

    def client(self, port=None):
        """Of HAProxy, or of one replica behind it."""
        key = next(self.folder.glob("replica-*/admin.key")).read_text().strip()
        if port is not None:
            return Client(port, key)
        return self.balanced(self.port("1844", 0))

    def balanced(self, port):
        """Of a balancer."""
        key = next(self.folder.glob("replica-*/admin.key")).read_text().strip()
        return Client(port, key, context=ssl.create_default_context(cafile=self.folder / "ca.crt"))

    def uid(self):
        """Of the cluster that the document makes."""
        return next(one["uid"] for one in again(self.clusters).json()["items"] if one["name"] == "demo")

    def clusters(self):
        reply = self.client().get("/admin/v1/clusters")
        return reply.status == 200, reply

    def close(self):
        for file in self.folder.glob("*.pid"):
            try:
                os.kill(int(file.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.terminal.close()


@pytest.fixture(scope="module")
def pasted(tmp_path_factory):
    setup = Setup(tmp_path_factory.mktemp("place"), tmp_path_factory.mktemp("home"))
    try:
        setup.shown = setup.paste()
        yield setup
    finally:
        setup.close()


def again(call):
    """Calls until it is well, as a client does whose connection was cut; the last answer."""
    deadline = time.monotonic() + 10 * PATIENCE
    while True:
        try:
            well, answer = call()
        except LOST as failure:
            well, answer = False, failure
        if well or time.monotonic() > deadline:
            assert well, answer
            return answer
        time.sleep(0.1)


def ready(client):
    reply = client.get("/readyz")
    return reply.status == 200, reply


def test_it_works_as_pasted(pasted):
    assert re.search(r"^payments +first +db-01", pasted.shown, re.MULTILINE), pasted.shown
    assert len(re.findall(r"^payments +first +VirtualMachine +db-01", pasted.shown, re.MULTILINE)) == 1, pasted.shown
    assert "moved data below moved/ of etcd: 1 project, 0 clusters, 1 key" in pasted.shown, pasted.shown
    assert "moved what is below moved/ of etcd to data-again: 1 project, 0 clusters, 1 key" in pasted.shown, pasted.shown
    assert len(list(pasted.folder.glob("replica-*/admin.key"))) == 1
    for number in (1, 2, 3):
        again(lambda one=pasted.client(pasted.port("1844", number)): ready(one))
    answers = {pasted.client(pasted.port("1844", number)).list(pasted.uid()).body for number in (1, 2, 3)}
    assert len(answers) == 1


def go_on(pasted, name):
    """The README's list, kubectl and import, behind the balancer."""
    text = "".join(json.dumps(item) + "\n" for item in snapshots(20, namespaces=(name,)))

    def told(*words, stdin=None):
        ran = pasted.run(*words, stdin=stdin)
        return ran.returncode == 0, ran

    def listed():
        reply = pasted.client().list(pasted.uid(), limit=20)
        return reply.status == 200, reply

    before = again(listed).json()["metadata"].get("remainingItemCount", 0)
    again(lambda: told("snapgate", "import", "-", "--cluster", "demo", stdin=text))
    assert "20" in again(lambda: told("snapgate", "import", "-", "--cluster", "demo", stdin=text)).stdout
    shown = again(lambda: told("kubectl", "--kubeconfig", "demo.kubeconfig", "get", "vmsnapshots", "-n", name, "-o", "name"))
    assert len(shown.stdout.split()) == 20, shown
    after = again(listed).json()["metadata"]["remainingItemCount"]
    # The first has no more than the one object that the document made.
    assert after - before == (20 if before else 1), (before, after)


@pytest.mark.parametrize("kind, number", [(kind, number) for kind in ("replica", "etcd") for number in (1, 2, 3)])
def test_each_of_the_six_is_killed_and_comes_back(pasted, kind, number):
    pid = int((pasted.folder / f"{kind}-{number}.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}/exe"), "its end")
    go_on(pasted, f"{kind}-{number}-is-dead")
    shown, failed = pasted.terminal.paste(f"{'member' if kind == 'etcd' else 'replica'} {number}\n")
    assert not failed, shown
    if kind == "replica":
        again(lambda: ready(pasted.client(pasted.port("1844", number))))
    else:
        again(lambda: ((reply := Client(pasted.port("1237", number)).get("/health")).json().get("health") == "true", reply))
    go_on(pasted, f"{kind}-{number}-is-back")


def test_nginx_deals_reads_out_to_the_replicas_that_are_left(pasted):
    nginx = pasted.balanced(pasted.port("1845", 0))
    uid = pasted.uid()
    pid = int((pasted.folder / "replica-2.pid").read_text())
    for dead in (False, True):
        if dead:
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not os.path.exists(f"/proc/{pid}/exe"), "its end")
        for _ in range(30):
            assert nginx.list(uid).status == 200
        name = f"through-nginx-{dead}".lower()
        made = nginx.create_key(name, "reader")
        # It is not sent a second time, so it may reach none.
        again(lambda made=made: ((reply := nginx.delete(f"/admin/v1/keys/{made['id']}")).status in (204, 404), reply))
    shown, failed = pasted.terminal.paste("replica 2\n")
    assert not failed, shown
    again(lambda: ready(pasted.client(pasted.port("1844", 2))))
