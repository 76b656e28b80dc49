"""A key that is deleted while a request of it is under way: what the request still does, and what its caller is told."""

import json
import re
import socket
import time

import pytest

from harness import PATIENCE, REQUEST_SECONDS, SocketReader, snapshot, vm_path, wait_for
from test_starving_readers import LARGE, LIST_PATH, large, open_starving


def send_objects(connection, objects):
    text = b"".join(json.dumps(one).encode() + b"\n" for one in objects)
    connection.sendall(f"{len(text):x}\r\n".encode() + text + b"\r\n")


def begin_import(server, key, uid, query=""):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=REQUEST_SECONDS)
    connection.sendall("\r\n".join([
        f"POST /admin/v1/clusters/{uid}/import{query} HTTP/1.1", "Host: snapgate", f"ApiKey: {key}",
        "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked", "", ""]).encode())
    return connection


def delete_key(admin, made):
    assert admin.delete(f"/admin/v1/keys/{made['id']}").status in (200, 204)


def test_an_import_stores_nothing_more(server, admin, uid):
    made = admin.create_key(f"importer-{uid}", role="admin")
    with begin_import(server, made["key"], uid) as connection:
        send_objects(connection, [snapshot("early", f"snap-{i:05d}") for i in range(6000)])
        wait_for(lambda: admin.items(uid), "the first batch")
        delete_key(admin, made)
        send_objects(connection, [snapshot("late", f"snap-{i:05d}") for i in range(10)])
        reply = SocketReader(connection).answer()
    assert reply.status == 401 and reply.json()["code"] == "Unauthorized", reply
    message = reply.json()["message"]
    assert "the key was revoked" in message
    created = re.search(r"; before that were: ([0-9,]+) created$", message)
    names = admin.names(uid)
    assert created and int(created[1].replace(",", "")) == len(names) > 0, message
    assert {namespace for namespace, _ in names} == {"early"}


def test_an_import_that_stored_nothing_yet_says_nothing_of_it(server, admin, uid):
    made = admin.create_key(f"importer-{uid}", role="admin")
    with begin_import(server, made["key"], uid) as connection:
        send_objects(connection, [snapshot("early", "one")])
        time.sleep(0.1)
        delete_key(admin, made)
        send_objects(connection, [snapshot("late", "one")])
        connection.sendall(b"0\r\n\r\n")
        reply = SocketReader(connection).answer()
    assert reply.status == 401 and "before that" not in reply.json()["message"], reply
    assert admin.names(uid) == []


def test_a_list_that_is_read_slowly_is_cut_off(server, admin, uid):
    admin.load(uid, [large(f"large-{i}") for i in range(4)])
    made = admin.create_key(f"reader-{uid}")
    with open_starving(server, made["key"], LIST_PATH.format(uid=uid), 1)[0] as connection:
        connection.settimeout(REQUEST_SECONDS)
        got = connection.recv(1)
        delete_key(admin, made)
        begun = time.monotonic()
        while piece := connection.recv(1 << 20):
            got += piece
        assert time.monotonic() - begun < 10 * PATIENCE
    # Not the last chunk either.
    assert got.startswith(b"HTTP/1.1 200") and len(got) < 2 * LARGE and not got.endswith(b"0\r\n\r\n")


def wait_for_body(server, key, method, path, size):
    """A request whose key was taken, and whose body the server waits for."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=REQUEST_SECONDS)
    secret = f"Authorization: Bearer {key}" if path.startswith("/clusters/") else f"ApiKey: {key}"
    media = "application/merge-patch+json" if method == "PATCH" else "application/json"
    connection.sendall("\r\n".join([
        f"{method} {path} HTTP/1.1", "Host: snapgate", secret, f"Content-Type: {media}", f"Content-Length: {size}",
        "Expect: 100-continue", "", ""]).encode())
    assert connection.recv(1 << 10).startswith(b"HTTP/1.1 100 ")
    return connection


KUBE = "/clusters/{uid}/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots"


@pytest.mark.parametrize("method, path, body", [
    ("POST", vm_path("{uid}") + "?namespace=web", {"metadata": {"name": "late"}}),
    ("PUT", vm_path("{uid}", name="there") + "?namespace=web", {"metadata": {"name": "there", "labels": {"late": "yes"}}}),
    ("DELETE", vm_path("{uid}", name="there") + "?namespace=web", {}),
    ("POST", KUBE, snapshot("web", "late")),
    ("PATCH", KUBE + "/there", {"metadata": {"labels": {"late": "yes"}}}),
    ("DELETE", KUBE + "/there", {"apiVersion": "v1", "kind": "DeleteOptions"}),
    ("POST", "/clusters/{uid}/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "late"}}),
    ("POST", "/admin/v1/keys", {"name": "late-{uid}"})])
def test_a_write_whose_body_comes_late_is_not_done(server, admin, uid, method, path, body):
    admin.load(uid, [snapshot("web", "there", "web-01")])
    before = admin.items(uid)
    made = admin.create_key(f"writer-{uid}", role="admin")
    text = json.dumps(body).replace("{uid}", uid).encode()
    with wait_for_body(server, made["key"], method, path.replace("{uid}", uid), len(text)) as connection:
        connection.sendall(text[:len(text) // 2])
        delete_key(admin, made)
        connection.sendall(text[len(text) // 2:])
        reply = SocketReader(connection).answer()
    assert reply.status == 401 and "the key was revoked" in reply.json()["message"], reply
    assert admin.items(uid) == before
    names = [one["metadata"]["name"] for one in admin.get(
        f"/clusters/{uid}/api/v1/namespaces", {"Authorization": f"Bearer {admin.key}"}).json()["items"]]
    assert "late" not in names
    assert not [one for one in admin.get("/admin/v1/keys").json()["items"] if one["name"] == f"late-{uid}"]


def test_a_write_whose_body_comes_late_is_done_while_its_key_is_good(server, admin, uid):
    made = admin.create_key(f"writer-{uid}", role="editor")
    text = b'{"metadata": {"name": "late"}}'
    with wait_for_body(server, made["key"], "POST", vm_path(uid) + "?namespace=web", len(text)) as connection:
        connection.sendall(text)
        assert SocketReader(connection).answer().status == 200
    assert admin.names(uid) == [("web", "late")]
