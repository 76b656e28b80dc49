"""Settings by flags, environment and file: their precedence, and that a wrong one is refused by name."""

import signal
import socket

import pytest

from harness import Server, run_cli, wait_for


def refused(*arguments, env=None, data_dir=None):
    """Runs serve with a setting that is wrong; it has to end by itself, with usage."""
    where = ["--data-dir", data_dir] if data_dir else []
    ran = run_cli("serve", "--listen", "127.0.0.1:0", *where, *arguments, env=env, timeout=20)
    assert ran.returncode == 2, (ran.returncode, ran.stderr)
    assert ran.stderr.strip()
    return ran.stderr


@pytest.mark.parametrize("arguments, named", [
    (["--histroy", "5m"], "--histroy"),
    (["--history", "soon"], "--history"),
    (["--history", "999ms"], "--history"),
    (["--history", "-5m"], "--history"),
    (["--history"], "--history"),
    (["--threads", "many"], "--threads"),
    (["--threads", "-1"], "--threads"),
    (["--max-connections", "0"], "--max-connections"),
    (["--access-log", "maybe"], "--access-log"),
    (["--log-level", "loud"], "--log-level"),
    (["--listen", "8080"], "--listen"),
    (["--listen", "127.0.0.1:99999"], "--listen"),
    (["--listen", "not an address:1"], "--listen"),
    (["--tls-cert", "only.crt"], "tls-key"),
    (["--tls-self-signed", "--tls-cert", "a", "--tls-key", "b"], "tls-self-signed"),
    (["--config", "no-such-file.yaml"], "no-such-file.yaml"),
    (["stray"], "stray"),
])
def test_a_wrong_flag_is_named(data_dir, arguments, named):
    if arguments[0] == "--listen":
        ran = run_cli("serve", "--data-dir", data_dir, *arguments, timeout=20)
        assert ran.returncode == 2
        assert named in ran.stderr
    else:
        assert named in refused(*arguments, data_dir=data_dir)
    assert not data_dir.exists(), "a server that does not start leaves nothing behind"


@pytest.mark.parametrize("name, value", [
    ("SNAPGATE_HISTROY", "5m"), ("SNAPGATE_HISTORY", "soon"), ("SNAPGATE_THREADS", "x"), ("SNAPGATE_LOG_LEVEL", "loud"),
    ("SNAPGATE_ACCESS_LOG", "maybe"), ("SNAPGATE_NO_SUCH", ""), ("SNAPGATE_", "x")])
def test_a_wrong_variable_is_named(data_dir, name, value):
    assert name in refused(env={name: value}, data_dir=data_dir)


@pytest.mark.parametrize("text, named", [
    ("histroy: 5m\n", "histroy"),
    ("history: soon\n", "history"),
    ("log-level: info\nthreads: many\n", "threads"),
    ("threads: [1, 2]\n", "threads"),
    ("history: {of: time}\n", "history"),
    ("config: other.yaml\n", "config"),
    ("- history\n", "snapgate.yaml"),
    ("history: 5m\nhistory: 6m\n", "history"),
    ("history: 'unclosed\n", "snapgate.yaml"),
    ("a: &x 1\nhistory: *x\n", "snapgate.yaml"),
])
def test_a_wrong_setting_in_the_file_is_named_with_its_place(data_dir, tmp_path, text, named):
    file = tmp_path / "snapgate.yaml"
    file.write_text(text)
    message = refused("--config", file, data_dir=data_dir)
    assert str(file) in message
    assert named in message


def test_flags_count_before_the_environment_and_that_before_the_file(start_server, tmp_path, data_dir):
    file = tmp_path / "snapgate.yaml"
    file.write_text("history: 10m\naccess-log: off\nthreads: 1\n")

    def history(of):
        return of.log("listening")[0]["history"]

    server = start_server("--config", str(file))
    assert history(server) == "10m"
    server.stop()
    server = start_server(env={"SNAPGATE_CONFIG": str(file), "SNAPGATE_HISTORY": "20m"})
    assert history(server) == "20m"
    server.client().get("/livez")
    server.stop()
    assert not server.log("request"), "the file switches the access log off"
    server = start_server("--history", "30m", "--config", str(file), env={"SNAPGATE_HISTORY": "20m"})
    assert history(server) == "30m"


def test_a_hangup_takes_a_new_log_level_and_says_so(start_server, data_dir):
    file = data_dir.with_name("settings.yaml")
    file.write_text("log-level: info\n")
    server = start_server("--config", file)
    before = "info"
    for level in ("debug", "error", "info", "warning", "debug"):
        file.write_text(f"log-level: {level}\n")
        server.signal(signal.SIGHUP)
        line = wait_for(lambda: next((line for line in server.log("changed the log level") if line["to"] == level and
                                      line["from"] == before), None), f"the level {level}")  # noqa: B023
        assert line["level"] == "info"
        before = level
    server.signal(signal.SIGHUP)
    server.stop()
    assert len(server.log("changed the log level")) == 5, "what is the same is no change"


def test_every_setting_may_come_from_the_environment(start_server, data_dir, tmp_path):
    server = Server(data_dir, env={"SNAPGATE_LISTEN": "127.0.0.1:0", "SNAPGATE_TLS_SELF_SIGNED": "true",
                                   "SNAPGATE_MAX_CONNECTIONS": "100"}, listen=None).start()
    assert server.client(tls=True).get("/livez").status == 200
    server.stop()


def test_the_clients_variables_are_ignored(start_server):
    server = start_server(env={"SNAPGATE_SERVER": "https://elsewhere:1", "SNAPGATE_API_KEY": "not-a-key", "SNAPGATE_CA": "none",
                               "SNAPGATE_PROJECT": "none"})
    assert server.client().get("/livez").status == 200


def test_a_taken_port_is_reported_as_such(start_server, tmp_path):
    server = start_server()
    ran = run_cli("serve", "--listen", f"127.0.0.1:{server.port}", "--data-dir", tmp_path / "other", timeout=20)
    assert ran.returncode == 1
    assert str(server.port) in ran.stderr
    assert "in use" in ran.stderr or "taken" in ran.stderr
    assert server.client().get("/livez").status == 200


def test_an_address_of_another_machine_is_reported_as_such(data_dir):
    ran = run_cli("serve", "--listen", "192.0.2.77:0", "--insecure-http", "--data-dir", data_dir, timeout=20)
    assert ran.returncode != 0
    assert "192.0.2.77" in ran.stderr


def test_a_directory_in_use_is_reported_as_such(start_server, data_dir):
    server = start_server()
    ran = run_cli("serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir, timeout=20)
    assert ran.returncode == 1
    assert str(data_dir) in ran.stderr
    assert server.client().get("/admin/v1/projects").status == 200


def test_a_data_directory_that_is_a_file_is_reported_as_such(tmp_path):
    (tmp_path / "file").write_text("")
    ran = run_cli("serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path / "file", timeout=20)
    assert ran.returncode == 1
    assert str(tmp_path / "file") in ran.stderr


def test_help_names_every_setting():
    ran = run_cli("serve", "--help")
    assert ran.returncode == 0
    for flag in ("--config", "--listen", "--data-dir", "--tls-self-signed", "--tls-cert", "--tls-key", "--threads",
                 "--history", "--access-log", "--insecure-http", "--log-level"):
        assert flag in ran.stdout


def test_ipv6_loopback_is_served(data_dir):
    if not socket.has_ipv6:
        return
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return  # this machine has no IPv6
    server = Server(data_dir, listen="[::1]:0").start()
    client = server.client(address="::1")
    assert client.get("/livez").status == 200
    server.stop()


@pytest.mark.parametrize("content", [
    "root:$6$hidden:hidden:0:99999:7:::\n", "root:$6$hidden:19000:0:99999:7:::\nbin:*:1::\n", "-----BEGIN PRIVATE KEY-----\nhidden\n-----END PRIVATE KEY-----\n",
    "sgk_hidden", '{"a": "hidden" oops', 'password: "hidden\n', "a: !hidden x\n", "hidden: 1\nhidden: 2\n", "a: *hidden\n",
    "\x01hidden", "hidden " * 20])
def test_a_file_that_is_none_of_ours_is_not_shown(tmp_path, data_dir, content):
    """Whoever may choose the file could read one with the server's rights."""
    file = tmp_path / "foreign"
    file.write_text(content)
    said = refused("--config", file, data_dir=data_dir)
    assert "hidden" not in said
    assert str(file) in said
