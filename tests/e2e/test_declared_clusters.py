"""Clusters that the server's configuration file declares: files, programs, and what a request may not do."""

import json

import pytest

from connected import kubeconfig, wait_for_state
from harness import Server, run_cli

UID = "declared"


@pytest.fixture
def upstream(tmp_path):
    server = Server(tmp_path / "upstream", "--tls-self-signed").start()
    server.client().create_cluster("source")
    yield server
    if server.running():
        server.stop()


def write_kubeconfig(folder, upstream, user):
    (folder / "edge.kubeconfig").write_text(kubeconfig(upstream, "source", user))


def serve(folder, text):
    (folder / "config.yaml").write_text(text)
    return Server(folder / "mirror", "--config", str(folder / "config.yaml"))


DECLARED = f"clusters:\n- {{name: edge, uid: {UID}, kubeconfig: edge.kubeconfig}}\n"


def test_a_token_file_is_read_again_when_it_is_refused(tmp_path, upstream):
    (tmp_path / "token").write_text("of-yesterday\n")
    write_kubeconfig(tmp_path, upstream, {"tokenFile": "token"})
    server = serve(tmp_path, DECLARED).start()
    try:
        wait_for_state(server, UID, "Unauthorized")
        (tmp_path / "token").write_text(upstream.admin_key + "\n")
        wait_for_state(server, UID, "Ready", seconds=40)
        shown = server.client().cluster(UID)
        assert shown["source"] == "config" and shown["type"] == "connected"
        refused = server.client().set_kubeconfig(UID, kubeconfig(upstream, "source"))
        assert refused.status == 409 and "configuration file" in refused.text()
        points = server.client().post(f"/admin/v1/clusters/{UID}/check", {}).json()["points"]
        assert {point["outcome"] for point in points[:6]} == {"Good"}
        # Nothing of it is stored: a start without it says so.
        server.stop()
        server.arguments = []
        server.start()
        wait_for_state(server, UID, "Unauthorized")
        message = server.client().cluster(UID)["message"]
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
    server = serve(tmp_path, DECLARED).start()
    try:
        shown = wait_for_state(server, UID, "Unauthorized")
        assert shown["reason"] == "ConfigurationUnreadable" and "credential-programs" in shown["message"]
    finally:
        server.stop()
    server = serve(tmp_path, DECLARED + f"credential-programs: [{program}]\n").start()
    try:
        wait_for_state(server, UID, "Ready")
    finally:
        server.stop()


def test_what_is_declared_goes_nowhere_else(tmp_path, upstream):
    """The list is for the configuration file alone: neither a flag nor the environment has it."""
    for arguments, env in ((["--clusters", "[]"], {}), ([], {"SNAPGATE_CLUSTERS": "[]"}),
                           (["--credential-programs", "/bin/sh"], {}), ([], {"SNAPGATE_CREDENTIAL_PROGRAMS": "/bin/sh"})):
        with pytest.raises(AssertionError, match="ended with 2"):
            Server(tmp_path / "mirror", *arguments, env=env).start()


def break_missing(path):
    path.unlink()


def break_folder(path):
    path.unlink()
    path.mkdir()


def break_text(path):
    path.write_text("clusters: [")


def break_empty(path):
    path.write_text("")


def break_context(path):
    path.write_text(json.dumps({**json.loads(path.read_text()), "current-context": "nosuch"}))


BREAKS = {"missing": (break_missing, "cannot read"), "folder": (break_folder, "cannot read"),
          "text": (break_text, "neither YAML nor JSON"), "empty": (break_empty, "is empty"),
          "context": (break_context, "nosuch")}


@pytest.mark.parametrize("how", BREAKS)
def test_an_unreadable_kubeconfig_is_the_state_of_its_cluster_alone(tmp_path, upstream, how):
    write_kubeconfig(tmp_path, upstream, {"token": upstream.admin_key})
    bad = tmp_path / "bad.kubeconfig"
    good = (tmp_path / "edge.kubeconfig").read_text()
    bad.write_text(good)
    change, said = BREAKS[how]
    change(bad)
    server = serve(tmp_path, DECLARED + "- {name: bad, uid: bad, kubeconfig: bad.kubeconfig}\n").start()
    try:
        wait_for_state(server, UID, "Ready")
        shown = wait_for_state(server, "bad", "Unauthorized")
        assert shown["reason"] == "ConfigurationUnreadable" and said in shown["message"]
        assert upstream.admin_key not in shown["message"]
        points = server.client().post("/admin/v1/clusters/bad/check", {}).json()["points"]
        assert [point["outcome"] for point in points] == ["Bad"] and said in points[0]["message"]
        if bad.is_dir():
            bad.rmdir()
        bad.write_text(good)
        wait_for_state(server, "bad", "Ready", seconds=70)
    finally:
        server.stop()


@pytest.mark.parametrize("text, said", [
    ("credential-programs: [sh]", ":1: credential-programs[0]: must be the absolute path"),
    ("\nhistory: [5m]", ":2: history: must be a single value; several are separated by commas, as in \"a,b\""), ("\n\nthreads: many", ":3: threads: "), ("clusters: [", "the YAML is wrong in line")])
def test_what_is_wrong_with_a_setting_stops_the_start(tmp_path, text, said):
    (tmp_path / "config.yaml").write_text(text)
    serve = ("serve", "--data-dir", tmp_path / "mirror", "--listen", "127.0.0.1:0", "--config", tmp_path / "config.yaml")
    for arguments in ((), ("--check-config",)):
        ran = run_cli(*serve, *arguments)
        assert ran.returncode == 2 and said in ran.stderr and str(tmp_path / "config.yaml") in ran.stderr
    assert not (tmp_path / "mirror").exists()


def test_a_declared_cluster_is_deleted_where_it_is_declared(tmp_path, upstream):
    write_kubeconfig(tmp_path, upstream, {"token": upstream.admin_key})
    server = serve(tmp_path, DECLARED).start()
    try:
        project = server.client().cluster(UID)["projectUid"]
        for path in (f"/admin/v1/clusters/{UID}", f"/admin/v1/projects/{project}"):
            for query in ({}, {"force": "true"}):
                refused = server.client().delete(path, **query)
                assert refused.status == 409 and "configuration file" in refused.text(), refused
        assert server.client().cluster(UID)["name"] == "edge"
    finally:
        server.stop()
