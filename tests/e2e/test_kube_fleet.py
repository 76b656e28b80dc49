"""All clusters as one Kubernetes API server, /clusters/-: what kubectl and other clients list there, and what is refused."""

import copy
import json
import re

import kubernetes
import pytest
import yaml
from kubernetes import dynamic

from connected import UID, Pair, connect, wait_for_state
from harness import Server, snapshot, wait_for
from kube import GROUP, TABLE, KubeClient, Kubectl, debian_kubectl, new_snapshot, python_client, snapshots_path
from kubectls import NEWER, PROGRAMS
from planted import as_dumped, restore

SERVER_ARGUMENTS = ("--tls-self-signed",)
SECRET = "blue-secret"
RESTORES = f"{GROUP}/virtualmachinerestores"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
NAME, CLUSTER_UID = "snapgate.io/cluster", "snapgate.io/cluster-uid"
COLUMNS = ["NAMESPACE", "CLUSTER", "NAME", "SOURCEKIND", "SOURCENAME", "PHASE", "READYTOUSE", "CREATIONTIME", "ERROR"]
# cluster, namespace and name of all snapshots, in the order of a list.
EVERYTHING = [("blue", SECRET, "b-0"), ("edge", "web", "nightly"), ("red east", "shop", "nightly"), ("red east", "web", "nightly"),
              ("red west", "web", "nightly"), ("red west", "web", "weekly")]
RED = [row for row in EVERYTHING if row[0].startswith("red")]


@pytest.fixture(scope="module")
def fleet(server, tmp_path_factory):
    """A fleet of three hosted clusters in two projects and a connected one; the key of the red project. Read only."""
    upstream = Server(tmp_path_factory.mktemp("upstream") / "data", *SERVER_ARGUMENTS).start()
    upstream.client().create_cluster("theirs")
    upstream.client().load("theirs", [snapshot("web", "nightly")])
    admin = server.client()
    projects = {name: admin.create_project(name)["uid"] for name in ("red", SECRET)}
    admin.create_cluster("red-1", name="red east", projectUid=projects["red"])
    admin.create_cluster("red-2", name="red west", projectUid=projects["red"])
    admin.create_cluster("blue-1", name="blue", projectUid=projects[SECRET])
    admin.load("red-1", [snapshot("web", "nightly", labels={"tier": "gold"}), snapshot("shop", "nightly"),
                         as_dumped(restore("done", "web", restoreTime="2026-11-04T14:20:00Z"), 1)])
    admin.load("red-2", [snapshot("web", "nightly"), snapshot("web", "weekly", labels={"tier": "gold"})])
    admin.load("blue-1", [snapshot(SECRET, "b-0", SECRET)])
    connect(server, "edge", upstream, "theirs")
    wait_for_state(server, "edge", "Ready")
    wait_for(lambda: len(KubeClient(server, "-").list().json()["items"]) == len(EVERYTHING), "the connected cluster's snapshot")
    yield {"red": admin.create_key("red", role="editor", projectUid=projects["red"])["key"], "upstream": upstream}
    upstream.stop()


@pytest.fixture
def everywhere(server, fleet):
    return KubeClient(server, "-")


@pytest.fixture
def red(server, fleet):
    return KubeClient(server, "-", fleet["red"])


@pytest.fixture(params=PROGRAMS)
def kubectl(request, server, fleet, tmp_path):
    return Kubectl(request.param, fleet_kubeconfig(server, tmp_path / "config"), tmp_path)


def fleet_kubeconfig(server, path, key=None):
    printed = server.cli("kubeconfig", "--all-clusters", tls=True)
    assert printed.returncode == 0, printed.stderr
    path.touch(mode=0o600)
    path.write_text(printed.stdout.replace(server.admin_key, key or server.admin_key))
    return path


def place_of(item):
    metadata = item["metadata"]
    return metadata["annotations"][NAME], metadata["namespace"], metadata["name"]


def places(reply):
    assert reply.status == 200, reply
    return [place_of(item) for item in reply.json()["items"]]


def pages(kube, path=snapshots_path(), **query):
    """Follows the tokens; the versions of the pages, and all places."""
    versions, found, remaining = set(), [], []
    while True:
        reply = kube.get(path, **query)
        found += places(reply)
        metadata = reply.json()["metadata"]
        versions.add(metadata["resourceVersion"])
        remaining.append(metadata.get("remainingItemCount"))
        if not metadata.get("continue"):
            return versions, found, remaining
        query["continue"] = metadata["continue"]


def test_items_are_those_of_the_clusters(server, everywhere):
    items = everywhere.list().json()["items"]
    assert [place_of(item) for item in items] == EVERYTHING
    for item in items:
        alone = KubeClient(server, item["metadata"]["annotations"][CLUSTER_UID]).read(item["metadata"]["namespace"], item["metadata"]["name"])
        plain = copy.deepcopy(item)
        for annotation in (NAME, CLUSTER_UID):
            del plain["metadata"]["annotations"][annotation]
        if not plain["metadata"]["annotations"]:
            del plain["metadata"]["annotations"]
        assert plain == alone.json()
    old = everywhere.get(snapshots_path().replace("v1beta1", "v1alpha1")).json()
    assert {item["apiVersion"] for item in old["items"]} == {old["apiVersion"]} == {"snapshot.kubevirt.io/v1alpha1"}


def test_selectors_and_namespaces(everywhere):
    def selected(namespace=None, **query):
        return places(everywhere.list(namespace, **query))

    assert selected("web") == [row for row in EVERYTHING if row[1] == "web"]
    assert selected(labelSelector="tier=gold") == [("red east", "web", "nightly"), ("red west", "web", "weekly")]
    assert selected(fieldSelector="metadata.name=nightly") == [row for row in EVERYTHING if row[2] == "nightly"]
    assert selected(fieldSelector="metadata.namespace=shop") == [("red east", "shop", "nightly")]
    assert selected("shop", fieldSelector="metadata.namespace=web") == []
    assert places(everywhere.get(RESTORES)) == [("red east", "web", "done")]
    for wrong in ({"labelSelector": "=("}, {"fieldSelector": "spec.x=1"}, {"limit": "x"}, {"resourceVersion": "x"}):
        reply = everywhere.list(**wrong)
        assert (reply.status, reply.json()["kind"]) == (400, "Status")


def test_every_form(everywhere):
    as_json = everywhere.list().json()
    assert (as_json["kind"], as_json["apiVersion"]) == ("VirtualMachineSnapshotList", "snapshot.kubevirt.io/v1beta1")
    as_yaml = everywhere.get(snapshots_path(), headers={"Accept": "application/yaml"})
    assert as_yaml.header("Content-Type") == "application/yaml" and yaml.safe_load(as_yaml.text()) == as_json
    table = everywhere.get(snapshots_path(), headers={"Accept": TABLE}).json()
    assert [column["name"].upper() for column in table["columnDefinitions"]] == COLUMNS[1:]
    assert table["columnDefinitions"][0] == {"name": "Cluster", "type": "string", "format": "", "priority": 0,
                                             "description": "The name of the cluster that the object is in"}
    assert [(row["cells"][0], row["object"]["metadata"]["namespace"], row["cells"][1]) for row in table["rows"]] == EVERYTHING
    assert [place_of(row["object"]) for row in table["rows"]] == EVERYTHING
    assert yaml.safe_load(everywhere.get(snapshots_path(), headers={"Accept": TABLE.replace("json", "yaml")}).text()) == table
    whole = everywhere.get(snapshots_path(), headers={"Accept": TABLE}, includeObject="Object").json()
    assert [row["object"] for row in whole["rows"]] == as_json["items"]
    bare = everywhere.get(snapshots_path(), headers={"Accept": TABLE}, includeObject="None").json()
    assert [row["object"] for row in bare["rows"]] == [None] * len(EVERYTHING)
    partial = everywhere.get(snapshots_path(), headers={"Accept": TABLE.replace("Table", "PartialObjectMetadataList")}).json()
    assert partial["kind"] == "PartialObjectMetadataList"
    assert [item["metadata"] for item in partial["items"]] == [item["metadata"] for item in as_json["items"]]
    head = everywhere.request("HEAD", snapshots_path())
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7, 1000000])
def test_pages(everywhere, limit):
    versions, found, remaining = pages(everywhere, limit=limit)
    assert found == EVERYTHING and len(versions) == 1
    assert remaining == [len(EVERYTHING) - seen if seen < len(EVERYTHING) else None
                         for seen in range(limit, len(EVERYTHING) + limit, limit)]
    assert pages(everywhere, limit=limit, labelSelector="tier=gold")[1] == [("red east", "web", "nightly"), ("red west", "web", "weekly")]


def test_a_copied_item_says_where_it_is(start_server, tmp_path):
    """What was applied as it was listed has the annotations of another cluster."""
    server = start_server()
    server.client().create_cluster("one", name="the first")
    server.client().create_cluster("two", name="the second")
    copied = new_snapshot("s", annotations={"a": "b", NAME: "elsewhere", CLUSTER_UID: "x", "z": "y"})
    for uid in ("one", "two"):
        KubeClient(server, uid).made("default", copied)
    everywhere = KubeClient(server, "-")
    for item, name, uid in zip(everywhere.list().json()["items"], ("the first", "the second"), ("one", "two"), strict=True):
        assert item["metadata"]["annotations"] == {"a": "b", NAME: name, CLUSTER_UID: uid, "z": "y"}
    table = everywhere.get(snapshots_path(), headers={"Accept": TABLE})
    assert [place_of(row["object"])[0] for row in table.json()["rows"]] == ["the first", "the second"]
    assert "elsewhere" not in everywhere.list().text() + table.text()


def test_a_long_list_comes_in_pieces(start_server):
    server = start_server()
    for uid in ("one", "two"):
        server.client().create_cluster(uid)
        server.client().load(uid, [snapshot("web", f"s-{i:04}", annotations={"filler": "x" * 900}) for i in range(2500)])
    everywhere = KubeClient(server, "-")
    wanted = [(uid, "web", f"s-{i:04}") for uid in ("one", "two") for i in range(2500)]
    reply = everywhere.list()
    assert len(reply.body) > 4 << 20 and reply.header("Content-Length") is None
    assert places(reply) == wanted
    assert places(everywhere.list(limit=4999)) == wanted[:-1]
    assert pages(everywhere, limit=700)[1] == wanted


def test_pages_show_one_state_until_it_expires(start_server):
    server = start_server("--history", "1s")
    admin = server.client()
    for uid in ("one", "two"):
        admin.create_cluster(uid)
        admin.load(uid, [snapshot("web", f"s-{i}") for i in range(2)])
    everywhere = KubeClient(server, "-")
    first = everywhere.list(limit=1).json()["metadata"]
    admin.load("two", [snapshot("web", "a-new-one")])

    def expired():
        return everywhere.list(limit=1, **{"continue": first["continue"]}).status == 410

    wait_for(expired, "the state to expire")
    reply = everywhere.list(limit=1, **{"continue": first["continue"]}).json()
    assert (reply["reason"], reply["code"]) == ("Expired", 410)
    again = everywhere.list(**{"continue": reply["metadata"]["continue"]})
    assert places(again) == [("one", "web", "s-1"), ("two", "web", "a-new-one"), ("two", "web", "s-0"), ("two", "web", "s-1")]


def test_clusters_that_go_drop_out_of_pages(start_server):
    server = start_server()
    admin = server.client()
    for uid in ("one", "two", "three"):
        admin.create_cluster(uid)
        admin.load(uid, [snapshot("web", "s-0"), snapshot("web", "s-1")])
    everywhere = KubeClient(server, "-")
    token = everywhere.list(limit=1).json()["metadata"]["continue"]
    assert admin.delete("/admin/v1/clusters/two", force="true").status == 204
    admin.create_cluster("zulu")
    assert places(everywhere.list(**{"continue": token})) == [("one", "web", "s-1"), ("three", "web", "s-0"), ("three", "web", "s-1")]


def test_a_projects_key_learns_nothing_of_another_project(red):
    assert places(red.list()) == RED
    assert pages(red, limit=1)[1:] == (RED, [3, 2, 1, None])
    for path in (snapshots_path(), snapshots_path(SECRET), RESTORES):
        for headers in ({}, {"Accept": TABLE}):
            reply = red.get(path, headers=headers, fieldSelector="metadata.name!=weekly")
            assert reply.status == 200 and not any(word in reply.text() for word in (SECRET, "blue", "edge"))
            assert reply.header("Warning") is None and reply.header("Age") is None
    assert places(red.list(SECRET)) == []


def test_keys(server, fleet):
    for header in ({}, {"Authorization": "Bearer sgk_none"}):
        reply = server.anonymous().get(f"/clusters/-{snapshots_path()}", headers=header)
        assert (reply.status, reply.json()["kind"]) == (401, "Status")
    # Whoever has no key learns no more of what is served.
    assert server.anonymous().post("/clusters/-/api/v1/namespaces", {}).status == 401
    assert KubeClient(server, "-").get(snapshots_path(), headers={"Impersonate-User": "x"}).status == 403
    assert KubeClient(server, "%2D").list().status == 200


@pytest.mark.parametrize(("method", "path"), [
    ("GET", snapshots_path() + "?watch=true"), ("GET", snapshots_path("web") + "?watch=1"), ("GET", snapshots_path("web", "nightly")),
    ("GET", snapshots_path("web", "nightly", status=True)), ("POST", snapshots_path("web")), ("DELETE", snapshots_path("web")),
    ("DELETE", snapshots_path("web", "nightly")), ("PUT", snapshots_path("web", "nightly")), ("PATCH", snapshots_path("web", "nightly")),
    ("PATCH", snapshots_path("web", "nightly", status=True)), ("GET", f"{GROUP}/namespaces/web/virtualmachinerestores/done"),
    ("POST", f"{GROUP}/namespaces/web/virtualmachinerestores"), ("GET", RESTORES + "?watch=true"), ("GET", "/api/v1/namespaces"),
    ("GET", "/api/v1/namespaces?watch=true"), ("GET", "/api/v1/events"), ("GET", "/api/v1/namespaces/web/events"),
    ("GET", f"{GROUP}/watch/virtualmachinesnapshots"), ("GET", "/api/v1/watch/namespaces"),
    ("PATCH", snapshots_path("web", "nightly") + "?fieldManager=x&force=true"), ("POST", "/api/v1/namespaces"), ("GET", "/api/v1/namespaces/web"),
    ("DELETE", "/api/v1/namespaces/web"), ("POST", "/version"), ("DELETE", REVIEW)])
def test_all_else_is_refused_with_the_path_of_a_cluster(everywhere, red, method, path):
    for kube in (everywhere, red):
        reply = kube.request(method, path, None if method in ("GET", "DELETE") else new_snapshot("nightly"))
        status = reply.json()
        assert (reply.status, status["kind"], status["reason"], status["code"]) == (405, "Status", "MethodNotAllowed", 405)
        assert status["message"].endswith("/clusters/{uid}" + path.split("?")[0])
    assert places(everywhere.list()) == EVERYTHING


def test_what_nobody_serves_is_not_there(everywhere):
    for path in ("/apis/apps/v1/deployments", "/nowhere", f"{GROUP}/virtualmachinesnapshotcontents", "/openapi/v3/apis/apps/v1",
                 snapshots_path().replace("v1beta1", "v9"), f"{GROUP}/namespaces/%zz/virtualmachinesnapshots"):
        assert everywhere.get(path).status == 404, path


def test_discovery(everywhere):
    for path in ("/healthz", "/livez", "/readyz"):
        assert everywhere.get(path).text() == "ok"
    assert everywhere.get("/version").json()["gitVersion"].startswith("v1.26")
    assert everywhere.get("/api").json()["versions"] == ["v1"] and everywhere.get("/api/v1").json()["resources"] == []
    assert {group["name"] for group in everywhere.get("/apis").json()["groups"]} == {
        "authentication.k8s.io", "authorization.k8s.io", "snapshot.kubevirt.io"}
    assert everywhere.get("/apis/snapshot.kubevirt.io").json()["preferredVersion"]["version"] == "v1beta1"
    for version in ("v1beta1", "v1alpha1"):
        resources = everywhere.get(f"/apis/snapshot.kubevirt.io/{version}").json()["resources"]
        assert {resource["name"]: resource["verbs"] for resource in resources} == {
            "virtualmachinesnapshots": ["list"], "virtualmachinerestores": ["list"]}
    accept = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
    groups = everywhere.get("/apis", headers=accept).json()["items"]
    assert groups[-1]["metadata"]["name"] == "snapshot.kubevirt.io"
    for version in groups[-1]["versions"]:
        assert {resource["resource"]: (resource["verbs"], resource.get("subresources")) for resource in version["resources"]} == {
            "virtualmachinesnapshots": (["list"], None), "virtualmachinerestores": (["list"], None)}
    assert everywhere.get("/api", headers=accept).json()["items"][0]["versions"][0]["resources"] == []


def test_openapi_describes_the_lists(everywhere):
    index = everywhere.get("/openapi/v3").json()["paths"]
    operations = {}
    for name, entry in index.items():
        assert entry["serverRelativeURL"].startswith(f"/clusters/-/openapi/v3/{name}?hash=")
        document = everywhere.get("/openapi/v3/" + name).json()
        assert "components" in document
        for path, described in document["paths"].items():
            operations[path] = sorted(set(described) - {"parameters"})
            parameters = described.get("parameters", []) + described.get("get", {}).get("parameters", [])
            names = {parameter["name"] for parameter in parameters}
            assert "watch" not in names and ("limit" in names) == ("get" in described)
    versions = [GROUP, GROUP.replace("v1beta1", "v1alpha1")]
    lists = [f"{group}{within}/{plural}" for group in versions for within in ("", "/namespaces/{namespace}")
             for plural in ("virtualmachinesnapshots", "virtualmachinerestores")]
    assert operations == {**{path: ["post"] for path in (REVIEW, RULES, WHOAMI)}, **{path: ["get"] for path in lists}}
    second = everywhere.get("/openapi/v2").json()
    assert set(second["paths"]) == set(operations)
    assert "io.kubevirt.snapshot.v1beta1.VirtualMachineSnapshot" in second["definitions"]


def test_what_one_may_do(everywhere, red):
    def review(kube, verb, resource, group="snapshot.kubevirt.io", **more):
        attributes = {"verb": verb, "group": group, "resource": resource, **more}
        reply = kube.request("POST", REVIEW, {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                                              "spec": {"resourceAttributes": attributes}})
        assert reply.status == 201, reply
        return reply.json()["status"]

    for kube in (everywhere, red):
        for resource in ("virtualmachinesnapshots", "virtualmachinerestores"):
            assert review(kube, "list", resource) == review(kube, "list", resource, namespace="web") == {"allowed": True}
            for verb in ("get", "watch", "create", "update", "patch", "delete", "deletecollection"):
                answer = review(kube, verb, resource)
                assert not answer["allowed"] and "/clusters/{uid}" in answer["reason"]
            assert not review(kube, "list", resource, subresource="status")["allowed"]
        assert not review(kube, "list", "namespaces", group="")["allowed"]
        assert not review(kube, "list", "pods", group="")["allowed"] and not review(kube, "list", "events", group="")["allowed"]
        rules = kube.request("POST", RULES, {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
                                             "spec": {"namespace": "web"}}).json()["status"]["resourceRules"]
        assert {(rule["resources"][0], *rule["verbs"]) for rule in rules} == {
            ("selfsubjectreviews", "create"), ("selfsubjectaccessreviews", "create"), ("selfsubjectrulesreviews", "create"),
            ("virtualmachinesnapshots", "list"), ("virtualmachinerestores", "list")}


def rows(text):
    lines = text.splitlines()
    assert lines[0].split() == COLUMNS
    starts = [word.start() for word in re.finditer(r"\S+", lines[0])]
    cells = [[line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)] for line in lines[1:]]
    return [(cluster, namespace, name) for namespace, cluster, name, *_ in cells]


def test_kubectl_shows_the_fleet(kubectl):
    assert rows(kubectl("get", "vmsnapshots", "-A")) == EVERYTHING
    assert rows(kubectl("get", "vmsnapshots", "-A", "--chunk-size=2")) == EVERYTHING
    assert rows(kubectl("get", "vmsnapshots", "-A", "-o", "wide")) == EVERYTHING
    assert rows(kubectl("get", "vmsnapshots", "-A", "-l", "tier=gold")) == [("red east", "web", "nightly"), ("red west", "web", "weekly")]
    assert [row[2] for row in rows(kubectl("get", "vmsnapshots", "-A", "--field-selector", "metadata.name=weekly"))] == ["weekly"]
    inside = kubectl("get", "vmsnapshots", "-n", "web").splitlines()
    assert inside[0].split() == COLUMNS[1:] and len(inside) == 5
    named = kubectl("get", "vmsnapshots", "-A", "-o", "name").split()
    assert named == [f"virtualmachinesnapshot.snapshot.kubevirt.io/{row[2]}" for row in EVERYTHING]
    for form, read in (("json", json.loads), ("yaml", yaml.safe_load)):
        printed = read(kubectl("get", "vmsnapshots", "-A", "-o", form))
        assert [place_of(item) for item in printed["items"]] == EVERYTHING
    columns = r"custom-columns=C:.metadata.annotations.snapgate\.io/cluster-uid,N:.metadata.name"
    assert kubectl("get", "vmsnapshots", "-n", "shop", "-o", columns, "--no-headers").split() == ["red-1", "nightly"]
    restores = kubectl("get", "vmrestores", "-A").splitlines()
    assert restores[0].split()[:3] == COLUMNS[:3] and restores[1].split()[:4] == ["web", "red", "east", "done"]


def test_kubectl_finds_out_what_there_is(kubectl):
    lines = kubectl("api-resources", "--verbs=list", "--no-headers").splitlines()
    assert sorted(line.split()[0] for line in lines) == ["virtualmachinerestores", "virtualmachinesnapshots"]
    assert "failureDeadline" in kubectl("explain", "vmsnapshots.spec")
    assert kubectl("auth", "can-i", "list", "vmsnapshots").strip() == "yes"
    assert kubectl.run("auth", "can-i", "delete", "vmsnapshots").stdout.startswith("no")
    assert "Server Version" in kubectl("version")


def test_kubectl_says_where_all_else_is(kubectl, tmp_path):
    own = "/clusters/{uid}" + snapshots_path("web", "nightly")
    assert own in kubectl.fails("get", "vmsnapshot", "nightly", "-n", "web")
    assert own in kubectl.fails("delete", "vmsnapshot", "nightly", "-n", "web")
    (tmp_path / "new.json").write_text(json.dumps(new_snapshot("new", namespace="web")))
    assert "/clusters/{uid}" + snapshots_path("web") in kubectl.fails("create", "-f", tmp_path / "new.json")
    watched = kubectl.run("get", "vmsnapshots", "-A", "-w")
    assert rows(watched.stdout) == EVERYTHING and watched.returncode != 0
    assert "MethodNotAllowed" in watched.stderr


def test_kubectl_with_a_projects_key(server, fleet, tmp_path):
    for program in (debian_kubectl(), NEWER or debian_kubectl()):
        kubectl = Kubectl(program, fleet_kubeconfig(server, tmp_path / "config", fleet["red"]), tmp_path)
        assert rows(kubectl("get", "vmsnapshots", "-A")) == RED


def test_the_python_client(server, fleet):
    with python_client(server, "-") as client:
        custom = kubernetes.client.CustomObjectsApi(client)
        whole = custom.list_cluster_custom_object("snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshots")
        assert [place_of(item) for item in whole["items"]] == EVERYTHING
        token, found = None, []
        while token != "":
            page = custom.list_cluster_custom_object("snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshots", limit=4,
                                                     **({"_continue": token} if token else {}))
            found += [place_of(item) for item in page["items"]]
            token = page["metadata"]["continue"]
        assert found == EVERYTHING
        inside = custom.list_namespaced_custom_object("snapshot.kubevirt.io", "v1beta1", "web", "virtualmachinerestores")
        assert [place_of(item) for item in inside["items"]] == [("red east", "web", "done")]
        with pytest.raises(kubernetes.client.ApiException) as refused:
            custom.get_namespaced_custom_object("snapshot.kubevirt.io", "v1beta1", "web", "virtualmachinesnapshots", "nightly")
        assert refused.value.status == 405 and "/clusters/{uid}" in json.loads(refused.value.body)["message"]


def test_the_dynamic_client(server, fleet):
    with python_client(server, "-") as client:
        resource = dynamic.DynamicClient(client).resources.get(api_version="snapshot.kubevirt.io/v1beta1", kind="VirtualMachineSnapshot")
        assert [(item.metadata.namespace, item.metadata.name) for item in resource.get().items] == [row[1:] for row in EVERYTHING]


def test_a_kubeconfig_for_all_clusters(server, cli, fleet):
    config = yaml.safe_load(server.cli("kubeconfig", "--all-clusters", "-n", "web", tls=True).stdout)
    assert config["current-context"] == "all-clusters"
    assert [context["context"]["namespace"] for context in config["contexts"]] == ["web"]
    assert [cluster["cluster"]["server"] for cluster in config["clusters"]] == [f"https://127.0.0.1:{server.port}/clusters/-"]
    printed = server.cli("kubeconfig", "--all-clusters", "--project", "red", tls=True)
    assert printed.returncode == 0 and "not only those of project red" in printed.stderr
    assert "--all-clusters" in server.cli("kubeconfig", "--cluster", "red-1", "--all-clusters", tls=True).stderr
    assert "--cluster or --all-clusters is required" in server.cli("kubeconfig", tls=True).stderr


def test_clusters_that_are_away(data_dir, tmp_path):
    with Pair(data_dir.parent, between=True) as pair:
        pair.theirs.made("default", new_snapshot("one"))
        pair.follow()
        pair.wait_until_equal()
        mirror = pair.mirror.client()
        mirror.create_cluster("here")
        project = mirror.create_project("apart")["uid"]
        mirror.create_cluster("apart", projectUid=project)
        key = mirror.create_key("apart", projectUid=project)["key"]
        everywhere = KubeClient(pair.mirror, "-")
        assert everywhere.list().header("Warning") is None
        mirror.create_cluster("never", type="connected", kubeconfig=pair.kubeconfig(url="http://127.0.0.1:1/clusters/none"))
        wait_for_state(pair.mirror, "never", "Unreachable")
        for path, count in ((snapshots_path(), 1), (RESTORES, 0)):
            reply = everywhere.get(path)
            assert reply.status == 200 and len(reply.json()["items"]) == count
            assert reply.header("Warning") == '299 - "1 of 4 clusters is away: nothing is known of 1 cluster"'
        pair.upstream.kill()
        pair.wait_for_state("Unreachable")
        reply = everywhere.list()
        assert reply.status == 200 and places(reply) == [(UID, "default", "one")]
        assert re.fullmatch(r'299 - "2 of 4 clusters are away: 1 cluster is shown as it was last known, the oldest state is of \d+ '
                            r'seconds? ago; nothing is known of 1 cluster"', reply.header("Warning"))
        assert reply.header("Age") is not None
        # A key learns only of what it sees.
        assert KubeClient(pair.mirror, "-", key).list().header("Warning") is None
        wait_for(lambda: everywhere.get(snapshots_path(), headers={"Cache-Control": "no-cache"}).status == 504, "an age above 0")
