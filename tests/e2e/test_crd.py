"""KubeVirt's CustomResourceDefinition against what is served of it: names, columns of tables, and the schema, in both
versions, as a server says it and as kubectl shows it."""

import json
import re

import pytest

from harness import ROOT
from kube import PLURAL, TABLE, Kubectl, new_snapshot, write_kubeconfig
from kubectls import PROGRAMS

SERVER_ARGUMENTS = ("--tls-self-signed",)
CRD = json.loads((ROOT / "tests" / "conformance" / "kubernetes" / "virtualmachinesnapshot-crd.json").read_text(encoding="utf-8"))["spec"]
NAMES = CRD["names"]
VERSIONS = {version["name"]: version for version in CRD["versions"]}
STATUS = {"phase": "Failed", "readyToUse": False, "creationTime": "2026-11-20T03:00:24Z", "error": {"message": "no space"}}
# kube-apiserver says these three itself: a definition says nothing of them that counts.
OF_EVERY_KIND = ("apiVersion", "kind", "metadata")


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def kube(kube):
    kube.create_namespace("web")
    kube.made("web", new_snapshot("one"))
    assert kube.patch("web", "one", {"status": STATUS}, status=True).status == 200
    return kube


@pytest.fixture
def kubectl(server, kube, program, tmp_path):
    return Kubectl(program, write_kubeconfig(server, kube.cluster, tmp_path / "config.json"), tmp_path)


def at(value, path):
    """What a column's path, such as .status.phase, finds in an object."""
    for name in path.strip(".").split("."):
        value = (value or {}).get(name)
    return value


def tree(schema, depth=0):
    """(depth, name) of all fields, in the order of `kubectl explain --recursive`."""
    out = []
    for name, field in sorted(schema.get("properties", {}).items()):
        out += [(depth, name)] if name not in OF_EVERY_KIND or depth else []
        out += tree(field.get("items", field), depth + 1)
    return out


def test_the_definition_has_the_versions_that_are_served(kube):
    group = kube.get(f"/apis/{CRD['group']}").json()
    assert {version["version"] for version in group["versions"]} == set(VERSIONS)
    assert group["preferredVersion"]["version"] == next(name for name, version in VERSIONS.items() if version["storage"])


def test_names(kube, version):
    resources = kube.get(f"/apis/{CRD['group']}/{version}").json()["resources"]
    ours = next(one for one in resources if one["name"] == NAMES["plural"])
    assert (ours["singularName"], ours["kind"], ours["namespaced"]) == (NAMES["singular"], NAMES["kind"], CRD["scope"] == "Namespaced")
    assert (ours["shortNames"], ours["categories"]) == (NAMES["shortNames"], NAMES["categories"])
    assert ("status" in VERSIONS[version]["subresources"]) == any(one["name"] == f"{PLURAL}/status" for one in resources)


def test_columns(kube, version):
    path = f"/apis/{CRD['group']}/{version}/namespaces/web/{PLURAL}"
    table = kube.get(path, headers={"Accept": TABLE}).json()
    wanted = VERSIONS[version]["additionalPrinterColumns"]
    first, *columns = table["columnDefinitions"]
    assert (first["name"], first["type"], first["format"]) == ("Name", "string", "name")
    assert columns == [{"name": one["name"], "type": one["type"], "format": one.get("format", ""), "priority": one.get("priority", 0),
                        "description": f"Custom resource definition column (in JSONPath format): {one['jsonPath']}"} for one in wanted]
    item = kube.get(f"{path}/one").json()
    assert item["apiVersion"] == f"{CRD['group']}/{version}"
    cells = dict(zip((one["name"] for one in table["columnDefinitions"]), table["rows"][0]["cells"]))
    assert cells.pop("Name") == "one"
    # The type of a date is shown as an age.
    dates = [one["name"] for one in wanted if one["type"] == "date"]
    assert [bool(re.fullmatch(r"(\d+[smhdy])+|<invalid>", cells.pop(name))) for name in dates] == [True]
    assert cells == {one["name"]: at(item, one["jsonPath"]) for one in wanted if one["name"] not in dates}


def test_the_schema(kube, version):
    schemas = kube.get(f"/openapi/v3/apis/{CRD['group']}/{version}").json()["components"]["schemas"]
    served = schemas[f"io.kubevirt.snapshot.{version}.{NAMES['kind']}"]
    defined = VERSIONS[version]["schema"]["openAPIV3Schema"]
    assert served["x-kubernetes-group-version-kind"] == [{"group": CRD["group"], "kind": NAMES["kind"], "version": version}]
    for name in ("description", "type", "required"):
        assert served[name] == defined[name]
    assert set(served["properties"]) == set(defined["properties"])
    for name in set(defined["properties"]) - set(OF_EVERY_KIND):
        assert served["properties"][name] == defined["properties"][name]


@pytest.mark.parametrize("program", PROGRAMS)
class TestKubectl:
    def test_explain(self, kubectl, version):
        printed = kubectl("explain", NAMES["shortNames"][0], "--recursive", f"--api-version={CRD['group']}/{version}")
        lines = [re.match(r"( +)(\w+)\t<", line) for line in printed[printed.index("FIELDS:"):].splitlines()]
        fields = [(len(line[1]), line[2]) for line in lines if line]
        step = fields[0][0]
        assert step in (2, 3)
        # Without the fields of metadata, which every kind has.
        shown = [(indent // step - 1, name) for indent, name in fields]
        begin = shown.index((0, "spec"))
        assert [name for depth, name in shown[:begin] if depth == 0] == list(OF_EVERY_KIND)
        schema = VERSIONS[version]["schema"]["openAPIV3Schema"]
        assert shown[begin:] == tree(schema)
        spec = kubectl("explain", f"{NAMES['singular']}.spec.source", f"--api-version={CRD['group']}/{version}")
        described = schema["properties"]["spec"]["properties"]["source"]["description"]
        assert described.replace("\n", " ") in " ".join(spec.split())

    def test_every_name_finds_it(self, kubectl, version):
        for name in (NAMES["plural"], NAMES["singular"], *NAMES["shortNames"], f"{NAMES['plural']}.{version}.{CRD['group']}",
                     *NAMES["categories"]):
            assert kubectl("get", name, "-n", "web", "-o", "name") == f"{NAMES['singular']}.{CRD['group']}/one\n", name
