"""Knows a mirror's objects by its lists and watches alone, as client-go's informers do."""

from harness import name_of, wait_for


class Informer:
    """Lists, watches from there, goes on where a watch ended, and lists again after a 410. Each event has
    to be news, unless it may know some, as after a restore: informers get over that."""

    def __init__(self, mirror, may_know=False):
        self.mirror = mirror
        self.may_know = may_know
        self.lists = 0
        self.expired = 0  # how often it was told 410
        self.watch = None
        self.taken = 0
        self.list()

    def list(self):
        self.state, self.version = self.mirror.items()
        self.lists += 1

    def hang_up(self):
        if self.watch is not None:
            self.watch.hang_up()
            self.watch = None

    def catch_up(self):
        """Takes in what came; a watch that ended goes on where it was."""
        if self.watch is not None:
            ended, events = self.watch.ended, list(self.watch.events)
            for event in events[self.taken:]:
                if not self.take(event):
                    self.expired += 1
                    self.hang_up()
                    self.list()
                    break
            self.taken = len(events)
            if self.watch is not None and ended is None:
                return
        self.watch, self.taken = self.mirror.kube.watch(self.version, allowWatchBookmarks="true"), 0

    def take(self, event):
        """False if it says that the version is gone. No other error is one that every language's
        informers get over."""
        item = event["object"]
        if event["type"] == "ERROR":
            assert item["code"] == 410, event
            return False
        self.version = item["metadata"]["resourceVersion"]
        if event["type"] == "BOOKMARK":
            return True
        key = name_of(item)
        assert self.may_know or (event["type"] == "ADDED") == (key not in self.state), (event["type"], key)
        if event["type"] == "DELETED":
            self.state.pop(key, None)
        else:
            self.state[key] = item
        return True

    def until_equal(self, wanted, seconds=30):
        """`wanted` is {key: object}, or gives it."""
        def equal():
            if self.state == (wanted() if callable(wanted) else wanted):
                return True
            self.catch_up()
            return False

        wait_for(equal, "what the watch told to be what the mirror has", seconds)
        self.hang_up()
