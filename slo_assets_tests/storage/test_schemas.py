"""What is said of a document that does not fit its schema, against jsonschema without our shortcuts."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from slo_assets.domain.event_log import EventLog
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.schemas import SchemaError, validate
from slo_assets_tests.situations import documents, event_log, shipped_config, telemetry_files

SCHEMAS = Path(__file__).parents[2] / "schemas"
NAMES = [deliverable.name for deliverable in DELIVERABLES.values()]
LOG = """\
2025-11-10T12:00:00Z BeatExecutor: Beat 1 (canvas:create) completed in 5ms
2025-11-10T12:00:01Z BeatExecutor: Beat 1 (canvas:create) failed
2025-11-10T12:00:02Z BeatExecutor: Beat 1 (theme:toggle) completed in 300ms
"""


@cache
def valid_documents() -> dict[str, Any]:
    """One document of each kind, as the project writes them."""
    now = "2025-12-02T00:00:00Z"
    log: EventLog = event_log({"a.log": LOG}, "2025-11", now, shipped_config())
    return documents(log, telemetry_files({}), "2025-11", now, shipped_config())


@cache
def plain_validator(name: str) -> Draft7Validator:
    """The schema as it stands in its file, with its references."""
    return Draft7Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_bytes()))


def refusal(document: Any, name: str, **options: int) -> str:
    with pytest.raises(SchemaError) as refused:
        validate(document, name, **options)
    return str(refused.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_document_that_the_project_writes_fits_its_schema_and_no_other(name: str) -> None:
    document = valid_documents()[name]

    validate(document, name)

    for other in set(NAMES) - {name}:
        assert f"does not fit {other}.schema.json" in refusal(document, other)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything inside a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inner for found in ((*path, key), *places(item, (*path, key)))]


WRONG = [None, True, -1, 1.5, "", "x", [], {}, "2025-11-10T12:00:00Z", {"a": 1}, [None]]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_document_is_refused_exactly_when_its_plain_schema_refuses_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    document = deepcopy(valid_documents()[name])
    *parents, last = data.draw(st.sampled_from(places(document)))
    owner = document
    for part in parents:
        owner = owner[part]
    if data.draw(st.booleans()):
        owner[last] = data.draw(st.sampled_from(WRONG))
    else:
        del owner[last]
    errors = list(plain_validator(name).iter_errors(document))

    if not errors:
        validate(document, name)
        return
    told = refusal(document, name)
    assert told.startswith(f"does not fit {name}.schema.json: ")
    listed = {".".join(map(str, error.absolute_path)) or "the document" for error in errors}
    if len(errors) <= 5:
        assert [place for place in listed if f"{place}: " not in told] == []


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a list": ([], ("the document: [] is not of type 'object'",)),
    "null": (None, ("the document: None is not of type 'object'",)),
    "nothing": ({}, ("the document: 'metadata' is a required property", "'anomalies' is a required property")),
    "a value": ({"metadata": {"logEntriesAnalyzed": -1}, "anomalies": []}, ("metadata.logEntriesAnalyzed: -1",)),
    "an item": ({"metadata": {}, "anomalies": [7]}, ("anomalies.0: 7 is not of type 'object'",)),
    "behind a reference": ({"metadata": {"analysisDate": "x"}, "anomalies": []}, ("metadata.analysisDate: 'x'",)),
}


@pytest.mark.parametrize(("document", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place_its_value_and_what_is_expected(document: Any, says: tuple[str, ...]) -> None:
    told = refusal(document, "telemetry")

    assert [part for part in says if part not in told] == []


@pytest.mark.parametrize(
    ("count", "most", "listed", "more"), [(1, 5, 1, 0), (5, 5, 5, 0), (6, 5, 5, 1), (20, 5, 5, 15), (3, 1, 1, 2)]
)
def test_only_the_first_mistakes_are_told_and_the_rest_is_counted(
    count: int, most: int, listed: int, more: int
) -> None:
    told = refusal({"metadata": {}, "anomalies": ["x"] * count}, "telemetry", most=most)

    assert told.count("is not of type 'object'") == listed
    assert told.endswith(f"and {more} more") == (more > 0)
    assert ("more" in told) == (more > 0)


def test_mistakes_are_told_in_the_order_of_their_places() -> None:
    document = {"metadata": {"source": 1, "analysisDate": 2}, "anomalies": [3]}

    told = refusal(document, "telemetry")

    assert told.index("anomalies.0") < told.index("metadata.analysisDate") < told.index("metadata.source")


def test_a_long_value_is_cut_in_the_middle() -> None:
    told = refusal({"metadata": {"source": ["x" * 10_000]}, "anomalies": []}, "telemetry")

    assert "metadata.source: ['xxx" in told
    assert " … " in told
    assert told.endswith("is not of type 'string'")
    assert len(told) < 400


def test_a_schema_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        validate({}, "nothing")
