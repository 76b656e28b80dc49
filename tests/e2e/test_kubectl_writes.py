"""kubectl for real, Debian's 1.20 and a newer one: what it writes, waits for and follows."""

import itertools
import json
import re

import pytest
import yaml

from harness import wait_for
from kube import FINALIZER, KubeClient, Kubectl, new_snapshot, version_of, write_kubeconfig
from kubectls import KIND, NEWER_PROGRAMS, PROGRAMS, rows

SERVER_ARGUMENTS = ("--tls-self-signed",)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kubectl")


@pytest.fixture
def kube(kube):
    """An empty cluster of this test alone, but for the namespace `web`."""
    kube.create_namespace("web")
    return kube


@pytest.fixture
def kubectl(server, kube, folder, program):
    """A kubectl on the cluster of `kube`."""
    return Kubectl(program, write_kubeconfig(server, kube.cluster, folder / f"{kube.cluster}.json"), folder)


@pytest.mark.parametrize("program", PROGRAMS)
class TestFollowing:
    def test_watching_a_namespace(self, kube, kubectl):
        kube.made("web", new_snapshot("first"))
        following = kubectl.start("get", "vmsnapshots", "-n", "web", "-w")
        try:
            following.until_line(lambda line: line.startswith("first"), "what is there already")
            kube.made("web", new_snapshot("second", vm="db-7"))
            assert following.until_line(lambda line: line.startswith("second"), "a new one").split()[1:3] == ["VirtualMachine", "db-7"]
            assert kube.patch("web", "second", {"status": {"phase": "InProgress", "readyToUse": False}}, status=True).status == 200
            following.until_line(lambda line: re.match(r"second +VirtualMachine +db-7 +InProgress +false", line), "its phase")
            assert [line.split()[0] for line in following.lines] == ["NAME", "first", "second", "second"]
        finally:
            following.stop()

    def test_watching_one(self, kube, kubectl):
        kube.made("web", new_snapshot("one"))
        following = kubectl.start("get", "vmsnapshot", "one", "-n", "web", "-w", "-o", "name")
        try:
            following.until_line(lambda line: line == f"{KIND}/one", "what is there already")
            kube.made("web", new_snapshot("other"))
            assert kube.remove("web", "one").status == 200
            wait_for(lambda: len(following.lines) == 2, "its deletion", 30)
            assert set(following.lines) == {f"{KIND}/one"}
        finally:
            following.stop()

    def test_watching_only_what_is_new_everywhere(self, kube, kubectl):
        kube.made("web", new_snapshot("old"))
        following = kubectl.start("get", "vmsnapshots", "-A", "--watch-only")
        try:
            # When it has begun shows only in what it prints.
            numbers = itertools.count()
            wait_for(lambda: following.lines or not kube.made("web", new_snapshot(f"new-{next(numbers)}")), "a new one", 30)
            assert not any("old" in line for line in following.lines)
            assert following.until_line(lambda line: "new-" in line, "a new one").split()[0] == "web"
        finally:
            following.stop()

    def test_waiting_for_a_condition(self, kube, kubectl):
        kube.made("web", new_snapshot("slow"))
        waiting = kubectl.start("wait", "vmsnapshot/slow", "-n", "web", "--for=condition=Ready", "--timeout=60s")
        try:
            ready = {"status": {"phase": "Succeeded", "conditions": [{
                "type": "Ready", "status": "True", "reason": "Ready", "lastProbeTime": None,
                "lastTransitionTime": "2026-11-20T03:00:24Z"}]}}
            assert kube.patch("web", "slow", ready, status=True).status == 200
            waiting.until_line(lambda line: line == f"{KIND}/slow condition met", "the condition", 60)
            assert waiting.process.wait(30) == 0
        finally:
            waiting.stop()

    def test_waiting_in_vain(self, kube, kubectl):
        kube.made("web", new_snapshot("never"))
        assert "timed out waiting for the condition" in kubectl.fails(
            "wait", "vmsnapshot/never", "-n", "web", "--for=condition=Ready", "--timeout=1s")

    def test_delete(self, kube, kubectl):
        for name in ("a", "b", "c", "d"):
            kube.made("web", new_snapshot(name, labels={"keep": str(name == "d").lower()}))
        assert kubectl("delete", "vmsnapshot", "a", "-n", "web").startswith(f'{KIND} "a" deleted')
        assert "NotFound" in kubectl.fails("delete", "vmsnapshot", "a", "-n", "web")
        kubectl("delete", "vmsnapshots", "-l", "keep=false", "-n", "web")
        assert kubectl("get", "vmsnapshots", "-n", "web", "-o", "name") == f"{KIND}/d\n"
        kubectl("delete", "vmsnapshots", "--all", "-n", "web")
        assert kubectl("get", "vmsnapshots", "-n", "web", "-o", "name") == ""

    def test_delete_waits_for_the_finalizers(self, kube, kubectl):
        kube.made("web", new_snapshot("held", finalizers=[FINALIZER]))
        deleting = kubectl.start("delete", "vmsnapshot", "held", "-n", "web", "--wait")
        try:
            wait_for(lambda: "deletionTimestamp" in kube.read("web", "held").json()["metadata"], "the deletion to begin", 30)
            assert deleting.process.poll() is None
            assert kube.patch("web", "held", {"metadata": {"finalizers": None}}).status == 200
            assert deleting.process.wait(60) == 0
            assert kube.read("web", "held").status == 404
        finally:
            deleting.stop()

    def test_delete_without_waiting(self, kube, kubectl):
        kube.made("web", new_snapshot("held", finalizers=[FINALIZER]))
        printed = kubectl("delete", "vmsnapshot", "held", "-n", "web", "--wait=false")
        assert printed.startswith(f'{KIND} "held" deleted')
        assert kube.read("web", "held").json()["metadata"]["finalizers"] == [FINALIZER]

    def test_delete_a_namespace(self, kube, kubectl):
        kube.made("web", new_snapshot("a"))
        assert kubectl("delete", "namespace", "web") == 'namespace "web" deleted\n'
        assert kube.get("/api/v1/namespaces/web").status == 404
        assert kube.read("web", "a").status == 404


@pytest.mark.parametrize("program", PROGRAMS)
class TestWrites:
    def test_create_from_a_file(self, kube, kubectl, folder):
        for name, text in (("in-json", json.dumps(new_snapshot("in-json"))), ("in-yaml", yaml.safe_dump(new_snapshot("in-yaml")))):
            assert kubectl("create", "-n", "web", "-f", "-", stdin=text) == f"{KIND}/{name} created\n"
            assert kube.read("web", name).json()["metadata"]["managedFields"][0]["manager"] == "kubectl-create"
        assert "AlreadyExists" in kubectl.fails("create", "-n", "web", "-f", "-", stdin=json.dumps(new_snapshot("in-json")))
        assert 'namespaces "absent" not found' in kubectl.fails("create", "-n", "absent", "-f", "-",
                                                                       stdin=json.dumps(new_snapshot("x")))
        both = folder / "both.yaml"
        both.write_text("---\n".join(yaml.safe_dump(new_snapshot(name)) for name in ("first", "second")))
        assert kubectl("create", "-n", "web", "-f", both).count("created") == 2

    def test_create_generates_a_name(self, kubectl):
        item = new_snapshot()
        item["metadata"]["generateName"] = "nightly-"
        said = kubectl("create", "-n", "web", "-f", "-", stdin=json.dumps(item))
        assert re.fullmatch(rf"{KIND}/nightly-[a-z0-9]{{5}} created\n", said)

    def test_create_is_validated(self, kube, kubectl):
        item = new_snapshot("wrong")
        item["spec"]["colour"] = "red"
        # Before 1.25 kubectl validates by itself, in other words than the server's.
        assert re.search(r'unknown field "(spec\.)?colour"', kubectl.fails("create", "-n", "web", "-f", "-", stdin=json.dumps(item)))
        assert kube.read("web", "wrong").status == 404
        item["spec"] = {"source": {"apiGroup": "kubevirt.io", "kind": "Pod", "name": "x"}}
        kubectl.fails("create", "-n", "web", "-f", "-", stdin=json.dumps(item))
        assert kube.read("web", "wrong").status == 404

    def test_dry_run_stores_nothing(self, kube, kubectl):
        said = kubectl("create", "-n", "web", "--dry-run=server", "-f", "-", stdin=json.dumps(new_snapshot("dry")))
        assert "created (server dry run)" in said
        assert kube.read("web", "dry").status == 404

    def test_apply(self, kube, kubectl):
        item = new_snapshot("applied", labels={"a": "1", "b": "1"})
        assert kubectl("apply", "-n", "web", "-f", "-", stdin=json.dumps(item)) == f"{KIND}/applied created\n"
        assert kubectl("apply", "-n", "web", "-f", "-", stdin=json.dumps(item)) == f"{KIND}/applied unchanged\n"
        item["metadata"]["labels"] = {"a": "2"}
        assert kubectl("apply", "-n", "web", "-f", "-", stdin=json.dumps(item)) == f"{KIND}/applied configured\n"
        found = kube.read("web", "applied").json()
        assert found["metadata"]["labels"] == {"a": "2"}
        assert found["metadata"]["managedFields"][0]["manager"] == "kubectl-client-side-apply"

    def test_apply_prunes_by_labels(self, kube, kubectl):
        items = [new_snapshot(name, labels={"set": "one"}) for name in ("kept", "dropped")]
        whole = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        kubectl("apply", "-n", "web", "-f", "-", stdin=whole)
        kube.made("web", new_snapshot("not-applied", labels={"set": "one"}))
        only = ["--prune", "-l", "set=one", "--prune-whitelist=snapshot.kubevirt.io/v1beta1/VirtualMachineSnapshot"]
        if version_of(kubectl.program) > (1, 20):
            only[-1] = only[-1].replace("whitelist", "allowlist")
        said = kubectl("apply", "-n", "web", "-f", "-", *only, stdin=json.dumps(items[0]))
        assert f"{KIND}/dropped pruned" in said
        # What apply did not make stays: it lacks the annotation with what was applied last.
        assert {name for _, name in kube.objects()} == {"kept", "not-applied"}

    def test_replace_by_force(self, kube, kubectl):
        before = kube.made("web", new_snapshot("replaced", labels={"a": "1"}))
        said = kubectl("replace", "--force", "-n", "web", "-f", "-", stdin=json.dumps(new_snapshot("replaced", vm="web-02")))
        assert f"{KIND}/replaced replaced" in said
        after = kube.read("web", "replaced").json()
        assert after["metadata"]["uid"] != before["metadata"]["uid"] and after["spec"]["source"]["name"] == "web-02"

    def test_replace(self, kube, kubectl):
        item = kube.made("web", new_snapshot("replaced", labels={"a": "1"}))
        item["metadata"]["labels"] = {"b": "2"}
        assert kubectl("replace", "-n", "web", "-f", "-", stdin=json.dumps(item)) == f"{KIND}/replaced replaced\n"
        assert kube.read("web", "replaced").json()["metadata"]["labels"] == {"b": "2"}
        assert "Conflict" in kubectl.fails("replace", "-n", "web", "-f", "-", stdin=json.dumps({**item, "metadata": {
            **item["metadata"], "labels": {"c": "3"}}}))

    def test_patch(self, kube, kubectl):
        kube.made("web", new_snapshot("patched"))
        patch = ["patch", "vmsnapshot", "patched", "-n", "web"]
        labels = '{"metadata":{"labels":{"a":"1"}}}'
        assert kubectl(*patch, "--type=merge", "-p", labels) == f"{KIND}/patched patched\n"
        assert "patched" in kubectl(*patch, "--type=json", "-p", '[{"op":"add","path":"/metadata/labels/b","value":"2"}]')
        assert kube.read("web", "patched").json()["metadata"]["labels"] == {"a": "1", "b": "2"}
        assert "no change" in kubectl(*patch, "--type=merge", "-p", labels)
        # The second is what kubectl before 1.21 makes of every 415.
        assert re.search("application/strategic-merge-patch.json is not supported by snapshot.kubevirt.io|UnsupportedMediaType",
                         kubectl.fails(*patch, "-p", labels))
        kubectl.fails(*patch, "--type=json", "-p", '[{"op":"test","path":"/metadata/labels/b","value":"3"}]')

    def test_label_and_annotate(self, kube, kubectl):
        kube.made("web", new_snapshot("marked"))
        assert kubectl("label", "vmsnapshot", "marked", "-n", "web", "tier=gold") == f"{KIND}/marked labeled\n"
        assert "already has a value" in kubectl.fails("label", "vmsnapshot", "marked", "-n", "web", "tier=silver")
        kubectl("label", "vmsnapshot", "marked", "-n", "web", "--overwrite", "tier=silver")
        assert kubectl("annotate", "vmsnapshot", "marked", "-n", "web", "note=kept") == f"{KIND}/marked annotated\n"
        metadata = kube.read("web", "marked").json()["metadata"]
        assert (metadata["labels"], metadata["annotations"]) == ({"tier": "silver"}, {"note": "kept"})
        kubectl("label", "vmsnapshot", "marked", "-n", "web", "tier-")
        assert "labels" not in kube.read("web", "marked").json()["metadata"]

    def test_edit(self, kube, kubectl, monkeypatch):
        kube.made("web", new_snapshot("edited", labels={"tier": "gold"}))
        monkeypatch.setenv("KUBE_EDITOR", "sed -i s/gold/silver/")
        assert kubectl("edit", "vmsnapshot", "edited", "-n", "web") == f"{KIND}/edited edited\n"
        assert kube.read("web", "edited").json()["metadata"]["labels"] == {"tier": "silver"}

    def test_namespaces(self, kube, kubectl):
        assert kubectl("create", "namespace", "fresh") == "namespace/fresh created\n"
        assert "AlreadyExists" in kubectl.fails("create", "namespace", "fresh")
        kube.made("fresh", new_snapshot("a"))
        assert kubectl("delete", "namespace", "fresh") == 'namespace "fresh" deleted\n'
        assert kube.get("/api/v1/namespaces/fresh").status == 404

    def test_explain(self, kubectl):
        text = kubectl("explain", "vmsnapshots.spec")
        assert "VirtualMachineSnapshot" in text and "failureDeadline" in text


@pytest.mark.parametrize("program", NEWER_PROGRAMS)
class TestNewerWrites:
    """With flags that 1.20 does not know."""

    def test_patch_the_status(self, kube, kubectl):
        kube.made("web", new_snapshot("patched"))
        kubectl("patch", "vmsnapshot", "patched", "-n", "web", "--subresource=status", "--type=merge",
                "-p", '{"status":{"phase":"InProgress"}}')
        assert kube.read("web", "patched").json()["status"] == {"phase": "InProgress"}

    def test_warnings_of_validation(self, kube, kubectl):
        item = new_snapshot("wrong")
        item["spec"]["colour"] = "red"
        ran = kubectl.run("create", "-n", "web", "--validate=warn", "-f", "-", stdin=json.dumps(item))
        assert ran.returncode == 0 and 'Warning: unknown field "spec.colour"' in ran.stderr
        assert "colour" not in kube.read("web", "wrong").json()["spec"]

    def test_waiting_for_a_field(self, kube, kubectl):
        kube.made("web", new_snapshot("one"))
        waiting = kubectl.start("wait", "vmsnapshot/one", "-n", "web", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
        try:
            assert kube.patch("web", "one", {"status": {"phase": "Succeeded"}}, status=True).status == 200
            assert waiting.process.wait(60) == 0
        finally:
            waiting.stop()

    def test_managed_fields_are_shown_to_who_asks(self, kube, kubectl):
        kube.made("web", new_snapshot("one"))
        get = ["get", "vmsnapshot", "one", "-n", "web", "-o", "json"]
        assert "managedFields" not in json.loads(kubectl(*get))["metadata"]
        shown = json.loads(kubectl(*get, "--show-managed-fields"))["metadata"]["managedFields"]
        assert [entry["operation"] for entry in shown] == ["Update"]

    def test_who_am_i(self, kubectl):
        _, found = rows(kubectl("auth", "whoami"))
        assert dict(row[:2] for row in found)["Groups"] == "[system:authenticated snapgate:admin]"

    def test_explain_in_the_old_form(self, kubectl):
        text = kubectl("explain", "vmsnapshots.spec", "--output=plaintext-openapiv2")
        assert "VirtualMachineSnapshot" in text and "failureDeadline" in text


if not NEWER_PROGRAMS:
    del TestNewerWrites  # a class without parameters would be one that is left out


def printed_by_snapgate(server, kube, form):
    ran = server.cli("get", "snapshots", "--cluster", kube.cluster, "-A", "-o", form, tls=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


# Who prints a list of snapshots, and in what form.
LISTS = {
    "kubectl -o yaml": lambda server, kube, kubectl: kubectl("get", "vmsnapshots", "-A", "-o", "yaml"),
    "kubectl -o json": lambda server, kube, kubectl: kubectl("get", "vmsnapshots", "-A", "-o", "json"),
    "VirtualMachineSnapshotList": lambda server, kube, kubectl: kube.list().body.decode(),
    "snapgate -o yaml": lambda server, kube, kubectl: printed_by_snapgate(server, kube, "yaml"),
    "snapgate -o json": lambda server, kube, kubectl: printed_by_snapgate(server, kube, "json"),
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("form", LISTS)
class TestLists:
    """Lists are validated by kubectl itself, of every version, by what /openapi/v2 says."""

    NAMES = ["a", "b", "c"]

    @pytest.fixture
    def printed(self, server, kube, kubectl, form):
        """A list of three snapshots, as it is printed."""
        for name in self.NAMES:
            kube.made("web", new_snapshot(name, labels={"tier": "gold"}, finalizers=[FINALIZER]))
            status = {"phase": "Succeeded", "readyToUse": True, "creationTime": "2026-11-20T03:00:24Z", "conditions": [{
                "type": "Ready", "status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-11-20T03:00:24Z"}]}
            assert kube.patch("web", name, {"status": status}, status=True).status == 200
        return LISTS[form](server, kube, kubectl)

    @staticmethod
    def said(verb):
        return [f"{KIND}/{name} {verb}" for name in TestLists.NAMES]

    @staticmethod
    def tiers(kube):
        return [item["metadata"]["labels"]["tier"] for item in kube.list("web").json()["items"]]

    def test_apply(self, kube, kubectl, printed):
        assert kubectl("apply", "-f", "-", stdin=printed.replace("gold", "silver")).splitlines() == self.said("configured")
        assert self.tiers(kube) == ["silver"] * 3

    def test_replace(self, kube, kubectl, printed):
        assert kubectl("replace", "-f", "-", stdin=printed.replace("gold", "silver")).splitlines() == self.said("replaced")
        assert self.tiers(kube) == ["silver"] * 3

    @pytest.mark.parametrize("verb", ["create", "apply"])
    def test_to_another_cluster(self, server, folder, kube, kubectl, printed, verb):
        other = KubeClient(server, f"{kube.cluster}-other")
        server.client().create_cluster(other.cluster)
        other.create_namespace("web")
        # As in Kubernetes, what is created has no version yet.
        text = re.sub(r'(resourceVersion"?: ?)"\d+"', r'\1""', printed)
        there = Kubectl(kubectl.program, write_kubeconfig(server, other.cluster, folder / f"{other.cluster}.json"), folder)
        assert there(verb, "-f", "-", stdin=text).splitlines() == self.said("created")
        assert self.tiers(other) == ["gold"] * 3

    def test_a_mistyped_field(self, kube, kubectl, printed):
        text = printed.replace("apiGroup", "apiGrupo", 1).replace("gold", "silver")
        for verb in ("apply", "replace"):
            said = kubectl.fails(verb, "-f", "-", stdin=text)
            assert 'unknown field "apiGrupo"' in said and "ValidationError(VirtualMachineSnapshot" in said
        assert self.tiers(kube) == ["gold"] * 3

    def test_diff(self, kube, kubectl, printed):
        ran = kubectl.run("diff", "-f", "-", stdin=printed.replace("gold", "silver"))
        assert ran.returncode == 1, ran.stderr
        for line in ("-    tier: gold", "+    tier: silver"):
            assert ran.stdout.splitlines().count(line) == 3, ran.stdout
        assert self.tiers(kube) == ["gold"] * 3
