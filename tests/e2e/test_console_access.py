"""What asks for no key, by callers of every role: the console's files, its signing in and out, and the port for scrapes.

src/api/access_matrix_test.cpp has the routes of the API and of that port. The console's files are none of them: they are sought in
the program itself, so that one without a row here is noticed."""

import functools
import itertools
import re

import pytest

from harness import BINARY, LIST_ROUTE, Client, wait_for

SERVER_ARGUMENTS = ("--metrics-listen", "127.0.0.1:0")
SESSION = "/console/v1/session"
# Each of them is one file, for everybody.
FILES = {
    r"/console/console-\w+\.js": "text/javascript; charset=utf-8",
    r"/console/style-\w+\.css": "text/css; charset=utf-8",
    r"/console/icon-\w+\.svg": "image/svg+xml",
}
# Of the API, and the name that the files have in the metrics.
OTHERS = {SESSION, "/console/{}"}
SCRAPES = {"/metrics", "/livez", "/readyz"}
BROWSER = {"Accept": "text/html"}
CONSOLE = {"X-Snapgate-Console": "1"}
WRONG_KEY = "sgk_0123456789ab_" + "A" * 43


@functools.cache
def paths_of_program():
    """Every path below /console/ that the program has as a text of its own."""
    return {path.decode() for path in re.findall(rb"(?<=\0)/console/[^\0]*(?=\0)", BINARY.read_bytes())}


def files_of_program():
    return sorted(paths_of_program() - OTHERS)


@pytest.fixture(scope="module")
def callers(server):
    """The key of each caller by who that is; None: none."""
    admin = server.client()
    projects = {name: admin.create_project(name)["uid"] for name in ("own", "other")}
    cluster = admin.create_cluster("held", projectUid=projects["own"])["uid"]
    keys = {"nobody": None, "a wrong key": WRONG_KEY}
    for role, (name, uid) in itertools.product(("reader", "editor", "admin"), [*projects.items(), ("tenant", None)]):
        keys[f"{role} of {name}"] = admin.create_key(f"{role}-{name}", role, **({"projectUid": uid} if uid else {}))["key"]
    for role in ("reader", "editor"):
        keys[f"{role} of a cluster"] = admin.create_key(f"{role}-held", role, clusters=[cluster])["key"]
    return keys


def test_every_file_of_the_console_has_a_row(admin):
    files = files_of_program()
    # A program that was built without the console has no page either.
    assert bool(files) == (admin.get("/", BROWSER).status == 200)
    for file in files:
        assert any(re.fullmatch(row, file) for row in FILES), f"no row says who may see {file}"
    for row in FILES if files else ():
        assert len([file for file in files if re.fullmatch(row, file)]) == 1, f"no file {row}, or several"


def test_the_files_of_the_console_are_the_same_for_everybody(server, callers):
    page = server.anonymous().get("/", BROWSER)
    files = {file: server.anonymous().get(file) for file in files_of_program()}
    assert all(file in page.text() for file in files)
    for who, key in callers.items():
        client = Client(server.port, key)
        for path, expected in [("/", page), *files.items()]:
            reply = client.get(path, BROWSER)
            assert (reply.status, reply.body) == (expected.status, expected.body), (who, path, reply)
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                assert client.request(method, path, headers=BROWSER).status == 404, (who, method, path)
        for file, reply in files.items():
            assert [reply.header("Content-Type")] == [kind for row, kind in FILES.items() if re.fullmatch(row, file)], file
        # What is no file is no route, whoever asks.
        for path in ("/console", "/console/", "/console/v1", "/console/none.js", "/console/../console/none.js"):
            assert client.get(path, BROWSER).status == 404, (who, path)


def test_a_session_is_what_its_key_is(server, callers):
    for who, key in callers.items():
        client = server.anonymous()
        assert client.get(SESSION).json()["signedIn"] is False
        # Only the console itself signs anybody in or out.
        assert client.post(SESSION, {"key": key or ""}).status == 403, who
        assert client.delete(SESSION).status == 403, who
        begun = client.post(SESSION, {"key": key or ""}, CONSOLE)
        if key in (None, WRONG_KEY):
            assert (begun.status, begun.header("Set-Cookie")) == (401, None), who
            assert client.delete(SESSION, CONSOLE).status == 204, who
            continue
        assert begun.status == 200, (who, begun)
        session = {**CONSOLE, "Cookie": begun.header("Set-Cookie").partition(";")[0]}
        known = client.get(SESSION, session).json()
        itself = Client(server.port, key).get("/admin/v1/whoami").json()
        assert known["signedIn"] is True, who
        assert (known["keyId"], known["role"], known["projectUid"]) == (itself["id"], itself["role"], itself["projectUid"]), who
        assert client.get("/admin/v1/whoami", session).json()["id"] == itself["id"], who
        for path in ("/admin/v1/keys", "/admin/v1/replicas", "/metrics", LIST_ROUTE.format(uid="held")):
            assert client.get(path, session).status == Client(server.port, key).get(path).status, (who, path)
        assert client.delete(SESSION, session).status == 204, who
        assert client.get(SESSION, session).json()["signedIn"] is False, who
        assert client.get("/admin/v1/whoami", session).status == 401, who


def test_the_port_for_scrapes_has_its_routes_alone(server, callers):
    port = wait_for(lambda: server.log("listening for scrapes"), "the port for scrapes")[0]["port"]
    published = server.anonymous().get("/openapi.json").json()["paths"]
    elsewhere = {re.sub(r"\{[^}]*\}", "held", path) for path in published} | paths_of_program() | {"/", "/clusters/held/api"}
    for who, key in callers.items():
        client = Client(port, key)
        for path in SCRAPES:
            assert client.get(path).status == 200, (who, path)
            assert client.post(path).status == 405, (who, path)
        for path in elsewhere - SCRAPES:
            for method in ("GET", "POST", "PUT", "DELETE"):
                assert client.request(method, path, headers=BROWSER).status == 404, (who, method, path)
