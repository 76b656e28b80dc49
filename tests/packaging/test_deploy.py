"""The Kustomize base and the Helm chart: both build, say the same, and fit the server and its image."""

import json
import re
import subprocess

import pytest
import yaml

from machine import ROOT, blob_of

TOOLS = ROOT / ".cache" / "kubectl"
BASE = ROOT / "deploy" / "kubernetes"
CHART = ROOT / "deploy" / "helm" / "snapgate"


def output(*command):
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def objects(text):
    """Objects by kind and name, with the settings in them read, since their text may differ."""
    found = {}
    for one in yaml.safe_load_all(text):
        if one is None:
            continue
        if one["kind"] == "ConfigMap":
            one["data"]["snapgate.yaml"] = yaml.safe_load(one["data"]["snapgate.yaml"])
        found[one["kind"], one["metadata"]["name"]] = one
    return found


def chart(*values, name="snapgate", namespace="snapgate"):
    return objects(output(TOOLS / "helm", "template", name, CHART, "--namespace", namespace, *values))


@pytest.fixture(scope="module")
def base():
    return objects(output(TOOLS / "kubectl", "kustomize", BASE))


def test_the_chart_says_what_the_base_says(base):
    made = chart()
    assert sorted(made) == sorted(base)
    for which, one in base.items():
        assert made[which] == one, f"{which}: the chart's comes first"
    assert {kind for kind, _ in base} == {"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Deployment",
                                         "PersistentVolumeClaim", "Service", "NetworkPolicy"}


def test_the_chart_follows_its_values(base):
    output(TOOLS / "helm", "lint", "--strict", CHART)
    made = chart("--set", "settings.listen=0.0.0.0:9443,image.repository=registry.example/snapgate,image.tag=1,rbac=false,"
                          "networkPolicy.enabled=false,storage.size=1Ti,storage.storageClassName=fast,service.type=NodePort",
                 name="hub", namespace="ops")
    assert ("Deployment", "hub") in made and ("NetworkPolicy", "hub") not in made and ("ClusterRole", "hub") not in made
    pod = made["Deployment", "hub"]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    assert container["image"] == "registry.example/snapgate:1"
    assert container["ports"][0]["containerPort"] == 9443 and pod["metadata"]["annotations"]["prometheus.io/port"] == "9443"
    assert made["ConfigMap", "hub"]["data"]["snapgate.yaml"]["tls-hosts"] == "hub.ops.svc"
    assert made["PersistentVolumeClaim", "hub"]["spec"]["storageClassName"] == "fast"
    assert made["Service", "hub"]["spec"]["type"] == "NodePort"
    assert made["Deployment", "hub"] != base["Deployment", "snapgate"]


def test_names_lead_to_each_other(base):
    pod = base["Deployment", "snapgate"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert base["Deployment", "snapgate"]["spec"]["selector"]["matchLabels"] == labels
    assert base["Service", "snapgate"]["spec"]["selector"] == labels
    assert base["NetworkPolicy", "snapgate"]["spec"]["podSelector"]["matchLabels"] == labels
    container = pod["spec"]["containers"][0]
    port = container["ports"][0]
    assert base["Service", "snapgate"]["spec"]["ports"][0]["targetPort"] == port["name"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] == port["name"] and container[probe]["httpGet"]["scheme"] == "HTTPS"
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["spec"]["volumes"]}
    assert {one["metadata"].get("namespace") for (kind, _), one in base.items() if not kind.startswith("Cluster")} \
        == {"snapgate"}


def test_they_fit_the_server(base):
    version = re.search(r"^project\(snapgate VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.M)[1]
    container = base["Deployment", "snapgate"]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == f"snapgate:{version}"
    described = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert described["version"] == described["appVersion"] == version
    # The one list of all settings: lines `name: VALUE`, some of them behind a #.
    known = set(re.findall(r"^#?([a-z-]+):", (ROOT / "packaging" / "snapgate.yaml").read_text(encoding="utf-8"), re.M))
    settings = base["ConfigMap", "snapgate"]["data"]["snapgate.yaml"]
    assert set(settings) <= known
    assert settings["listen"].endswith(f":{container['ports'][0]['containerPort']}")
    smallest = [one for one in yaml.safe_load_all(output(ROOT / "build" / "release" / "snapgate", "print", "rbac"))
                if one["kind"] == "ClusterRole"]
    assert base["ClusterRole", "snapgate"]["rules"] == smallest[0]["rules"]


def test_they_fit_the_image(base, image, tmp_path):
    subprocess.run(["tar", "-xf", image, "-C", tmp_path], check=True)
    config = blob_of(tmp_path, blob_of(tmp_path, json.loads(
        (tmp_path / "index.json").read_text(encoding="utf-8"))["manifests"][0])["config"])["config"]
    pod = base["Deployment", "snapgate"]["spec"]["template"]["spec"]
    security = pod["securityContext"]
    assert config["User"] == f"{security['runAsUser']}:{security['runAsGroup']}" and security["runAsNonRoot"]
    container = pod["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"] and "command" not in container
    assert container["args"][:1] == config["Cmd"]
    assert list(config["Volumes"]) == [container["volumeMounts"][0]["mountPath"]]
    settings = base["ConfigMap", "snapgate"]["data"]["snapgate.yaml"]
    assert settings["data-dir"].startswith(container["volumeMounts"][0]["mountPath"] + "/")
