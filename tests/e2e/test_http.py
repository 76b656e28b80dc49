"""HTTP/1.1 over real sockets: what clients and proxies rely on."""

import gzip
import socket

import pytest

from harness import LIST_ROUTE, PATIENCE, REQUEST_SECONDS, SocketReader, snapshots


@pytest.fixture
def loaded(admin, uid):
    admin.load(uid, snapshots(60, ["a", "b"]))
    return uid


@pytest.fixture
def connection(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=REQUEST_SECONDS) as opened:
        yield opened


def text_of(server, method, target, *headers):
    lines = [f"{method} {target} HTTP/1.1", "Host: snapgate", f"ApiKey: {server.admin_key}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def test_head_answers_as_get_without_a_body(server, admin, loaded, connection):
    for target in (LIST_ROUTE.format(uid=loaded), "/livez", "/version", "/admin/v1/clusters", "/nothing"):
        got = admin.get(target)
        connection.sendall(text_of(server, "HEAD", target))
        head = SocketReader(connection).answer(head_only=True)
        assert head.status == got.status
        for name in ("Content-Type", "ETag", "Cache-Control"):
            assert head.header(name) == got.header(name), (target, name)
        if target != "/nothing":  # its body holds the request's id
            assert head.header("Content-Length") == got.header("Content-Length")
    # The connection goes on: nothing of a body was sent.
    connection.sendall(text_of(server, "GET", "/livez"))
    assert SocketReader(connection).answer().body == b"ok\n"


def test_304_has_no_body_and_the_connection_goes_on(server, admin, loaded, connection):
    target = LIST_ROUTE.format(uid=loaded)
    etag = admin.get(target).header("ETag")
    reader = SocketReader(connection)
    for method in ("GET", "HEAD"):
        connection.sendall(text_of(server, method, target, f"If-None-Match: {etag}"))
        assert reader.answer(head_only=True).status == 304
    connection.sendall(text_of(server, "GET", "/livez"))
    assert reader.answer().body == b"ok\n"


@pytest.mark.parametrize("accept, packed", [
    ("gzip", True), ("gzip, deflate, br", True), ("GZIP", True), ("deflate, gzip;q=0.5", True), ("*", None),
    ("identity", False), ("gzip;q=0", False), ("gzip;q=0.0, identity", False), ("br", False), ("", False),
    ("x-not-gzip", False)])
def test_gzip_when_the_client_accepts_it(admin, loaded, accept, packed):
    plain = admin.list(loaded)
    reply = admin.list(loaded, headers={"Accept-Encoding": accept})
    assert reply.status == 200
    encoding = reply.header("Content-Encoding")
    assert encoding in (None, "gzip")
    if packed is not None:
        assert (encoding == "gzip") == packed
    assert int(reply.header("Content-Length")) == len(reply.body)
    assert reply.text() == plain.text()
    assert "accept-encoding" in (reply.header("Vary") or "").lower()
    if encoding == "gzip":
        assert len(reply.body) < len(plain.body)
        assert gzip.decompress(reply.body).decode() == plain.text()


def test_gzip_and_304(admin, loaded):
    packed = admin.list(loaded, headers={"Accept-Encoding": "gzip"})
    etag = packed.header("ETag")
    assert admin.list(loaded, headers={"Accept-Encoding": "gzip", "If-None-Match": etag}).status == 304
    plain = admin.list(loaded).header("ETag")
    # One tag for two encodings is right only for a weak one.
    assert etag != plain or etag.startswith("W/")


def test_small_answers_are_not_packed(admin):
    assert admin.get("/livez", headers={"Accept-Encoding": "gzip"}).header("Content-Encoding") is None
    assert admin.get("/nothing", headers={"Accept-Encoding": "gzip"}).header("Content-Encoding") is None


def test_pipelined_requests_are_answered_in_order(server, loaded, connection):
    target = LIST_ROUTE.format(uid=loaded)
    batch = b""
    for number in range(1, 41):
        batch += text_of(server, "GET", f"{target}?limit={number}", f"X-Request-Id: r-{number}")
    batch += text_of(server, "GET", "/nothing") + text_of(server, "HEAD", "/livez")
    batch += text_of(server, "POST", "/admin/v1/projects", "Content-Length: 2") + b"{}"
    batch += text_of(server, "GET", "/livez")
    connection.sendall(batch)
    reader = SocketReader(connection)
    for number in range(1, 41):
        answer = reader.answer()
        assert answer.header("X-Request-Id") == f"r-{number}"
        assert len(answer.json()["items"]) == number
    assert reader.answer().status == 404
    assert reader.answer(head_only=True).status == 200
    assert reader.answer().status == 400
    assert reader.answer().body == b"ok\n"


def test_a_connection_is_kept_and_closed_as_asked(server, connection):
    reader = SocketReader(connection)
    for _ in range(3):
        connection.sendall(text_of(server, "GET", "/livez"))
        assert reader.answer().status == 200
    connection.sendall(text_of(server, "GET", "/livez", "Connection: close"))
    assert reader.answer().header("Connection").lower() == "close"
    assert connection.recv(1) == b""


def test_http_1_0_closes(server):
    answer = server.raw(b"GET /livez HTTP/1.0\r\nHost: x\r\n\r\n", until_close=True)
    assert b" 200 " in answer.split(b"\r\n")[0]
    assert answer.endswith(b"ok\n")


def test_expect_100_continue(server, admin, connection):
    reader = SocketReader(connection)
    body = b'{"name":"expected"}'
    connection.sendall(text_of(server, "POST", "/admin/v1/projects", "Content-Type: application/json",
                               f"Content-Length: {len(body)}", "Expect: 100-continue"))
    assert reader.answer().status == 100
    connection.sendall(body)
    assert reader.answer().status == 201
    connection.sendall(text_of(server, "GET", "/livez"))
    assert reader.answer().status == 200


def test_expect_100_continue_is_not_given_to_who_is_refused(server, connection):
    request = text_of(server, "POST", "/admin/v1/projects", "Content-Type: text/plain", "Content-Length: 100000",
                      "Expect: 100-continue")
    connection.sendall(request)
    assert SocketReader(connection).answer().status == 415


def test_a_request_that_comes_byte_by_byte(server, connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in text_of(server, "GET", "/livez"):
        connection.sendall(bytes([byte]))
    assert SocketReader(connection).answer().body == b"ok\n"


def test_a_chunked_body_with_extensions_and_trailers(server, admin, connection):
    connection.sendall(text_of(server, "POST", "/admin/v1/projects", "Content-Type: application/json",
                               "Transfer-Encoding: chunked"))
    for piece in (b"9;ext=1\r\n", b'{"name":"\r\n', b"A\r\n", b'chunked"} \r\n', b"0\r\n", b"X-Trailer: 1\r\n", b"\r\n"):
        connection.sendall(piece)
    assert SocketReader(connection).answer().status == 201


def test_a_body_cut_off_changes_nothing(server, admin):
    request = text_of(server, "POST", "/admin/v1/projects", "Content-Type: application/json", "Content-Length: 100")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(request + b'{"name":"cut-off"}')
    assert "cut-off" not in admin.get("/admin/v1/projects").text()


def test_an_unread_body_does_not_become_the_next_request(server, connection):
    body = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    connection.sendall(text_of(server, "POST", "/nothing", f"Content-Length: {len(body)}") + body
                       + text_of(server, "GET", "/livez"))
    reader = SocketReader(connection)
    assert reader.answer().status == 404
    assert reader.answer().body == b"ok\n"


def test_many_idle_connections_do_no_harm(server, admin):
    opened = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    assert admin.get("/livez").status == 200
    for connection in opened:
        connection.close()


def test_a_connection_cap_refuses_clearly(start_server):
    server = start_server("--max-connections", "5", "--peer-connections", "5")
    opened = [socket.create_connection(("127.0.0.1", server.port), timeout=REQUEST_SECONDS) for _ in range(5)]
    for connection in opened:
        connection.sendall(text_of(server, "GET", "/livez"))
        assert SocketReader(connection).answer().status == 200
    answer = server.raw(text_of(server, "GET", "/version"), until_close=True, timeout=10 * PATIENCE)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"connections" in answer
    # Health has places of its own.
    for path in ("/livez", "/readyz"):
        answer = server.raw(text_of(server, "GET", path), until_close=True, timeout=10 * PATIENCE)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer.lower()
    for connection in opened:
        connection.close()
    # Room again.
    for _ in range(100):
        answer = server.raw(text_of(server, "GET", "/version", "Connection: close"), until_close=True)
        if b" 200 " in answer[:20]:
            break
    assert b" 200 " in answer[:20]


@pytest.mark.parametrize("flags, served", [
    ([], 3), (["--peer-connections", "2"], 2), (["--trusted-proxies", "10.0.0.0/8,127.0.0.0/8"], 6)])
def test_a_peer_has_a_share_of_the_connections(start_server, flags, served):
    server = start_server("--max-connections", "6", *flags)
    opened = [socket.create_connection(("127.0.0.1", server.port), timeout=REQUEST_SECONDS) for _ in range(served)]
    for connection in opened:
        connection.sendall(text_of(server, "GET", "/version"))
        assert SocketReader(connection).answer().status == 200
    answer = server.raw(text_of(server, "GET", "/version"), until_close=True, timeout=10 * PATIENCE)
    assert answer.startswith(b"HTTP/1.1 503 ")
    # Another address is served, if there is room.
    with socket.create_connection(("127.0.0.1", server.port), REQUEST_SECONDS, ("127.0.0.2", 0)) as other:
        other.sendall(text_of(server, "GET", "/version"))
        assert SocketReader(other).answer().status == (200 if served < 6 else 503)
    for connection in opened:
        connection.close()


def test_health_answers_however_many_stay_silent_at_the_cap(start_server):
    """Above the cap there are 256 places, 64 of one address: six addresses could hold them all."""
    server = start_server("--max-connections", "1")
    silent = [socket.create_connection(("127.0.0.1", server.port))]

    def say_nothing(count):
        silent.extend(socket.create_connection(("127.0.0.1", server.port), source_address=(f"127.0.0.{number % 6 + 10}", 0))
                      for number in range(count))

    try:
        say_nothing(400)
        for path in ["/livez", "/readyz"] * 10:
            answer = server.raw(text_of(server, "GET", path), until_close=True, timeout=10 * PATIENCE)
            assert answer.startswith(b"HTTP/1.1 200 "), (path, answer)
            say_nothing(20)
    finally:
        for connection in silent:
            connection.close()


def test_health_answers_over_tls_at_the_cap(start_server):
    server = start_server("--max-connections", "1", "--tls-self-signed")
    client = server.client(tls=True, keep=True)
    assert client.get("/version").status == 200
    assert server.client(tls=True).get("/livez").status == 200
    assert server.client(tls=True).get("/version").status == 503


def test_options_and_trace_and_connect_do_nothing(server, admin):
    for method in ("OPTIONS", "TRACE"):
        assert admin.request(method, "/livez").status in (404, 405)
    answer = server.raw(b"CONNECT evil:80 HTTP/1.1\r\nHost: evil:80\r\nConnection: close\r\n\r\n")
    assert answer[9:12] in (b"400", b"404", b"405")
