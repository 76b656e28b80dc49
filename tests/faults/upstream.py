"""A scripted Kubernetes API server for snapshots, and other kinds beside them, for what a healthy server never does.

It answers over TLS, from threads with plain sockets, as kube-apiserver does: discovery, lists with
limits, continue tokens and versions, watches with bookmarks, WatchList, metadata-only lists, bearer
tokens. What a test breaks (see breakage.py) is applied to the next requests of a kind; the objects
(see objects.py) are written by the test itself.
"""

import base64
import datetime
import email.utils
import json
import random
import socket
import threading
import time

from kube import kubeconfig_of
from objects import SNAPSHOTS, Ahead, Expired, Objects
from wire import PARTIAL, Answer, Connection, Hangup, encode, event, event_of, status_answer

FIRST_BOOKMARK = 0.02


class Break:
    """A fault that waits for its requests: `times` of them, or until it is healed."""

    def __init__(self, fault, when, times):
        self.fault = fault
        self.when = when
        self.times = times
        self.hits = 0

    def takes(self, request):
        if self.times == 0:
            return False
        kinds = (self.when,) if isinstance(self.when, str) else self.when
        if not (self.when(request) if callable(self.when) else request.kind in kinds or self.when == "any"):
            return False
        if self.times is not None:
            self.times -= 1
        self.hits += 1
        return True


class Upstream:
    """The server. `context` is what it presents, or None for plain HTTP; `tokens` are the accepted
    ones; what else it can be is set as an attribute."""

    def __init__(self, authority=None, of=SNAPSHOTS, listens=True):
        self.of = of
        self.beside = []            # further kinds, each an Upstream that does not listen
        self.denied = False         # whether its objects may not be read (403)
        self.objects = Objects()
        self.authority = authority
        self.context = authority.server_context() if authority else None
        self.tokens = {"first-token"}
        self.served = list(of.versions)  # none: the CRD is not installed
        self.minor = "26"           # of the Kubernetes version that it says it has
        self.watch_list = False     # whether it knows WatchList, as 1.32 does
        self.pages_at_zero = False  # whether a limit counts for a list at version 0
        self.page_size = None       # at most so many items on a page where a client asks for pages
        # Seconds between two bookmarks. None: none at all, as kube-apiserver sends them where nothing
        # of the kind changes and etcd runs with its defaults.
        self.bookmarks = 0.3
        self.bookmarked = 0         # sent so far
        self.ends_watches = True    # when the time is over for which they were asked
        self.shuffle = None         # a seed: lists come in another order
        self.clock_offset = 0       # seconds that the Date header is off
        self.expired_as_event = True
        self.refuses_ahead = False   # whether a watch from a version that is still to come is an error
        self.watch_list_error = None  # the Status with which the stream of a WatchList ends at once
        self.idle_cut = None        # (seconds, how): who stands between us ends a watch silent for so long
        self.mute = False           # nothing is said any more, not even TLS; connections stay open
        self.on_accept = None
        self.breaks = []
        self.requests = []
        self.connections = set()
        self.lock = threading.Lock()
        self.listener = None
        self.port = 0
        if listens:
            self.accept()

    def serve_beside(self, of):
        """Serves another kind, too; what a test does to it, it does to what this returns."""
        other = Upstream(of=of, listens=False)
        other.tokens = self.tokens
        self.beside.append(other)
        return other

    # The socket.

    def accept(self):
        """Listens, on the port that it had before."""
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()

    def serve(self, listener):
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            connection = Connection(self, plain)
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=connection.run, daemon=True).start()

    def refuse(self):
        """Nobody listens any more, and all connections end."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # not listening
        self.listener.close()
        self.drop_connections()

    def drop_connections(self):
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            connection.drop()
        for kind in (self, *self.beside):
            with kind.objects.changed:
                kind.objects.changed.notify_all()

    def become(self, objects):
        """Another cluster stands behind the same address."""
        self.objects, before = objects, self.objects
        objects.touched = dict.fromkeys(before.current.keys() | objects.current.keys(), time.monotonic())
        self.drop_connections()
        with before.changed:
            before.changed.notify_all()

    def left(self, connection):
        with self.lock:
            self.connections.discard(connection)

    stop = refuse

    def date(self):
        return email.utils.format_datetime(datetime.datetime.now(datetime.timezone.utc)
                                           + datetime.timedelta(seconds=self.clock_offset), usegmt=True)

    # Faults.

    def break_next(self, fault, when="any", times=1):
        """The next `times` requests that `when` (kinds, or a predicate) takes get the fault; None:
        all of them until heal()."""
        broken = Break(fault, when, times)
        with self.lock:
            self.breaks.append(broken)
        return broken

    def heal(self):
        with self.lock:
            self.breaks.clear()

    def fault_for(self, request):
        with self.lock:
            self.requests.append(request)
            return next((broken.fault for broken in self.breaks if broken.takes(request)), None)

    def asked(self, *kinds, since=0):
        """The requests of these kinds so far, from the one with that number on."""
        with self.lock:
            return [request for request in self.requests[since:] if request.kind in kinds]

    def mark(self):
        with self.lock:
            return len(self.requests)

    # Answers.

    def answer_to(self, request, connection):
        fault = self.fault_for(request)
        if fault is not None:
            return fault(connection, request, lambda: self.healthy_answer(request, connection))
        return self.healthy_answer(request, connection)

    def healthy_answer(self, request, connection):
        if self.tokens is not None and request.headers.get("authorization") not in {f"Bearer {token}" for token in self.tokens}:
            return status_answer(401, "Unauthorized", "Unauthorized")
        served = self.served_at(request.path)
        if served is None:
            other = next((other for other in self.beside if other.served_at(request.path)), None)
            return self.other_answer(request) if other is None else other.answer_to(request, connection)
        if self.denied:
            return status_answer(403, "Forbidden", f"{self.of.plural} is forbidden: User \"mirror\" cannot list it")
        if request.kind in ("watch", "watchlist"):
            return self.watch(request, connection, served)
        if request.kind == "probe" and not request.version:
            return self.probe(request, served)
        return self.list(request, served)

    def served_at(self, path):
        """The version in which its objects are served at that path, or None."""
        return next((version for version in self.served if path == f"/apis/{self.of.group}/{version}/{self.of.plural}"), None)

    def discovery(self):
        """{path: document}"""
        kinds = [kind for kind in (self, *self.beside) if kind.served]
        groups = {}
        documents = {}
        for kind in kinds:
            name = kind.of.group
            groups[name] = {"name": name, "versions": [{"groupVersion": f"{name}/{version}", "version": version} for version in kind.served],
                            "preferredVersion": {"groupVersion": f"{name}/{kind.served[0]}", "version": kind.served[0]}}
            documents[f"/apis/{name}"] = {"kind": "APIGroup", "apiVersion": "v1", **groups[name]}
            for version in kind.served:
                listed = documents.setdefault(f"/apis/{name}/{version}", {
                    "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{name}/{version}", "resources": []})
                listed["resources"].append({
                    "name": kind.of.plural, "singularName": kind.of.kind.lower(), "namespaced": True, "kind": kind.of.kind,
                    "verbs": ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]})
        return {
            "/version": {"major": "1", "minor": self.minor, "gitVersion": f"v1.{self.minor}.0"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": list(groups.values())},
            **documents,
        }

    def other_answer(self, request):
        documents = self.discovery()
        if request.method == "GET" and request.path in documents:
            return Answer(200, encode(documents[request.path]))
        if request.method == "POST" and request.path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
            asked = json.loads(request.body)
            denied = {kind.of.plural for kind in (self, *self.beside) if kind.denied}
            allowed = asked["spec"]["resourceAttributes"]["resource"] not in denied
            return Answer(201, encode({**asked, "status": {"allowed": allowed}}))
        if request.method == "POST" and request.path == "/apis/authentication.k8s.io/v1/selfsubjectreviews":
            return Answer(201, encode({**json.loads(request.body), "status": {"userInfo": {"username": "mirror"}}}))
        return Answer(404, b"404 page not found\n", {"Content-Type": "text/plain; charset=utf-8"})

    def list(self, request, served):
        objects, query = self.objects, request.query
        limit = int(query.get("limit") or 0)
        start = ""
        with objects.changed:
            try:
                if "continue" in query:
                    padded = query["continue"] + "=" * (-len(query["continue"]) % 4)
                    token = json.loads(base64.urlsafe_b64decode(padded))
                    version, start = (objects.version if token["rv"] == -1 else token["rv"]), token["start"]
                elif query.get("resourceVersionMatch") == "Exact" or (limit and request.version not in ("", "0")
                                                                      and "resourceVersionMatch" not in query):
                    version = int(request.version)
                else:
                    if int(request.version or 0) > objects.version:
                        raise Ahead
                    version = objects.version
                    if request.version == "0" and not self.pages_at_zero:
                        limit = 0
                state = objects.state_at(version)
            except Expired:
                metadata = {"continue": token_text(-1, start)} if start else {}
                return status_answer(410, "Expired", "The provided continue parameter is too old to display a consistent list result."
                                     if start else "The resourceVersion for the provided list is too old.", metadata=metadata)
            except Ahead:
                return self.too_large_version(request.version)
        keys = sorted(key for key in state if not start or "/".join(key) + "\0" > start)
        if limit and self.page_size:
            limit = min(limit, self.page_size)
        metadata = {"continue": "", "resourceVersion": str(version)}
        if limit > 0 and len(keys) > limit:
            metadata.update({"continue": token_text(version, "/".join(keys[limit - 1]) + "\0"), "remainingItemCount": len(keys) - limit})
            keys = keys[:limit]
        if self.shuffle is not None:
            random.Random(self.shuffle).shuffle(keys)
        return self.list_answer(request, served, [state[key] for key in keys], metadata)

    def probe(self, request, served):
        """A list of one object, without looking at all of them: it is asked for often."""
        with self.objects.changed:
            version, count = self.objects.version, len(self.objects.current)
            first = min(self.objects.current, default=None)
            items = [] if first is None else [self.objects.current[first]]
        metadata = {"continue": "", "resourceVersion": str(version)}
        if count > 1:
            metadata.update({"continue": token_text(version, "/".join(first) + "\0"), "remainingItemCount": count - 1})
        return self.list_answer(request, served, items, metadata)

    def list_answer(self, request, served, items, metadata):
        if PARTIAL in request.headers.get("accept", ""):
            head = b'{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":%s,"items":[' % encode(metadata)
            return Answer(200, head + b",".join(self.partial_text(item) for item in items) + b"]}")

        def pieces():
            # The members of a custom resource's list come in the order of their names.
            yield b'{"apiVersion":"%s/%s","items":[' % (self.of.group.encode(), served.encode())
            for number, item in enumerate(items):
                yield (b"," if number else b"") + self.item_text(item, served)
            yield b'],"kind":"%sList","metadata":%s}\n' % (self.of.kind.encode(), encode(metadata))

        return Answer(200, pieces())

    @staticmethod
    def too_large_version(version):
        return status_answer(504, "Timeout", f"Too large resource version: {version}", retryAfterSeconds=1,
                             causes=[{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}])

    def watch(self, request, connection, served):
        objects = self.objects
        if request.kind == "watchlist" and not self.watch_list:
            message = ("VirtualMachineSnapshot is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch "
                       "unless the WatchList feature gate is enabled")
            return status_answer(422, "Invalid", message)
        with objects.changed:
            version = int(request.version or 0)
            if version > objects.version and self.refuses_ahead:
                return self.too_large_version(request.version)
            if request.kind == "watchlist" and self.watch_list_error is not None:
                return Answer(200, iter([event("ERROR", self.watch_list_error)]))
            initial = []
            if request.kind == "watchlist" or version == 0:
                initial = [objects.current[key] for key in sorted(objects.current)]
                version = objects.version
            elif version < objects.compacted:
                expired = status_answer(410, "Expired", f"too old resource version: {version} ({objects.compacted})")
                if not self.expired_as_event:
                    return expired
                return Answer(200, iter([event("ERROR", json.loads(expired.body))]))
            epoch = objects.epoch
        return Answer(200, self.events(request, connection, served, initial, version, epoch))

    def events(self, request, connection, served, initial, version, epoch):
        """Events as they happen, until the time is over, the client is gone or the cluster restored."""
        objects = self.objects
        ends = time.monotonic() + (float(request.query.get("timeoutSeconds") or 3600) if self.ends_watches else 3600)
        bookmarks = request.query.get("allowWatchBookmarks") in ("1", "true")
        api_version = f"{self.of.group}/{served}"

        def bookmark(**annotations):
            metadata = {"resourceVersion": str(version), **({"annotations": annotations} if annotations else {})}
            return event("BOOKMARK", {"kind": self.of.kind, "apiVersion": api_version, "metadata": metadata})

        for item in initial:
            yield event_of("ADDED", self.item_text(item, served))
        if request.kind == "watchlist":
            yield bookmark(**{"k8s.io/initial-events-end": "true"})
        # The first one comes soon: a watch that ends early and without a word is a fault of its own.
        due = time.monotonic() + FIRST_BOOKMARK if self.bookmarks is not None and bookmarks else ends
        spoke = time.monotonic()
        while True:
            cut = spoke + self.idle_cut[0] if self.idle_cut is not None else ends + 1
            with objects.changed:
                changes = objects.changes_after(version)
                if not changes and not connection.gone and epoch == objects.epoch:
                    objects.changed.wait(max(0.0, min(due, ends, cut) - time.monotonic()))
                    changes = objects.changes_after(version)
                if connection.gone or epoch != objects.epoch:
                    raise Hangup("fin")
                newest = objects.version
            for change in changes:
                version = change.version
                yield event_of(change.kind, self.item_text(change.item, served))
                spoke = time.monotonic()
            if time.monotonic() >= ends:
                return
            if time.monotonic() >= cut and not changes:
                raise Hangup(self.idle_cut[1])
            if time.monotonic() >= due:
                due = time.monotonic() + (self.bookmarks or ends)
                # A watch from a version that is still to come hears nothing before that.
                if not changes and newest >= version:
                    version, spoke = newest, time.monotonic()
                    yield bookmark()
                    self.bookmarked += 1

    # Who connects.

    def item_text(self, item, served):
        """An object in the version in which it was asked for; what is no object, as it is."""
        if isinstance(item, bytes):
            return item
        has_version = isinstance(item, dict) and "apiVersion" in item
        return encode({**item, "apiVersion": f"{self.of.group}/{served}"} if has_version else item)

    def partial_text(self, item):
        """The same where the metadata alone was asked for."""
        if not isinstance(item, dict):
            return self.item_text(item, "")
        return encode({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                       **({"metadata": item["metadata"]} if "metadata" in item else {})})

    def kubeconfig(self, token="first-token", host="127.0.0.1", authority=None, port=None):
        signer = (authority or self.authority).certificate if self.context else None
        return kubeconfig_of(f"{'https' if self.context else 'http'}://{host}:{port or self.port}", {"token": token}, signer)


def token_text(version, start):
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
