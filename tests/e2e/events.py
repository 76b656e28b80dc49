"""A reader of server-sent events, as the HTML standard says how they are read."""

import json

from harness import LIST_ROUTE, OpenAnswer


class Event:
    """One event; `id` is what the client would go on after."""

    def __init__(self, kind, data, last_id):
        self.kind = kind
        self.data = json.loads(data)
        self.id = last_id

    @property
    def name(self):
        """The snapshot's name, with its cluster's."""
        metadata = self.data.get("metadata", {})
        return f"{metadata.get('clusterName')}/{metadata.get('name')}"

    def __repr__(self):
        return f"{self.kind} {self.name if 'metadata' in self.data else self.data}"


class Events(OpenAnswer):
    """An open stream of snapshots. `comments` counts the comments that came, `last_id` is where it would go on."""

    def __init__(self, client, uid="-", after=None, headers=None, **query):
        self.kind, self.data = "message", []
        self.last_id = after
        self.comments = 0
        more = {"Last-Event-ID": after} if after else {}
        super().__init__(client, LIST_ROUTE.format(uid=uid), {"Accept": "text/event-stream", **more, **(headers or {})}, **query)

    def take(self, line):
        line = line.decode().rstrip("\n")
        field, _, value = line.partition(": ")
        if line.startswith(":"):
            self.comments += 1
        elif field == "event":
            self.kind = value
        elif field == "id":
            self.last_id = value
        elif field == "data":
            self.data.append(value)
        elif field != "retry":
            assert not line, line
            if self.data:
                self.events.append(Event(self.kind, "\n".join(self.data), self.last_id))
            self.kind, self.data = "message", []

    def until_synced(self):
        self.until(lambda event: event.kind == "synced", "synced")
        return self

    def until_seen(self, name, kind=None):
        return self.until(lambda event: event.name.endswith("/" + name) and kind in (None, event.kind), name)

    def brief(self):
        """(kind, cluster/name) of each event of a snapshot."""
        return [(event.kind, event.name) for event in list(self.events) if "metadata" in event.data]

    def changes(self):
        """The same of those after the first state."""
        events = list(self.events)
        kinds = [event.kind for event in events]
        return self.brief()[kinds.index("synced"):] if "synced" in kinds else self.brief()
