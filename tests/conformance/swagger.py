"""Turns the published Swagger 2.0 description into JSON Schema, and validates answers with it."""

import json
import re
from pathlib import Path

import jsonschema

DESCRIPTION = json.loads((Path(__file__).parent / "vm-snapshots.swagger.json").read_text(encoding="utf-8"))
FORMATS = jsonschema.FormatChecker(())


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value):
    if isinstance(value, str) and not re.fullmatch(
            r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value):
        raise ValueError(value)
    return True


@FORMATS.checks("byte", raises=ValueError)
def is_base64(value):
    if isinstance(value, str) and not re.fullmatch(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", value):
        raise ValueError(value)
    return True


@FORMATS.checks("int64")
def is_int64(value):
    return not isinstance(value, int) or -2**63 <= value < 2**63


def to_json_schema(part):
    """The dialect of Swagger 2.0 and of OpenAPI 3.0 as JSON Schema: the same but for `x-nullable` and `nullable`, and a
    few words of its own."""
    if isinstance(part, list):
        return [to_json_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    schema = {name: to_json_schema(value) for name, value in part.items() if not name.startswith("x-")}
    if part.get("x-nullable") is True or part.get("nullable") is True:
        schema = {"anyOf": [{"type": "null"}, schema]}
    # A `properties` without a type is an object all the same.
    if "properties" in schema and "type" not in schema:
        schema["type"] = "object"
    return schema


# `properties` and `definitions` are maps of names, not schemas; a property may be called anything.
def convert(part):
    schema = to_json_schema(part)
    schema["definitions"] = {name: to_json_schema(body) for name, body in DESCRIPTION["definitions"].items()}
    return schema


def operations():
    """(method, path, operation id, {status: schema or None}) of every published operation."""
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                responses = {int(code): body.get("schema") for code, body in operation["responses"].items() if code.isdigit()}
                yield method.upper(), path, operation["operationId"], responses


def validator(schema):
    schema = convert(schema)
    jsonschema.Draft4Validator.check_schema(schema)
    return jsonschema.Draft4Validator(schema, format_checker=FORMATS)


def schema_of(operation_id, status=200):
    """The validator of what an operation answers with that status."""
    return next(validator(responses[status]) for _, _, name, responses in operations() if name == operation_id)


def definition(name):
    return validator({"$ref": f"#/definitions/{name}"})


def null_places(value, place="$"):
    """Where a null stands: the published clients take none but a status'."""
    if value is None:
        return [place]
    if isinstance(value, dict):
        return [found for name, part in value.items() for found in null_places(part, f"{place}.{name}")]
    if isinstance(value, list):
        return [found for number, part in enumerate(value) for found in null_places(part, f"{place}[{number}]")]
    return []


def problems(schema_validator, value):
    """What is wrong with an answer, each with its place."""
    found = [f"{error.json_path}: {error.message[:300]}" for error in schema_validator.iter_errors(value)]
    return found + [f"{place}: null" for place in null_places(value)]
