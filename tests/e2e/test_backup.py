"""Backups of a running and of a stopped server, and what becomes of clients when a machine is lost and a backup restored."""

import json
import resource
import shutil
import subprocess
import threading

import pytest
from kubernetes import client as kube_client
from kubernetes import watch as kube_watch

from harness import BINARY, LIST_ROUTE, clean_environment, metric_of, name_of, snapshot, snapshots, wait_for

LIST = LIST_ROUTE.format(uid="demo")
GROUP = "/clusters/demo/apis/snapshot.kubevirt.io/v1beta1"


def run(*arguments, env=None, data=None, text=True):
    return subprocess.run([str(BINARY), *map(str, arguments)], input=data, capture_output=True, text=text, check=False,
                          timeout=120, env=clean_environment(env))


def logged_in(server, key=None):
    return {"SNAPGATE_SERVER": f"http://127.0.0.1:{server.port}", "SNAPGATE_API_KEY": key or server.admin_key}


def back_up(server, file, *arguments):
    made = run("backup", "--to", file, *arguments, env=logged_in(server))
    assert made.returncode == 0, made.stderr
    return file


@pytest.fixture
def loaded(start_server):
    server = start_server()
    server.client().create_cluster("demo")
    server.client().load("demo", snapshots(120, ["a", "b"]))
    return server


def names(answer):
    return [name_of(item) for item in answer.json()["items"]]


def test_a_lost_machine_is_restored_elsewhere_and_its_clients_go_on(loaded, start_server, tmp_path):
    admin = loaded.admin_key
    api = loaded.client()
    stop = threading.Event()
    written = []

    def write():
        while not stop.is_set():
            name = f"late-{len(written)}"
            loaded.client().load("demo", [snapshot("a", name)])
            written.append(name)

    writer = threading.Thread(target=write)
    writer.start()
    wait_for(lambda: len(written) > 3, "writes to be under way", 30)
    at_backup = len(written)
    file = back_up(loaded, tmp_path / "demo.backup")
    wait_for(lambda: len(written) > at_backup + 20, "writes behind the backup", 30)
    stop.set()
    writer.join()
    page = api.get(LIST, limit=10).json()
    token, version = page["metadata"]["continue"], page["metadata"]["resourceVersion"]
    etag = api.get(LIST, limit=10).header("ETag")
    loaded.kill()
    shutil.rmtree(loaded.data_dir)

    restored = run("restore", file, "--data-dir", tmp_path / "new")
    assert restored.returncode == 0, restored.stderr
    assert "admin (admin)" in restored.stderr
    assert not (tmp_path / "new" / "admin.key").exists()
    server = start_server(directory=tmp_path / "new")
    api = server.client(admin)

    # The whole state of one moment: every write before the backup began, none that is missing in between.
    bearer = {"Authorization": "Bearer " + admin}
    there = set(names(api.get(GROUP + "/virtualmachinesnapshots", bearer)))
    late = [("a", name) in there for name in written]
    assert all(late[:at_backup]) and late == sorted(late, reverse=True)
    assert len(there) == 120 + sum(late)

    # Palette's pages go on from the token that a 410 gives; an ETag from before means nothing.
    gone = api.get(LIST, **{"continue": token})
    assert gone.status == 410
    on = api.get(LIST, **{"continue": gone.json()["details"]["continue"]})
    assert on.status == 200 and names(on)
    assert api.get(LIST, headers={"If-None-Match": etag}, limit=10).status == 200

    # Watches list anew instead of going on past a gap, the Python client's among them.
    newest = int(api.get(LIST, limit=1).json()["metadata"]["resourceVersion"])
    assert newest > int(version) + 2**39
    refused = api.get(GROUP + "/virtualmachinesnapshots", bearer, watch="true", resourceVersion=version, timeoutSeconds="5")
    assert refused.status == 410 or '"code":410' in refused.text()
    configuration = kube_client.Configuration(host=f"http://127.0.0.1:{server.port}/clusters/demo")
    configuration.api_key = {"authorization": "Bearer " + admin}
    objects = kube_client.CustomObjectsApi(kube_client.ApiClient(configuration))
    group = ("snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshots")
    with pytest.raises(kube_client.ApiException) as expired:
        for _ in kube_watch.Watch().stream(objects.list_cluster_custom_object, *group, resource_version=version,
                                           timeout_seconds=5):
            pass
    assert expired.value.status == 410
    listed = objects.list_cluster_custom_object(*group)
    api.load("demo", [snapshot("b", "after")])
    for event in kube_watch.Watch().stream(objects.list_cluster_custom_object, *group, timeout_seconds=10,
                                           resource_version=listed["metadata"]["resourceVersion"]):
        assert event["object"]["metadata"]["name"] == "after"
        break


def test_what_a_backup_holds_and_what_it_does_not(loaded, tmp_path):
    made = loaded.client().post("/admin/v1/keys", {"name": "ci", "role": "reader"}).json()
    content = back_up(loaded, tmp_path / "b").read_bytes()
    assert (loaded.data_dir / "token.key").read_bytes() in content
    assert loaded.admin_key.encode() not in content and made["key"].encode() not in content
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0
    assert back_up_again(loaded, tmp_path / "b") == 1, "never over something"


def back_up_again(server, file):
    return run("backup", "--to", file, env=logged_in(server)).returncode


def test_it_takes_an_admin_of_the_tenant(loaded, tmp_path):
    api = loaded.client()
    project = api.post("/admin/v1/projects", {"name": "p"}).json()["uid"]
    for body in ({"name": "r", "role": "reader"}, {"name": "e", "role": "editor"},
                 {"name": "pa", "role": "admin", "projectUid": project}):
        key = api.post("/admin/v1/keys", body).json()["key"]
        assert loaded.client(key).get("/admin/v1/backup").status == 403
        refused = run("backup", "--to", tmp_path / "b", env=logged_in(loaded, key))
        assert refused.returncode == 1 and "admin" in refused.stderr
    assert loaded.anonymous().get("/admin/v1/backup").status == 401
    assert not list(tmp_path.iterdir()), "nothing is left of what was refused"


def test_a_stopped_server_is_backed_up_from_its_files(loaded, start_server, tmp_path):
    running = run("backup", "--data-dir", loaded.data_dir, "--to", tmp_path / "b")
    assert running.returncode == 1 and "in use" in running.stderr
    before = names(loaded.client().get(LIST, limit=50))
    admin = loaded.admin_key
    loaded.stop()
    piped = run("backup", "--data-dir", loaded.data_dir, "--to", "-", text=False)
    assert piped.returncode == 0
    restored = run("restore", "-", "--data-dir", tmp_path / "new", "--without-keys", data=piped.stdout, text=False)
    assert restored.returncode == 0 and b"1 key left out" in restored.stderr
    refused = run("serve", "--data-dir", tmp_path / "new", "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "create key" in refused.stderr
    key = run("create", "key", "--data-dir", tmp_path / "new", "-o", "json")
    server = start_server(directory=tmp_path / "new")
    assert names(server.client(json.loads(key.stdout)["key"]).get(LIST, limit=50)) == before
    assert server.client(admin).get(LIST).status == 401


def test_the_key_that_seals_credentials_comes_along_only_when_it_is_asked_for(loaded, tmp_path):
    key = bytes(range(32))
    env = {"SNAPGATE_CREDENTIALS_KEY": key.hex()}
    plain, whole = tmp_path / "plain", tmp_path / "whole"
    assert run("backup", "--to", plain, env=logged_in(loaded) | env).returncode == 0
    assert run("backup", "--to", whole, "--with-credentials-key", env=logged_in(loaded) | env).returncode == 0
    assert key not in plain.read_bytes() and key in whole.read_bytes()
    told = run("restore", whole, "--data-dir", tmp_path / "one")
    assert told.returncode == 0 and "--credentials-key-to" in told.stderr
    kept = run("restore", whole, "--data-dir", tmp_path / "two", "--credentials-key-to", tmp_path / "credentials.key")
    assert kept.returncode == 0, kept.stderr
    assert (tmp_path / "credentials.key").read_bytes() == key
    assert (tmp_path / "credentials.key").stat().st_mode & 0o077 == 0
    missing = run("restore", plain, "--data-dir", tmp_path / "three", "--credentials-key-to", tmp_path / "none")
    assert missing.returncode == 1 and "kubeconfigs" in missing.stderr


def test_nothing_is_restored_from_what_is_not_whole(loaded, tmp_path):
    content = back_up(loaded, tmp_path / "b").read_bytes()
    for cut in (0, 5, 100, len(content) // 2, len(content) - 1):
        (tmp_path / "cut").write_bytes(content[:cut])
        refused = run("restore", tmp_path / "cut", "--data-dir", tmp_path / "new")
        assert refused.returncode == 1 and "backup" in refused.stderr, refused.stderr
    damaged = bytearray(content)
    damaged[len(content) // 3] ^= 8
    (tmp_path / "cut").write_bytes(damaged)
    refused = run("restore", tmp_path / "cut", "--data-dir", tmp_path / "new")
    assert refused.returncode == 1 and "checksum" in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "cut"]


def test_a_server_that_dies_leaves_no_file(start_server, tmp_path):
    server = start_server()
    server.client().create_cluster("demo")
    large = [snapshot("a", f"large-{number}") for number in range(150)]
    for one in large:
        one["metadata"]["annotations"] = {"filler": "x" * 200_000}
    server.client().load("demo", large)
    # Nobody reads the pipe, so the backup is under way when the server dies.
    process = subprocess.Popen([str(BINARY), "backup", "--to", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=clean_environment(logged_in(server)))
    assert process.stdout.read(1000)
    server.kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0 and said


def test_what_is_there_is_never_overwritten(loaded, tmp_path):
    file = back_up(loaded, tmp_path / "b")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    assert run("restore", file, "--data-dir", tmp_path / "full").returncode == 1
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["x"]
    assert run("restore", file, "--data-dir", tmp_path / "empty").returncode == 0
    # A path may end with a slash.
    assert run("restore", file, "--data-dir", f"{tmp_path / 'slash'}/").returncode == 0
    assert sorted(path.name for path in (tmp_path / "slash").iterdir()) == ["store", "token.key"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "empty", "full", "slash"]


def test_an_export_is_imported_elsewhere_unchanged(loaded, start_server, tmp_path):
    env = logged_in(loaded)
    uid = loaded.client().post("/admin/v1/clusters", {"name": "other"}).json()["uid"]
    loaded.client().load(uid, snapshots(7, ["x"]))
    one = run("export", "--cluster", "demo", "--to", tmp_path / "demo.json", env=env)
    assert one.returncode == 0, one.stderr
    every = run("export", "--all-clusters", "--to", tmp_path / "all", env=env)
    assert every.returncode == 0, every.stderr
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == sorted(["demo.json", f"{uid}.json"])
    assert (tmp_path / "all" / "demo.json").read_bytes() == (tmp_path / "demo.json").read_bytes()
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0
    piped = run("export", "--cluster", "other", env=env)
    assert len(json.loads(piped.stdout)["items"]) == 7

    server = start_server(directory=tmp_path / "new")
    server.client().create_cluster("demo")
    taken = run("import", "--cluster", "demo", tmp_path / "demo.json", env=logged_in(server))
    assert "120 created" in taken.stdout, taken.stderr
    again = run("import", "--cluster", "demo", tmp_path / "demo.json", env=env)
    assert "120 unchanged" in again.stdout, again.stderr


def test_what_cannot_be_exported_is_said_and_leaves_nothing(loaded, tmp_path):
    env = logged_in(loaded)
    (tmp_path / "there").write_text("x", encoding="utf-8")
    for arguments, code, word in [(["--cluster", "nowhere", "--to", tmp_path / "a"], 1, "nowhere"), ([], 2, "either"),
                                  (["--cluster", "demo", "--all-clusters"], 2, "either"),
                                  (["--all-clusters"], 2, "--to"),
                                  (["--cluster", "demo", "--to", tmp_path / "there"], 1, "already"),
                                  (["--all-clusters", "--to", tmp_path / "there"], 1, "cannot make"),
                                  (["--cluster", "demo", "--to", tmp_path / "no" / "place"], 2, "cannot make"),
                                  (["--all-clusters", "--to", tmp_path / "no" / "place"], 2, "cannot make")]:
        ran = run("export", *arguments, env=env)
        assert (ran.returncode, word in ran.stderr) == (code, True), ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_limit_on_the_size_of_files_is_said_and_leaves_nothing(loaded, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))

    env = clean_environment(logged_in(loaded))
    for arguments in (["backup", "--to", tmp_path / "b"], ["export", "--cluster", "demo", "--to", tmp_path / "e"]):
        ran = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60,
                             env=env, preexec_fn=limit)
        assert (ran.returncode, "File too large" in ran.stderr) == (1, True), (ran.returncode, ran.stderr)
    assert not list(tmp_path.iterdir())
    with (tmp_path / "list").open("w", encoding="utf-8") as file:
        ran = subprocess.run([str(BINARY), "get", "snapshots", "--cluster", "demo", "-o", "json"], stdout=file, stderr=subprocess.PIPE,
                             text=True, check=False, timeout=60, env=env, preexec_fn=limit)
    assert (ran.returncode, "File too large" in ran.stderr) == (1, True), (ran.returncode, ran.stderr)


def test_compact_gives_the_room_of_what_was_deleted_back(loaded, tmp_path):
    running = run("compact", "--data-dir", loaded.data_dir)
    assert running.returncode == 1 and "in use" in running.stderr
    api = loaded.client()
    large = [snapshot("a", f"large-{number}") for number in range(100)]
    for one in large:
        one["metadata"]["annotations"] = {"filler": "x" * 100_000}
    api.load("demo", large)
    assert api.post("/admin/v1/clusters", {"name": "keep"}).status == 201
    before = api.get(LIST, limit=50).json()["items"]
    metrics = api.metrics()
    assert 10_000_000 < metric_of(metrics, "snapgate_store_used_bytes") <= metric_of(metrics, "snapgate_store_file_bytes")
    assert api.delete("/admin/v1/clusters/demo", force="true").status == 204
    loaded.client().create_cluster("demo")
    loaded.client().load("demo", before)
    loaded.stop()
    file = loaded.data_dir / "store" / "data.mdb"
    full = file.stat().st_size
    loaded.start()  # sweeps what was deleted
    wait_for(lambda: loaded.client().metric("snapgate_store_used_bytes") < 6_000_000, "the sweep", 30)
    loaded.stop()
    done = run("compact", "--data-dir", loaded.data_dir)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_size < full / 2
    assert sorted(path.name for path in file.parent.iterdir()) == ["data.mdb", "lock.mdb"]
    loaded.start()
    assert names(loaded.client().get(LIST, limit=50)) == [name_of(item) for item in before]
    assert run("compact", "--data-dir", tmp_path).returncode == 2
