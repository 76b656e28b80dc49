"""Looks at a mirror over and over while a test does something else, and remembers what must not be."""

import http.client
import threading
import time

from harness import name_of

SCALE = 100
PAUSE = 0.01


def scaled(seconds, scale=SCALE):
    """How long `seconds` are for a server whose times are divided by `scale`."""
    return seconds / scale


class Witness(threading.Thread):
    """Asks how a mirror stands, and what it shows, until stop() or the end of a `with`.

    `wrong_for` is how long (in seconds of this machine) it may be Ready and show an object as the
    cluster does not have it: counted from when that object became what it is in the cluster, or was
    first seen to be wrong. None: what it shows is not compared. With `restarts` the server may be away
    at times.
    """

    def __init__(self, mirror, wrong_for=None, pause=PAUSE, restarts=False):
        super().__init__(daemon=True)
        self.mirror = mirror
        self.wrong_for = wrong_for
        self.pause = pause
        self.restarts = restarts
        self.looks = 0
        self.states = {}      # (state, reason): how often it was seen
        self.warnings = set()  # of answers between two looks at a state that was Ready
        self.longest = 0.0    # that something was shown wrong while Ready
        self.problems = []
        self.wrong_since = {}
        self.failure = None
        self.ends = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends it; what kept it from looking is the caller's failure, too."""
        self.ends.set()
        self.join(30)
        if self.failure is not None:
            raise AssertionError("the witness could not look") from self.failure

    def run(self):
        try:
            ready = False
            while not self.ends.is_set():
                try:
                    ready = self.look(ready)
                except (OSError, http.client.HTTPException):
                    if not self.restarts:
                        raise
                    ready, self.wrong_since = False, {}
                self.ends.wait(self.pause)
        except Exception as failure:
            self.failure = failure

    def look(self, was_ready):
        wanted = dict(self.mirror.upstream.objects.items()) if self.wrong_for is not None else None
        reply = self.mirror.kube.list(limit=1 if wanted is None else 0)
        status = self.mirror.status()
        self.looks += 1
        seen = status["state"], status.get("reason")
        self.states[seen] = self.states.get(seen, 0) + 1
        is_ready = status["state"] == "Ready"
        if was_ready and is_ready and reply.header("Warning") is not None:
            self.warnings.add(reply.header("Warning"))
        if wanted is not None and reply.status == 200:
            self.compare(reply.json()["items"], wanted, is_ready, status)
        return is_ready

    def compare(self, items, wanted, is_ready, status):
        now, touched = time.monotonic(), self.mirror.upstream.objects.touched
        shown = {name_of(item): item for item in items}
        wrong = {key for key in shown.keys() | wanted.keys() if shown.get(key) != wanted.get(key)}
        if not is_ready:
            wrong = set()
        self.wrong_since = {key: max(self.wrong_since.get(key, now), touched.get(key, 0.0)) for key in wrong}
        for key, since in self.wrong_since.items():
            self.longest = max(self.longest, now - since)
            if now - since > self.wrong_for and len(self.problems) < 10:
                self.problems.append(f"{'/'.join(key)} is wrong for {now - since:.1f} s while {status['state']}, "
                                     f"lag {status.get('lagSeconds')}")

    def saw_only_ready(self):
        assert self.looks >= 3, f"it looked {self.looks} times"
        assert set(self.states) == {("Ready", None)} and not self.warnings, (self.states, self.warnings)

    def saw_nothing_wrong(self):
        assert self.looks >= 3, f"it looked {self.looks} times"
        assert not self.problems, self.problems
