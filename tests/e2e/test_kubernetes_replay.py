"""The exchanges recorded from a real kube-apiserver, replayed in order against a hosted cluster."""

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from harness import REQUEST_SECONDS, ROOT, Server, wait_for

import transcripts

DOCUMENT = ROOT / "docs" / "kubernetes-api.md"


@pytest.fixture(scope="module")
def replay():
    """One replay for the whole module. A test of one exchange makes those before it run first."""
    folder = Path(tempfile.mkdtemp(prefix="snapgate-"))
    server = Server(folder / "data").start()
    server.client().create_cluster("recorded")

    def lose_history(replay):
        """What the recordings call compacted: a shorter history, waited for until its end is seen."""
        server.stop()
        server.arguments = ["--history", "1s"]
        server.start()
        expired = replay.exchange("163").request
        wait_for(lambda: replay.send(expired, "163").status == 410, "the recorded listing to expire", 20)

    def collected(replay):
        """The snapshot that 136 deleted in the foreground is the collector's to remove, in its own time. Its removal
        is a version of its own, so it comes before the versions that later exchanges bind."""
        deleted = {"method": "GET", "path": replay.exchange("136").request["path"].partition("?")[0]}
        wait_for(lambda: replay.send(deleted, "136").status == 404, "the garbage collector to remove a snapshot", 20)

    yield transcripts.Replay(lambda timeout: server.client().connect(max(timeout, REQUEST_SECONDS)), "recorded",
                             server.admin_key, {"137": collected, "161": lose_history})
    if server.running():
        server.stop()
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", [exchange.name for exchange in transcripts.load()])
def test_exchange(replay, name):
    differences = replay.differences(name)
    assert not differences, "\n".join(differences)


def test_all_recordings_are_there():
    recorded = transcripts.load()
    assert len(recorded) == 150
    assert sum(len(exchange.during) for exchange in recorded) == 6


def test_every_exemption_stands_in_the_document_with_its_reason():
    """The table of docs/kubernetes-api.md and the rows that the replay reads are the same."""
    rows = re.findall(r"^\| (\d{3}(?:, \d{3})*) \| (.*?) \| (.*?) \|$", DOCUMENT.read_text(encoding="utf-8"), re.M)
    documented = [([*numbers.split(", ")], compared, reason) for numbers, compared, reason in rows]
    in_use = []
    for row in transcripts.exemptions().values():
        if (row["exchanges"], row["compared"], row["reason"]) not in in_use:
            in_use.append((row["exchanges"], row["compared"], row["reason"]))
    assert documented == in_use


class TestComparison:
    """The comparison finds what is wrong."""

    @staticmethod
    def differences(recorded, ours, bindings=None, **options):
        comparison = transcripts.Comparison(bindings or transcripts.Bindings(), **options)
        comparison.compare(recorded, ours)
        return comparison.differences

    def test_values_and_types(self):
        assert self.differences({"a": [1, "x", None, True]}, {"a": [1, "x", None, True]}) == []
        for wrong in ({"a": [1, "x", None, 1]}, {"a": [1, "x", None]}, {"a": [1, "x", "", True]}, {"b": 1},
                      {"a": [True, "x", None, True]}, {"a": [1, "x", None, True], "b": 1}, {"a": {}}):
            assert self.differences({"a": [1, "x", None, True]}, wrong), wrong

    def test_a_uid_stands_for_one_of_ours(self):
        one, two, ours = (f"{digit * 8}-1111-4111-8111-111111111111" for digit in "12a")
        bindings = transcripts.Bindings()
        assert self.differences({"uid": one}, {"uid": ours}, bindings) == []
        assert self.differences({"uid": one}, {"uid": two}, bindings)
        assert self.differences({"message": f"not {one}"}, {"message": f"not {ours}"}, bindings) == []
        assert self.differences({"message": f"not {one}"}, {"message": f"not {one}"}, bindings)
        assert self.differences({"uid": two}, {"uid": "7"}, bindings)

    def test_versions_come_in_the_recorded_order(self):
        bindings = transcripts.Bindings()

        def differ(recorded, ours, **extra):
            return self.differences({"resourceVersion": recorded, **extra}, {"resourceVersion": ours, **extra}, bindings)

        assert not differ("100", "7", uid="u") and not differ("101", "7") and not differ("102", "8", uid="u")
        assert differ("100", "8") and differ("103", "7") and differ("104", "8", uid="u") and differ("105", "x")

    def test_times_and_tokens_are_ours(self):
        assert self.differences({"creationTimestamp": "2026-01-01T00:00:00Z"}, {"creationTimestamp": "2027-01-01T00:00:00Z"}) == []
        assert self.differences({"creationTimestamp": "2026-01-01T00:00:00Z"}, {"creationTimestamp": None})
        assert self.differences({"creationTime": "2026-01-01T00:00:00Z"}, {"creationTime": "2027-01-01T00:00:00Z"})
        assert self.differences({"continue": "abc"}, {"continue": "xyz"}) == []
        assert self.differences({"continue": "abc"}, {"continue": ""})
        assert self.differences({"continue": ""}, {"continue": "abc"})

    def test_the_order_of_a_list(self):
        recorded = {"items": [{"metadata": {"name": "b"}}, {"metadata": {"name": "a"}}]}
        ours = {"items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}
        assert self.differences(recorded, ours)
        assert self.differences(recorded, ours, ordered=False) == []
        assert self.differences(ours, recorded, ordered=False)

    def test_generated_names(self):
        def item(name):
            return {"metadata": {"name": name, "generateName": "nightly-"}}

        assert self.differences(item("nightly-fwsfc"), item("nightly-2bcd4")) == []
        assert self.differences(item("nightly-fwsfc"), item("nightly-aeiou"))
        assert self.differences(item("nightly-fwsfc"), item("other-2bcd4"))
