"""`snapgate migrate`: a data directory moves into etcd and back, also in several attempts, and nothing is lost on the way."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from connected import kubeconfig
from etcd import Etcd
from harness import BINARY, Server, clean_environment, run_cli, snapshot, snapshots, wait_for
from kube import KubeClient, Watch, new_snapshot, snapshots_path
from replicas import SECRET, Replicas


@pytest.fixture
def etcd(tmp_path):
    one = Etcd(tmp_path / "etcd", 1).start()
    yield one
    one.stop()


@pytest.fixture
def folder():
    """On the disk that holds temporary files, and not shown to others."""
    made = Path(tempfile.mkdtemp(prefix="snapgate-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def group(etcd, folder):
    """No replica is started yet."""
    replicas = Replicas(folder, etcd)
    yield replicas
    for server in replicas.servers:
        if server.running():
            server.kill()


def migrate(etcd, to, data_dir, *arguments, env=None):
    return run_cli("migrate", "--to", to, "--data-dir", data_dir, "--etcd", etcd.endpoints, *arguments,
                   env={**SECRET, **(env or {})}, timeout=120)


def embedded(data_dir):
    server = Server(data_dir, env=SECRET)
    server.data_dir.parent.mkdir(parents=True, exist_ok=True)
    return server


def without_version(item):
    return {**item, "metadata": {key: value for key, value in item["metadata"].items() if key != "resourceVersion"}}


def seen(client, clusters):
    """All that a server shows of its clusters, without versions."""
    registry = {kind: client.get(f"/admin/v1/{kind}").json()["items"] for kind in ("projects", "clusters", "keys")}
    for keys in registry["keys"]:
        del keys["lastUsedAt"]
    for cluster in registry["clusters"]:
        del cluster["bytes"]  # with the versions
    objects = {uid: [without_version(item) for item in client.items(uid)] for uid in clusters}
    return registry, objects


def version_of(kube):
    return int(kube.get(snapshots_path()).json()["metadata"]["resourceVersion"])


def ends_too_old(kube, version):
    """Whether a watch from that version is told to list again."""
    watch = Watch(kube, snapshots_path(), {"watch": "1", "resourceVersion": version, "timeoutSeconds": "5"})
    if watch.status != 200:
        return watch.status == 410
    wait_for(lambda: watch.ended is not None or watch.events, "the end of a watch", 20)
    return bool(watch.events) and watch.events[0]["object"].get("code") == 410


def fill(server):
    """A project of its own, clusters, keys, namespaces and snapshots, some of them owned by others."""
    admin = server.client()
    project = admin.create_project("payments")["uid"]
    admin.create_cluster("shop")
    admin.create_cluster("bank", projectUid=project)
    admin.create_cluster("gone")
    admin.load("shop", snapshots(700, namespaces=("default", "web", "web-1")))
    admin.load("bank", snapshots(20) + [snapshot("a-b", "large", labels={"fill": "x" * 60})])
    admin.load("gone", snapshots(5))
    assert admin.delete("/admin/v1/clusters/gone", force="true").status == 204
    kube = KubeClient(server, "shop", server.admin_key)
    owner = kube.create("default", new_snapshot("owner")).json()
    owned = new_snapshot("owned", ownerReferences=[{"apiVersion": owner["apiVersion"], "kind": owner["kind"],
                                                    "name": "owner", "uid": owner["metadata"]["uid"]}])
    assert kube.create("default", owned).status == 201
    assert kube.remove("default", "snap-00000-0").status == 200
    return admin.create_key("ci", "editor")["key"]


def test_a_data_directory_moves_into_etcd_and_back(etcd, group, folder):
    server = embedded(folder / "first" / "data").start()
    ci = fill(server)
    admin_key = server.admin_key
    before = seen(server.client(), ("shop", "bank"))
    kube = KubeClient(server, "shop", admin_key)
    old_version = version_of(kube)
    old_page = kube.get(snapshots_path(), limit=5).json()["metadata"]["continue"]
    in_use = migrate(etcd, "etcd", server.data_dir)
    assert in_use.returncode == 1 and "in use" in in_use.stderr, in_use
    server.stop()

    moved = migrate(etcd, "etcd", server.data_dir)
    assert moved.returncode == 0, moved.stderr
    assert "2 projects, 2 clusters, 2 keys" in moved.stdout, moved.stdout
    again = migrate(etcd, "etcd", server.data_dir)
    assert again.returncode == 0 and "before" in again.stdout, again

    # Neither side is worked with by a server of the other kind.
    refused = run_cli("serve", "--data-dir", server.data_dir, "--listen", "127.0.0.1:0", env=SECRET)
    assert refused.returncode == 1 and "was moved into etcd" in refused.stderr, refused.stderr
    refused = run_cli("serve", "--data-dir", server.data_dir, "--etcd", etcd.endpoints, env=SECRET)
    assert refused.returncode == 1 and "snapgate migrate --to etcd" in refused.stderr, refused.stderr

    group.start(2)
    for replica in group.servers:
        assert not (replica.data_dir / "admin.key").exists()
        assert seen(replica.client(admin_key), ("shop", "bank")) == before
        assert replica.client(ci).list("shop").status == 200
        kube = KubeClient(replica, "shop", admin_key)
        items = kube.get(snapshots_path()).json()
        assert all(int(item["metadata"]["resourceVersion"]) > old_version for item in items["items"])
        assert int(items["metadata"]["resourceVersion"]) > old_version
        assert ends_too_old(kube, old_version)
        gone_on = kube.get(snapshots_path(), limit=5, **{"continue": old_page})
        assert gone_on.status == 410, gone_on
        way_on = gone_on.json()["metadata"]["continue"]
        assert len(kube.get(snapshots_path(), limit=5, **{"continue": way_on}).json()["items"]) == 5
    # What the replicas have noted goes on: an owner takes what it owns with it.
    one, two = (KubeClient(replica, "shop", admin_key) for replica in group.servers)
    assert one.remove("default", "owner").status == 200
    wait_for(lambda: two.read("default", "owned").status == 404, "the end of what was owned", 20)
    assert two.create("web", new_snapshot("made-there")).status == 201
    expected = seen(group.servers[0].client(admin_key), ("shop", "bank"))
    old_version = version_of(one)
    old_page = one.get(snapshots_path(), limit=5).json()["metadata"]["continue"]

    back = folder / "second" / "data"
    back.parent.mkdir()
    live = migrate(etcd, "dir", back)
    assert live.returncode == 1 and "stop them first" in live.stderr, live
    # A replica tells where it listens a moment after it does.
    wait_for(lambda: str(group.servers[1].port) in migrate(etcd, "dir", back).stderr, "the replica's address in the message")
    for replica in group.servers:
        replica.stop()
    moved = migrate(etcd, "dir", back)
    assert moved.returncode == 0, moved.stderr
    assert "2 projects, 2 clusters, 2 keys" in moved.stdout, moved.stdout
    assert not back.with_name("data.migrating").exists()
    refused = run_cli("serve", "--data-dir", group.servers[0].data_dir, "--etcd", etcd.endpoints, env=SECRET)
    assert refused.returncode == 1 and "was moved into a data directory" in refused.stderr, refused.stderr

    server = embedded(back).start()
    assert seen(server.client(admin_key), ("shop", "bank")) == expected
    kube = KubeClient(server, "shop", admin_key)
    assert version_of(kube) > old_version
    assert ends_too_old(kube, old_version)
    gone_on = kube.get(snapshots_path(), limit=5, **{"continue": old_page})
    assert gone_on.status == 410 and gone_on.json()["metadata"]["continue"], gone_on
    made = kube.create("web", new_snapshot("made-back"))
    assert int(made.json()["metadata"]["resourceVersion"]) > old_version
    patched = kube.patch("web", "made-there", {"metadata": {"labels": {"a": "b"}}})
    assert patched.status == 200 and int(patched.json()["metadata"]["resourceVersion"]) > old_version
    watch = Watch(kube, snapshots_path(), {"watch": "1", "resourceVersion": made.json()["metadata"]["resourceVersion"]})
    wait_for(lambda: watch.events, "the patch in a watch")
    assert watch.events[0]["object"]["metadata"]["name"] == "made-there"
    server.stop()
    checked = run_cli("fsck", "--data-dir", back)
    assert checked.returncode == 0, checked.stdout


def start_migrate(etcd, to, data_dir):
    return subprocess.Popen([str(BINARY), "migrate", "--to", to, "--data-dir", str(data_dir), "--etcd", etcd.endpoints],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env=clean_environment(SECRET))


def kill(process):
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it had ended before it was killed"


def test_a_move_that_is_killed_goes_on_when_it_is_run_again(etcd, group, folder):
    server = embedded(folder / "first" / "data").start()
    server.client().create_cluster("c")
    server.client().load("c", snapshots(30_000))
    expected = seen(server.client(), ("c",))
    admin_key = server.admin_key
    server.stop()

    begun = etcd.revision()
    for steps in (3, 40, 80):
        process = start_migrate(etcd, "etcd", server.data_dir)
        wait_for(lambda at=begun + steps: etcd.revision() >= at, "some steps of the move", 30)
        kill(process)
        refused = run_cli("serve", "--data-dir", folder / "too-early", "--etcd", etcd.endpoints, env=SECRET)
        assert refused.returncode == 1 and "is being moved" in refused.stderr, refused.stderr
    before_last = etcd.revision()
    moved = migrate(etcd, "etcd", server.data_dir)
    assert moved.returncode == 0 and "30,001 objects" in moved.stdout, moved
    # It did not begin anew.
    assert etcd.revision() - before_last < 200
    group.start(1)
    assert seen(group.servers[0].client(admin_key), ("c",)) == expected
    group.servers[0].stop()

    back = folder / "second" / "data"
    back.parent.mkdir()
    for sign in ("data.migrating", "data.restoring"):
        process = start_migrate(etcd, "dir", back)
        wait_for(lambda sign=sign: (back.with_name(sign) / "store" / "data.mdb").exists(), f"the folder {sign}", 30)
        kill(process)
        assert not back.exists()
    moved = migrate(etcd, "dir", back)
    assert moved.returncode == 0, moved.stderr
    assert sorted(os.listdir(back.parent)) == ["data"]
    server = embedded(back).start()
    assert seen(server.client(admin_key), ("c",)) == expected
    server.stop()


def test_a_directory_that_was_written_to_after_a_move_was_cut_off_is_moved_anew(etcd, group, folder):
    server = embedded(folder / "data").start()
    server.client().create_cluster("c")
    server.client().create_cluster("removed")
    server.client().load("c", snapshots(10_000))
    server.client().load("removed", snapshots(10))
    server.stop()
    process = start_migrate(etcd, "etcd", server.data_dir)
    wait_for(lambda: etcd.revision() >= 30, "some steps of the move", 30)
    kill(process)
    server.start()
    assert server.client().delete("/admin/v1/clusters/removed", force="true").status == 204
    kube = KubeClient(server, "c", server.admin_key)
    for item in kube.get(snapshots_path(), limit=40).json()["items"]:
        assert kube.remove("default", item["metadata"]["name"]).status == 200
    expected = seen(server.client(), ("c",))
    admin_key = server.admin_key
    server.stop()
    moved = migrate(etcd, "etcd", server.data_dir)
    assert moved.returncode == 0, moved.stderr
    group.start(1)
    assert seen(group.servers[0].client(admin_key), ("c",)) == expected


def test_large_objects_are_moved_within_the_limits_of_etcd(folder, tmp_path):
    etcd = Etcd(tmp_path / "etcd", 1, ["--max-txn-ops", "32", "--max-request-bytes", "262144"]).start()
    replicas = Replicas(folder, etcd, "--etcd-max-txn-ops", "32", "--etcd-max-request-bytes", "262144")
    try:
        server = embedded(folder / "data").start()
        server.client().create_cluster("c")
        server.client().load("c", [snapshot("default", f"large-{i}", annotations={"fill": "x" * 60_000}) for i in range(30)])
        server.client().load("c", snapshots(100))
        expected = seen(server.client(), ("c",))
        admin_key = server.admin_key
        server.stop()
        limits = ("--etcd-max-txn-ops", "32", "--etcd-max-request-bytes", "262144")
        moved = migrate(etcd, "etcd", server.data_dir, *limits)
        assert moved.returncode == 0, moved.stderr
        replica = replicas.add()
        assert seen(replica.client(admin_key), ("c",)) == expected
        replica.stop()

        # One object that does not fit is named.
        server.data_dir.joinpath("moved-to-etcd").unlink()
        server.start()
        server.client().load("c", [snapshot("default", "huge", annotations={"fill": "x" * 250_000})])
        server.stop()
        refused = migrate(etcd, "etcd", server.data_dir, *limits, "--etcd-prefix", "other")
        assert refused.returncode == 1 and "default/huge" in refused.stderr, refused.stderr
        assert "--etcd-max-request-bytes" in refused.stderr
    finally:
        for one in replicas.servers:
            if one.running():
                one.kill()
        etcd.stop()


def test_what_would_be_lost_or_mixed_is_refused_in_words(etcd, group, folder):
    first = embedded(folder / "first" / "data").start()
    first.client().create_cluster("c")
    first.stop()
    second = embedded(folder / "second" / "data").start()
    second.stop()

    def refused(words, to, data_dir, *arguments, env=None):
        ran = migrate(etcd, to, data_dir, *arguments, env=env)
        assert ran.returncode in (1, 2) and words in ran.stderr, ran

    refused("holds nothing of snapgate", "dir", folder / "new")
    assert not (folder / "new").exists()
    refused("is not a data directory", "etcd", folder / "nothing")
    refused("must be etcd or dir", "both", first.data_dir)
    moved = migrate(etcd, "etcd", first.data_dir)
    assert moved.returncode == 0, moved.stderr
    refused("another truth", "etcd", second.data_dir)
    refused("another secret", "etcd", second.data_dir, env={"SNAPGATE_CREDENTIALS_KEY": "7a" * 32})
    refused("another secret", "dir", folder / "new", env={"SNAPGATE_CREDENTIALS_KEY": "7a" * 32})
    refused("is there already", "dir", second.data_dir)
    # Another truth has room beside the first one.
    moved = migrate(etcd, "etcd", second.data_dir, "--etcd-prefix", "other")
    assert moved.returncode == 0, moved.stderr
    # A truth that lives on after the move is not written over by the directory that it came from.
    group.start(1)
    group.servers[0].stop()
    (first.data_dir / "moved-to-etcd").unlink()
    first.start()
    first.client().create_cluster("late")
    first.stop()
    refused("written to since then", "etcd", first.data_dir)


def test_a_replica_that_was_paused_during_the_move_back_writes_nothing_any_more(etcd, group, folder):
    """It could not be seen: its lease was over."""
    group.start(1)
    group.client().create_cluster("c")
    paused = group.servers[0]
    admin_key = paused.admin_key
    paused.signal(signal.SIGSTOP)
    moved = wait_for(lambda: (lambda ran: ran if ran.returncode == 0 else None)(migrate(etcd, "dir", folder / "new")),
                     "the end of the paused replica's lease", 30)
    assert "1 cluster" in moved.stdout
    paused.signal(signal.SIGCONT)
    kube = KubeClient(paused, "c", admin_key)
    assert kube.create("default", new_snapshot("lost")).status == 503
    wait_for(lambda: kube.get(snapshots_path()).status == 503, "the end of its reads", 20)
    paused.kill()


def test_connected_clusters_are_moved_with_their_credentials(etcd, group, folder):
    upstream = Server(folder / "upstream", "--tls-self-signed").start()
    upstream.client(tls=True).create_cluster("theirs")
    upstream.client(tls=True).load("theirs", snapshots(30))
    server = embedded(folder / "first" / "data").start()
    admin_key = server.admin_key

    def follows(one):
        reply = one.client(admin_key).list("edge")
        return reply.status == 200 and len(reply.json()["items"]) == 30 and one.client(admin_key).cluster("edge")["state"] == "Ready"

    try:
        server.client().create_cluster("edge", type="connected", kubeconfig=kubeconfig(upstream, "theirs"))
        server.client().create_cluster("own")
        server.client().load("own", snapshots(10))
        wait_for(lambda: follows(server), "a mirror")
        server.stop()
        refused = migrate(etcd, "etcd", server.data_dir, env={"SNAPGATE_CREDENTIALS_KEY": "7a" * 32})
        assert refused.returncode == 1 and "another secret" in refused.stderr, refused
        moved = migrate(etcd, "etcd", server.data_dir)
        assert moved.returncode == 0 and "2 clusters" in moved.stdout, moved
        group.start(2)
        for replica in group.servers:
            wait_for(lambda replica=replica: follows(replica), "a mirror of each replica", 30)
            assert len(replica.client(admin_key).items("own")) == 10
        for replica in group.servers:
            replica.stop()
        moved = migrate(etcd, "dir", folder / "back")
        assert moved.returncode == 0, moved.stderr
        server = embedded(folder / "back").start()
        wait_for(lambda: follows(server), "a mirror", 30)
        assert len(server.client(admin_key).items("own")) == 10
        server.stop()
    finally:
        for one in (server, upstream):
            if one.running():
                one.kill()
