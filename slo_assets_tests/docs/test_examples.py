from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slo_assets.config import ConfigError
from slo_assets.storage.schemas import SchemaError
from slo_assets_tests.conftest import ROOT, Project
from slo_assets_tests.docs.examples import (
    EXCERPT,
    SCHEMA,
    check_configuration,
    check_document,
    differences,
    part,
)
from slo_assets_tests.docs.markdown import Block, documents

#: Each has tests that look at its blocks; text and diagrams are for readers alone.
LANGUAGES = {"console", "json", "mermaid", "sh", "text", "yaml"}


def blocks(*languages: str) -> dict[str, Block]:
    return {f"{name}:{b.line}": b for name, document in documents().items() for b in document.of_language(*languages)}


@pytest.mark.parametrize("name", documents())
def test_every_block_says_what_it_is(name: str) -> None:
    assert [f"{name}:{block.line}" for block in documents()[name].blocks if block.language not in LANGUAGES] == []


@pytest.mark.parametrize("place", blocks("json"))
def test_an_example_of_json_is_what_the_software_reads_or_writes(place: str, sample: Project) -> None:
    block = blocks("json")[place]
    if schema := SCHEMA.fullmatch(block.comment):
        check_document(block.text, schema[1])
        return
    excerpt = EXCERPT.fullmatch(block.comment)
    assert excerpt, f"{place}: a comment before the block says which file it is from, or which schema it fits"
    written = part([Path(sample.output), ROOT], excerpt[1], excerpt[2] or "")
    assert list(differences(json.loads(block.text), written)) == []


@pytest.mark.parametrize("place", blocks("yaml"))
def test_an_example_of_a_configuration_loads(place: str) -> None:
    block = blocks("yaml")[place]
    assert block.comment == "schema: slo-config", f"{place}: a comment before the block says what it is"
    check_configuration(block.text)


# --- the machinery itself --------------------------------------------------------------------------------------------

WRITTEN = {"name": "theme", "parts": [1, 2.5, {"a": None, "b": True}], "checksum": "sha256:abc"}
TRUE: dict[str, Any] = {
    "all of it": WRITTEN,
    "a key": {"name": "theme"},
    "a value that is left out": {"parts": "…"},
    "the rest of a list": {"parts": [1, "…"]},
    "a part of a text": {"checksum": "sha256:…"},
    "keys within": {"parts": [1, 2.5, {"b": True}]},
}
UNTRUE: dict[str, Any] = {
    "another text": {"name": "themes"},
    "a key that is not there": {"names": "theme"},
    "a list that ends too early": {"parts": [1, 2.5]},
    "a list that has too much": {"parts": [1, 2.5, "…", 4, 5]},
    "true is not one": {"parts": [True, "…"]},
    "null is not zero": {"parts": [1, 2.5, {"a": 0}]},
    "another kind": {"parts": {}},
}


@pytest.mark.parametrize("shown", TRUE.values(), ids=TRUE)
def test_an_excerpt_is_true(shown: Any) -> None:
    assert list(differences(shown, WRITTEN)) == []


@pytest.mark.parametrize("shown", UNTRUE.values(), ids=UNTRUE)
def test_anything_else_is_told(shown: Any) -> None:
    assert len(list(differences(shown, WRITTEN))) == 1


def test_a_part_is_found_by_its_pointer(tmp_path: Path) -> None:
    (tmp_path / "a-1.json").write_text('{"a/b": [1, {"c": 2}]}', encoding="utf-8")
    (tmp_path / "trail.jsonl").write_text('{"n": 0}\n{"n": 1}\n', encoding="utf-8")

    assert part([tmp_path / "none", tmp_path], "a-*.json", "/a~1b/1/c") == 2
    assert part([tmp_path], "trail.jsonl", "/-1/n") == 1
    with pytest.raises(LookupError):
        part([tmp_path], "a-1.json", "/a~1b/2")
    with pytest.raises(LookupError):
        part([tmp_path], "b.json", "")


def test_an_example_that_does_not_fit_is_refused() -> None:
    with pytest.raises(SchemaError):
        check_document('{"anomalies": 1}', "telemetry")
    with pytest.raises(ConfigError):
        check_configuration("budgetThresholds: {warning: 90, critical: 80}")
