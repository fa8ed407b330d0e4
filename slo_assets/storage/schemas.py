"""The JSON Schemas, and what is said of a document that does not fit."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema import Draft7Validator

SCHEMAS = Path(__file__).parents[2] / "schemas"


class SchemaError(ValueError):
    """A document that does not fit its schema; the message names each place, value and expectation."""


@cache
def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_bytes())
    return schema


@cache
def _quick(name: str) -> jsonschema_rs.Draft7Validator:
    """Says in a hundredth of the time whether a document fits, and nothing that a user would understand."""
    return jsonschema_rs.Draft7Validator(_schema(name))


@cache
def _telling(name: str) -> Draft7Validator:
    """Says what is wrong."""
    schema = _schema(name)
    return Draft7Validator(_inlined(schema, schema.get("definitions", {})))


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its own definitions put in place, which halves the time that a validation takes."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(definitions[node["$ref"].removeprefix("#/definitions/")], definitions)
    return {key: _inlined(value, definitions) for key, value in node.items() if key != "definitions"}


def validate(document: Any, name: str, *, most: int = 5) -> None:
    """Check a document against a schema.

    Args:
        document: the JSON value.
        name: the schema's file name without ``.schema.json``.
        most: how many mistakes the message tells at the most.

    Raises:
        SchemaError: the document does not fit.
    """
    try:
        if _quick(name).is_valid(document):
            return
    except ValueError:
        pass  # half a character, which is no UTF-8: the slower one looks at it like at any other
    found = sorted(_telling(name).iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
    if found:
        told = [f"{_place(error.absolute_path)}: {_shorten(error.message)}" for error in found[:most]]
        more = [f"and {len(found) - most} more"] if len(found) > most else []
        msg = f"does not fit {name}.schema.json: {'; '.join(told + more)}"
        raise SchemaError(msg)


def _place(path: Any) -> str:
    return ".".join(map(str, path)) or "the document"


def _shorten(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[: limit // 2]} … {text[-limit // 2 :]}"
