"""A replica whose disk is full: it falls behind, says so, and catches up when there is room."""

import contextlib
import resource

from harness import snapshots, wait_for
from kube import new_snapshot


@contextlib.contextmanager
def no_room(server):
    """No file of the server may grow."""
    size = (server.data_dir / "store" / "data.mdb").stat().st_size
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_a_replica_without_room_answers_nothing_that_is_old_and_catches_up(start_replicas):
    replicas = start_replicas(2)
    replicas.client().create_cluster("c")
    replicas.client().load("c", snapshots(50))
    well, full = replicas.servers
    assert len(replicas.client(full).items("c")) == 50
    with no_room(full):
        written = 0
        for _ in range(200):
            body = new_snapshot(f"large-{written}", annotations={"a": "x" * 100_000})
            assert replicas.kube("c", well).create("default", body).status == 201
            written += 1
            if full.anonymous().get("/readyz").status == 503:
                break
        # It knows that it does not have what was acknowledged.
        reply = replicas.client(full).list("c")
        assert reply.status == 503, reply
        assert full.anonymous().get("/readyz").status == 503
        assert full.anonymous().get("/livez").status == 200
        assert len(replicas.client(well).items("c")) == 50 + written
        assert well.anonymous().get("/readyz").status == 200
    wait_for(lambda: full.anonymous().get("/readyz").status == 200, "the replica to catch up", 30)
    assert replicas.client(full).items("c") == replicas.client(well).items("c")
