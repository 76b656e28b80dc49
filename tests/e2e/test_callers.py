"""What a cluster's Kubernetes API says to a caller about the caller: who it is, and what it may do."""

import pytest

from kube import KubeClient, new_snapshot

RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
GROUP = "snapshot.kubevirt.io"
SNAPSHOTS = "virtualmachinesnapshots"
RESTORES = "virtualmachinerestores"


def with_role(server, kube, role, **more):
    client = server.client()
    return KubeClient(server, kube.cluster, client.create_key(f"{role}-{kube.cluster}", role=role, **more)["key"])


def rules_of(kube):
    """{(group, resource): verbs}, and the whole status."""
    reply = kube.request("POST", RULES, {"spec": {"namespace": "web"}})
    assert reply.status == 201, reply
    status = reply.json()["status"]
    return {(rule["apiGroups"][0], rule["resources"][0]): set(rule["verbs"]) for rule in status["resourceRules"]}, status


def may(kube, group, resource, verb):
    resource, _, subresource = resource.partition("/")
    asked = {"group": group, "resource": resource, "subresource": subresource, "verb": verb, "namespace": "web"}
    reply = kube.request("POST", ACCESS, {"spec": {"resourceAttributes": asked}})
    assert reply.status == 201, reply
    return reply.json()["status"]["allowed"]


@pytest.mark.parametrize("role", ["reader", "editor"])
def test_the_rules_are_what_each_single_question_is_answered_by(server, kube, role):
    caller = with_role(server, kube, role)
    rules, status = rules_of(caller)
    assert status["incomplete"] is False
    verbs = {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind"}
    places = {*rules, (GROUP, SNAPSHOTS), (GROUP, RESTORES), (GROUP, f"{RESTORES}/status"), ("", "pods"), ("", "secrets")}
    for group, resource in places:
        for verb in verbs:
            assert may(caller, group, resource, verb) == (verb in rules.get((group, resource), set())), (resource, verb)
    reads = {"get", "list", "watch"}
    writes = {"create", "update", "patch", "delete", "deletecollection"} if role == "editor" else set()
    assert rules[GROUP, SNAPSHOTS] == reads | writes
    assert rules[GROUP, RESTORES] == reads
    assert ("create" in rules["", "namespaces"]) == (role == "editor")
    paths = status["nonResourceRules"][0]
    assert paths["verbs"] == ["get"] and {"/version", "/api/*"} <= set(paths["nonResourceURLs"])


def test_what_the_rules_say_is_what_happens(server, kube):
    kube.create_namespace("web")
    reader = with_role(server, kube, "reader")
    assert reader.list("web").status == 200
    assert reader.create("web", new_snapshot("one")).status == 403


@pytest.mark.parametrize("body", [{}, {"spec": {}}, {"spec": {"namespace": ""}}, {"spec": {"namespace": 7}}, {"spec": []}])
def test_rules_are_of_a_namespace(kube, body):
    reply = kube.request("POST", RULES, body)
    assert (reply.status, reply.json()["message"]) == (400, "no namespace on request")


def test_who_the_caller_is(server, kube):
    project = server.client().create_project(f"of-{kube.cluster}")["uid"]
    server.client().create_cluster(f"in-{kube.cluster}", projectUid=project)
    caller = with_role(server, kube, "editor", projectUid=project)
    caller.cluster = f"in-{kube.cluster}"
    reply = caller.request("POST", SELF, {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    assert (reply.status, reply.json()["kind"]) == (201, "SelfSubjectReview")
    user = reply.json()["status"]["userInfo"]
    assert user["username"] == f"editor-{kube.cluster}"
    assert user["groups"] == ["system:authenticated", "snapgate:editor"]
    assert user["extra"] == {"snapgate.io/project": [project]}
    assert caller.key not in reply.body.decode()


def test_there_are_no_events(kube):
    kube.create_namespace("web")
    for path in ("/api/v1/events", "/api/v1/namespaces/web/events"):
        found = kube.get(path, fieldSelector="involvedObject.name=one", limit=500)
        assert (found.status, found.json()["kind"], found.json()["items"]) == (200, "EventList", []), found
        assert int(found.json()["metadata"]["resourceVersion"]) > 0
        assert kube.get(path, headers={"Accept": "application/vnd.kubernetes.protobuf"}).status == 406
        assert kube.request("POST", path, {}).status == 405
