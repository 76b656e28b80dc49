"""kubectl for real, Debian's 1.20 and a newer one: what it reads and prints."""

import base64
import json
import re
import secrets

import pytest
import yaml

from harness import SAMPLE, name_of, snapshot
from kube import Kubectl, debian_kubectl, version_of, write_kubeconfig
from kubectls import KIND, PROGRAMS, rows

SAMPLED = json.loads(SAMPLE.read_text(encoding="utf-8"))["items"]
SERVER_ARGUMENTS = ("--tls-self-signed",)
COLUMNS = ["NAME", "SOURCEKIND", "SOURCENAME", "PHASE", "READYTOUSE", "CREATIONTIME", "ERROR"]


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
