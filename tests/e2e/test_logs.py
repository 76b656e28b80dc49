"""What the server says of itself: a line a request, errors by their id, and metrics."""

import json
import os
import pty
import re
import select
import subprocess

from harness import BINARY, LIST_ROUTE, PATIENCE, START_SECONDS, clean_environment, metric_of, snapshots, wait_for


def line_of(server, request_id):
    found = wait_for(lambda: [entry for entry in server.log("request") if entry.get("requestId") == request_id],
                     f"the access line of {request_id}")
    assert len(found) == 1
    return found[0]


def test_one_json_line_for_each_request(server, admin, uid):
    admin.load(uid, snapshots(3))
    reply = admin.list(uid, headers={"X-Request-Id": "log-1"}, vmName="vm-1")
    line = line_of(server, "log-1")
    assert (line["method"], line["status"], line["route"]) == ("GET", 200, LIST_ROUTE.format(uid="{}"))
    assert line["path"] == LIST_ROUTE.format(uid=uid)
    assert line["bytes"] == len(reply.body)
    assert 0 <= line["milliseconds"] < 60000
    assert line["level"] == "info"
    assert line["key"] == admin.get("/admin/v1/whoami").json()["id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    admin.list(uid, headers={"X-Request-Id": "log-2"}, limit="x")
    assert (line_of(server, "log-2")["status"], line_of(server, "log-2")["code"]) == (400, "InvalidParameter")
    for text in server.lines:
        assert isinstance(json.loads(text), dict), f"not one JSON line: {text!r}"


def test_no_key_and_no_forged_line_in_the_log(server, admin, uid):
    wrong = "sgk_wrong_" + "Z" * 43
    server.client(wrong).list(uid, headers={"X-Request-Id": "log-3"})
    line_of(server, "log-3")
    made = admin.create_key(f"logged-{uid}")
    assert admin.get("/nothing%0A%7B%22message%22%3A%22forged%22%7D", headers={"X-Request-Id": "log-4"}).status == 404
    line_of(server, "log-4")
    server.raw(b"GET /x\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n")
    text = "\n".join(server.lines)
    for secret in (wrong, made["key"], server.admin_key):
        assert secret not in text
    assert not server.log("forged")
    assert "\x1b" not in text


def test_the_access_log_can_be_switched_off(start_server):
    server = start_server("--access-log", "off")
    assert server.client().get("/livez").status == 200
    server.stop()
    assert not server.log("request")
    assert server.log("listening")


def test_readable_text_on_a_terminal(data_dir):
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(BINARY), "serve", "--listen", "127.0.0.1:0", "--data-dir", str(data_dir)],
                               stderr=theirs, stdin=subprocess.DEVNULL, env=clean_environment())
    os.close(theirs)
    text = ""

    def listening():
        nonlocal text
        if select.select([ours], [], [], 0.2)[0]:
            text += os.read(ours, 65536).decode()
        return "listening" in text

    wait_for(listening, "the line 'listening'", START_SECONDS / PATIENCE)
    process.terminate()
    assert process.wait(START_SECONDS) == 0
    os.close(ours)
    line = next(line for line in text.splitlines() if "listening" in line)
    assert not line.startswith("{")
    assert "port=" in line


def test_metrics(server, admin, uid):
    route = LIST_ROUTE.format(uid="{}")
    admin.load(uid, snapshots(7))
    before = admin.metrics()
    assert metric_of(before, "snapgate_objects", cluster=uid) == 7
    for _ in range(5):
        admin.list(uid)
    admin.list("no-such-cluster")

    def counted():
        text = admin.metrics()
        got = metric_of(text, "snapgate_http_requests_total", route=route, code="200") or 0
        had = metric_of(before, "snapgate_http_requests_total", route=route, code="200") or 0
        return text if got - had == 5 else None

    reply = admin.get("/metrics")
    assert reply.header("Content-Type").startswith("text/plain; version=0.0.4")
    text = wait_for(counted, "five requests to be counted")
    assert metric_of(text, "snapgate_http_requests_total", route=route, code="404") >= 1
    assert metric_of(text, "snapgate_http_request_duration_seconds_count", route=route) >= 5
    assert metric_of(text, "snapgate_http_request_duration_seconds_bucket", route=route, le="+Inf") >= 5
    assert metric_of(text, "snapgate_connections") >= 1
    assert metric_of(text, "snapgate_store_commits_total") >= 1
    assert metric_of(text, "snapgate_store_file_bytes") > 0
    assert "cluster-" not in "".join(line for line in text.splitlines() if "http_requests_total" in line)


def test_paths_that_are_no_route_make_no_series(admin):
    for number in range(50):
        admin.get(f"/made-up/{number}")
    text = admin.metrics()
    assert "made-up" not in text
    assert text.count("snapgate_http_requests_total{") < 60
