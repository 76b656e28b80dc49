"""Garbage collection among the snapshots of a hosted cluster: what goes with its owner, and what watchers see of it."""

import pytest

from harness import vm_path, wait_for
from kube import JSON_PATCH, KubeClient, Kubectl, new_snapshot, snapshots_path, write_kubeconfig
from kubectls import PROGRAMS
from planted import as_dumped, restore

SERVER_ARGUMENTS = ("--tls-self-signed",)


@pytest.fixture
def kube(kube):
    kube.create_namespace("web")
    return kube


def reference(owner, blocks=False):
    """An owner reference to a snapshot as it was answered."""
    return {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot", "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"], **({"blockOwnerDeletion": True} if blocks else {})}


def owned(kube, name, *owners, blocks=False, **metadata):
    return kube.made("web", new_snapshot(name, ownerReferences=[reference(owner, blocks) for owner in owners], **metadata))


def family(kube, **options):
    """An owner, its dependent, and the dependent of that."""
    parent = kube.made("web", new_snapshot("parent"))
    child = owned(kube, "child", parent, **options)
    return parent, child, owned(kube, "grandchild", child, **options)


def left(kube):
    return [item["metadata"]["name"] for item in kube.list("web").json()["items"]]


def until_left(kube, names):
    wait_for(lambda: left(kube) == names, lambda: f"{names} to be left, and there are {left(kube)}")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("cascade, names", [("background", []), ("foreground", []), ("orphan", ["child", "grandchild"])])
def test_kubectl_delete(server, kube, tmp_path, program, cascade, names):
    family(kube, blocks=True)
    kubectl = Kubectl(program, write_kubeconfig(server, kube.cluster, tmp_path / "config"), tmp_path)
    printed = kubectl("delete", "vmsnapshots", "-n", "web", "parent", f"--cascade={cascade}")
    assert '"parent" deleted' in printed
    # kubectl waits until it is gone: in the foreground that is after all that blocked it.
    if cascade != "background":
        assert left(kube) == names
    until_left(kube, names)
    if names:
        assert "ownerReferences" not in kube.read("web", "child").json()["metadata"]
        assert kube.read("web", "grandchild").json()["metadata"]["ownerReferences"]


def test_watchers_see_each_step(kube):
    parent = kube.made("web", new_snapshot("parent"))
    owned(kube, "child", parent, blocks=True, finalizers=["x.io/hold"])
    version = kube.list("web").json()["metadata"]["resourceVersion"]
    watch = kube.watch(version, "web")
    kube.remove("web", "parent", {"propagationPolicy": "Foreground"})
    wait_for(lambda: len(watch.brief()) == 2, "both to be marked")
    kube.patch("web", "child", [{"op": "remove", "path": "/metadata/finalizers"}], JSON_PATCH)
    wait_for(lambda: len(watch.brief()) == 4, "both to go")
    assert [(kind, name) for kind, name, _ in watch.brief()] == [
        ("MODIFIED", "web/parent"), ("MODIFIED", "web/child"), ("DELETED", "web/child"), ("DELETED", "web/parent")]
    marked = watch.events[0]["object"]["metadata"]
    assert marked["finalizers"] == ["foregroundDeletion"] and marked["deletionTimestamp"]
    assert watch.events[1]["object"]["metadata"]["finalizers"] == ["x.io/hold"]
    watch.hang_up()


def test_through_the_other_api(server, kube):
    family(kube)
    reply = server.client().delete(vm_path(kube.cluster, name="parent"), namespace="web")
    assert reply.status in (200, 204), reply
    until_left(kube, [])


def test_a_collection_is_deleted_with_a_policy(kube):
    parent, child, _ = family(kube)
    owned(kube, "other", parent, child)
    reply = kube.request("DELETE", snapshots_path("web"), {"propagationPolicy": "Orphan"}, fieldSelector="metadata.name=parent")
    assert reply.status == 200, reply
    until_left(kube, ["child", "grandchild", "other"])
    kube.remove("web", "child")
    until_left(kube, [])


def test_owners_that_do_not_exist(server, kube):
    kube.create_namespace("elsewhere")
    far = kube.made("elsewhere", new_snapshot("far"))
    owned(kube, "by-request", far)
    until_left(kube, [])
    # An import may bring a dependent alone, and its owner later.
    item = new_snapshot("imported", namespace="web", ownerReferences=[reference(far)])
    server.client().load(kube.cluster, [item])
    vm = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "gone", "uid": "u"}
    kube.made("web", new_snapshot("of-vm", ownerReferences=[vm]))
    probe = kube.made("web", new_snapshot("probe"))
    owned(kube, "proof", probe)
    kube.remove("web", "probe")
    until_left(kube, ["imported", "of-vm"])


def test_a_namespace_takes_its_restores_along(server, kube):
    server.client().load(kube.cluster, [as_dumped(restore("r-1", "web"), 1)])
    family(kube, blocks=True)
    restores = "/apis/snapshot.kubevirt.io/v1beta1/virtualmachinerestores"
    assert len(kube.get(restores).json()["items"]) == 1
    assert kube.request("DELETE", "/api/v1/namespaces/web").status == 200
    wait_for(lambda: kube.get("/api/v1/namespaces/web").status == 404, "the namespace to go")
    assert kube.get(restores).json()["items"] == []


def test_kills_in_the_middle(start_server):
    """The collector goes on where it was, and says how much it did."""
    server = start_server()
    server.client().create_cluster("demo")
    count = 30_000
    parent = "00000000-0000-4000-8000-000000000000"
    owner = {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot", "name": "parent", "uid": parent}
    server.client().load("demo", [new_snapshot("parent", namespace="web", uid=parent)])
    server.client().load("demo", [new_snapshot(f"child-{number:05}", namespace="web", ownerReferences=[owner])
                                  for number in range(count)])
    kube = KubeClient(server, "demo")

    def there():
        reply = kube.list("web", limit=1).json()
        return len(reply["items"]) + reply["metadata"].get("remainingItemCount", 0)

    assert kube.remove("web", "parent").status == 200
    seen = []
    for _ in range(3):
        known = seen[-1] if seen else count
        wait_for(lambda: there() < known, "some to go")
        # After the start the collector goes on before anybody can count.
        most = there()
        server.kill()
        server.start()
        kube = KubeClient(server, "demo")
        seen.append(there())
    assert 0 < seen[0] < count, seen
    wait_for(lambda: there() == 0, "all to go", 60)
    if seen[-1]:
        # What is gone is counted after it is.
        removed = wait_for(lambda: server.client().metric("snapgate_garbage_removed_total"), "the count")
        assert removed <= most
    assert server.client().metric("snapgate_garbage_updated_total") == 0
