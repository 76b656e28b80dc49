"""What a replica tells of itself to Prometheus is what docs/alerts.md says of replicas."""

import re

from harness import ROOT


def test_the_document_names_each_family_of_a_replica(start_replicas):
    server = start_replicas(replicas=1).servers[0]
    text = server.client().get("/metrics").body.decode()
    told = re.findall(r"^\| `(snapgate_replica_\w+)` \|", (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert told
    assert sorted(told) == sorted(re.findall(r"^# TYPE (snapgate_replica_\S+) ", text, re.MULTILINE))
