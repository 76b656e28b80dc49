"""bench/neighbours: its questions cover every read of the API, and a server answers each of them."""

import re
import sys
from types import SimpleNamespace

import pytest

import openapi
from harness import ROOT

sys.path.append(str(ROOT / "bench"))
import measure_neighbours  # noqa: E402
import neighbour_data  # noqa: E402
import neighbour_questions  # noqa: E402

SNAPSHOTS = 30
QUESTIONS = neighbour_questions.questions(SNAPSHOTS)
# What is not asked: one key by an id that the server draws, and the session of a browser, whose cookie no other client has.
NOT_ASKED = {"/admin/v1/keys/{id}", "/console/v1/session"}


@pytest.fixture(scope="module")
def filled(server):
    admin = server.client()
    admin.create_project(neighbour_data.PROJECT, uid=neighbour_data.PROJECT)
    admin.create_cluster(neighbour_data.CLUSTER, projectUid=neighbour_data.PROJECT)
    admin.load(neighbour_data.CLUSTER, neighbour_data.objects(SNAPSHOTS))
    key = server.admin_key
    return SimpleNamespace(port=server.port, headers=lambda: {"ApiKey": key},
                           bearer=lambda: {"Authorization": f"Bearer {key}"})


def is_asked(path):
    pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/?]+", re.escape(path)) + r"(\?.*)?")
    return any(pattern.fullmatch(question.path) for question in QUESTIONS.values())


def test_every_read_is_asked():
    reads = {operation.path for operation in openapi.OPERATIONS.values() if operation.method == "GET"}
    assert len(reads) > 20
    assert [path for path in sorted(reads) if is_asked(path) == (path in NOT_ASKED)] == []


def test_every_list_of_the_kubernetes_api_is_asked(server, filled):
    below = f"/clusters/{neighbour_data.CLUSTER}"
    document = server.client().get(f"{below}/openapi/v2", filled.bearer()).json()
    # v1alpha1 shows the same objects.
    lists = {path for path, item in document["paths"].items() if "{" not in path and "v1alpha1" not in path
             and item.get("get", {}).get("x-kubernetes-action") == "list"}
    assert len(lists) == 4
    assert [path for path in sorted(lists) if not is_asked(below + path)] == []


def test_every_question_is_answered_to_its_end(filled):
    failures = []
    for question in QUESTIONS.values():
        with measure_neighbours.Asker(filled, question) as asker:
            try:
                asker.ask()
            except measure_neighbours.Failed as failure:
                failures.append(str(failure))
    assert failures == []


def test_what_is_not_answered_is_named(filled):
    question = neighbour_questions.Question("lost", "/v1/spectroclusters/none/vms/snapshot")
    with measure_neighbours.Asker(filled, question) as asker, pytest.raises(measure_neighbours.Failed) as failure:
        asker.ask()
    assert str(failure.value).startswith("lost: GET /v1/spectroclusters/none/vms/snapshot gives 404: ")
    assert "none" in str(failure.value).partition("gives 404: ")[2]


def test_a_stream_that_ends_before_its_mark_is_named(filled):
    question = neighbour_questions.Question("short", f"{neighbour_questions.KUBE}/virtualmachinesnapshots?watch=1&timeoutSeconds=1",
                                            until=b"never sent")
    with measure_neighbours.Asker(filled, question) as asker, pytest.raises(measure_neighbours.Failed, match="short: .*ended before"):
        asker.ask()
