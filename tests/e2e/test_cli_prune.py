"""`apply` of projects, dry runs, and what `apply --prune` removes: only what an earlier apply of the same set made."""

import json

from harness import SAMPLE


def write_file(folder, text, name="fleet.yaml"):
    (folder / name).write_text(text)


def projects(mirror):
    return {item["name"]: item for item in json.loads(mirror.good("get", "projects", "-o", "json"))["items"]}


EDGE = "- {name: edge, kubeconfig: edge.kubeconfig}\n"
PAID = "- {name: paid, project: payments, kubeconfig: edge.kubeconfig}\n"
LAB = "- {name: lab, hosted: true}\n"
PROJECTS = "projects:\n- {name: payments, quota: {clusters: 5}}\n- {name: web}\n"


def test_projects_are_made_with_their_quota(both, tmp_path):
    _, mirror, _ = both
    write_file(tmp_path, PROJECTS + "clusters:\n" + EDGE + PAID + LAB)
    dry = mirror.good("apply", "-f", "fleet.yaml", "--dry-run")
    assert dry == ("project/payments created (dry run)\nproject/web created (dry run)\ncluster/edge created (dry run)\n"
                   "cluster/paid created (dry run)\ncluster/lab created (dry run)\n")
    assert mirror.clusters() == {} and set(projects(mirror)) == {"Default"}
    assert mirror.good("apply", "-f", "fleet.yaml") == dry.replace(" (dry run)", "")
    made = projects(mirror)
    assert made["payments"]["quota"] == {"clusters": 5} and "quota" not in made["web"]
    clusters = mirror.clusters()
    assert clusters["paid"]["projectUid"] == made["payments"]["uid"] and clusters["lab"]["type"] == "hosted"
    assert "applySet" not in clusters["lab"]
    again = dry.replace(" (dry run)", "").replace("created", "unchanged")
    assert mirror.good("apply", "-f", "fleet.yaml") == again
    write_file(tmp_path, PROJECTS.replace("5", "6") + "clusters:\n" + EDGE)
    assert mirror.good("apply", "-f", "fleet.yaml", "--dry-run").startswith("project/payments configured (dry run)\n")
    assert projects(mirror)["payments"]["quota"] == {"clusters": 5}
    assert mirror.good("apply", "-f", "fleet.yaml").startswith("project/payments configured\nproject/web unchanged\n")
    assert projects(mirror)["payments"]["quota"] == {"clusters": 6}


def test_a_dry_run_changes_no_connection(both, tmp_path):
    upstream, mirror, _ = both
    write_file(tmp_path, "clusters:\n" + EDGE)
    mirror.good("apply", "-f", "fleet.yaml")
    mirror.wait_until_ready("edge")
    before = mirror.clusters()["edge"]
    assert mirror.good("apply", "-f", "fleet.yaml", "--dry-run") == "cluster/edge unchanged (dry run)\n"
    upstream.good("create", "cluster", "other", "--uid", "other")
    (tmp_path / "edge.kubeconfig").write_text(upstream.good("kubeconfig", "--cluster", "other"))
    assert mirror.good("apply", "-f", "fleet.yaml", "--dry-run") == "cluster/edge configured (dry run)\n"
    after = mirror.clusters()["edge"]
    assert (after["syncs"], after["objects"], after["state"]) == (before["syncs"], before["objects"], "Ready")
    # What the server would refuse is refused.
    text = (tmp_path / "edge.kubeconfig").read_text()
    (tmp_path / "edge.kubeconfig").write_text(text.replace("sgk_", "sgk_x"))
    ran = mirror.run("apply", "-f", "fleet.yaml", "--dry-run")
    assert ran.returncode == 1 and ran.stderr.startswith("error: cluster/edge: ")


def test_one_bad_cluster_holds_up_no_other(both, tmp_path):
    _, mirror, _ = both
    write_file(tmp_path, "set: fleet\nprojects: [{name: payments}, {nam: x}]\nclusters:\n- {name: a, token: sgk_hidden}\n" + EDGE +
               "- {name: lost, project: nosuch, hosted: true}\n- sgk_hidden\n" + PAID)
    ran = mirror.run("apply", "-f", "fleet.yaml", "--prune", "--yes")
    assert ran.returncode == 1 and "hidden" not in ran.stderr
    assert ran.stdout == "project/payments created\ncluster/edge created\ncluster/paid created\n"
    said = ran.stderr.splitlines()
    assert [line.split(": ")[1] for line in said[:3]] == ["fleet.yaml:2", "fleet.yaml:4", "fleet.yaml:7"]
    assert said[3].startswith("error: cluster/lost: there is no project") and said[4].startswith("Nothing was removed")


def test_prune_removes_what_the_set_made_and_nothing_else(both, tmp_path):
    _, mirror, _ = both
    write_file(tmp_path, "set: fleet\n" + PROJECTS + "clusters:\n" + EDGE + PAID + LAB)
    mirror.good("apply", "-f", "fleet.yaml")
    mirror.good("create", "cluster", "by-hand")
    mirror.good("create", "project", "by-hand")
    write_file(tmp_path, "set: other\nclusters:\n- {name: others, hosted: true}\n", "other.yaml")
    mirror.good("apply", "-f", "other.yaml")
    mirror.wait_until_ready("paid")
    assert mirror.clusters()["paid"]["applySet"] == "fleet"
    everything = set(mirror.clusters())

    write_file(tmp_path, "set: fleet\nprojects: [{name: web}]\nclusters:\n" + EDGE)
    # Nobody who is asked: it has to be said.
    ran = mirror.run("apply", "-f", "fleet.yaml", "--prune")
    assert ran.returncode == 2 and "--yes" in ran.stderr
    ran = mirror("apply", "-f", "fleet.yaml", "--prune", "--dry-run")
    assert set(ran.stdout.splitlines()) >= {"cluster/paid pruned (dry run)", "cluster/lab pruned (dry run)",
                                            "project/payments pruned (dry run)"}
    snapshots = mirror.clusters()["paid"]["objects"]
    assert f"its mirror of {snapshots} snapshots" in ran.stderr and "the cluster itself keeps its own" in ran.stderr
    assert set(mirror.clusters()) == everything

    ran = mirror("apply", "-f", "fleet.yaml", "--prune", "--yes")
    assert ran.stdout.splitlines()[-3:] == ["cluster/lab pruned", "cluster/paid pruned", "project/payments pruned"]
    assert set(mirror.clusters()) == {"edge", "by-hand", "others"}
    assert set(projects(mirror)) == {"Default", "web", "by-hand"}
    assert "pruned" not in mirror.good("apply", "-f", "fleet.yaml", "--prune", "--yes")


def test_prune_spares_what_is_nowhere_else(both, tmp_path):
    _, mirror, _ = both
    write_file(tmp_path, "set: fleet\nclusters:\n" + LAB)
    mirror.good("apply", "-f", "fleet.yaml")
    mirror.good("import", "--cluster", "lab", SAMPLE)
    write_file(tmp_path, "set: fleet\nclusters: []\n")
    ran = mirror.run("apply", "-f", "fleet.yaml", "--prune", "--yes")
    assert ran.returncode == 1 and "left alone: it holds" in ran.stderr and "nowhere else" in ran.stderr
    assert set(mirror.clusters()) == {"lab"}
    assert mirror.good("apply", "-f", "fleet.yaml", "--prune", "--yes", "--force") == "cluster/lab pruned\n"
    assert mirror.clusters() == {}


def test_what_was_there_before_is_not_taken_over(both, tmp_path):
    _, mirror, _ = both
    mirror.good("create", "cluster", "lab")
    write_file(tmp_path, "set: fleet\nclusters:\n" + LAB)
    assert mirror.good("apply", "-f", "fleet.yaml") == "cluster/lab unchanged\n"
    write_file(tmp_path, "set: fleet\nclusters: []\n")
    assert mirror.good("apply", "-f", "fleet.yaml", "--prune", "--yes") == ""
    assert set(mirror.clusters()) == {"lab"}


def test_sets_of_one_name_in_two_projects_are_two(both, tmp_path):
    _, mirror, _ = both
    write_file(tmp_path, "set: fleet\nclusters:\n- {name: of-tenant, hosted: true}\n")
    mirror.good("apply", "-f", "fleet.yaml")
    mirror.good("create", "project", "payments", "--uid", "p")
    key = mirror.good("create", "key", "team", "--role", "admin", "--project", "payments").strip()
    (tmp_path / "team.key").write_text(key + "\n")
    (tmp_path / "team.key").chmod(0o600)
    write_file(tmp_path, "set: fleet\nclusters:\n- {name: of-team, hosted: true}\n", "team.yaml")
    team = ("apply", "-f", "team.yaml", "--api-key-file", "team.key")
    assert mirror.good(*team) == "cluster/of-team created\n"
    assert "pruned" not in mirror.good("apply", "-f", "fleet.yaml", "--prune", "--yes")
    write_file(tmp_path, "set: fleet\nclusters: []\n", "team.yaml")
    assert mirror.good(*team, "--prune", "--yes") == "cluster/of-team pruned\n"
    assert set(mirror.clusters()) == {"of-tenant"}


def test_prune_takes_no_file_that_was_cut_off(both, tmp_path):
    _, mirror, _ = both
    whole = "set: fleet\n" + PROJECTS + "clusters:\n" + LAB
    write_file(tmp_path, whole)
    mirror.good("apply", "-f", "fleet.yaml")
    for name in ("clusters", "projects"):
        write_file(tmp_path, whole[:whole.index(f"{name}:\n") + len(name) + 2])
        for more in (["--yes"], ["--dry-run"]):
            ran = mirror.run("apply", "-f", "fleet.yaml", "--prune", *more)
            assert ran.returncode == 1 and ran.stdout == "" and f"fleet.yaml: {name}: has no value" in ran.stderr
        # Without --prune it declares nothing.
        assert mirror.run("apply", "-f", "fleet.yaml").returncode == 0
    assert set(mirror.clusters()) == {"lab"}


def test_prune_needs_a_set(both, tmp_path):
    _, mirror, _ = both
    write_file(tmp_path, "clusters:\n" + LAB)
    ran = mirror.run("apply", "-f", "fleet.yaml", "--prune", "--yes")
    assert ran.returncode == 2 and "set: fleet" in ran.stderr
    assert mirror.run("apply", "-f", "fleet.yaml", "--yes").returncode == 2
    assert mirror.clusters() == {}
