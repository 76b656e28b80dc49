"""Each way to make two readers of one byte stream disagree about where a request ends: 400, and the
connection is closed before anything of what follows is read as a request."""

import pytest

from harness import PATIENCE

CHUNKED = b"0\r\n\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = b"5\r\nhello\r\n0\r\n\r\n"

WAYS = {
    "no host": b"GET /livez HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two equal hosts": b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "te and cl": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + BODY,
    "cl and te": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY,
    "te gzip": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n" + BODY,
    "te chunked, gzip": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n" + BODY,
    "te gzip, chunked": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + BODY,
    "te twice": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY,
    "te identity": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
    "te empty": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n" + BODY,
    "te xchunked": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n" + BODY,
    "te in capitals": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: CHUNKED\r\n\r\n" + BODY,
    "te quoted": b'POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "chunked"\r\n\r\n' + BODY,
    "te with a blank before the colon": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n" + BODY,
    "te with a vertical tab": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n" + BODY,
    "te in http 1.0": b"POST /livez HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY,
    "two different lengths": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "two equal lengths": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "length as a list": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello",
    "negative length": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
    "signed length": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
    "hex length": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello",
    "length with a tail": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5 6\r\n\r\nhello",
    "length beyond 64 bits": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551621\r\n\r\nhello",
    "empty length": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nhello",
    "folded header": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n folded\r\n\r\n",
    "folded header with a tab": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n\tTransfer-Encoding: chunked\r\n\r\n",
    "folded first line": b"GET /livez HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n",
    "bare cr in a value": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: 1\rX-B: 2\r\n\r\n",
    "nul in a value": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
    "blank in a name": b"GET /livez HTTP/1.1\r\nHost: x\r\nX A: 1\r\n\r\n",
    "no colon": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A\r\n\r\n",
    "empty name": b"GET /livez HTTP/1.1\r\nHost: x\r\n: 1\r\n\r\n",
    "no version": b"GET /livez\r\nHost: x\r\n\r\n",
    "http 0.9": b"GET /livez\r\n\r\n",
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http 1.2": b"GET /livez HTTP/1.2\r\nHost: x\r\n\r\n",
    "two blanks": b"GET  /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "tab between": b"GET\t/livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "control byte in the target": b"GET /li\x01vez HTTP/1.1\r\nHost: x\r\n\r\n",
    "garbage": b"\x00\x01\x02\x03 hello\r\n\r\n",
}


def answers_of(answer):
    return [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]


@pytest.mark.parametrize("way", WAYS, ids=[name.replace(" ", "-") for name in WAYS])
def test_a_request_that_two_readers_read_differently_is_refused(server, way):
    answer = server.raw(WAYS[way] + NEXT, until_close=True, timeout=20 * PATIENCE)
    lines = answers_of(answer)
    assert len(lines) == 1, f"{way}: {answer!r}"
    assert lines[0].split(b" ")[1] == b"400", f"{way}: {answer!r}"
    assert b"\r\nconnection: close" in answer.lower()
    assert b'"code":"InvalidParameter"' in answer.replace(b" ", b"")


CHUNKS = {
    "size is no number": b"xyz\r\nhello\r\n0\r\n\r\n",
    "negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "size with a prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "size beyond 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "no end after the data": b"5\r\nhelloX\r\n0\r\n\r\n",
    "blank before the size": b" 5\r\nhello\r\n0\r\n\r\n",
    "blank in the size": b"5 5\r\nhello\r\n0\r\n\r\n",
    "empty size": b"\r\nhello\r\n0\r\n\r\n",
    "lf alone after the size": b"5\nhello\r\n0\r\n\r\n",
    "lf in an extension": b"5;a=\n1\r\nhello\r\n0\r\n\r\n",
    "cr alone after the data": b"5\r\nhello\r0\r\n\r\n",
}


@pytest.mark.parametrize("way", CHUNKS, ids=[name.replace(" ", "-") for name in CHUNKS])
def test_a_broken_chunk_ends_the_connection(server, way):
    head = (f"POST /admin/v1/projects HTTP/1.1\r\nHost: x\r\nApiKey: {server.admin_key}\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
    answer = server.raw(head + CHUNKS[way] + NEXT, until_close=True, timeout=20 * PATIENCE)
    lines = answers_of(answer)
    assert len(lines) <= 1, f"{way}: {answer!r}"
    assert not lines or lines[0].split(b" ")[1] == b"400", f"{way}: {answer!r}"


def test_after_all_that_the_server_serves(server, admin):
    assert admin.get("/livez").status == 200


@pytest.mark.parametrize("host", [b"x", b"127.0.0.1:8080", b"[::1]:8080", b"snapgate.example.org"])
def test_sane_requests_pass(server, host):
    answer = server.raw(b"GET /livez HTTP/1.1\r\nhOsT:" + host + b"  \r\nConnection: close\r\n\r\n", until_close=True)
    assert answer.startswith(b"HTTP/1.1 200 ")
    answer = server.raw(b"POST /livez HTTP/1.1\r\nHost: x\r\nTRANSFER-encoding:chunked\r\nConnection: close\r\n\r\n" + BODY,
                        until_close=True)
    assert answer.startswith(b"HTTP/1.1 405 ")
