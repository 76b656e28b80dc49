"""Random writes to two clusters while what lies between them and us breaks in random ways.

One cluster is hosted by a second snapgate and reached over TLS through a proxy that loses, cuts and
ends connections; that server is killed now and then, and forgets its history early. The other one is
scripted, and answers wrongly in every way there is. The server that mirrors both is killed, too. At
the end both mirrors are equal to their clusters, by content, and so is what a watch of a mirror told.

SNAPGATE_FAULT_SEED repeats a run (its choices, not the machine's timing), SNAPGATE_FAULT_SEEDS says
how many runs there are, SNAPGATE_FAULT_WRITES how many writes each has.
"""

import base64
import json
import os
import random
import time

import pytest

import breakage
from harness import Server
from kube import KubeClient, new_snapshot
from mirror import Mirror, start_server
from proxy import Proxy
from upstream import Upstream

WRITES = int(os.environ.get("SNAPGATE_FAULT_WRITES", "1000"))
GIVEN = os.environ.get("SNAPGATE_FAULT_SEED")
SEEDS = ([int(GIVEN)] if GIVEN else
         [random.SystemRandom().randrange(1 << 32) for _ in range(int(os.environ.get("SNAPGATE_FAULT_SEEDS", "1")))])
NAMESPACES = ["alpha", "beta", "gamma"]
FAULT_EVERY = 15  # writes
SECONDS = 30


class HostedCluster:
    """A cluster of a second snapgate, with the faces of a scripted one that a Mirror needs."""

    def __init__(self, folder, dice):
        self.dice = dice
        self.number = 0
        self.server = Server(folder / "upstream" / "data", "--tls-self-signed", "--history", "2s").start()
        self.server.client().create_cluster("hosted")
        self.connect()
        for namespace in NAMESPACES:
            self.kube.create_namespace(namespace)
        self.keys = []
        self.proxy = Proxy(self.server.port)
        self.objects = self

    def connect(self):
        self.kube = KubeClient(self.server, "hosted", tls=True, keep=True)

    def items(self):
        reply = self.kube.list()
        assert reply.status == 200, reply
        return {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in reply.json()["items"]}

    def kubeconfig(self):
        authority = base64.b64encode((self.server.data_dir / "ca.crt").read_bytes()).decode()
        cluster = {"server": f"https://127.0.0.1:{self.proxy.port}/clusters/hosted", "certificate-authority-data": authority}
        return json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "it",
                           "clusters": [{"name": "it", "cluster": cluster}],
                           "users": [{"name": "it", "user": {"token": self.server.admin_key}}],
                           "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}]})

    def write(self):
        choice = self.dice.random()
        if choice < 0.5 or not self.keys:
            self.number += 1
            key = self.dice.choice(NAMESPACES), f"snap-{self.number:05}"
            reply = self.kube.create(key[0], new_snapshot(key[1], vm=f"vm-{self.dice.randrange(5)}"))
            self.keys.append(key)
        else:
            key = self.dice.choice(self.keys)
            if choice < 0.7:
                reply = self.kube.patch(*key, {"status": {"phase": "Succeeded", "readyToUse": self.dice.random() < 0.5}}, status=True)
            else:
                reply = self.kube.remove(*key)
                self.keys.remove(key)
                if choice > 0.9:  # the same name again, with a new uid
                    assert reply.status == 200, reply
                    reply = self.kube.create(key[0], new_snapshot(key[1]))
                    self.keys.append(key)
        assert reply.status in (200, 201), reply

    def fault(self):
        kind = self.dice.choice(["reset", "silence", "cut", "stall", "go on", "kill"])
        if kind == "reset":
            self.proxy.reset_all()
        elif kind == "silence":
            self.proxy.forget_silently()
        elif kind == "cut":
            self.proxy.cut_after = self.dice.randrange(2000)
        elif kind == "stall":
            self.proxy.stalled = True
        elif kind == "kill":
            self.server.kill()
            self.server.start()
            self.proxy.target_port = self.server.port
            self.connect()
        else:
            self.heal()
        return kind

    def heal(self):
        self.proxy.stalled, self.proxy.cut_after = False, None

    def stop(self):
        self.proxy.stop()
        self.server.stop()


class ScriptedCluster(Upstream):
    """The scripted one, with random writes and faults of its own."""

    def __init__(self, authority, dice):
        super().__init__(authority)
        self.dice = dice
        self.number = 0
        self.pages_at_zero = dice.random() < 0.5
        self.page_size = dice.choice([None, 7])
        self.shuffle = dice.choice([None, 3])
        self.expired_as_event = dice.random() < 0.5
        if dice.random() < 0.5:
            self.minor, self.watch_list = "33", dice.random() < 0.7

    def write(self):
        choice, keys = self.dice.random(), sorted(self.objects.items())
        if choice < 0.45 or not keys:
            self.number += 1
            self.objects.create(self.dice.choice(NAMESPACES), f"snap-{self.number:05}")
        elif choice < 0.65:
            self.objects.update(*self.dice.choice(keys), round=self.number)
        elif choice < 0.85:
            self.objects.delete(*self.dice.choice(keys))
        elif choice < 0.95:
            self.objects.recreate(*self.dice.choice(keys))
        else:
            self.objects.pass_versions(self.dice.randrange(1, 20))

    def answers(self):
        """Wrong answers, each for some of the next requests."""
        dice = self.dice
        return dice.choice([
            breakage.reset, breakage.close, breakage.hang, breakage.hang_after(dice.randrange(4)),
            breakage.cut_in_piece(dice.randrange(6), dice.choice(["reset", "fin", "end"])),
            breakage.cut_in_event(dice.choice(["reset", "fin", "end"])),
            breakage.slow(200, 0.005), breakage.together(3), breakage.through(breakage.at_every_byte),
            breakage.status(401, "Unauthorized"), breakage.status(403, "Forbidden"), breakage.status(410, "Expired"),
            breakage.status(429, "TooManyRequests"), breakage.status(500, "InternalError"),
            breakage.status(503, "ServiceUnavailable"), breakage.plain_status(502), breakage.plain_status(404),
            breakage.raw(b"HTTP/1.1 200\r\n\x00\r\n\r\n"), breakage.list_text(lambda text: text[:-9] + b"}" + text[-9:]),
            breakage.each_event(lambda text: [text, text]),
        ])

    def fault(self):
        choice = self.dice.random()
        if choice < 0.6:
            when = self.dice.choice(["any", "list", "watch", "page", "watchlist", "discovery"])
            self.break_next(self.answers(), when, self.dice.randrange(1, 4))
            if self.dice.random() < 0.5:
                self.drop_connections()
            return f"answers to {when}"
        if choice < 0.7:
            self.drop_connections()
            return "connections end"
        if choice < 0.8:
            self.objects.compact()
            self.drop_connections()
            return "history ends"
        if choice < 0.85:
            self.served = [] if self.served else ["v1beta1", "v1alpha1"]
            self.drop_connections()
            return f"serves {self.served}"
        if choice < 0.9:
            self.heal()
            checkpoint = self.objects.checkpoint()
            for _ in range(5):
                self.write()
            time.sleep(0.02)
            self.objects.restore_without_history(checkpoint)
            return "restored"
        self.heal()
        return "healed"

    def heal(self):
        super().heal()
        self.served = ["v1beta1", "v1alpha1"]


class Follower:
    """Knows a mirror's objects by its list and its watch alone."""

    def __init__(self, mirror):
        self.mirror = mirror
        self.state, self.version = mirror.items()
        self.watch = None
        self.taken = 0

    def catch_up(self):
        """Takes in what came; a watch that ended goes on where it was."""
        if self.watch is not None:
            ended, events = self.watch.ended, list(self.watch.events)
            for event in events[self.taken:]:
                self.take(event)
            self.taken = len(events)
            if ended is None:
                return
        self.watch, self.taken = self.mirror.kube.watch(self.version, allowWatchBookmarks="true"), 0

    def take(self, event):
        item = event["object"]
        assert event["type"] != "ERROR", event
        self.version = item["metadata"]["resourceVersion"]
        if event["type"] == "BOOKMARK":
            return
        key = item["metadata"]["namespace"], item["metadata"]["name"]
        assert (event["type"] == "ADDED") == (key not in self.state), (event["type"], key)
        if event["type"] == "DELETED":
            del self.state[key]
        else:
            self.state[key] = item

    def until_equal(self, wanted):
        deadline = time.monotonic() + SECONDS
        while self.state != wanted:
            assert time.monotonic() < deadline, "what the watch told is not what the mirror has"
            time.sleep(0.02)
            self.catch_up()
        self.watch.hang_up()


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_at_the_end(seed, folder, authority):
    dice, place = random.Random(seed), folder / f"random-{seed}"
    place.mkdir()
    server = start_server(place)
    clusters = [HostedCluster(place, dice), ScriptedCluster(authority, dice)]
    mirrors = [Mirror(server, cluster) for cluster in clusters]
    mirrors[0].until_equal()
    follower, story = Follower(mirrors[0]), []
    try:
        for number in range(WRITES):
            at = dice.randrange(2)
            clusters[at].write()
            if dice.randrange(FAULT_EVERY) == 0:
                story.append(f"{number}: {clusters[at].fault()} at {at}")
                if story[-1].endswith("restored at 1"):
                    # Were the cluster's new versions to pass those from before while nobody looks,
                    # only a self-check could tell.
                    mirrors[1].until_equal(seconds=SECONDS)
            if dice.randrange(200) == 0:
                story.append(f"{number}: the mirrors' server was killed")
                server.kill()
                server.start()
                for mirror in mirrors:
                    mirror.reconnect()
            if server.running():
                follower.catch_up()
            time.sleep(dice.choice([0, 0, 0.002, 0.01]))
        for cluster in clusters:
            cluster.heal()
        for mirror in mirrors:
            mirror.until_equal(seconds=SECONDS)
        follower.until_equal(mirrors[0].items()[0])
    except BaseException:
        print(f"SNAPGATE_FAULT_SEED={seed} repeats it; the faults:", *story, server.tail(40), sep="\n")
        print("the requests:", *clusters[1].requests[-30:], sep="\n")
        raise
    finally:
        for cluster in clusters:
            cluster.stop()
        server.stop()
