"""Sessions of the console: whoever signed in at one replica is signed in at all, and signed out at all."""

import base64
import json
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from harness import Client, wait_for
from issuer import Issuer, group
from test_tls import make_certificate

SESSION = "/console/v1/session"
PROJECTS = "/v1/dashboard/projects/metadata"
# The name of the cookie follows from the host, which is that of a balancer.
CONSOLE = {"X-Snapgate-Console": "1", "Host": "snapgate.example.com"}


def browser(server):
    return Client(server.port)


def sign_in(server, key, headers=None):
    reply = browser(server).post(SESSION, {"key": key}, {**CONSOLE, **(headers or {})})
    assert reply.status == 200, reply
    return {**CONSOLE, "Cookie": reply.header("Set-Cookie").split(";")[0]}


def told_signed_in(server, session):
    return browser(server).get(SESSION, session).json()["signedIn"]


def signed_in(server, session):
    """Whether the session is one there; both questions have to agree."""
    told = told_signed_in(server, session)
    assert browser(server).get(PROJECTS, session).status == (200 if told else 401)
    return told


def test_a_session_is_good_at_every_replica_at_once_until_it_is_ended_at_any(replicas):
    for i, server in enumerate(replicas.servers):
        session = sign_in(server, replicas.admin_key)
        assert [signed_in(other, session) for other in replicas.servers] == [True] * 3
        ends = replicas.servers[(i + 1) % 3]
        assert browser(ends).delete(SESSION, session).status == 204
        assert [signed_in(other, session) for other in replicas.servers] == [False] * 3


def test_a_session_ends_with_its_key_at_every_replica(replicas):
    for i, server in enumerate(replicas.servers):
        key = replicas.client().create_key(f"console-{i}")
        session = sign_in(server, key["key"])
        other = sign_in(server, replicas.admin_key)
        assert all(signed_in(one, session) for one in replicas.servers)
        assert replicas.client(replicas.servers[(i + 1) % 3]).delete(f"/admin/v1/keys/{key['id']}").status == 204
        assert not any(signed_in(one, session) for one in replicas.servers)
        assert all(signed_in(one, other) for one in replicas.servers)


def test_who_signs_in_again_has_one_session(replicas):
    one, two, three = replicas.servers
    first = sign_in(one, replicas.admin_key)
    second = sign_in(two, replicas.admin_key, {"Cookie": first["Cookie"]})
    assert first["Cookie"] != second["Cookie"]
    assert not signed_in(three, first)
    assert signed_in(three, second)


def test_sessions_outlive_the_replica_at_which_they_began(start_replicas):
    replicas = start_replicas(2)
    session = sign_in(replicas.servers[0], replicas.admin_key)
    replicas.servers[0].kill()
    assert signed_in(replicas.servers[1], session)
    replicas.servers[0].start()
    assert signed_in(replicas.servers[0], session)
    joined = replicas.add()
    assert signed_in(joined, session)


@pytest.fixture
def issuer():
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    made = Issuer(*make_certificate(folder, "issuer"))
    yield made
    made.stop()
    shutil.rmtree(folder)


def test_a_session_that_began_with_a_token_is_good_at_every_replica(start_replicas, issuer, tmp_path):
    config = tmp_path / "snapgate.yaml"
    config.write_text(json.dumps({"connect-allow": "127.0.0.0/8", "issuers": [issuer.declared(group("staff", "reader"))]}))
    replicas = start_replicas(2, arguments=("--config", str(config)))
    token = issuer.token(groups=["staff"])
    session = sign_in(replicas.servers[0], token)
    assert all(signed_in(server, session) for server in replicas.servers)
    told = browser(replicas.servers[1]).get(SESSION, session).json()
    assert "alice" in told["keyName"], told
    # The token is nowhere to be read.
    held = replicas.etcd.members[0].post("/v3/kv/range", {"key": "cw==", "range_end": "dA=="})["kvs"]
    values = [base64.b64decode(kv.get("value", "")) for kv in held]
    assert len(values) > 5 and not any(token.split(".")[2].encode() in value for value in values)
    assert browser(replicas.servers[1]).delete(SESSION, session).status == 204
    assert not any(signed_in(server, session) for server in replicas.servers)
    short = sign_in(replicas.servers[0], issuer.token(groups=["staff"], exp=int(time.time()) + 3))
    assert signed_in(replicas.servers[1], short)
    # It may end between two questions.
    wait_for(lambda: not any(told_signed_in(server, short) for server in replicas.servers), "the end of the token")
    assert not any(signed_in(server, short) for server in replicas.servers)
