"""Writes dumps of VM snapshots as large as one likes, modelled on samples/kubectl-get-vmsnapshots.json.

Every object is one of the sample's 300 with its own name, namespace, VM, uids, day and resource
version, so that sizes and fields are spread as they are in the sample. An object follows from the
parameters and its place alone: the same parameters give the same bytes, in constant memory.
"""

import hashlib
import json
import math
import random
import re
import time
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "samples" / "kubectl-get-vmsnapshots.json"
# Part of what a kept dump is known by: raise it when the same parameters give other bytes.
VERSION = 1
SNAPSHOTS_PER_VM = 10
APPS = ["api", "batch", "cache", "db", "legacy", "queue", "search", "win"]
DAYS = 365
FIRST_DAY = date(2026, 1, 1)
FIRST_RESOURCE_VERSION = 40_000
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DAY_OF_TIME = re.compile(r"\d{4}-\d\d-\d\d(?=T\d\d:\d\d:\d\dZ)")
LIST_HEAD = '{\n    "apiVersion": "v1",\n    "items": [\n'
LIST_TAIL = '\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n'
LIST_INDENT = " " * 8
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Parameters:
    """What a dump is made from; equal parameters give equal bytes."""

    objects: int
    namespaces: int = 50
    seed: int = 1
    form: str = "lines"  # "lines": JSON lines; "list": what kubectl get -o json prints
    order: str = "name"  # "name": as kubectl prints; "shuffled"


@dataclass(frozen=True)
class Summary:
    objects: int
    bytes: int
    compact_bytes: int  # of the objects' compact JSON, without separators
    seconds: float


@dataclass(frozen=True)
class Template:
    text: str  # for the % operator with the values of one object
    suffix: str  # of the name, for the % operator
    spare: int  # how many bytes more it has than its compact form


def load_templates(form, seed):
    """The sample's objects with their values taken out, in an order of the seed's."""
    items = json.loads(SAMPLE.read_text(encoding="utf-8"))["items"]
    random.Random(seed).shuffle(items)
    templates = []
    for item in items:
        compact = template_text(json.loads(json.dumps(item)), "lines")
        text = template_text(item, form)
        spare = len(text.encode()) - len(compact.encode())
        templates.append(Template(text, suffix_of(item), spare))
    return templates


def suffix_of(item):
    """What the name of a snapshot has behind that of its VM, for the % operator."""
    suffix = item["metadata"]["name"].removeprefix(item["spec"]["source"]["name"] + "-")
    kind, number = suffix.rsplit("-", 1)
    assert len(number) == 4, suffix
    return re.sub(r"\d{8}", "%(plain_day)s", kind) + "-%(number)04d"


def template_text(item, form):
    metadata, source = item["metadata"], item["spec"]["source"]
    own_uid, vm_uid = metadata["uid"], item.get("status", {}).get("sourceUID")
    namespace = metadata["namespace"]
    values = dict(metadata, namespace="@namespace@", name="@name@", resourceVersion="@version@")
    if "labels" in values:
        values["labels"] = {name: "@namespace@" if value == namespace else value
                            for name, value in values["labels"].items()}
    if "annotations" in values:
        values["annotations"] = {name: re.sub(r"\d{4}$", "@ticket@", value)
                                 for name, value in values["annotations"].items()}
    if "ownerReferences" in values:
        values["ownerReferences"] = [dict(owner, name=owner["name"].replace(source["name"], "@vm@"))
                                     for owner in values["ownerReferences"]]
    item = dict(item, metadata=values, spec=dict(item["spec"], source=dict(source, name="@vm@")))

    if form == "list":
        text = json.dumps(item, indent=4, ensure_ascii=False)
        text = "\n".join(LIST_INDENT + line for line in text.split("\n"))
    else:
        text = json.dumps(item, separators=(",", ":"), ensure_ascii=False)
    assert "%" not in text
    # Uids and days stand within longer texts and in keys too.
    names = {own_uid: "@uid@", vm_uid: "@vm_uid@"}
    text = UUID.sub(lambda match: names.get(match[0], "@other_uid@"), text)
    text = DAY_OF_TIME.sub("@day@", text)
    return re.sub(r"@(\w+)@", r"%(\1)s", text)


def uid_of(seed, kind, number):
    text = hashlib.blake2b(b"%d %s %d" % (seed, kind, number), digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


class Dump:
    """The objects of one dump, one by one or all in order."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.templates = load_templates(parameters.form, parameters.seed)
        self.vms = math.ceil(parameters.objects / SNAPSHOTS_PER_VM)
        sample = json.loads(SAMPLE.read_text(encoding="utf-8"))["items"]
        bases = sorted({item["metadata"]["namespace"] for item in sample})
        width = max(3, len(str(parameters.namespaces - 1)))
        self.namespaces = [f"{bases[number % len(bases)]}-{number:0{width}d}"
                           for number in range(parameters.namespaces)]
        days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
        self.days = [day.isoformat() for day in days]
        self.plain_days = [day.strftime("%Y%m%d") for day in days]

    def vm_name(self, vm):
        """Unique in the cluster. A namespace's VMs are of one kind, so that the order of their names
        is that of their numbers: the first pages of a small and a large dump then hold the same
        templates, and are of one size."""
        return f"{APPS[vm % len(self.namespaces) % len(APPS)]}-{vm:06d}"

    def object(self, vm, snapshot, vm_uid):
        """The text of one object, its name, and how many bytes its compact form is shorter."""
        namespace = vm % len(self.namespaces)
        place = vm // len(self.namespaces) * SNAPSHOTS_PER_VM + snapshot
        number = vm * SNAPSHOTS_PER_VM + snapshot
        template = self.templates[(place + namespace * 37) % len(self.templates)]
        name = self.vm_name(vm)
        day = (vm * 7 + snapshot * 29) % DAYS
        values = {
            "namespace": self.namespaces[namespace],
            "vm": name,
            "uid": uid_of(self.parameters.seed, b"snapshot", number),
            "vm_uid": vm_uid,
            "other_uid": uid_of(self.parameters.seed, b"owner", number) if "other_uid" in template.text else "",
            "day": self.days[day],
            "plain_day": self.plain_days[day],
            "number": place % 10_000,
            "ticket": f"{number % 10_000:04d}",
            "version": FIRST_RESOURCE_VERSION + number,
        }
        values["name"] = f"{name}-{template.suffix % values}"
        return template.text % values, values["name"], template.spare

    def vms_in_order(self):
        for namespace in sorted(range(len(self.namespaces)), key=lambda number: self.namespaces[number]):
            yield from range(namespace, self.vms, len(self.namespaces))

    def in_order(self):
        """By namespace, then name. Within a VM the names begin with words of the sample's."""
        for vm in self.vms_in_order():
            vm_uid = uid_of(self.parameters.seed, b"vm", vm)
            count = min(SNAPSHOTS_PER_VM, self.parameters.objects - vm * SNAPSHOTS_PER_VM)
            made = [self.object(vm, snapshot, vm_uid) for snapshot in range(count)]
            made.sort(key=lambda one: one[1])
            for text, _, spare in made:
                yield text, spare

    def shuffled(self):
        """Each object once, stepping through all by a number that has no factor in common."""
        count = self.parameters.objects
        step = max(1, int(count * 0.6180339887))
        while math.gcd(step, count) != 1:
            step += 1
        number = self.parameters.seed % count
        for _ in range(count):
            vm, snapshot = divmod(number, SNAPSHOTS_PER_VM)
            text, _, spare = self.object(vm, snapshot, uid_of(self.parameters.seed, b"vm", vm))
            yield text, spare
            number = (number + step) % count

    def write(self, out):
        """Writes all to a binary file; returns a Summary."""
        begun = time.monotonic()
        is_list = self.parameters.form == "list"
        separator = ",\n" if is_list else "\n"
        pieces, pending, written, compact = [], 0, 0, 0
        if is_list:
            pieces.append(LIST_HEAD)
        first = True
        for text, spare in self.in_order() if self.parameters.order == "name" else self.shuffled():
            if not first:
                pieces.append(separator)
            first = False
            pieces.append(text)
            pending += len(text)
            compact -= spare
            if pending >= CHUNK_BYTES:
                written += out.write("".join(pieces).encode())
                pieces, pending = [], 0
        pieces.append(LIST_TAIL if is_list else "\n")
        written += out.write("".join(pieces).encode())
        frame = len(LIST_HEAD) + len(LIST_TAIL) - len(separator) if is_list else 0
        compact += written - frame - self.parameters.objects * len(separator)
        return Summary(self.parameters.objects, written, compact, time.monotonic() - begun)


def objects_for_bytes(size, form, seed):
    """How many objects make a dump of at least about that many bytes."""
    trial = Parameters(objects=3000, form=form, seed=seed)
    count = sum(len(text.encode()) + 2 for text, _ in Dump(trial).in_order())
    return math.ceil(size * 1.002 / (count / trial.objects))


def description(parameters):
    return dict(asdict(parameters), version=VERSION)
