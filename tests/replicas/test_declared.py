"""A configuration file that declares projects and clusters, on several replicas: each thing is made once, by any of them; and what files
that differ do."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from etcd import Etcd
from harness import Server, wait_for
from replicas import SECRET

TOOK = "read the configuration again"
HANGUP = 1


def declared(projects, clusters, quota=50):
    return json.dumps({
        "projects": [{"name": f"team-{i}", "quota": {"clusters": quota}} for i in range(projects)],
        "clusters": [{"name": f"c-{i}", "hosted": True, "project": f"team-{i % 5 if projects > 1 else 0}", "expected-every": "24h"}
                     for i in range(clusters)]})


@pytest.fixture
def start(tmp_path):
    """Starts so many servers at once, with the same file or each with its own."""
    etcd = Etcd(tmp_path / "etcd", 1).start()
    servers = []

    def begin(count, file="snapgate.yaml"):
        new = [Server(tmp_path / f"r{len(servers) + i}" / "data", "--etcd", etcd.endpoints, "--config", str(tmp_path / file),
                      env=SECRET) for i in range(count)]
        for server in new:
            server.data_dir.parent.mkdir(parents=True)
        servers.extend(new)
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(Server.start, new))
        return new

    yield begin
    for server in servers:
        if server.running():
            server.stop()
    etcd.stop()


def admin_of(servers):
    keys = [(server.data_dir / "admin.key") for server in servers]
    return next(file for file in keys if file.exists()).read_text().strip()


def registry(server, key):
    client = server.client(key)
    projects = {one["name"]: one["uid"] for one in client.get("/admin/v1/projects").json()["items"]}
    clusters = [(one["name"], one["projectUid"]) for one in client.get("/admin/v1/clusters").json()["items"]]
    return projects, sorted(clusters)


def faults(server):
    return server.log("a part of the configuration file is wrong; the others hold")


def check(servers, key, projects, clusters):
    for server in servers:
        known, made = registry(server, key)
        assert sorted(known) == sorted(["Default", *(f"team-{i}" for i in range(projects))])
        assert made == sorted((f"c-{i}", known[f"team-{i % 5}"]) for i in range(clusters))
        assert not faults(server), faults(server)


def read_again(*servers):
    """Has all of them read their files at once, and waits until they have."""
    before = {server: len(server.log(TOOK)) for server in servers}
    for server in servers:
        server.signal(HANGUP)
    for server in servers:
        wait_for(lambda server=server: len(server.log(TOOK)) > before[server], "the file to be read again")
    return [server.log(TOOK)[-1] for server in servers]


def test_replicas_that_start_at_once_with_one_file_make_each_thing_once(start, tmp_path):
    file = tmp_path / "snapgate.yaml"
    file.write_text(declared(5, 20))
    servers = start(3)
    key = admin_of(servers)
    check(servers, key, 5, 20)
    made = [line["cluster"] for server in servers for line in server.log("made a declared cluster")]
    assert sorted(made) == sorted(f"c-{i}" for i in range(20)), "each is made by one replica"
    made = [line["project"] for server in servers for line in server.log("made a declared project")]
    assert sorted(made) == [f"team-{i}" for i in range(5)]

    # More of it, also more than a transaction of etcd takes.
    file.write_text(declared(7, 150))
    assert [line["faults"] for line in read_again(*servers)] == [0, 0, 0]
    check(servers, key, 7, 150)
    made = [line["cluster"] for server in servers for line in server.log("made a declared cluster")]
    assert len(made) == len(set(made)) == 150
    # What is there already is written again by nobody, also not by one that comes later.
    assert sum(line["newClusters"] for line in read_again(*servers)) == 0
    joined = start(1)[0]
    check([joined], key, 7, 150)
    assert not joined.log("made a declared cluster") and not joined.log("set the quota of a declared project")


def quota_of(server, key):
    projects = server.client(key).get("/admin/v1/projects").json()["items"]
    return next(one["quota"]["clusters"] for one in projects if one["name"] == "team-0")


def test_of_two_files_that_differ_the_one_that_was_read_last_wins(start, tmp_path):
    (tmp_path / "one.yaml").write_text(declared(1, 1, quota=5))
    (tmp_path / "two.yaml").write_text(declared(1, 1, quota=7))
    one = start(1, "one.yaml")[0]
    key = admin_of([one])
    two = start(1, "two.yaml")[0]
    for server in (one, two):
        assert quota_of(server, key) == 7
    assert [line["project"] for line in two.log("set the quota of a declared project")] == ["team-0"]
    read_again(one)
    for server in (one, two):
        assert quota_of(server, key) == 5
    assert [line["project"] for line in one.log("set the quota of a declared project")] == ["team-0"]


KUBECONFIG = """
current-context: c
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
clusters: [{{name: c, cluster: {{server: "https://127.0.0.1:{port}"}}}}]
users: [{{name: u, user: {{token: "t"}}}}]
"""


def test_another_address_of_a_connected_cluster_is_told_by_all(start, tmp_path):
    for name, port in (("one", 1), ("two", 2)):
        (tmp_path / f"{name}.kubeconfig").write_text(KUBECONFIG.format(port=port))
        (tmp_path / f"{name}.yaml").write_text(json.dumps({
            "connect-allow": "127.0.0.0/8", "clusters": [{"name": "edge", "kubeconfig": str(tmp_path / f"{name}.kubeconfig")}]}))
    one = start(1, "one.yaml")[0]
    key = admin_of([one])

    def shown(server):
        rows = server.client(key).get("/admin/v1/clusters").json()["items"]
        assert [row["name"] for row in rows] == ["edge"]
        return rows[0]["server"]

    assert shown(one) == "https://127.0.0.1:1"
    two = start(1, "two.yaml")[0]
    assert shown(one) == shown(two) == "https://127.0.0.1:2"
    assert [line["cluster"] for line in two.log("wrote what is declared of a cluster over what was there")] == ["edge"]
    told = "a configuration file declares another address for a cluster than before: all replicas need the same file"
    wait_for(lambda: [line["address"] for line in one.log(told)] == ["https://127.0.0.1:2"], "the other address to be told")
    # A declared cluster is deleted by no replica that declares it.
    assert two.client(key).delete("/admin/v1/clusters/" + one.client(key).get("/admin/v1/clusters").json()["items"][0]["uid"]).status == 409
