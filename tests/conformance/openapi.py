"""Holds answers to the description of all operations, docs/openapi.yaml."""

import json
from pathlib import Path

import jsonschema
import yaml

import swagger

DESCRIPTION = yaml.safe_load((Path(__file__).parents[2] / "docs" / "openapi.yaml").read_text(encoding="utf-8"))


def resolve(part):
    """What a reference leads to."""
    while "$ref" in part:
        names = part["$ref"].removeprefix("#/").split("/")
        part = DESCRIPTION
        for name in names:
            part = part[name]
    return part


class Operation:
    """One operation. `query` has its parameters by name, each with its schema."""

    def __init__(self, method, path, shared, described):
        self.method = method.upper()
        self.path = path
        self.id = described["operationId"]
        self.responses = described["responses"]
        self.request = resolve(described.get("requestBody", {})).get("content", {})
        parameters = [resolve(one) for one in shared + described.get("parameters", [])]
        self.query = {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}

    def content(self, status):
        """What an answer of this status holds: schemas by media type."""
        response = self.responses.get(str(status))
        if response is None:
            assert status >= 400, f"{self.id}: {status} is not described"
            response = self.responses["default"]
        return {name: media["schema"] for name, media in resolve(response).get("content", {}).items()}


OPERATIONS = {operation.id: operation for operation in (
    Operation(method, path, item.get("parameters", []), described)
    for path, item in DESCRIPTION["paths"].items() for method, described in item.items() if method != "parameters")}


def validator(schema):
    """Of a schema of the description."""
    whole = swagger.to_json_schema({"allOf": [schema]})
    whole["components"] = {"schemas": swagger.to_json_schema(DESCRIPTION["components"]["schemas"])}
    jsonschema.Draft4Validator.check_schema(whole)
    return jsonschema.Draft4Validator(whole, format_checker=swagger.FORMATS)


def problems(schema, value):
    """What is wrong with a value, each with its place."""
    return [f"{error.json_path}: {error.message[:300]}" for error in validator(schema).iter_errors(value)]


def check(operation, reply):
    """Holds an answer to the description of its operation."""
    content = operation.content(reply.status)
    if not content:
        assert reply.body == b"", (operation.id, reply)
        return
    media = reply.header("Content-Type").split(";")[0]
    assert media in content, (operation.id, media)
    if media == "application/json":
        values = [reply.json()]
    elif media == "application/x-ndjson":
        values = [json.loads(line) for line in reply.text().splitlines()]
    else:
        values = []
    for value in values:
        assert problems(content[media], value) == [], (operation.id, value)
