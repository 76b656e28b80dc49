"""Nothing is pruned against a dump that may have been cut off, half an object is never stored, and a prune
is counted and asked for before it happens."""

import copy
import json
import os
import pty
import subprocess

import pytest
import yaml

from cli import OK, REFUSED, USAGE
from harness import BINARY, PATIENCE, clean_environment, snapshot

OBJECTS = [snapshot("web", "a", labels={"app": "a"}), snapshot("web", "b", labels={"app": "b"}),
           snapshot("web", "c", annotations={"note": "é"})]


@pytest.fixture
def load(cli, uid):
    """Runs `import` into this test's cluster."""
    def run(*arguments, stdin=None, key=None):
        return cli.run("import", "--cluster", uid, *arguments, stdin=stdin, env={"SNAPGATE_API_KEY": key} if key else None)
    return run


@pytest.fixture
def post(admin, uid):
    """Imports a body over the API."""
    def send(body, **query):
        return admin.post(f"/admin/v1/clusters/{uid}/import", body, {"Content-Type": "application/json"}, **query)
    return send


def stored(admin, uid):
    """What the cluster holds, without what each write gives."""
    objects = copy.deepcopy(admin.items(uid))
    for item in objects:
        del item["metadata"]["resourceVersion"]
    return objects


def as_list(objects, **metadata):
    return {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": metadata}


def as_yaml(value, **options):
    return yaml.safe_dump(value, allow_unicode=True, **options)


def test_no_prefix_of_a_json_list_prunes_or_halves(admin, uid, post):
    admin.load(uid, OBJECTS)
    before = stored(admin, uid)
    for text in (json.dumps(as_list(OBJECTS), ensure_ascii=False), json.dumps(OBJECTS, ensure_ascii=False)):
        whole = text.encode()
        for cut in range(len(whole)):
            reply = post(whole[:cut], prune="true")
            assert reply.status != 200, (cut, reply)
            if cut % 20 == 0 or whole[:cut].endswith(b"}"):
                assert stored(admin, uid) == before, whole[:cut]
        assert stored(admin, uid) == before
        assert post(whole, prune="true").json()["unchanged"] == len(OBJECTS)


@pytest.mark.parametrize("text", [as_yaml(as_list(OBJECTS, resourceVersion="")),
                                  as_yaml(as_list(OBJECTS), sort_keys=False),
                                  as_yaml({"kind": "List", "apiVersion": "v1", "items": OBJECTS}, sort_keys=False),
                                  as_yaml(OBJECTS), yaml.safe_dump_all(OBJECTS, allow_unicode=True)],
                         ids=["kubectl", "kind-behind", "items-last", "sequence", "documents"])
def test_no_prefix_of_yaml_prunes_or_halves(admin, uid, load, tmp_path, text):
    admin.load(uid, OBJECTS)
    before = stored(admin, uid)
    dump = tmp_path / "dump"
    whole = text.encode()
    # Every place near the ends of lines, where a cut leaves YAML that can be read, and some in between.
    cuts = [at for at in range(len(whole)) if whole[at:at + 1] == b"\n" or whole[at - 1:at] == b"\n" or at % 29 == 0]
    for cut in cuts:
        dump.write_bytes(whole[:cut])
        ran = load("--prune", "--yes", dump)
        said = (cut, whole[:cut][-80:], ran.stdout, ran.stderr)
        assert stored(admin, uid) == before, said
        if ran.returncode == OK:  # what was cut stands behind the items
            assert b"\nkind: List" in whole[:cut], said


def test_a_yaml_list_without_its_end_is_refused_after_its_last_item(admin, uid, load):
    admin.load(uid, OBJECTS)
    text = as_yaml(as_list(OBJECTS))
    between = text[:text.rindex("- apiVersion")]
    within = text[:text.rindex("  spec:")]
    for cut, item in ((between, 1), (within, 2)):
        for options in ((), ("--prune", "--yes"), ("--prune", "--yes", "--complete"), ("--keep-going",)):
            ran = load(*options, "-", stdin=cut)
            assert ran.returncode == REFUSED, (ran.stdout, ran.stderr)
            assert f"after item {item}" in ran.stderr and "cut off" in ran.stderr, ran.stderr
    assert admin.names(uid) == [("web", "a"), ("web", "b"), ("web", "c")]


@pytest.mark.parametrize("text", [
    "# only a comment\n", "---\n# nothing\n---\n", "\n", " " * 6000, "", "apiVersion: v1\nitems: []\n",
    "apiVersion: v1\nitems:\n", "kind: List\nitems:\n", '{"kind":"PodList","items":[]}',
    json.dumps(as_list([])) + "error: the server is away\n", as_yaml(as_list([])) + "error: the server is away\n",
    as_yaml({"apiVersion": "v1", "items": OBJECTS[:1]}) + "Error from server: timeout\n",
    json.dumps(as_list([])) + "\0" * 100, json.dumps(OBJECTS[0]), json.dumps(OBJECTS[0]) + "\n" + json.dumps(OBJECTS[1]),
    json.dumps(as_list(OBJECTS[:1], **{"continue": "x"})), json.dumps(as_list(OBJECTS[:1], remainingItemCount=2)),
    json.dumps(as_list(OBJECTS[:1], **{"continue": "x", "remainingItemCount": 2})) + json.dumps(as_list(OBJECTS[2:])),
    as_yaml(as_list(OBJECTS[:1], **{"continue": "x"})), json.dumps(as_list([])) + json.dumps(OBJECTS[0])])
def test_what_may_not_be_whole_prunes_nothing(admin, uid, load, text):
    admin.load(uid, OBJECTS)
    ran = load("--prune", "--yes", "-", stdin=text)
    assert ran.returncode == REFUSED, (ran.stdout, ran.stderr)
    assert admin.names(uid) == [("web", "a"), ("web", "b"), ("web", "c")]


def test_what_has_no_end_wants_a_word_and_says_why(admin, uid, load, post):
    admin.load(uid, OBJECTS)
    lines = "".join(json.dumps(item) + "\n" for item in OBJECTS[:2])
    for text in (lines, yaml.safe_dump_all(OBJECTS[:2]), as_yaml(OBJECTS[:2])):
        ran = load("--prune", "--yes", "-", stdin=text)
        assert ran.returncode == REFUSED and "--complete" in ran.stderr and "cut off" in ran.stderr, ran.stderr
        assert load("--prune", "--complete", "--dry-run", "-", stdin=text).returncode == OK
    reply = post(lines, prune="true")
    assert reply.status == 400 and reply.json()["details"]["parameter"] == "complete", reply
    assert post("", prune="true").status == 400
    assert len(admin.names(uid)) == 3
    assert post(lines, prune="true", complete="true").json()["pruned"] == 1


def test_pages_prune_where_all_are_there(admin, uid, load, post, tmp_path):
    admin.load(uid, [*OBJECTS, snapshot("web", "gone")])
    pages = list(admin.pages(uid, limit=1))
    texts = [json.dumps(page) for page in pages]
    for missing in ("".join(texts[:-1]), texts[0], texts[0] + texts[2] + texts[3]):
        reply = post(missing, prune="true")
        assert reply.json()["pruned"] == 0 and "page" in reply.json()["notPruned"], reply
    assert len(admin.names(uid)) == 4
    admin.load(uid, [snapshot("web", "new")])
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"page-{number}")
        files[-1].write_text(text)
    ran = load("--prune", "--yes", *files)
    assert ran.returncode == OK, ran.stderr
    assert ("web", "new") not in admin.names(uid) and len(admin.names(uid)) == 4


def test_a_dry_run_counts_and_changes_nothing(admin, uid, load, post):
    admin.load(uid, OBJECTS)
    before = admin.items(uid)
    dump = json.dumps(as_list([OBJECTS[0], snapshot("web", "b", phase="Failed"), snapshot("new", "d")]))
    answer = json.loads(load("--prune", "--dry-run", "-o", "json", "-", stdin=dump).stdout)
    expected = {"created": 1, "replaced": 1, "unchanged": 1, "pruned": 1, "skipped": 0}
    assert {word: answer[word] for word in expected} == expected
    assert admin.items(uid) == before
    assert "would be imported" in load("--dry-run", "-", stdin=dump).stdout
    # What was written since is not pruned.
    admin.load(uid, [snapshot("web", "since")])
    reply = post(dump, prune="true", pruneAsOf=answer["pruneAsOf"])
    assert {word: reply.json()[word] for word in expected} == expected
    assert admin.names(uid) == [("new", "d"), ("web", "a"), ("web", "b"), ("web", "since")]
    assert post(dump, prune="true", pruneAsOf="x").json()["details"]["parameter"] == "pruneAsOf"


def test_a_prune_without_a_terminal_wants_a_yes(admin, uid, load):
    admin.load(uid, OBJECTS)
    ran = load("--prune", "-", stdin=json.dumps(as_list(OBJECTS[:1])))
    assert ran.returncode == USAGE and "--yes" in ran.stderr, ran.stderr
    assert len(admin.names(uid)) == 3
    assert load("--prune", "--yes", "-", stdin=json.dumps(as_list(OBJECTS[:1]))).returncode == OK
    assert len(admin.names(uid)) == 1


@pytest.mark.parametrize("answer, left", [("n\n", 3), ("\n", 3), ("y\n", 1)])
def test_a_prune_asks_on_a_terminal(server, admin, uid, tmp_path, answer, left):
    admin.load(uid, OBJECTS)
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps(as_list(OBJECTS[:1])))
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(BINARY), "import", "--cluster", uid, "--prune", str(dump)], stdin=theirs,
                               stdout=subprocess.PIPE, stderr=theirs, env=clean_environment(
                                   server.login()))
    os.close(theirs)
    said = b""
    while b"[y/N]" not in said:
        said += os.read(ours, 4096)
    assert b"2 snapshots of cluster" in said
    assert len(admin.names(uid)) == 3
    os.write(ours, answer.encode())
    process.communicate(timeout=30 * PATIENCE)
    os.close(ours)
    assert process.returncode == (OK if left == 1 else REFUSED)
    assert len(admin.names(uid)) == left


def test_one_object_that_is_too_large_ends_nothing(admin, uid, load, post):
    large = snapshot("web", "large", annotations={"note": "x" * (3 << 20)})
    dump = json.dumps(as_list([OBJECTS[0], large, OBJECTS[2]]))
    reply = post(dump)
    assert reply.status == 200 and reply.json()["created"] == 2, reply.status
    (refused,) = reply.json()["refused"]
    assert (refused["index"], refused["name"]) == (1, "web/large") and "2 MiB" in refused["message"]
    assert load("-", stdin=dump).returncode == REFUSED
    ran = load("--keep-going", "-", stdin=dump)
    assert ran.returncode == REFUSED
    assert "item 1 (web/large): the object is larger than 2 MiB" in ran.stderr, ran.stderr
    assert "2 unchanged" in ran.stdout and "1 refused" in ran.stdout
    assert admin.names(uid) == [("web", "a"), ("web", "c")]


def test_odd_items_are_refused_one_by_one(admin, uid, load):
    deep = snapshot("web", "deep")
    deep["x"] = []
    for _ in range(100):
        deep["x"] = [deep["x"]]
    other = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "web"}}
    dump = json.dumps(as_list([OBJECTS[0], deep, None, "text", 7, [OBJECTS[1]], other, {"items": []}, OBJECTS[2]]))
    ran = load("--keep-going", "-", stdin=dump)
    assert ran.returncode == REFUSED
    assert "2 created" in ran.stdout and "7 refused" in ran.stdout, (ran.stdout, ran.stderr)
    assert admin.names(uid) == [("web", "a"), ("web", "c")]


def test_a_stream_that_breaks_says_what_it_stored(admin, uid, post):
    text = json.dumps(as_list(OBJECTS))
    reply = post(text[:text.rindex('"spec"')])
    assert reply.status == 400
    assert "after item 1" in reply.json()["message"] and "2 created" in reply.json()["message"], reply


def test_nulls_in_metadata_are_absent(admin, uid, kube_get, post):
    odd = snapshot("web", "odd", labels={"a": None, "b": "x"}, annotations={"a": None}, finalizers=None,
                   ownerReferences=[{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u", "controller": None}])
    assert post(json.dumps(odd)).json()["created"] == 1
    metadata = kube_get("odd")["metadata"]
    assert metadata["labels"] == {"b": "x"}
    assert "null" not in json.dumps(metadata)


@pytest.fixture
def kube_get(server, uid):
    def get(name):
        reply = server.client().get(
            f"/clusters/{uid}/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots/{name}",
            {"Authorization": f"Bearer {server.admin_key}"})
        assert reply.status == 200, reply
        return reply.json()
    return get


def test_managed_fields_that_kubectl_hides_stay(admin, uid, kube_get, load):
    managed = [{"manager": "kubectl", "operation": "Update", "apiVersion": "snapshot.kubevirt.io/v1beta1",
                "time": "2026-01-02T03:04:05Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:source": {}}}}]
    shown = snapshot("web", "a", managedFields=managed)
    hidden = snapshot("web", "a")
    assert load("-", stdin=json.dumps(as_list([shown]))).returncode == OK
    ran = load("-", stdin=json.dumps(as_list([hidden])))
    assert "0 replaced, 1 unchanged" in ran.stdout, ran.stdout
    hidden["status"]["phase"] = "Failed"
    ran = load("-", stdin=json.dumps(as_list([hidden])))
    assert "1 replaced" in ran.stdout, ran.stdout
    assert kube_get("a")["metadata"]["managedFields"] == managed


def test_counts_and_what_may_be_stored_are_said_right(admin, uid, load):
    ran = load("-", stdin='{"a":1}')
    assert "1 of 1 object cannot be imported" in ran.stderr, ran.stderr
    key = admin.create_key(f"reader-of-{uid}")["key"]
    ran = load("-", stdin=json.dumps(as_list(OBJECTS)), key=key)
    assert ran.returncode == REFUSED and "Forbidden" in ran.stderr
    assert "may be stored" not in ran.stderr, ran.stderr
