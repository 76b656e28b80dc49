"""etcd that does not let a replica in, or that a replica does not trust: expired certificates and wrong passwords. A replica that
runs goes on as without etcd, says why, and is back when it is let in again."""

import base64
import os
import sys

import pytest

from harness import ROOT, wait_for
from kube import new_snapshot
from test_faults import refused

PASSWORD = "one-that-is-right"
OTHER = "another-password"


@pytest.fixture(scope="module")
def make_authority():
    """That of the certificates in tests/faults."""
    sys.path.append(str(ROOT / "tests" / "faults"))
    try:
        import certificates
    finally:
        sys.path.pop()
    return certificates.Authority


class Certificate:
    """The file that etcd's members read at every handshake, with its authority."""

    def __init__(self, folder, make_authority):
        self.folder = folder
        self.authority = make_authority(folder, "etcd")
        self.ca = folder / "ca.crt"
        self.ca.write_text(self.authority.certificate)
        self.file = folder / "etcd.pem"
        self.renew()

    def renew(self, expired=False):
        self.authority.server_context(expired)
        os.replace(self.folder / f"{self.authority.label}-{self.authority.count}.pem", self.file)


def restart(replicas):
    """What was agreed with its clients is forgotten: connections, and tokens of users."""
    member = replicas.etcd.members[0]
    member.kill()
    replicas.etcd.start_member(member)
    wait_for(member.healthy, "etcd", 30)


def check_out_of_reach(replicas, server):
    wait_for(lambda: replicas.client(server).list("c").header("Warning"), "a read from the copy", 20)
    assert replicas.client(server).list("c").status == 200
    write = replicas.kube("c", server).create("default", new_snapshot("refused"))
    assert write.status == 503 and "nothing was written" in write.json()["message"], write
    assert server.anonymous().get("/readyz", writes="1").status == 503
    assert server.client(replicas.admin_key).metric("snapgate_replica_current") == 0


def check_back(replicas, server, name):
    wait_for(lambda: replicas.kube("c", server).create("default", new_snapshot(name)).status in (201, 409), "a write", 30)
    wait_for(lambda: replicas.client(server).list("c").header("Warning") is None, "a read of now", 30)
    assert replicas.kube("c", server).read("default", name).status == 200
    assert replicas.kube("c", server).read("default", "refused").status == 404


def said(server, word):
    """Whether a line of the log that is an error or a warning has that word."""
    return any(word in line for line in server.lines if '"level":"error"' in line or '"level":"warning"' in line)


def test_an_expired_certificate_of_etcd(start_replicas, make_authority, tmp_path):
    certificate = Certificate(tmp_path, make_authority)
    replicas = start_replicas(1, pem=certificate.file, arguments=("--etcd-ca", str(certificate.ca)))
    server = replicas.servers[0]
    replicas.client().create_cluster("c")
    assert replicas.kube("c").create("default", new_snapshot("before")).status == 201
    certificate.renew(expired=True)
    restart(replicas)
    check_out_of_reach(replicas, server)
    wait_for(lambda: said(server, "certificate verify failed"), server.tail, 20)
    # And none starts with it.
    late = replicas.new()
    assert "certificate verify failed" in refused(late)
    certificate.renew()
    check_back(replicas, server, "after")
    late.start()
    assert replicas.client(late).items("c") == replicas.client(server).items("c")


def test_a_certificate_of_another_authority(start_replicas, make_authority, tmp_path):
    certificate = Certificate(tmp_path, make_authority)
    replicas = start_replicas(1, pem=certificate.file, arguments=("--etcd-ca", str(certificate.ca)))
    other = tmp_path / "other.crt"
    other.write_text(make_authority(tmp_path, "other").certificate)
    replicas.arguments = ("--etcd-ca", str(other))
    wrong = replicas.new()
    assert "certificate" in refused(wrong).lower()


class Users:
    """The users of etcd: root, and the replicas' own, who may do what is below their prefix."""

    def __init__(self, etcd):
        self.member = etcd.members[0]

    def turn_on(self):
        prefix = base64.b64encode(b"snapgate/").decode()
        end = base64.b64encode(b"snapgate0").decode()
        for path, body in (("user/add", {"name": "root", "password": PASSWORD}), ("role/add", {"name": "root"}),
                           ("user/grant", {"user": "root", "role": "root"}),
                           ("user/add", {"name": "snapgate", "password": PASSWORD}), ("role/add", {"name": "inventory"}),
                           ("role/grant", {"name": "inventory", "perm": {"permType": "READWRITE", "key": prefix, "range_end": end}}),
                           ("user/grant", {"user": "snapgate", "role": "inventory"}), ("enable", {})):
            self.member.post(f"/v3/auth/{path}", body)

    def change_password(self, password):
        token = self.member.post("/v3/auth/authenticate", {"name": "root", "password": PASSWORD})["token"]
        self.member.post("/v3/auth/user/changepw", {"name": "snapgate", "password": password}, token)


def test_a_password_that_is_wrong(start_replicas, tmp_path):
    file, wrong = tmp_path / "password", tmp_path / "wrong"
    for path, password in ((file, PASSWORD), (wrong, OTHER)):
        path.touch(mode=0o600)
        path.write_text(password + "\n")
    user = ("--etcd-username", "snapgate", "--etcd-password-file")
    replicas = start_replicas(1, arguments=(*user, str(file)))
    server = replicas.servers[0]
    replicas.client().create_cluster("c")
    users = Users(replicas.etcd)
    users.turn_on()
    check_back(replicas, server, "before")
    replicas.arguments = (*user, str(wrong))
    stranger = replicas.new()
    told = refused(stranger)
    assert "etcd refused the user name or password" in told
    assert OTHER not in told
    users.change_password(OTHER)
    restart(replicas)
    check_out_of_reach(replicas, server)
    wait_for(lambda: said(server, "etcd refused the user name or password"), server.tail, 20)
    assert not any(password in line for password in (PASSWORD, OTHER) for line in server.lines)
    # Now the other one is right.
    stranger.start()
    assert replicas.client(stranger).list("c").header("Warning") is None
    users.change_password(PASSWORD)
    check_back(replicas, server, "after")
