"""The audit trail of replicas: each keeps the lines of what it was asked to do."""

import json
from concurrent.futures import ThreadPoolExecutor

from harness import snapshots, wait_for
from kube import new_snapshot, snapshots_path


def lines_of(file):
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines()]


def changes(file, name):
    return [(line["verb"], line["outcome"], line.get("change")) for line in lines_of(file)
            if line.get("object", {}).get("name") == name]


def audited(start_replicas, count=2):
    replicas = start_replicas(0)
    files = []
    for i in range(count):
        file = replicas.folder / f"audit-{i}.log"
        replicas.folder.mkdir(parents=True, exist_ok=True)
        replicas.add("--audit-log", str(file))
        files.append(file)
    replicas.client().create_cluster("c")
    return replicas, files


def test_a_line_is_in_the_trail_of_the_replica_that_was_asked_and_in_no_other(start_replicas):
    replicas, files = audited(start_replicas)
    one, other = replicas.servers
    assert replicas.kube("c", one).create("default", new_snapshot("mine")).status == 201
    assert replicas.kube("c", other).delete(snapshots_path("default", "mine")).status == 200
    wait_for(lambda: changes(files[0], "mine") == [("create", "done", "created")], lambda: changes(files[0], "mine"), 20)
    wait_for(lambda: changes(files[1], "mine") == [("delete", "done", "removed")], lambda: changes(files[1], "mine"), 20)


def test_what_etcd_refuses_has_a_line_of_a_refusal_alone(start_replicas):
    replicas, files = audited(start_replicas)
    for status in (201, 409):
        assert replicas.kube("c", replicas.servers[0]).create("default", new_snapshot("twice")).status == status

    def refused():
        return [(line["verb"], line["status"]) for line in lines_of(files[0]) if line["outcome"] == "refused"]

    wait_for(lambda: refused() == [("create", 409)], refused, 20)
    wait_for(lambda: changes(files[0], "twice") == [("create", "done", "created")], lambda: changes(files[0], "twice"), 20)


def test_writes_that_conflict_have_one_line_each(start_replicas):
    """A group of writes that runs again must not leave the lines of its first run."""
    replicas, files = audited(start_replicas)
    def load(i):
        client = replicas.client(replicas.servers[i % 2])
        return client.create_key(f"key-{i}")["id"]

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(load, range(40)))
    assert len(set(ids)) == 40

    def seen():
        return sorted(line["object"]["name"] for file in files for line in lines_of(file)
                      if line.get("object", {}).get("kind") == "Key")

    wait_for(lambda: seen() == sorted(f"key-{i}" for i in range(40)), seen, 20)


def test_an_import_has_its_lines(start_replicas):
    replicas, files = audited(start_replicas)
    replicas.client(replicas.servers[1]).load("c", snapshots(100))
    wait_for(lambda: any(line["verb"] == "import" and line.get("created") == 100 for line in lines_of(files[1])),
             lambda: lines_of(files[1])[-3:], 20)
    # One that was killed is seen by the line of its begin, which is committed with its first batch.
    began = [line for line in lines_of(files[1]) if line["verb"] == "import" and line["outcome"] == "began"]
    assert len(began) == 1
    assert not [line for line in lines_of(files[0]) if line["verb"] == "import"]


def test_the_line_of_an_acknowledged_write_survives_a_kill(start_replicas):
    replicas, files = audited(start_replicas, 1)
    server = replicas.servers[0]
    for i in range(30):
        assert replicas.kube("c", server).create("default", new_snapshot(f"s-{i}")).status == 201
    server.kill()
    server.start()

    def there():
        return {line["object"]["name"] for line in lines_of(files[0])
                if line.get("object", {}).get("kind") == "VirtualMachineSnapshot"}

    wait_for(lambda: there() == {f"s-{i}" for i in range(30)}, there, 20)
