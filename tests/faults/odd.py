"""What stands in a cluster and is no object that could be shown: {what is odd about it: how it is made}.

Each takes a good object, as a cluster has it, and returns what it becomes: any JSON value, or the
bytes of one.
"""

import json

ENCODE = {"separators": (",", ":"), "ensure_ascii": False}


def metadata(**fields):
    """With these fields of the metadata; None as a value is a null."""
    return lambda item: {**item, "metadata": {**item["metadata"], **fields}}


def without(name):
    return lambda item: {**item, "metadata": {key: value for key, value in item["metadata"].items() if key != name}}


def instead_of_metadata(value):
    return lambda item: {**item, "metadata": value}


def nothing_but(value):
    return lambda item: value


def nested(depth):
    """An object that is that deep, as bytes: Python's own encoder ends earlier."""
    def change(item):
        text = json.dumps({**item, "x": "HERE"}, **ENCODE).encode()
        return text.replace(b'"HERE"', b'{"a":' * depth + b"1" + b"}" * depth)

    return change


def with_bytes(value):
    """With a member that is these bytes, which Python's own encoder writes for nothing."""
    def change(item):
        return json.dumps({**item, "status": {**item["status"], "note": "HERE"}}, **ENCODE).encode().replace(b'"HERE"', value)

    return change


def larger_than_2_mib(item):
    return {**item, "status": {**item["status"], "note": "x" * (2 << 20)}}


# What has a name of its own: in a watch it replaces what was shown before under that name.
NAMED = {
    "no uid": without("uid"),
    "a uid that is empty": metadata(uid=""),
    "a uid that is null": metadata(uid=None),
    "a uid that is a number": metadata(uid=7),
    "nested deeper than 64": nested(70),
    "nested 20,000 deep": nested(20_000),
    "larger than 2 MiB": larger_than_2_mib,
    "bytes that are no UTF-8": with_bytes(b'"a\xff\xc3"'),
    "half of a surrogate pair": with_bytes(b'"\\ud800"'),
    "a number beyond any": with_bytes(b"[1e999]"),
}
# The version of the event that a watch would go on from is missing, too.
UNVERSIONED = {
    "no version": without("resourceVersion"),
    "a version that is empty": metadata(resourceVersion=""),
    "a version that is null": metadata(resourceVersion=None),
    "a version that is a number": metadata(resourceVersion=1001),
    "a version with a space": metadata(resourceVersion="10 01"),
    "a version of 300 digits": metadata(resourceVersion="9" * 300),
}
MISNAMED = {
    "a name in capitals": metadata(name="Upper"),
    "a name with a slash": metadata(name="a/b"),
    "a name that is empty": metadata(name=""),
    "a name of 254 characters": metadata(name="x" * 254),
    "a name with a line end": metadata(name="a\nb"),
    "a name that is a number": metadata(name=7),
    "a name that is null": metadata(name=None),
    "no name": without("name"),
    "a namespace in capitals": metadata(namespace="Upper"),
    "a namespace with a dot": metadata(namespace="a.b"),
    "a namespace that is empty": metadata(namespace=""),
    "a namespace that is null": metadata(namespace=None),
    "a namespace that is a list": metadata(namespace=["a"]),
    "no namespace": without("namespace"),
}
NO_OBJECTS = {
    "no metadata": lambda item: {key: value for key, value in item.items() if key != "metadata"},
    "metadata that is null": instead_of_metadata(None),
    "metadata that is a list": instead_of_metadata([]),
    "metadata that is a text": instead_of_metadata("a"),
    "a text": nothing_but("a text"),
    "a number": nothing_but(7),
    "a list": nothing_but([{"metadata": {"name": "a"}}]),
    "null": nothing_but(None),
    "true": nothing_but(True),
}
ODD = {**NAMED, **UNVERSIONED, **MISNAMED, **NO_OBJECTS}
