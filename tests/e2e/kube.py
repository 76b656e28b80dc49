"""Callers of a cluster's Kubernetes API: over bare HTTP, with kubectl, and with the Python client."""

import base64
import json
import os
import re
import shutil
import subprocess
import urllib.parse

import kubernetes

from harness import PATIENCE, ROOT, Client, Following, OpenAnswer, name_of, wait_for

GROUP = "/apis/snapshot.kubevirt.io/v1beta1"
PLURAL = "virtualmachinesnapshots"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
FINALIZER = "snapshot.kubevirt.io/vmsnapshot-protection"


def snapshots_path(namespace=None, name=None, status=False):
    path = GROUP + (f"/namespaces/{namespace}" if namespace else "") + f"/{PLURAL}"
    return path + (f"/{name}" if name else "") + ("/status" if status else "")


def new_snapshot(name=None, vm="web-01", **metadata):
    """What a client creates: no status, no namespace (the path has it)."""
    if name is not None:
        metadata["name"] = name
    return {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot", "metadata": metadata,
            "spec": {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": vm}}}


class KubeClient(Client):
    """Calls one cluster's Kubernetes API with one key; paths begin behind /clusters/{uid}."""

    def __init__(self, server, cluster, key=None, tls=False, keep=False):
        super().__init__(server.port, key or server.admin_key, context=server.tls_context() if tls else None, keep=keep)
        self.cluster = cluster

    def headers(self, extra=None):
        return {"Authorization": f"Bearer {self.key}", "User-Agent": "tests", **(extra or {})}

    def request(self, method, target, body=None, headers=None, **query):
        return super().request(method, f"/clusters/{self.cluster}{target}", body, headers, **query)

    def create(self, namespace, item, **query):
        return self.request("POST", snapshots_path(namespace), item, **query)

    def read(self, namespace, name, **query):
        return self.get(snapshots_path(namespace, name), **query)

    def replace(self, namespace, name, item, status=False, **query):
        return self.request("PUT", snapshots_path(namespace, name, status), item, **query)

    def patch(self, namespace, name, patch, media=MERGE_PATCH, status=False, **query):
        return self.request("PATCH", snapshots_path(namespace, name, status), json.dumps(patch), {"Content-Type": media}, **query)

    def remove(self, namespace, name, options=None, **query):
        return self.request("DELETE", snapshots_path(namespace, name), options, **query)

    def list(self, namespace=None, **query):
        return self.get(snapshots_path(namespace), **query)

    def objects(self):
        """The snapshots of all namespaces: {(namespace, name): object}."""
        reply = self.list()
        assert reply.status == 200, reply
        return {name_of(item): item for item in reply.json()["items"]}

    def create_namespace(self, name):
        reply = self.request("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        assert reply.status == 201, reply
        return reply.json()

    def made(self, namespace, item, **query):
        """Creates and returns the object."""
        reply = self.create(namespace, item, **query)
        assert reply.status == 201, reply
        return reply.json()

    def watch(self, version, namespace=None, path=None, headers=None, **query):
        return Watch(self, path or snapshots_path(namespace), {"watch": "1", "resourceVersion": version, **query}, headers)


class Watch(OpenAnswer):
    """One open watch: an event is what stands on a line."""

    def __init__(self, client, path, query, headers=None):
        super().__init__(client, f"/clusters/{client.cluster}{path}", headers, **query)

    def take(self, line):
        self.events.append(json.loads(line))

    def brief(self):
        """(type, namespace/name, version) of each event but bookmarks."""
        return [brief_of(event) for event in list(self.events) if event["type"] != "BOOKMARK"]


def brief_of(event):
    metadata = event["object"].get("metadata", {})
    return event["type"], f"{metadata.get('namespace')}/{metadata.get('name')}", metadata.get("resourceVersion")


def kubeconfig_of(url, user, authority=None):
    """A kubeconfig as JSON, which is YAML, too: the cluster at that URL, as that user, {"token": ...} or the like, sees
    it. `authority` is the PEM of who has signed the server's certificate."""
    trust = {"certificate-authority-data": base64.b64encode(authority.encode()).decode()} if authority else {}
    return json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": url, **trust}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]})


def write_kubeconfig(server, cluster, path, key=None):
    """What `snapgate kubeconfig` prints, with another key if one is given. The server has to speak TLS:
    Kubernetes clients send no credentials over plain connections."""
    printed = server.cli("kubeconfig", "--cluster", cluster, tls=True)
    assert printed.returncode == 0, printed.stderr
    assert server.admin_key in printed.stdout
    path.touch(mode=0o600)
    path.write_text(printed.stdout.replace(server.admin_key, key or server.admin_key))
    return path


def python_client(server, cluster, key=None):
    """python3-kubernetes' ApiClient for a cluster."""
    configuration = kubernetes.client.Configuration()
    configuration.host = f"https://127.0.0.1:{server.port}/clusters/{cluster}"
    configuration.ssl_ca_cert = str(server.data_dir / "ca.crt")
    configuration.api_key = {"authorization": f"Bearer {key or server.admin_key}"}
    configuration.retries = False
    return kubernetes.client.ApiClient(configuration)


def debian_kubectl():
    """Debian's own kubectl, 1.20, which tools/install unpacks."""
    return ROOT / ".cache" / "debian" / "kubernetes-client" / "usr" / "bin" / "kubectl"


def version_of(program):
    """(major, minor) of a kubectl."""
    ran = subprocess.run([str(program), "version", "--client", "-o", "json"], capture_output=True, text=True, check=True,
                         env={**os.environ, "KUBECONFIG": os.devnull})
    version = json.loads(ran.stdout)["clientVersion"]
    return int(version["major"]), int(re.match(r"\d+", version["minor"])[0])


def newer_kubectl():
    """The kubectl of today that tools/install_kubectl brings; without it one of this machine that is 1.27 or newer, or None."""
    brought = ROOT / ".cache" / "kubectl" / "kubectl"
    found = str(brought) if brought.exists() else shutil.which("kubectl")
    if found is None:
        return None
    try:
        return found if version_of(found) >= (1, 27) else None
    except (subprocess.CalledProcessError, ValueError, KeyError):
        return None


class Kubectl:
    """One kubectl with a kubeconfig; its caches are in a folder of its own."""

    def __init__(self, program, kubeconfig, home):
        self.program = str(program)
        self.kubeconfig = kubeconfig
        self.home = home

    def environment(self):
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.home), "NO_PROXY": "127.0.0.1"}

    def run(self, *arguments, stdin=None, timeout=60):
        return subprocess.run([self.program, *map(str, arguments)], input=stdin, capture_output=True, text=True,
                              env=self.environment(), timeout=timeout * PATIENCE, check=False)

    def __call__(self, *arguments, stdin=None, timeout=60):
        """Runs to a good end and returns what was printed."""
        ran = self.run(*arguments, stdin=stdin, timeout=timeout)
        assert ran.returncode == 0, f"kubectl {' '.join(map(str, arguments))}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran.stdout

    def fails(self, *arguments, stdin=None, timeout=60):
        """Runs to a bad end and returns what was said."""
        ran = self.run(*arguments, stdin=stdin, timeout=timeout)
        assert ran.returncode != 0, f"kubectl {' '.join(map(str, arguments))} did not fail:\n{ran.stdout}{ran.stderr}"
        return ran.stderr

    def start(self, *arguments):
        """A kubectl that runs on, for `-w`; its lines come in by a thread."""
        return Following([self.program, *map(str, arguments)], self.environment())
