"""The errors of the Palette side that do not need a connected cluster, and that their bodies have one form."""

import json

import pytest

from harness import LIST_ROUTE, PATIENCE, snapshots, vm_path

FORM = {"code", "message", "details", "ref"}


def check(reply, status, code):
    assert reply.status == status, reply
    assert reply.header("Content-Type") == "application/json"
    assert int(reply.header("Content-Length")) == len(reply.body)
    error = reply.json()
    assert set(error) == FORM
    assert error["code"] == code
    assert isinstance(error["details"], dict)
    assert error["message"]
    assert error["ref"] == reply.header("X-Request-Id")
    return error


def test_400_invalid_parameter_names_it(admin, uid):
    error = check(admin.list(uid, limit="many"), 400, "InvalidParameter")
    assert error["details"]["parameter"] == "limit"
    assert "many" in error["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"7", b'"text"', b'{"name":"a"} x', b'{"name":"a",}', b"\xff\xfe",
                                  b"[" * 60_000])
def test_400_invalid_body_that_is_no_json_object(admin, body):
    check(admin.post("/admin/v1/projects", body, {"Content-Type": "application/json"}), 400, "InvalidBody")


@pytest.mark.parametrize("body, field", [
    ({}, "name"),
    ({"name": 7}, "name"),
    ({"name": ""}, "name"),
    ({"name": " blank"}, "name"),
    ({"name": "a" * 129}, "name"),
    ({"name": "new\nline"}, "name"),
    ({"name": "fine", "uid": "not ok"}, "uid"),
    ({"name": "fine", "uid": "x" * 64}, "uid"),
    ({"name": "fine", "uid": ["x"]}, "uid"),
    ({"name": "fine", "colour": "red"}, "colour"),
])
def test_400_invalid_body_names_the_field(admin, body, field):
    error = check(admin.post("/admin/v1/projects", body), 400, "InvalidBody")
    assert error["details"]["field"] == field
    assert field in error["message"]


@pytest.mark.parametrize("key", [None, "", "x", "sgk_000000000000_" + "A" * 43, "a b", "\xff" * 20, "A" * 4000])
def test_401_without_a_valid_key(server, uid, key):
    client = server.anonymous()
    headers = {} if key is None else {"ApiKey": key.encode("latin-1")}
    for target in (LIST_ROUTE.format(uid=uid), LIST_ROUTE.format(uid="no-such"), "/admin/v1/keys",
                   "/v1/dashboard/spectroclusters/vms", "/metrics"):
        error = check(client.get(target, headers=headers), 401, "Unauthorized")
        assert not key or len(key) < 3 or key not in error["message"]


def test_401_for_a_key_cut_or_changed(server, uid):
    key = server.admin_key
    for wrong in (key[:-1], key + "A", key[:-5] + ("A" if key[-5] != "A" else "B") + key[-4:], key.upper()):
        check(server.client(wrong).list(uid), 401, "Unauthorized")
    assert server.client(key).list(uid).status == 200


def test_an_authorization_header_of_another_scheme_is_no_key(server, uid):
    client = server.anonymous()
    for value in (server.admin_key, f"Basic {server.admin_key}"):
        check(client.list(uid, headers={"Authorization": value}), 401, "Unauthorized")


def test_400_for_a_key_or_a_project_given_twice(server, uid):
    request = (f"GET {LIST_ROUTE.format(uid=uid)} HTTP/1.1\r\nHost: x\r\nApiKey: {server.admin_key}\r\n"
               f"ApiKey: {server.admin_key}\r\nConnection: close\r\n\r\n")
    assert server.raw(request.encode()).startswith(b"HTTP/1.1 400 ")


def test_403_for_a_role_that_may_see_but_not_do(server, admin, uid):
    reader = server.client(admin.create_key(f"reader-{uid}")["key"])
    editor = server.client(admin.create_key(f"editor-{uid}", "editor")["key"])
    check(reader.import_lines(uid, snapshots(1)), 403, "Forbidden")
    for client in (reader, editor):
        assert client.list(uid).status == 200
        check(client.post("/admin/v1/clusters", {"name": "x"}), 403, "Forbidden")
        check(client.post("/admin/v1/projects", {"name": "x"}), 403, "Forbidden")
        check(client.post("/admin/v1/keys", {"name": "x"}), 403, "Forbidden")
        check(client.get("/admin/v1/keys"), 403, "Forbidden")
        check(client.delete(f"/admin/v1/clusters/{uid}"), 403, "Forbidden")
    assert editor.import_lines(uid, snapshots(1)).status == 200


@pytest.mark.parametrize("target", ["/", "/v1", "/v1/", "/v1/spectroclusters", "/v1/spectroclusters/",
                                    "/v1/spectroclusters//vms/snapshot", "/v1/spectroclusters/x/vms/snapshot/",
                                    "/v1/spectroclusters/x/vms/snapshot/y", "/V1/spectroclusters/x/vms/snapshot",
                                    "/admin", "/admin/v1/clusters/no-such", "/admin/v1/projects/no-such", "/admin/v1/keys/no-such",
                                    "/healthz", "/favicon.ico", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/livez/",
                                    "//livez"])
def test_404_for_what_is_not_there(admin, target):
    check(admin.get(target), 404, "ResourceNotFound")


def test_404_for_an_unknown_project_on_every_route(server, uid):
    client = server.client(project="no-such-project")
    for target in (LIST_ROUTE.format(uid=uid), "/v1/dashboard/spectroclusters/vms", "/v1/dashboard/projects/metadata",
                   "/admin/v1/clusters", "/admin/v1/projects", f"/admin/v1/clusters/{uid}", "/admin/v1/keys"):
        check(client.get(target), 404, "ResourceNotFound")


@pytest.mark.parametrize("method, target, allowed", [
    ("POST", LIST_ROUTE.format(uid="x"), {"GET", "HEAD"}),
    ("PUT", LIST_ROUTE.format(uid="x"), {"GET", "HEAD"}),
    ("DELETE", "/v1/dashboard/projects/metadata", {"GET", "HEAD"}),
    ("PATCH", "/admin/v1/projects", {"GET", "HEAD", "POST"}),
    ("PUT", "/admin/v1/clusters/x", {"GET", "HEAD", "DELETE"}),
    ("GET", "/admin/v1/clusters/x/import", {"POST"}),
    ("POST", "/livez", {"GET", "HEAD"}),
    ("FETCH", "/version", {"GET", "HEAD"}),
])
def test_405_with_allow(admin, method, target, allowed):
    reply = admin.request(method, target)
    check(reply, 405, "MethodNotAllowed")
    assert {part.strip() for part in reply.header("Allow").split(",")} == allowed


def test_409_for_names_and_uids_that_are_taken(admin, uid):
    check(admin.post("/admin/v1/clusters", {"name": uid}), 409, "AlreadyExists")
    check(admin.post("/admin/v1/clusters", {"name": uid + "-2", "uid": uid}), 409, "AlreadyExists")
    check(admin.post("/admin/v1/projects", {"name": "Default"}), 409, "AlreadyExists")
    admin.create_key(f"key-{uid}")
    check(admin.post("/admin/v1/keys", {"name": f"key-{uid}"}), 409, "AlreadyExists")


def test_409_for_what_is_not_empty(admin, uid):
    admin.load(uid, snapshots(3))
    check(admin.delete(f"/admin/v1/clusters/{uid}"), 409, "Conflict")
    assert admin.list(uid).json()["metadata"].get("remainingItemCount") is None
    project = admin.create_project(f"p-{uid}")["uid"]
    admin.create_cluster(f"in-{uid}", projectUid=project)
    check(admin.delete(f"/admin/v1/projects/{project}"), 409, "Conflict")
    assert admin.delete(f"/admin/v1/projects/{project}", force="true").status == 204
    assert admin.list(f"in-{uid}").status == 404


def test_409_for_the_last_admin_key(server, admin):
    admins = [key for key in admin.get("/admin/v1/keys").json()["items"]
              if key["role"] == "admin" and not key["projectUid"]]
    assert len(admins) == 1
    check(admin.delete(f"/admin/v1/keys/{admins[0]['id']}"), 409, "Conflict")
    assert server.client().get("/admin/v1/keys").status == 200


def post_body(admin, path, body, size):
    """Posts an object with blanks behind it, up to that size."""
    return admin.post(path, json.dumps(body).ljust(size), {"Content-Type": "application/json"})


def test_413_for_a_body_above_3_mib(admin, uid):
    check(post_body(admin, vm_path(uid), {"metadata": {"name": "large"}}, (3 << 20) + 1), 413, "RequestTooLarge")


def test_413_for_a_body_of_the_registry_above_64_kib(admin):
    check(post_body(admin, "/admin/v1/projects", {"name": "large"}, (64 << 10) + 1), 413, "RequestTooLarge")
    assert post_body(admin, "/admin/v1/projects", {"name": "fits"}, 64 << 10).status == 201


def test_413_for_a_chunked_body_above_3_mib(admin):
    def pieces():
        for _ in range(4 * 16):
            yield b" " * 65536

    reply = admin.request("POST", "/admin/v1/projects", body=pieces(),
                          headers={"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
    check(reply, 413, "RequestTooLarge")


def test_a_body_of_3_mib_is_read(admin, uid):
    assert post_body(admin, vm_path(uid), {"metadata": {"name": "fits"}}, 3 << 20).status == 200


def refused(server, request, status):
    answer = server.raw(request, until_close=True, timeout=20 * PATIENCE)
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.split(b" ")[1] == str(status).encode(), answer[:300]
    error = json.loads(body)
    assert set(error) == FORM
    return error


def test_414_for_a_target_above_64_kib(server):
    error = refused(server, b"GET /livez?" + b"a" * 66000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414)
    assert error["code"] == "RequestTooLarge"


def test_a_target_just_below_64_kib_is_read(admin, uid):
    assert admin.get(LIST_ROUTE.format(uid=uid) + "?pad=" + "a" * 65000).status == 200


def test_431_for_headers_above_80_kib(server):
    one = refused(server, b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 83000 + b"\r\n\r\n", 431)
    many = refused(server, b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"X-A: 0123456789\r\n" * 5000 + b"\r\n", 431)
    assert one["code"] == many["code"] == "RequestTooLarge"


def test_headers_just_below_80_kib_are_read(admin):
    headers = {f"X-Header-{i}": "a" * 7800 for i in range(10)}
    assert admin.get("/livez", headers=headers).status == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/yaml", "json"])
def test_415(admin, uid, content_type):
    headers = {"Content-Type": content_type}
    check(admin.post("/admin/v1/projects", '{"name":"x"}', headers), 415, "UnsupportedMediaType")
    check(admin.post(f"/admin/v1/clusters/{uid}/import", "{}", headers), 415, "UnsupportedMediaType")


def test_content_types_with_parameters_are_taken(admin, uid):
    reply = admin.post("/admin/v1/projects", json.dumps({"name": f"typed-{uid}"}),
                       {"Content-Type": "application/json; charset=utf-8"})
    assert reply.status == 201, reply


def test_an_error_carries_the_callers_request_id(admin):
    error = check(admin.get("/nothing", headers={"X-Request-Id": "mine-1"}), 404, "ResourceNotFound")
    assert error["ref"] == "mine-1"


def test_errors_do_not_show_what_a_script_would_run(admin):
    reply = admin.get("/<script>alert(1)</script>")
    assert reply.status in (400, 404)
    assert reply.header("Content-Type") == "application/json"
