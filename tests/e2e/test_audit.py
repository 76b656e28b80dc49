"""The audit trail: who did what to which object, from where, and how it ended."""

import json
import signal
import threading

import pytest

from harness import run_cli, snapshot, vm_path, wait_for
from kube import KubeClient, new_snapshot

KIND = "VirtualMachineSnapshot"
CORE = ("who", "verb", "outcome", "change")


def read(path):
    """The lines of an audit log; every one is whole, but for one that is just being written."""
    if not path.exists():
        return []

    def whole():
        text = path.read_text()
        return [text] if text == "" or text.endswith("\n") else None

    [text] = wait_for(whole, f"the end of the last line of {path}")
    return [json.loads(line) for line in text.splitlines()]


def about(lines, **members):
    """The lines whose objects have these members."""
    return [line for line in lines
            if all(line.get("object", {}).get(name) == value for name, value in members.items())]


def core(line):
    return {name: line[name] for name in CORE if name in line}


class Trail:
    """A server that keeps an audit log."""

    def __init__(self, start_server, tmp_path, *flags):
        self.file = tmp_path / "logs" / "audit.log"
        self.file.parent.mkdir()
        self.server = start_server("--audit-log", str(self.file), *flags)
        self.client = self.server.client()

    def lines(self, count=0, **members):
        """The lines about an object, once there are as many."""
        seen = []

        def there():
            seen[:] = about(read(self.file), **members)
            return len(seen) >= count

        wait_for(there, lambda: f"{count} lines about {members}, and not {seen}", 20)
        return seen

    def key(self, name, role="editor", **fields):
        made = self.client.create_key(name, role, **fields)
        return made, self.server.client(key=made["key"])


@pytest.fixture
def trail(start_server, tmp_path):
    return Trail(start_server, tmp_path)


def whoever(key):
    return {"key": key["id"], "name": key["name"]}


def test_who_made_and_who_deleted_a_snapshot(trail):
    trail.client.create_cluster("demo")
    alice, as_alice = trail.key("alice")
    bob, as_bob = trail.key("bob")
    assert as_alice.post(vm_path("demo"), new_snapshot("who-made-me"), namespace="web").status == 200
    assert as_bob.delete(vm_path("demo", name="who-made-me"), namespace="web").status == 204

    made, deleted = trail.lines(2, name="who-made-me")
    assert core(made) == {"who": whoever(alice), "verb": "create", "outcome": "done", "change": "created"}
    assert core(deleted) == {"who": whoever(bob), "verb": "delete", "outcome": "done", "change": "removed"}
    for line in (made, deleted):
        assert line["object"].items() >= {"kind": KIND, "cluster": "demo", "clusterName": "demo", "namespace": "web",
                                          "name": "who-made-me", "vm": "web-01"}.items()
        assert line["from"].startswith("127.0.0.1:")
        assert line["time"].endswith("Z") and len(line["time"]) == len("2026-11-29T11:00:00.123Z")
        assert line["path"].startswith("/v1/spectroclusters/demo/vms/web-01/snapshot")
        assert line["requestId"]
    # The namespace was made with it.
    [space] = trail.lines(1, kind="Namespace", name="web")
    assert core(space) == core(made) and space["object"]["id"] and space["requestId"] == made["requestId"]
    numbers = [line["seq"] for line in read(trail.file) if "seq" in line]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    # The secret of a key is in no line.
    assert alice["key"] not in trail.file.read_text()
    assert trail.file.stat().st_mode & 0o777 == 0o600


def test_after_a_kill_every_acknowledged_write_has_its_line(trail):
    trail.client.create_cluster("demo")
    acknowledged = []
    for life in range(4):
        stop = threading.Event()

        def write(number, life=life, stop=stop):
            client = trail.server.client(keep=True)
            for i in range(100_000):
                name = f"s-{life}-{number}-{i}"
                try:
                    if client.post(vm_path("demo"), new_snapshot(name), namespace="web").status != 200:
                        return
                    acknowledged.append(("created", name))
                    if i % 3 == 0 and client.delete(vm_path("demo", name=name), namespace="web").status == 204:
                        acknowledged.append(("removed", name))
                except OSError:
                    return
                except Exception as error:  # cut off in the middle of an answer
                    assert "IncompleteRead" in repr(error) or "Disconnected" in repr(error) or "BadStatus" in repr(error)
                    return

        writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        before = len(acknowledged)
        for writer in writers:
            writer.start()
        wait_for(lambda before=before: len(acknowledged) > before + 100, "writes to be acknowledged", 60)
        trail.server.kill()
        for writer in writers:
            writer.join()
        trail.server.start()

    def missing():
        there = {(line.get("change"), line["object"].get("name")) for line in read(trail.file) if "object" in line}
        return set(acknowledged) - there

    wait_for(lambda: not missing(), lambda: f"the lines of {sorted(missing())[:10]}", 20)
    # A line may come twice, with the same number: then it is the same line.
    numbered = {}
    for line in read(trail.file):
        if "seq" in line:
            assert numbered.setdefault(line["seq"], line) == line
    assert sorted(numbered) == list(range(min(numbered), max(numbered) + 1))


def test_every_write_of_both_sides_has_a_line(trail):
    admin = trail.client
    admin.create_cluster("demo")
    writer, as_writer = trail.key("writer")
    kube = KubeClient(trail.server, "demo", writer["key"])
    kube_admin = KubeClient(trail.server, "demo")
    kube_admin.create_namespace("web")
    kube.made("web", new_snapshot("one"))
    assert kube.patch("web", "one", {"metadata": {"labels": {"a": "b"}}}).status == 200
    assert kube.patch("web", "one", {"metadata": {"labels": {"a": "b"}}}).status == 200
    assert kube.patch("web", "one", {"metadata": {"finalizers": ["example.com/held"]}}).status == 200
    assert kube.remove("web", "one").status == 200
    assert kube.patch("web", "one", {"metadata": {"finalizers": None}}).status == 200
    named = trail.lines(6, name="one")
    assert [(line["verb"], line.get("change")) for line in named] == [
        ("create", "created"), ("patch", "updated"), ("patch", None), ("patch", "updated"), ("delete", "updated"),
        ("patch", "removed")]
    assert {line["who"]["name"] for line in named} == {"writer"}
    assert named[0]["object"]["id"]
    # Names that the server makes up.
    made = kube.made("web", {**new_snapshot(), "metadata": {"generateName": "made-"}})["metadata"]["name"]
    assert core(trail.lines(1, name=made)[0])["change"] == "created"
    # A dry run is none.
    assert kube.create("web", new_snapshot("dry"), dryRun="All").status == 201
    assert as_writer.get("/admin/v1/clusters").status == 200
    kube.made("web", new_snapshot("last"))
    trail.lines(1, name="last")
    assert about(read(trail.file), name="dry") == []

    trail.server.stop()
    lines = read(trail.file)
    assert core(about(lines, kind="Cluster")[0])["change"] == "created"
    assert core(about(lines, kind="Namespace", name="web")[0])["change"] == "created"
    key = about(lines, kind="Key", name="writer")[0]
    assert (key["object"]["id"], key["role"]) == (writer["id"], "editor")
    assert all("level" not in line for line in lines)


def test_deletions_of_many_have_a_line_each(trail):
    admin = trail.client
    admin.create_cluster("demo")
    admin.load("demo", [snapshot("web", f"s-{i:03}") for i in range(300)] + [snapshot("gone", "g")])
    kube = KubeClient(trail.server, "demo")
    assert kube.delete("/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots").status == 200
    assert kube.delete("/api/v1/namespaces/gone").status == 200
    imported, swept = trail.lines(2, kind="Namespace", name="gone")[:2]
    assert (imported["verb"], imported["change"]) == ("import", "created")
    assert core(swept) == {"who": swept["who"], "verb": "delete", "outcome": "done", "change": "updated"}
    wait_for(lambda: kube.get("/api/v1/namespaces/gone").status == 404, "the namespace to be gone")
    trail.server.stop()

    lines = read(trail.file)
    each = [line for line in lines if line.get("verb") == "deletecollection" and line.get("change")]
    assert sorted(line["object"]["name"] for line in each) == [f"s-{i:03}" for i in range(300)]
    whole = [line for line in lines if line.get("verb") == "deletecollection" and not line.get("change")]
    assert [(line["outcome"], line["removed"], line["object"]["namespace"]) for line in whole] == [("done", 300, "web")]
    by_server = [line for line in lines if line.get("who", {}).get("name") == "system:namespace-controller"]
    assert [(line["object"]["kind"], line["object"]["name"], line["change"], line["object"]["clusterName"])
            for line in by_server] == [(KIND, "g", "removed", "demo"), ("Namespace", "gone", "removed", "demo")]


def test_an_import_has_a_line_at_both_ends(trail):
    admin = trail.client
    admin.create_cluster("demo")
    admin.load("demo", [snapshot("web", f"s-{i}") for i in range(600)])
    admin.load("demo", [snapshot("web", f"s-{i}") for i in range(598)] + [snapshot("web", "new")], prune="true",
               complete="true")
    admin.load("demo", [snapshot("web", "dry")], dryRun="true")
    trail.server.stop()
    lines = [line for line in read(trail.file) if line.get("verb") == "import"]
    assert [(line["outcome"], line.get("created"), line.get("pruned")) for line in lines if not line.get("change")] == [
        ("began", None, None), ("done", 600, 0), ("began", None, None), ("done", 1, 2)]
    assert sorted(line["object"]["name"] for line in lines if line.get("change") == "removed") == ["s-598", "s-599"]
    made = [line for line in lines if line.get("change") == "created"]
    assert [(line["object"]["kind"], line["object"]["name"]) for line in made] == [("Namespace", "web")]
    assert {line["object"]["cluster"] for line in lines} == {"demo"}


def test_an_import_that_was_killed_has_its_beginning(trail):
    trail.client.create_cluster("demo")
    client = trail.server.client()

    def endless():
        for i in range(10_000_000):
            yield (json.dumps(snapshot("web", f"s-{i:07}")) + "\n").encode()

    def send():
        try:
            client.post("/admin/v1/clusters/demo/import", endless(),
                        {"Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"})
        except Exception:  # the server is killed
            return

    sender = threading.Thread(target=send)
    sender.start()
    wait_for(lambda: trail.client.cluster("demo")["objects"] > 0, "some objects to be stored", 30)
    trail.server.kill()
    sender.join()
    trail.server.start()
    wait_for(lambda: [line for line in read(trail.file) if line.get("outcome") == "began"], "the line of the beginning")
    # The namespace that it made has a line with a change.
    assert not [line for line in read(trail.file)
                if line.get("verb") == "import" and line["outcome"] == "done" and "change" not in line]


def test_the_garbage_collector_has_a_name(trail):
    admin = trail.client
    admin.create_cluster("demo")
    kube = KubeClient(trail.server, "demo")
    kube.create_namespace("web")
    owner = kube.made("web", new_snapshot("owner"))["metadata"]
    reference = {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": KIND, "name": "owner", "uid": owner["uid"]}
    kube.made("web", new_snapshot("child", ownerReferences=[reference]))
    assert kube.remove("web", "owner").status == 200
    removed = trail.lines(2, name="child")[1]
    assert removed["who"] == {"name": "system:garbage-collector"}
    assert (removed["change"], removed["object"]["cluster"]) == ("removed", "demo")


def refusals(trail, count):
    seen = []

    def there():
        seen[:] = [line for line in read(trail.file) if line.get("outcome") in ("refused", "failed")]
        return len(seen) >= count

    wait_for(there, lambda: f"{count} refusals, and not {seen}", 10)
    return seen


def test_refusals(start_server, tmp_path):
    trail = Trail(start_server, tmp_path, "--rate", "1", "--burst", "30")
    admin = trail.client
    project = admin.create_project("theirs")
    admin.create_cluster("demo")
    admin.create_cluster("other", projectUid=project["uid"])
    reader, as_reader = trail.key("reader", "reader")
    of_project, as_project = trail.key("of-project", "editor", projectUid=project["uid"])
    expired, as_expired = trail.key("short", "reader", expires="1s")
    deleted, as_deleted = trail.key("deleted", "reader")
    assert admin.delete(f"/admin/v1/keys/{deleted['id']}").status == 204
    wrong = trail.server.client(key=reader["key"][:-3] + "xyz")

    asked = [
        (as_reader.post(vm_path("demo"), new_snapshot("no")), 403, "reader", True, "create"),
        (as_project.list("demo"), 404, "of-project", True, "list"),
        (as_project.delete(vm_path("demo", name="x")), 404, "of-project", True, "delete"),
        (as_deleted.list("demo"), 401, None, False, "list"),
        (wrong.post(vm_path("demo"), new_snapshot("no")), 401, "reader", False, "create"),
        (trail.server.anonymous().post(vm_path("demo"), new_snapshot("no")), 401, None, False, "create"),
        (admin.post("/admin/v1/clusters", {"name": "demo", "uid": "demo"}), 409, "admin", True, "create"),
        (admin.delete(vm_path("demo", name="not-there")), 404, "admin", True, "delete"),
        (KubeClient(trail.server, "demo", of_project["key"]).list(), 404, "of-project", True, "list"),
        (KubeClient(trail.server, "demo", reader["key"] + "x").remove("web", "x"), 401, "reader", False, "delete"),
        (KubeClient(trail.server, "demo", reader["key"]).remove("web", "x"), 403, "reader", True, "delete"),
    ]
    lines = refusals(trail, len(asked))
    for (reply, status, name, verified, verb), line in zip(asked, lines, strict=True):
        assert reply.status == status
        assert line["outcome"] == "refused"
        assert (line["status"], line.get("verb")) == (status, verb), line
        assert line["reason"] == reply.json().get("code" if "ref" in reply.json() else "reason") \
            or reply.json()["code"] == status, line
        who = line.get("who", {})
        assert (who.get("name"), who.get("verified", True)) == (name, verified or "key" not in who), line
        assert "seq" not in line
    assert lines[3]["who"] == {"key": deleted["id"], "verified": False}
    assert "who" not in lines[5]
    # What is only not there is no refusal of a read.
    assert admin.get(vm_path("demo", name="not-there")).status == 404

    def said(status, name):
        """The first line about a refusal of this key with this status."""
        return wait_for(lambda: [line for line in read(trail.file)
                                 if line.get("status") == status and line.get("who", {}).get("name") == name],
                        f"a line with {status} about {name}")[0]

    # Asks too often meanwhile, which is refused as well.
    wait_for(lambda: as_expired.list("demo").status == 401, "the key to expire")
    assert said(401, "short")["who"] == {"key": expired["id"], "name": "short", "verified": False}
    while as_reader.list("demo").status != 429:
        pass
    late = said(429, "reader")
    assert (late["who"], late["reason"], late["verb"]) == (whoever(reader), "TooManyRequests", "list")
    text = trail.file.read_text()
    for key in (reader, of_project, expired, deleted):
        assert key["key"] not in text
    assert "xyz" not in text


def test_hostile_names_stay_in_their_strings(trail):
    hostile = 'x%22%7D%0A%7B%22seq%22:1,%22who%22:%7B%22name%22:%22root%22%7D%7D%1B%5B2J%E2%80%AE'
    admin = trail.client
    admin.create_cluster("demo")
    for path in (f"/v1/spectroclusters/demo/vms/{hostile}/snapshot", f"/v1/spectroclusters/{hostile}/vms/a/snapshot"):
        assert admin.post(path, new_snapshot("a")).status in (400, 404)
    admin.create_key('a "quoted\\" name')
    trail.lines(1, name='a "quoted\\" name')
    trail.server.stop()
    text = trail.file.read_text()
    assert "\x1b" not in text and "\u202e" not in text
    assert not [line for line in read(trail.file) if line.get("who", {}).get("name") == "root"]


def test_the_file_is_put_aside_and_opened_anew(start_server, tmp_path):
    trail = Trail(start_server, tmp_path, "--audit-log-max-mib", "1", "--audit-log-keep", "2")
    trail.client.create_cluster("demo")
    moved = trail.file.with_name("moved")
    trail.lines(1, name="demo")
    trail.file.rename(moved)
    trail.server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: trail.server.log("opened the audit log anew"), "the log to say so")
    KubeClient(trail.server, "demo").create_namespace("web")
    trail.lines(1, name="web")
    assert about(read(moved), name="demo") and not about(read(trail.file), name="demo")

    # A line for each, of some hundreds of bytes.
    trail.client.load("demo", [snapshot("web", f"s-{i:05}") for i in range(12_000)])
    kube = KubeClient(trail.server, "demo")
    assert kube.delete("/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots").status == 200
    wait_for(lambda: [line for line in read(trail.file) if line.get("removed") == 12_000], "the last line", 30)
    assert not trail.file.with_name("audit.log.3").exists()
    for file in (trail.file, trail.file.with_name("audit.log.1"), trail.file.with_name("audit.log.2")):
        assert file.stat().st_size <= 1 << 20
        read(file)


def test_lines_wait_while_they_cannot_be_written(start_server, tmp_path):
    """A folder in the place of the file stands for a disk that is full: nothing can be opened there."""
    trail = Trail(start_server, tmp_path)
    admin = trail.client
    admin.create_cluster("demo")
    trail.lines(1, name="demo")
    moved = trail.file.with_name("moved")
    trail.file.rename(moved)
    trail.file.mkdir()
    trail.server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: admin.metric("snapgate_audit_failing") == 1, "the trail to fail", 20)
    for i in range(20):
        assert admin.post(vm_path("demo"), new_snapshot(f"s-{i}"), namespace="web").status == 200
    wait_for(lambda: admin.metric("snapgate_audit_waiting_bytes") > 0, "the lines to be counted", 20)
    assert len(trail.server.log("the audit trail cannot be written, and its lines wait")) == 1
    # They wait across a kill, too; a server does not start without its log.
    trail.server.kill()
    trail.file.rmdir()
    trail.server.start()
    trail.lines(20, kind=KIND)
    numbers = [line["seq"] for line in read(moved) + read(trail.file) if "seq" in line]
    assert sorted(set(numbers)) == list(range(min(numbers), max(numbers) + 1))
    assert trail.server.client().metric("snapgate_audit_failing") == 0


def test_on_stderr_and_both(start_server, tmp_path, data_dir):
    server = start_server("--audit-log", "-")
    server.client().create_cluster("demo")
    wait_for(lambda: about(server.log(), name="demo"), "the line on stderr")
    assert about(server.log(), name="demo")[0]["seq"] > 0
    server.stop()
    file = tmp_path / "audit.log"
    server.arguments = ["--audit-log", f"{file},-"]
    server.start()
    server.client().create_cluster("more")
    wait_for(lambda: about(server.log(), name="more"), "the line on stderr")
    assert about(read(file), name="more") == about(server.log(), name="more")


def test_without_a_trail_there_are_no_lines(start_server, tmp_path):
    server = start_server()
    server.client().create_cluster("demo")
    server.stop()
    file = tmp_path / "audit.log"
    server.arguments = ["--audit-log", str(file)]
    server.start()
    server.client().create_cluster("more")
    wait_for(lambda: about(read(file), name="more"), "the first line")
    assert about(read(file), name="demo") == []
    assert server.client().metric("snapgate_audit_lines_total") == 1


def test_a_connected_cluster(pair, tmp_path):
    file = tmp_path / "audit.log"
    pair.mirror.stop()
    pair.mirror.arguments += ["--audit-log", str(file)]
    pair.mirror.start()
    pair.theirs.create_namespace("web")
    pair.follow()
    pair.ours.made("web", new_snapshot("kube"))
    client = pair.mirror.client()
    assert client.post(vm_path("the-cluster"), new_snapshot("palette"), namespace="web").status == 200
    assert client.delete(vm_path("the-cluster", name="palette"), namespace="web").status == 204
    assert pair.ours.remove("web", "kube").status == 200
    assert pair.ours.create("web", new_snapshot("dry"), dryRun="All").status == 201
    assert pair.ours.create("no-such", new_snapshot("refused")).status == 404
    pair.mirror.stop()
    # Refusals may stand a little before the writes of the same moment.
    lines = sorted(about(read(file), kind=KIND), key=lambda line: line.get("seq", float("inf")))
    assert [(line["verb"], line["object"]["name"], line["outcome"], line["status"]) for line in lines] == [
        ("create", "kube", "done", 201), ("create", "palette", "done", 200), ("delete", "palette", "done", 204),
        ("delete", "kube", "done", 200), ("create", "refused", "refused", 404)]
    assert {line["object"]["clusterName"] for line in lines} == {"the-cluster"}
    assert all("seq" in line for line in lines[:4])
    assert all(line["object"].get("id") for line in lines[:3])
    pair.mirror.start()


def test_a_key_that_was_made_without_a_server(trail):
    trail.server.stop()
    made = run_cli("create", "key", "back-door", "--role", "admin", "--data-dir", trail.server.data_dir)
    assert made.returncode == 0, made.stderr
    trail.server.start()
    line = trail.lines(1, name="back-door")[0]
    assert (line["who"], line["role"], line["change"]) == ({"name": "system:offline"}, "admin", "created")


def test_managed_fields_name_the_caller(trail):
    trail.client.create_cluster("demo")
    alice, as_alice = trail.key("alice")
    strange, as_strange = trail.key("ålice")
    reply = as_alice.post(vm_path("demo"), new_snapshot("a"), {"User-Agent": "curl/8.0"}, namespace="web")
    assert [entry["manager"] for entry in reply.json()["metadata"]["managedFields"]] == ["curl:alice"]
    reply = as_strange.post(vm_path("demo"), new_snapshot("b"), namespace="web")
    assert [entry["manager"] for entry in reply.json()["metadata"]["managedFields"]] == [f"snapgate:{strange['id']}"]


def test_the_access_log_has_the_id_of_the_key(trail):
    trail.client.create_cluster("demo")
    made, caller = trail.key("caller", "reader")
    caller.list("demo", headers={"X-Request-Id": "good"})
    trail.client.delete(f"/admin/v1/keys/{made['id']}")
    caller.list("demo", headers={"X-Request-Id": "revoked"})
    trail.server.anonymous().get("/livez", headers={"X-Request-Id": "none"})

    def key_of(request):
        return wait_for(lambda: [entry for entry in trail.server.log("request") if entry["requestId"] == request],
                        request)[0]["key"]

    assert (key_of("good"), key_of("revoked"), key_of("none")) == (made["id"], made["id"], "")
    assert made["key"] not in "\n".join(trail.server.lines)


def test_a_key_in_a_path_keeps_its_secret(trail):
    key = trail.server.admin_key
    shown = key[:len("sgk_0123456789ab_")] + "..."
    reply = trail.client.delete(f"/admin/v1/keys/{key}", headers={"X-Request-Id": key})
    assert reply.status == 404 and key not in reply.text() and key not in str(reply.headers)
    line = wait_for(lambda: [line for line in read(trail.file) if line["outcome"] == "refused"], "the refusal")[0]
    assert line["path"] == f"/admin/v1/keys/{shown}"
    entry = wait_for(lambda: [entry for entry in trail.server.log("request") if entry["method"] == "DELETE"], "the access log")
    assert entry[0]["path"] == f"/admin/v1/keys/{shown}"
    assert key not in trail.file.read_text() and key not in "\n".join(trail.server.lines)
