"""Projects and keys: who sees what, on every route, and how fast a key is gone."""

import re
import stat
import time
from datetime import datetime

import pytest

from events import Events
from harness import LIST_ROUTE, PATIENCE, run_cli, snapshots, wait_for
from kube import KubeClient, Watch, snapshots_path


@pytest.fixture(scope="module")
def fleet(server):
    """Two projects with a cluster each, and one cluster in Default."""
    admin = server.client()
    made = {"default": admin.create_cluster("c-default")}
    for name in ("red", "blue"):
        project = admin.create_project(name)["uid"]
        made[name] = admin.create_cluster(f"c-{name}", projectUid=project)
    for cluster in made.values():
        admin.load(cluster["uid"], snapshots(3))
    return made


def key_of(admin, role, project, suffix):
    return admin.create_key(f"{role}-{project[:8]}-{suffix}", role, projectUid=project)


def routes_of(uid):
    """Every route that concerns one cluster, as (method, target, body)."""
    return [("GET", LIST_ROUTE.format(uid=uid), None),
            ("GET", f"/admin/v1/clusters/{uid}", None),
            ("POST", f"/admin/v1/clusters/{uid}/import", ""),
            ("DELETE", f"/admin/v1/clusters/{uid}", None)]


def visible_clusters(client):
    palette = client.get("/v1/dashboard/spectroclusters/vms").json()["items"]
    admin = client.get("/admin/v1/clusters").json()["items"]
    assert {item["metadata"]["uid"] for item in palette} == {item["uid"] for item in admin}
    return {item["uid"] for item in admin}


def visible_projects(client):
    palette = client.get("/v1/dashboard/projects/metadata").json()["items"]
    admin = client.get("/admin/v1/projects").json()["items"]
    assert {item["metadata"]["uid"] for item in palette} == {item["uid"] for item in admin}
    return {item["uid"] for item in admin}


@pytest.mark.parametrize("role", ["reader", "editor", "admin"])
def test_a_projects_key_sees_its_project_alone(server, fleet, role):
    red = fleet["red"]
    client = server.client(key_of(server.client(), role, red["projectUid"], "alone")["key"])
    assert visible_clusters(client) == {red["uid"]}
    assert visible_projects(client) == {red["projectUid"]}
    assert client.list(red["uid"]).status == 200
    for other in (fleet["blue"], fleet["default"]):
        for method, target, body in routes_of(other["uid"]):
            reply = client.request(method, target, body, {"Content-Type": "application/x-ndjson"} if body is not None else None)
            allowed = (403, 404) if method != "GET" and role != "admin" else (404,)
            assert reply.status in allowed, (method, target, reply)
        assert client.get(f"/admin/v1/projects/{other['projectUid']}").status == 404
        narrowed = server.client(client.key, project=other["projectUid"])
        for target in (LIST_ROUTE.format(uid=red["uid"]), LIST_ROUTE.format(uid=other["uid"]), "/admin/v1/clusters",
                       "/admin/v1/projects", "/v1/dashboard/spectroclusters/vms", "/v1/dashboard/projects/metadata"):
            reply = narrowed.get(target)
            assert reply.status == 404, (target, reply)
            assert reply.json()["code"] == "ResourceNotFound"
    assert client.get("/metrics").status == 403
    same = server.client(client.key, project=red["projectUid"])
    assert visible_clusters(same) == {red["uid"]}


def test_what_a_key_may_not_see_reads_as_what_is_not_there(server, fleet):
    client = server.client(key_of(server.client(), "reader", fleet["red"]["projectUid"], "same")["key"])
    headers = {"X-Request-Id": "same"}
    hidden = client.list(fleet["blue"]["uid"], headers=headers)
    absent = client.list("c-absent", headers=headers)
    assert hidden.status == absent.status == 404
    assert hidden.text().replace(fleet["blue"]["uid"], "X") == absent.text().replace("c-absent", "X")


def test_the_header_narrows_the_tenants_key(server, fleet):
    blue = fleet["blue"]
    client = server.client(project=blue["projectUid"])
    assert visible_clusters(client) == {blue["uid"]}
    assert client.list(blue["uid"]).status == 200
    assert client.list(fleet["red"]["uid"]).status == 404
    assert client.get(f"/admin/v1/clusters/{fleet['red']['uid']}").status == 404
    for same_as_absent in ("", None):
        whole = server.client(project=same_as_absent)
        assert visible_clusters(whole) >= {cluster["uid"] for cluster in fleet.values()}
    upper = server.client().list(fleet["red"]["uid"], headers={"ProjectUID": blue["projectUid"]})
    assert upper.status == 404


@pytest.mark.parametrize("project", ["Default", "red", "no-such", "x" * 64, "a b", "\xe4"])
def test_a_project_header_takes_uids_of_projects_only(server, fleet, project):
    reply = server.client().list(fleet["red"]["uid"], headers={"ProjectUid": project.encode("latin-1")})
    assert reply.status == 404, reply
    assert reply.json()["code"] == "ResourceNotFound"


def test_a_projects_admin_manages_that_project_only(server, fleet):
    red = fleet["red"]
    client = server.client(key_of(server.client(), "admin", red["projectUid"], "manages")["key"])
    made = client.post("/admin/v1/clusters", {"name": "red-2"})
    assert made.status == 201
    assert made.json()["projectUid"] == red["projectUid"]
    assert client.post("/admin/v1/clusters", {"name": "red-3", "projectUid": fleet["blue"]["projectUid"]}).status in (403, 404)
    assert client.delete(f"/admin/v1/clusters/{made.json()['uid']}").status == 204
    assert client.post("/admin/v1/projects", {"name": "green"}).status == 403
    assert client.delete(f"/admin/v1/projects/{red['projectUid']}", force="true").status == 403

    key = client.post("/admin/v1/keys", {"name": "red-made", "role": "admin"})
    assert key.status == 201
    assert key.json()["projectUid"] == red["projectUid"]
    assert client.post("/admin/v1/keys", {"name": "k2", "projectUid": fleet["blue"]["projectUid"]}).status in (403, 404)
    listed = client.get("/admin/v1/keys").json()["items"]
    assert listed and {item["projectUid"] for item in listed} == {red["projectUid"]}
    tenant_key = next(item for item in server.client().get("/admin/v1/keys").json()["items"] if not item["projectUid"])
    assert client.get(f"/admin/v1/keys/{tenant_key['id']}").status == 404
    assert client.delete(f"/admin/v1/keys/{tenant_key['id']}").status == 404


def test_a_revoked_key_is_401_with_the_next_request(server, fleet):
    admin = server.client()
    made = key_of(admin, "admin", fleet["red"]["projectUid"], "revoked")
    client = server.client(made["key"], keep=True)
    assert client.list(fleet["red"]["uid"]).status == 200
    assert admin.delete(f"/admin/v1/keys/{made['id']}").status == 204
    for method, target, body in routes_of(fleet["red"]["uid"]) + [("GET", "/admin/v1/keys", None)]:
        assert client.request(method, target, body).status == 401
    assert admin.get(f"/admin/v1/keys/{made['id']}").status == 404


def test_an_expired_key_is_401_with_the_next_request(server, fleet):
    admin = server.client()
    made = admin.create_key("short-lived", "reader", expires="2s")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["expiresAt"])
    client = server.client(made["key"], keep=True)
    assert client.list(fleet["red"]["uid"]).status == 200
    wait_for(lambda: client.list(fleet["red"]["uid"]).status == 401, "the key to expire", 6)
    assert client.get("/admin/v1/clusters").status == 401


def test_an_expiry_ends_watches_and_streams(server, fleet):
    """At that moment, not at the next bookmark or heartbeat."""
    uid = fleet["red"]["uid"]
    made = server.client().create_key("short-watch", "reader", expires="4s")
    expires = datetime.fromisoformat(made["expiresAt"]).timestamp()
    watch = Watch(KubeClient(server, uid, made["key"]), snapshots_path(), {"watch": "1", "allowWatchBookmarks": "true"})
    events = Events(server.client(made["key"]), fleet["red"]["uid"])
    watch.until_end()
    events.until_end()
    assert expires - 1 <= time.time() <= expires + 10 * PATIENCE
    assert watch.events[-1]["type"] == "ERROR" and watch.events[-1]["object"]["code"] == 401, watch.events[-1]
    assert events.events[-1].data == {"reason": "keyExpired", "message": "the key has expired"}


@pytest.mark.parametrize("expires", ["0", "-1h", "soon", "1y", 90, "99999999d"])
def test_an_expiry_that_is_none_is_refused(server, expires):
    reply = server.client().post("/admin/v1/keys", {"name": f"wrong {expires}", "expires": expires})
    assert reply.status == 400, reply
    assert reply.json()["details"]["field"] == "expires"


def test_a_key_is_shown_once(server, data_dir):
    admin = server.client()
    made = admin.create_key("shown-once", "reader")
    assert len(made["key"]) >= 43
    for reply in (admin.get("/admin/v1/keys"), admin.get(f"/admin/v1/keys/{made['id']}")):
        assert made["key"] not in reply.text()
        assert '"key"' not in reply.text()
    secret = made["key"].encode()
    for file in server.data_dir.rglob("*"):
        if file.is_file():
            assert secret not in file.read_bytes(), f"the key itself stands in {file.name}"
    assert made["key"] not in "\n".join(server.lines)


def test_the_last_use_is_told(server):
    admin = server.client()
    made = admin.create_key("used", "reader")
    assert made["lastUsedAt"] is None
    assert server.client(made["key"]).get("/v1/dashboard/projects/metadata").status == 200
    told = wait_for(lambda: admin.get(f"/admin/v1/keys/{made['id']}").json()["lastUsedAt"], "the last use")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told)


def test_probes_and_version_need_no_key_and_metrics_the_tenants(server, fleet):
    client = server.anonymous()
    for target in ("/livez", "/readyz", "/version"):
        assert client.get(target).status == 200, target
    assert re.match(r"\d+\.\d+\.\d+", client.get("/version").json()["version"])
    assert client.get("/metrics").status == 401
    # As Prometheus sends it, which can send no other header before its version 2.55.
    scraper = server.client().create_key("bearer")["key"]
    assert client.get("/metrics", headers={"Authorization": f"Bearer {scraper}"}).status == 200
    assert client.get("/metrics", headers={"Authorization": f"Bearer {scraper}x"}).status == 401
    assert server.client(server.client().create_key("scraper")["key"]).get("/metrics").status == 200


def test_the_first_start_makes_the_house(start_server, data_dir):
    server = start_server()
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    for secret in ("admin.key", "token.key"):
        assert stat.S_IMODE((data_dir / secret).stat().st_mode) == 0o600
    text = (data_dir / "admin.key").read_text()
    assert re.fullmatch(r"[\w-]{43,}\n?", text)
    assert any("admin.key" in line for line in server.lines), "the start does not say where the key is"
    projects = server.client().get("/admin/v1/projects").json()["items"]
    assert [project["name"] for project in projects] == ["Default"]
    assert re.fullmatch(r"[0-9a-f]{24}", projects[0]["uid"])
    server.stop()
    server.start()
    assert (data_dir / "admin.key").read_text() == text
    assert server.client().get("/admin/v1/projects").json()["items"] == projects


def test_a_key_made_while_the_server_is_down_is_the_way_back(start_server, data_dir):
    server = start_server()
    server.stop()
    (data_dir / "admin.key").unlink()
    ran = run_cli("create", "key", "--data-dir", data_dir, "rescue", "--role", "admin", "-o", "name")
    assert ran.returncode == 0, ran.stderr
    key = ran.stdout.strip()
    server.start()
    assert server.client(key).get("/admin/v1/keys").status == 200


def test_a_key_cannot_be_made_in_the_directory_of_a_running_server(start_server, data_dir):
    start_server()
    ran = run_cli("create", "key", "--data-dir", data_dir, "rescue", "--role", "admin")
    assert ran.returncode != 0
    assert str(data_dir) in ran.stderr
    assert ran.stdout == ""


def test_revocation_and_registry_survive_a_crash(start_server):
    server = start_server()
    admin = server.client()
    project = admin.create_project("kept")["uid"]
    kept = admin.create_key("kept", "reader", projectUid=project)
    gone = admin.create_key("gone", "reader")
    admin.create_cluster("c", projectUid=project)
    admin.delete(f"/admin/v1/keys/{gone['id']}")
    server.kill()
    time.sleep(0.05)
    server.start()
    assert server.client(kept["key"]).list("c").status == 200
    assert server.client(gone["key"]).list("c").status == 401


def test_a_key_is_not_made_where_there_is_no_store(tmp_path):
    (tmp_path / "letters.txt").write_text("mine")
    ran = run_cli("create", "key", "lost", "--data-dir", tmp_path)
    assert ran.returncode == 2
    assert "not a data directory" in ran.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["letters.txt"]
