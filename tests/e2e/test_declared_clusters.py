"""Clusters that the server's configuration file declares: files, programs, and what a request may not do."""

import json

import pytest

from harness import Server, wait_for
from test_connected import kubeconfig

UID = "declared"


@pytest.fixture
def upstream(tmp_path):
    server = Server(tmp_path / "upstream", "--tls-self-signed").start()
    server.client().create_cluster("source")
    yield server
    if server.running():
        server.stop()


def write_kubeconfig(folder, upstream, user):
    config = json.loads(kubeconfig(upstream, "source"))
    config["users"][0]["user"] = user
    (folder / "edge.kubeconfig").write_text(json.dumps(config))


def serve(folder, text):
    (folder / "config.yaml").write_text(text)
    return Server(folder / "mirror", "--config", str(folder / "config.yaml"))


def state_of(server):
    return server.client().get(f"/admin/v1/clusters/{UID}").json()["state"]


DECLARED = f"clusters:\n- {{name: edge, uid: {UID}, kubeconfig: edge.kubeconfig}}\n"


def test_a_token_file_is_read_again_when_it_is_refused(tmp_path, upstream):
    (tmp_path / "token").write_text("of-yesterday\n")
    write_kubeconfig(tmp_path, upstream, {"tokenFile": "token"})
    server = serve(tmp_path, DECLARED).start()
    try:
        wait_for(lambda: state_of(server) == "Unauthorized", "the token is refused", 20)
        (tmp_path / "token").write_text(upstream.admin_key + "\n")
        wait_for(lambda: state_of(server) == "Ready", "the new token is taken", 40)
        shown = server.client().get(f"/admin/v1/clusters/{UID}").json()
        assert shown["source"] == "config" and shown["type"] == "connected"
        refused = server.client().request("PUT", f"/admin/v1/clusters/{UID}/kubeconfig",
                                          {"kubeconfig": kubeconfig(upstream, "source")})
        assert refused.status == 409 and "configuration file" in refused.text()
        points = server.client().post(f"/admin/v1/clusters/{UID}/check", {}).json()["points"]
        assert {point["outcome"] for point in points} == {"Good"}
        # Nothing of it is stored: a start without it says so.
        server.stop()
        server.arguments = []
        server.start()
        wait_for(lambda: state_of(server) == "Unauthorized", "nobody declares it any more", 20)
        message = server.client().get(f"/admin/v1/clusters/{UID}").json()["message"]
        assert "does not declare this cluster" in message
        assert server.client().delete(f"/admin/v1/clusters/{UID}").status == 204
    finally:
        server.stop()


def test_a_program_gives_credentials_if_it_is_allowed(tmp_path, upstream):
    program = tmp_path / "credentials"
    program.write_text("#!/bin/sh\nprintf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":"
                       "\"ExecCredential\",\"status\":{\"token\":\"%s\"}}' \"$1\"\n")
    program.chmod(0o700)
    write_kubeconfig(tmp_path, upstream, {"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "credentials", "args": [upstream.admin_key]}})
    with pytest.raises(AssertionError, match="credential-programs"):
        serve(tmp_path, DECLARED).start()
    server = serve(tmp_path, DECLARED + f"credential-programs: [{program}]\n").start()
    try:
        wait_for(lambda: state_of(server) == "Ready", "the program's token is taken", 20)
    finally:
        server.stop()


def test_what_is_declared_goes_nowhere_else(tmp_path, upstream):
    """The list is for the configuration file alone: neither a flag nor the environment has it."""
    for arguments, env in ((["--clusters", "[]"], {}), ([], {"SNAPGATE_CLUSTERS": "[]"}),
                           (["--credential-programs", "/bin/sh"], {}), ([], {"SNAPGATE_CREDENTIAL_PROGRAMS": "/bin/sh"})):
        with pytest.raises(AssertionError, match="ended with 2"):
            Server(tmp_path / "mirror", *arguments, env=env).start()
