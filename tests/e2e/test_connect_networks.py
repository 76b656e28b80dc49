"""Which addresses clusters may be connected to, and by whom."""

import socket
import threading

import pytest

from connected import Pair, wait_for_state
from harness import Server, outside_address, snapshots, vm_path, wait_for
from kube import KubeClient, kubeconfig_of, new_snapshot

EDGE = "edge"


class Listener:
    """Counts who connects to a port of loopback, on every address of this machine, and says `answer` to each."""

    def __init__(self, answer=b""):
        self.count = 0
        self.listening = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = self.listening.getsockname()[1]
        self.answer = answer
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                connection = self.listening.accept()[0]
            except OSError:
                return
            self.count += 1
            with connection:
                if self.answer:
                    connection.recv(65536)
                    connection.sendall(self.answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()


def project_admin(server, project="payments"):
    """The key of an admin of a project."""
    made = server.client().create_project(project, uid=project)
    return server.client().create_key(f"{project}-admin", "admin", projectUid=made["uid"])["key"]


def ask_to_connect(client, url, name=EDGE):
    return client.post("/admin/v1/clusters", {"name": name, "uid": name, "type": "connected",
                                              "kubeconfig": kubeconfig_of(url, {"token": "t"})})


@pytest.fixture
def pair(data_dir):
    """A cluster, and a server that is to follow it through a proxy that notes each request."""
    with Pair(data_dir.parent, between=True) as made:
        made.upstream.client().load("the-cluster", snapshots(20))
        yield made


FORMS = ["https://127.0.0.1:{}", "https://127.1:{}", "https://2130706433:{}", "https://0x7f000001:{}", "https://0x7f.0.1:{}",
         "https://0177.0.0.1:{}", "https://017700000001:{}", "https://0:{}", "https://0.0.0.0:{}", "https://[::1]:{}", "https://[::]:{}",
         "https://[::ffff:127.0.0.1]:{}", "https://[::ffff:7f00:1]:{}", "https://[0:0:0:0:0:ffff:7f00:1]:{}", "https://localhost:{}",
         "https://LOCALHOST:{}", "http://127.0.0.1:{}", "http://localhost:{}", "http://[::1]:{}",
         "https://169.254.169.254:{}", "https://2852039166:{}", "https://[::ffff:169.254.169.254]:{}", "https://[fe80::1]:{}",
         "https://[fd00:ec2::254]:{}", "https://[64:ff9b::7f00:1]:{}", "https://[64:ff9b::a9fe:a9fe]:{}", "https://224.0.0.1:{}",
         "https://255.255.255.255:{}", "https://100.100.100.200:{}", "https://[::ffff:0:7f00:1]:{}", "https://[2001:db8::5efe:7f00:1]:{}"]


def test_a_projects_admin_reaches_nothing_of_the_server_itself(server):
    with Listener() as listener:
        client = server.client(project_admin(server))
        for form in FORMS:
            reply = ask_to_connect(client, form.format(listener.port))
            assert reply.status == 422, (form, reply)
            assert "--connect-allow" in reply.text() and "nothing was stored" in reply.text(), (form, reply)
        # What is no such URL at all, or leads to another machine without TLS, is refused before any look.
        for url in ("https://a@127.0.0.1:{}", "https://127.0.0.1:{}@example.org", "https://127.0.0.1%3a:{}", "http://127.1:{}",
                    "http://2130706433:{}", "http://localhost.:{}", "http://[::ffff:127.0.0.1]:{}", "https://[fe80::1%25lo]:{}",
                    "https://①②⑦.0.0.1:{}", "https://127.0.0.1:{}\t", "ftp://127.0.0.1:{}", "https://[::1:{}"):
            assert ask_to_connect(client, url.format(listener.port)).status == 400, url
        assert client.get("/admin/v1/clusters").json()["items"] == []
        # A system may not know this name; then the cluster waits for it.
        assert ask_to_connect(client, f"https://localhost.:{listener.port}", "dot").status in (201, 422)
        assert listener.count == 0
        # Whoever administers the tenant may, as the server listens on loopback alone.
        assert ask_to_connect(server.client(), f"https://127.0.0.1:{listener.port}").status == 201
        assert listener.count > 0
        # But no further.
        for host in ("169.254.169.254", "0.0.0.0", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"):
            assert ask_to_connect(server.client(), f"https://{host}:{listener.port}", "far").status == 422


def test_a_projects_admin_reaches_the_servers_machine_by_none_of_its_addresses(server):
    address = outside_address()
    if address is None:  # a machine without a network has no such address
        return
    with Listener() as listener:
        client = server.client(project_admin(server, "own"))
        for form in ("https://{}:{}", "https://[::ffff:{}]:{}"):
            reply = ask_to_connect(client, form.format(address, listener.port), "own")
            assert reply.status == 422, (form, reply)
            assert "this server's own machine" in reply.text() and "--connect-allow ADDRESS" in reply.text(), reply
        assert listener.count == 0
        # A server on a node of its cluster: whoever administers the tenant may.
        assert ask_to_connect(server.client(), f"https://{address}:{listener.port}", "node").status == 201
        assert listener.count > 0


def test_an_address_of_the_servers_machine_is_allowed_by_its_name_alone(start_server):
    address = outside_address()
    if address is None:
        return
    with Listener() as listener:
        url = f"https://{address}:{listener.port}"
        server = start_server("--connect-allow", "0.0.0.0/0")
        key = project_admin(server)
        assert ask_to_connect(server.client(key), url).status == 422
        assert listener.count == 0
        server.stop()
        server.arguments = ["--connect-allow", address]
        server.start()
        assert ask_to_connect(server.client(key), url).status == 201
        assert listener.count > 0


def test_a_project_follows_a_cluster_on_loopback_where_that_is_allowed(data_dir):
    with Pair(data_dir.parent) as pair:
        pair.mirror.stop()
        pair.mirror.arguments = ["--connect-allow", "127.0.0.0/8"]
        pair.mirror.start()
        key = project_admin(pair.mirror)
        reply = pair.mirror.client(key).post("/admin/v1/clusters", {"name": EDGE, "uid": EDGE, "type": "connected", "kubeconfig": pair.kubeconfig()})
        assert reply.status == 201, reply
        wait_for_state(pair.mirror, EDGE, "Ready")
        # It was the project's connection: where the allowance ends, so does this.
        pair.mirror.stop()
        pair.mirror.arguments = []
        pair.mirror.start()
        shown = wait_for_state(pair.mirror, EDGE, "Unreachable", "AddressDenied")
        assert "--connect-allow 127.0.0.0/8" in shown["message"]
        # The project's admin may give it as often as may be; the tenant's makes it the tenant's.
        client = pair.mirror.client(key)
        assert client.set_kubeconfig(EDGE, pair.kubeconfig()).status == 200
        wait_for_state(pair.mirror, EDGE, "Unreachable", "AddressDenied")
        reply = pair.mirror.client().set_kubeconfig(EDGE, pair.kubeconfig())
        assert reply.status == 200 and reply.json()["changed"], reply
        wait_for_state(pair.mirror, EDGE, "Ready")
        # Another connection of the project's is refused, and the cluster goes on.
        assert client.set_kubeconfig(EDGE, pair.kubeconfig(user={"token": "x"})).status == 422
        assert pair.mirror.client().cluster(EDGE)["state"] == "Ready"


def test_a_denied_cluster_keeps_what_it_has_and_says_why(pair):
    uid = "the-cluster"
    pair.follow()
    pair.wait_until_equal()
    names = pair.mirror.client().names(uid)
    assert len(names) == 20
    pair.mirror.stop()
    pair.between.seen.clear()
    pair.mirror.arguments = ["--connect-deny", "127.0.0.0/8"]
    pair.mirror.start()
    shown = wait_for_state(pair.mirror, uid, "Unreachable", "AddressDenied")
    assert "it leads into 127.0.0.0/8, which --connect-deny of this server denies" in shown["message"]
    for kind in shown["kinds"]:
        wait_for(lambda name=kind["name"]: next(k for k in pair.cluster()["kinds"] if k["name"] == name).get("reason") == "AddressDenied",
                 kind["name"])
    client = pair.mirror.client()
    assert client.names(uid) == names
    # No way that leads to the cluster is open.
    points = client.post(f"/admin/v1/clusters/{uid}/check", {}).json()["points"]
    assert points[0]["name"] == "Reachable" and points[0]["outcome"] == "Bad" and "--connect-deny" in points[0]["message"]
    for reply in (pair.ours.create("default", new_snapshot("new")), pair.ours.get("/api/v1/namespaces"),
                  client.post(vm_path(uid), {"metadata": {"name": "new"}})):
        assert reply.status == 503, reply
    assert "--connect-deny" in pair.ours.get("/api/v1/namespaces").text()
    refused = client.set_kubeconfig(uid, pair.kubeconfig(user={"token": "another"}))
    assert refused.status == 422 and "--connect-deny" in refused.text()
    assert pair.between.seen == []
    pair.mirror.stop()
    pair.mirror.arguments = []
    pair.mirror.start()
    wait_for_state(pair.mirror, uid, "Ready")


def test_a_server_for_others_has_no_clusters_on_its_loopback(tmp_path, start_server):
    with Listener() as listener:
        url = f"https://127.0.0.1:{listener.port}"
        (tmp_path / "edge.kubeconfig").write_text(kubeconfig_of(url, {"token": "t"}))
        (tmp_path / "config.yaml").write_text("clusters: [{name: declared, uid: declared, kubeconfig: edge.kubeconfig}]\n")
        server = start_server("--insecure-http", "--config", tmp_path / "config.yaml", listen="0.0.0.0:0")
        reply = ask_to_connect(server.client(), url)
        assert reply.status == 422 and "--connect-allow 127.0.0.0/8" in reply.text()
        wait_for_state(server, "declared", "Unreachable", "AddressDenied")
        assert listener.count == 0
        server.stop()
        server.arguments += ["--connect-allow", "127.0.0.0/8"]
        server.start()
        wait_for(lambda: server.client().cluster("declared")["state"] == "Unreachable", "an attempt")
        assert server.client().cluster("declared")["reason"] != "AddressDenied" and listener.count > 0


def test_a_redirect_is_not_followed(server):
    """Neither by the check nor by the mirror nor by what is passed on."""
    with Listener() as goal:
        answer = (f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:{goal.port}/\r\n"
                  "Content-Length: 0\r\nConnection: close\r\n\r\n").encode()
        with Listener(answer) as first:
            url = f"http://127.0.0.1:{first.port}"
            assert ask_to_connect(server.client(), url, "turned").status == 201
            wait_for_state(server, "turned", "Failing")
            reply = KubeClient(server, "turned").get("/api/v1/namespaces")
            assert reply.status == 502, reply
            assert first.count > 1 and goal.count == 0


@pytest.mark.parametrize(("flag", "said"), [
    ("--connect-allow=10.0.0.0/33", "is no network"), ("--connect-deny=localhost", "is no network"),
    ("--connect-deny=10.0.0.1/8", "is it 10.0.0.0/8?"), ("--connect-allow=10.0.0.0/8,", "is no network")])
def test_a_wrong_network_stops_the_start(data_dir, flag, said):
    name, _, value = flag.partition("=")
    server = Server(data_dir, name, value)
    with pytest.raises(AssertionError, match="ended with 2"):
        server.start()
    assert name in server.tail() and said in server.tail()
