"""The questions of bench/neighbours: every read of the API, in the forms that cost something."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from neighbour_data import CLUSTER, GROUP, PROJECT, last_in_order, namespace_of, snapshot_name, vm_name
from server import TABLE

ONE = f"/v1/spectroclusters/{CLUSTER}/vms"
FLEET = "/v1/spectroclusters/-/vms"
BELOW = f"/clusters/{CLUSTER}"
KUBE = f"{BELOW}/apis/{GROUP}/v1beta1"
SNAPSHOTS = "virtualmachinesnapshots"
RESTORES = "virtualmachinerestores"
KUBE_FLEET = f"/clusters/-/apis/{GROUP}/v1beta1"

GZIP = {"Accept-Encoding": "gzip"}
CSV = {"Accept": "text/csv"}
LINES = {"Accept": "application/x-ndjson"}
YAML = {"Accept": "application/yaml"}
EVENTS = {"Accept": "text/event-stream"}
AS_TABLE = {"Accept": TABLE}
AS_METADATA = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}
AS_DISCOVERY = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
AS_PROTOBUF = {"Accept": "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"}

# Selectors as large as the server takes them: 200 terms, 1,000 values.
ABSENT = "tier=none"
HALF = "side=left"
VALUES = f"tier in ({','.join(f'v{number}' for number in range(990))})"
TERMS = ",".join(f"tier!=x{number}" for number in range(195))
ABSENT_KEYS = ",".join(f"zz{number}!=x" for number in range(195)) + ",tier=none"
VALUES_AND_TERMS = ",".join(f"tier notin (v{number},w,x,y,z)" for number in range(195))
SELECTORS = {"absent": ABSENT, "half": HALF, "values": VALUES, "terms": TERMS, "absent-keys": ABSENT_KEYS,
             "values-and-terms": VALUES_AND_TERMS}
FIELDS = {"absent": "metadata.name=none", "all-but-one": "metadata.name!=none",
          "terms": ",".join(f"metadata.name!=x{number}" for number in range(195))}

# What a watch begins with, and that this is all of it.
INITIAL = {"watch": "1", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
ALL_INITIAL = b"k8s.io/initial-events-end"
ONLY_CHANGES = {"watch": "1", "sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan"}
SYNCED = b"event: synced"


@dataclass(frozen=True)
class Question:
    name: str
    path: str
    headers: dict = field(default_factory=dict)
    # Of an answer that does not end: what a reader reads up to. b"" is the head.
    until: bytes | None = None
    # How many may ask at once, where that is few.
    at_once: int | None = None


def query(path, **parameters):
    return f"{path}?{urlencode(parameters)}"


def selected(name, path, headers=None):
    return [Question(f"{name}-label-{how}", query(path, labelSelector=selector), headers or {})
            for how, selector in SELECTORS.items()]


def palette():
    snapshots = f"{ONE}/snapshot"
    return [
        Question("palette-page", snapshots),
        Question("palette-page-gzip", snapshots, GZIP),
        Question("palette-page-rows", query(snapshots, format="rows")),
        Question("palette-vm", query(snapshots, vmName=vm_name(0))),
        Question("palette-vm-absent", query(snapshots, vmName="none")),
        Question("palette-namespace-absent", query(snapshots, namespace="none")),
        *selected("palette", snapshots),
        Question("palette-sorted", query(snapshots, sort="-created")),
        Question("palette-csv", snapshots, CSV),
        Question("palette-lines", snapshots, LINES),
        Question("palette-events", snapshots, EVENTS, until=SYNCED),
        Question("palette-one", query(f"{ONE}/{vm_name(0)}/snapshot/{snapshot_name(0)}", namespace=namespace_of(0))),
        Question("palette-protection", f"{ONE}/protection"),
        Question("palette-summary", f"{ONE}/summary"),
        Question("palette-sources", f"{ONE}/sources"),
        Question("dashboard-clusters", "/v1/dashboard/spectroclusters/vms"),
        Question("dashboard-projects", "/v1/dashboard/projects/metadata"),
    ]


def fleet():
    snapshots, protection, summary, sources = (f"{FLEET}/{name}" for name in ("snapshot", "protection", "summary",
                                                                              "sources"))
    return [
        Question("fleet-page", snapshots),
        Question("fleet-page-1000", query(snapshots, limit=1000)),
        Question("fleet-page-1000-gzip", query(snapshots, limit=1000), GZIP),
        Question("fleet-page-1000-rows", query(snapshots, limit=1000, format="rows")),
        *selected("fleet", snapshots),
        Question("fleet-sorted", query(snapshots, sort="-created")),
        Question("fleet-sorted-part-of-name", query(snapshots, sort="vm", name=snapshot_name(0)[:3])),
        Question("fleet-sorted-label-half", query(snapshots, sort="duration", labelSelector=HALF)),
        Question("fleet-failed", query(snapshots, phase="Failed", sort="-finished")),
        Question("fleet-cause", query(snapshots, cause="guest agent", sort="vm")),
        Question("fleet-cause-absent", query(snapshots, cause="none")),
        Question("fleet-csv", snapshots, CSV),
        Question("fleet-csv-gzip", snapshots, {**CSV, **GZIP}),
        Question("fleet-csv-sorted", query(snapshots, sort="name"), CSV),
        Question("fleet-csv-label-values-and-terms", query(snapshots, labelSelector=VALUES_AND_TERMS), CSV),
        Question("fleet-lines", snapshots, LINES),
        Question("fleet-lines-gzip", snapshots, {**LINES, **GZIP}),
        Question("fleet-events", snapshots, EVENTS, until=SYNCED),
        Question("fleet-events-gzip", snapshots, {**EVENTS, **GZIP}, until=b""),
        Question("fleet-events-label-absent", query(snapshots, labelSelector=ABSENT), EVENTS, until=SYNCED),
        Question("fleet-events-only-changes", query(snapshots, sendInitialEvents="false"), EVENTS, until=SYNCED),
        Question("protection", protection),
        Question("protection-1000", query(protection, limit=1000)),
        Question("protection-1000-gzip", query(protection, limit=1000), GZIP),
        Question("protection-worst", query(protection, verdict="Late,Failing,Never,Unknown", sort="-age")),
        Question("protection-label-absent", query(protection, labelSelector=ABSENT)),
        Question("protection-label-values-and-terms", query(protection, labelSelector=VALUES_AND_TERMS)),
        Question("protection-csv", protection, CSV),
        Question("protection-lines", protection, LINES),
        Question("summary", summary),
        Question("summary-gzip", summary, GZIP),
        Question("summary-label-half", query(summary, labelSelector=HALF)),
        Question("summary-label-values-and-terms", query(summary, labelSelector=VALUES_AND_TERMS)),
        Question("sources", sources),
        Question("sources-gzip", sources, GZIP),
    ]


def kubernetes(objects):
    snapshots, restores, whole = f"{KUBE}/{SNAPSHOTS}", f"{KUBE}/{RESTORES}", f"{KUBE_FLEET}/{SNAPSHOTS}"
    last = f'"{last_in_order(objects)}"'.encode()
    return [
        Question("kube-list", snapshots),
        Question("kube-list-gzip", snapshots, GZIP),
        Question("kube-page-500", query(snapshots, limit=500)),
        Question("kube-page-500-gzip", query(snapshots, limit=500), GZIP),
        Question("kube-page-1400-gzip", query(snapshots, limit=1400), GZIP),
        *selected("kube", snapshots),
        *(Question(f"kube-field-{how}", query(snapshots, fieldSelector=selector)) for how, selector in FIELDS.items()),
        Question("kube-table", snapshots, AS_TABLE),
        Question("kube-table-gzip", snapshots, {**AS_TABLE, **GZIP}),
        Question("kube-metadata", snapshots, AS_METADATA),
        Question("kube-yaml", snapshots, YAML),
        Question("kube-yaml-gzip", snapshots, {**YAML, **GZIP}),
        Question("kube-one", f"{KUBE}/namespaces/{namespace_of(0)}/{SNAPSHOTS}/{snapshot_name(0)}"),
        Question("kube-restores", restores),
        Question("kube-restores-yaml", restores, YAML),
        Question("kube-namespaces", f"{BELOW}/api/v1/namespaces"),
        Question("kube-events", f"{BELOW}/api/v1/events"),
        Question("kube-watch", query(snapshots, watch=1), until=last),
        Question("kube-watch-old-path", f"{KUBE}/watch/{SNAPSHOTS}", until=last),
        Question("kube-watch-list", query(snapshots, **INITIAL), until=ALL_INITIAL),
        Question("kube-watch-list-table", query(snapshots, **INITIAL), AS_TABLE, until=ALL_INITIAL),
        Question("kube-watch-list-label-values-and-terms", query(snapshots, **INITIAL, labelSelector=VALUES_AND_TERMS),
                 until=ALL_INITIAL),
        Question("kube-watch-list-label-absent", query(snapshots, **INITIAL, labelSelector=ABSENT), until=ALL_INITIAL),
        Question("kube-watch-only-changes", query(snapshots, **ONLY_CHANGES), until=b""),
        Question("kube-watch-restores", query(restores, **INITIAL), until=ALL_INITIAL),
        Question("kube-watch-namespaces", query(f"{BELOW}/api/v1/namespaces", watch=1), until=b""),
        Question("kube-fleet-list", whole),
        Question("kube-fleet-list-gzip", whole, GZIP),
        Question("kube-fleet-page-500", query(whole, limit=500)),
        Question("kube-fleet-label-values-and-terms", query(whole, labelSelector=VALUES_AND_TERMS)),
        Question("kube-fleet-label-absent", query(whole, labelSelector=ABSENT)),
        Question("kube-fleet-field-terms", query(whole, fieldSelector=FIELDS["terms"])),
        Question("kube-fleet-table", whole, AS_TABLE),
        Question("kube-fleet-yaml", whole, YAML),
        Question("kube-fleet-restores", f"{KUBE_FLEET}/{RESTORES}"),
        Question("kube-discovery", f"{BELOW}/apis", AS_DISCOVERY),
        Question("kube-openapi-v3", f"{BELOW}/openapi/v3/apis/{GROUP}/v1beta1"),
        Question("kube-openapi-v2", f"{BELOW}/openapi/v2"),
        Question("kube-openapi-v2-gzip", f"{BELOW}/openapi/v2", GZIP),
        Question("kube-openapi-v2-protobuf", f"{BELOW}/openapi/v2", AS_PROTOBUF),
    ]


def administration():
    return [
        Question("keys", "/admin/v1/keys"),
        Question("keys-gzip", "/admin/v1/keys", GZIP),
        Question("clusters", "/admin/v1/clusters"),
        Question("clusters-gzip", "/admin/v1/clusters", GZIP),
        Question("cluster", f"/admin/v1/clusters/{CLUSTER}"),
        Question("projects", "/admin/v1/projects"),
        Question("project", f"/admin/v1/projects/{PROJECT}"),
        Question("replicas", "/admin/v1/replicas"),
        Question("whoami", "/admin/v1/whoami"),
        # A third backup at once is refused.
        Question("backup", "/admin/v1/backup", at_once=2),
        Question("metrics", "/metrics"),
        Question("metrics-gzip", "/metrics", GZIP),
        Question("console", "/", {"Accept": "text/html"}),
        Question("openapi", "/openapi.json"),
        Question("openapi-gzip", "/openapi.json", GZIP),
        Question("livez", "/livez"),
        Question("readyz", "/readyz"),
        Question("version", "/version"),
    ]


def questions(objects):
    """By name, in their order; of a cluster with so many snapshots."""
    return {question.name: question for question in [*palette(), *fleet(), *kubernetes(objects), *administration()]}
