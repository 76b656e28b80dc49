"""The files of docs/proxies.md, in Debian's nginx and HAProxy: streams, large imports, TLS on both sides."""

import re
import subprocess
import time

import pytest

from documents import steps
from events import Events
from harness import Client, Server, free_port, snapshots, wait_for
from kube import KubeClient, new_snapshot

DOCUMENT = "docs/proxies.md"
# Longer than the longest watch that clients ask for.
LONGEST_SILENCE = "2h"
# What is waited for in which no event may come.
SILENCE_SECONDS = 4


def block(word):
    """The one block of the document that has this word in it."""
    found = [step.text for step in steps(DOCUMENT) if re.search(word, step.text, re.MULTILINE)]
    assert len(found) == 1, word
    return found[0]


class Proxy:
    """A proxy before a server, with the file of the document, in which the places and ports are those of this test. Its
    own certificate is the server's, whose CA the clients have."""

    def __init__(self, folder, server, edit=lambda text: text):
        self.folder = folder
        self.folder.mkdir()
        self.server = server
        self.port = free_port()
        self.edit = edit
        self.process = None

    def place(self, text, replaced):
        for before, after in replaced:
            assert before in text, before
            text = text.replace(before, after)
        assert "/etc/" not in text, text
        return self.edit(text)

    def start(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(self.answers, lambda: (self.folder / "log").read_text(), 20)
        return self

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return self.client().get("/readyz").status == 200
        except OSError:
            return False

    def refuses(self):
        try:
            return self.client(self.server.admin_key).get("/version").status in (502, 503)
        except OSError:
            return False

    def client(self, key=None):
        return Client(self.port, key, context=self.server.tls_context())

    def kube(self, cluster):
        kube = KubeClient(self.server, cluster, tls=True)
        kube.port = self.port
        return kube

    def close(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)


class Nginx(Proxy):
    def command(self):
        data = self.server.data_dir
        site = self.place(block("^upstream"), [
            ("127.0.0.1:8443", f"127.0.0.1:{self.server.port}"), ("listen 443", f"listen 127.0.0.1:{self.port}"),
            ("/etc/ssl/snapgate.example.com.crt", str(data / "tls.crt")),
            ("/etc/ssl/snapgate.example.com.key", str(data / "tls.key")), ("/etc/ssl/snapgate-ca.crt", str(data / "ca.crt"))])
        (self.folder / "site.conf").write_text(site, encoding="utf-8")
        (self.folder / "nginx.conf").write_text(f"""daemon off; pid {self.folder}/pid; error_log stderr; user root;
            events {{ }}
            http {{ access_log off; client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
            fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
            include {self.folder}/site.conf; }}\n""", encoding="utf-8")
        return ["nginx", "-e", "stderr", "-c", self.folder / "nginx.conf"]


class HAProxy(Proxy):
    def command(self):
        data = self.server.data_dir
        both = self.folder / "both.pem"
        both.write_text((data / "tls.crt").read_text() + (data / "tls.key").read_text())
        text = self.place(block("^frontend"), [
            ("127.0.0.1:8443", f"127.0.0.1:{self.server.port}"), ("bind :443", f"bind 127.0.0.1:{self.port}"),
            ("/etc/ssl/snapgate.example.com.pem", str(both)), ("/etc/ssl/snapgate-ca.crt", str(data / "ca.crt"))])
        (self.folder / "haproxy.cfg").write_text(text, encoding="utf-8")
        return ["haproxy", "-q", "-db", "-f", self.folder / "haproxy.cfg"]


PROXIES = {"nginx": Nginx, "haproxy": HAProxy}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("proxied") / "data", "--tls-self-signed", "--trusted-proxies", "127.0.0.1").start()
    client = made.client(tls=True)
    client.create_cluster("demo")
    client.load("demo", snapshots(20))
    yield made
    made.stop()


@pytest.fixture
def put_before(tmp_path, server):
    made = []

    def start(name, edit=lambda text: text):
        made.append(PROXIES[name](tmp_path / f"{name}-{len(made)}", server, edit))
        return made[-1].start()

    yield start
    for proxy in made:
        proxy.close()


def head(kube):
    return kube.list(limit=1).json()["metadata"]["resourceVersion"]


@pytest.mark.parametrize("name", PROXIES)
def test_events_come_at_once_also_after_a_silence(name, put_before, server):
    proxy = put_before(name)
    kube = proxy.kube("demo")
    watch = kube.watch(head(kube))
    events = Events(proxy.client(server.admin_key), "demo").until_synced()
    time.sleep(SILENCE_SECONDS)
    made = kube.made("default", new_snapshot(f"seen-{name}"))
    wait_for(lambda: any(event[1] == f"default/{made['metadata']['name']}" for event in watch.brief()), "the event", 2)
    events.until_seen(made["metadata"]["name"])
    assert watch.ended is None and events.ended is None
    watch.hang_up()
    events.hang_up()


def test_nginx_holds_events_back_unless_the_server_asks(put_before):
    """The test above can fail: with the header ignored not even the head of the answer comes."""
    proxy = put_before("nginx", lambda text: text.replace("proxy_http_version",
                                                          "proxy_ignore_headers X-Accel-Buffering; proxy_http_version"))
    kube = proxy.kube("demo")
    version = head(kube)
    kube.connect = lambda timeout: KubeClient.connect(kube, 2)
    with pytest.raises(TimeoutError):
        kube.watch(version)


@pytest.mark.parametrize("name", PROXIES)
def test_a_short_limit_on_silence_would_cut_a_watch(name, put_before):
    """It is the document's limit that lets a silent watch live."""
    assert block("^upstream").count(LONGEST_SILENCE) == 2 and block("^frontend").count(LONGEST_SILENCE) == 2
    proxy = put_before(name, lambda text: text.replace(LONGEST_SILENCE, "1s"))
    kube = proxy.kube("demo")
    watch = kube.watch(head(kube))
    wait_for(lambda: watch.ended is not None, "the end of the watch", 20)
    watch.hang_up()


@pytest.mark.parametrize("name", PROXIES)
def test_a_large_import_passes(name, put_before, server):
    proxy = put_before(name)
    client = proxy.client(server.admin_key)
    client.create_cluster(f"large-{name}")
    many = snapshots(8000)
    many[0]["metadata"]["annotations"] = {"filling": "x" * 200_000}
    counts = client.load(f"large-{name}", many)
    assert counts["created"] == len(many)
    assert len(proxy.kube(f"large-{name}").objects()) == len(many)


@pytest.mark.parametrize("name", PROXIES)
def test_the_server_behind_it_has_to_prove_itself(name, put_before, server, tmp_path):
    """A server with another CA gets no request, and so no key."""
    other = Server(tmp_path / "other", "--tls-self-signed").start()
    trusts = {str(server.data_dir / "ca.crt"): str(other.data_dir / "ca.crt")}
    proxy = PROXIES[name](tmp_path / "distrustful", server,
                          lambda text: text.replace(*next(iter(trusts.items()))))
    proxy.answers = proxy.refuses
    try:
        proxy.start()
    finally:
        proxy.close()
        other.stop()
