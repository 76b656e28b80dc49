"""What a write to the registry costs does not grow with the registry. Counted in bytes that the server writes, which a busy machine
does not change as it does a time. What is read and kept in memory is counted in src/store/record_table_test.cpp."""

import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import REQUEST_SECONDS

FEW = 10
MANY = 10_000
# Writes that wait at the same time share a commit.
CONNECTIONS = 32
AT_ONCE = 50
ROUNDS = 5
# A row lies a level or two deeper among many, in each of the few trees that a commit touches. All rows have some 2,600,000 bytes.
MOST_GROWTH = 48 * 1024


def written(server):
    """How many bytes the process has passed to write calls: to its data file, as answers go by another call."""
    return int(re.search(r"^wchar: (\d+)$", Path(f"/proc/{server.process.pid}/io").read_text(), re.MULTILINE).group(1))


def make_keys(server, prefix, count):
    """Makes keys fast: a connection sends many requests before it reads their answers."""
    def request(number):
        body = json.dumps({"name": f"{prefix}-{number}"})
        return (f"POST /admin/v1/keys HTTP/1.1\r\nHost: a\r\nApiKey: {key}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def run(numbers):
        with socket.create_connection(("127.0.0.1", server.port), timeout=REQUEST_SECONDS) as connection:
            for first in range(0, len(numbers), AT_ONCE):
                sent = [request(number) for number in numbers[first:first + AT_ONCE]]
                connection.sendall(b"".join(sent))
                received = b""
                while received.count(b"HTTP/1.1 ") < len(sent):
                    piece = connection.recv(1 << 16)
                    assert piece, received[-1000:]
                    received += piece
                assert received.count(b"HTTP/1.1 201 ") == len(sent), received[-1000:]

    key = server.admin_key
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in pool.map(run, [range(first, count, CONNECTIONS) for first in range(CONNECTIONS)]):
            pass


def costs(server, client, name):
    """What each kind of write costs once, in bytes, by its name."""
    found = {}

    def count(what, method, target, body=None):
        before = written(server)
        reply = client.request(method, target, body)
        assert reply.status < 300, (what, reply)
        found[what] = written(server) - before
        assert found[what] > 0, "what is acknowledged is on the disk"
        return reply

    key = count("create a key", "POST", "/admin/v1/keys", {"name": name}).json()["id"]
    count("delete a key", "DELETE", f"/admin/v1/keys/{key}")
    project = count("create a project", "POST", "/admin/v1/projects", {"name": name}).json()["uid"]
    count("change a project", "PUT", f"/admin/v1/projects/{project}/quota", {"keys": 7})
    count("create a cluster", "POST", "/admin/v1/clusters", {"name": name, "uid": name, "projectUid": project})
    count("change a cluster", "PUT", f"/admin/v1/clusters/{name}/imports", {"expectedEvery": "1d"})
    count("delete a cluster", "DELETE", f"/admin/v1/clusters/{name}")
    count("delete a project", "DELETE", f"/admin/v1/projects/{project}")
    return found


def least_costs(server, client, name):
    """The same, the least of some rounds: now and then a commit, of that write or of another, also does work that was put off."""
    rounds = [costs(server, client, f"{name}-{number}") for number in range(ROUNDS)]
    return {what: min(one[what] for one in rounds) for what in rounds[0]}


def test_a_write_costs_the_same_among_many_keys(start_server):
    server = start_server()
    client = server.client(keep=True)
    make_keys(server, "few", FEW)
    among_few = least_costs(server, client, "among-few")
    make_keys(server, "many", MANY - FEW)
    assert len(client.get("/admin/v1/keys").json()["items"]) > MANY
    among_many = least_costs(server, client, "among-many")
    for what, few in among_few.items():
        assert among_many[what] - few < MOST_GROWTH, (what, few, among_many[what])
