"""What is left of lines: the times of all, and of those that hold a text or are flawed also what they say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.config import Time
from slo_assets.logs.scratch import release
from slo_assets.logs.sieve import Sieve
from slo_assets.logs.timestamps import LineTimes

LIMIT = 100
TEXTS = (b"beat ", b"at done", b"x" * 70)
STAMP = b"2025-11-10T12:00:00.123Z "

words = st.sampled_from(
    [b"beat ", b"beat done", b"bea", b"x" * 70, b"x" * 71, b"y", b"", b"\xff", "é".encode(), b"z" * 60]
)
lines = st.tuples(
    st.sampled_from([b"", STAMP]), st.lists(words, max_size=3).map(b"".join), st.sampled_from([b"", b"\r"])
)
logs = st.lists(lines.map(b"".join), max_size=20)


def shown(line: bytes) -> bytes:
    """What is looked at of a line."""
    return line.removesuffix(b"\r")[:LIMIT]


def decodes(line: bytes) -> bool:
    try:
        shown(line).decode()
    except UnicodeDecodeError as problem:
        # A character that the limit cuts is none that cannot be read.
        return problem.reason == "unexpected end of data" and len(line.removesuffix(b"\r")) >= LIMIT
    return True


@settings(max_examples=300, deadline=None)
@given(logs, st.lists(st.integers(0, 20), max_size=4), st.booleans(), st.booleans())
def test_lines_are_kept_that_hold_a_text_or_cannot_be_read_as_they_should(
    written: list[bytes], places: list[int], ended: bool, everything: bool
) -> None:
    whole = [line + b"\n" for line in written]
    if whole and whole[-1] != b"\n" and not ended:
        whole[-1] = whole[-1][:-1]
    borders = [0, *sorted(min(place, len(whole)) for place in places), len(whole)]
    parts = [b"".join(whole[start:stop]) for start, stop in pairwise(borders)]

    found = Sieve(LineTimes(Time()), TEXTS, LIMIT, everything=everything).sift(
        memoryview(part) for part in parts if part
    )

    over_long = [number for number, line in enumerate(written) if len(line.removesuffix(b"\r")) > LIMIT]
    undecodable = [number for number, line in enumerate(written) if not decodes(line)]
    holding = {text: [number for number, line in enumerate(written) if text in line[:LIMIT]] for text in TEXTS}
    some = {*over_long, *undecodable, *chain.from_iterable(holding.values())}
    kept = list(range(len(written))) if everything else sorted(some)
    assert found.chosen.tolist() == kept
    assert [bytes(found.text(number)) for number in kept] == [shown(written[number]) for number in kept]
    assert (found.over_long.tolist(), found.undecodable.tolist()) == (over_long, undecodable)
    for text, hits in zip(TEXTS, found.hits, strict=True):
        numbers = found.chosen[hits.lines].tolist()
        assert numbers == holding[text]
        assert hits.behind.tolist() == [written[number].index(text) for number in numbers]
    apart = LineTimes(Time()).read(memoryview(b"".join(whole)), LIMIT)[1]
    assert found.instants.tolist() == apart.tolist()


def test_nothing_is_left_of_nothing() -> None:
    found = Sieve(LineTimes(Time()), TEXTS, LIMIT, everything=False).sift(())

    assert (len(found.instants), len(found.chosen), len(found.lines.data)) == (0, 0, 0)
    assert [len(hits.lines) for hits in found.hits] == [0, 0, 0]


def test_what_is_kept_of_slices_stays_when_they_are_overwritten() -> None:
    room = bytearray(b"a beat 1\n")

    def overwritten() -> Iterator[memoryview]:
        for number in b"123":
            room[-2] = number
            yield memoryview(room)

    found = Sieve(LineTimes(Time()), TEXTS, LIMIT, everything=False).sift(overwritten())

    assert [bytes(found.text(number)) for number in range(3)] == [b"a beat 1", b"a beat 2", b"a beat 3"]


def test_what_is_kept_of_slices_stays_when_others_give_their_memory_back_meanwhile() -> None:
    def released() -> Iterator[memoryview]:
        for number in range(3):
            yield memoryview(f"2025-11-10T12:00:0{number}Z beat {number}\n".encode())
            release()

    found = Sieve(LineTimes(Time()), TEXTS, LIMIT, everything=False).sift(released())

    assert [bytes(found.text(number)[-6:]) for number in range(3)] == [b"beat 0", b"beat 1", b"beat 2"]
    assert np.diff(found.instants).tolist() == [1_000_000, 1_000_000]
