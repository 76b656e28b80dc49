"""What the log says of a cluster that is away for a while: one line when it goes, and one when it is back."""

from connected import Pair
from harness import wait_for


def test_a_cluster_that_goes_and_comes_back_has_two_lines(tmp_path):
    with Pair(tmp_path) as pair:
        pair.follow()
        port = pair.upstream.port
        pair.upstream.stop()
        pair.wait_for_state("Unreachable")
        wait_for(lambda: pair.mirror.client().cluster("the-cluster")["failures"] >= 4, "it is tried some times", 60)
        pair.upstream.listen = f"127.0.0.1:{port}"
        pair.upstream.start()
        pair.wait_for_state("Ready")
        back = wait_for(lambda: pair.mirror.log("a cluster is followed again"), "it is told")
        assert [line["kind"] for line in back] == ["virtualmachinesnapshots"]
        count, words = back[0]["after"].split(" ", 1)
        assert int(count) >= 4 and words.startswith("failed attempts in ") and ", the first by " in words
        # A kind that the cluster does not have is a matter of that kind; the connection is one of them all.
        away = [line for line in pair.mirror.log("a cluster cannot be followed") if line["state"] != "NotInstalled"]
        assert {line["kind"] for line in away} == {"virtualmachinesnapshots"}
        reasons = [line["reason"] for line in away]
        assert len(reasons) == len(set(reasons)) <= 3
