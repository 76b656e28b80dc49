"""The list of VM snapshots: every row of the list's rules, on one page or a few."""

import base64
import json
import re

import pytest

from harness import LIST_ROUTE, in_order, name_of, snapshot, snapshots

NAMESPACES = ["payments", "web", "a-team", "z9"]


@pytest.fixture
def loaded(admin, uid):
    """A cluster of 120 snapshots in four namespaces and of six VMs."""
    objects = snapshots(120, NAMESPACES, [f"vm-{i}" for i in range(6)])
    admin.load(uid, objects)
    return uid, objects


def expected(objects, namespaces=None, vms=None):
    return in_order(item for item in objects
                    if (not namespaces or item["metadata"]["namespace"] in namespaces)
                    and (not vms or item["spec"]["source"]["name"] in vms))


def test_first_page_has_the_shape_of_the_page_of_documentation(admin, loaded):
    uid, objects = loaded
    reply = admin.list(uid)
    assert reply.status == 200
    page = reply.json()
    assert page["apiVersion"] == "snapshot.kubevirt.io/v1beta1"
    assert page["kind"] == "VirtualMachineSnapshotList"
    assert len(page["items"]) == 50
    assert page["metadata"]["remainingItemCount"] == 70
    assert page["metadata"]["continue"]
    assert re.fullmatch(r"[1-9]\d*", page["metadata"]["resourceVersion"])
    for item in page["items"]:
        assert item["apiVersion"] == "snapshot.kubevirt.io/v1beta1"
        assert item["kind"] == "VirtualMachineSnapshot"
        assert re.fullmatch(r"[1-9]\d*", item["metadata"]["resourceVersion"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", item["metadata"]["creationTimestamp"])
        assert item["metadata"]["generation"] == 1
        assert re.fullmatch(r"[0-9a-f-]{36}", item["metadata"]["uid"])


def test_pages_are_in_order_of_namespace_then_name_by_bytes(admin, uid):
    objects = [snapshot(namespace, name) for namespace in ["b", "a-b", "a", "a1"]
               for name in ["x.y", "x-y", "x", "x1", "x0.z"]]
    admin.load(uid, objects)
    names = admin.names(uid, limit=3)
    assert names == sorted(names)
    assert names == in_order(objects)
    assert admin.names(uid) == names


def test_an_empty_cluster_lists_no_items_and_never_null(admin, uid):
    reply = admin.list(uid)
    assert reply.status == 200
    assert reply.json()["items"] == []
    assert '"items":[]' in reply.text().replace(" ", "")
    assert "continue" not in reply.json()["metadata"]
    assert "remainingItemCount" not in reply.json()["metadata"]


@pytest.mark.parametrize("query, count", [
    ("", 50),
    ("limit=1", 1),
    ("limit=17", 17),
    ("limit=50", 50),
    ("limit=51", 50),
    ("limit=100000", 50),
    ("limit=99999999999999999999999999", 50),
    ("limit=0", 50),
    ("limit=", 50),
])
def test_limit(admin, loaded, query, count):
    uid, _ = loaded
    reply = admin.get(LIST_ROUTE.format(uid=uid) + "?" + query)
    assert reply.status == 200, reply
    page = reply.json()
    assert len(page["items"]) == count
    assert page["metadata"]["remainingItemCount"] == 120 - count


# How the values may be written is src/query/list_request_test.cpp's: here is that they arrive.
@pytest.mark.parametrize("query, namespaces, vms", [
    ("namespace=payments", ["payments"], None),
    ("namespace=web,a-team&namespace=+payments%2Cweb", ["payments", "web", "a-team"], None),
    ("vmName=vm-1", None, ["vm-1"]),
    ("vmName=vm-4,%20vm-1&vmName=vm-1", None, ["vm-1", "vm-4"]),
    ("vmName=vm-1,vm-2&namespace=web,payments", ["web", "payments"], ["vm-1", "vm-2"]),
    ("vmName=vm-1&namespace=not-there", ["not-there"], ["vm-1"]),
    ("namespace=not-there,web", ["web"], None),
    ("vmName=vm", None, ["vm"]),
    ("namespace=we", ["we"], None),
    ("vmName=&namespace=&unknown=1", None, None),
])
def test_filters(admin, loaded, query, namespaces, vms):
    uid, objects = loaded
    wanted = expected(objects, namespaces, vms)
    first = admin.get(f"{LIST_ROUTE.format(uid=uid)}?limit=7&{query}")
    assert first.status == 200, first
    page = first.json()
    found = [name_of(item) for item in page["items"]]
    while page["metadata"].get("continue"):
        assert len(page["items"]) == 7
        following = admin.get(f"{LIST_ROUTE.format(uid=uid)}?limit=7&{query}&continue={page['metadata']['continue']}")
        assert following.status == 200, following
        page = following.json()
        found += [name_of(item) for item in page["items"]]
    assert found == wanted


def test_a_thousand_values_are_taken(admin, loaded):
    uid, objects = loaded
    values = ["web"] + [f"ns-{i}" for i in range(999)]
    reply = admin.list(uid, namespace=",".join(values), limit=50)
    assert reply.status == 200, reply
    assert [name_of(item) for item in reply.json()["items"]] == expected(objects, ["web"])
    reply = admin.list(uid, vmName=["vm-1"] + [f"v{i}" for i in range(999)])
    assert reply.status == 200, reply
    assert [name_of(item) for item in reply.json()["items"]] == expected(objects, None, ["vm-1"])


@pytest.mark.parametrize("parameter", ["namespace", "vmName"])
def test_more_than_a_thousand_values_are_refused(admin, uid, parameter):
    reply = admin.list(uid, **{parameter: ",".join(f"n{i}" for i in range(1001))})
    assert reply.status == 400
    assert reply.json()["code"] == "InvalidParameter"
    assert reply.json()["details"]["parameter"] == parameter


@pytest.mark.parametrize("query, parameter, shown", [
    ("limit=-1", "limit", "-1"),
    ("limit=ten", "limit", "ten"),
    ("limit=1.5", "limit", "1.5"),
    ("limit=0x10", "limit", "0x10"),
    ("limit=5&limit=5", "limit", ""),
    ("limit=&limit=", "limit", ""),
    ("continue=a&continue=a", "continue", ""),
    ("continue=garbage", "continue", ""),
    ("namespace=Web", "namespace", "Web"),
    ("namespace=web,-bad", "namespace", "-bad"),
    ("namespace=a.b", "namespace", "a.b"),
    ("namespace=a_b", "namespace", "a_b"),
    ("namespace=" + "a" * 64, "namespace", "a" * 20),
    ("namespace=a%20b", "namespace", "a b"),
    ("namespace=%C3%A4", "namespace", ""),
    ("namespace=web%zz", "namespace", ""),
    ("vmName=VM", "vmName", "VM"),
    ("vmName=vm-1,vm..2", "vmName", "vm..2"),
    ("vmName=" + "a" * 254, "vmName", "a" * 20),
    ("vmName=a/b", "vmName", "a/b"),
    ("vmName=a%00b", "vmName", ""),
    ("vmName=%", "vmName", ""),
])
def test_wrong_values_are_named(admin, loaded, query, parameter, shown):
    uid, _ = loaded
    reply = admin.get(f"{LIST_ROUTE.format(uid=uid)}?{query}")
    assert reply.status == 400, reply
    error = reply.json()
    assert error["code"] == "InvalidParameter"
    assert error["details"]["parameter"] == parameter
    assert parameter in error["message"]
    assert shown in error["message"]
    assert error["ref"] == reply.header("X-Request-Id")


def test_remaining_item_count_is_left_out_with_a_vm_and_on_the_last_page(admin, loaded):
    uid, objects = loaded
    page = admin.list(uid, vmName="vm-1", limit=5).json()
    assert page["metadata"]["continue"]
    assert "remainingItemCount" not in page["metadata"]
    counts = [page["metadata"].get("remainingItemCount") for page in admin.pages(uid, limit=50)]
    assert counts == [70, 20, None]
    total = len(expected(objects, ["web", "payments"]))
    counts = [page["metadata"].get("remainingItemCount")
              for page in admin.pages(uid, limit=25, namespace="payments,web")]
    assert counts == [total - 25, total - 50, None] if total > 50 else [total - 25, None]


def test_headers(admin, loaded):
    uid, _ = loaded
    reply = admin.list(uid, headers={"X-Request-Id": "team-7.list_1"})
    assert reply.header("Content-Type") == "application/json"
    assert int(reply.header("Content-Length")) == len(reply.body)
    assert re.fullmatch(r'(W/)?"[^"]+"', reply.header("ETag"))
    assert reply.header("X-Request-Id") == "team-7.list_1"
    assert reply.header("Cache-Control") == "private, no-cache"
    assert reply.header("Transfer-Encoding") is None


@pytest.mark.parametrize("sent", ["", "a b\tc", "x" * 1000, "<script>", "\xe4"])
def test_a_request_id_that_is_not_sane_is_replaced(admin, uid, sent):
    reply = admin.list(uid, headers={"X-Request-Id": sent.encode("latin-1")})
    assert reply.status == 200
    assert reply.header("X-Request-Id") not in (None, "", sent)


def test_etag_and_304(admin, loaded):
    uid, _ = loaded
    first = admin.list(uid, limit=10)
    etag = first.header("ETag")
    for value in (etag, "*", f'"other", {etag}', etag.removeprefix("W/")):
        reply = admin.list(uid, limit=10, headers={"If-None-Match": value})
        assert reply.status == 304, (value, reply)
        assert reply.body == b""
        assert reply.header("ETag") == etag
    assert admin.list(uid, limit=10, headers={"If-None-Match": '"other"'}).status == 200
    assert admin.list(uid, limit=11, headers={"If-None-Match": etag}).status == 200
    assert admin.list(uid, limit=10, namespace="web", headers={"If-None-Match": etag}).status == 200
    admin.load(uid, [snapshot("web", "new-one")])
    changed = admin.list(uid, limit=10, headers={"If-None-Match": etag})
    assert changed.status == 200
    assert changed.header("ETag") != etag


def test_an_import_into_another_cluster_changes_nothing_here(admin, loaded):
    uid, _ = loaded
    before = admin.list(uid)
    other = admin.create_cluster(uid + "-other")["uid"]
    admin.load(other, snapshots(30))
    after = admin.list(uid)
    assert after.header("ETag") == before.header("ETag")
    assert after.json()["metadata"]["resourceVersion"] == before.json()["metadata"]["resourceVersion"]
    assert admin.list(uid, headers={"If-None-Match": before.header("ETag")}).status == 304


def test_nulls_are_left_out_fields_v1_is_raw_and_unknown_fields_pass(admin, uid):
    fields = {"f:status": {"f:phase": {}}, "f:metadata": {"f:labels": {"f:a": {}, ".": {}}}}
    item = snapshot("web", "rich", labels={"a": "b"}, annotations={"n": "ä\"\\\u2028"}, uid="11111111-2222-3333-4444-555555555555",
                    creationTimestamp="2026-11-01T10:00:00Z", resourceVersion="123456",
                    managedFields=[{"apiVersion": "snapshot.kubevirt.io/v1beta1", "fieldsType": "FieldsV1",
                                    "fieldsV1": fields, "manager": "virt-controller", "operation": "Update",
                                    "time": "2026-11-01T10:00:00Z"}],
                    deletionTimestamp=None)
    item["status"]["conditions"] = [{"type": "Ready", "status": "True", "lastProbeTime": None,
                                     "lastTransitionTime": "2026-11-01T10:00:09Z", "reason": "Ready"}]
    item["status"]["newerField"] = {"deep": [1, 2.5, "x", False]}
    item["status"]["error"] = None
    admin.load(uid, [item])
    reply = admin.list(uid)
    stored = reply.json()["items"][0]
    assert "null" not in reply.text()
    assert stored["status"]["newerField"] == {"deep": [1, 2.5, "x", False]}
    assert "lastProbeTime" not in stored["status"]["conditions"][0]
    assert "error" not in stored["status"]
    raw = stored["metadata"]["managedFields"][0]["fieldsV1"]
    assert set(raw) == {"Raw"} and len(raw["Raw"]) == 1
    assert json.loads(base64.b64decode(raw["Raw"][0], validate=True)) == fields
    assert stored["metadata"]["uid"] == "11111111-2222-3333-4444-555555555555"
    assert stored["metadata"]["creationTimestamp"] == "2026-11-01T10:00:00Z"
    assert stored["metadata"]["labels"] == {"a": "b"}
    assert stored["metadata"]["annotations"] == {"n": "ä\"\\\u2028"}
    assert stored["metadata"]["resourceVersion"] != "123456"


def test_a_hosted_clusters_resource_version_is_the_revision_and_grows(admin, uid):
    versions = []
    for name in ("a", "b", "c"):
        admin.load(uid, [snapshot("web", name)])
        versions.append(int(admin.list(uid).json()["metadata"]["resourceVersion"]))
    assert versions == sorted(set(versions))
    items = admin.items(uid)
    assert max(int(item["metadata"]["resourceVersion"]) for item in items) <= versions[-1]
    assert len({item["metadata"]["resourceVersion"] for item in items}) == 3


@pytest.mark.parametrize("wrong", ["no-such-cluster", "bad_uid", "x" * 64, "%20", "a%2Fb", "%ff", "..", "DEMO%00"])
def test_a_cluster_that_is_not_there_or_malformed_is_the_same_404(admin, wrong):
    reply = admin.get(f"/v1/spectroclusters/{wrong}/vms/snapshot")
    assert reply.status == 404, reply
    assert reply.json()["code"] == "ResourceNotFound"


def test_uids_are_exact_and_names_are_no_uids(admin, uid):
    made = admin.create_cluster(uid + "-uid", name=f"the name of {uid}")
    assert admin.list(made["uid"]).status == 200
    assert admin.list(uid.upper()).status == 404
