"""Nobody reads the log: requests are answered, SIGTERM ends the server, and what was lost is said."""

import http.client
import json
import os
import select
import signal
import subprocess

import pytest

from harness import BINARY, PATIENCE, START_SECONDS, Client, clean_environment, free_port, run_cli, wait_for

# Each is a line of some 250 bytes: several times what a pipe and the server hold.
REQUESTS = 12_000
LOST = "lines of this log were lost, as nothing took them"


class StuckLog:
    """A server whose stderr is a pipe that is read when a test says so."""

    def __init__(self, data_dir, *arguments):
        self.data_dir = data_dir
        self.ours, theirs = os.pipe()
        environment = clean_environment({"XDG_CONFIG_HOME": str(data_dir.with_name("config"))})
        self.process = subprocess.Popen(
            [str(BINARY), "serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs, env=environment)
        os.close(theirs)
        self.text = b""
        wait_for(lambda: self.read(0.1) and self.lines("listening"), "the line 'listening'", START_SECONDS / PATIENCE)
        self.client = Client(self.lines("listening")[0]["port"], (data_dir / "admin.key").read_text().strip(), keep=True)

    def read(self, seconds):
        """What comes within that time; true also if nothing does."""
        if select.select([self.ours], [], [], seconds)[0]:
            self.text += os.read(self.ours, 1 << 20)
        return True

    def lines(self, message=None):
        whole = self.text[:self.text.rfind(b"\n") + 1].decode().splitlines()
        return [line for line in map(json.loads, whole) if message in (None, line["message"])]

    def fill(self):
        for _ in range(REQUESTS):
            assert self.client.get("/livez").status == 200

    def dropped(self):
        return self.client.metric("snapgate_log_lines_dropped_total")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(6 * PATIENCE) == 0

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.ours)


@pytest.fixture
def stuck(data_dir):
    servers = []

    def start(*arguments):
        servers.append(StuckLog(data_dir, *arguments))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_a_log_that_nobody_reads_holds_no_request_up_and_sigterm_ends_the_server(stuck):
    server = stuck("--threads", "2")
    server.fill()
    assert server.dropped() > 0
    server.end()


def test_what_was_lost_is_said_once_the_log_flows_again(stuck):
    server = stuck()
    server.fill()
    wait_for(lambda: server.read(0.2) and server.lines(LOST), "the line that says how many were lost", 30)
    lost = server.dropped()
    assert 0 < lost < REQUESTS
    assert [(line["level"], line["lines"]) for line in server.lines(LOST)] == [("warning", lost)]
    # Every other line is whole and in its order; as many are missing as it says.
    times = [line["time"] for line in server.lines()]
    assert times == sorted(times)
    assert server.client.get("/livez", headers={"X-Request-Id": "flows"}).status == 200
    wait_for(lambda: server.read(0.2) and any(line.get("requestId") == "flows" for line in server.lines()), "new lines")
    assert server.dropped() == lost
    answered = REQUESTS + 3
    wait_for(lambda: server.read(0.2) and len(server.lines("request")) + lost == answered, "every other line")
    server.end()


def test_a_warning_has_its_place_where_requests_have_none(stuck, data_dir):
    config = data_dir.with_name("settings.yaml")
    config.write_text("log-level: info\n")
    server = stuck("--config", str(config))
    server.fill()
    config.write_text("log-level: loud\n")
    server.process.send_signal(signal.SIGHUP)
    server.fill()
    assert server.dropped() > 0
    wait_for(lambda: server.read(0.2) and server.lines("cannot read the settings again: the old ones stay in use"),
             "the error", 30)
    server.end()


def test_a_server_that_cannot_start_ends_though_nobody_reads_why(data_dir):
    data_dir.mkdir()
    (data_dir / "store").write_text("no folder")
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    try:
        while True:
            os.write(theirs, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(theirs, True)
    process = subprocess.Popen([str(BINARY), "serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0"],
                               stderr=theirs, stdin=subprocess.DEVNULL, env=clean_environment())
    os.close(theirs)
    try:
        assert process.wait(10 * PATIENCE) == 1
    finally:
        process.kill()
        os.close(ours)
    assert "snapgate serve: " in run_cli("serve", "--data-dir", data_dir, "--listen", "127.0.0.1:0").stderr


def test_a_slow_reader_gets_every_line(stuck):
    """Less than the server holds: nothing is lost, however slowly it is read."""
    server = stuck()
    for number in range(2000):
        assert server.client.get("/livez", headers={"X-Request-Id": f"slow-{number}"}).status == 200
    wait_for(lambda: server.read(0.01) and len(server.lines("request")) == 2000, "every line", 60)
    assert [line["requestId"] for line in server.lines("request")] == [f"slow-{number}" for number in range(2000)]
    assert server.dropped() == 0
    server.end()


def test_what_is_queued_is_written_at_the_end(stuck):
    server = stuck()
    for _ in range(150):
        assert server.client.get("/livez").status == 200
    server.end()
    wait_for(lambda: server.read(0.2) and server.lines("stopped"), "the last line")
    assert len(server.lines("request")) == 150
    assert [line["message"] for line in server.lines()][-2:] == ["stopping", "stopped"]


class served:
    """A server on a known port, without its log."""

    def __init__(self, data_dir, **options):
        self.data_dir = data_dir
        self.options = options

    def __enter__(self):
        port = free_port()
        self.process = subprocess.Popen(
            [str(BINARY), "serve", "--data-dir", str(self.data_dir), "--listen", f"127.0.0.1:{port}"],
            env=clean_environment(), **self.options)

        def key():
            try:
                Client(port).get("/livez")
                return (self.data_dir / "admin.key").read_text().strip()
            except (OSError, http.client.HTTPException):
                return self.process.poll() is not None and "ended"

        return Client(port, wait_for(key, "the server", START_SECONDS / PATIENCE), keep=True)

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        try:
            code = self.process.wait(10 * PATIENCE)
        finally:
            self.process.kill()
        assert kind is not None or code == 0


def closed_pipe():
    ours, theirs = os.pipe()
    os.close(ours)
    return theirs


@pytest.mark.parametrize("stderr", [closed_pipe, lambda: os.open("/dev/full", os.O_WRONLY)], ids=["closed pipe", "full"])
def test_a_log_that_cannot_be_written(data_dir, stderr):
    target = stderr()
    with served(data_dir, stderr=target) as client:
        os.close(target)
        assert [client.get("/livez").status for _ in range(50)] == [200] * 50
        # Access lines are counted as lost, too.
        wait_for(lambda: client.metric("snapgate_log_lines_dropped_total") >= 50, "the count")


@pytest.mark.parametrize("closed", [[2], [0, 1, 2], [1, 2]])
def test_closed_descriptors_are_not_taken_by_the_store(data_dir, closed):
    """The log went into whatever file got the number 2."""
    for _ in range(2):
        with served(data_dir, preexec_fn=lambda: [os.close(fd) for fd in closed]) as client:
            assert [client.get("/livez").status for _ in range(50)] == [200] * 50
            assert client.get("/admin/v1/clusters").status == 200
    for file in [data_dir / "lock", *(data_dir / "store").iterdir()]:
        assert b'"message"' not in file.read_bytes(), f"{file} has lines of the log in it"
