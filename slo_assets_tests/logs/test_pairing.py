"""An end takes the latest open start of its key: against a stack for each key."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.logs.pairing import pair
from slo_assets.logs.rules import FAILURE, START, SUCCESS

KINDS = {"+": START, "-": SUCCESS, "!": FAILURE}


def paired(marks: str) -> list[int]:
    """The starts of rows like ``a+`` (a start of the key a), ``a-`` and ``a!`` (its ends)."""
    words = marks.split()
    keys = np.array([ord(word[0]) - ord("a") for word in words], np.int64)
    return pair(keys, np.array([KINDS[word[1]] for word in words], np.int8)).tolist()


def naive(words: list[str]) -> list[int]:
    opened: dict[str, list[int]] = {}
    found = [-1] * len(words)
    for row, (key, mark) in enumerate(words):
        if mark == "+":
            opened.setdefault(key, []).append(row)
        elif opened.get(key):
            start = opened[key].pop()
            found[row] = found[start] = start
    return found


PAIRS = {
    "nothing": ("", []),
    "a pair": ("a+ a-", [0, 0]),
    "a failure": ("a+ a!", [0, 0]),
    "a start alone": ("a+", [-1]),
    "an end alone": ("a-", [-1]),
    "an end before its start": ("a- a+", [-1, -1]),
    "the latest of two starts": ("a+ a+ a-", [-1, 1, 1]),
    "one within another": ("a+ a+ a- a-", [0, 1, 1, 0]),
    "a start is taken once": ("a+ a- a-", [0, 0, -1]),
    "an end too many, then a pair": ("a- a+ a-", [-1, 1, 1]),
    "two ends too many, then one within another": ("a- a- a+ a+ a- a- a-", [-1, -1, 2, 3, 3, 2, -1]),
    "two keys side by side": ("a+ b+ a- b-", [0, 1, 0, 1]),
    "an end of another key": ("a+ b-", [-1, -1]),
    "keys with others between": ("c+ a- b+ c- b-", [0, -1, 2, 0, 2]),
}


@pytest.mark.parametrize(("marks", "starts"), PAIRS.values(), ids=PAIRS)
def test_an_end_takes_the_latest_open_start_of_its_key(marks: str, starts: list[int]) -> None:
    assert paired(marks) == starts == naive(marks.split())


words = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("++--!")).map("".join), max_size=60)


@settings(max_examples=200, deadline=None)
@given(words)
def test_pairs_are_those_of_a_stack_for_each_key(marks: list[str]) -> None:
    assert paired(" ".join(marks)) == naive(marks)


def test_many_open_starts_of_one_key_are_taken_from_the_last_to_the_first() -> None:
    count = 5000

    assert paired("a+ " * count + "a- " * count) == [*range(count), *reversed(range(count))]
