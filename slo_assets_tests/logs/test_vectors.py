"""Sixty-four bytes at once: against one byte after the other, wherever a block or the data ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.logs import machine
from slo_assets.logs.lines import Literal, frequencies
from slo_assets.logs.machine import octets
from slo_assets.logs.vectors import BLOCK, equal

few_letters = st.lists(st.sampled_from([b"a", b"b", b"ab", b"\n", b"\xff", b"aaaaaaaa", b"b" * 70]), max_size=60).map(
    b"".join
)


@settings(max_examples=200, deadline=None)
@given(few_letters, st.integers(0, 200), st.sampled_from(b"ab\n\xff"))
def test_a_mask_tells_which_of_the_bytes_are_the_given_one_and_of_none_beyond_the_end(
    data: bytes, at: int, byte: int
) -> None:
    mask = int(equal(octets(data), at, np.uint8(byte)))

    assert [place for place in range(64) if mask >> place & 1] == [
        place for place, found in enumerate(data[at : at + 64]) if found == byte
    ]


# --- literal texts ------------------------------------------------------------------------------------------


def naive_positions(data: bytes, text: bytes) -> list[int]:
    """Also those that overlap."""
    return [at for at in range(len(data)) if data.startswith(text, at)]


@settings(max_examples=300, deadline=None)
@given(few_letters, st.text("ab", min_size=1, max_size=80).map(str.encode))
def test_a_text_is_found_wherever_it_stands(data: bytes, text: bytes) -> None:
    literal = Literal.of(text, frequencies(memoryview(data)))

    assert literal.positions(octets(data)).tolist() == naive_positions(data, text)


@pytest.mark.parametrize("text", [b"x", b"xy", b"x" * 64, b"x" * 65, b"x" * 200], ids=len)
@pytest.mark.parametrize("before", [0, 1, 62, 63, 64, 65, 127, 128, 500])
@pytest.mark.parametrize("after", [0, 1, 63, 64, 200])
def test_a_text_is_found_across_the_borders_of_blocks_and_at_the_very_end(text: bytes, before: int, after: int) -> None:
    data = b"-" * before + text + b"-" * after

    found = Literal.of(text, [1] * 256).positions(octets(data))

    assert found.tolist() == naive_positions(data, text)


def test_a_text_that_stands_more_often_than_there_was_room_for_is_found_each_time() -> None:
    data = b"ab" * 5000

    assert Literal.of(b"ab", frequencies(memoryview(data))).positions(octets(data)).tolist() == [*range(0, 10_000, 2)]


def test_a_text_is_looked_for_by_its_two_rarest_bytes() -> None:
    literal = Literal.of(b"eexy", frequencies(memoryview(b"eeeeeeeeyyx")))

    assert (literal.one, literal.other) == (2, 3)


# --- lines and texts ----------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=80), st.data())
def test_a_position_lies_in_the_first_line_that_does_not_end_before_it(lengths: list[int], data: st.DataObject) -> None:
    ends = np.cumsum(np.array(lengths) + 1) - 1
    positions = np.array(sorted(data.draw(st.lists(st.integers(0, int(ends[-1])), max_size=40))), np.int64)

    assert machine.lines_at(ends, positions).tolist() == np.searchsorted(ends, positions).tolist()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 140), max_size=12), st.data(), st.sampled_from([1, 63, 64, 65, 1000]))
def test_lines_are_copied_one_after_another_behind_what_is_there(
    lengths: list[int], data: st.DataObject, most: int
) -> None:
    text = b"".join(bytes([97 + number]) * length + b"\n" for number, length in enumerate(lengths))
    ends = np.cumsum(np.array(lengths, np.int64) + 1) - 1
    starts = ends - np.array(lengths, np.int64)
    chosen = sorted(data.draw(st.sets(st.sampled_from(range(len(lengths)))))) if lengths else []
    into = np.full(7 + len(text) + BLOCK, ord("-"), np.uint8)

    begins, stops = machine.gathered(octets(text), starts, ends, np.array(chosen, np.int64), most, into, 7)

    copies = [text[starts[line] : ends[line]][:most] for line in chosen]
    assert [into[begin:stop].tobytes() for begin, stop in zip(begins, stops, strict=True)] == copies
    assert into[: 7 + sum(map(len, copies))].tobytes() == b"-" * 7 + b"".join(copies)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("ab", max_size=20) | st.sampled_from(["a" * 8, "a" * 16, "a" * 7 + "b"]), max_size=60))
def test_equal_texts_have_one_number_and_others_another_in_the_order_in_which_they_are_met(texts: list[str]) -> None:
    stops = np.cumsum([len(text) for text in texts], dtype=np.int64)
    starts = stops - np.array([len(text) for text in texts], np.int64)

    codes, firsts = machine.distinct(octets("".join(texts).encode()), starts, stops)

    known = list(dict.fromkeys(texts))
    assert [texts[first] for first in firsts] == known
    assert codes.tolist() == [known.index(text) for text in texts]


def test_many_texts_have_their_numbers_whatever_their_length() -> None:
    texts = [f"{number:x}" * (1 + number % 5) for number in range(20_000)] * 2
    stops = np.cumsum([len(text) for text in texts], dtype=np.int64)
    starts = stops - np.array([len(text) for text in texts], np.int64)

    codes, firsts = machine.distinct(octets("".join(texts).encode()), starts, stops)

    place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    assert len(firsts) == len(place)
    assert codes.tolist() == [place[text] for text in texts]


# --- digits -------------------------------------------------------------------------------------------------

eight = st.lists(st.sampled_from(b"0123456789") | st.integers(0, 255), min_size=8, max_size=8).map(bytes)


@settings(max_examples=500, deadline=None)
@given(eight | st.from_regex(rb"[0-9]{8}", fullmatch=True), st.integers(0, 8))
def test_the_last_of_eight_bytes_are_a_number_where_they_are_digits(text: bytes, count: int) -> None:
    number, good = machine._decimals(np.frombuffer(text, np.uint64)[0], count)

    digits = text[8 - count :]
    assert bool(good) == all(byte in b"0123456789" for byte in digits)
    assert not good or int(number) == int(digits or b"0")
