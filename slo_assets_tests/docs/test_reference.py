from __future__ import annotations

from typing import Any

import pytest

from slo_assets.config import config_schema
from slo_assets_docs.commands import commands_page
from slo_assets_docs.formulas import sections
from slo_assets_docs.markdown import prose, table
from slo_assets_docs.pages import FOLDER, pages
from slo_assets_docs.schemas import schema_page


def test_the_reference_is_what_the_source_says() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    wanted = pages()

    differ = [name for name in sorted(wanted.keys() | written.keys()) if wanted.get(name) != written.get(name)]
    assert differ == [], "run make reference"


def test_every_setting_says_what_it_means() -> None:
    silent = [
        f"{model}.{name}"
        for model, definition in {"SloConfig": config_schema(), **config_schema()["$defs"]}.items()
        for name, setting in definition.get("properties", {}).items()
        if "description" not in setting and "$ref" not in setting and "const" not in setting
    ]

    assert silent == []


def test_every_option_says_what_it_means() -> None:
    assert [line for line in commands_page().splitlines() if line.startswith("| `") and "|  |" in line[:-4]] == []


PART = {"type": "object", "description": "A part.", "required": ["unit"], "properties": {"unit": {"const": "ms"}}}


def of(**fields: Any) -> str:
    """The page of a schema with these fields."""
    definitions = {"part": PART, "amount": {"description": "A figure.", "type": "number", "minimum": 0}}
    return schema_page("any", {"title": "Any", "properties": fields, "definitions": definitions})


FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "a plain one": ({"type": "string", "description": "A text."}, "| `it` | string |  | A text. |"),
    "bounds": ({"type": ["number", "null"], "maximum": 9}, "| `it` | number or null (at most 9) |  |  |"),
    "one of some": ({"enum": ["a", None]}, '| `it` | `"a"`, `null` |  |  |'),
    "a kind of value": ({"$ref": "#/definitions/amount"}, "| `it` | [amount](#kinds-of-values) |  | A figure. |"),
    "an object": ({"$ref": "#/definitions/part"}, "| `it` | [object](#it) |  | A part. |"),
    "a list": ({"type": "array", "items": {"$ref": "#/definitions/part"}}, "| `it` | list of [object](#it) |  |  |"),
    "any keys": ({"additionalProperties": {"type": "number"}}, "| `it` | by key: number |  |  |"),
    "an object in place": (PART, '| `it.unit` | `"ms"` | yes |  |'),
    "a tag": (
        {"type": "string", "description": "Like <a> and `<b>`."},
        "| `it` | string |  | Like &lt;a> and `<b>`. |",
    ),
    "a condition": (
        {**PART, "if": {"properties": {"unit": {"type": "null"}}}, "then": {"required": ["reason"]}},
        "- Where `it.unit` is null, `it.reason` is there.",
    ),
}


@pytest.mark.parametrize(("node", "line"), FIELDS.values(), ids=FIELDS)
def test_a_field_is_a_row(node: dict[str, Any], line: str) -> None:
    assert line in of(it=node).splitlines()


def test_an_object_that_is_used_twice_has_one_table() -> None:
    text = of(one={"$ref": "#/definitions/part"}, two={"$ref": "#/definitions/part"})

    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## `one`"]
    assert "Also `two`." in text


def test_a_docstring_is_taken_apart() -> None:
    said = sections(
        "What it is.\n\nMore.\n\nFormula:\n    a\n\n    b\nUnit:\n    ms\n\nArgs:\n    x: a\n        number.\n"
    )

    assert said == {"": "What it is.\n\nMore.", "Formula": "a\n\nb", "Unit": "ms", "Args": "x: a\n    number."}


def test_markdown_of_docstrings() -> None:
    text = "Like :func:`document` and ``x``, see docs/page.md#how.\n\n``a``\n    one\n    two\n"

    assert prose(text) == "Like `document` and `x`, see [docs/page.md#how](../page.md#how).\n\n- `a`: one two"


def test_a_pipe_ends_no_cell() -> None:
    assert table(("a",), [("x | y\nz",)]).splitlines()[-1] == r"| x \| y z |"
