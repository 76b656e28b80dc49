"""The kinds of objects that are followed beside the snapshots: none holds up another, and of a VM's template,
of a restore's patches and of a content's copy of the VM nothing is kept."""

import re

import pytest

from breakage import status
from harness import wait_for
from mirror import TIMES as USUAL
from objects import CONTENTS, RESTORES, VMS
from planted import SECRET, content, restore, search_everywhere, vm

TIMES = USUAL.replace("other-kinds=0ms", "check=300ms,probe-others=500ms,absent=150ms")
NAMES = {kind.plural: kind for kind in (VMS, RESTORES, CONTENTS)}
OF = dict(zip(NAMES, (vm, restore, content)))  # what makes an object of each


@pytest.fixture
def kinds(upstream):
    """The scripted cluster serves all kinds: {plural: the kind's own script}."""
    served = {of.plural: upstream.serve_beside(of) for of in NAMES.values()}
    for number in range(7):
        served["virtualmachines"].objects.put(vm(f"vm-{number}"))
    served["virtualmachinerestores"].objects.put(restore("r-1"))
    for number in range(3):
        served["virtualmachinesnapshotcontents"].objects.put(content(f"content-{number}"))
    return served


def kinds_of(mirror):
    return {kind["name"]: kind for kind in mirror.status()["kinds"]}


def until_kind(mirror, plural, state, objects=None):
    def there():
        kind = kinds_of(mirror)[plural]
        return kind["state"] == state and objects in (None, kind["objects"])

    wait_for(there, lambda: f"{plural} to be {state} ({objects}), and not {kinds_of(mirror)[plural]}")
    return kinds_of(mirror)[plural]


def until_all(mirror, kinds):
    mirror.until_equal()
    for plural, kind in kinds.items():
        until_kind(mirror, plural, "Ready", len(kind.objects.items()))


def test_all_kinds_are_followed(connect, kinds):
    mirror = connect()
    until_all(mirror, kinds)
    kinds["virtualmachines"].objects.put(vm("vm-0", printableStatus="Stopped"))
    kinds["virtualmachines"].objects.put(vm("vm-new"))
    kinds["virtualmachinerestores"].objects.delete("alpha", "r-1")
    until_all(mirror, kinds)
    assert all(kind["events"] > 0 for name, kind in kinds_of(mirror).items() if name != "virtualmachinesnapshotcontents")


def test_a_self_check_agrees_although_only_parts_are_kept(connect, kinds):
    mirror = connect()
    until_all(mirror, kinds)
    for plural in kinds:
        wait_for(lambda plural=plural: kinds_of(mirror)[plural]["checks"] > 1, f"checks of {plural}")
        kind = until_kind(mirror, plural, "Ready")
        assert (kind["differences"], kind["checkOutcome"], kind["syncs"]) == (0, "equal", 1), kind


def test_a_self_check_finds_what_a_watch_did_not_tell(connect, kinds):
    mirror = connect()
    until_all(mirror, kinds)
    vms = kinds["virtualmachines"].objects
    with vms.changed:
        vms.put(vm("vm-lost"))
        vms.lose_last_event()
    until_kind(mirror, "virtualmachines", "Ready", len(vms.items()))


@pytest.mark.parametrize("plural", NAMES)
def test_a_right_that_is_taken_away_stops_one_kind(upstream, connect, kinds, plural):
    kinds[plural].denied = True
    mirror = connect()
    mirror.until_equal()
    forbidden = until_kind(mirror, plural, "Forbidden", 0)
    assert forbidden["reason"] and "forbidden" in forbidden["message"], forbidden
    others = {name: kind for name, kind in kinds.items() if name != plural}
    until_all(mirror, others)
    points = {point["name"]: point for point in mirror.admin.post(f"/admin/v1/clusters/{mirror.uid}/check").json()["points"]}
    assert points[plural]["outcome"] == "Warning" and "print rbac" in points[plural]["advice"], points
    assert all(points[name]["outcome"] == "Good" for name in others), points

    # It is tried again all the time, so that for moments it says so.
    def in_sources():
        sources = mirror.admin.get(f"/v1/spectroclusters/{mirror.uid}/vms/sources").json()["items"][0]
        return {kind["name"]: kind["state"] for kind in sources["kinds"]}

    wait_for(lambda: in_sources() == {**dict.fromkeys(others, "Ready"), plural: "Forbidden"}, in_sources)
    wait_for(lambda: re.search(rf"^ +{plural} +0 +Forbidden +Forbidden +the cluster answered 403",
                               mirror.server.cli("describe", "cluster", mirror.uid).stdout, re.M), "its description")
    wide = mirror.server.cli("get", "clusters", "-o", "wide", env={"COLUMNS": "400"}).stdout.splitlines()
    shown = next(line for line in wide if line.startswith(mirror.uid + " "))
    assert shown.split()[-1].split(",") == list(others), shown

    kinds[plural].denied = False
    until_all(mirror, kinds)

    # It is taken away again: what is known stays.
    kinds[plural].denied = True
    upstream.drop_connections()
    known = len(kinds[plural].objects.items())
    until_kind(mirror, plural, "Forbidden", known)
    kinds[plural].objects.put(OF[plural]("another"))
    first = next(iter(kinds[plural].objects.items()))
    kinds[plural].objects.delete(*first)
    kinds[plural].objects.put(OF[plural]("a-third"))
    upstream.objects.create("alpha", "beside-it")
    until_all(mirror, others)
    assert kinds_of(mirror)[plural]["objects"] == known

    # And given back: what happened meanwhile is taken in.
    kinds[plural].denied = False
    until_all(mirror, kinds)
    kinds[plural].objects.put(OF[plural]("watched"))
    until_all(mirror, kinds)


def test_a_cluster_without_the_other_kinds_is_followed_as_ever(connect, upstream):
    mirror = connect()
    mirror.until_equal()
    for plural in NAMES:
        assert until_kind(mirror, plural, "NotInstalled", 0)["reason"]
    points = {point["name"]: point["outcome"] for point in mirror.admin.post(f"/admin/v1/clusters/{mirror.uid}/check").json()["points"]}
    assert [points[plural] for plural in NAMES] == ["Skipped"] * 3
    vms = upstream.serve_beside(VMS)
    vms.objects.put(vm("vm-1"))
    until_kind(mirror, "virtualmachines", "Ready", 1)


def test_a_fault_of_one_kind_holds_up_no_other(connect, kinds):
    kinds["virtualmachines"].break_next(status(500, "InternalError", "boom"), when=("list", "watch", "watchlist"), times=None)
    mirror = connect()
    until_all(mirror, {name: kind for name, kind in kinds.items() if name != "virtualmachines"})
    assert kinds_of(mirror)["virtualmachines"]["state"] != "Ready"
    kinds["virtualmachines"].heal()
    until_all(mirror, kinds)


def test_a_kind_above_the_quota_stops_alone_and_all_count(start_own, connect, kinds):
    mirror = connect(on=start_own(TIMES))
    until_all(mirror, kinds)
    project = mirror.status()["projectUid"]

    def allow(objects):
        reply = mirror.admin.request("PUT", f"/admin/v1/projects/{project}/quota", {"objects": objects})
        assert reply.status == 200, reply

    used = mirror.admin.get(f"/admin/v1/projects/{project}").json()["used"]["objects"]
    assert used == 12 + sum(len(kind.objects.items()) for kind in kinds.values())
    allow(used)
    kinds["virtualmachines"].objects.put(vm("one-too-many"))
    above = until_kind(mirror, "virtualmachines", "Failing")
    assert above["reason"] == "QuotaExceeded" and f"{used} are allowed" in above["message"], above
    # The others go on, as long as they take no more room.
    kinds["virtualmachinesnapshotcontents"].objects.put(content("content-0", size="20Gi", readyToUse=False))
    until_all(mirror, {name: kind for name, kind in kinds.items() if name != "virtualmachines"})
    allow(used + 1)
    until_all(mirror, kinds)


def test_snapshots_that_fail_do_not_hold_up_the_others(upstream, connect, kinds):
    upstream.denied = True
    mirror = connect()
    mirror.until_state("Forbidden")
    for plural, kind in kinds.items():
        until_kind(mirror, plural, "Ready", len(kind.objects.items()))


def test_a_directory_with_snapshots_alone_goes_on_with_all_kinds(start_own, upstream, connect, kinds):
    """As after an upgrade from a version that followed nothing else: the other kinds come, and the snapshots' mirror goes on from
    its version."""
    server = start_own(USUAL)
    mirror = connect(on=server)
    mirror.until_equal()
    version = mirror.list(limit=1)["metadata"]["resourceVersion"]
    report = "/v1/spectroclusters/-/vms/protection"
    assert not [request for request in upstream.requests if request.path.endswith(tuple(NAMES))]
    assert '"knownFrom":"snapshots"' in mirror.admin.get(report, format="ndjson").text()
    server.stop()
    server.env = {"SNAPGATE_TEST_TIMES": TIMES}
    upstream.objects.create("alpha", "after-the-upgrade")
    asked = upstream.mark()
    server.start()
    mirror.reconnect()
    until_all(mirror, kinds)
    of_snapshots = [request for request in upstream.asked("list", "watch", since=asked) if request.path.endswith("/virtualmachinesnapshots")]
    assert (of_snapshots[0].kind, of_snapshots[0].version) == ("watch", version), "they are listed anew"
    rows = mirror.admin.get(report, format="ndjson", ignored="true").text()
    assert rows.count('"knownFrom":"vm"') == len(kinds["virtualmachines"].objects.items())


def test_nothing_of_a_template_is_kept(folder, start_own, connect, kinds):
    server = start_own(TIMES)
    mirror = connect(on=server)
    until_all(mirror, kinds)
    kinds["virtualmachines"].objects.put(vm("vm-0", printableStatus="Stopped"))
    kinds["virtualmachines"].objects.put({**vm("vm-odd"), "metadata": {"name": "Not A Name", "namespace": "alpha", "x": SECRET}})
    wait_for(lambda: kinds_of(mirror)["virtualmachines"]["skipped"] == 1, "the odd one to be passed over")
    search_everywhere(server, mirror.uid, folder / "kinds.backup", ["vm-6", "r-1", "snap-00000"])
