"""The Python client, python3-kubernetes: pages, writes, watches, and a controller built on it."""

import contextlib
import json
import threading

import kubernetes
import kubernetes.dynamic
import pytest
from kubernetes.client.rest import ApiException

from harness import wait_for
from kube import FINALIZER, PLURAL, KubeClient, new_snapshot, python_client

SERVER_ARGUMENTS = ("--tls-self-signed",)
GROUP, VERSION = "snapshot.kubevirt.io", "v1beta1"


class Snapshots:
    """The operations on the snapshots of one namespace."""

    def __init__(self, server, cluster, namespace="web"):
        self.client = python_client(server, cluster)
        self.objects = kubernetes.client.CustomObjectsApi(self.client)
        self.core = kubernetes.client.CoreV1Api(self.client)
        self.namespace = namespace
        self.place = (GROUP, VERSION, namespace, PLURAL)

    def make_namespace(self):
        self.core.create_namespace(kubernetes.client.V1Namespace(metadata=kubernetes.client.V1ObjectMeta(name=self.namespace)))
        return self

    def create(self, name, namespace=None, **metadata):
        return self.objects.create_namespaced_custom_object(GROUP, VERSION, namespace or self.namespace, PLURAL,
                                                            new_snapshot(name, **metadata))

    def get(self, name):
        return self.objects.get_namespaced_custom_object(*self.place, name)

    def list(self, **options):
        return self.objects.list_namespaced_custom_object(*self.place, **options)

    def watch(self, version, **options):
        watch = kubernetes.watch.Watch()
        return watch, watch.stream(self.objects.list_namespaced_custom_object, *self.place, resource_version=version, **options)

    def replace(self, item):
        return self.objects.replace_namespaced_custom_object(*self.place, item["metadata"]["name"], item)

    def replace_status(self, item):
        return self.objects.replace_namespaced_custom_object_status(*self.place, item["metadata"]["name"], item)

    def patch(self, name, patch):
        return self.objects.patch_namespaced_custom_object(*self.place, name, patch)

    def delete(self, name, **options):
        return self.objects.delete_namespaced_custom_object(*self.place, name, **options)


def names(items):
    return [item["metadata"]["name"] for item in items]


@contextlib.contextmanager
def refused(status, reason):
    with pytest.raises(ApiException) as caught:
        yield
    assert (caught.value.status, json.loads(caught.value.body)["reason"]) == (status, reason)


@pytest.fixture
def web(server, uid):
    return Snapshots(server, uid).make_namespace()


def test_pages(web):
    made = [web.create(f"snap-{number:02}")["metadata"]["name"] for number in range(10)]
    page = web.list(limit=4)
    version = page["metadata"]["resourceVersion"]
    seen = names(page["items"])
    assert page["metadata"]["remainingItemCount"] == 6
    web.delete("snap-09")
    web.create("snap-05b")
    while page["metadata"].get("continue"):
        page = web.list(limit=4, _continue=page["metadata"]["continue"])
        assert page["metadata"]["resourceVersion"] == version
        seen += names(page["items"])
    assert seen == made
    assert names(web.list()["items"]) == sorted({*made, "snap-05b"} - {"snap-09"})


def test_pages_after_the_history_is_lost(start_server):
    server = start_server("--tls-self-signed", "--history", "1s")
    server.client().create_cluster("short")
    web = Snapshots(server, "short").make_namespace()
    for number in range(6):
        web.create(f"snap-{number}")
    token = web.list(limit=2)["metadata"]["continue"]
    web.create("snap-9")

    def expired():
        try:
            web.list(limit=2, _continue=token)
        except ApiException as error:
            assert error.status == 410, error
            return json.loads(error.body)
        return None

    status = wait_for(expired, "the token to expire", 20)
    assert status["reason"] == "Expired"
    rest = web.list(limit=9, _continue=status["metadata"]["continue"])
    assert names(rest["items"]) == ["snap-2", "snap-3", "snap-4", "snap-5", "snap-9"]


def test_create_and_read(web):
    made = web.create("one", labels={"a": "1"})
    assert made == web.get("one")
    assert made["metadata"]["generation"] == 1 and made["metadata"]["uid"] and "status" not in made
    with refused(409, "AlreadyExists"):
        web.create("one")
    with refused(404, "NotFound"):
        web.get("two")
    with refused(404, "NotFound"):
        web.create("two", namespace="absent")


def test_update_and_its_conflict(web):
    item = web.create("one", labels={"a": "1"})
    item["metadata"]["labels"]["b"] = "2"
    changed = web.replace(item)
    assert changed["metadata"]["labels"] == {"a": "1", "b": "2"}
    assert int(changed["metadata"]["resourceVersion"]) > int(item["metadata"]["resourceVersion"])
    item["metadata"]["labels"]["c"] = "3"
    with refused(409, "Conflict"):
        web.replace(item)
    assert web.get("one") == changed
    changed["spec"]["source"]["name"] = "other"
    with refused(422, "Invalid"):
        web.replace(changed)


def test_status_and_patch(web):
    item = web.create("one")
    item["status"] = {"phase": "InProgress"}
    assert "status" not in web.replace(item)
    written = web.replace_status(item)
    assert written["status"] == {"phase": "InProgress"} and written["metadata"]["generation"] == 1
    patched = web.patch("one", {"metadata": {"labels": {"x": "y"}}, "status": {"phase": "Failed"}})
    assert (patched["metadata"]["labels"], patched["status"]) == ({"x": "y"}, {"phase": "InProgress"})


def test_delete_with_finalizers(web):
    web.create("held", finalizers=[FINALIZER])
    marked = web.delete("held")
    assert marked["metadata"]["deletionTimestamp"] and marked["metadata"]["generation"] == 2
    again = web.delete("held")
    assert again["metadata"]["deletionTimestamp"] == marked["metadata"]["deletionTimestamp"]
    item = web.get("held")
    item["metadata"]["finalizers"].append("another.example.com/one")
    with refused(422, "Invalid"):
        web.replace(item)
    del item["metadata"]["finalizers"]
    web.replace(item)
    with refused(404, "NotFound"):
        web.get("held")


def test_delete_with_preconditions_and_without(web):
    item = web.create("one")
    with refused(409, "Conflict"):
        web.delete("one", body=kubernetes.client.V1DeleteOptions(preconditions=kubernetes.client.V1Preconditions(uid="no-such")))
    done = web.delete("one", body=kubernetes.client.V1DeleteOptions(
        preconditions=kubernetes.client.V1Preconditions(uid=item["metadata"]["uid"])))
    assert (done["status"], done["details"]["uid"]) == ("Success", item["metadata"]["uid"])


def test_deletecollection(web):
    for name in ("a", "b", "c"):
        web.create(name, finalizers=[FINALIZER] if name == "b" else [])
    web.objects.delete_collection_namespaced_custom_object(*web.place)
    assert names(web.list()["items"]) == ["b"]
    assert web.get("b")["metadata"]["deletionTimestamp"]


def test_typed_namespaces(web):
    assert [item.metadata.name for item in web.core.list_namespace().items] == ["default", "web"]
    assert web.core.read_namespace("web").status.phase == "Active"
    web.create("a", finalizers=[FINALIZER])
    web.core.delete_namespace("web")
    assert web.core.read_namespace("web").status.phase == "Terminating"
    with refused(403, "Forbidden"):
        web.create("b")
    # What is in it is marked soon after; before that a copy would be stale.
    wait_for(lambda: "deletionTimestamp" in web.get("a")["metadata"], "the snapshot to be marked")
    item = web.get("a")
    del item["metadata"]["finalizers"]
    web.replace(item)

    def gone():
        try:
            return web.core.read_namespace("web") is None
        except ApiException as error:
            return error.status == 404

    wait_for(gone, "the namespace to go")


def test_discovery_by_both_clients(web):
    """The typed client asks with a slash at the end, the dynamic one finds its way by discovery."""
    assert kubernetes.client.VersionApi(web.client).get_code().major == "1"
    assert kubernetes.client.CoreApi(web.client).get_api_versions().versions == ["v1"]
    groups = {group.name: [version.version for version in group.versions]
              for group in kubernetes.client.ApisApi(web.client).get_api_versions().groups}
    assert groups == {"authentication.k8s.io": ["v1"], "authorization.k8s.io": ["v1"], GROUP: ["v1beta1", "v1alpha1"]}
    assert "namespaces" in [resource.name for resource in web.core.get_api_resources().resources]
    review = kubernetes.client.V1SelfSubjectAccessReview(spec=kubernetes.client.V1SelfSubjectAccessReviewSpec(
        resource_attributes=kubernetes.client.V1ResourceAttributes(verb="create", group=GROUP, resource=PLURAL)))
    assert kubernetes.client.AuthorizationV1Api(web.client).create_self_subject_access_review(review).status.allowed
    dynamic = kubernetes.dynamic.DynamicClient(web.client)
    snapshots = dynamic.resources.get(api_version=f"{GROUP}/{VERSION}", kind="VirtualMachineSnapshot")
    snapshots.create(namespace="web", body=new_snapshot("one"))
    assert [item.metadata.name for item in snapshots.get(namespace="web").items] == ["one"]
    assert snapshots.patch(name="one", namespace="web", body={"metadata": {"labels": {"a": "b"}}},
                           content_type="application/merge-patch+json").metadata.labels.a == "b"
    snapshots.delete(name="one", namespace="web")


def test_watching(web):
    version = web.list()["metadata"]["resourceVersion"]
    first = web.create("one")
    web.patch("one", {"metadata": {"labels": {"x": "y"}}})
    web.delete("one")
    watch, stream = web.watch(version)
    events = []
    for event in stream:
        events.append((event["type"], event["object"]["metadata"]["name"], event["object"]["metadata"]["uid"]))
        if len(events) == 3:
            watch.stop()
            web.create("last")
    assert events[:3] == [(kind, "one", first["metadata"]["uid"]) for kind in ("ADDED", "MODIFIED", "DELETED")]


class Informer(threading.Thread):
    """What client-go's reflector does: lists, watches from the list's version, goes on from the last
    version it saw when a watch ends, and lists anew after a 410."""

    def __init__(self, server, cluster):
        super().__init__(daemon=True)
        self.server = server
        self.cluster = cluster
        self.known = {}
        self.seen = []
        self.lists = 0
        self.version = None
        self.synced = threading.Event()
        self.stopping = threading.Event()
        self.paused = threading.Event()
        self.idle = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            if self.paused.is_set():
                self.idle.set()
                self.stopping.wait(0.02)
                continue
            self.idle.clear()
            try:
                # A server that started again has another port.
                web = Snapshots(self.server, self.cluster)
                if self.version is None:
                    self.relist(web)
                else:
                    self.follow(web)
            except ApiException as error:
                assert error.status == 410, error
                self.version = None
            except Exception:
                # Refused, reset, cut off: the server is away, or only just back.
                self.stopping.wait(0.05)

    def relist(self, web):
        page = web.list()
        self.known = {item["metadata"]["name"]: item["metadata"]["uid"] for item in page["items"]}
        self.lists += 1
        self.version = page["metadata"]["resourceVersion"]
        self.synced.set()

    def follow(self, web):
        _, stream = web.watch(self.version, timeout_seconds=1)
        for event in stream:
            metadata = event["object"]["metadata"]
            if event["type"] == "DELETED":
                self.known.pop(metadata["name"])
            else:
                self.known[metadata["name"]] = metadata["uid"]
            self.seen.append((event["type"], metadata["name"]))
            self.version = metadata["resourceVersion"]


@pytest.fixture
def informed():
    informers = []

    def start(server, cluster):
        informers.append(Informer(server, cluster))
        informers[-1].start()
        assert informers[-1].synced.wait(20)
        return informers[-1]

    yield start
    for informer in informers:
        informer.stopping.set()
        informer.join(30)
        assert not informer.is_alive()


def test_watching_through_restarts_and_a_compaction(start_server, informed):
    server = start_server("--tls-self-signed")
    server.client().create_cluster("demo")
    Snapshots(server, "demo").make_namespace()
    informer = informed(server, "demo")

    def create(name):
        return Snapshots(server, "demo").create(name)["metadata"]["uid"]

    expected = {f"a-{number}": create(f"a-{number}") for number in range(3)}
    wait_for(lambda: informer.known == expected, "what was created before the restart")
    for end in (server.stop, server.kill):
        end()
        server.start()
        name = f"after-{end.__name__}"
        expected[name] = create(name)
        wait_for(lambda: informer.known == expected, "what was created after the restart")
    assert (informer.lists, informer.seen) == (1, [("ADDED", name) for name in expected]), "each event once, and no new list"

    # Away for longer than the history is kept: it starts anew from a list.
    informer.paused.set()
    assert informer.idle.wait(30)
    server.stop()
    server.arguments = ["--tls-self-signed", "--history", "1s"]
    server.start()
    version = informer.version
    Snapshots(server, "demo").delete("a-1")
    expected["late"] = create("late")
    del expected["a-1"]

    def too_old():
        _, stream = Snapshots(server, "demo").watch(version, timeout_seconds=1)
        try:
            return next(stream, None) and None
        except ApiException as error:
            return error.status == 410

    wait_for(too_old, "the version to be compacted", 20)
    informer.paused.clear()
    wait_for(lambda: informer.known == expected, "what is there after the compaction")
    assert informer.lists == 2


class Controller(threading.Thread):
    """Takes each new snapshot through its phases on /status, as KubeVirt's snapshot controller does:
    finalizer first, then InProgress with its content's name, then Succeeded and ready."""

    def __init__(self, server, cluster):
        super().__init__(daemon=True)
        self.web = Snapshots(server, cluster)
        self.stopping = threading.Event()
        self.conflicts = 0
        self.failure = None

    def run(self):
        try:
            listed = self.web.list()
            for item in listed["items"]:
                self.reconcile(item)
            version = listed["metadata"]["resourceVersion"]
            while not self.stopping.is_set():
                _, stream = self.web.watch(version, timeout_seconds=1)
                for event in stream:
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] in ("ADDED", "MODIFIED"):
                        self.reconcile(event["object"])
        except Exception as error:
            self.failure = repr(error)

    def reconcile(self, item):
        try:
            self.step(item)
        except ApiException as error:
            # Changed or gone since: the event of that change is on its way.
            assert error.status in (404, 409), error
            self.conflicts += 1

    def step(self, item):
        metadata, status = item["metadata"], item.get("status", {})
        if "deletionTimestamp" in metadata:
            if FINALIZER in metadata.get("finalizers", []):
                metadata["finalizers"].remove(FINALIZER)
                self.web.replace(item)
        elif FINALIZER not in metadata.get("finalizers", []):
            metadata.setdefault("finalizers", []).append(FINALIZER)
            self.web.replace(item)
        elif "phase" not in status:
            item["status"] = {
                "phase": "InProgress", "readyToUse": False, "sourceUID": "5f0d4a0e-0b1f-4a63-9a0c-2f3a8b7b1c11",
                "virtualMachineSnapshotContentName": f"vmsnapshot-content-{metadata['uid']}",
                "conditions": conditions(("Progressing", "True", "Source locked and operation in progress"),
                                         ("Ready", "False", "Not ready"))}
            self.web.replace_status(item)
        elif status["phase"] == "InProgress":
            item["status"].update(
                phase="Succeeded", readyToUse=True, creationTime="2026-11-20T03:00:21Z", indications=["Online", "GuestAgent"],
                conditions=conditions(("Progressing", "False", "Operation complete"), ("Ready", "True", "Ready")))
            self.web.replace_status(item)


def conditions(*rows):
    return [{"type": kind, "status": status, "reason": reason, "lastProbeTime": None,
             "lastTransitionTime": "2026-11-20T03:00:24Z"} for kind, status, reason in rows]


def test_a_controller_drives_the_phases_and_the_palette_side_follows(server, uid):
    web = Snapshots(server, uid).make_namespace()
    admin = server.client()
    web.create("before")
    controller = Controller(server, uid)
    controller.start()
    try:
        watch = KubeClient(server, uid).watch(web.list()["metadata"]["resourceVersion"], "web")
        made = ["before"] + [web.create(f"snap-{number}", labels={"n": str(number)})["metadata"]["name"] for number in range(8)]

        def all_ready():
            assert controller.failure is None, controller.failure
            items = admin.items(uid, namespace="web")
            return names(items) == sorted(made) and all(item.get("status", {}).get("readyToUse") for item in items)

        wait_for(all_ready, "every snapshot to be ready, on the Palette side", 30)
        for item in admin.items(uid):
            status = item["status"]
            assert (status["phase"], status["indications"]) == ("Succeeded", ["Online", "GuestAgent"])
            assert status["virtualMachineSnapshotContentName"] == f"vmsnapshot-content-{item['metadata']['uid']}"
            assert all("lastProbeTime" not in condition for condition in status["conditions"])
            assert (item["metadata"]["generation"], item["metadata"]["finalizers"]) == (1, [FINALIZER])
        # What a watcher saw of one: nothing, InProgress, Succeeded, in this order and no other.
        phases = [event["object"].get("status", {}).get("phase") for event in list(watch.events)
                  if event["object"]["metadata"]["name"] == "snap-3"]
        assert phases == [None, None, "InProgress", "Succeeded"]
        web.delete("snap-0")
        wait_for(lambda: "snap-0" not in names(admin.items(uid)), "the deletion, which the controller lets go", 30)
    finally:
        controller.stopping.set()
        controller.join(30)
    assert controller.failure is None
