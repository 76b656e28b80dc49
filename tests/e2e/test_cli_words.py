"""What the command line says: of mistyped flags, of counts, and once."""

import subprocess

import pytest

from harness import BINARY, clean_environment, run_cli, snapshot

REFUSED, USAGE = 1, 2


@pytest.mark.parametrize("arguments, said", [
    (["get", "snapshots", "--clustr", "demo"], "unknown flag --clustr: did you mean --cluster?"),
    (["get", "snapshots", "--clustr=demo"], "unknown flag --clustr: did you mean --cluster?"),
    (["get", "snapshots", "-c", "demo"], "unknown flag -c"),
    (["get", "snapshots", "--cluster", "demo", "--namspace", "web"], "unknown flag --namspace: did you mean --namespace?"),
    (["apply", "--filname", "x"], "unknown flag --filname: did you mean --filename?"),
    (["import", "--clustr", "demo", "dump.json"], "unknown flag --clustr: did you mean --cluster?"),
    (["get", "snapshots"], "--cluster is required"),
    (["-v"], "unknown flag -v: did you mean --version?"),
    (["serve", "x", "--dta-dir", "d"], "unknown flag --dta-dir: did you mean --data-dir?"),
    (["serve", "x"], "unexpected argument \"x\""),
    (["serve", "import"], "unexpected argument \"import\""),
    (["serve", "--listen"], "--listen: 1 required ADDRESS:PORT missing")])
def test_a_mistyped_flag_is_told_before_what_it_was_to_be(arguments, said):
    ran = run_cli(*arguments)
    assert ran.returncode == USAGE and ran.stdout == ""
    assert ran.stderr.splitlines()[0] == f"error: {said}"
    command = " ".join(["snapgate", *arguments[:1]]) if arguments[0] == "serve" else "snapgate"
    assert ran.stderr.splitlines()[1].startswith(f"See '{command} ")


def test_a_wrong_setting_is_told_as_any_error_is(tmp_path):
    ran = run_cli("serve", "--data-dir", tmp_path / "data", "--listen", "here")
    assert ran.returncode == USAGE and ran.stdout == ""
    assert ran.stderr == "error: --listen: \"here\" is not ADDRESS:PORT, as in 127.0.0.1:8080\n"


def test_one_is_no_plural_and_advice_is_given_once(server, admin, uid):
    project = admin.create_project("one-of-each-" + uid)
    inside = admin.create_cluster(uid + "-in", projectUid=project["uid"])
    admin.create_key("k-" + uid, projectUid=project["uid"])
    admin.load(inside["uid"], [snapshot("web", "one")])
    for kind, name, held in ("cluster", inside["name"], "holds 1 snapshot"), ("project", project["name"], "holds 1 cluster and 1 key"):
        ran = server.cli("delete", kind, name)
        assert ran.returncode == REFUSED
        assert ran.stderr.strip().endswith(f"{held}: 'snapgate delete {kind} {name} --force' deletes what it holds, too"), ran.stderr
        assert "force=true" not in ran.stderr


@pytest.mark.parametrize("arguments", [["get", "clusters"], ["get", "snapshots", "--all"], ["--version"], ["get", "--help"], ["serve", "--help"]])
def test_output_that_cannot_be_written_is_told_once(server, admin, uid, arguments):
    admin.load(uid, [snapshot("web", "one")])
    if "snapshots" in arguments:
        arguments = [*arguments, "--cluster", uid]
    environment = {"SNAPGATE_SERVER": f"http://127.0.0.1:{server.port}", "SNAPGATE_API_KEY": server.admin_key}
    with open("/dev/full", "w", encoding="utf-8") as full:
        ran = subprocess.run([str(BINARY), *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
                             env=clean_environment(environment))
    assert ran.returncode == REFUSED
    assert ran.stderr.count("could not be written") == 1 and len(ran.stderr.splitlines()) == 1, ran.stderr
