"""A connected cluster on a snapgate of ours: what it shows, how it stands, whether it is equal."""

import itertools
import json
import os

from connected import wait_for_state
from harness import Server, name_of, wait_for
from kube import KubeClient

# Waits of the server that would make the tests slow. A build for the fault tests alone reads them.
# "other-kinds=0ms": what they script are the requests for one kind of objects, so only snapshots are followed.
TIMES = "other-kinds=0ms,backoff=20ms,most=150ms,probe=500ms,probe-answer=1s,renew=1500ms,answer=1s,connect=1s"
SECONDS = float(os.environ.get("SNAPGATE_FAULT_PATIENCE", "10"))
NUMBERS = itertools.count(1)


def scaled_times(scale, **named):
    """All the server's times divided by `scale`, but those that are named: for what this machine itself
    may be slow at, or what a test wants to be long."""
    times = {"other-kinds": "0ms", "answer": "3s", "connect": "3s", "connection-check": "3s", "probe-answer": "3s",
             **{name.replace("_", "-"): time for name, time in named.items()}}
    return ",".join([f"scale={scale}", *(f"{name}={time}" for name, time in times.items())])


def start_server(folder, times=TIMES, *arguments):
    """A server whose waits are short."""
    environment = {"SNAPGATE_TEST_TIMES": times}
    return Server(folder / "data", *arguments, env=environment).start()


class Mirror:
    """One connected cluster. `upstream` is what it has to be equal to."""

    def __init__(self, server, upstream, kubeconfig=None):
        self.server = server
        self.upstream = upstream
        self.uid = f"mirror-{next(NUMBERS)}"
        self.reconnect()
        self.admin.create_cluster(self.uid, type="connected", kubeconfig=kubeconfig or upstream.kubeconfig())

    def reconnect(self):
        """The server may listen on another port since it was started again."""
        self.admin = self.server.client()
        self.kube = KubeClient(self.server, self.uid)

    def set_kubeconfig(self, kubeconfig):
        reply = self.admin.set_kubeconfig(self.uid, kubeconfig)
        assert reply.status in (200, 204), reply

    def remove(self):
        reply = self.admin.delete(f"/admin/v1/clusters/{self.uid}", force="true")
        assert reply.status == 204, reply

    # How it stands.

    def status(self):
        return self.admin.cluster(self.uid)

    def until_state(self, state, reason=None, seconds=SECONDS):
        """Waits for a state, with that reason if one is given; every one but Ready has a message."""
        last = wait_for_state(self.server, self.uid, state, reason, seconds)
        if state != "Ready":
            assert last["reason"] and " " not in last["reason"], last
            assert last["message"], last
        return last

    # What it shows.

    def list(self, **query):
        reply = self.kube.list(**query)
        assert reply.status == 200, reply
        return reply.json()

    def items(self):
        """({key: object}, version), page by page."""
        found, token, version = {}, None, None
        while True:
            page = self.list(limit=7, **({"continue": token} if token else {}))
            version = version or page["metadata"]["resourceVersion"]
            for item in page["items"]:
                key = name_of(item)
                assert key not in found, f"{key} comes twice"
                found[key] = item
            token = page["metadata"].get("continue")
            if not token:
                return found, version

    def differences(self, without=()):
        """What is not as the upstream has it, by content; `without` are keys that must not be shown."""
        reply = self.kube.list(limit=1)
        if reply.status != 200:
            return [f"it answers {reply.status}"]
        wanted = {key: item for key, item in self.upstream.objects.items().items() if key not in without}
        shown, _ = self.items()
        found = [f"missing: {key}" for key in wanted.keys() - shown.keys()]
        found += [f"should not be there: {key}" for key in shown.keys() - wanted.keys()]
        found += [f"{key} is {json.dumps(shown[key], sort_keys=True)} and should be {json.dumps(wanted[key], sort_keys=True)}"
                  for key in wanted.keys() & shown.keys() if shown[key] != wanted[key]]
        return found

    def until_equal(self, without=(), seconds=SECONDS):
        """Ready, and every object as the upstream has it."""
        def equal():
            differences, status = self.differences(without), self.status()
            return status if not differences and status["state"] == "Ready" else None

        return wait_for(equal, lambda: f"to be equal; {brief(self.status())}:\n" + "\n".join(self.differences(without)[:20]),
                        seconds)

    def until_shown(self, seconds=SECONDS):
        """Every object as the upstream has it, in whatever state."""
        wait_for(lambda: not self.differences(), lambda: f"{self.differences()[:5]}", seconds)

    def metric(self, name):
        """One of this cluster's values in /metrics."""
        value = self.admin.metric(name, cluster=self.uid)
        assert value is not None, name
        return value

    def is_ready(self):
        return self.status()["state"] == "Ready"

    def has(self, namespace, name):
        return self.kube.read(namespace, name).status == 200

    def check(self):
        """What a check of the connection finds: {name: point}."""
        reply = self.admin.post(f"/admin/v1/clusters/{self.uid}/check")
        assert reply.status == 200, reply
        return {point["name"]: point for point in reply.json()["points"]}

    def watch(self):
        """A watch of the mirror from now on."""
        return self.kube.watch(self.list(limit=1)["metadata"]["resourceVersion"])


def brief(status):
    return {name: status.get(name) for name in ("state", "reason", "message")}
