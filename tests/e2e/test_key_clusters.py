"""A key that is held to clusters: for it no other cluster exists, wherever it asks."""

import json

import pytest

from events import Events
from harness import LIST_ROUTE, run_cli, snapshots, wait_for
from test_access import routes_of, visible_clusters, visible_projects

FLEET = "/v1/spectroclusters/-/vms"
KUBE = "/clusters/{uid}/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots"


@pytest.fixture(scope="module")
def made(server):
    """Clusters a, b and c of one project, and d of another."""
    admin = server.client()
    projects = {name: admin.create_project(name)["uid"] for name in ("one", "two")}
    clusters = {name: admin.create_cluster(f"uid-{name}", name=name, projectUid=projects["two" if name == "d" else "one"])
                for name in "abcd"}
    for cluster in clusters.values():
        admin.load(cluster["uid"], snapshots(3))
    return projects, clusters


@pytest.fixture(scope="module")
def held(server, made):
    projects, clusters = made
    key = server.client().create_key("held", "editor", clusters=[clusters["b"]["uid"], clusters["a"]["uid"]])
    assert key["projectUid"] == projects["one"]
    assert key["clusters"] == ["uid-a", "uid-b"]
    listed = server.client().get(f"/admin/v1/keys/{key['id']}").json()
    assert listed["clusters"] == ["uid-a", "uid-b"]
    return server.client(key["key"]), {"Authorization": f"Bearer {key['key']}"}


def cluster_names(reply):
    assert reply.status == 200, reply
    return {item["metadata"]["clusterName"] for item in reply.json()["items"]}


def test_other_clusters_are_not_there(made, held):
    client, bearer = held
    _, clusters = made
    assert visible_clusters(client) == {"uid-a", "uid-b"}
    for name in "ab":
        assert client.list(f"uid-{name}").status == 200
        assert client.get(KUBE.format(uid=f"uid-{name}"), headers=bearer).status == 200
    missing = client.list("uid-none")
    for name in "cd":
        uid = clusters[name]["uid"]
        reply = client.list(uid)
        assert reply.status == 404 and reply.json()["message"] == missing.json()["message"].replace("uid-none", uid)
        for target in (KUBE.format(uid=uid), f"/clusters/{uid}/api/v1/namespaces", f"/clusters/{uid}/version"):
            assert client.get(target, headers=bearer).status == 404, target
        for method, target, body in routes_of(uid):
            reply = client.request(method, target, body, {"Content-Type": "application/x-ndjson"} if body is not None else None)
            # What an admin alone may do says so, for any cluster.
            assert reply.status == (403 if method == "DELETE" else 404), (method, target, reply)


def test_a_fleet_is_its_clusters(held):
    client, bearer = held
    assert cluster_names(client.get(f"{FLEET}/snapshot")) == {"a", "b"}
    assert cluster_names(client.get(f"{FLEET}/snapshot", cluster="c")) == set()
    assert cluster_names(client.get(f"{FLEET}/snapshot", cluster="uid-b")) == {"b"}
    rows = client.get(f"{FLEET}/snapshot", headers={"Accept": "text/csv"}).text()
    assert "uid-a" in rows and "uid-c" not in rows and "uid-d" not in rows
    for question in ("sources", "summary", "protection"):
        text = client.get(f"{FLEET}/{question}").text()
        assert "uid-c" not in text and "uid-d" not in text, (question, text)
    summary = client.get(f"{FLEET}/summary").json()
    assert summary["clusters"]["total"] == 2, summary
    listed = client.get(KUBE.format(uid="-"), headers=bearer)
    assert listed.status == 200, listed
    assert len(listed.json()["items"]) == 6
    assert "uid-c" not in listed.text()


def test_its_fleet_is_not_that_of_the_project(server, made, held):
    """Fleets, streams and ids of events are kept for those who see the same alone."""
    client, _ = held
    projects, _ = made
    whole = server.client(server.client().create_key("whole", "reader", projectUid=projects["one"])["key"])
    for _ in range(2):
        assert cluster_names(whole.get(f"{FLEET}/snapshot")) == {"a", "b", "c"}
        assert cluster_names(client.get(f"{FLEET}/snapshot")) == {"a", "b"}
    streams = [Events(who) for who in (whole, client)]
    try:
        for stream, clusters in zip(streams, ("abc", "ab")):
            wait_for(lambda stream=stream, clusters=clusters: {event.name for event in stream.events if event.kind == "added"}
                     >= {f"{cluster}/{item['metadata']['name']}" for cluster in clusters for item in snapshots(3)}, "the state")
        for cluster in "cab":
            server.client().load(f"uid-{cluster}", [{**snapshots(1)[0], "metadata": {"namespace": "later", "name": f"later-{cluster}"}}])
        wait_for(lambda: {event.name for event in streams[0].events} >= {f"{c}/later-{c}" for c in "abc"}, "the changes")
        wait_for(lambda: {event.name for event in streams[1].events} >= {f"{c}/later-{c}" for c in "ab"}, "the changes")
        assert not [event for event in streams[1].events if "metadata" in event.data and event.name.startswith("c/")]
    finally:
        for stream in streams:
            stream.hang_up()


def test_it_sees_nothing_of_the_rest_of_its_project(server, made, held):
    client, _ = held
    projects, _ = made
    assert visible_projects(client) == {projects["one"]}
    project = client.get(f"/admin/v1/projects/{projects['one']}").json()
    assert "used" not in project
    assert "used" in server.client().get(f"/admin/v1/projects/{projects['one']}").json()
    assert client.get("/metrics").status == 403
    narrowed = server.client(client.key, project=projects["one"])
    assert visible_clusters(narrowed) == {"uid-a", "uid-b"}
    assert server.client(client.key, project=projects["two"]).get("/admin/v1/clusters").status == 404


def test_a_cluster_that_is_made_again_is_another_one(server, made):
    projects, _ = made
    admin = server.client()
    admin.create_cluster("short", projectUid=projects["one"])
    key = admin.create_key("of short", clusters=["short"])
    client = server.client(key["key"])
    assert visible_clusters(client) == {"short"}
    assert admin.delete("/admin/v1/clusters/short").status == 204
    assert visible_clusters(client) == set()
    admin.create_cluster("short", projectUid=projects["one"])
    assert visible_clusters(client) == set()
    assert client.list("short").status == 404
    assert client.get(f"{FLEET}/snapshot").json()["items"] == []


@pytest.mark.parametrize("fields, field", [
    ({"clusters": []}, "clusters"), ({"clusters": "uid-a"}, "clusters"), ({"clusters": [1]}, "clusters"),
    ({"clusters": ["uid-a"] * 1001}, "clusters"), ({"clusters": ["uid-a", "uid-d"]}, "clusters"),
    ({"clusters": ["uid-a"], "role": "admin"}, "role")])
def test_what_a_key_cannot_be_held_to(server, made, fields, field):
    reply = server.client().post("/admin/v1/keys", {"name": "wrong", **fields})
    assert reply.status == 400 and reply.json()["details"]["field"] == field, reply


def test_only_clusters_that_the_maker_sees(server, made):
    projects, _ = made
    admin = server.client()
    other = server.client(admin.create_key("admin of two", "admin", projectUid=projects["two"])["key"])
    assert other.post("/admin/v1/keys", {"name": "x", "clusters": ["uid-a"]}).status == 404
    wrong = admin.post("/admin/v1/keys", {"name": "x", "clusters": ["uid-a"], "projectUid": projects["two"]})
    assert wrong.status == 400 and wrong.json()["details"]["field"] == "clusters", wrong
    assert other.post("/admin/v1/keys", {"name": "x", "clusters": ["uid-d"]}).status == 201


def test_the_command_line_makes_one(server, made):
    done = server.cli("create", "key", "of names", "--clusters", "a,uid-b", "-o", "name")
    assert done.returncode == 0, done.stderr
    assert visible_clusters(server.client(done.stdout.strip())) == {"uid-a", "uid-b"}
    shown = json.loads(server.cli("get", "keys", "of names", "-o", "json").stdout)
    assert "uid-a" in json.dumps(shown), shown
    refused = server.cli("create", "key", "x", "--clusters", "nosuch")
    assert refused.returncode != 0 and "nosuch" in refused.stderr
    assert server.cli("create", "key", "x", "--clusters", ",").returncode != 0
    listed = run_cli("get", "clusters", "-o", "name",
                     env={**server.login(), "SNAPGATE_API_KEY": done.stdout.strip()})
    assert listed.stdout.split() == ["uid-a", "uid-b"], listed
