"""The questions of bench/fleet, each as snapgate's request and as PostgreSQL's statements, and how their answers are
told to be the same."""

from collections import Counter
from dataclasses import dataclass
from typing import Callable

FLEET = "/v1/spectroclusters/-/vms"
ROWS = 50

FAILED_SQL = """
SELECT c.uid, s.namespace, s.name, s.object::text FROM snapshots s JOIN clusters c ON c.id = s.cluster
WHERE s.state = 'Failed' AND s.finished >= now() - interval '7 days'
ORDER BY s.finished DESC NULLS LAST, s.cluster, s.namespace, s.name LIMIT 50
"""
# Both parts read facts_by_vm alone. A window function, max() over a text and array_agg() take longer than this join.
PROTECTION_SQL = """
WITH vms AS (
  SELECT cluster, namespace, vm, count(*) AS snapshots,
    count(*) FILTER (WHERE state = 'Failed' AND created >= now() - interval '24 hours') AS failed,
    max(taken) FILTER (WHERE state = 'Succeeded' AND ready) AS last_good
  FROM snapshots WHERE NOT of_clone GROUP BY cluster, namespace, vm
), attempts AS (
  SELECT DISTINCT ON (cluster, namespace, vm) cluster, namespace, vm, state AS last_state
  FROM snapshots WHERE NOT of_clone ORDER BY cluster, namespace, vm, created DESC, name DESC
), judged AS MATERIALIZED (
  SELECT *, CASE
    WHEN last_good >= now() - interval '24 hours' THEN 'Protected' WHEN last_state = 'Failed' THEN 'Failing'
    WHEN last_good IS NOT NULL THEN 'Late' ELSE 'Never' END AS verdict
  FROM vms JOIN attempts USING (cluster, namespace, vm)
)
SELECT (SELECT json_object_agg(verdict, n) FROM (SELECT verdict, count(*) AS n FROM judged GROUP BY 1) t), c.uid, j.*
FROM judged j JOIN clusters c ON c.id = j.cluster
WHERE verdict <> 'Protected' ORDER BY last_good NULLS LAST, cluster, namespace, vm LIMIT 50
"""
SUMMARY_SQL = [
    """
SELECT cluster, state, consistency, ready, count(*), count(*) FILTER (WHERE stuck_at <= now()) FROM snapshots
GROUP BY 1, 2, 3, 4
""",
    "SELECT (created AT TIME ZONE 'UTC')::date, count(*) FROM snapshots GROUP BY 1",
    """
SELECT (finished AT TIME ZONE 'UTC')::date, state, count(*) FROM snapshots
WHERE state IN ('Succeeded', 'Failed') GROUP BY 1, 2
""",
    # In two steps: count(DISTINCT ...) sorts each group, where the index `causes` has the order.
    """
WITH vms AS (
  SELECT cause_class, cluster, namespace, vm, count(*) AS snapshots FROM snapshots WHERE cause_class IS NOT NULL
  GROUP BY 1, 2, 3, 4
), clusters AS (
  SELECT cause_class, cluster, sum(snapshots) AS snapshots, count(*) AS vms FROM vms GROUP BY 1, 2
)
SELECT cause_class, sum(snapshots)::bigint, sum(vms)::bigint, count(*) FROM clusters GROUP BY 1 ORDER BY 2 DESC LIMIT 50
""",
]
# What is skipped is read from the primary key alone: with the objects in the same query it takes fifty times as long.
OFFSET_SQL = """
SELECT c.name, s.name, s.object::text FROM (
  SELECT cluster, namespace, name FROM snapshots ORDER BY cluster, namespace, name LIMIT 50 OFFSET {offset}
) place JOIN snapshots s USING (cluster, namespace, name) JOIN clusters c ON c.id = s.cluster
ORDER BY s.cluster, s.namespace, s.name
"""
COPY_SQL = """
COPY (SELECT c.name, c.uid, c.project, s.namespace, s.name, s.uid, s.vm, s.state,
  s.state = 'Succeeded' AND s.ready, s.ready, s.consistency, s.created, s.finished,
  extract(epoch FROM s.finished - s.created)::int, coalesce(s.stuck_at <= now(), false), s.cause, s.cause_class
  FROM snapshots s JOIN clusters c ON c.id = s.cluster) TO STDOUT (FORMAT csv)
"""


@dataclass(frozen=True)
class Question:
    title: str
    path: str
    most_ms: float
    least_ratio: float
    statements: list
    # What is compared of snapgate's answer, and of the rows of each statement.
    ours: Callable
    theirs: Callable


def place_of(item):
    return item["metadata"]["clusterName"], item["metadata"]["namespace"], item["metadata"]["name"]


def failed_ours(answer):
    return [place_of(item) for item in answer["items"]]


def failed_theirs(results):
    return [row[:3] for row in results[0]]


def protection_ours(answer):
    # A cluster is never older here than what is asked about.
    totals = {verdict: count for verdict, count in answer["totals"].items() if count}
    return totals, [(item["cluster"]["uid"], item["namespace"], item["vm"], item["verdict"], item["snapshots"],
                     item["failed"]) for item in answer["items"]]


def protection_theirs(results):
    rows = results[0]
    return rows[0][0], [(uid, namespace, vm, verdict, snapshots, failed)
                        for _, uid, _, namespace, vm, snapshots, failed, _, _, verdict in rows]


def summary_ours(answer):
    return {
        "numbers": [answer["total"], answer["good"], answer["stuck"]],
        "states": {state: count for state, count in answer["byState"].items() if count},
        "consistency": {name: count for name, count in answer["byConsistency"].items() if count},
        "clusters": sorted(cluster["total"] for cluster in answer["byCluster"]),
        "created": {day["day"]: day["created"] for day in answer["byDay"]},
        "ended": {day["day"]: (day["succeeded"], day["failed"]) for day in answer["byDay"]},
        # The texts of the classes differ a little; what belongs together does not.
        "causes": sorted((cause["count"], cause["vms"], cause["clusters"]) for cause in answer["causes"]),
    }


def summary_theirs(results):
    groups, created, ended, causes = results
    states, consistencies, clusters = Counter(), Counter(), Counter()
    good = 0
    for cluster, state, consistency, ready, count, _ in groups:
        states[state] += count
        consistencies[consistency] += count
        clusters[cluster] += count
        good += count if state == "Succeeded" and ready else 0
    days = {str(day): count for day, count in created}
    ends = {}
    for day, state, count in ended:
        one = ends.setdefault(str(day), [0, 0])
        one[state == "Failed"] += count
    return {
        "numbers": [sum(states.values()), good, sum(row[5] for row in groups)],
        "states": dict(states), "consistency": dict(consistencies), "clusters": sorted(clusters.values()),
        "created": days, "ended": {day: tuple(counts) for day, counts in ends.items()},
        "causes": sorted(row[1:] for row in causes),
    }


def same_days(ours, theirs):
    """snapgate shows 90 days, and a day without anything too."""
    for name, nothing in (("created", 0), ("ended", (0, 0))):
        theirs[name] = {day: theirs[name].get(day, nothing) for day in ours[name]}
    return ours == theirs


def equal(ours, theirs):
    return same_days(ours, theirs) if isinstance(ours, dict) else ours == theirs


QUESTIONS = {
    "failed": Question("failed in the last 7 days, newest first", f"{FLEET}/snapshot?phase=Failed&finishedAfter=7d"
                       f"&sort=-finished&limit={ROWS}", 20, 5, [FAILED_SQL], failed_ours, failed_theirs),
    "protection": Question("verdicts other than Protected, worst first, with totals", f"{FLEET}/protection"
                           f"?maxAge=24h&verdict=Late,Failing,Never,Unknown&sort=-age&limit={ROWS}", 60, 10,
                           [PROTECTION_SQL], protection_ours, protection_theirs),
    "summary": Question("summary", f"{FLEET}/summary", 60, 10, SUMMARY_SQL, summary_ours, summary_theirs),
}
# Filters and sorts that no index of anybody's is made for.
SORTS = [
    "consistency=crash,unknown&good=true&sort=-duration", "cause=deadline&sort=vm", "name=NIGHTLY&sort=name",
    "labelSelector=vmo-manager.spectrocloud.com/scheduled%3Dtrue&sort=-created", "stuck=true&sort=created",
    "createdBefore=30d&phase=Succeeded&sort=-finished", "vmName=db-0003&sort=duration",
]
