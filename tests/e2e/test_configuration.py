"""The configuration file as the one place that says what a server has: its projects and clusters, and what SIGHUP takes in."""

import signal

import pytest

from connected import kubeconfig, wait_for_state
from harness import Server, run_cli, wait_for


@pytest.fixture
def fleet(tmp_path):
    """A server whose file names what a test writes, and one whose clusters it follows."""
    upstream = Server(tmp_path / "upstream", "--tls-self-signed").start()
    for uid in ("one", "two"):
        upstream.client().create_cluster(uid)
        (tmp_path / f"{uid}.kubeconfig").write_text(kubeconfig(upstream, uid))
    fleet = Fleet(tmp_path, upstream)
    yield fleet
    for server in (fleet.server, upstream):
        if server.running():
            server.stop()


class Fleet:
    def __init__(self, folder, upstream):
        self.folder, self.upstream = folder, upstream
        self.file = folder / "fleet.yaml"
        self.server = Server(folder / "data", "--config", str(self.file))
        self.looks = 0

    def write(self, text):
        self.file.write_text(text)

    def start(self, text):
        self.write(text)
        self.server.start()
        return self

    def hang_up(self, text):
        """Has the server read the file again, and returns the line that ends it."""
        self.write(text)
        self.looks += 1
        self.server.signal(signal.SIGHUP)
        wait_for(lambda: len(self.server.log("read the configuration again")) == self.looks, "the file is read again")
        return self.server.log("read the configuration again")[-1]

    def clusters(self):
        items = self.server.client().get("/admin/v1/clusters").json()["items"]
        return {item["name"]: item for item in items}

    def projects(self):
        items = self.server.client().get("/admin/v1/projects").json()["items"]
        return {item["name"]: item for item in items}

    def faults(self):
        return [line["fault"] for line in self.server.log("a part of the configuration file is wrong; the others hold")]


UNDECLARED = ("a cluster is not declared any more: it is not followed, and what is stored of it stays until it is deleted "
              "(snapgate delete cluster)")
ONE = "- {name: one, uid: one, kubeconfig: one.kubeconfig}\n"
TWO = "- {name: two, uid: two, kubeconfig: two.kubeconfig, project: payments}\n"


def test_projects_and_clusters_are_made_and_the_bad_ones_hold_up_none(fleet):
    fleet.start("projects:\n- {name: payments, uid: p, quota: {clusters: 2}}\n- {name: web, quota: {apples: 2}}\n"
                "clusters:\n" + ONE + "- {name: bad, kubeconfig: one.kubeconfig, token: sgk_hidden}\n"
                "- {name: lost, project: nosuch, hosted: true}\n- sgk_hidden\n" + TWO +
                "- {name: three, project: payments, hosted: true}\n- {name: four, project: payments, hosted: true}\n")
    wait_for_state(fleet.server, "one", "Ready")
    wait_for_state(fleet.server, "two", "Ready")
    clusters = fleet.clusters()
    assert set(clusters) == {"one", "two", "three"}
    assert clusters["two"]["projectUid"] == "p" and clusters["three"]["type"] == "hosted"
    assert fleet.projects()["payments"]["quota"] == {"clusters": 2}
    faults = fleet.faults()
    assert [fault.split(": ")[1] for fault in faults] == [
        "projects[1].quota", "clusters[1]", "clusters[3]", "clusters[2].project", "clusters[6]"]
    assert [fault.split(":")[1] for fault in faults] == ["3", "6", "8", "7", "11"]
    assert all(fault.startswith(f"{fleet.file}:") and "hidden" not in fault for fault in faults)
    # The next start finds all there.
    fleet.server.stop()
    fleet.server.start()
    assert set(fleet.clusters()) == {"one", "two", "three"}
    assert not fleet.server.log("made a declared cluster")


def test_a_hangup_takes_in_what_changed_and_says_so(fleet):
    fleet.start("log-level: info\nclusters:\n" + ONE)
    wait_for_state(fleet.server, "one", "Ready")
    syncs = fleet.clusters()["one"]["syncs"]
    # More clusters, and a project.
    line = fleet.hang_up("history: 7m\nrate: 1000\nprojects: [{name: payments}]\nclusters:\n" + TWO + ONE)
    assert {name: line[name] for name in ("settings", "needRestart", "newProjects", "newClusters", "newConnections", "undeclared",
                                          "unchanged", "unreadable", "faults")} == {
        "settings": 2, "needRestart": 1, "newProjects": 1, "newClusters": 1, "newConnections": 0, "undeclared": 0,
        "unchanged": 1, "unreadable": 0, "faults": 0}
    assert [(said["setting"], said["from"], said["to"]) for said in fleet.server.log("a setting was changed that needs a restart: the old one holds")] == [
        ("history", "the default", "7m")]
    assert ("rate", "the default", "1000") in [(said["setting"], said["from"], said["to"])
                                               for said in fleet.server.log("a setting is another one from now on")]
    wait_for_state(fleet.server, "two", "Ready")
    assert fleet.clusters()["one"]["syncs"] == syncs, "what is the same goes on"

    # Another kubeconfig: it leads to another cluster.
    fleet.upstream.client().post("/v1/spectroclusters/two/vms/web-01/snapshot",
                                 {"metadata": {"name": "s", "namespace": "default"}, "spec": {"source": {
                                     "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-01"}}})
    good = (fleet.folder / "one.kubeconfig").read_text()
    (fleet.folder / "one.kubeconfig").write_text((fleet.folder / "two.kubeconfig").read_text())
    text = "projects: [{name: payments}]\nclusters:\n" + TWO + ONE
    line = fleet.hang_up(text)
    assert (line["newConnections"], line["unchanged"]) == (1, 1)
    wait_for(lambda: fleet.clusters()["one"]["objects"] == 1, "the other cluster is followed")

    # One that is broken changes nothing, and is taken once it is mended.
    (fleet.folder / "one.kubeconfig").write_text("clusters: [")
    line = fleet.hang_up(text)
    assert (line["newConnections"], line["unreadable"], line["unchanged"]) == (0, 1, 2)
    assert fleet.clusters()["one"]["state"] == "Ready"
    (fleet.folder / "one.kubeconfig").write_text(good)
    assert fleet.hang_up(text)["newConnections"] == 1
    wait_for(lambda: fleet.clusters()["one"]["objects"] == 0, "the first cluster is followed again")


def test_a_cluster_that_is_declared_no_more_keeps_what_it_has_until_it_is_deleted(fleet):
    both = "projects: [{name: payments}]\nclusters:\n" + ONE + TWO
    fleet.start(both)
    client = fleet.server.client()
    wait_for_state(fleet.server, "two", "Ready")
    assert client.delete("/admin/v1/clusters/two").status == 409
    assert client.delete(f"/admin/v1/projects/{fleet.projects()['payments']['uid']}").status == 409
    # A fault that could be about any of them takes none away.
    assert fleet.hang_up(both + "- {nam: two}\n")["undeclared"] == 0
    # Nor does a file that cannot be read.
    fleet.write("clusters: [")
    fleet.server.signal(signal.SIGHUP)
    wait_for(lambda: fleet.server.log("cannot read the settings again: the old ones stay in use"), "the fault is told")
    fleet.looks += 1
    wait_for(lambda: len(fleet.server.log("read the configuration again")) == fleet.looks, "the old ones hold")
    assert client.delete("/admin/v1/clusters/two").status == 409

    line = fleet.hang_up("projects: [{name: payments}]\nclusters:\n" + ONE)
    assert line["undeclared"] == 1
    shown = wait_for_state(fleet.server, "two", "Unauthorized", "NotDeclared")
    assert "declare it again, or delete it" in shown["message"]
    assert client.list("two").status == 200
    assert [said["cluster"] for said in fleet.server.log(UNDECLARED)] == ["two (two)"]
    fleet.hang_up(both)
    wait_for_state(fleet.server, "two", "Ready")
    fleet.hang_up("clusters:\n" + ONE)
    assert client.delete("/admin/v1/clusters/two").status == 204
    assert client.delete(f"/admin/v1/projects/{fleet.projects()['payments']['uid']}").status == 204
    assert set(fleet.clusters()) == {"one"}


def test_what_a_project_may_have_is_changed_where_it_is_declared(fleet):
    fleet.start("projects: [{name: payments, uid: p, quota: {clusters: 2}}, {name: web, uid: w}]\n")
    client = fleet.server.client()
    refused = client.request("PUT", "/admin/v1/projects/p/quota", {"clusters": 9})
    assert refused.status == 409 and "configuration file" in refused.text()
    assert client.request("PUT", "/admin/v1/projects/w/quota", {"clusters": 9}).status == 200
    fleet.hang_up("projects: [{name: payments, uid: p, quota: {clusters: 5}}, {name: web, uid: w}]\n")
    assert {name: item.get("quota") for name, item in fleet.projects().items()} == {
        "Default": None, "payments": {"clusters": 5}, "web": {"clusters": 9}}


def test_networks_and_rates_are_taken_by_a_hangup(fleet):
    fleet.start("clusters:\n" + ONE)
    wait_for_state(fleet.server, "one", "Ready")
    fleet.hang_up("connect-deny: 127.0.0.0/8\nclusters:\n" + ONE)
    wait_for_state(fleet.server, "one", "Unreachable", "AddressDenied")
    fleet.hang_up("clusters:\n" + ONE)
    wait_for_state(fleet.server, "one", "Ready")
    fleet.hang_up("rate: 1\nburst: 1\nclusters:\n" + ONE)
    answers = [fleet.server.client().get("/admin/v1/clusters").status for _ in range(3)]
    assert 429 in answers
    fleet.hang_up("access-log: off\nclusters:\n" + ONE)
    before = len(fleet.server.log("request"))
    assert fleet.server.client().get("/admin/v1/clusters").status == 200
    fleet.server.stop()
    assert len(fleet.server.log("request")) == before


@pytest.mark.parametrize("text", ["clusters: 7\n", "projects: {a: b}\n", "clusters: [{name: a}, 7, {uid: '!'}]\n"])
def test_a_server_starts_whatever_is_declared(fleet, text):
    fleet.start(text)
    assert fleet.clusters() == {} and fleet.faults()
    assert run_cli("serve", "--check-config", "--config", fleet.file, "--data-dir", fleet.folder / "none").returncode == 1


def check(fleet, code, *arguments, **options):
    ran = run_cli("serve", "--check-config", "--config", fleet.file, "--data-dir", fleet.folder / "data", "--credentials-key-file",
                  fleet.folder / "credentials.key", *arguments, **options)
    assert ran.returncode == code, (ran.returncode, ran.stdout, ran.stderr)
    return ran.stdout.splitlines(), ran.stderr.splitlines()


def test_a_check_says_what_would_happen_and_does_nothing(fleet):
    fleet.write("projects: [{name: payments, quota: {clusters: 3}}]\nclusters:\n" + ONE + TWO)
    out, err = check(fleet, 0)
    assert out == ["project/payments would be made", "cluster/one would be made", "cluster/two would be made",
                   f"{fleet.file}: 1 project and 2 clusters declared, 3 changes, 0 faults"] and err == []
    assert not (fleet.folder / "data").exists()

    fleet.server.start()
    # The server that runs there is asked, and has all.
    out, err = check(fleet, 0)
    assert out == [f"{fleet.file}: 1 project and 2 clusters declared, 0 changes, 0 faults"] and err == []
    (fleet.folder / "one.kubeconfig").unlink()
    fleet.write("projects: [{name: payments, quota: {clusters: 4}}, {name: web}]\nclusters:\n" + ONE + "- {name: x,\n   uid: '!'}\n")
    expected = ["project/payments would get another quota", "project/web would be made",
                "cluster/two (uid two) is declared no more: it would not be followed; what is stored of it stays until it is deleted",
                f"{fleet.file}: 2 projects and 1 cluster declared, 3 changes, 2 faults"]
    for running in (True, False):
        out, err = check(fleet, 1)
        assert out == expected
        assert err[0].startswith(f"error: {fleet.file}:5: clusters[1].uid: ") and len(err) == 2
        assert err[1].startswith(f"error: {fleet.file}:3: clusters[0].kubeconfig: cannot read")
        if running:
            assert set(fleet.projects()) == {"Default", "payments"}
            fleet.server.stop()
    # Without a way to ask the server, what the file alone says is told.
    fleet.server.start()
    (fleet.folder / "data" / "admin.key").unlink()
    out, err = check(fleet, 1)
    assert out == [f"{fleet.file}: 2 projects and 1 cluster declared, changes unknown, 2 faults"]
    assert err[0].startswith("note: what would change is not told")


HOSTED = "- {name: archive, uid: archive, hosted: true, expected-every: 12h}\n"
FIRST = "projects: [{name: payments, uid: p, quota: {clusters: 2}}]\nclusters:\n" + ONE + HOSTED


@pytest.mark.parametrize("text, change, message, count", [
    (FIRST.replace("12h", "7h"), "cluster/archive would expect imports every 7h (until now: 12h)",
     "imports into a declared cluster are expected at other times from now on", "newExpectations"),
    (FIRST.replace("clusters: 2", "clusters: 3"), "project/payments would get another quota", "set the quota of a declared project",
     "newQuotas"),
    (FIRST.replace("projects: [{name: payments, uid: p, quota: {clusters: 2}}]\n", ""),
     "project/payments (uid p) is declared no more: it stays until it is deleted",
     "a project is not declared any more: it stays as it is until it is changed or deleted (snapgate set quota, snapgate delete "
     "project)", "undeclared"),
    (FIRST.replace(HOSTED, ""), "cluster/archive (uid archive) is declared no more: it stays until it is deleted",
     "a hosted cluster is not declared any more: it stays until it is deleted (snapgate delete cluster)", "undeclared"),
    (FIRST.replace(ONE, ""), "cluster/one (uid one) is declared no more: it would not be followed; what is stored of it stays until "
     "it is deleted", UNDECLARED, "undeclared"),
    (FIRST.replace("one.kubeconfig", "two.kubeconfig"), "cluster/one would be followed by another connection",
     "took the new connection of a declared cluster", "newConnections"),
    (FIRST.replace("one.kubeconfig", "one.kubeconfig, context: c"), "cluster/one would be followed by another connection",
     "took the new connection of a declared cluster", "newConnections"),
    (FIRST.replace("archive", "store"), "cluster/store would be made", "made a declared cluster", "newClusters"),
    (FIRST.replace("name: one", "name: other"), None, None, "faults"),
    (FIRST.replace("uid: one", "uid: other"), None, None, "faults"),
    (FIRST.replace("kubeconfig}", "kubeconfig, project: payments}"), None, None, "faults"),
    (FIRST.replace("name: payments", "name: web"), None, None, "faults"),
    (FIRST.replace("uid: p,", "uid: q,"), None, None, "faults"),
    (FIRST.replace("kubeconfig: one.kubeconfig", "hosted: true"), None, None, "faults"),
])
def test_each_thing_that_is_declared_otherwise_is_told_by_a_check_and_by_a_hangup(fleet, text, change, message, count):
    fleet.start(FIRST)
    check(fleet, 0)
    fleet.write(text)
    for running in (True, False):
        out, err = check(fleet, 0 if change else 1)
        assert change in out if change else err, (out, err)
        if running:
            fleet.server.stop()
    fleet.write(FIRST)
    fleet.server.start()
    before = len(fleet.server.log(message)) if message else 0
    line = fleet.hang_up(text)
    assert line[count] == 1, line
    assert message is None or len(fleet.server.log(message)) == before + 1
    assert fleet.hang_up(text)[count] == (1 if count == "faults" else 0), "it is told once"


def test_issuers_and_programs_that_are_declared_otherwise_are_told(fleet):
    issuer = ("issuers: [{name: corp, issuer: 'https://127.0.0.1:1/', audiences: [snapgate], refresh: 10m, "
              "rules: [{claim: sub, values: [a], role: reader, tenant: true}]}]\n")
    fleet.start("rate: 7\n")
    for text, took, gone, programs in [
            (issuer, 1, 0, 0), (issuer, 1, 0, 0), (issuer.replace("10m", "9m"), 2, 0, 0),
            ("credential-programs: [/bin/true]\n", 2, 1, 1), ("credential-programs: [/bin/true]\n", 2, 1, 1)]:
        fleet.hang_up("rate: 7\n" + text)
        assert [len(fleet.server.log(message)) for message in (
            "took what is declared of an issuer", "an issuer is not declared any more: its tokens are refused",
            "the programs that kubeconfigs may name are others from now on")] == [took, gone, programs], text


def test_a_file_that_cannot_be_read_is_a_fault_and_nothing_else_is_told(fleet):
    fleet.start("history: 5m\nrate: 7\nclusters:\n" + ONE)
    fleet.hang_up("history: 6m\nrate: 8\nclusters:\n" + ONE)
    told = ("a setting was changed that needs a restart: the old one holds", "a setting is another one from now on")
    before = [len(fleet.server.log(message)) for message in told]
    line = fleet.hang_up("history: 5m\nrtae: 9\nclusters: []\n")
    assert (line["faults"], line["settings"], line["needRestart"], line["unchanged"]) == (1, 0, 0, 1), line
    error = fleet.server.log("cannot read the settings again: the old ones stay in use")[0]["error"]
    assert error.endswith(":2: rtae: there is no such setting: did you mean rate?")
    assert [len(fleet.server.log(message)) for message in told] == before


def test_a_check_of_certificates_and_keys(fleet):
    fleet.write("tls-cert: none.crt\ntls-key: none.key\n")
    _, err = check(fleet, 1)
    assert len(err) == 1 and "none.crt" in err[0]
