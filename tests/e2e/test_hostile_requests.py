"""Hostile requests by the hundred: broken framing, paths, queries and headers, each with its exact answer.

A row of a short table of places meets each row of a short table of hostile texts. The answers are in
testdata/hostile_requests.txt (hostile.py says how they are written)."""

import pytest

from hostile import UID, Hostile, request, run
from kube import snapshots_path

CLUSTER = f"/v1/spectroclusters/{UID}/vms"
KUBE = f"/clusters/{UID}"
LIST = f"{CLUSTER}/snapshot"
KUBE_LIST = f"{KUBE}{snapshots_path()}"

# Where a request names something: the method, and the path with {} for the name.
PLACES = {
    "cluster of a list": ("GET", "/v1/spectroclusters/{}/vms/snapshot"),
    "vm of a get": ("GET", CLUSTER + "/{}/snapshot/one"),
    "name of a get": ("GET", CLUSTER + "/web-01/snapshot/{}"),
    "vm of a create": ("POST", CLUSTER + "/{}/snapshot"),
    "name of a delete": ("DELETE", CLUSTER + "/web-01/snapshot/{}"),
    "kube cluster": ("GET", "/clusters/{}/api/v1/namespaces"),
    "kube namespace": ("GET", KUBE + snapshots_path("{}")),
    "kube name": ("GET", KUBE + snapshots_path("default", "{}")),
    "kube name of a delete": ("DELETE", KUBE + snapshots_path("default", "{}")),
    "kube group": ("GET", KUBE + "/apis/{}"),
    "registry's cluster": ("GET", "/admin/v1/clusters/{}"),
    "key": ("DELETE", "/admin/v1/keys/{}"),
    "project": ("DELETE", "/admin/v1/projects/{}"),
}
NAMES = {
    "nul": "%00", "name and nul": "one%00", "line feed": "%0d%0a", "escape": "%1b%5b2J", "delete": "%7f",
    "c1 control": "%c2%9b", "right to left": "%e2%80%ae", "zero width": "%e2%80%8b", "overlong slash": "%c0%af",
    "surrogate": "%ed%a0%80", "lone byte": "%ff", "half an escape": "%4", "no escape": "%zz", "percent alone": "%",
    "dots": "..", "encoded dots": "%2e%2e", "encoded slash": "..%2f..%2fetc", "encoded twice": "%252e%252e%252f",
    "backslash": "..%5c", "empty": "", "blank": "%20", "quote": "%22", "markup": "%3Cscript%3E", "capitals": "ONE",
    "too long": "a" * 300, "much too long": "a" * 5000, "parameters": "one;x=1", "star": "*",
}

# Where a query says something.
PARAMETERS = {
    "limit": LIST, "continue": LIST, "vmName": LIST, "namespace": LIST, "labelSelector": LIST, "createdAfter": LIST,
    "sort": LIST, "phase": LIST,
    "kube limit": KUBE_LIST, "kube continue": KUBE_LIST, "kube labelSelector": KUBE_LIST, "kube fieldSelector": KUBE_LIST,
    "kube resourceVersion": KUBE_LIST, "kube resourceVersionMatch": KUBE_LIST, "kube timeoutSeconds": KUBE_LIST + "?watch=1",
}
VALUES = {
    "nul": "%00", "text": "many%21", "negative": "-1", "beyond 64 bits": "18446744073709551616", "huge": "9" * 400,
    "fraction": "1.5", "hexadecimal": "0x10", "escape": "%1b%5b2J", "right to left": "%e2%80%ae", "not utf-8": "%ff%fe",
    "half an escape": "1%4", "brackets": "%28%28%28%28", "very long": "a" * 3000,
    "as long as fits": "a" * 60_000, "900 wrong values": "k+in+(" + ",".join(f"~{i}" for i in range(900)) + ")",
    "1,001 values": "k+in+(" + ",".join(f"v{i}" for i in range(1001)) + ")",
}

PLAIN = "GET /livez HTTP/1.1\r\n"
HEADS = {
    "no method": " /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "method of 33 letters": "G" * 33 + " /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "method with a bracket": "GE(T /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "method in small letters": "get /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "method TRACE": "TRACE /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "method CONNECT": "CONNECT livez:443 HTTP/1.1\r\nHost: livez:443\r\n\r\n",
    "no target": "GET HTTP/1.1\r\nHost: x\r\n\r\n",
    "target without a slash": "GET livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "target of another host": "GET http://other/livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "target with a user": "GET http://user@x/livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "target star": "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    "target with a fragment": "GET /livez#top HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "target with a backslash": "GET \\livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "target with raw utf-8": b"GET /liv\xc3\xa9z HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "target with a tab": "GET /li\tvez HTTP/1.1\r\nHost: x\r\n\r\n",
    "target with nul": "GET /livez\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "target of 65,537 bytes": f"GET /{'a' * 65536} HTTP/1.1\r\nHost: x\r\n\r\n",
    "version 1.10": "GET /livez HTTP/1.10\r\nHost: x\r\n\r\n",
    "version 3": "GET /livez HTTP/3.0\r\nHost: x\r\n\r\n",
    "version in small letters": "GET /livez http/1.1\r\nHost: x\r\n\r\n",
    "more after the version": "GET /livez HTTP/1.1 x\r\nHost: x\r\n\r\n",
    "lf alone after the request line": "GET /livez HTTP/1.1\nHost: x\r\n\r\n",
    "lf alone everywhere": "GET /livez HTTP/1.1\nHost: x\n\n",
    "no host": PLAIN + "\r\n",
    "two hosts": PLAIN + "Host: x\r\nHost: y\r\n\r\n",
    "empty host": PLAIN + "Host:\r\nConnection: close\r\n\r\n",
    "host with a slash": PLAIN + "Host: x/y\r\n\r\n",
    "host with a user": PLAIN + "Host: a@x\r\n\r\n",
    "host with a blank": PLAIN + "Host: x y\r\n\r\n",
    "host with a port that is none": PLAIN + "Host: x:99999999\r\n\r\n",
    "host with half a bracket": PLAIN + "Host: [::1\r\n\r\n",
    "header without a colon": PLAIN + "Host: x\r\nX-A\r\n\r\n",
    "header without a name": PLAIN + "Host: x\r\n: 1\r\n\r\n",
    "header name with a blank": PLAIN + "Host: x\r\nX A: 1\r\n\r\n",
    "header name before a blank": PLAIN + "Host: x\r\nX-A : 1\r\n\r\n",
    "header name in utf-8": PLAIN.encode() + b"Host: x\r\nX-\xc3\xa9: 1\r\n\r\n",
    "header folded": PLAIN + "Host: x\r\nX-A: 1\r\n 2\r\n\r\n",
    "header with a bare cr": PLAIN + "Host: x\r\nX-A: 1\r2\r\n\r\n",
    "header with nul": PLAIN + "Host: x\r\nX-A: 1\0\r\n\r\n",
    "header with an escape": PLAIN + "Host: x\r\nX-A: \x1b[2J\r\n\r\n",
    "header with delete": PLAIN + "Host: x\r\nX-A: \x7f\r\n\r\n",
    "201 header lines": PLAIN + "Host: x\r\n" + "X-A: 1\r\n" * 200 + "\r\n",
    "header line of 90,000 bytes": PLAIN + f"Host: x\r\nX-A: {'a' * 90000}\r\n\r\n",
    "length is negative": PLAIN + "Host: x\r\nContent-Length: -1\r\n\r\n",
    "length has a sign": PLAIN + "Host: x\r\nContent-Length: +1\r\n\r\n1",
    "length is hexadecimal": PLAIN + "Host: x\r\nContent-Length: 0x1\r\n\r\n1",
    "length is a list": PLAIN + "Host: x\r\nContent-Length: 1, 1\r\n\r\n1",
    "length is beyond 64 bits": PLAIN + "Host: x\r\nContent-Length: 18446744073709551617\r\n\r\n1",
    "length is empty": PLAIN + "Host: x\r\nContent-Length:\r\n\r\n",
    "two lengths": PLAIN + "Host: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1",
    "length beside chunked": PLAIN + "Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding gzip": PLAIN + "Host: x\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    "coding chunked twice": PLAIN + "Host: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "coding chunked with a parameter": PLAIN + "Host: x\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    "coding in http 1.0": "GET /livez HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "http 2 preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tls on top of a plain connection": b"GET\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
}

CREATE = "POST /admin/v1/projects HTTP/1.1\r\nHost: x\r\nApiKey: KEY\r\nConnection: close\r\n" \
         "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = {
    "size is no number": "xyz\r\n{}\r\n0\r\n\r\n",
    "size is negative": "-2\r\n{}\r\n0\r\n\r\n",
    "size has a prefix": "0x2\r\n{}\r\n0\r\n\r\n",
    "size is beyond 64 bits": "10000000000000002\r\n{}\r\n0\r\n\r\n",
    "size of 40 digits": "f" * 40 + "\r\n{}\r\n0\r\n\r\n",
    "size is empty": "\r\n{}\r\n0\r\n\r\n",
    "blank before the size": " 2\r\n{}\r\n0\r\n\r\n",
    "blank after the size": "2 \r\n{}\r\n0\r\n\r\n",
    "lf alone after the size": "2\n{}\r\n0\r\n\r\n",
    "more data than its size": "2\r\n{}}\r\n0\r\n\r\n",
    "no line end after the data": "2\r\n{}0\r\n\r\n",
    "lf in an extension": "2;a=\n1\r\n{}\r\n0\r\n\r\n",
    "extension of 20,000 bytes": f"2;{'a' * 20000}\r\n{{}}\r\n0\r\n\r\n",
    "trailer of 20,000 bytes": f"2\r\n{{}}\r\n0\r\nX-A: {'a' * 20000}\r\n\r\n",
    "trailer that is none": "2\r\n{}\r\n0\r\nX A\r\n\r\n",
}

# Headers that are framed well and say something odd, on a request that reads.
HEADERS = {
    "no key": (LIST, "X-A: 1"),
    "empty key": (LIST, "ApiKey:"),
    "key with a blank": (LIST, "ApiKey: a b"),
    "key in latin-1": (LIST, b"ApiKey: \xff\xfe"),
    "key of 4,000 letters": (LIST, f"ApiKey: {'A' * 4000}"),
    "two keys": (LIST, "ApiKey: KEY\r\nApiKey: KEY"),
    "key in two headers": (LIST, "ApiKey: KEY\r\nAuthorization: Bearer other"),
    "basic authorization": (LIST, "Authorization: Basic KEY"),
    "kube key of another scheme": (KUBE_LIST, "Authorization: Basic KEY"),
    "kube key in the query": (KUBE_LIST + "?access_token=KEY", "X-A: 1"),
    "kube impersonation": (KUBE_LIST, "Authorization: Bearer KEY\r\nImpersonate-User: system:admin"),
    "unknown project": (LIST, "ApiKey: KEY\r\nProjectUid: nobody"),
    "project with a quote": (LIST, 'ApiKey: KEY\r\nProjectUid: "'),
    "project in latin-1": (LIST, b"ApiKey: KEY\r\nProjectUid: \xff"),
    "project of c1 controls": (LIST, "ApiKey: KEY\r\nProjectUid: \u009b2J\u202e"),
    "two projects": (LIST, "ApiKey: KEY\r\nProjectUid: a\r\nProjectUid: b"),
    "project of 5,000 letters": (LIST, f"ApiKey: KEY\r\nProjectUid: {'a' * 5000}"),
    "accepts nothing": (LIST, "ApiKey: KEY\r\nAccept: image/png"),
    "kube accepts nothing": (KUBE_LIST, "Authorization: Bearer KEY\r\nAccept: image/png"),
    "kube accepts an unknown table": (KUBE_LIST, "Authorization: Bearer KEY\r\nAccept: application/json;as=Table;v=v9;g=meta.k8s.io"),
    "kube accepts a list of one object": (KUBE_LIST, "Authorization: Bearer KEY\r\n"
                                          "Accept: application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
    "kube accepts a weight of nothing": (KUBE_LIST, "Authorization: Bearer KEY\r\nAccept: application/json;q=0"),
    "kube accepts 4,000 types": (KUBE_LIST, "Authorization: Bearer KEY\r\nAccept: " + "a/b," * 4000),
    "kube accepts separators": (KUBE_LIST, "Authorization: Bearer KEY\r\nAccept: ;;,,=;/,;q"),
    "kube accepts another stream": (KUBE_LIST + "?watch=1&timeoutSeconds=1",
                                    "Authorization: Bearer KEY\r\nAccept: application/json;stream=other"),
    "kube came by this server": (KUBE_LIST, "Authorization: Bearer KEY\r\nSnapgate-Via: \u009b"),
    "kube came by too many servers": (KUBE_LIST, "Authorization: Bearer KEY\r\nSnapgate-Via: " + ", ".join(["0" * 16] * 40)),
}


def cases():
    for place, (method, path) in PLACES.items():
        for kind, name in NAMES.items():
            body = b"{}" if method == "POST" else None
            yield f"{place}: {kind}", request(method, path.format(name), body=body)
    for parameter, target in PARAMETERS.items():
        for kind, value in VALUES.items():
            joint = "&" if "?" in target else "?"
            yield f"{parameter}: {kind}", request("GET", f"{target}{joint}{parameter.split()[-1]}={value}")
    for name, head in HEADS.items():
        yield f"head: {name}", head if isinstance(head, bytes) else head.encode()
    for name, body in CHUNKS.items():
        yield f"chunk: {name}", (CREATE + body).encode()
    for name, (target, header) in HEADERS.items():
        yield f"header: {name}", request("GET", target, header, key=False)


CASES = dict(cases())


@pytest.fixture(scope="module")
def hostile(server):
    return Hostile(server)


def test_every_hostile_request_has_its_answer(hostile):
    assert len(CASES) >= 200
    run(hostile, CASES, "hostile_requests.txt")


def test_the_log_of_it_is_json_without_a_control(hostile):
    hostile.server.check_log()
    for line in hostile.server.lines:
        assert not any(ord(character) < 0x20 or 0x7f <= ord(character) < 0xa0 for character in line), line
