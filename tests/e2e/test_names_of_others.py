"""What others have does not show: names are of a project, a uid that is taken says nothing more, the last lasting
admin key stays, and no cache keeps what the registry tells."""

import json
import resource

import pytest

from harness import LIST_ROUTE, snapshots


@pytest.fixture(scope="module")
def projects(server):
    """Two projects, `red` and `blue`: uid, and a client with the key of an admin of it."""
    made = {}
    for name in ("red", "blue"):
        uid = server.client().create_project(name)["uid"]
        key = server.client().create_key("boss", "admin", projectUid=uid)
        made[name] = (uid, server.client(key["key"]))
    return made


def test_two_projects_have_clusters_and_keys_of_one_name(server, projects):
    red, blue = projects["red"][1], projects["blue"][1]
    made = [client.post("/admin/v1/clusters", {"name": "edge"}) for client in (red, blue)]
    assert [reply.status for reply in made] == [201, 201], made
    again = blue.post("/admin/v1/clusters", {"name": "edge"})
    assert again.status == 409
    assert again.json()["message"] == 'a cluster named "edge" exists'
    assert again.json()["details"] == {"field": "name"}
    for client in (red, blue):
        assert client.post("/admin/v1/keys", {"name": "ci"}).status == 201
    again = red.post("/admin/v1/keys", {"name": "ci"})
    assert (again.status, again.json()["message"]) == (409, 'a key named "ci" exists')
    assert server.client().post("/admin/v1/keys", {"name": "ci"}).status == 201, "the tenant has names of its own"


@pytest.mark.parametrize("fields", [{}, {"type": "connected", "kubeconfig": "apiVersion: v1"}])
def test_a_uid_that_another_project_has_says_nothing_more(projects, fields):
    red, blue = projects["red"][1], projects["blue"][1]
    red.post("/admin/v1/clusters", {"name": "taken", "uid": "taken"})
    hidden = blue.post("/admin/v1/clusters", {"name": "x", "uid": "taken", **fields})
    assert hidden.status == 409, hidden
    assert hidden.json()["message"] == "this uid cannot be used"
    assert hidden.json()["details"] == {"field": "uid"}
    assert blue.get("/admin/v1/clusters/taken").status == 404
    own = red.post("/admin/v1/clusters", {"name": "x", "uid": "taken", **fields})
    assert own.json()["message"] == "a cluster with uid taken exists"


def test_a_list_of_both_has_each_object_once(server, projects):
    for _, client in projects.values():
        uid = client.post("/admin/v1/clusters", {"name": "same"}).json()["uid"]
        client.load(uid, snapshots(7))
    got, token = [], None
    while True:
        page = server.client().get(LIST_ROUTE.format(uid="-"), cluster="same", limit=3,
                                   **({"continue": token} if token else {})).json()
        got += [item["metadata"]["uid"] for item in page["items"]]
        token = page["metadata"].get("continue")
        if not token:
            break
    assert len(got) == 14
    assert len(set(got)) == 14


def test_the_command_line_tells_them_apart_by_project(cli, projects):
    for _, client in projects.values():
        client.post("/admin/v1/clusters", {"name": "twin"})
    ran = cli("get", "snapshots", "--cluster", "twin", code=1)
    assert '2 clusters are named "twin": say which by its uid, or by --project: ' in ran.stderr
    assert "(project red)" in ran.stderr and "(project blue)" in ran.stderr
    # Whichever command looks the name up.
    for arguments in (["get", "clusters", "twin"], ["get", "clusters", "twin", "-o", "json"], ["describe", "cluster", "twin"],
                      ["create", "key", "k", "--clusters", "twin"], ["delete", "cluster", "twin"]):
        assert cli(*arguments, code=1).stderr == ran.stderr, arguments
    said = cli("apply", "-f", "-", stdin="clusters: [{name: twin, hosted: true}]", code=1).stderr
    assert "(project red)" in said and "(project blue)" in said, said
    uids = {json.loads(cli("get", "clusters", "twin", "--project", name, "-o", "json").stdout)["projectUid"]
            for name in projects}
    assert uids == {uid for uid, _ in projects.values()}
    ran = cli("delete", "snapshots", "--all-clusters", "--older-than", "1h", "--yes", code=1)
    assert 'two clusters are named "' in ran.stderr, "an object of the one could be deleted in the other"


def test_the_last_lasting_admin_key_stays(server, admin):
    own = next(key for key in admin.get("/admin/v1/keys").json()["items"] if key["name"] == "admin")
    admin.create_key("for an hour", "admin", expires="1h")
    refused = admin.delete(f"/admin/v1/keys/{own['id']}")
    assert refused.status == 409
    assert "does not expire" in refused.json()["message"]
    assert admin.get("/admin/v1/keys").status == 200


@pytest.mark.parametrize("target", ["/admin/v1/keys", "/admin/v1/clusters", "/admin/v1/projects", "/admin/v1/backup",
                                    "/admin/v1/keys/none", "/admin/v1/nothing", "/metrics",
                                    "/v1/dashboard/projects/metadata", "/v1/spectroclusters/none/vms/snapshot"])
def test_no_cache_keeps_what_the_registry_tells(admin, server, target):
    for client in (admin, server.anonymous()):
        assert client.get(target).header("Cache-Control") == "no-store", target


@pytest.mark.parametrize("name", ["a\u009bb", "a\u202eb", "a\u2066b", "a\u200bb", "a\u0085b"])
def test_a_name_has_nothing_that_a_terminal_acts_on(admin, name):
    for route in ("keys", "clusters", "projects"):
        reply = admin.post(f"/admin/v1/{route}", {"name": name})
        assert reply.status == 400, reply
        assert reply.json()["details"]["field"] == "name"


def test_the_servers_memory_does_not_go_into_a_core_dump(server):
    assert resource.prlimit(server.process.pid, resource.RLIMIT_CORE) == (0, 0)
