"""Exchanges recorded from a real kube-apiserver, replayed in order against a server of ours.

Later requests carry what earlier answers gave: uids, versions, continue tokens, generated names and
times. Recorded answer and ours are walked side by side, and what stands at the same place is bound:
from then on the recorded value stands for ours, in requests and in answers, and one that means two
things is a difference. Versions must also come in the recorded order.
"""

import http.client
import json
import re
import urllib.parse
from pathlib import Path

FOLDER = Path(__file__).parent / "kubernetes"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
GENERATED = re.compile(r"[bcdfghjklmnpqrstvwxz2456789]{5}")
TIMES = ("creationTimestamp", "deletionTimestamp", "time")
# Versions inside of messages.
MESSAGE_VERSION = re.compile(r"(?<=current: )\d+|(?<=\()\d+(?=\)$)")


class Exchange:
    """One recorded request, what came back, and the requests made while it was open."""

    def __init__(self, path):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        self.number = path.name[:3]
        self.name = path.stem
        self.request = recorded["request"]
        self.response = recorded["response"]
        self.during = recorded.get("during", [])

    @property
    def watches(self):
        return "watch=1" in self.request["path"]

    @property
    def timeout_seconds(self):
        return "timeoutSeconds=" in self.request["path"]


def load():
    """Every exchange, in the order in which they were made."""
    return [Exchange(path) for path in sorted((FOLDER / "transcripts").glob("*.json"))]


def exemptions():
    """{number: exemption} of the exchanges whose answers differ, and why; `how` names the comparison."""
    rows = json.loads((FOLDER / "exemptions.json").read_text(encoding="utf-8"))
    return {number: row for row in rows for number in row["exchanges"]}


class Answer:
    """What came back: a text, a JSON value, or the events of a watch."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body


class Bindings:
    """What recorded values stand for in this run."""

    def __init__(self):
        self.uids = {}
        self.versions = {}
        self.object_versions = set()
        self.tokens = {}
        self.names = {}
        self.times = {}

    def bind(self, table, recorded, ours):
        if table.setdefault(recorded, ours) != ours:
            return [f"{recorded!r} was {table[recorded]!r} before, and is {ours!r} now"]
        return []

    def bind_version(self, recorded, ours, of_object):
        if not re.fullmatch(r"[0-9]+", ours):
            return [f"{ours!r} is no version of ours"]
        found = self.bind(self.versions, recorded, ours)
        if of_object:
            self.object_versions.add(recorded)
        for other, value in self.versions.items():
            before, after = sorted(((int(other), int(value)), (int(recorded), int(ours))))
            strict = before[0] != after[0] and {other, recorded} <= self.object_versions
            if before[1] > after[1] or (strict and before[1] == after[1]):
                found.append(f"versions {before[0]}, {after[0]} came as {before[1]}, {after[1]}")
        return found

    def text(self, recorded):
        """A recorded text with what is bound put in."""
        for value in set(UUID.findall(recorded)):
            recorded = recorded.replace(value, self.uids.get(value, value))
        for name, ours in self.names.items():
            recorded = recorded.replace(name, ours)
        return recorded


def entry_key(item, number):
    """Tells an entry of managedFields from the others; elsewhere the number does."""
    if isinstance(item, dict) and "manager" in item:
        return item["manager"], item.get("operation"), item.get("subresource")
    return number


def managed_order(entry):
    """In what order a kube-apiserver keeps entries: sortEncodedManagedFields in
    k8s.io/apimachinery/pkg/util/managedfields/internal."""
    return (entry.get("operation", ""), entry.get("time", ""), entry.get("manager", ""), entry.get("apiVersion", ""),
            entry.get("subresource", ""))


class Comparison:
    """Walks a recorded value and ours; `differences` holds what is not equal, each with its place."""

    def __init__(self, bindings, request_text="", ordered=True):
        self.bindings = bindings
        self.request_text = request_text
        self.ordered = ordered
        self.differences = []

    def add(self, place, what):
        self.differences.append(f"{place}: {what}")

    def compare(self, recorded, ours, place="$", key=None, owner=None, times=()):
        if isinstance(recorded, bool) or isinstance(ours, bool) or type(recorded) is not type(ours):
            if recorded is not ours:
                self.add(place, f"recorded {short(recorded)}, ours {short(ours)}")
        elif isinstance(recorded, dict):
            self.compare_dicts(recorded, ours, place, times)
        elif isinstance(recorded, list):
            self.compare_lists(recorded, ours, place, key, times)
        elif isinstance(recorded, str):
            self.compare_texts(recorded, ours, place, key, owner, times)
        elif recorded != ours:
            self.add(place, f"recorded {recorded}, ours {ours}")

    def compare_dicts(self, recorded, ours, place, times):
        for name in recorded.keys() - ours.keys():
            self.add(place, f"recorded has {name!r}: {short(recorded[name])}, ours has not")
        for name in ours.keys() - recorded.keys():
            self.add(place, f"ours has {name!r}: {short(ours[name])}, recorded has not")
        if isinstance(recorded.get("metadata"), dict) and "name" in recorded["metadata"]:
            times = (recorded["metadata"]["name"],)
        for name in recorded.keys() & ours.keys():
            self.compare(recorded[name], ours[name], f"{place}.{name}", name, recorded, (*times, name))

    def compare_lists(self, recorded, ours, place, key, times):
        if not self.ordered and key in (None, "items"):
            recorded = sorted(recorded, key=self.list_order)
        if len(recorded) != len(ours):
            self.add(place, f"recorded {len(recorded)}, ours {len(ours)}: {short(recorded)}, {short(ours)}")
        if key == "managedFields":
            ours = self.paired_entries(recorded, ours, place)
        for number, (left, right) in enumerate(zip(recorded, ours)):
            self.compare(left, right, f"{place}[{number}]", times=(*times, entry_key(left, number)))

    def paired_entries(self, recorded, ours, place):
        """Our entries of managedFields in the recorded order. The recorded one cannot be asked for: it is by
        time, to the second, and two writes of one recorded second may be of two seconds here."""
        if ours != sorted(ours, key=managed_order):
            self.add(place, f"ours are not in the order of managedFields: {short(ours)}")
        places = {entry_key(entry, number): number for number, entry in enumerate(recorded)}
        return sorted(ours, key=lambda entry: places.get(entry_key(entry, None), len(recorded)))

    def list_order(self, item):
        metadata = item.get("object", item)["metadata"]
        return metadata.get("namespace", ""), self.bindings.text(metadata["name"])

    def compare_texts(self, recorded, ours, place, key, owner, times):
        if key == "uid" and UUID.fullmatch(recorded) and recorded not in self.request_text:
            if not UUID.fullmatch(ours):
                self.add(place, f"{ours!r} is no uid")
            self.bound(place, self.bindings.bind(self.bindings.uids, recorded, ours))
        elif key == "resourceVersion" and recorded.isdigit():
            self.bound(place, self.bindings.bind_version(recorded, ours, "uid" in owner))
        elif key == "continue" and recorded and ours:
            self.bound(place, self.bindings.bind(self.bindings.tokens, recorded, ours))
        elif key in TIMES and TIME.fullmatch(recorded):
            if not TIME.fullmatch(ours):
                self.add(place, f"{ours!r} is no time")
            self.bindings.times[(times, recorded)] = ours
        elif key == "name" and self.generated(recorded, owner):
            if not (ours.startswith(owner["generateName"]) and GENERATED.fullmatch(ours[len(owner["generateName"]):])):
                self.add(place, f"{ours!r} is no generated name of {owner['generateName']!r}")
            self.bound(place, self.bindings.bind(self.bindings.names, recorded, ours))
        else:
            self.plain_text(self.bindings.text(recorded), ours, place)

    def plain_text(self, recorded, ours, place):
        hidden = [MESSAGE_VERSION.sub("(version)", text) for text in (recorded, ours)]
        if hidden[0] != hidden[1]:
            self.add(place, f"recorded {recorded!r}, ours {ours!r}")

    @staticmethod
    def generated(name, owner):
        base = owner.get("generateName", "")
        return bool(base) and name.startswith(base) and GENERATED.fullmatch(name[len(base):])

    def bound(self, place, problems):
        for problem in problems:
            self.add(place, problem)

    def compare_yaml(self, recorded, ours):
        """Line by line: YAML is compared as it is written."""
        bindings = self.bindings

        def lines(text, is_recorded):
            for line in text.splitlines():
                line = TIME.sub("(time)", line)
                version = re.fullmatch(r'(\s*resourceVersion: ")(\d+)"', line)
                if version and is_recorded:
                    line = f'{version[1]}{bindings.versions.get(version[2], "unknown")}"'
                yield bindings.text(line) if is_recorded else line

        left, right = list(lines(recorded, True)), list(lines(ours, False))
        for number, pair in enumerate(zip(left, right), 1):
            if pair[0] != pair[1]:
                self.add(f"line {number}", f"recorded {pair[0]!r}, ours {pair[1]!r}")
        if len(left) != len(right) or ours.endswith("\n") != recorded.endswith("\n"):
            self.add("$", f"recorded {len(left)} lines, ours {len(right)}")


def short(value):
    text = json.dumps(value)
    return text if len(text) <= 200 else text[:200] + "..."


def shape(value):
    """Keys and types, without what the values say."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value]
    return type(value).__name__


class Replay:
    """Makes the recorded requests, each once and in order, and keeps what differed for each."""

    def __init__(self, connect, cluster, key, before=None):
        """`connect(timeout)` gives a connection to the server, `before` maps numbers to what must
        have happened before an exchange: a function that takes this replay."""
        self.connect = connect
        self.base = f"/clusters/{cluster}"
        self.key = key
        self.before = before or {}
        self.bindings = Bindings()
        self.exchanges = load()
        self.exemptions = exemptions()
        self.results = {}
        self.socket = None

    def differences(self, name):
        """What differed in the exchange of that name; runs those before it that have not run yet."""
        for exchange in self.exchanges:
            if exchange.name not in self.results:
                self.results[exchange.name] = self.run(exchange)
            if exchange.name == name:
                return self.results[name]
        raise KeyError(name)

    def exchange(self, number):
        return next(exchange for exchange in self.exchanges if exchange.number == number)

    def run(self, exchange):
        if exchange.number in self.before:
            self.before[exchange.number](self)
        differences = []
        try:
            if exchange.watches:
                answer = self.watch(exchange, differences)
            else:
                answer = self.send(exchange.request, exchange.number)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return [*differences, f"no answer: {error!r}"]
        return differences + self.compare(exchange, exchange.request, exchange.response, answer)

    # Requests.

    def mapped_target(self, path):
        path, _, query = path.partition("?")
        path = self.bindings.text(path)
        if not query:
            return self.base + path
        parts = []
        for part in query.split("&"):
            name, _, value = part.partition("=")
            value = urllib.parse.unquote(value)
            if name == "continue":
                value = self.bindings.tokens.get(value, value)
            elif name == "resourceVersion":
                value = self.bindings.versions.get(value, value)
            elif name == "timeoutSeconds":
                # A bookmark comes two seconds before the end; to wait a minute for it would show no more.
                value = str(min(int(value), 3))
            parts.append(f"{name}={urllib.parse.quote(value, safe='')}")
        return f"{self.base}{path}?{'&'.join(parts)}"

    def mapped(self, value, key=None, times=()):
        bindings = self.bindings
        if isinstance(value, dict):
            if isinstance(value.get("metadata"), dict) and "name" in value["metadata"]:
                times = (value["metadata"]["name"],)
            return {name: self.mapped(part, name, (*times, name)) for name, part in value.items()}
        if isinstance(value, list):
            return [self.mapped(part, None, (*times, entry_key(part, number))) for number, part in enumerate(value)]
        if not isinstance(value, str):
            return value
        if key == "resourceVersion":
            return bindings.versions.get(value, value)
        if key in TIMES:
            return bindings.times.get((times, value), value)
        return bindings.text(value)

    def open(self, request, number, timeout):
        headers = dict(request.get("headers") or {})
        if number == "016":
            headers["Authorization"] = "Bearer not-a-key"
        elif not request.get("anonymous"):
            headers["Authorization"] = f"Bearer {self.key}"
        body = request.get("body")
        if isinstance(body, (dict, list)):
            body = json.dumps(self.mapped(body))
        connection = self.connect(timeout)
        connection.request(request["method"], self.mapped_target(request["path"]), body=body, headers=headers)
        # An answer that closes its connection takes the socket away from it.
        self.socket = connection.sock
        return connection, connection.getresponse()

    def send(self, request, number, timeout=60):
        connection, answer = self.open(request, number, timeout)
        text = answer.read().decode("utf-8")
        connection.close()
        return Answer(answer.status, answer.headers, decoded(answer.headers, text))

    def watch(self, exchange, differences, timeout=60):
        """Reads the events of a watch: to its end where it has one, else as many as were recorded and
        then whether there are more."""
        connection, answer = self.open(exchange.request, exchange.number, timeout)
        socket = self.socket
        if answer.status != 200:
            body = decoded(answer.headers, answer.read().decode("utf-8"))
            connection.close()
            return Answer(answer.status, answer.headers, body)
        for part in exchange.during:
            inner = self.send(part["request"], exchange.number)
            differences += [f"during: {what}" for what in
                            self.compare(exchange, part["request"], part["response"], inner, plain=True)]
        wanted = None if not exchange.during else len(exchange.response["body"])
        events = []
        while wanted is None or len(events) < wanted:
            line = answer.readline()
            if not line:
                break
            events.append(json.loads(line))
        if wanted is not None:
            events += self.surplus(socket, answer)
        connection.close()
        return Answer(answer.status, answer.headers, events)

    @staticmethod
    def surplus(socket, answer):
        socket.settimeout(0.3)
        try:
            line = answer.readline()
        except (TimeoutError, http.client.HTTPException):
            return []
        return [json.loads(line)] if line else []

    # Answers.

    def compare(self, exchange, request, response, answer, plain=False):
        exemption = {} if plain else self.exemptions.get(exchange.number, {})
        how = exemption.get("how")
        body = response.get("body")
        if how == "status":
            return [] if answer.status == exemption["status"] else [f"status {answer.status}: {short(answer.body)}"]
        found = []
        status = exemption.get("status", response["status"])
        if answer.status != status:
            found.append(f"status: recorded {response['status']}, to be {status}, ours {answer.status}: "
                         f"{short(answer.body)}")
        if how == "client error":
            # A Status of the same words; a real 4xx has a reason, too.
            recorded = body[0] if isinstance(body, list) else body
            body = {**recorded, "code": status, "reason": exemption["reason_word"]}
        for name, value in response.get("headers", {}).items():
            value = exemption.get("headers", {}).get(name, value)
            if answer.headers.get(name) != value:
                found.append(f"header {name}: recorded {value!r}, ours {answer.headers.get(name)!r}")
        if how == "groups":
            return found + compare_groups(exchange.number, body, answer.body)
        ours = answer.body
        if how == "bookmarks" and isinstance(ours, list):
            ours, bookmarks = without_bookmarks(ours)
            if not bookmarks:
                found.append("no BOOKMARK came")
        if how == "collected":
            body, ours = without_collected(body, ours)
        if type(body) is not type(ours):
            return found + [f"body: recorded {short(body)}, ours {short(ours)}"]
        comparison = Comparison(self.bindings, json.dumps(request.get("body")), ordered=how != "unordered")
        if isinstance(body, str) and body.startswith("apiVersion:"):
            comparison.compare_yaml(body, ours)
        else:
            comparison.compare(body, ours)
        return found + comparison.differences


def without_collected(recorded, ours):
    """A recorded list as it is once the garbage collector has removed what waited for its dependents, and our page as far
    as that one goes."""
    recorded = json.loads(json.dumps(recorded))
    left = [item for item in recorded["items"] if "foregroundDeletion" not in item["metadata"].get("finalizers", [])]
    if recorded["metadata"].get("remainingItemCount"):
        recorded["metadata"]["remainingItemCount"] -= 1
    if len(left) < len(recorded["items"]) and recorded["metadata"].get("continue"):
        ours = {**ours, "items": ours["items"][:len(left)]}
    return {**recorded, "items": left}, ours


def decoded(headers, text):
    if (headers.get("Content-Type") or "").startswith("application/json"):
        return json.loads(text)
    # The recorded server sent the OpenAPI documents as plain text.
    if text.startswith("{"):
        return json.loads(text)
    return text


def without_bookmarks(events):
    return ([event for event in events if event["type"] != "BOOKMARK"],
            [event for event in events if event["type"] == "BOOKMARK"])


def compare_groups(number, recorded, ours):
    """001 to 011: what is served of the recorded server's groups, in its shape."""
    compare = {"001": compare_version, "005": compare_addresses, "006": compare_group_list,
               "007": compare_aggregated, "009": compare_resources, "010": compare_index, "011": compare_document}[number]
    try:
        return compare(recorded, ours)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        return [f"of another shape ({error!r}): {short(ours)}"]


def compare_version(recorded, ours):
    return [] if shape(recorded) == shape(ours) else [f"recorded {short(recorded)}, ours {short(ours)}"]


def compare_addresses(recorded, ours):
    address = ours["serverAddressByClientCIDRs"][0]["serverAddress"]
    found = [] if re.fullmatch(r".+:\d+", address) else [f"no address: {address!r}"]
    recorded["serverAddressByClientCIDRs"][0]["serverAddress"] = address
    return found + ([] if recorded == ours else [f"recorded {short(recorded)}, ours {short(ours)}"])


def compare_group_list(recorded, ours):
    known = {group["name"]: group for group in recorded["groups"]}
    found = [f"group {group['name']}: recorded {short(known.get(group['name']))}, ours {short(group)}"
             for group in ours["groups"] if known.get(group["name"]) != group]
    if {group["name"] for group in ours["groups"]} != {"authentication.k8s.io", "authorization.k8s.io", "snapshot.kubevirt.io"}:
        found.append(f"groups: {short(ours)}")
    if {**recorded, "groups": []} != {**ours, "groups": []}:
        found.append(f"recorded {short({**recorded, 'groups': []})}, ours {short(ours)}")
    return found


def compare_aggregated(_, ours):
    """The recorded server had no aggregated discovery: the names of the groups, versions and resources
    are those of plain discovery, 006 and 009."""
    served = {(group["metadata"].get("name", ""), version["version"], resource["resource"])
              for group in ours["items"] for version in group["versions"] for resource in version["resources"]}
    wanted = {("authentication.k8s.io", "v1", "selfsubjectreviews"),
              ("authorization.k8s.io", "v1", "selfsubjectaccessreviews"),
              ("authorization.k8s.io", "v1", "selfsubjectrulesreviews"),
              *(("snapshot.kubevirt.io", version, resource) for version in ("v1beta1", "v1alpha1")
                for resource in ("virtualmachinesnapshots", "virtualmachinerestores"))}
    return [] if served == wanted else [f"recorded {sorted(wanted)}, ours {sorted(served)}"]


def compare_resources(recorded, ours):
    snapshots = {**ours, "resources": [one for one in ours["resources"]
                                       if not one["name"].startswith("virtualmachinerestores")]}
    return [] if snapshots == recorded else [f"recorded {short(recorded)}, ours {short(ours)}"]


def compare_index(recorded, ours):
    found = [f"{path} is not among the recorded" for path in ours["paths"] if path not in recorded["paths"]]
    for path in ("api/v1", "apis/snapshot.kubevirt.io/v1beta1", "apis/snapshot.kubevirt.io/v1alpha1"):
        if path not in ours["paths"]:
            found.append(f"{path} is missing")
    for path, entry in ours["paths"].items():
        if not re.fullmatch(f"/openapi/v3/{re.escape(path)}\\?hash=[0-9A-Za-z]+", relative(entry)):
            found.append(f"{path}: {short(entry)}")
    return found


def relative(entry):
    """The URL of a document without the cluster's prefix, which a client puts before it or not."""
    return re.sub(r"^/clusters/[^/]+", "", entry.get("serverRelativeURL", ""))


def compare_document(recorded, ours):
    of_snapshots = {path for path in ours["paths"] if "virtualmachinerestores" not in path}
    found = []
    if recorded["paths"].keys() != of_snapshots:
        found.append(f"paths: {sorted(recorded['paths'])[:9]}, ours {sorted(of_snapshots)[:9]}")
    for path in recorded["paths"].keys() & ours["paths"].keys():
        left, right = recorded["paths"][path], ours["paths"][path]
        if left.keys() != right.keys():
            found.append(f"{path}: recorded {sorted(left)}, ours {sorted(right)}")
        for method in left.keys() & right.keys() - {"parameters"}:
            for what in ("x-kubernetes-group-version-kind", "x-kubernetes-action"):
                if left[method].get(what) != right[method].get(what):
                    found.append(f"{method} {path}: {what}: recorded {short(left[method].get(what))}, "
                                 f"ours {short(right[method].get(what))}")
    schemas = recorded["components"]["schemas"], ours["components"]["schemas"]
    name = "io.kubevirt.snapshot.v1beta1.VirtualMachineSnapshot"
    if schemas[0][name]["properties"].get("spec") != schemas[1].get(name, {}).get("properties", {}).get("spec"):
        found.append("the schema of spec differs")
    return found
