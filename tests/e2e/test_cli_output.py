"""What -o prints with templates and columns, compared with kubectl on the same objects; titles, labels, and colours."""

import json
import re
import subprocess

import pytest

from cli import USAGE
from harness import clean_environment, run_cli, snapshot
from kube import Kubectl, write_kubeconfig
from kubectls import PROGRAMS
from terminal import OnTerminal

OBJECTS = [
    {**snapshot("web", "one", vm="db-01", labels={"app.kubernetes.io/name": "shop", "tier": "web"}), "status": {
        "phase": "Failed", "readyToUse": False, "indications": ["Online", "NoGuestAgent"],
        "conditions": [{"type": "Ready", "status": "False", "reason": "x"}, {"type": "Progressing", "status": "True"}]}},
    {**snapshot("web", "three", vm="db-02", labels={"tier": "db"}), "status": {"phase": "Succeeded", "readyToUse": True, "indications": []}},
    {**snapshot("web", "two", vm="db-01"), "status": {"phase": "Succeeded", "readyToUse": True, "indications": ["Online"]}},
]

TEMPLATES = [
    "{.items[*].metadata.name}",
    "{.items[0].metadata.name}{.items[-1].metadata.name}",
    "{$.items[0:2].metadata.name}",
    "{.items[::2].metadata.name}",
    "{.items[0,2].metadata.name}",
    "{.items[*]['metadata'].name}",
    "{.items[*].metadata['name','namespace']}",
    "{range .items[*]}{.metadata.name}{\"\\t\"}{.status.phase}{\"\\n\"}{end}",
    "{range .items[*]}{.metadata.name}:{range .status.indications[*]}<{@}>{end};{end}done",
    "{.items[?(@.status.phase==\"Failed\")].metadata.name}",
    "{.items[?(@.status.phase!='Failed')].metadata.name}",
    "{.items[?(@.status.readyToUse==true)].metadata.name}",
    "{.items[?(@.metadata.labels.tier)].metadata.name}",
    "{.items[*].status.conditions[?(@.type==\"Ready\")].status}",
    "{.items[0].status.readyToUse}",
    "{.items[0].metadata.labels.app\\.kubernetes\\.io/name}",
    "{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}",
    "{..phase}",
    "{.items[*].spec.source.nothing}",
    "{.items[0].kind}{'\\n'}{\"a\\\"b\\\\c\"}",
    "plain {.items[0].kind} text",
    "{.items[0].status.indications}",
    "{range .nothing[*]}x{end}y",
]

WRONG = ["{.items[9]}", "{.items[*].metadata.name", "{.kind[0]}", "{foo}", "{end}", "{.items[x]}", "{.items[?(@.status.phase=='x']}"]

COLUMNS = [
    "NAME:.metadata.name,PHASE:.status.phase",
    "NAME:metadata.name,NONE:.spec.nothing",
    "NAME:{.metadata.name},IND:.status.indications[*]",
    "N:.metadata.name,APP:.metadata.labels.app\\.kubernetes\\.io/name",
]


SERVER_ARGUMENTS = ("--tls-self-signed",)


@pytest.fixture(scope="module")
def loaded(server):
    client = server.client()
    client.create_cluster("columns")
    client.load("columns", OBJECTS)
    return server


@pytest.fixture
def snapgate(loaded):
    def run(*arguments, **options):
        return loaded.cli("get", "snapshots", "--cluster", "columns", "-n", "web", *arguments, tls=True, **options)

    return run


@pytest.fixture
def kubectl(loaded, tmp_path, program):
    caller = Kubectl(program, write_kubeconfig(loaded, "columns", tmp_path / "columns.json"), tmp_path)
    return lambda *arguments: caller.run("get", "vmsnapshots", "-n", "web", *arguments)


def same(one, other):
    """Texts that are equal, or JSON that says the same."""
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return one == other


@pytest.mark.parametrize("program", PROGRAMS)
def test_templates_print_what_kubectl_prints(snapgate, kubectl):
    for template in TEMPLATES:
        ours, theirs = (run("-o", f"jsonpath={template}") for run in (snapgate, kubectl))
        assert ours.returncode == theirs.returncode == 0, (template, ours.stderr, theirs.stderr)
        assert same(ours.stdout, theirs.stdout), (template, ours.stdout, theirs.stdout)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_template_that_kubectl_refuses_is_refused_with_the_place(snapgate, kubectl):
    for template in WRONG:
        assert kubectl("-o", f"jsonpath={template}").returncode != 0, template
        ours = snapgate("-o", f"jsonpath={template}")
        assert ours.returncode == USAGE and ours.stdout == "" and "jsonpath" in ours.stderr, (template, ours.stderr)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("more", [[], ["--no-headers"]])
def test_custom_columns_are_kubectls(snapgate, kubectl, more):
    for columns in COLUMNS:
        ours, theirs = (run("-o", f"custom-columns={columns}", *more) for run in (snapgate, kubectl))
        assert ours.returncode == theirs.returncode == 0, (columns, ours.stderr, theirs.stderr)
        assert [line.split() for line in ours.stdout.splitlines()] == [line.split() for line in theirs.stdout.splitlines()], columns


def test_templates_can_be_in_a_file(snapgate, tmp_path):
    (tmp_path / "template").write_text("{.items[0].metadata.name}\n")
    assert snapgate("-o", "jsonpath-file=template", cwd=tmp_path).stdout == "one\n"
    (tmp_path / "columns").write_text("NAME VM\nmetadata.name spec.source.name\n")
    assert snapgate("-o", "custom-columns-file=columns", cwd=tmp_path).stdout.splitlines()[1].split() == ["one", "db-01"]
    assert snapgate("-o", "jsonpath-file=none", cwd=tmp_path).returncode == USAGE


@pytest.mark.parametrize("more", [["--all"], ["-l", "tier"], ["one", "three"], ["--all-clusters"]])
def test_every_way_to_list_takes_templates_and_columns(loaded, more):
    scope = [] if "--all-clusters" in more else ["--cluster", "columns"]
    for output, wanted in ("jsonpath={.items[*].metadata.name}", ""), ("custom-columns=N:.metadata.name", "N\n"):
        ran = loaded.cli("get", "snapshots", *scope, *more, "-o", output, tls=True)
        assert ran.returncode == 0, ran.stderr
        names = [name for name in ran.stdout.removeprefix(wanted).split()]
        assert names[:2] == ["one", "three"], ran.stdout


@pytest.mark.parametrize("arguments, printed", [
    (["get", "clusters", "-o", "jsonpath={.items[*].name}"], "columns"),
    (["get", "clusters", "columns", "-o", "jsonpath={.name} {.type}"], "columns hosted"),
    (["get", "clusters", "-o", "custom-columns=N:.name,T:.type"], "N         T\ncolumns   hosted\n"),
    (["get", "clusters", "--no-headers", "-o", "custom-columns=N:.name"], "columns\n"),
    (["get", "keys", "-o", "custom-columns=R:.role"], "R\nadmin\n"),
    (["get", "projects", "-o", "jsonpath={.items[0].name}"], "Default"),
    (["get", "vms", "--cluster", "columns", "-o", "custom-columns=VM:.vm"], "VM\ndb-01\ndb-02\n"),
    (["whoami", "-o", "jsonpath={.role}{\"\\n\"}"], "admin\n"),
    (["version", "-o", "jsonpath={.client.version}"], "0."),
])
def test_every_command_that_prints_objects_takes_them(loaded, arguments, printed):
    ran = loaded.cli(*arguments, tls=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == printed or (printed == "0." and ran.stdout.startswith(printed)), ran.stdout


def test_lines_of_json_are_one_object_each(loaded):
    ran = loaded.cli("get", "clusters", "-o", "jsonl", tls=True)
    assert [json.loads(line)["name"] for line in ran.stdout.splitlines()] == ["columns"]
    one = json.loads(loaded.cli("get", "clusters", "columns", "-o", "json", tls=True).stdout)
    assert json.loads(loaded.cli("get", "clusters", "columns", "-o", "jsonl", tls=True).stdout)["uid"] == one["uid"]


def test_labels_are_columns(snapgate):
    lines = [line.split() for line in snapgate("-L", "tier,app.kubernetes.io/name").stdout.splitlines()]
    assert lines[0][-3:] == ["CAUSE", "TIER", "NAME"]
    assert [line[-2:] for line in lines[1:]] == [["web", "shop"], ["db", "<none>"], ["<none>", "<none>"]]
    lines = [line.split() for line in snapgate("--show-labels", "--all").stdout.splitlines()]
    assert lines[0][-1] == "LABELS"
    assert [line[-1] for line in lines[1:]] == ["app.kubernetes.io/name=shop,tier=web", "tier=db", "<none>"]
    assert "custom-columns" in snapgate("--show-labels", "--phase", "Failed").stderr


def without_age(table, titles=None):
    """The rows of a table that was printed, without the column AGE: a second may pass between two that are compared."""
    rows = [line.split() for line in table.splitlines()]
    age = (titles or rows[0]).index("AGE")
    return [row[:age] + row[age + 1:] for row in rows]


def test_tables_without_titles_are_their_rows(loaded, snapgate):
    titled, bare = (snapgate(*more).stdout for more in ([], ["--no-headers"]))
    assert without_age(titled)[1:] == without_age(bare, titled.splitlines()[0].split())
    for arguments in (["get", "clusters"], ["get", "projects"], ["get", "keys"], ["get", "vms", "--cluster", "columns"],
                      ["get", "snapshots", "--all-clusters"]):
        titled, bare = (loaded.cli(*arguments, *more, tls=True).stdout.splitlines() for more in ([], ["--no-headers"]))
        assert len(bare) == len(titled) - 1 and titled[0].split()[0] not in {line.split()[0] for line in bare}


@pytest.mark.parametrize("output, said", [
    ("jsonpath", "-o jsonpath needs a template"),
    ("custom-columns=", "needs columns"),
    ("custom-columns=NAME", "is no TITLE:EXPRESSION"),
    ("go-template={{.kind}}", "this command takes table, wide, json, yaml, name, csv, jsonl, jsonpath=... or custom-columns=..."),
])
def test_a_format_that_is_wrong_is_told_before_anybody_is_asked(output, said):
    ran = run_cli("get", "snapshots", "--cluster", "c", "-o", output, env={"SNAPGATE_SERVER": "http://127.0.0.1:1", "SNAPGATE_API_KEY": "sgk_x"})
    assert ran.returncode == USAGE and said in ran.stderr, ran.stderr


def on_terminal(server, *arguments, columns=200, **env):
    """What a command writes to a terminal of so many columns."""
    environment = clean_environment({"TERM": "xterm", "LC_ALL": "C.UTF-8", **server.login(tls=True), **env})
    for name in {"COLUMNS", "NO_COLOR"} - set(env):
        environment.pop(name, None)
    with OnTerminal(arguments, environment, columns, stdin=subprocess.DEVNULL) as terminal:
        assert terminal.end() == 0, terminal.shown
    return terminal.shown.decode().replace("\r\n", "\n")


def test_states_are_coloured_on_a_terminal_alone(loaded, snapgate):
    arguments = ["get", "snapshots", "--cluster", "columns"]
    coloured = on_terminal(loaded, *arguments)
    assert "\x1b[31mFailed\x1b[0m" in coloured and "\x1b[32mSucceeded\x1b[0m" in coloured
    assert "\x1b[32mReady\x1b[0m" in on_terminal(loaded, "get", "clusters")

    plain = re.sub("\x1b\\[[0-9]+m", "", coloured)
    for off in {"NO_COLOR": "1"}, {"TERM": "dumb"}:
        shown = on_terminal(loaded, *arguments, **off)
        assert "\x1b" not in shown and without_age(shown) == without_age(plain)
    assert "\x1b" not in snapgate().stdout


def test_columns_and_locale_of_the_environment_are_kept(loaded):
    arguments = ["get", "snapshots", "--cluster", "columns", "-o", "wide"]
    for width in 60, 80:
        lines = on_terminal(loaded, *arguments, COLUMNS=str(width), NO_COLOR="1").splitlines()
        assert max(len(line) for line in lines) <= width
    narrow = on_terminal(loaded, *arguments, columns=40, NO_COLOR="1")
    assert "…" in narrow and max(len(line) for line in narrow.splitlines()) <= 40
    ascii_only = on_terminal(loaded, *arguments, columns=40, NO_COLOR="1", LC_ALL="C")
    assert ascii_only.isascii() and "..." in ascii_only and max(len(line) for line in ascii_only.splitlines()) <= 40


# Controls, marks that turn the direction of text, tags and other characters that nobody sees.
HIDDEN = "\x1b\x07\u009b\u202e\u2066\u2069\u200b\U000e0041"
LETTERS = "\u00e4\u20ac\U0001f600"


def test_no_output_shows_what_hides_or_turns(cli, admin, uid, tmp_path):
    item = {**snapshot("web", "one", vm="db-01", annotations={"note": HIDDEN}), "status": {
        "phase": "Failed", "readyToUse": False, "error": {"message": f"no {HIDDEN} room"},
        "conditions": [{"type": "Ready", "status": "False", "message": HIDDEN}]}}
    admin.load(uid, [item])
    here, one = ("--cluster", uid), ("--cluster", uid, "-n", "web")
    for arguments in (*(["get", "snapshots", *here, "-o", form] for form in
                        ("table", "wide", "json", "yaml", "jsonl", "csv", "name", "jsonpath={.items[0].status}",
                         "jsonpath={.items[0].metadata.annotations.note}", "custom-columns=E:.status.error.message")),
                      ["get", "snapshots", *here, "--phase", "Failed"], ["get", "vms", *here, "-o", "csv"], ["get", "vms", *here],
                      ["describe", "snapshot", "one", *one], ["report", "failures", *here], ["export", *here],
                      ["delete", "snapshots", *here, "--phase", "Failed", "--force", "--dry-run"],
                      ["get", "snapshots", HIDDEN, *one], ["get", "snapshots", *here, "--phase", HIDDEN], ["get", "clusters", HIDDEN],
                      ["get", "snapshots", *here, "-l", HIDDEN], ["get", "clusters", "-o", HIDDEN], [HIDDEN], ["get", f"--{HIDDEN}"],
                      ["import", *here, HIDDEN], ["export", *here, "--to", f"none/{HIDDEN}"], ["get", "clusters", "--ca", HIDDEN],
                      ["serve", "--config", HIDDEN], ["serve", "--data-dir", f"/dev/null/{HIDDEN}"], ["fsck", "--data-dir", HIDDEN]):
        ran = cli.run(*arguments)
        assert not set(ran.stdout + ran.stderr) & set(HIDDEN), (arguments, ran)
    piped = cli.good("export", *here)
    assert "\\u202e" in piped
    cli.good("export", *here, "--to", tmp_path / "file.json")
    kept = (tmp_path / "file.json").read_text(encoding="utf-8")
    assert "\u202e" in kept and json.loads(kept) == json.loads(piped)
    assert json.loads(piped)["items"][0]["status"]["error"]["message"] == f"no {HIDDEN} room"


def test_letters_of_long_answers_come_whole(cli, admin, uid):
    admin.load(uid, [{**snapshot("web", f"s-{i}"), "status": {"phase": "Failed", "error": {"message": LETTERS * 40 + "x" * (i % 7)}}}
                     for i in range(3000)])
    for arguments in (["get", "snapshots", "--cluster", uid, "-o", "csv"], ["get", "snapshots", "--cluster", uid, "-o", "jsonl"],
                      ["export", "--cluster", uid]):
        assert cli.good(*arguments).count(LETTERS * 40) >= 3000
