"""Fleets of clusters with VM snapshots, modelled on samples/kubectl-get-vmsnapshots.json.

Every snapshot is one of the sample's 300 with its own name, namespace, VM, uids and times. The times are spread over
the 90 days before a given moment. Most VMs have a good snapshot of the last day; the last attempts of some failed, the
good ones of some are old, and some never had one. A cluster follows from the parameters and its number alone: the same
parameters give the same bytes.
"""

import json
import random
import re
import time
from dataclasses import dataclass
from functools import lru_cache

import dump as dumps

DAY = 24 * 3600
DAYS = 90
# The youngest snapshot of a VM is at least so old: those that are under way may then end before "now".
YOUNGEST = 3600
NAMESPACES = 10
PROJECTS = 8
# The parts of the VMs whose last good snapshot is old, whose last attempt failed, and that never had a good one.
LATE, FAILING, NEVER = 0.05, 0.04, 0.02
TIME = re.compile(r"%\(day\)sT(\d\d):(\d\d):(\d\d)Z")
NO_ANSWER = ("VolumeSnapshot vmsnapshot-%(uid)s-volume-rootdisk error: Failed to check and update snapshot content: "
             "failed to take snapshot of the volume: rpc error: code = ")
ERRORS = [
    NO_ANSWER + "DeadlineExceeded desc = context deadline exceeded",
    NO_ANSWER + "ResourceExhausted desc = the pool has %(few)d MiB left",
    "unable to freeze the VMI %(namespace)s/%(vm)s: the guest agent did not answer within %(few)d s",
    "exceeded quota: snapshots, used: count/volumesnapshots=%(few)d, limited: 500",
]


@dataclass(frozen=True)
class Fleet:
    """What a fleet is made from; equal ones give equal bytes."""

    now: int  # in seconds since the epoch
    clusters: int = 300
    snapshots: int = 1000  # of each cluster
    vms: int = 100  # of each cluster
    seed: int = 1


@dataclass(frozen=True)
class Template:
    text: str  # for the % operator with the values of one object
    suffix: str  # of the name, for the % operator
    offsets: list  # of the times t0, t1, ... in seconds after the creation
    state: str  # status.phase; "Good" if a VM can be restored from it


def cluster_uid(number):
    return f"fleet-{number:04d}"


def project_uid(number):
    return f"project-{number}"


def project_of(cluster):
    return project_uid(cluster % PROJECTS)


def state_of(item):
    status = item.get("status", {})
    if "ownerReferences" in item["metadata"]:
        return "Of a clone"
    if status.get("phase") == "Succeeded" and status["readyToUse"]:
        return "Good"
    return status.get("phase", "Pending")


def make_template(item):
    if "error" in item.get("status", {}):
        item["status"]["error"]["message"] = "@error@"
    text = dumps.template_text(item, "lines")
    clock = item["metadata"]["creationTimestamp"][11:19]
    created = seconds_of_clock(*clock.split(":"))
    offsets = []

    def replace(match):
        # None of the sample's objects is as old as a day.
        offset = (seconds_of_clock(*match.groups()) - created) % DAY
        if offset not in offsets:
            offsets.append(offset)
        return f"%(t{offsets.index(offset)})s"

    return Template(TIME.sub(replace, text), dumps.suffix_of(item), offsets, state_of(item))


def seconds_of_clock(hours, minutes, seconds):
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


@lru_cache(maxsize=None)
def day_text(day):
    return time.strftime("%Y-%m-%d", time.gmtime(day * DAY))


CLOCKS = [f"T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z" for second in range(DAY)]


def time_text(seconds):
    return day_text(seconds // DAY) + CLOCKS[seconds % DAY]


class FleetDump:
    """The snapshots of each cluster of a fleet."""

    def __init__(self, fleet):
        self.fleet = fleet
        items = json.loads(dumps.SAMPLE.read_text(encoding="utf-8"))["items"]
        bases = sorted({item["metadata"]["namespace"] for item in items})
        self.namespaces = [f"{bases[number % len(bases)]}-{number}" for number in range(NAMESPACES)]
        self.all = [make_template(item) for item in items]
        self.good = [template for template in self.all if template.state == "Good"]
        self.failed = [template for template in self.all if template.state == "Failed"]
        self.not_good = [template for template in self.all if template.state not in ("Good", "Of a clone")]

    def cluster(self, number):
        """The objects of one cluster, as texts of JSON."""
        fleet = self.fleet
        rolls = random.Random(f"{fleet.seed} {number}")
        objects = []
        for vm in range(fleet.vms):
            # The first VMs have one more, so that all are as many as they should be.
            count = (fleet.snapshots + fleet.vms - 1 - vm) // fleet.vms
            objects.extend(self.of_vm(number, vm, count, rolls))
        return objects

    def of_vm(self, cluster, vm, count, rolls):
        fate = rolls.random()
        vm_uid = dumps.uid_of(self.fleet.seed, b"vm", cluster * self.fleet.vms + vm)
        step = DAYS * DAY // max(1, count)
        for number in range(count):
            age = YOUNGEST + number * step + rolls.randrange(min(step, 20 * 3600))
            template = rolls.choice(self.all)
            if fate < LATE:
                age += 3 * DAY
            elif fate < LATE + FAILING:
                template = rolls.choice(self.failed) if number == 0 else template
                age += 2 * DAY if number > 0 else 0
            elif fate < LATE + FAILING + NEVER:
                template = rolls.choice(self.not_good)
            elif number == 0:
                template = rolls.choice(self.good)
            place = (cluster * self.fleet.vms + vm) * max(1, self.fleet.snapshots) + number
            yield self.object(template, place, vm, number, self.fleet.now - age, vm_uid, rolls)

    def object(self, template, place, vm, number, created, vm_uid, rolls):
        created_day = day_text(created // DAY)
        values = {f"t{i}": time_text(created + offset) for i, offset in enumerate(template.offsets)}
        values.update(
            namespace=self.namespaces[vm % len(self.namespaces)], vm=f"{dumps.APPS[vm % len(dumps.APPS)]}-{vm:04d}",
            uid=dumps.uid_of(self.fleet.seed, b"snapshot", place), vm_uid=vm_uid, day=created_day,
            plain_day=created_day.replace("-", ""), number=number, ticket=f"{place % 10_000:04d}",
            version=dumps.FIRST_RESOURCE_VERSION + place, few=rolls.randrange(1000))
        if "%(other_uid)s" in template.text:
            values["other_uid"] = dumps.uid_of(self.fleet.seed, b"owner", place)
        values["name"] = f"{values['vm']}-{template.suffix % values}"
        if "%(error)s" in template.text:
            values["error"] = rolls.choice(ERRORS) % values
        return template.text % values
