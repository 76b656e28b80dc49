"""`apply` of what is there already, of clusters that do not answer, and what `check cluster` ends with."""

import json
import time

from cli import REFUSED
from harness import PATIENCE, wait_for


def write_file(folder, names):
    lines = [f"- {{name: {name}, kubeconfig: {kubeconfig}}}" for name, kubeconfig in names]
    (folder / "clusters.yaml").write_text("clusters:\n" + "\n".join(lines) + "\n")


def test_what_is_applied_again_is_not_listed_again(both, tmp_path):
    _, mirror, servers = both
    write_file(tmp_path, [(f"edge-{i}", "edge.kubeconfig") for i in range(3)])
    mirror.good("apply", "-f", "clusters.yaml")
    for i in range(3):
        mirror.wait_until_ready(f"edge-{i}")
    before = {name: (item["syncs"], item["sinceTime"]) for name, item in mirror.clusters().items()}
    lists = len(servers[1].log("took in a cluster's list"))
    for _ in range(3):
        assert mirror.good("apply", "-f", "clusters.yaml") == "".join(f"cluster/edge-{i} unchanged\n" for i in range(3))
        assert {item["state"] for item in mirror.clusters().values()} == {"Ready"}
    # A change goes through the same watches: whatever was to be listed again has been by then.
    mirror.good("create", "snapshot", "later", "--cluster", "edge-0", "-n", "payments", "--vm", "db-01")
    assert {name: (item["syncs"], item["sinceTime"]) for name, item in mirror.clusters().items()} == before
    assert len(servers[1].log("took in a cluster's list")) == lists


def test_one_that_is_out_of_reach_stays_so_when_it_is_applied_again(both, tmp_path, black_hole):
    _, mirror, servers = both
    text = (tmp_path / "edge.kubeconfig").read_text()
    (tmp_path / "edge.kubeconfig").write_text(text.replace(f":{servers[0].port}", f":{black_hole}"))
    write_file(tmp_path, [("edge", "edge.kubeconfig")])
    mirror.good("apply", "-f", "clusters.yaml")
    wait_for(lambda: mirror.clusters()["edge"]["state"] == "Unreachable", "it is seen to be out of reach", 60)
    for _ in range(3):
        assert mirror.good("apply", "-f", "clusters.yaml") == "cluster/edge unchanged\n"
        assert mirror.clusters()["edge"]["state"] == "Unreachable"


def test_clusters_that_do_not_answer_are_waited_for_side_by_side(both, tmp_path, black_hole):
    _, mirror, servers = both
    text = (tmp_path / "edge.kubeconfig").read_text()
    (tmp_path / "dead.kubeconfig").write_text(text.replace(f":{servers[0].port}", f":{black_hole}"))
    names = [("bh-0", "dead.kubeconfig"), ("edge", "edge.kubeconfig"), *[(f"bh-{i}", "dead.kubeconfig") for i in range(1, 5)],
             ("nosuch", "nosuch.kubeconfig")]
    write_file(tmp_path, names)
    begun = time.monotonic()
    ran = mirror.run("apply", "-f", "clusters.yaml")
    assert time.monotonic() - begun < 25 * PATIENCE
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == [f"cluster/{name} created" for name, _ in names[:-1]]
    said = ran.stderr.splitlines()
    assert [line.split(": ")[1] for line in said] == [f"cluster/bh-{i}" for i in range(5)] + ["cluster/nosuch"]
    assert all(line.startswith("warning: cluster/bh-") and "Reachable: " in line for line in said[:-1])
    assert said[-1].startswith("error: cluster/nosuch: ")


def test_a_uid_that_is_there_twice_is_refused_the_second_time(both, tmp_path):
    _, mirror, _ = both
    (tmp_path / "clusters.yaml").write_text("clusters:\n- {name: a, uid: u, kubeconfig: edge.kubeconfig}\n"
                                            "- {name: b, uid: u, kubeconfig: edge.kubeconfig}\n")
    ran = mirror.run("apply", "-f", "clusters.yaml")
    assert ran.returncode == 1 and "clusters.yaml:3: clusters[1].uid: clusters[0] has this uid, too" in ran.stderr
    assert set(mirror.clusters()) == {"a"}


def test_a_check_that_finds_something_ends_with_1(both):
    _, mirror, servers = both
    mirror.good("create", "cluster", "edge", "--kubeconfig", "edge.kubeconfig")
    mirror.wait_until_ready("edge")
    for form in ("table", "json", "yaml"):
        assert mirror.run("check", "cluster", "edge", "-o", form).returncode == 0
    servers[0].stop()
    for form in ("table", "json", "yaml"):
        ran = mirror.run("check", "cluster", "edge", "-o", form)
        assert ran.returncode == 1 and "Warning" in ran.stdout, ran
    points = json.loads(mirror.run("check", "cluster", "edge", "-o", "json").stdout)["points"]
    assert points[0]["name"] == "Reachable" and points[0]["outcome"] == "Warning"


def test_what_a_key_may_not_do_is_said_once(server, admin, uid, tmp_path):
    file = tmp_path / "many.yaml"
    file.write_text("clusters:\n" + "".join(f"- name: {uid}-{number}\n  hosted: true\n" for number in range(5)))
    key = admin.create_key(f"reads-{uid}", "reader")["key"]
    ran = server.cli("apply", "-f", file, env={"SNAPGATE_API_KEY": key})
    assert ran.returncode == REFUSED and ran.stdout == "" and len(ran.stderr.splitlines()) == 1, ran.stderr
    assert ran.stderr.startswith(f"error: 5 of what the file lists, such as cluster/{uid}-0: "), ran.stderr
