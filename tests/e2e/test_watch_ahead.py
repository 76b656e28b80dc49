"""Watches that begin at a version which the cluster has not reached, as after a restore of its data."""

import shutil
import time

import kubernetes
import pytest

from connected import connect, wait_for_state
from harness import Server, wait_for
from kube import KubeClient, new_snapshot, snapshots_path


def assert_gone(watch, version, soon=8):
    """One ERROR event of 410, which every informer takes for "list again", and the end."""
    begun = time.monotonic()
    events = watch.until_end()
    assert time.monotonic() - begun < soon
    assert watch.status == 200 and watch.ended == "end"
    assert [event["type"] for event in events] == ["ERROR"], events
    status = events[0]["object"]
    assert (status["kind"], status["status"], status["code"], status["reason"]) == ("Status", "Failure", 410, "Expired"), status
    assert [cause["reason"] for cause in status["details"]["causes"]] == ["ResourceVersionTooLarge"]
    assert str(version) in status["message"] and "current: " in status["message"]


@pytest.fixture
def clusters(data_dir, start_server):
    """(server, uid) of a hosted cluster, and of a connected one that follows it."""
    first, second = (start_server(directory=data_dir.with_name(f"{data_dir.name}-{i}")) for i in range(2))
    first.client().create_cluster("hosted")
    KubeClient(first, "hosted").made("default", new_snapshot("one"))
    connect(second, "connected", first, "hosted")
    wait_for_state(second, "connected", "Ready")
    wait_for(lambda: KubeClient(second, "connected").list().json()["items"], "the mirror")
    return (first, "hosted"), (second, "connected")


def test_every_kind_of_watch_is_told_to_list_again(clusters):
    for server, uid in clusters:
        kube = KubeClient(server, uid)
        watches = [kube.watch("999999999", **query) for query in (
            {}, {"allowWatchBookmarks": "true"}, {"labelSelector": "a=b"}, {"fieldSelector": "metadata.name=one"},
            {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"})]
        watches.append(kube.watch("999999999", "default"))
        for watch in watches:
            assert_gone(watch, 999999999)
        # A list keeps what Kubernetes says.
        late = kube.list(resourceVersion="999999999")
        assert late.status == 504 and late.json()["reason"] == "Timeout", late
        assert late.json()["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def test_a_watch_that_is_a_little_ahead_waits_for_it(clusters):
    (server, uid), _ = clusters
    kube = KubeClient(server, uid)
    version = int(kube.list().json()["metadata"]["resourceVersion"])
    watch = kube.watch(str(version + 1))
    kube.made("default", new_snapshot("two"))
    kube.made("default", new_snapshot("three"))
    watch.until(lambda event: event["object"]["metadata"]["name"] == "three", "what comes after it")
    assert "ERROR" not in [event["type"] for event in watch.events]


class OnlyGoneInformer:
    """An informer that goes by the rule of JavaScript's: a 410 makes it list again, and any other error event is passed over."""

    def __init__(self, server, uid):
        configuration = kubernetes.client.Configuration()
        configuration.host = f"http://127.0.0.1:{server.port}/clusters/{uid}"
        configuration.api_key = {"authorization": f"Bearer {server.admin_key}"}
        self.api = kubernetes.client.CustomObjectsApi(kubernetes.client.ApiClient(configuration))
        self.of = ("snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshots")
        self.cache = {}
        self.lists = 0
        self.version = None

    def list(self):
        page = self.api.list_cluster_custom_object(*self.of)
        self.cache = {item["metadata"]["name"]: item for item in page["items"]}
        self.version = page["metadata"]["resourceVersion"]
        self.lists += 1

    def watch_once(self):
        watch = kubernetes.watch.Watch()
        try:
            for event in watch.stream(self.api.list_cluster_custom_object, *self.of, resource_version=self.version, timeout_seconds=5):
                if event["type"] == "ERROR":
                    continue
                item = event["object"]
                self.version = item["metadata"]["resourceVersion"]
                if event["type"] == "DELETED":
                    self.cache.pop(item["metadata"]["name"], None)
                else:
                    self.cache[item["metadata"]["name"]] = item
        except kubernetes.client.ApiException as error:
            if error.status == 410:
                self.list()


def test_an_informer_survives_a_restore(data_dir):
    server = Server(data_dir).start()
    server.client().create_cluster("demo")
    kube = KubeClient(server, "demo")
    kube.made("default", new_snapshot("kept"))
    server.stop()
    backup = data_dir.with_name("backup")
    shutil.copytree(data_dir, backup)
    server.start()
    for number in range(20):
        KubeClient(server, "demo").made("default", new_snapshot(f"lost-{number}"))
    informer = OnlyGoneInformer(server, "demo")
    informer.list()
    assert len(informer.cache) == 21
    server.stop()
    shutil.rmtree(data_dir)
    backup.rename(data_dir)
    server.listen = f"127.0.0.1:{server.port}"
    server.start()
    try:
        KubeClient(server, "demo").made("default", new_snapshot("new"))
        informer.watch_once()
        assert informer.lists == 2
        assert set(informer.cache) == {"kept", "new"}
        assert KubeClient(server, "demo").get(snapshots_path()).json()["metadata"]["resourceVersion"] == informer.version
    finally:
        server.stop()
