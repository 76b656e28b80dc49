"""Keys, projects and clusters: one registry, whichever replica is asked."""

from concurrent.futures import ThreadPoolExecutor

from harness import snapshot

PROJECTS = "/v1/dashboard/projects/metadata"


def test_one_replica_alone_made_the_first_key(replicas):
    made = [server for server in replicas.servers if (server.data_dir / "admin.key").exists()]
    assert len(made) == 1
    assert not any((server.data_dir / "admin.key.new").exists() for server in replicas.servers)
    for server in replicas.servers:
        keys = replicas.client(server).get("/admin/v1/keys").json()["items"]
        assert [key["name"] for key in keys] == ["admin"]


def test_a_key_made_on_one_replica_opens_the_others_at_once(replicas):
    for i, server in enumerate(replicas.servers):
        made = replicas.client(server).create_key(f"reader-{i}")
        for other in replicas.servers:
            assert replicas.client(other, key=made["key"]).get(PROJECTS).status == 200


def test_a_key_that_was_revoked_is_refused_at_once_everywhere(replicas):
    for i, server in enumerate(replicas.servers):
        made = replicas.client(server).create_key(f"revoked-{i}")
        for other in replicas.servers:
            assert replicas.client(other, key=made["key"]).get(PROJECTS).status == 200
        assert replicas.client(server).delete(f"/admin/v1/keys/{made['id']}").status == 204
        for other in replicas.servers:
            assert replicas.client(other, key=made["key"]).get(PROJECTS).status == 401


def test_of_three_that_take_a_name_on_three_replicas_one_gets_it(replicas):
    for turn in range(5):
        def make(server, turn=turn):
            fields = {"name": f"contended-{turn}", "uid": f"contended-{turn}-{server.port}"}
            return replicas.client(server).post("/admin/v1/clusters", fields).status

        with ThreadPoolExecutor(3) as pool:
            assert sorted(pool.map(make, replicas.servers)) == [201, 409, 409]


def test_clusters_made_at_once_on_all_replicas_do_not_mix(replicas):
    def make(i):
        client = replicas.client(replicas.servers[i % 3])
        client.create_cluster(f"many-{i}")
        client.load(f"many-{i}", [snapshot("default", f"of-{i}")])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(make, range(18)))
    for i in range(18):
        assert replicas.client().names(f"many-{i}") == [("default", f"of-{i}")]


def test_a_cluster_is_made_deleted_and_made_again_each_time_elsewhere(replicas):
    for turn in range(4):
        replicas.client().create_cluster("again")
        replicas.client().load("again", [snapshot("default", f"turn-{turn}")])
        for server in replicas.servers:
            assert replicas.client(server).names("again") == [("default", f"turn-{turn}")]
        assert replicas.client().delete("/admin/v1/clusters/again", force="true").status == 204
        for server in replicas.servers:
            assert replicas.client(server).list("again").status == 404


def test_a_replica_says_what_it_cannot_do(replicas):
    assert "etcdctl" in replicas.client().get("/admin/v1/backup").json()["message"]
