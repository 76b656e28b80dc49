"""Imports of mixed lists: VMs, restores and contents beside snapshots. Of a template nothing is kept anywhere."""

import json
import os
import subprocess

import pytest
import yaml

from harness import BINARY, Server, clean_environment, snapshot, wait_for
from planted import SECRET, as_dumped, content, restore, search_everywhere, vm


def dump(vms=3):
    items = [vm(f"vm-{number}", "web") for number in range(vms)]
    items += [restore("r-1", "web"), content("c-1", "web")]
    return [as_dumped(item, number) for number, item in enumerate(items)] + [snapshot("web", "s-1", "vm-1")]


def listed(items):
    return {"apiVersion": "v1", "kind": "List", "items": items}


def counted(server, uid):
    cluster = server.client().get(f"/admin/v1/clusters/{uid}").json()
    return cluster["objects"], {kind["name"]: kind["objects"] for kind in cluster["kinds"]}


ALL = (1, {"virtualmachines": 3, "virtualmachinerestores": 1, "virtualmachinesnapshotcontents": 1})


@pytest.mark.parametrize("form", ["json", "yaml", "lines"])
def test_a_mixed_list_is_taken_in(cli, server, uid, form):
    text = {"json": json.dumps(listed(dump())), "yaml": yaml.safe_dump(listed(dump())),
            "lines": "".join(json.dumps(item) + "\n" for item in dump())}[form]
    ran = cli("import", "--cluster", uid, "-", stdin=text)
    assert "6 created" in ran.stdout, ran.stdout
    assert counted(server, uid) == ALL
    assert "6 unchanged" in cli("import", "--cluster", uid, "-", stdin=text).stdout


def test_a_prune_removes_only_kinds_that_the_dump_holds(cli, server, uid):
    cli("import", "--cluster", uid, "-", stdin=json.dumps(listed(dump())))
    cli("import", "--cluster", uid, "--prune", "--yes", "-", stdin=json.dumps(listed(dump()[:1])))
    assert counted(server, uid) == (1, {**ALL[1], "virtualmachines": 1})


def test_a_quota_counts_all_kinds(admin, uid):
    project = admin.create_project(f"of {uid}")["uid"]
    cluster = admin.create_cluster(f"{uid}-limited", projectUid=project)["uid"]

    def allow(objects):
        reply = admin.request("PUT", f"/admin/v1/projects/{project}/quota", {"objects": objects})
        assert reply.status == 200, reply

    # Six, and the namespaces default and web.
    allow(7)
    reply = admin.import_lines(cluster, dump())
    assert (reply.status, reply.json()["code"]) == (403, "QuotaExceeded") and "7 are allowed" in reply.json()["message"], reply
    allow(8)
    assert admin.load(cluster, dump())["created"] == 6
    assert admin.get(f"/admin/v1/projects/{project}").json()["used"]["objects"] == 8
    for one in (vm("more", "web"), restore("more", "web"), content("more", "web")):
        reply = admin.import_lines(cluster, [as_dumped(one, 99)])
        assert reply.status == 403, reply


def test_what_cannot_be_kept_is_named(cli, uid):
    ran = cli("import", "--cluster", uid, "-", code=1,
              stdin=json.dumps(listed([vm("vm-1", "web"), {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}])))
    assert "item 0 (web/vm-1): metadata.uid is missing" in ran.stderr
    assert 'item 1 (p): kind must be VirtualMachineSnapshot, and is "Pod"' in ran.stderr


def test_nothing_of_a_template_reaches_a_disk(tmp_path):
    server = Server(tmp_path / "data", "--log-level", "debug", "--audit-log", "-").start()
    server.client().create_cluster("c")
    folder = tmp_path / "temporary"
    folder.mkdir()
    process = subprocess.Popen([str(BINARY), "import", "--cluster", "c", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=clean_environment({**server.login(), "TMPDIR": str(folder)}))
    text = json.dumps(listed(dump(vms=2000))).encode()
    half = len(text) // 2
    process.stdin.write(text[:half])
    process.stdin.flush()

    def copied():
        """What stands in its temporary file by now."""
        for descriptor in os.listdir(f"/proc/{process.pid}/fd"):
            path = f"/proc/{process.pid}/fd/{descriptor}"
            if os.readlink(path).startswith(str(folder)) and os.stat(path).st_size > half // 2:
                with open(path, "rb") as file:
                    return file.read()
        return None

    copy = wait_for(copied, "a temporary copy")
    assert SECRET.encode() not in copy and b"VirtualMachine" not in copy
    out, errors = process.communicate(text[half:], timeout=60)
    assert process.returncode == 0, errors
    assert b"2,003 created" in out
    assert counted(server, "c")[1]["virtualmachines"] == 2000
    assert SECRET not in (out + errors).decode()
    search_everywhere(server, "c", tmp_path / "backup", ["vm-1999", "r-1", "s-1"])


# What of an object the parser may complain about, with the secret beside the fault or within it.
BROKEN = {
    "a text cut off": lambda text: text.replace(f'"key": "{SECRET}"', f'"key": "{SECRET}', 1),
    "a word": lambda text: text.replace(f'"key": "{SECRET}"', f'"key": {SECRET}', 1),
    "an escape": lambda text: text.replace(f'"key": "{SECRET}"', f'"key": "{SECRET}\\q"', 1),
    "a control character": lambda text: text.replace(f'"key": "{SECRET}"', f'"key": "{SECRET}\x01"', 1),
    "no UTF-8": lambda text: text.replace(f'"key": "{SECRET}"', f'"key": "{SECRET}\udcff"', 1),
    "a number": lambda text: text.replace(f'"key": "{SECRET}"', f'"key": 1e9999, "k": "{SECRET}"', 1),
    "too deep": lambda text: text.replace(f'"key": "{SECRET}"', '"key": ' + "[" * 2000 + f'"{SECRET}"' + "]" * 2000, 1),
    "the end": lambda text: text.partition(f'"key": "{SECRET}"')[0] + (f'"key": "{SECRET}' if '"key"' in text else ""),
    "a template that is a text": lambda text: text.replace('"template": {', f'"template": "{SECRET}", "other": {{', 1),
    "volumes that are a text": lambda text: text.replace('"volumes": [', f'"volumes": "{SECRET}", "other": [', 1),
    "a uid of another type": lambda text: text.replace('"uid": "', f'"uid": {{"a": "{SECRET}"}}, "u": "', 1),
    "patches that are a text": lambda text: text.replace('"patches": [', f'"patches": "{SECRET}", "other": [', 1),
    "sizes that are a text": lambda text: text.replace('"volumeBackups": [', f'"volumeBackups": "{SECRET}", "other": [', 1),
}


@pytest.mark.parametrize("form", ["json", "yaml", "lines"])
@pytest.mark.parametrize("fault", BROKEN)
def test_no_error_shows_what_is_dropped(tmp_path, server, cli, uid, form, fault):
    """A dump with a fault beside the secret: neither the command nor the server repeats it."""
    texts = [BROKEN[fault](json.dumps(item)) for item in dump()]
    assert texts != [json.dumps(item) for item in dump()]
    text = {"json": '{"apiVersion": "v1", "kind": "List", "items": [%s]}' % ", ".join(texts),
            # JSON in a document of YAML, and blocks around it.
            "yaml": "".join(f"---\n{one}\n" for one in texts),
            "lines": "".join(one + "\n" for one in texts)}[form]
    file = tmp_path / "dump"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    for arguments in ([], ["--dry-run"]):
        ran = cli.run("import", "--cluster", uid, *arguments, file)
        assert SECRET not in ran.stdout + ran.stderr, ran
    media = {"json": "application/json", "yaml": "application/yaml", "lines": "application/x-ndjson"}[form]
    reply = server.client().post(f"/admin/v1/clusters/{uid}/import", file.read_bytes(), {"Content-Type": media})
    assert SECRET not in reply.text(), reply
    assert SECRET not in "\n".join(server.lines)
