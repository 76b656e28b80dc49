"""Server-side apply by the clients that people use: two versions of kubectl, the Python and the JavaScript client."""

import json
import subprocess

import kubernetes
import kubernetes.dynamic
import pytest

from harness import ROOT
from kube import FINALIZER, Kubectl, debian_kubectl, new_snapshot, python_client, write_kubeconfig
from kubectls import KIND, NEWER_PROGRAMS, PROGRAMS

SERVER_ARGUMENTS = ("--tls-self-signed",)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MODULES = ROOT / ".cache" / "javascript" / "node_modules"
SCRIPT = ROOT / "tests" / "e2e" / "javascript" / "apply.mjs"


@pytest.fixture
def kube(kube):
    kube.create_namespace("web")
    return kube


@pytest.fixture
def kubeconfig(server, kube, tmp_path):
    return write_kubeconfig(server, kube.cluster, tmp_path / "kubeconfig.json")


@pytest.fixture
def kubectl(kubeconfig, tmp_path, program):
    return Kubectl(program, kubeconfig, tmp_path)


def manifest(name="one", **metadata):
    return json.dumps(new_snapshot(name, namespace="web", **metadata))


def apply(kubectl, text, *more):
    return kubectl("apply", "--server-side", "-f", "-", *more, stdin=text)


def owners(item):
    """{(manager, operation): fieldsV1}"""
    return {(entry["manager"], entry["operation"]): entry["fieldsV1"] for entry in item["metadata"].get("managedFields", [])}


def fields_of(item, manager):
    return owners(item)[manager, "Apply"]


@pytest.mark.parametrize("program", PROGRAMS)
class TestKubectl:
    def test_creates_changes_and_takes_away(self, kube, kubectl):
        assert apply(kubectl, manifest(labels={"a": "1", "b": "1"})) == f"{KIND}/one serverside-applied\n"
        made = kube.read("web", "one").json()
        assert fields_of(made, "kubectl") == {"f:metadata": {"f:labels": {"f:a": {}, "f:b": {}}}, "f:spec": {"f:source": {}}}
        assert apply(kubectl, manifest(labels={"a": "1", "b": "1"})) == f"{KIND}/one serverside-applied\n"
        assert kube.read("web", "one").json() == made
        apply(kubectl, manifest(labels={"a": "2"}, finalizers=[FINALIZER]))
        now = kube.read("web", "one").json()["metadata"]
        assert now["labels"] == {"a": "2"} and now["finalizers"] == [FINALIZER]
        apply(kubectl, manifest())
        assert not {"labels", "finalizers"} & kube.read("web", "one").json()["metadata"].keys()

    def test_dry_run_and_diff(self, kube, kubectl):
        assert "serverside-applied (server dry run)" in apply(kubectl, manifest(), "--dry-run=server")
        assert kube.read("web", "one").status == 404
        apply(kubectl, manifest(labels={"a": "1"}))
        changed = kubectl.run("diff", "--server-side", "-f", "-", stdin=manifest(labels={"a": "2"}))
        assert changed.returncode == 1 and "+    a: \"2\"" in changed.stdout, changed
        assert kubectl.run("diff", "--server-side", "-f", "-", stdin=manifest(labels={"a": "1"})).returncode == 0

    def test_two_managers(self, kube, kubectl):
        apply(kubectl, manifest(labels={"a": "1", "b": "1"}), "--field-manager=alice")
        said = kubectl.fails("apply", "--server-side", "--field-manager=bob", "-f", "-", stdin=manifest(labels={"a": "2", "b": "2"}))
        assert "Apply failed with 2 conflicts: conflicts with \"alice\":\n- .metadata.labels.a\n- .metadata.labels.b" in said
        assert "--force-conflicts" in said
        apply(kubectl, manifest(labels={"a": "2"}), "--field-manager=bob", "--force-conflicts")
        now = kube.read("web", "one").json()
        assert now["metadata"]["labels"] == {"a": "2", "b": "1"}
        assert fields_of(now, "alice")["f:metadata"] == {"f:labels": {"f:b": {}}}
        assert fields_of(now, "bob")["f:metadata"] == {"f:labels": {"f:a": {}}}

    def test_from_client_side_apply(self, kube, kubectl):
        """The fields that client-side apply set pass to server-side apply without a conflict, and the annotation follows."""
        kubectl("apply", "-f", "-", stdin=manifest(labels={"a": "1", "b": "1"}))
        assert any(operation == "Update" for _, operation in owners(kube.read("web", "one").json()))
        apply(kubectl, manifest(labels={"a": "2"}))
        now = kube.read("web", "one").json()
        assert now["metadata"]["labels"]["a"] == "2" and "f:a" in fields_of(now, "kubectl")["f:metadata"]["f:labels"]
        last = json.loads(now["metadata"]["annotations"][LAST_APPLIED])
        assert last["metadata"]["labels"] == {"a": "2"} and LAST_APPLIED not in last["metadata"].get("annotations", {})
        # And back: client-side apply goes by the annotation.
        kubectl("apply", "-f", "-", stdin=manifest(labels={"c": "3"}))
        labels = kube.read("web", "one").json()["metadata"]["labels"]
        assert labels["c"] == "3" and "a" not in labels

    def test_shows_what_an_apply_would_change(self, kube, kubectl):
        apply(kubectl, manifest(labels={"a": "1"}))
        before = kube.read("web", "one").json()
        assert kubectl("diff", "--server-side", "-f", "-", stdin=manifest(labels={"a": "1"})) == ""
        for text, lines in ((manifest(labels={"a": "2"}), ("-    a: \"1\"", "+    a: \"2\"")), (manifest("new"), ("+  name: new",))):
            ran = kubectl.run("diff", "--server-side", "-f", "-", stdin=text)
            assert ran.returncode == 1, ran.stderr
            for line in lines:
                assert line in ran.stdout.splitlines(), ran.stdout
        assert kube.read("web", "one").json() == before and kube.read("web", "new").status == 404

    def test_what_somebody_changed_since_is_a_conflict(self, kube, kubectl):
        kubectl("apply", "-f", "-", stdin=manifest(labels={"a": "1"}))
        kube.patch("web", "one", {"metadata": {"labels": {"a": "9"}}}, fieldManager="editor")
        said = kubectl.fails("apply", "--server-side", "-f", "-", stdin=manifest(labels={"a": "2"}))
        assert 'conflict with "editor"' in said


@pytest.mark.parametrize("program", NEWER_PROGRAMS)
class TestNewerKubectl:
    def test_shows_who_owns_what(self, kubectl):
        apply(kubectl, manifest(labels={"a": "1"}))
        assert "managedFields" not in kubectl("get", KIND, "one", "-n", "web", "-o", "yaml")
        shown = json.loads(kubectl("get", KIND, "one", "-n", "web", "-o", "json", "--show-managed-fields"))
        assert fields_of(shown, "kubectl")["f:metadata"] == {"f:labels": {"f:a": {}}}

    def test_the_migration_takes_away_what_is_no_longer_applied(self, kube, kubectl):
        """kubectl passes the fields of client-side apply on to its own manager, so that the next apply prunes them."""
        kubectl("apply", "-f", "-", stdin=manifest(labels={"a": "1", "b": "1"}))
        apply(kubectl, manifest(labels={"a": "1", "b": "1"}))
        assert ("kubectl-client-side-apply", "Update") not in owners(kube.read("web", "one").json())
        apply(kubectl, manifest(labels={"a": "1"}))
        assert kube.read("web", "one").json()["metadata"]["labels"] == {"a": "1"}

    def test_the_status(self, kube, kubectl):
        apply(kubectl, manifest())
        item = new_snapshot("one", namespace="web")
        item["status"] = {"phase": "Succeeded", "indications": ["Online"]}
        apply(kubectl, json.dumps(item), "--subresource=status", "--field-manager=controller")
        now = kube.read("web", "one").json()
        assert now["status"] == item["status"] and fields_of(now, "kubectl") == {"f:spec": {"f:source": {}}}

    def test_a_field_that_is_not_there(self, kubectl):
        item = new_snapshot("one", namespace="web")
        item["spec"]["colour"] = "red"
        said = kubectl.fails("apply", "--server-side", "--validate=false", "-f", "-", stdin=json.dumps(item))
        assert ".spec.colour: field not declared in schema" in said


def test_the_python_client(server, kube):
    resource = kubernetes.dynamic.DynamicClient(python_client(server, kube.cluster)).resources.get(
        api_version="snapshot.kubevirt.io/v1beta1", kind="VirtualMachineSnapshot")

    def applied(manager, label, **options):
        return resource.patch(name="one", namespace="web", body=json.dumps(new_snapshot("one", labels={"a": label})),
                              content_type="application/apply-patch+yaml", field_manager=manager, **options).to_dict()

    made = applied("alice", "1")
    assert fields_of(made, "alice")["f:metadata"] == {"f:labels": {"f:a": {}}}
    with pytest.raises(kubernetes.dynamic.exceptions.ConflictError) as refusal:
        applied("bob", "2", force_conflicts=False)
    assert json.loads(refusal.value.body)["details"]["causes"][0]["field"] == ".metadata.labels.a"
    now = applied("bob", "2", force_conflicts=True)
    assert now["metadata"]["labels"] == {"a": "2"} and "f:metadata" not in fields_of(now, "alice")


def test_the_javascript_client(server, kube, kubeconfig, tmp_path):
    environment = Kubectl(debian_kubectl(), kubeconfig, tmp_path).environment()

    def applied(manager, force, **metadata):
        ran = subprocess.run(["node", str(SCRIPT), str(MODULES), str(kubeconfig), manager, force], input=manifest(**metadata),
                             capture_output=True, text=True, env=environment, timeout=60, check=True)
        return json.loads(ran.stdout)

    made = applied("alice", "false", labels={"a": "1"})["applied"]
    assert fields_of(made, "alice")["f:metadata"] == {"f:labels": {"f:a": {}}}
    refusal = applied("bob", "false", labels={"a": "2"})
    assert refusal["status"] == 409 and refusal["body"]["details"]["causes"][0]["reason"] == "FieldManagerConflict"
    now = applied("bob", "true", labels={"a": "2"})["applied"]
    assert now["metadata"]["labels"] == {"a": "2"} and "f:metadata" not in fields_of(now, "alice")
    assert kube.read("web", "one").json()["metadata"]["labels"] == {"a": "2"}
