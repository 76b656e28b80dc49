"""How often a key may ask, on both sides of the API."""

import time

SERVER_ARGUMENTS = ["--rate", "1", "--burst", "20"]


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(server):
    admin = server.client()
    uid = admin.create_cluster("c")["uid"]
    busy = admin.create_key("busy")["key"]
    caller = server.client(busy)
    answers = [caller.get("/admin/v1/clusters") for _ in range(30)]
    statuses = [reply.status for reply in answers]
    assert statuses.count(200) in range(20, 23), statuses
    assert answers[-1].status == 429
    assert answers[-1].json()["code"] == "TooManyRequests"
    assert answers[-1].header("Retry-After") == "1"
    refused = server.client(busy).request("GET", f"/clusters/{uid}/api/v1/namespaces", None, {"Authorization": f"Bearer {busy}"})
    assert refused.status == 429, refused
    assert refused.json()["reason"] == "TooManyRequests"
    assert refused.header("Retry-After") == "1"
    assert admin.get("/admin/v1/clusters").status == 200, "the others are not bounded by it"
    assert server.anonymous().get("/livez").status == 200
    time.sleep(1.2)
    assert caller.get("/admin/v1/clusters").status == 200
