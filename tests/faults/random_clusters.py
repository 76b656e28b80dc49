"""Two clusters that are written to at random, and what breaks between them and whoever follows them.

All choices come from the dice that each is given.
"""

import time

import breakage
from connected import kubeconfig
from harness import Server
from kube import KubeClient, new_snapshot
from objects import ODD, Objects
from odd import ODD as odd_things
from proxy import Proxy
from upstream import Upstream
from witness import scaled

SCALE = 20
NAMESPACES = ["alpha", "beta", "gamma"]
KINDS = ["any", "list", "watch", "page", "watchlist", "discovery", "probe", "metadata"]
WATCH_LIST_ERROR = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "InternalError",
                    "code": 500, "message": "the required storage feature RequestWatchProgress is disabled"}


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
        return self.kube.objects()

    def kubeconfig(self):
        return kubeconfig(self.server, "hosted", url=f"https://127.0.0.1:{self.proxy.port}/clusters/hosted")

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
        self.deaf_until = 0.0
        self.bookmarks = dice.choice([None, 0.3])
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
            ("reset", breakage.reset), ("close", breakage.close), ("hang", breakage.hang),
            ("hang_after", breakage.hang_after(dice.randrange(4))), ("late", breakage.late(scaled(3, SCALE))),
            ("cut_in_piece", breakage.cut_in_piece(dice.randrange(6), dice.choice(["reset", "fin", "end"]))),
            ("cut_in_event", breakage.cut_in_event(dice.choice(["reset", "fin", "end"]))),
            ("slow", breakage.slow(200, 0.005)), ("together", breakage.together(3)),
            ("at_every_byte", breakage.through(breakage.at_every_byte)),
            ("401", breakage.status(401, "Unauthorized")), ("403", breakage.status(403, "Forbidden")),
            ("410", breakage.status(410, "Expired")), ("410 event", breakage.only(breakage.error_event(410, "Expired"))),
            ("429", breakage.status(429, "TooManyRequests")),
            ("429 for a second", breakage.status(429, "TooManyRequests", headers={"Retry-After": "1"})),
            ("500", breakage.status(500, "InternalError")), ("500 event", breakage.only(breakage.error_event(500, "InternalError"))),
            ("503", breakage.status(503, "ServiceUnavailable")), ("502", breakage.plain_status(502)),
            ("404", breakage.plain_status(404)), ("no HTTP", breakage.raw(b"HTTP/1.1 200\r\n\x00\r\n\r\n")),
            ("malformed", breakage.list_text(lambda text: text[:-9] + b"}" + text[-9:])),
            ("twice", breakage.each_event(lambda text: [text, text])),
        ])

    def fault(self):
        dice = self.dice
        choice = dice.random()
        if choice < 0.35:
            return self.break_answers()
        if choice < 0.4:
            self.drop_connections()
            return "connections end"
        if choice < 0.45:
            self.objects.compact()
            self.drop_connections()
            return "history ends"
        if choice < 0.5:
            self.served = [] if self.served else ["v1beta1", "v1alpha1"]
            self.drop_connections()
            return f"serves {self.served}"
        if choice < 0.6:
            return self.change_its_ways()
        if choice < 0.7:
            return self.put_something_odd()
        if choice < 0.9:
            return self.be_away()
        self.heal()
        return "healed"

    def break_answers(self):
        fault, when, times = self.answers(), self.dice.choice(KINDS), self.dice.randrange(1, 4)
        is_deaf = fault[0] in ("hang", "hang_after") and when in ("any", "watch")
        if is_deaf and time.monotonic() < self.deaf_until:
            return "nothing"
        if is_deaf:
            # One watch after another that never delivers, while all else is well, is nothing that
            # anybody could notice.
            times, self.deaf_until = 1, time.monotonic() + scaled(120, SCALE)
        self.break_next(fault[1], when, times)
        if self.dice.random() < 0.5:
            self.drop_connections()
        return f"{fault[0]} to {times} {when}"

    def change_its_ways(self):
        """What no fault is: who is in between cuts, bookmarks come or do not, WatchList is there or not."""
        dice = self.dice
        seconds, how = scaled(dice.choice([5, 20, 50]), SCALE), dice.choice(["fin", "reset"])
        self.idle_cut = dice.choice([None, (seconds, how)])
        self.bookmarks = dice.choice([None, 0.3])
        self.expired_as_event = dice.random() < 0.5
        self.refuses_ahead = dice.random() < 0.2
        self.minor = dice.choice(["26", "33", "34"])
        self.watch_list = dice.random() < 0.7
        self.watch_list_error = dice.choice([None, None, WATCH_LIST_ERROR])
        self.drop_connections()
        return f"cuts {self.idle_cut}, bookmarks {self.bookmarks}, 1.{self.minor}, WatchList {self.watch_list}"

    def put_something_odd(self):
        odd = sorted(name for namespace, name in self.objects.current if namespace == ODD)
        if odd and self.dice.random() < 0.4:
            name = self.dice.choice(odd)
            self.objects.delete_odd(name)
            return f"{name} goes"
        name = self.dice.choice(sorted(odd_things))
        self.objects.put_odd(name, odd_things[name])
        return name

    def be_away(self):
        """For longer than five seconds; and then it may be a cluster of another past."""
        kind = self.dice.choice(["silent", "restarted", "restored", "overtaken", "repeating", "another"])
        if kind == "silent":
            self.mute = True
            time.sleep(scaled(self.dice.choice([5, 20]), SCALE))
            self.mute = False
            self.drop_connections()
            return kind
        checkpoint, before = self.objects.checkpoint(), self.objects.version
        for _ in range(self.dice.randrange(1, 8)):
            self.write()
        time.sleep(self.dice.choice([0, 0.05]))
        self.refuse()
        # It is away before anything of its past changes.
        time.sleep(scaled(4, SCALE))
        if kind == "restored":
            self.objects.restore_without_history(checkpoint)
        elif kind in ("overtaken", "repeating"):
            lost = self.objects.version - before
            self.objects.restore(checkpoint)
            for _ in range(lost if kind == "repeating" else 0):
                self.write()
            if kind == "overtaken":
                self.objects.pass_versions(lost + self.dice.randrange(1, 20))
                self.write()
        elif kind == "another":
            other = Objects(self.dice.choice([before - 200, before, before + 200]))
            for key in sorted(self.objects.items())[::2]:
                other.create(*key)
            other.fill(10, NAMESPACES, f"other-{self.number}")
            self.become(other)
        time.sleep(scaled(8, SCALE))
        self.accept()
        return kind

    def heal(self):
        super().heal()
        self.served, self.mute = ["v1beta1", "v1alpha1"], False
