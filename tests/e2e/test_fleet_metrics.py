"""What /metrics says of the snapshots of all clusters."""

import time

import pytest

from harness import Server, snapshot
from planted import as_dumped, vm


def at(hours):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600 * hours))


def taken(name, of, hours):
    item = snapshot("web", name, of)
    item["metadata"]["creationTimestamp"] = at(hours)
    item["status"] = {"phase": "Succeeded", "readyToUse": True, "creationTime": at(hours)}
    return item


def stuck(name, of):
    item = snapshot("web", name, of)
    item["metadata"]["creationTimestamp"] = at(5)
    item["status"] = {"phase": "InProgress"}
    return item


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    """Reads the metrics of a server with two clusters, started with these arguments."""
    folder = tmp_path_factory.mktemp("fleet-metrics")
    server = Server(folder / "data").start()
    client = server.client()
    vms = [as_dumped(vm(name, "web"), number) for number, name in enumerate(("never", "d"), 1)]
    for one in vms:
        one["metadata"]["annotations"] = {}
    for uid, items in (("one", [taken("a-1", "a", 1), taken("b-1", "b", 30), stuck("c-1", "c")]), ("two", [taken("d-1", "d", 50), *vms])):
        client.create_cluster(uid)
        client.load(uid, items)
    server.stop()

    def read(*arguments):
        again = Server(folder / "data", *arguments).start()
        text = again.client().metrics()
        project = again.client().cluster("one")["projectUid"]
        again.stop()
        return lambda name, **labels: next(
            (float(line.rpartition(" ")[2]) for line in text.splitlines()
             if line.startswith(name + "{") and {part for part in line[len(name) + 1:line.rindex("}")].split(",") if "_name=" not in part}
             == {f'{key}="{value}"' for key, value in {"project": project, **labels}.items()}), None)

    return read


def test_by_cluster(metrics):
    value = metrics()
    assert value("snapgate_vms", cluster="one", verdict="Protected") == 1
    assert value("snapgate_vms", cluster="one", verdict="Late") == 1
    assert value("snapgate_vms", cluster="one", verdict="Never") == 1
    assert value("snapgate_vms", cluster="two", verdict="Never") == 1
    assert value("snapgate_snapshots", cluster="one", state="Succeeded") == 2
    assert value("snapgate_snapshots", cluster="one", state="InProgress") == 1
    assert value("snapgate_snapshots_stuck", cluster="one") == 1
    assert value("snapgate_snapshots_stuck", cluster="two") == 0
    assert 50 * 3600 <= value("snapgate_oldest_protection_seconds") < 51 * 3600


def test_by_project_alone_and_with_another_age(metrics):
    value = metrics("--metrics-clusters", "1", "--protection-max-age", "40h")
    assert value("snapgate_vms", cluster="one", verdict="Protected") is None
    assert value("snapgate_vms", verdict="Protected") == 2
    assert value("snapgate_vms", verdict="Late") == 1
    assert value("snapgate_vms", verdict="Never") == 2
    assert value("snapgate_snapshots", state="Succeeded") == 3
    assert value("snapgate_snapshots_stuck") == 1
