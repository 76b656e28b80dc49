"""What the command line makes of answers that a healthy server seldom gives: expired and stale lists, text that
would take over a terminal, and servers that are none. They come from a server of the test's own."""

import http.server
import json
import socket
import threading

import pytest
import yaml

from between import Answering
from cli import OK, REFUSED, UNREACHABLE
from harness import clean_environment, run_cli, snapshot
from terminal import OnTerminal

LIST = "/v1/spectroclusters/c-1/vms/snapshot"
CLUSTERS = {"items": [{"uid": "c-1", "name": "demo", "projectUid": "p-1", "type": "hosted", "state": "Ready",
                       "objects": 3}]}
PROJECTS = {"items": [{"uid": "p-1", "name": "Default"}]}


class Scripted(http.server.ThreadingHTTPServer):
    """Answers each path with what the test says: (status, headers, body), or a function of the query."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = {"/admin/v1/clusters": (200, {}, CLUSTERS), "/admin/v1/projects": (200, {}, PROJECTS)}
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def environment(self, folder):
        return {"SNAPGATE_SERVER": f"http://127.0.0.1:{self.server_address[1]}", "SNAPGATE_API_KEY": "sgk_test",
                "XDG_CONFIG_HOME": str(folder)}


class Handler(Answering):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.server.requests.append((self.path, dict(self.headers)))
        answer = self.server.answers.get(path, (404, {}, {"code": "ResourceNotFound", "message": "no such route",
                                                          "details": {}, "ref": "r"}))
        status, headers, body = answer(query) if callable(answer) else answer
        self.say(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture
def scripted(tmp_path):
    server = Scripted()
    server.folder = tmp_path
    yield server
    server.shutdown()
    server.server_close()


def get(scripted, *arguments, code=OK):
    ran = run_cli("get", *arguments, env=scripted.environment(scripted.folder))
    assert ran.returncode == code, (ran.returncode, ran.stdout, ran.stderr)
    return ran


def page(items, token=None, version="7", remaining=None):
    metadata = {"resourceVersion": version}
    if token:
        metadata["continue"] = token
    if remaining is not None:
        metadata["remainingItemCount"] = remaining
    return {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshotList",
            "metadata": metadata, "items": items}


def expired(token):
    return {"code": "Expired", "message": "the listing has expired", "details": {"continue": token}, "ref": "r"}


def test_a_list_that_expires_half_way_goes_on_at_the_newest_state(scripted):
    def answer(query):
        if "continue=old" in query:
            return 410, {}, expired("new")
        if "continue=new" in query:
            return 200, {}, page([snapshot("web", "b")], version="9")
        return 200, {}, page([snapshot("web", "a")], token="old")

    scripted.answers[LIST] = answer
    ran = get(scripted, "snapshots", "--cluster", "demo", "--all", "-o", "json")
    whole = json.loads(ran.stdout)
    assert [item["metadata"]["name"] for item in whole["items"]] == ["a", "b"]
    assert whole["metadata"] == {"resourceVersion": "9"}
    assert "expired" in ran.stderr and "newest" in ran.stderr


def test_a_page_that_has_expired_says_where_to_go_on(scripted):
    scripted.answers[LIST] = (410, {}, expired("new-token"))
    ran = get(scripted, "snapshots", "--cluster", "demo", "--continue", "old", code=REFUSED)
    assert "--continue new-token" in ran.stderr
    assert ran.stdout == ""


def test_a_list_that_expires_for_ever_ends(scripted):
    scripted.answers[LIST] = (410, {}, expired("again"))
    get(scripted, "snapshots", "--cluster", "demo", "--all", code=REFUSED)
    assert len([path for path, _ in scripted.requests if path.startswith(LIST)]) < 20


@pytest.mark.parametrize("form", ["json", "yaml", "table"])
def test_a_list_that_fails_half_way_is_not_taken_for_the_whole(scripted, form):
    def answer(query):
        if "continue" in query:
            return 503, {"Retry-After": "1"}, {"code": "ClusterUnavailable", "message": "not now", "details": {},
                                               "ref": "r-77"}
        return 200, {}, page([snapshot("web", "a")], token="second")

    scripted.answers[LIST] = answer
    ran = get(scripted, "snapshots", "--cluster", "demo", "--all", "-o", form, code=REFUSED)
    assert "not now" in ran.stderr and "r-77" in ran.stderr and "--continue second" in ran.stderr
    if form == "json":
        with pytest.raises(json.JSONDecodeError):
            json.loads(ran.stdout)


@pytest.mark.parametrize("age, said", [("312", "5m12s ago"), (None, "last known state"), ("soon", "last known state")])
def test_a_stale_list_is_said_to_be_stale(scripted, age, said):
    headers = {"Warning": '110 - "Response is Stale"'}
    if age:
        headers["Age"] = age
    scripted.answers[LIST] = (200, headers, page([snapshot("web", "a")]))
    ran = get(scripted, "snapshots", "--cluster", "demo")
    assert "cluster demo is out of reach" in ran.stderr and said in ran.stderr
    assert "web" in ran.stdout
    # Once a listing, not once a page.
    scripted.answers[LIST] = lambda query: (200, headers, page([snapshot("web", "a")], None if "continue" in query else "t"))
    assert get(scripted, "snapshots", "--cluster", "demo", "--all").stderr.count("out of reach") == 1


def test_a_cluster_that_refuses_is_not_said_to_be_out_of_reach(scripted):
    scripted.answers[LIST] = (200, {"Warning": '110 - "Response is Stale"', "Age": "312"}, page([snapshot("web", "a")]))
    scripted.answers["/admin/v1/clusters/c-1"] = (200, {}, {**CLUSTERS["items"][0], "state": "Unauthorized", "reason": "TokenExpired"})
    ran = get(scripted, "snapshots", "--cluster", "demo")
    assert "cluster demo is Unauthorized (TokenExpired): this is its last known state, from 5m12s ago" in ran.stderr


def test_an_unreachable_cluster_is_a_refusal_with_the_servers_words(scripted):
    scripted.answers[LIST] = (503, {"Retry-After": "5"}, {"code": "ClusterUnavailable", "message": "never synced",
                                                          "details": {}, "ref": "r-1"})
    ran = get(scripted, "snapshots", "--cluster", "demo", code=REFUSED)
    assert "never synced" in ran.stderr and "ClusterUnavailable" in ran.stderr


def test_more_is_said_with_its_number_and_the_way_on(scripted):
    scripted.answers[LIST] = (200, {}, page([snapshot("web", "a")], token="tok", remaining=41))
    ran = get(scripted, "snapshots", "--cluster", "demo")
    assert "41 more" in ran.stderr and "--continue tok" in ran.stderr and "--all" in ran.stderr


def test_an_empty_list_is_said_on_stderr(scripted):
    scripted.answers[LIST] = (200, {}, page([]))
    ran = get(scripted, "snapshots", "--cluster", "demo")
    assert ran.stdout == "" and "No snapshots found in cluster demo" in ran.stderr
    assert json.loads(get(scripted, "snapshots", "--cluster", "demo", "-o", "json").stdout)["items"] == []
    for arguments in (["--all", "-o", "json"], ["--all", "-o", "yaml"]):
        ran = get(scripted, "snapshots", "--cluster", "demo", *arguments)
        assert yaml.safe_load(ran.stdout)["items"] == []


@pytest.mark.parametrize("status, body, code", [
    (200, b"<html>welcome</html>", UNREACHABLE), (200, b"", UNREACHABLE), (200, b"[]", UNREACHABLE),
    (502, b"<html>bad gateway</html>", REFUSED), (302, b"", REFUSED), (500, b'{"code":7}', REFUSED)])
def test_a_server_that_is_not_snapgate_is_said_to_be_none(scripted, status, body, code):
    for path in (LIST, "/admin/v1/clusters"):
        before = scripted.answers.get(path)
        scripted.answers[path] = (status, {}, body)
        ran = get(scripted, "snapshots", "--cluster", "demo", code=code)
        assert "127.0.0.1" in ran.stderr and ran.stdout == ""
        if before:
            scripted.answers[path] = before


def test_a_server_that_speaks_no_http_is_not_reached(scripted):
    listener = socket.create_server(("127.0.0.1", 0))

    def speak():
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(b"220 mail.example.com ESMTP\r\n\r\n")
        connection.close()

    threading.Thread(target=speak, daemon=True).start()
    ran = run_cli("get", "clusters", env={**scripted.environment(scripted.folder),
                                          "SNAPGATE_SERVER": f"http://127.0.0.1:{listener.getsockname()[1]}"})
    listener.close()
    assert ran.returncode == UNREACHABLE, ran.stderr


def test_the_key_goes_to_the_server_and_nowhere_else(scripted):
    scripted.answers["/admin/v1/clusters"] = (302, {"Location": "http://127.0.0.1:1/elsewhere"}, b"")
    ran = get(scripted, "clusters", code=REFUSED)
    assert "sgk_test" not in ran.stderr
    path, headers = scripted.requests[-1]
    assert headers["ApiKey"] == "sgk_test" and "sgk_test" not in path


# On a terminal.

def on_terminal(arguments, environment, columns=80):
    """Runs a command on a terminal of that width; returns its exit code and what it showed."""
    with OnTerminal(arguments, clean_environment(environment), columns) as terminal:
        return terminal.end(), terminal.shown


HOSTILE = "evil\x1b]0;owned\x07\x1b[2J\u009b31m\u202egnp\nnext\r"


@pytest.mark.parametrize("form", ["table", "wide", "json", "yaml", "name"])
@pytest.mark.parametrize("extra", [[], ["--all"]])
def test_nothing_in_the_objects_reaches_the_terminal_as_control(scripted, form, extra):
    item = snapshot("web", "a", vm=HOSTILE)
    item["metadata"]["name"] = HOSTILE
    item["status"]["error"] = {"message": HOSTILE}
    # Raw, as no good server would: JSON allows these bytes in strings.
    body = json.dumps(page([item]), ensure_ascii=False).encode()
    scripted.answers[LIST] = (200, {}, body)
    code, shown = on_terminal(["get", "snapshots", "--cluster", "demo", "-o", form, *extra],
                                    {**scripted.environment(scripted.folder), "NO_COLOR": "1"}, columns=400)
    assert code == OK, shown
    text = shown.decode()
    assert "\x1b" not in text.replace("\x1b[K", "") and "\x07" not in text, text
    assert "\u009b" not in text and "\u202e" not in text, text
    assert "evil" in text


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("extra", [[], ["--all"]])
def test_what_is_piped_hides_nothing_either_and_reads_back_the_same(scripted, form, extra):
    item = snapshot("web", "a")
    item["metadata"]["annotations"] = {"note": HOSTILE, "tag\U000e0041": "\u2066ab\u2069\U000e0042"}
    scripted.answers[LIST] = (200, {}, json.dumps(page([item]), ensure_ascii=False).encode())
    printed = get(scripted, "snapshots", "--cluster", "demo", "-o", form, *extra).stdout
    assert not set(printed) & set("\x1b\x07\r\u009b\u202e\u2066\u2069\U000e0041\U000e0042"), printed
    read = json.loads(printed) if form == "json" else yaml.safe_load(printed)
    assert read["items"] == [item]


def test_errors_cannot_control_the_terminal_either(scripted):
    scripted.answers[LIST] = (404, {}, {"code": "ResourceNotFound", "message": HOSTILE, "details": {}, "ref": "r"})
    for arguments in (["get", "snapshots", "--cluster", "demo"], ["get", "snapshots", "--cluster", HOSTILE]):
        code, shown = on_terminal(arguments, scripted.environment(scripted.folder))
        assert code == REFUSED
        assert b"\x1b]" not in shown and b"\x1b[2J" not in shown and b"\x07" not in shown, shown


@pytest.mark.parametrize("columns", [40, 80, 300])
def test_tables_are_cut_to_the_terminal(scripted, columns):
    item = snapshot("web", "a-rather-long-name-for-a-snapshot", phase="Failed")
    item["status"]["error"] = {"message": "no volume snapshot class fits the storage class of the disk " * 3}
    scripted.answers[LIST] = (200, {}, page([item]))
    code, shown = on_terminal(["get", "snapshots", "--cluster", "demo"],
                              {**scripted.environment(scripted.folder), "NO_COLOR": "1"}, columns)
    assert code == OK
    lines = shown.decode().splitlines()
    assert max(len(line) for line in lines) <= columns, lines
    if columns < 300:
        assert any("…" in line for line in lines), lines
    piped = get(scripted, "snapshots", "--cluster", "demo").stdout
    assert "…" not in piped and item["status"]["error"]["message"].strip() in piped


def test_login_asks_for_the_key_without_showing_it(scripted, tmp_path):
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    address = f"http://127.0.0.1:{scripted.server_address[1]}"
    with OnTerminal(["login", address], clean_environment(environment), columns=200) as terminal:
        terminal.wait_for(b"API key")
        assert not terminal.echoes()
        terminal.type(b"sgk_tyx\x7fped\r")
        assert terminal.end() == OK, terminal.shown
        assert terminal.echoes()
        assert b"sgk_ty" not in terminal.shown
    saved = json.loads((tmp_path / "config" / "snapgate" / "context.json").read_text())
    assert saved["contexts"][saved["current"]]["key"] == "sgk_typed"
    assert scripted.requests[-1][1]["ApiKey"] == "sgk_typed"


def test_login_given_up_leaves_the_terminal_as_it_was(scripted, tmp_path):
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    address = f"http://127.0.0.1:{scripted.server_address[1]}"
    with OnTerminal(["login", address], clean_environment(environment)) as terminal:
        terminal.wait_for(b"API key")
        terminal.type(b"sgk_\x03")
        assert terminal.end() == REFUSED
        assert terminal.echoes()
    assert not (tmp_path / "config").exists()


FLEET = "/v1/spectroclusters/-/vms"


def pages_of_which_the_first_expires(items, **first):
    """Answers to a list of two pages whose second token has expired: the server offers another."""
    def answer(query):
        if "continue=old" in query:
            return 410, {}, expired("new")
        if "continue=new" in query:
            return 200, {}, page(items[1:], version="9")
        return 200, {}, {**page(items[:1], token="old"), **first}
    return answer


@pytest.mark.parametrize("command", [
    ("get", "snapshots", "--all-clusters", "-o", "json"), ("get", "vms", "--all-clusters", "-o", "json")])
def test_a_list_of_the_fleet_that_expires_half_way_goes_on(scripted, command):
    rows = [{"cluster": {"name": "demo"}, "vm": "a", "metadata": {"name": "a"}},
            {"cluster": {"name": "demo"}, "vm": "b", "metadata": {"name": "b"}}]
    scripted.answers[f"{FLEET}/sources"] = (200, {}, {"items": []})
    for question in ("snapshot", "protection"):
        scripted.answers[f"{FLEET}/{question}"] = pages_of_which_the_first_expires(rows)
    ran = run_cli(*command, env=scripted.environment(scripted.folder))
    assert ran.returncode == OK, ran.stderr
    assert [item["metadata"]["name"] for item in json.loads(ran.stdout)["items"]] == ["a", "b"]
    assert "expired" in ran.stderr and "newest" in ran.stderr


def test_a_report_that_expires_half_way_counts_what_is_left(scripted):
    rows = [{"cluster": {"name": "demo", "projectUid": "p-1"}, "vm": vm, "lastAttempt": {"causeClass": "no room"}}
            for vm in ("a", "b")]
    scripted.answers[f"{FLEET}/sources"] = (200, {}, {"items": []})
    scripted.answers[f"{FLEET}/protection"] = pages_of_which_the_first_expires(
        rows, totals={"Protected": 5, "Failing": 2})
    ran = run_cli("report", "protection", "--all-clusters", env=scripted.environment(scripted.folder))
    assert ran.returncode == 4, ran.stderr  # not every VM is protected
    assert "Failing" in ran.stdout and "no room" in ran.stdout
    assert [line.split()[0] for line in ran.stdout.splitlines() if "no room" in line or "Default" in line] == ["2", "2"]


def test_a_deletion_counts_in_one_state_alone(scripted):
    """A good snapshot that went while the list was read would else be counted among those that stay."""
    lists = 0

    def answer(query):
        nonlocal lists
        if "continue=old" in query:
            return 410, {}, expired("new")
        assert "continue=new" not in query, "the listing went on at another state"
        lists += 1
        items = [{**snapshot("web", name), "metadata": {**snapshot("web", name)["metadata"], "clusterName": "demo"}}
                 for name in ("a", "b")]
        return 200, {}, page(items, token="old" if lists == 1 else None)

    scripted.answers[f"{FLEET}/sources"] = (
        200, {}, {"items": [{"cluster": {"name": "demo", "uid": "c-1"}, "state": "Ready"}]})
    scripted.answers[f"{FLEET}/snapshot"] = answer
    ran = run_cli("delete", "snapshots", "--all-clusters", "--older-than", "30d", "--dry-run", "--force",
                  env=scripted.environment(scripted.folder))
    assert ran.returncode == OK, ran.stderr
    assert "2 snapshots would be deleted" in ran.stderr
    assert lists == 3  # the matches twice, and the good ones
