"""kubectl for real: Debian's 1.20, and besides a newer one where the machine has it."""

import base64
import itertools
import json
import re
import secrets

import pytest
import yaml

from harness import SAMPLE, name_of, snapshot, wait_for
from kube import FINALIZER, KubeClient, Kubectl, debian_kubectl, newer_kubectl, new_snapshot, version_of, write_kubeconfig

SAMPLED = json.loads(SAMPLE.read_text(encoding="utf-8"))["items"]
SERVER_ARGUMENTS = ("--tls-self-signed",)
COLUMNS = ["NAME", "SOURCEKIND", "SOURCENAME", "PHASE", "READYTOUSE", "CREATIONTIME", "ERROR"]
NEWER = newer_kubectl()
PROGRAMS = [pytest.param(debian_kubectl(), id="debian")] + ([pytest.param(NEWER, id="newer")] if NEWER else [])
NEWER_PROGRAMS = PROGRAMS[1:]
KIND = "virtualmachinesnapshot.snapshot.kubevirt.io"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kubectl")


@pytest.fixture(scope="module")
def server(server):
    client = server.client()
    client.create_cluster("sampled")
    client.load("sampled", SAMPLED)
    return server


@pytest.fixture
def sampled(server, folder, program):
    """A kubectl on the cluster with the sample dump, which no test writes to."""
    return Kubectl(program, write_kubeconfig(server, "sampled", folder / "sampled.json"), folder)


@pytest.fixture
def kube(kube):
    """An empty cluster of this test alone, but for the namespace `web`."""
    kube.create_namespace("web")
    return kube


@pytest.fixture
def kubectl(server, kube, folder, program):
    """A kubectl on the cluster of `kube`."""
    return Kubectl(program, write_kubeconfig(server, kube.cluster, folder / f"{kube.cluster}.json"), folder)


def rows(text):
    """A printed table: its header and its rows, cut at the columns of the header."""
    lines = text.splitlines()
    starts = [match.start() for match in re.finditer(r"\S+", lines[0])]
    cut = [[line[start:end].strip() for start, end in zip(starts, [*starts[1:], None])] for line in lines]
    return cut[0], cut[1:]


def in_order(items):
    return sorted(items, key=name_of)


def first_cells(item):
    """What the columns up to READYTOUSE show of an object."""
    status = item.get("status", {})
    ready = status.get("readyToUse")
    return [item["metadata"]["name"], item["spec"]["source"]["kind"], item["spec"]["source"]["name"],
            status.get("phase", ""), "" if ready is None else str(ready).lower()]


def without_versions(items):
    """Objects as they were imported; kubectl hides managedFields from 1.21 on."""
    kept = json.loads(json.dumps(items))
    for item in kept:
        item["metadata"].pop("resourceVersion", None)
        item["metadata"].pop("managedFields", None)
    return kept


def test_debian_brings_the_version_that_is_meant():
    assert version_of(debian_kubectl()) == (1, 20)


@pytest.mark.parametrize("program", PROGRAMS)
class TestReads:
    NAMESPACE = SAMPLED[0]["metadata"]["namespace"]
    HERE = in_order(item for item in SAMPLED if item["metadata"]["namespace"] == SAMPLED[0]["metadata"]["namespace"])

    def test_a_table(self, sampled):
        header, found = rows(sampled("get", "vmsnapshots", "-n", self.NAMESPACE))
        assert header == COLUMNS
        assert [row[:5] for row in found] == [first_cells(item) for item in self.HERE]
        times = {item["metadata"]["name"]: item.get("status", {}).get("creationTime") for item in self.HERE}
        for row in found:
            assert bool(re.fullmatch(r"(\d+[smhdy])+", row[5])) == bool(times[row[0]]), row

    def test_a_table_of_all_namespaces(self, sampled):
        header, found = rows(sampled("get", "vmsnapshot", "-A"))
        assert header == ["NAMESPACE", *COLUMNS]
        assert [row[:6] for row in found] == [[item["metadata"]["namespace"], *first_cells(item)] for item in in_order(SAMPLED)]

    def test_a_wide_table_and_one_without_headers(self, sampled):
        header, found = rows(sampled("get", KIND, "-n", self.NAMESPACE, "-o", "wide"))
        assert header == COLUMNS and len(found) == len(self.HERE)
        assert len(sampled("get", "vmsnapshots", "-n", self.NAMESPACE, "--no-headers").splitlines()) == len(self.HERE)

    def test_one_object(self, sampled):
        wanted = self.HERE[0]
        header, found = rows(sampled("get", "vmsnapshot", wanted["metadata"]["name"], "-n", self.NAMESPACE))
        assert header == COLUMNS and found[0][:5] == first_cells(wanted) and len(found) == 1

    def test_a_namespace_without_snapshots(self, sampled):
        ran = sampled.run("get", "vmsnapshots", "-n", "no-such")
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "No resources found in no-such namespace.\n")

    def test_what_is_not_there(self, sampled):
        assert sampled.fails("get", "vmsnapshot", "absent", "-n", self.NAMESPACE) == (
            'Error from server (NotFound): virtualmachinesnapshots.snapshot.kubevirt.io "absent" not found\n')
        assert "the server doesn't have a resource type" in sampled.fails("get", "pods", "-n", self.NAMESPACE)

    def test_json_and_yaml(self, sampled):
        as_json = json.loads(sampled("get", "vmsnapshots", "-A", "-o", "json"))
        assert without_versions(as_json["items"]) == without_versions(in_order(SAMPLED))
        # In YAML times would become times: they are read as the texts they are.
        as_yaml = yaml.load(sampled("get", "vmsnapshots", "-n", self.NAMESPACE, "-o", "yaml"), yaml.BaseLoader)
        assert [item["metadata"]["uid"] for item in as_yaml["items"]] == [item["metadata"]["uid"] for item in self.HERE]

    def test_names_and_jsonpath(self, sampled):
        names = [item["metadata"]["name"] for item in self.HERE]
        assert sampled("get", "vmsnapshots", "-n", self.NAMESPACE, "-o", "name").split() == [f"{KIND}/{name}" for name in names]
        assert sampled("get", "vmsnapshots", "-n", self.NAMESPACE, "-o", "jsonpath={.items[*].metadata.name}").split() == names

    def test_custom_columns(self, sampled):
        printed = sampled("get", "vmsnapshots", "-n", self.NAMESPACE, "-o", "custom-columns=VM:.spec.source.name")
        assert printed.split() == ["VM", *(item["spec"]["source"]["name"] for item in self.HERE)]

    def test_chunks(self, sampled):
        whole = sampled("get", "vmsnapshots", "-A", "--chunk-size=0", "-o", "name")
        assert sampled("get", "vmsnapshots", "-A", "--chunk-size=40", "-o", "name") == whole
        assert len(whole.splitlines()) == len(SAMPLED)

    def test_sorted(self, sampled):
        printed = sampled("get", "vmsnapshots", "-A", "--sort-by=.metadata.creationTimestamp", "-o",
                          "custom-columns=T:.metadata.creationTimestamp", "--no-headers").split()
        assert printed == sorted(item["metadata"]["creationTimestamp"] for item in SAMPLED)
        _, found = rows(sampled("get", "vmsnapshots", "-A", "--sort-by=.spec.source.name"))
        assert [row[3] for row in found] == sorted(item["spec"]["source"]["name"] for item in SAMPLED)

    def test_label_selectors(self, sampled):
        label, value = next((label, value) for item in SAMPLED for label, value in item["metadata"].get("labels", {}).items())

        def labelled(condition):
            return [item["metadata"]["name"] for item in in_order(SAMPLED) if condition(item["metadata"].get("labels", {}))]

        def printed(selector):
            return sampled("get", "vmsnapshots", "-A", "-l", selector, "-o", "jsonpath={.items[*].metadata.name}").split()

        assert printed(f"{label}={value}") == labelled(lambda labels: labels.get(label) == value) != []
        assert printed(f"{label}!={value}") == labelled(lambda labels: labels.get(label) != value) != []
        assert printed(f"!{label}") == labelled(lambda labels: label not in labels) != []
        assert printed(f"{label} in ({value},other)") == labelled(lambda labels: labels.get(label) in (value, "other"))

    def test_field_selectors(self, sampled):
        wanted = self.HERE[1]["metadata"]["name"]
        selector = f"metadata.name={wanted},metadata.namespace={self.NAMESPACE}"
        printed = sampled("get", "vmsnapshots", "-A", "--field-selector", selector, "-o", "name")
        assert printed.split() == [f"{KIND}/{wanted}"]
        assert "field label not supported: spec.source.name" in sampled.fails(
            "get", "vmsnapshots", "-A", "--field-selector", "spec.source.name=x")

    def test_describe(self, sampled):
        item = next(item for item in self.HERE if item.get("status", {}).get("phase") == "Succeeded")
        ran = sampled.run("describe", "vmsnapshot", item["metadata"]["name"], "-n", self.NAMESPACE)
        assert (ran.returncode, ran.stderr) == (0, "")
        text = ran.stdout
        assert text.splitlines()[-1].split() == ["Events:", "<none>"]
        for line in (rf"Name:\s+{item['metadata']['name']}", rf"Namespace:\s+{self.NAMESPACE}",
                     r"API Version:\s+snapshot.kubevirt.io/v1beta1", r"Kind:\s+VirtualMachineSnapshot", r"\s+Phase:\s+Succeeded"):
            assert re.search(f"^{line}$", text, re.M), (line, text)
        assert len(re.findall(r"^Name:", sampled("describe", "vmsnapshots", "-n", self.NAMESPACE), re.M)) == len(self.HERE)

    def test_all_by_their_category(self, sampled):
        assert sampled("get", "all", "-n", self.NAMESPACE, "-o", "name").split() == [
            f"{KIND}/{item['metadata']['name']}" for item in self.HERE]

    def test_namespaces(self, sampled):
        names = sorted({"default", *(item["metadata"]["namespace"] for item in SAMPLED)})
        assert sampled("get", "namespaces", "-o", "jsonpath={.items[*].metadata.name}").split() == names
        header, found = rows(sampled("get", "ns"))
        assert header == ["NAME", "STATUS", "AGE"] and [row[:2] for row in found] == [[name, "Active"] for name in names]

    def test_api_resources(self, sampled):
        header, found = rows(sampled("api-resources"))
        by_name = {row[0]: dict(zip(header, row)) for row in found}
        assert set(by_name) == {"events", "namespaces", "selfsubjectreviews", "selfsubjectaccessreviews",
                                "selfsubjectrulesreviews", "virtualmachinesnapshots", "virtualmachinerestores"}
        ours = by_name["virtualmachinesnapshots"]
        version = ours.get("APIVERSION") or ours["APIGROUP"]
        assert (ours["SHORTNAMES"], version, ours["NAMESPACED"], ours["KIND"]) == (
            "vmsnapshot,vmsnapshots", "snapshot.kubevirt.io/v1beta1", "true", "VirtualMachineSnapshot")
        assert sampled("api-resources", "--namespaced=false", "-o", "name").split() == [
            "namespaces", "selfsubjectreviews.authentication.k8s.io",
            "selfsubjectaccessreviews.authorization.k8s.io", "selfsubjectrulesreviews.authorization.k8s.io"]

    def test_api_versions(self, sampled):
        assert sampled("api-versions").split() == [
            "authentication.k8s.io/v1", "authorization.k8s.io/v1", "snapshot.kubevirt.io/v1alpha1", "snapshot.kubevirt.io/v1beta1", "v1"]

    def test_can_i(self, server, folder, sampled):
        assert sampled("auth", "can-i", "delete", "vmsnapshots", "-n", "web") == "yes\n"
        key = server.client().create_key(f"reader-{secrets.token_hex(4)}")["key"]
        reader = Kubectl(sampled.program, write_kubeconfig(server, "sampled", folder / "reader.json", key), folder)
        assert reader("auth", "can-i", "watch", "vmsnapshots", "-A") == "yes\n"
        ran = reader.run("auth", "can-i", "create", "vmsnapshots.snapshot.kubevirt.io", "-n", "web")
        assert (ran.returncode, ran.stdout.split()[0]) == (1, "no")
        assert "is forbidden: User" in reader.fails("delete", "vmsnapshot", self.HERE[0]["metadata"]["name"], "-n", self.NAMESPACE)

    def test_all_that_i_may(self, sampled):
        lines = sampled("auth", "can-i", "--list", "-n", "web").splitlines()
        assert lines[0].split() == ["Resources", "Non-Resource", "URLs", "Resource", "Names", "Verbs"]
        verbs = {line.split()[0]: line[line.rindex("["):] for line in lines[1:]}
        assert "deletecollection" in verbs["virtualmachinesnapshots.snapshot.kubevirt.io"]
        assert verbs["virtualmachinerestores.snapshot.kubevirt.io"] == "[get list watch]"

    def test_events(self, sampled):
        ran = sampled.run("get", "events", "-n", self.NAMESPACE)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", f"No resources found in {self.NAMESPACE} namespace.\n")

    def test_a_wrong_key(self, server, folder, sampled):
        stranger = Kubectl(sampled.program, write_kubeconfig(server, "sampled", folder / "stranger.json", "no-such-key"), folder)
        assert "You must be logged in to the server" in stranger.fails("get", "vmsnapshots", "-A")

    def test_the_version(self, sampled):
        assert json.loads(sampled("version", "-o", "json"))["serverVersion"]["major"] == "1"

    def test_the_old_version_of_the_api(self, sampled):
        found = json.loads(sampled("get", "virtualmachinesnapshots.v1alpha1.snapshot.kubevirt.io", "-n", self.NAMESPACE, "-o", "json"))["items"]
        assert {item["apiVersion"] for item in found} == {"snapshot.kubevirt.io/v1alpha1"} and len(found) == len(self.HERE)


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


def test_the_kubeconfig_is_whole(server, folder):
    """The CA stands inside: the file works wherever it is taken."""
    path = write_kubeconfig(server, "sampled", folder / "whole.yaml")
    settings = yaml.safe_load(path.read_text())
    assert (settings["kind"], settings["current-context"]) == ("Config", "sampled")
    inside = settings["clusters"][0]["cluster"]
    assert inside["server"] == f"https://127.0.0.1:{server.port}/clusters/sampled"
    assert base64.b64decode(inside["certificate-authority-data"]) == (server.data_dir / "ca.crt").read_bytes()
    assert settings["users"][0]["user"] == {"token": server.admin_key}


def test_an_imported_snapshot_without_a_status(server, folder, uid):
    """A row of nothing but a name and a source."""
    bare = snapshot("web", "bare")
    del bare["status"]
    server.client().load(uid, [bare])
    kubectl = Kubectl(debian_kubectl(), write_kubeconfig(server, uid, folder / "bare.json"), folder)
    header, found = rows(kubectl("get", "vmsnapshots", "-n", "web"))
    assert header == COLUMNS and found == [["bare", "VirtualMachine", "vm-1", "", "", "", ""]]
