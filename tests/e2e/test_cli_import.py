"""Imports from the command line: cut off and completed, refused, pruned, of any size."""

import json
import os
import signal
import subprocess
import time

import pytest
import yaml

from cli import OK, REFUSED, UNREACHABLE, USAGE
from harness import BINARY, PATIENCE, ROOT, SAMPLE, SANITIZED, clean_environment, in_order, name_of, snapshot, snapshots, wait_for
from kube import KubeClient, snapshots_path

SAMPLES = [SAMPLE, ROOT / "samples" / "kubectl-get-vmsnapshots-lab.yaml"]


@pytest.fixture
def load(cli, uid):
    """Runs `import` into this test's cluster."""
    def run(*arguments, code=OK, stdin=None, cluster=uid):
        return cli("import", "--cluster", cluster, *arguments, code=code, stdin=stdin)
    return run


def counts(ran):
    return {word: int(number.replace(",", "")) for number, word in
            (part.split()[-2:] for part in ran.stdout.split("(")[0].strip().split(": ", 1)[1].split(", "))}


def lines(path, objects):
    path.write_text("".join(json.dumps(item) + "\n" for item in objects))
    return path


def padded(count):
    """Snapshots of about two kilobytes each."""
    return [snapshot(f"ns-{i % 50:02d}", f"snap-{i:06d}", f"vm-{i % 500}", annotations={"note": "x" * 1600})
            for i in range(count)]


def objects_of(server, uid):
    return server.client().get(f"/admin/v1/clusters/{uid}").json()["objects"]


def test_files_are_one_dump(load, admin, uid):
    ran = load(*SAMPLES)
    dump = json.loads(SAMPLES[0].read_text())["items"] + yaml.safe_load(SAMPLES[1].read_text())["items"]
    assert admin.names(uid) == sorted(set(in_order(dump)))
    told = counts(ran)
    assert told["created"] + told["unchanged"] + told["replaced"] == len(dump)
    assert counts(load(*SAMPLES))["created"] == 0


def test_objects_come_back_as_they_were(load, admin, uid):
    load(SAMPLES[0])
    before = {name_of(i): i
              for i in json.loads(SAMPLES[0].read_text())["items"]}
    for item in admin.items(uid):
        was = before[name_of(item)]
        for field in ("uid", "creationTimestamp", "labels", "ownerReferences", "finalizers"):
            assert item["metadata"].get(field) == was["metadata"].get(field)
        assert item["spec"] == was["spec"]
        assert item.get("status", {}).get("phase") == was.get("status", {}).get("phase")


def test_an_import_that_was_killed_is_completed_by_the_next(server, load, admin, uid, tmp_path):
    objects = padded(15_000)
    dump = lines(tmp_path / "dump.jsonl", objects)
    process = subprocess.Popen(
        [str(BINARY), "import", "--cluster", uid, str(dump)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=clean_environment(server.login()))
    wait_for(lambda: objects_of(server, uid) > 0 or process.poll() is not None, "the first objects", 30)
    process.kill()
    process.wait()
    # What was on its way is stored, or is not; nothing more comes.
    def settled():
        first = objects_of(server, uid)
        time.sleep(1.5)  # on a busy machine a batch takes a second
        return objects_of(server, uid) == first
    wait_for(settled, "an end of the import that was killed", 30)
    there = objects_of(server, uid)
    told = counts(load(dump))
    assert told["created"] == len(objects) - there and told["unchanged"] == there, (told, there)
    assert objects_of(server, uid) == len(objects)
    assert counts(load(dump)) == {"created": 0, "replaced": 0, "unchanged": len(objects), "skipped": 0, "pruned": 0,
                                  "refused": 0}


def test_a_server_that_dies_is_said_to_be_out_of_reach(start_server, tmp_path):
    server = start_server()
    server.client().create_cluster("c")
    objects = padded(15_000)
    dump = lines(tmp_path / "dump.jsonl", objects)
    process = subprocess.Popen([str(BINARY), "import", "--cluster", "c", str(dump)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               env=clean_environment(server.login() | {"XDG_CONFIG_HOME": str(tmp_path)}))
    wait_for(lambda: objects_of(server, "c") > 0, "the first objects", 30)
    server.kill()
    _, said = process.communicate(timeout=60 * PATIENCE)
    assert process.returncode == UNREACHABLE, said
    assert "run the import again" in said
    server.start()
    ran = server.cli("import", "--cluster", "c", dump, env={"XDG_CONFIG_HOME": str(tmp_path)})
    assert ran.returncode == OK, ran.stderr
    assert objects_of(server, "c") == len(objects)


def peak_memory(arguments, environment):
    """Runs a command to its end; returns its exit code and the most memory it had, in bytes."""
    process = subprocess.Popen([str(BINARY), *arguments], env=clean_environment(environment),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * 1024


def test_memory_does_not_grow_with_the_dump(server, admin, uid, tmp_path):
    objects = padded(30_000)
    small = lines(tmp_path / "small", objects[:300])
    # Indented, as kubectl prints it.
    large = tmp_path / "large"
    with open(large, "w", encoding="utf-8") as out:
        out.write('{"apiVersion": "v1", "kind": "List", "items": [\n')
        for i, item in enumerate(objects):
            out.write((",\n" if i else "") + json.dumps(item, indent=4))
        out.write("\n]}\n")
    environment = server.login()
    code, little = peak_memory(["import", "--cluster", uid, str(small)], environment)
    assert code == OK
    code, much = peak_memory(["import", "--cluster", uid, str(large)], environment)
    assert code == OK
    # A sanitizer keeps freed memory back for a while.
    allowance = (400 if SANITIZED else 20) << 20
    assert much < little + allowance, (little, much, large.stat().st_size)
    assert objects_of(server, uid) == len(objects)
    code, listing = peak_memory(["get", "snapshots", "--cluster", uid, "--all", "-o", "json"], environment)
    assert code == OK
    assert listing < little + allowance, (little, listing)


def test_prune_removes_what_the_files_together_do_not_have(load, admin, uid, tmp_path):
    admin.load(uid, [snapshot("web", name) for name in "abcd"])
    first = lines(tmp_path / "first", [snapshot("web", "a")])
    second = lines(tmp_path / "second", [snapshot("web", "c"), snapshot("web", "e")])
    told = counts(load("--prune", "--complete", "--yes", first, second))
    assert (told["created"], told["unchanged"], told["pruned"]) == (1, 2, 2)
    assert admin.names(uid) == [("web", "a"), ("web", "c"), ("web", "e")]


def test_prune_by_an_empty_list_empties_and_by_an_empty_file_is_refused(load, admin, uid, tmp_path):
    admin.load(uid, [snapshot("web", "a")])
    load("--prune", "--yes", "-", stdin="", code=REFUSED)
    load("--prune", "--yes", "-", stdin='{"items":[', code=REFUSED)
    assert admin.names(uid) == [("web", "a")]
    load("--prune", "--yes", "-", stdin='{"apiVersion":"v1","kind":"List","items":[]}')
    assert admin.names(uid) == []


def test_a_refused_object_keeps_its_stored_version_from_being_pruned(load, admin, uid, tmp_path):
    admin.load(uid, [snapshot("web", "a"), snapshot("web", "b"), snapshot("web", "c")])
    bad = snapshot("web", "b")
    bad["spec"]["source"]["kind"] = "Pod"
    dump = lines(tmp_path / "dump", [snapshot("web", "a"), bad])
    ran = load("--prune", "--complete", "--yes", "--keep-going", dump, code=REFUSED)
    assert "web/b" in ran.stderr
    assert ("web", "b") in admin.names(uid)


def test_refusals_are_named_by_file_and_item(load, admin, uid, tmp_path):
    wrong = snapshot("web", "wrong")
    wrong["spec"]["source"]["apiGroup"] = "apps"
    first = lines(tmp_path / "first.json", [snapshot("web", "a"), snapshot("web", "b")])
    second = lines(tmp_path / "second.json", [snapshot("web", "c"), wrong, {"kind": "Pod", "apiVersion": "v1"}])
    ran = load(first, second, code=REFUSED)
    assert "second.json: item 1 (web/wrong): " in ran.stderr and "second.json: item 2: " in ran.stderr
    assert "2 of 5 objects" in ran.stderr and "nothing was stored" in ran.stderr
    assert admin.names(uid) == []
    ran = load("--keep-going", first, second, code=REFUSED)
    assert "second.json: item 1 (web/wrong): " in ran.stderr and "second.json: item 2" in ran.stderr
    assert counts(ran)["refused"] == 2
    assert admin.names(uid) == [("web", "a"), ("web", "b"), ("web", "c")]
    answer = json.loads(load("--keep-going", "-o", "json", first, second, code=REFUSED).stdout)
    assert [one["index"] for one in answer["refused"]] == [3, 4]


@pytest.mark.parametrize("policy, phase, told", [
    ("replace", "Failed", {"replaced": 1, "unchanged": 1, "created": 1}),
    ("skip", "Succeeded", {"skipped": 1, "unchanged": 1, "created": 1}),
    ("fail", "Succeeded", {"refused": 1, "unchanged": 1, "created": 1})])
def test_on_conflict(load, admin, uid, tmp_path, policy, phase, told):
    admin.load(uid, [snapshot("web", "a"), snapshot("web", "same")])
    dump = lines(tmp_path / "dump", [snapshot("web", "a", phase="Failed"), snapshot("web", "same"),
                                     snapshot("web", "new")])
    ran = load("--on-conflict", policy, dump, code=REFUSED if policy == "fail" else OK)
    assert {word: number for word, number in counts(ran).items() if number} == told
    stored = {item["metadata"]["name"]: item["status"]["phase"] for item in admin.items(uid)}
    assert stored == {"a": phase, "same": "Succeeded", "new": "Succeeded"}


def test_older_objects_and_typed_lists_are_taken(load, admin, uid, tmp_path):
    old = snapshot("web", "old")
    old["apiVersion"] = "snapshot.kubevirt.io/v1alpha1"
    bare = snapshot("web", "bare")
    del bare["apiVersion"], bare["kind"]
    (tmp_path / "list").write_text(json.dumps({
        "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshotList", "metadata": {},
        "items": [bare]}))
    load(lines(tmp_path / "old", [old]), tmp_path / "list")
    assert [item["apiVersion"] for item in admin.items(uid)] == ["snapshot.kubevirt.io/v1beta1"] * 2
    assert admin.names(uid) == [("web", "bare"), ("web", "old")]


def test_streams_of_every_kind_are_taken(server, admin, uid, tmp_path):
    text = "".join(json.dumps(item) + "\n" for item in snapshots(5))
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen([str(BINARY), "import", "--cluster", uid, str(fifo)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               env=clean_environment(server.login()))
    fifo.write_text(text)
    out, err = process.communicate(timeout=60 * PATIENCE)
    assert process.returncode == OK, err
    assert "5 created" in out


def test_json_divided_by_dashes_and_yaml_in_flow_style_are_taken(load, admin, uid, tmp_path):
    items = snapshots(5)
    (tmp_path / "divided").write_text("\n---\n".join(json.dumps(item, indent=1) for item in items) + "\n--- \n")
    assert "5 created" in load(tmp_path / "divided").stdout
    assert "5 unchanged" in load(lines(tmp_path / "lines", items)).stdout
    (tmp_path / "flow").write_text(yaml.dump({"apiVersion": "v1", "items": items, "kind": "List"}, default_flow_style=True))
    assert (tmp_path / "flow").read_text().startswith("{apiVersion: ")
    assert "5 unchanged" in load(tmp_path / "flow").stdout
    # Anchors and aliases, as PyYAML writes an object that is there twice.
    shared = {"labels": {"a": "b"}, "namespace": "web"}
    twice = [{**items[0], "metadata": {**shared, "name": name, "labels": shared["labels"]}} for name in ("x", "y")]
    (tmp_path / "anchors").write_text(yaml.dump_all(twice) + "---\n" + yaml.dump(twice))
    assert "*id001" in (tmp_path / "anchors").read_text()
    ran = load(tmp_path / "anchors", "--complete")
    assert "2 created" in ran.stdout and len(admin.names(uid)) == 7
    assert {json.dumps(item["metadata"]["labels"]) for item in admin.items(uid) if item["metadata"]["name"] in "xy"} == {'{"a": "b"}'}


def test_a_mistyped_cluster_is_found_out_before_the_input_is_read(load, tmp_path):
    ran = load(tmp_path / "there-is-none", code=REFUSED, cluster="nosuch")
    assert "nosuch" in ran.stderr
    assert "there-is-none" not in ran.stderr


def test_what_cannot_be_read_is_a_usage_error(load, tmp_path):
    for file in (tmp_path / "none", tmp_path):
        assert str(file) in load(file, code=USAGE).stderr
    load("-", "-", code=USAGE, stdin="")


def test_a_compressed_dump_says_how_to_unpack_it(load, tmp_path):
    (tmp_path / "dump.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\x00" * 20)
    assert "gunzip" in load(tmp_path / "dump.gz", code=REFUSED).stderr


def test_a_reader_may_not_import(server, admin, uid, tmp_path):
    key = admin.create_key(f"reader-of-{uid}")["key"]
    dump = lines(tmp_path / "dump", padded(3000))
    ran = server.cli("import", "--cluster", uid, dump, env={"SNAPGATE_API_KEY": key})
    assert ran.returncode == REFUSED
    assert "Forbidden" in ran.stderr, ran.stderr
    assert admin.names(uid) == []


def test_nothing_is_left_behind(load, tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    load("-", stdin=yaml.safe_dump_all(snapshots(3)))
    assert list(folder.iterdir()) == []


def test_an_interrupted_import_ends_at_once(server, uid):
    process = subprocess.Popen([str(BINARY), "import", "--cluster", uid, "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=clean_environment(server.login()))
    process.stdin.write(b'{"items":[')
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    assert process.wait(10 * PATIENCE) == -signal.SIGINT
    process.stdin.close()


def test_two_documents_of_yaml_without_a_line_between_them_are_not_one(load, admin, uid, tmp_path):
    first, second = (yaml.safe_dump(snapshot("web", name)) for name in ("one", "two"))
    (tmp_path / "dump.yaml").write_text(first + second)
    said = load(tmp_path / "dump.yaml", code=REFUSED).stderr
    line = len(first.splitlines()) + 1
    assert f"the YAML is wrong in line {line}: the key \"apiVersion\" is there twice; between two documents stands" in said
    (tmp_path / "dump.yaml").write_text(f"{first}---\n{second}")
    load(tmp_path / "dump.yaml")
    assert admin.names(uid) == [("web", "one"), ("web", "two")]


@pytest.mark.parametrize("form, what", [("Table", "it is a Table"), ("PartialObjectMetadataList", "it is the metadata of an object alone")])
def test_an_answer_without_the_objects_is_said_to_be_one(server, load, admin, uid, tmp_path, form, what):
    admin.load(uid, snapshots(3))
    accept = f"application/json;as={form};g=meta.k8s.io;v=v1"
    answer = KubeClient(server, uid).get(snapshots_path(), headers={"Accept": accept})
    assert answer.json()["kind"] == form
    (tmp_path / "dump.json").write_text(json.dumps(answer.json()))
    said = load(tmp_path / "dump.json", code=REFUSED).stderr
    assert f"item 0{'' if form == 'Table' else ' ('}" in said and what in said and "kubectl get vmsnapshots" in said, said
