"""A long list of a fleet with a selector, in which objects are as large as a piece of the answer: such a piece is made
anew for each of its slices, where the server has looked through its index the first time."""

import pytest

from harness import Server, snapshot
from kube import KubeClient

OBJECTS = 6_000
WANTED_OF = 12  # one of so many is selected
LARGE_OF = 1_200  # and one of so many as large as a piece


def item(number):
    large, wanted = number % LARGE_OF == 0, number % WANTED_OF == 0
    return snapshot("web", f"s-{number:05}", labels={"app": "wanted" if wanted else "other"},
                    annotations={"note": "x" * (250_000 if large else 1_000 if wanted else 1)})


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("fleet-slices") / "data").start()
    client = server.client()
    client.create_cluster("one")
    client.load("one", [item(number) for number in range(OBJECTS)])
    yield server
    server.stop()


def ask_palette(server, **query):
    return server.client().get("/v1/spectroclusters/-/vms/snapshot", limit=1000, **query)


def ask_kubernetes(server, **query):
    return KubeClient(server, "-").list(limit=1000, **query)


# The first answer makes the index, which the later ones find.
@pytest.mark.parametrize("time", range(3))
@pytest.mark.parametrize("ask", [ask_palette, ask_kubernetes])
@pytest.mark.parametrize("wanted, numbers", [("app=wanted", range(0, OBJECTS, WANTED_OF)), ("app=nobody", [])])
def test_slices_are_those_of_one_text(fleet, ask, wanted, numbers, time):
    reply = ask(fleet, labelSelector=wanted)
    assert reply.status == 200
    items = reply.json()["items"]
    assert [one["metadata"]["name"] for one in items] == [f"s-{number:05}" for number in numbers]
    for number, one in zip(numbers, items):
        assert len(one["metadata"]["annotations"]["note"]) == len(item(number)["metadata"]["annotations"]["note"])
