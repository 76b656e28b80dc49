"""Objects of which only parts are kept, with a secret in every place of which nothing may be, and the search for it."""

from events import Events
from harness import LIST_ROUTE
from kube import GROUP, TABLE

SECRET = "correct-horse-battery"


def vm(name, namespace="alpha", **status):
    return {
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": "shop"},
                     "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET, "note": SECRET,
                                     "snapgate.io/protection": "ignore"},
                     "managedFields": [{"manager": SECRET}]},
        "spec": {"runStrategy": "Always",
                 "dataVolumeTemplates": [{"metadata": {"name": name, "annotations": {"a": SECRET}},
                                          "spec": {"source": {"http": {"url": f"https://u:{SECRET}@images.example"}}}}],
                 "template": {"metadata": {"annotations": {"a": SECRET}},
                              "spec": {"accessCredentials": [{"key": SECRET}], "domain": {"firmware": {"serial": SECRET}},
                                       "volumes": [{"name": "root", "dataVolume": {"name": name, "x": SECRET}},
                                                   {"name": "sysprep", "sysprep": {"secret": {"name": SECRET}}},
                                                   {"name": "init", "cloudInitNoCloud": {"userData": SECRET}}]}}},
        "status": {"printableStatus": "Running", "ready": True, **status},
    }


def restore(name, namespace="alpha", snapshot="snap-00000", vm="vm-1", **status):
    return {
        "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineRestore",
        "metadata": {"name": name, "namespace": namespace,
                     "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET},
                     "managedFields": [{"fieldsV1": {"f:spec": {"f:patches": {f'v:"{SECRET}"': {}}}}}]},
        "spec": {"target": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": vm},
                 "virtualMachineSnapshotName": snapshot, "patches": [SECRET, SECRET],
                 "volumeRestoreOverrides": [{"volumeName": "root", "restoreName": "r", "labels": {"a": SECRET},
                                             "annotations": {"a": SECRET}}]},
        "status": {"complete": True, **status},
    }


def content(name, namespace="alpha", snapshot="snap-00000", size="10Gi", **status):
    return {
        "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshotContent",
        "metadata": {"name": name, "namespace": namespace, "labels": {"a": SECRET}, "finalizers": ["x/" + SECRET],
                     "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET, "snapgate.io/x": SECRET},
                     "managedFields": [{"manager": SECRET}]},
        "spec": {"virtualMachineSnapshotName": snapshot, "source": {"virtualMachine": vm("vm-1")},
                 "volumeBackups": [{"volumeName": "root", "persistentVolumeClaim": {
                     "metadata": {"name": "c", "annotations": {"a": SECRET}},
                     "spec": {"resources": {"requests": {"storage": size}}}}}]},
        "status": {"readyToUse": True, **status},
    }


def as_dumped(item, number):
    """The same as kubectl prints it: with what the API server gives to it."""
    return {**item, "metadata": {**item["metadata"], "uid": f"00000000-0000-4000-8000-{number:012}",
                                 "resourceVersion": str(1000 + number), "creationTimestamp": "2026-11-04T14:19:06Z"}}


def answers_of(server, uid):
    """{what was asked: the text of the answer}, all that a server says of a cluster with such objects and of its fleet."""
    client, answers = server.client(), {}

    def ask(path, headers=None, **query):
        reply = client.get(path, headers, **query)
        assert reply.status == 200, (path, reply)
        answers[path, str(headers), str(query)] = reply.text()

    for path in ("/admin/v1/clusters", f"/admin/v1/clusters/{uid}", "/metrics"):
        ask(path)
    for of in (uid, "-"):
        for kind, forms in ((LIST_ROUTE.format(uid=of), ("json", "csv", "ndjson", "rows")),
                            (f"/v1/spectroclusters/{of}/vms/protection", ("json", "csv", "ndjson"))):
            for form in forms:
                ask(kind, format=form, **({"ignored": "true", "gone": "true"} if "protection" in kind else {}))
        for path in ("sources", "summary"):
            ask(f"/v1/spectroclusters/{of}/vms/{path}")
        for plural in ("virtualmachinesnapshots", "virtualmachinerestores"):
            for accept in ("application/json", "application/yaml", TABLE):
                ask(f"/clusters/{of}{GROUP}/{plural}", {"Authorization": f"Bearer {client.key}", "Accept": accept}, includeObject="Object")
        stream = Events(client, of).until_synced()
        answers["events", of, ""] = repr(stream.events) + repr([event.data for event in stream.events])
        stream.hang_up()
    return answers


def search_everywhere(server, uid, backup, shown):
    """Nothing that a server says, writes to its log, keeps or backs up has the secret. Stops the server. `backup` is where the
    backup goes; `shown` are names that are in the answers and on the disk, so that the search looks at the right things."""
    made = server.cli("backup", "--to", backup)
    assert made.returncode == 0, made.stderr
    answers = answers_of(server, uid)
    server.stop()
    for asked, text in answers.items():
        assert SECRET not in text, asked
    files = [path for path in server.data_dir.rglob("*") if path.is_file()]
    for name in shown:
        assert any(name in text for text in answers.values()), name
        assert any(name.encode() in path.read_bytes() for path in files), name
        assert name.encode() in backup.read_bytes(), name
    for path in [*files, backup]:
        assert SECRET.encode() not in path.read_bytes(), path
    assert SECRET not in "\n".join(server.lines)
