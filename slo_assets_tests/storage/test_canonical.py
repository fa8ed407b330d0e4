"""Canonical JSON: one document, one sequence of bytes."""

from __future__ import annotations

import datetime as dt
import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.storage.canonical import canonical

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-100, 100).map(float)
    | texts
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=15
)


def alike(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1, but 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, dict):
        return isinstance(other, dict) and set(one) == set(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return isinstance(other, list) and len(one) == len(other) and all(map(alike, one, other))
    return isinstance(one, str) == isinstance(other, str) and one == other


def shuffled(value: Any, order: random.Random) -> Any:
    """The same document with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(item, order) for item in value] if isinstance(value, list) else value


def test_a_document_is_written_in_exactly_this_form() -> None:
    document = {"b": [1, 2.5, 43.0, None, True], "a": {"é": "🎼", "A": "x\ny"}, "empty": [{}, []]}

    assert canonical(document).decode() == (
        "{\n"
        '  "a": {\n'
        '    "A": "x\\ny",\n'
        '    "é": "🎼"\n'
        "  },\n"
        '  "b": [\n'
        "    1,\n"
        "    2.5,\n"
        "    43,\n"
        "    null,\n"
        "    true\n"
        "  ],\n"
        '  "empty": [\n'
        "    {},\n"
        "    []\n"
        "  ]\n"
        "}\n"
    )


NUMBERS = {
    "a whole number": (43, "43"),
    "a whole number as a float": (43.0, "43"),
    "a fraction": (43.2, "43.2"),
    "a float sum": (0.1 + 0.2, "0.30000000000000004"),
    "zero": (0.0, "0"),
    "minus zero": (-0.0, "0"),
    "a negative number": (-1.0, "-1"),
    "a small number": (1e-7, "1e-7"),
    "a large whole number": (1e16, "10000000000000000"),
    "a whole number beyond 64 bits": (2.0**64, "1.8446744073709552e+19"),
    "one of NumPy's numbers": (np.float64(2.0), "2"),
    "true": (True, "true"),
    "one": (1, "1"),
}


@pytest.mark.parametrize(("number", "text"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_is_written_in_one_way(number: float, text: str) -> None:
    assert canonical({"n": number, "list": [number]}) == canonical({"list": (number,), "n": number})
    assert canonical(number).decode() == f"{text}\n"


@settings(max_examples=50, deadline=None)
@given(documents)
def test_the_bytes_read_back_to_an_equal_document(document: Any) -> None:
    assert alike(document, json.loads(canonical(document)))


@settings(max_examples=50, deadline=None)
@given(documents, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(document: Any, order: random.Random) -> None:
    assert canonical(shuffled(document, order)) == canonical(document)


@settings(max_examples=50, deadline=None)
@given(documents)
def test_what_was_read_back_is_written_in_the_same_bytes(document: Any) -> None:
    once = canonical(document)

    assert canonical(json.loads(once)) == once


@settings(max_examples=50, deadline=None)
@given(documents, documents)
def test_different_documents_have_different_bytes(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == alike(one, json.loads(json.dumps(other)))


def test_the_order_of_a_list_is_part_of_its_meaning() -> None:
    assert canonical([1, 2]) != canonical([2, 1])


def test_the_document_that_is_written_stays_as_it_is() -> None:
    document = {"b": [1.0, (2.0,)], "a": {"x": 3.0}}

    canonical(document)

    assert list(document) == ["b", "a"]
    assert document["b"] == [1.0, (2.0,)]
    assert [type(document["b"][0]), type(document["b"][1])] == [float, tuple]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), np.float64("nan")], ids=repr)
@pytest.mark.parametrize("nest", [lambda x: x, lambda x: {"a": [x]}], ids=["alone", "deep inside"])
def test_what_json_has_no_number_for_is_refused(number: float, nest: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(nest(number))


@pytest.mark.parametrize(
    "value",
    [{1, 2}, b"x", object(), np.int64(1), {"a": 1j}, 2**64, dt.date(2025, 11, 1), "\ud800"],
    ids=lambda v: type(v).__name__,
)
def test_what_is_no_json_value_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical({"a": [value]})
