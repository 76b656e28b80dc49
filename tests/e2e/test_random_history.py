"""Random histories through both APIs, against a small model of what has to be there.

Every answer is held to the model: writes through either API, pages of listings that began long ago,
watches resumed at any version, and the whole state, also after kill -9. A run that fails prints its
seed; SNAPGATE_SEED repeats it, SNAPGATE_API_STEPS makes it longer.
"""

import base64
import copy
import json
import os
import random

from harness import name_of, vm_path, wait_for
from kube import FINALIZER, KubeClient, new_snapshot

STEPS = int(os.environ.get("SNAPGATE_API_STEPS", "1000"))
SEED = int(os.environ.get("SNAPGATE_SEED") or random.SystemRandom().randrange(1 << 32))
NAMESPACES = ["alpha", "beta", "gamma"]
VMS = ["vm-1", "vm-2", "vm-3"]


def palette_form(item):
    """An object as the Palette side shows it: without nulls, fieldsV1 in base64, here as its JSON."""
    if isinstance(item, dict):
        return {name: {"Raw": value} if name == "fieldsV1" else palette_form(value)
                for name, value in item.items() if value is not None}
    return [palette_form(part) for part in item] if isinstance(item, list) else item


def with_raw_decoded(item):
    """An answer of the Palette side, its fieldsV1.Raw decoded."""
    item = copy.deepcopy(item)
    for entry in item["metadata"].get("managedFields", []):
        raw = entry["fieldsV1"]["Raw"]
        assert isinstance(raw, list) and len(raw) == 1, entry
        entry["fieldsV1"]["Raw"] = json.loads(base64.b64decode(raw[0], validate=True))
    return item


class Listing:
    """A listing that has begun: what its pages have still to bring."""

    def __init__(self, palette, query, version, token, rest):
        self.palette = palette
        self.query = query
        self.version = version
        self.token = token
        self.rest = rest


class History:
    """One run. `objects` is the model: each object as its last write answered, in Kubernetes form."""

    def __init__(self, server, seed):
        self.server = server
        self.dice = random.Random(seed)
        self.number = 0
        self.objects = {}
        self.namespaces = {"default"}  # which every cluster has
        self.events = []  # (type, key, version)
        self.listings = []
        self.connect()
        self.palette.create_cluster("demo")
        self.begin = self.head()

    def connect(self):
        self.kube = KubeClient(self.server, "demo")
        self.palette = self.server.client()

    def head(self):
        return self.kube.list(limit=1).json()["metadata"]["resourceVersion"]

    # Choices.

    def name(self):
        self.number += 1
        return f"s{self.dice.randrange(100):02}-{self.number}"

    def some(self):
        return self.dice.choice(sorted(self.objects)) if self.objects else None

    def labels(self):
        return {name: self.dice.choice(["x", "y"]) for name in ("a", "b", "c") if self.dice.random() < 0.5}

    def page_size(self):
        return self.dice.randrange(1, 6)

    # The model.

    def stored(self, kind, item):
        """A write that answered with an object in Kubernetes form."""
        key, version = name_of(item), item["metadata"]["resourceVersion"]
        assert not self.events or int(version) > int(self.events[-1][2]), (version, self.events[-1])
        if kind == "ADDED":
            assert key not in self.objects
        else:
            before = self.objects[key]["metadata"]
            assert all(before[name] == item["metadata"][name] for name in ("uid", "creationTimestamp"))
        self.objects[key] = item
        self.events.append((kind, key, version))

    def removed(self, key):
        del self.objects[key]
        self.events.append(("DELETED", key, self.head()))

    def current(self, key):
        reply = self.kube.read(*key)
        assert reply.status == 200, reply
        return reply.json()

    def expect(self, item, before, **changes):
        """An object is what it was but for `changes`, and for what every write changes."""
        wanted = copy.deepcopy(before)
        for name, value in changes.items():
            place = wanted if name in ("status", "spec") else wanted["metadata"]
            if value in (None, {}, []):
                place.pop(name, None)
            else:
                place[name] = value
        for part in (wanted, item := copy.deepcopy(item)):
            for name in ("resourceVersion", "managedFields"):
                part["metadata"].pop(name, None)
        assert item == wanted

    # Steps: writes.

    def create(self):
        namespace, vm, labels = self.dice.choice(NAMESPACES), self.dice.choice(VMS), self.labels()
        item = new_snapshot(self.name(), vm=vm, **({"labels": labels} if labels else {}))
        if self.dice.random() < 0.3:
            item["metadata"]["finalizers"] = [FINALIZER]
        key = namespace, item["metadata"]["name"]
        if self.dice.random() < 0.5:
            reply = self.kube.create(namespace, item)
            if namespace not in self.namespaces:
                assert reply.status == 404, reply
                return
            assert reply.status == 201, reply
            made = reply.json()
        else:
            del item["spec"]
            reply = self.palette.post(vm_path("demo", vm), item, namespace=namespace)
            assert reply.status == 200, reply
            self.namespaces.add(namespace)
            made = self.current(key)
            assert with_raw_decoded(reply.json()) == palette_form(made)
        assert name_of(made) == key and made["spec"] == new_snapshot(vm=vm)["spec"] and "status" not in made
        assert made["metadata"].get("labels", {}) == labels and made["metadata"]["generation"] == 1
        self.stored("ADDED", made)

    def create_again(self):
        if key := self.some():
            vm = self.objects[key]["spec"]["source"]["name"]
            assert self.kube.create(key[0], new_snapshot(key[1])).status == 409
            assert self.palette.post(vm_path("demo", vm), new_snapshot(key[1], vm=vm),
                                     namespace=key[0]).status == 409

    def update(self):
        if not (key := self.some()):
            return
        before, labels = self.objects[key], self.labels()
        item = copy.deepcopy(before)
        item["metadata"]["labels"] = labels
        item["status"] = {"phase": "Failed"}  # not through here
        if self.dice.random() < 0.5:
            reply = self.kube.replace(*key, item)
            assert reply.status == 200, reply
            after = reply.json()
        else:
            target = vm_path("demo", item["spec"]["source"]["name"], name=key[1])
            item = self.palette.get(target, namespace=key[0]).json()
            assert with_raw_decoded(item) == palette_form(before)
            item["metadata"]["labels"] = labels
            item["status"] = {"phase": "Failed"}
            reply = self.palette.request("PUT", target, item, namespace=key[0])
            assert reply.status == 200, reply
            after = self.current(key)
            assert with_raw_decoded(reply.json()) == palette_form(after)
        self.expect(after, before, labels=labels)
        self.changed_or_not(key, after)

    def changed_or_not(self, key, after):
        before = self.objects[key]
        if after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]:
            assert after == before
        else:
            assert after != before
            self.stored("MODIFIED", after)

    def update_stale(self):
        versions = [(key, version) for kind, key, version in self.events if key in self.objects and
                    self.objects[key]["metadata"]["resourceVersion"] != version]
        if not versions:
            return
        key, version = self.dice.choice(versions)
        item = copy.deepcopy(self.objects[key])
        item["metadata"]["resourceVersion"] = version
        item["metadata"]["labels"] = {"stale": "yes"}
        assert self.kube.replace(*key, item).status == 409
        vm = item["spec"]["source"]["name"]
        del item["metadata"]["managedFields"]
        assert self.palette.request("PUT", vm_path("demo", vm, name=key[1]), item, namespace=key[0]).status == 409
        assert self.kube.patch(*key, {"metadata": {"resourceVersion": version, "labels": {"stale": "yes"}}}).status == 409

    def write_status(self):
        if not (key := self.some()):
            return
        before = self.objects[key]
        status = {"phase": self.dice.choice(["InProgress", "Succeeded", "Failed"]), "readyToUse": self.dice.random() < 0.5,
                  "conditions": [{"type": "Ready", "status": "True", "lastProbeTime": None, "lastTransitionTime": None}]}
        if self.dice.random() < 0.5:
            item = copy.deepcopy(before)
            item["status"] = status
            item["metadata"]["labels"] = {"not": "through-here"}
            reply = self.kube.replace(*key, item, status=True)
        else:
            reply = self.kube.patch(*key, {"status": status}, status=True)
        assert reply.status == 200, reply
        self.expect(reply.json(), before, status=status)
        self.changed_or_not(key, reply.json())

    def patch(self):
        if not (key := self.some()):
            return
        before = self.objects[key]
        changes = {name: self.dice.choice(["x", "y", None]) for name in ("a", "b") if self.dice.random() < 0.7}
        labels = {name: value for name, value in {**before["metadata"].get("labels", {}), **changes}.items() if value}
        reply = self.kube.patch(*key, {"metadata": {"labels": changes}})
        assert reply.status == 200, reply
        self.expect(reply.json(), before, labels=labels)
        self.changed_or_not(key, reply.json())

    def delete(self):
        if not (key := self.some()):
            return
        before = self.objects[key]
        held, going = "finalizers" in before["metadata"], "deletionTimestamp" in before["metadata"]
        if self.dice.random() < 0.5:
            reply = self.kube.remove(*key)
            assert reply.status == 200 and reply.json()["kind"] == ("VirtualMachineSnapshot" if held else "Status"), reply
        else:
            reply = self.palette.delete(vm_path("demo", before["spec"]["source"]["name"], name=key[1]), namespace=key[0])
            assert reply.status == 204, reply
        if not held:
            assert self.kube.read(*key).status == 404
            self.removed(key)
            return
        after = self.current(key)
        if going:
            assert after == before
        else:
            assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
            assert after["metadata"]["deletionGracePeriodSeconds"] == 0 and after["metadata"]["deletionTimestamp"]
            self.stored("MODIFIED", after)

    def release(self):
        held = sorted(key for key, item in self.objects.items() if "finalizers" in item["metadata"])
        if held:
            self.release_one(self.dice.choice(held))

    def release_one(self, key):
        before = self.objects[key]
        reply = self.kube.patch(*key, {"metadata": {"finalizers": None}})
        assert reply.status == 200, reply
        if "deletionTimestamp" in before["metadata"]:
            assert self.kube.read(*key).status == 404
            self.removed(key)
        else:
            self.expect(reply.json(), before, finalizers=None)
            self.stored("MODIFIED", reply.json())

    def missing(self):
        key = self.dice.choice(NAMESPACES), f"absent-{self.number}"
        target = vm_path("demo", "vm-1", name=key[1])
        assert self.kube.read(*key).status == 404 and self.kube.remove(*key).status == 404
        assert self.kube.patch(*key, {"metadata": {"labels": {"a": "x"}}}).status == 404
        assert self.palette.get(target, namespace=key[0]).status == 404
        assert self.palette.delete(target, namespace=key[0]).status == 404
        if other := self.some():
            vm = next(vm for vm in VMS if vm != self.objects[other]["spec"]["source"]["name"])
            assert self.palette.get(vm_path("demo", vm, name=other[1]), namespace=other[0]).status == 404

    def make_namespace(self):
        name = self.dice.choice(NAMESPACES)
        item = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        reply = self.kube.request("POST", "/api/v1/namespaces", item)
        assert reply.status == (409 if name in self.namespaces else 201), reply
        self.namespaces.add(name)

    def delete_namespace(self):
        name = self.dice.choice(NAMESPACES)
        if name not in self.namespaces:
            return
        for key in [key for key, item in self.objects.items() if key[0] == name and "finalizers" in item["metadata"]]:
            self.release_one(key)
        inside = [key for key in self.objects if key[0] == name]
        before = self.head()
        reply = self.kube.request("DELETE", f"/api/v1/namespaces/{name}")
        assert reply.status == 200, reply
        wait_for(lambda: self.kube.get(f"/api/v1/namespaces/{name}").status == 404, "the namespace to go")
        self.namespaces.remove(name)
        # In which order they go is the server's to say; that each goes once, and nothing else, is not.
        deletions = self.watched(before, len(inside))
        assert sorted(key for _, key, _ in deletions) == sorted(inside) and {kind for kind, _, _ in deletions} <= {"DELETED"}
        for _, key, _ in deletions:
            del self.objects[key]
        self.events += deletions

    # Steps: reads.

    def compare(self):
        items = [self.objects[key] for key in sorted(self.objects)]
        assert self.kube.list().json()["items"] == items
        assert [with_raw_decoded(item) for item in self.palette.items("demo")] == [palette_form(item) for item in items]
        namespaces = self.kube.get("/api/v1/namespaces").json()["items"]
        assert [item["metadata"]["name"] for item in namespaces] == sorted(self.namespaces)

    def select(self):
        vm, namespace, value = self.dice.choice(VMS), self.dice.choice(NAMESPACES), self.dice.choice(["x", "y"])
        items = [self.objects[key] for key in sorted(self.objects)]
        assert self.palette.names("demo", vmName=vm, namespace=namespace) == [
            name_of(item) for item in items if item["spec"]["source"]["name"] == vm and name_of(item)[0] == namespace]
        assert self.kube.list(namespace, labelSelector=f"a={value}").json()["items"] == [
            item for item in items if item["metadata"].get("labels", {}).get("a") == value and name_of(item)[0] == namespace]
        assert self.kube.list(labelSelector=f"a!={value}").json()["items"] == [
            item for item in items if item["metadata"].get("labels", {}).get("a") != value]

    def begin_listing(self):
        palette = self.dice.random() < 0.5
        namespace = self.dice.choice([None, *NAMESPACES])
        items = [copy.deepcopy(self.objects[key]) for key in sorted(self.objects) if namespace in (None, key[0])]
        query = {"namespace": namespace} if namespace else {}
        listing = Listing(palette, query, None, None, items)
        self.next_page(listing)
        if listing.token:
            self.listings.append(listing)

    def next_page(self, listing):
        limit = self.page_size()
        query = {"limit": limit, **({"continue": listing.token} if listing.token else {})}
        if listing.palette:
            reply = self.palette.list("demo", **listing.query, **query)
        else:
            reply = self.kube.list(listing.query.get("namespace"), **query)
        assert reply.status == 200, reply
        page = reply.json()
        metadata, items = page["metadata"], page["items"]
        if listing.palette:
            assert [with_raw_decoded(item) for item in items] == [palette_form(item) for item in listing.rest[:limit]]
        else:
            assert items == listing.rest[:limit]
        listing.version = listing.version or metadata["resourceVersion"]
        assert metadata["resourceVersion"] == listing.version
        listing.rest = listing.rest[limit:]
        listing.token = metadata.get("continue")
        assert bool(listing.token) == bool(listing.rest)
        assert metadata.get("remainingItemCount", 0) == len(listing.rest)

    def continue_listing(self):
        if self.listings:
            listing = self.dice.choice(self.listings)
            self.next_page(listing)
            if not listing.token:
                self.listings.remove(listing)

    def list_exactly(self):
        """The list at a version that was, as its watchers have to see it."""
        if not self.events:
            return
        number = self.dice.randrange(len(self.events))
        version = self.events[number][2]
        present = {}
        for kind, key, at in self.events[:number + 1]:
            present.pop(key, None)
            if kind != "DELETED":
                present[key] = at
        reply = self.kube.list(resourceVersion=version, resourceVersionMatch="Exact")
        assert reply.status == 200, reply
        page = reply.json()
        assert page["metadata"]["resourceVersion"] == version
        assert {name_of(item): item["metadata"]["resourceVersion"] for item in page["items"]} == present

    def watched(self, version, count, namespace=None):
        """The first `count` events after a version, as (type, key, version)."""
        watch = self.kube.watch(version, namespace)
        wait_for(lambda: len(watch.events) >= count or watch.ended, f"{count} events after {version}")
        events = [(event["type"], name_of(event["object"]), event["object"]["metadata"]["resourceVersion"])
                  for event in list(watch.events)]
        watch.hang_up()
        return events

    def watch(self):
        number = self.dice.randrange(len(self.events) + 1)
        version = self.events[number - 1][2] if number else self.begin
        namespace = self.dice.choice([None, *NAMESPACES])
        expected = [event for event in self.events[number:] if namespace in (None, event[1][0])]
        assert self.watched(version, len(expected), namespace) == expected

    def restart(self):
        if self.dice.random() < 0.3:
            self.server.stop()
        else:
            self.server.kill()
        self.server.start()
        self.connect()
        self.compare()

    def run(self, steps):
        often = [self.create, self.create, self.create, self.update, self.write_status, self.patch, self.delete]
        seldom = [self.create_again, self.update_stale, self.release, self.missing, self.compare, self.select, self.begin_listing,
                  self.continue_listing, self.list_exactly, self.watch, self.make_namespace]
        rare = [self.delete_namespace, self.restart]
        weights = [6] * len(often) + [3] * len(seldom) + [1] * len(rare)
        for _ in range(steps):
            self.dice.choices(often + seldom + rare, weights)[0]()
        self.server.kill()
        self.server.start()
        self.connect()
        self.compare()
        while self.listings:
            self.continue_listing()
        assert self.watched(self.begin, len(self.events)) == self.events


def test_random_history(start_server):
    print(f"SNAPGATE_SEED={SEED} SNAPGATE_API_STEPS={STEPS}")
    server = start_server("--access-log", "off", "--history", "1h")
    History(server, SEED).run(STEPS)
