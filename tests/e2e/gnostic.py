"""Reads the protobuf form of OpenAPI v2, openapi.v2.Document of gnostic's OpenAPIv2.proto, as the JSON that says
the same. Every field has to be one of the tables below."""

import json


def fields(data):
    """(number, value) of each field of a message: an int, or bytes."""
    place = 0

    def varint():
        nonlocal place
        value, shift = 0, 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(data):
        tag = varint()
        assert tag & 7 in (0, 2), f"wire type {tag & 7} of field {tag >> 3}"
        value = varint()
        if tag & 7 == 2:
            assert place + value <= len(data), f"field {tag >> 3} is cut off"
            value, place = data[place:place + value], place + value
        yield tag >> 3, value


def text(value):
    return value.decode("utf-8")


def message(table, extensions=None):
    """A reader of messages: field numbers to (name in JSON, reader), or (name, reader, list) for repeated ones."""
    def read(data):
        out = {}
        for number, value in fields(data):
            if number == extensions:
                name, value = named(any_value)(value)
                assert name.startswith("x-") and name not in out
                out[name] = value
                continue
            name, reader, *repeated = table[number]
            if repeated:
                out.setdefault(name, []).append(reader(value))
            else:
                assert name not in out, f"{name} comes twice"
                out[name] = reader(value)
        return out
    return read


def any_value(data):
    return json.loads(message({2: ("yaml", text)})(data)["yaml"])


def named(reader):
    """A member of a map: its name and its value."""
    def read(data):
        entry = message({1: ("name", text), 2: ("value", reader)})(data)
        return entry["name"], entry["value"]
    return read


def mapping(number, reader):
    def read(data):
        entries = message({number: ("entries", named(reader), list)})(data).get("entries", [])
        assert len(dict(entries)) == len(entries)
        return dict(entries)
    return read


def choice(table):
    """Of a message that holds exactly one of several, that one."""
    def read(data):
        [(number, value)] = fields(data)
        return table[number](value)
    return read


def schema(data):
    return SCHEMA(data)


SCHEMA = message({
    1: ("$ref", text), 2: ("format", text), 3: ("title", text), 4: ("description", text), 5: ("default", any_value),
    13: ("pattern", text), 16: ("uniqueItems", bool), 19: ("required", text, list), 20: ("enum", any_value, list),
    21: ("additionalProperties", choice({1: schema, 2: bool})), 22: ("type", choice({1: text})),
    23: ("items", choice({1: schema})), 24: ("allOf", schema, list), 25: ("properties", mapping(1, schema)),
}, extensions=31)

BODY = message({1: ("description", text), 2: ("name", text), 3: ("in", text), 4: ("required", bool), 5: ("schema", schema)},
               extensions=6)
QUERY = message({1: ("required", bool), 2: ("in", text), 3: ("description", text), 4: ("name", text),
                 5: ("allowEmptyValue", bool), 6: ("type", text), 7: ("format", text), 20: ("uniqueItems", bool)}, extensions=23)
PATH = message({1: ("required", bool), 2: ("in", text), 3: ("description", text), 4: ("name", text), 5: ("type", text),
                6: ("format", text), 19: ("uniqueItems", bool)}, extensions=22)
PARAMETER = choice({1: choice({1: BODY, 2: choice({3: QUERY, 4: PATH})})})

RESPONSE = message({1: ("description", text), 2: ("schema", choice({1: schema}))}, extensions=5)

OPERATION = message({
    1: ("tags", text, list), 2: ("summary", text), 3: ("description", text), 5: ("operationId", text),
    6: ("produces", text, list), 7: ("consumes", text, list), 8: ("parameters", PARAMETER, list),
    9: ("responses", mapping(1, choice({1: RESPONSE}))), 10: ("schemes", text, list),
}, extensions=13)

PATH_ITEM = message({2: ("get", OPERATION), 3: ("put", OPERATION), 4: ("post", OPERATION), 5: ("delete", OPERATION),
                     6: ("options", OPERATION), 7: ("head", OPERATION), 8: ("patch", OPERATION), 9: ("parameters", PARAMETER, list)},
                    extensions=10)

document = message({
    1: ("swagger", text), 2: ("info", message({1: ("title", text), 2: ("version", text)})),
    8: ("paths", mapping(2, PATH_ITEM)), 9: ("definitions", mapping(1, schema)),
}, extensions=16)
