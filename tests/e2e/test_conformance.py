"""The answers of every Palette operation that is served, against the published Swagger description."""

import copy
import json

import pytest

from harness import LIST_ROUTE, SAMPLE, snapshot, snapshots

import swagger

# By tests here and, those of one snapshot, in test_palette_snapshots.py.
HELD = {"v1ClusterVMSnapshotsList", "V1DashboardVMEnabledClustersList", "v1ProjectsMetadata",
        "v1VMSnapshotCreate", "v1VMSnapshotGet", "v1VMSnapshotUpdate", "v1VMSnapshotDelete"}
SAMPLED = json.loads(SAMPLE.read_text(encoding="utf-8"))["items"]


@pytest.fixture(scope="module")
def sampled(server):
    """A cluster that holds the sample dump: objects in every state, made by a real KubeVirt."""
    admin = server.client()
    uid = admin.create_cluster("sampled")["uid"]
    admin.load(uid, SAMPLED)
    return uid


def check(reply, operation_id):
    assert reply.status == 200, reply
    assert swagger.problems(swagger.schema_of(operation_id), reply.json()) == []


@pytest.mark.parametrize("query", [{}, {"limit": 7}, {"vmName": SAMPLED[0]["spec"]["source"]["name"]},
                                   {"namespace": "no-such"}, {"namespace": SAMPLED[0]["metadata"]["namespace"], "limit": 3}])
def test_every_page_of_the_list(admin, sampled, query):
    count = 0
    for page in admin.pages(sampled, **query):
        assert swagger.problems(swagger.schema_of("v1ClusterVMSnapshotsList"), page) == []
        count += len(page["items"])
    assert count == len(SAMPLED) or query


def test_the_whole_sample_is_listed(admin, sampled):
    assert len(admin.items(sampled)) == len(SAMPLED)


def test_nulls_of_every_kind_are_left_out(admin, uid):
    item = snapshot("web", "nulls", labels=None, annotations=None, finalizers=None, ownerReferences=None,
                    managedFields=None, deletionTimestamp=None, deletionGracePeriodSeconds=None)
    item["spec"]["failureDeadline"] = None
    item["status"].update(error=None, conditions=[{"type": "Ready", "status": "True", "lastProbeTime": None}],
                          creationTime=None, indications=None)
    without_status = snapshot("web", "no-status")
    without_status["status"] = None
    admin.load(uid, [item, without_status])
    check(admin.list(uid), "v1ClusterVMSnapshotsList")


def test_the_dashboard(admin, sampled):
    check(admin.get("/v1/dashboard/spectroclusters/vms"), "V1DashboardVMEnabledClustersList")
    check(admin.get("/v1/dashboard/projects/metadata"), "v1ProjectsMetadata")
    check(admin.get("/v1/dashboard/projects/metadata", name="no such"), "v1ProjectsMetadata")


@pytest.mark.parametrize("target, status", [
    (LIST_ROUTE.format(uid="none"), 404), (LIST_ROUTE.format(uid="sampled") + "?limit=x", 400),
    (LIST_ROUTE.format(uid="sampled") + "?continue=x", 400), ("/v1/nothing", 404)])
def test_errors(server, sampled, target, status):
    error = swagger.definition("v1Error")
    reply = server.client().get(target)
    assert reply.status == status
    assert swagger.problems(error, reply.json()) == []
    anonymous = server.anonymous().get(LIST_ROUTE.format(uid="sampled"))
    assert anonymous.status == 401
    assert swagger.problems(error, anonymous.json()) == []


def test_every_published_operation_is_served(admin, sampled):
    assert {operation_id for _, _, operation_id, _ in swagger.operations()} == HELD
    for method, path, _, _ in swagger.operations():
        target = path.format(uid=sampled, vmName="vm", snapshotName="s")
        reply = admin.request(method, target + "?namespace=web")
        assert reply.status != 405 and "there is no route" not in reply.text(), (method, path)
    assert "there is no route" in admin.get("/v1/nothing").text()


def test_a_page_of_the_list_loads_into_another_cluster(admin, sampled, uid):
    """What the Palette side sends out can be taken in again, and is the same."""
    for page in admin.pages(sampled):
        reply = admin.post(f"/admin/v1/clusters/{uid}/import", json.dumps(page), {"Content-Type": "application/json"})
        assert reply.status == 200 and reply.json()["refused"] == [], reply

    def without_version(items):
        items = copy.deepcopy(items)
        for item in items:
            del item["metadata"]["resourceVersion"]
        return items

    assert without_version(admin.items(uid)) == without_version(admin.items(sampled))


def test_the_validator_finds_what_is_wrong(admin, uid):
    admin.load(uid, snapshots(2))
    page = admin.list(uid).json()
    schema = swagger.schema_of("v1ClusterVMSnapshotsList")
    assert swagger.problems(schema, page) == []

    def broken(change):
        wrong = copy.deepcopy(page)
        change(wrong)
        return swagger.problems(schema, wrong)

    assert broken(lambda p: p.update(items=None))
    assert broken(lambda p: p.pop("metadata"))
    assert broken(lambda p: p["metadata"].update(remainingItemCount="3"))
    assert broken(lambda p: p["items"][0].pop("spec"))
    assert broken(lambda p: p["items"][0].update(status=None))
    assert broken(lambda p: p["items"][0]["metadata"].update(labels={"a": 1}))
    assert broken(lambda p: p["items"][0]["metadata"].update(deletionTimestamp="yesterday"))
    assert broken(lambda p: p["items"][0]["metadata"].update(managedFields=[{"fieldsV1": {"Raw": ["?"]}}]))
