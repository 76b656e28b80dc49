"""What the command line says: of mistyped flags, of counts, and once."""

import re
import subprocess

import pytest

from cli import OK, REFUSED, USAGE
from harness import BINARY, ROOT, clean_environment, run_cli, snapshot, snapshots
from kube import kubeconfig_of



@pytest.mark.parametrize("arguments, said", [
    (["get", "snapshots", "--clustr", "demo"], "unknown flag --clustr: did you mean --cluster?"),
    (["get", "snapshots", "--clustr=demo"], "unknown flag --clustr: did you mean --cluster?"),
    (["get", "snapshots", "-c", "demo"], "unknown flag -c"),
    (["get", "snapshots", "--cluster", "demo", "--namspace", "web"], "unknown flag --namspace: did you mean --namespace?"),
    (["apply", "--filname", "x"], "unknown flag --filname: did you mean --filename?"),
    (["import", "--clustr", "demo", "dump.json"], "unknown flag --clustr: did you mean --cluster?"),
    (["get", "snapshots"], "--cluster or --all-clusters is required"),
    (["get", "vms"], "--cluster or --all-clusters is required"),
    (["kubeconfig"], "--cluster or --all-clusters is required"),
    (["describe", "snapshot", "s"], "--cluster is required"),
    (["describe", "cluster"], "NAME is required"),
    (["get", "snapshots", "--cluster", "a", "--cluster", "b"], "--cluster is given 2 times, and takes one CLUSTER"),
    (["get", "snapshots", "--cluster", "a", "--all-clusters"], "--cluster cannot be combined with --all-clusters"),
    (["get", "vms", "--all-clusters", "--cluster", "a"], "--cluster cannot be combined with --all-clusters"),
    (["get", "snapshots", "--cluster", "a", "-A", "-n", "web"], "--namespace cannot be combined with --all-namespaces"),
    (["get", "snapshots", "--all-clusters", "--stuck"], "--stuck has no value: --stuck BOOL"),
    (["get", "snapshots", "--cluster", "a", "-n"], "--namespace has no value: --namespace NS[,NS]"),
    (["get", "snapshots", "--cluster", "a", "--all=maybe"], "--all=maybe: this flag takes no value, or true or false"),
    (["-v"], "unknown flag -v: did you mean --version?"),
    (["serve", "x", "--dta-dir", "d"], "unknown flag --dta-dir: did you mean --data-dir?"),
    (["serve", "x"], "unexpected argument \"x\""),
    (["serve", "import"], "unexpected argument \"import\""),
    (["serve", "--listen"], "--listen has no value: --listen ADDRESS:PORT")])
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


def commands_of_this_program():
    """Every command that does something, as the words that call it."""
    ways, found = [[]], []
    while ways:
        way = ways.pop()
        said = run_cli(*way, "--help").stdout
        listed = said.partition("\nCommands:\n")[2].partition("\n\n")[0]
        below = re.findall(r"^  ([a-z][a-z-]*)\b", listed, re.MULTILINE)
        ways += [[*way, name] for name in below]
        if not below:
            found.append((way, said))
    return found


def test_every_flag_of_a_command_is_in_the_documents():
    """But for those of `serve`, its settings, which its help lists."""
    text = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    missing = {}
    for way, said in commands_of_this_program():
        own = said.partition("\nConnection:")[0]
        for short, flag in re.findall(r"^  (?:(-\w),)?(--[a-z-]+)", own, re.MULTILINE):
            if way != ["serve"] and not any(re.search(rf"(?<![\w-]){name}(?![\w-])", text) for name in (short, flag) if name):
                missing.setdefault(" ".join(way), []).append(flag)
    assert not missing


RAW = re.compile(r"required but received|required \S+ missing|Could not convert|excludes|Should be true|too many inputs|disallowed|were not expected|Expected ")


def test_no_error_of_the_command_line_is_in_the_words_of_its_library(tmp_path):
    """Each flag of each command: without its value, given twice, with a value where it takes none."""
    env = {"HOME": str(tmp_path), "SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_test"}
    commands = commands_of_this_program()
    assert len(commands) > 30
    for way, said in commands:
        own = said.partition("\nConnection:")[0]
        for flag, value in re.findall(r"^  (?:-\w,)?(--[a-z-]+)(?: ([A-Z]\S*|on))?", own, re.MULTILINE):
            if flag == "--help":
                continue
            wrong = [[f"{flag}=maybe"]] if not value else [[flag]] if "," in value else [[flag], [flag, "1", flag, "1"]]
            for words in wrong:
                ran = run_cli(*way, *words, env=env, cwd=tmp_path)
                assert ran.returncode != OK and ran.stderr.startswith("error: ") and not RAW.search(ran.stderr), (way, words, ran.stderr)


@pytest.mark.parametrize("arguments, said", [
    (["--all-clusters", "--watch"], "--watch cannot be combined with --all-clusters: it follows one cluster, and goes with --cluster, -n, --vm and -l"),
    (["--cluster", "a", "--phase", "Failed", "-w"], "--watch cannot be combined with --phase: it follows one cluster, and goes with --cluster, -n, --vm and -l"),
    (["--cluster", "a", "-o", "csv", "--limit", "5"], "--limit cannot be combined with -o csv: this list is always printed whole"),
    (["--cluster", "a", "--good=true", "--continue", "t"], "--continue cannot be combined with --good: this list is always printed whole"),
    (["one", "--all-clusters"], "a NAME cannot be combined with --all-clusters: --name TEXT selects those with this in their name"),
    (["--all-clusters", "-L", "app"], "-L cannot be combined with --all-clusters: -o custom-columns=NAME:.metadata.name,LABELS:.metadata.labels shows labels")])
def test_flags_that_do_not_go_together_are_named_as_they_were_typed(arguments, said):
    ran = run_cli("get", "snapshots", *arguments)
    assert ran.returncode == USAGE and ran.stderr == f"error: {said}\n", ran.stderr


def test_several_clusters_are_not_named_with_commas(cli, uid):
    for command in ["get", "vms"], ["get", "snapshots"], ["report", "failures"], ["kubeconfig"]:
        said = cli(*command, "--cluster", f"{uid},{uid}", code=REFUSED).stderr
        assert f"there is no cluster \"{uid},{uid}\": name one cluster here, not several" in said and "--all-clusters asks all" in said, said
    said = cli("check", "cluster", f"{uid},{uid}", code=REFUSED).stderr
    assert "name one cluster here" in said and "--all-clusters" not in said, said


@pytest.mark.parametrize("arguments, code, said", [
    # The command line is wrong, which is found out before anybody is asked.
    (["create", "key", "k", "--role", "root"], USAGE, "--role root: must be reader, editor or admin"),
    (["create", "key", "k", "--role", "root", "--data-dir", "d"], USAGE, "--role root"),
    (["create", "key", "k", "--expires", "soon"], USAGE, "--expires"),
    (["create", "key", "k", "--data-dir", "missing"], USAGE, "missing is not a data directory"),
    (["create", "snapshot", "--cluster", "c", "--vm", "v", "--deletion-policy", "keep"], USAGE, "keep"),
    (["import", "--cluster", "c", "--on-conflict", "keep", "text"], USAGE, "--on-conflict keep"),
    (["create", "cluster", "c", "--kubeconfig", "missing"], USAGE, "cannot read missing"),
    (["set", "kubeconfig", "--cluster", "c", "missing"], USAGE, "cannot read missing"),
    (["apply", "-f", "missing"], USAGE, "cannot read missing"),
    (["restore", "missing", "--data-dir", "d"], USAGE, "cannot read missing"),
    (["backup", "--to", "missing/b"], USAGE, "cannot make missing/b"),
    (["backup", "--to", "text"], REFUSED, "text is there already"),
    # A file is there, and what it holds is not.
    (["create", "cluster", "c", "--kubeconfig", "text"], REFUSED, "text: "),
    (["set", "kubeconfig", "--cluster", "c", "text"], REFUSED, "text: "),
    (["apply", "-f", "text"], REFUSED, "text: ")])
def test_a_wrong_command_line_is_2_and_a_wrong_file_is_1(tmp_path, arguments, code, said):
    (tmp_path / "text").write_text("no such thing")
    nowhere = {"SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_test"}
    ran = run_cli(*arguments, env=nowhere, cwd=tmp_path)
    assert ran.returncode == code and ran.stderr.startswith("error: ") and said in ran.stderr, (ran.returncode, ran.stderr)


@pytest.mark.parametrize("arguments", [
    ["get", "snapshots", "--all-clusters", "--phase", "faild"], ["get", "vms", "--all-clusters", "--verdict", "x"],
    ["get", "snapshots", "--cluster", "UID", "--continue", "broken"], ["get", "snapshots", "--cluster", "UID", "-l", "a=("],
    ["get", "snapshots", "--cluster", "UID", "--watch", "-l", "a=("], ["get", "snapshots", "--cluster", "UID", "-n", "A_B"],
    ["report", "failures", "--all-clusters", "--since", "soon"], ["create", "cluster", "c", "--uid", "a/b"],
    ["create", "snapshot", "x", "--cluster", "UID", "--vm", "No_VM"],
    ["delete", "snapshots", "--cluster", "UID", "--older-than", "soon", "--dry-run"]])
def test_a_value_that_the_server_can_never_take_is_2(cli, uid, arguments):
    ran = cli(*[uid if word == "UID" else word for word in arguments], code=USAGE)
    assert ran.stdout == "" and ran.stderr.startswith("error: ") and "--help" not in ran.stderr, ran.stderr


@pytest.mark.parametrize("arguments, said", [
    (["get", "vms", "--all-clusters", "--max-age", "5"], "--max-age \"5\" is not understood"),
    (["report", "protection", "--all-clusters", "--max-age", "5"], "--max-age \"5\""),
    (["report", "failures", "--all-clusters", "--since", "soon"], "--since \"soon\""),
    (["get", "vms", "--all-clusters", "--verdict", "x"], "--verdict"),
    (["get", "vms", "--all-clusters", "--sort-by", "x"], "--sort-by \"x\""),
    (["get", "vms", "--all-clusters", "-n", "A_B"], "--namespace"),
    (["get", "vms", "--all-clusters", "--vm", "A_B"], "--vm"),
    (["get", "vms", "--all-clusters", "-l", "a=("], "--selector"),
    (["get", "snapshots", "--all-clusters", "--phase", "faild"], "--phase"),
    (["get", "snapshots", "--all-clusters", "--good", "yes"], "--good \"yes\""),
    (["get", "snapshots", "--all-clusters", "--created-after", "soon"], "--created-after \"soon\""),
    (["get", "snapshots", "--cluster", "UID", "--continue", "broken"], "--continue"),
    (["get", "snapshots", "--cluster", "UID", "-n", "A_B"], "--namespace"),
    (["delete", "snapshots", "--cluster", "UID", "--older-than", "soon", "--dry-run"], "--older-than"),
    (["set", "imports", "--cluster", "UID", "--expected-every", "soon"], "--expected-every"),
    (["create", "cluster", "c", "--expected-every", "soon"], "--expected-every"),
    (["create", "cluster", "c", "--uid", "a/b"], "--uid")])
def test_the_server_refuses_a_value_by_the_flag_that_gave_it(cli, uid, arguments, said):
    ran = cli(*[uid if word == "UID" else word for word in arguments], code=USAGE)
    assert ran.stderr.startswith(f"error: {said}"), ran.stderr


@pytest.mark.parametrize("arguments", [
    ["create", "cluster", "c", "--kubeconfig", "-"], ["set", "kubeconfig", "--cluster", "c", "-"], ["apply", "-f", "-"]])
@pytest.mark.parametrize("content", ["", "\n\n# only comment\n", "---\n"])
def test_an_input_that_is_empty_is_said_to_be_empty(arguments, content):
    ran = run_cli(*arguments, stdin=content, env={"SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_test"})
    assert ran.returncode == REFUSED and "empty" in ran.stderr and ran.stderr.startswith("error: standard input: "), ran.stderr


def test_the_way_to_the_next_page_can_be_pasted(server, admin, uid):
    admin.load(uid, snapshots(12, ["web"]))
    environment = clean_environment(server.login() | {"PATH": "/usr/bin:/bin"})
    line = f"{BINARY} get snapshots --cluster '{uid}' -n web --limit 5 -o name"
    printed = []
    pages = 0
    while line:
        ran = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True, timeout=60, env=environment)
        printed += ran.stdout.split()
        pages += 1
        line = next((said.strip() for said in ran.stderr.splitlines() if said.startswith("  ")), None)
        assert (line is None) == (pages == 3), ran.stderr
    assert len(set(printed)) == 12


def test_a_wide_table_of_clusters_says_more(server, uid, tmp_path):
    file = tmp_path / "gone.kubeconfig"
    file.write_text(kubeconfig_of("https://127.0.0.1:1", {"token": "t"}))
    assert server.cli("create", "cluster", "gone-" + uid, "--kubeconfig", file).returncode == OK
    narrow, wide = (server.cli("get", "clusters", uid, "gone-" + uid, *more).stdout.splitlines() for more in ([], ["-o", "wide"]))
    assert narrow[0].split()[-1] == "REASON" and wide[0].split()[-5:] == ["BYTES", "SKIPPED", "VERSION", "SERVER", "KINDS"]
    assert wide[1].split()[-4:] == ["<none>"] * 4
    assert wide[2].split()[-4:] == ["0", "<none>", "https://127.0.0.1:1", "<none>"]


def test_one_is_no_plural_and_advice_is_given_once(server, admin, uid):
    project = admin.create_project("one-of-each-" + uid)
    inside = admin.create_cluster(uid + "-in", projectUid=project["uid"])
    admin.create_key("k-" + uid, projectUid=project["uid"])
    admin.load(inside["uid"], [snapshot("web", "one")])
    for kind, name, held in ("cluster", inside["name"], "holds 1 snapshot"), ("project", project["name"], "holds 1 cluster and 1 key"):
        ran = server.cli("delete", kind, name)
        assert ran.returncode == REFUSED
        assert ran.stderr.strip().endswith(f"{held}: 'snapgate delete {kind} {name} --force' also deletes what it holds"), ran.stderr
        assert "force=true" not in ran.stderr


@pytest.mark.parametrize("arguments", [["get", "clusters"], ["get", "snapshots", "--all"], ["--version"], ["get", "--help"], ["serve", "--help"]])
def test_output_that_cannot_be_written_is_told_once(server, admin, uid, arguments):
    admin.load(uid, [snapshot("web", "one")])
    if "snapshots" in arguments:
        arguments = [*arguments, "--cluster", uid]
    environment = server.login()
    with open("/dev/full", "w", encoding="utf-8") as full:
        ran = subprocess.run([str(BINARY), *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
                             env=clean_environment(environment))
    assert ran.returncode == REFUSED
    assert ran.stderr.count("could not be written") == 1 and len(ran.stderr.splitlines()) == 1, ran.stderr


@pytest.mark.parametrize("command", [
    ["get", "snapshots", "--cluster", "c"], ["get", "vms", "--all-clusters"], ["get", "keys"], ["get", "clusters"], ["check", "cluster", "c"],
    ["import", "--cluster", "c", "-"], ["create", "project", "p"], ["version"], ["whoami"]])
def test_a_command_takes_the_formats_that_its_message_lists(command):
    env = {"SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_test"}

    def said(output):
        ran = run_cli(*command, "-o", output, stdin="{}", env=env)
        return ran.stderr if ran.returncode == USAGE else ""

    listed = re.fullmatch(r"error: -o nonsense: this command takes (.*)", said("nonsense").splitlines()[0])[1]
    taken = re.split(r", | or ", listed)
    for word in ["table", "wide", "json", "yaml", "name", "csv", "jsonl"]:
        assert (word in taken) == (said(word) == ""), (word, listed, said(word))


@pytest.mark.parametrize("output", [[], ["-o", "json"], ["-o", "name"], ["-o", "jsonpath={.name[3]}"]])
def test_a_key_that_nobody_could_see_can_be_deleted(server, uid, output):
    with open("/dev/full", "w", encoding="utf-8") as full:
        ran = subprocess.run([str(BINARY), "create", "key", f"lost-{uid}", *output], stdout=full, stderr=subprocess.PIPE, text=True,
                             check=False, timeout=60, env=clean_environment(server.login()))
    said = re.search(r"'snapgate (delete key \S+)' deletes it", ran.stderr)
    assert ran.returncode != OK and said and ran.stderr.count("error: ") == 1 and "sgk_" not in ran.stderr, ran.stderr
    assert server.cli(*said[1].split()).returncode == OK
    assert f"lost-{uid}" not in server.cli("get", "keys").stdout


def test_a_wrong_name_of_a_cluster_is_wrong_use(server, uid, tmp_path):
    (tmp_path / "edge").write_text(kubeconfig_of("https://127.0.0.1:1", {"token": "t"}))
    for arguments in ([" bad"], ["good", "--uid", "a/b"]):
        ran = server.cli("create", "cluster", *arguments, "--kubeconfig", tmp_path / "edge")
        assert ran.returncode == USAGE and ran.stderr.startswith("error: "), ran.stderr


def test_a_command_that_has_no_names_to_print_refuses_them():
    ran = run_cli("import", "--cluster", "c", "-o", "name", "-", stdin="{}", env={"SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_test"})
    assert ran.returncode == USAGE and "name" in ran.stderr and ran.stdout == "", ran


@pytest.mark.parametrize("limit", ["0", "51", "-1", "x"])
def test_a_page_that_is_too_long_is_refused_by_the_command_line(limit):
    """The API takes it, as Palette does, and gives 50: whoever types it learns what a page may have."""
    ran = run_cli("get", "snapshots", "--cluster", "c", f"--limit={limit}", env={"SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_test"})
    assert ran.returncode == USAGE and "1 to 50" in ran.stderr and "--all" in ran.stderr, ran.stderr
