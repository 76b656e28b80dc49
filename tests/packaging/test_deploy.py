"""The Kustomize base and the Helm chart: both build, say the same, and fit the server and its image."""

import json
import re
import subprocess
import urllib.request

import pytest
import yaml

from harness import Server
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
    assert container["ports"][0]["containerPort"] == 9443
    assert made["ConfigMap", "hub"]["data"]["snapgate.yaml"]["tls-hosts"] == "hub.ops.svc"
    assert made["PersistentVolumeClaim", "hub"]["spec"]["storageClassName"] == "fast"
    assert made["Service", "hub"]["spec"]["type"] == "NodePort"
    assert made["Deployment", "hub"] != base["Deployment", "snapgate"]
    moved = chart("--set", "settings.metrics-listen=0.0.0.0:9999,networkPolicy.metricsFrom[0].podSelector.matchLabels.app=prom")
    pod = moved["Deployment", "snapgate"]["spec"]["template"]
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == "9999" and pod["spec"]["containers"][0]["ports"][1] == {
        "name": "metrics", "containerPort": 9999}
    assert moved["NetworkPolicy", "snapgate"]["spec"]["ingress"][1]["from"] == [{"podSelector": {"matchLabels": {"app": "prom"}}}]
    none = chart("--set", "settings.metrics-listen=")
    pod = none["Deployment", "snapgate"]["spec"]["template"]
    assert "annotations" not in pod["metadata"] and len(pod["spec"]["containers"][0]["ports"]) == 1
    assert len(none["NetworkPolicy", "snapgate"]["spec"]["ingress"]) == 1
    assert "metrics-listen" not in none["ConfigMap", "snapgate"]["data"]["snapgate.yaml"]


def test_names_lead_to_each_other(base):
    pod = base["Deployment", "snapgate"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert base["Deployment", "snapgate"]["spec"]["selector"]["matchLabels"] == labels
    assert base["Service", "snapgate"]["spec"]["selector"] == labels
    assert base["NetworkPolicy", "snapgate"]["spec"]["podSelector"]["matchLabels"] == labels
    container = pod["spec"]["containers"][0]
    port, metrics = container["ports"]
    web, scrapes = base["NetworkPolicy", "snapgate"]["spec"]["ingress"]
    assert [one["port"] for one in web["ports"]] == [port["name"]] and "from" not in web
    assert [one["port"] for one in scrapes["ports"]] == [metrics["name"]] and scrapes["from"], "no key is asked for there"
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


def test_a_prometheus_that_goes_by_the_annotations_scrapes_the_server(base, tmp_path):
    """What it does with them is its own documented example: scheme, address of the pod, port, path, and no more."""
    pod = base["Deployment", "snapgate"]["spec"]["template"]
    scrape = {name.removeprefix("prometheus.io/"): value for name, value in pod["metadata"]["annotations"].items()}
    assert scrape.pop("scrape") == "true"
    ports = {str(port["containerPort"]): port["name"] for port in pod["spec"]["containers"][0]["ports"]}
    settings = dict(base["ConfigMap", "snapgate"]["data"]["snapgate.yaml"])
    listens = {settings[name].rpartition(":")[2]: name for name in ("listen", "metrics-listen") if name in settings}
    assert set(listens) == set(ports) and scrape["port"] in ports
    # Ports that are free here; all else is as it is deployed.
    for name in listens.values():
        settings[name] = "127.0.0.1:0"
    del settings["data-dir"]
    config = tmp_path / "snapgate.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    server = Server(tmp_path / "data", "--config", config, listen=None).start()
    try:
        said = {"listen": "listening", "metrics-listen": "listening for scrapes"}[listens[scrape["port"]]]
        at = f"{scrape['scheme']}://127.0.0.1:{server.log(said)[0]['port']}{scrape['path']}"
        with urllib.request.urlopen(at, timeout=20) as answer:
            assert answer.status == 200 and b"snapgate_objects" in answer.read()
    finally:
        server.stop()


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
