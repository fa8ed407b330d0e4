"""The lines of a block: where they end, what their text is, and which cannot be read as they should."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.config import Time
from slo_assets.logs import lines as module
from slo_assets.logs.lines import Lines, first_line, is_utf8, last_line, slices
from slo_assets.logs.scratch import release
from slo_assets.logs.timestamps import LineTimes

LIMIT = 1 << 20


def lines_of(data: bytes, limit: int = LIMIT) -> Lines:
    ends, _ = LineTimes(Time()).read(memoryview(data), limit)
    return Lines.of(memoryview(data), ends, limit)


def texts_of(data: bytes, limit: int = LIMIT) -> list[bytes]:
    """The text of each line, found in both ways."""
    lines = lines_of(data, limit)
    numbers = np.arange(len(lines.ends))
    codes, distinct = lines.distinct(numbers, lines.starts)
    together = distinct.take(pa.array(codes)).to_pylist()
    assert len(set(together)) == len(distinct)
    assert together == [bytes(lines.text(number)) for number in numbers.tolist()]
    return together


def naive(data: bytes, limit: int = LIMIT) -> list[bytes]:
    found = data.split(b"\n")
    if found[-1] == b"":
        found.pop()
    return [(line[:-1] if line.endswith(b"\r") else line)[:limit] for line in found]


ENDINGS = {
    "line feeds": (b"a\nb\n", [b"a", b"b"]),
    "carriage returns and line feeds": (b"a\r\nb\r\n", [b"a", b"b"]),
    "no final line end": (b"a\nb", [b"a", b"b"]),
    "a final carriage return": (b"a\nb\r", [b"a", b"b"]),
    "a carriage return inside": (b"a\rb\n", [b"a\rb"]),
    "two carriage returns": (b"a\r\r\n", [b"a\r"]),
    "empty lines": (b"\n\r\n\n", [b"", b"", b""]),
    "one line feed": (b"\n", [b""]),
    "one byte": (b"a", [b"a"]),
    "nothing": (b"", []),
    "other line separators": ("a\u2028b\x0bc\x85d\n".encode(), ["a\u2028b\x0bc\x85d".encode()]),
    "a zero byte": (b"a\0b\nc\n", [b"a\0b", b"c"]),
    "bytes that differ from a line feed in one bit": (b"\x0b\x08\x0e\x02\x1a\x2a\x4a\x8a\n\x8a\n", None),
    "a byte before a line feed that is one too high": (b"\x0b\n\x0b\x0b\n", None),
    "lines of just eight bytes": (b"1234567\n" * 3 + b"12345678\n" * 3, None),
}


@pytest.mark.parametrize(("data", "expected"), ENDINGS.values(), ids=ENDINGS)
def test_a_line_ends_at_a_line_feed_and_the_last_one_needs_none(data: bytes, expected: list[bytes] | None) -> None:
    assert texts_of(data) == naive(data)
    assert expected is None or naive(data) == expected, "the oracle itself"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab\r\n\x0b\t\x00é", max_size=12)).map("".join).map(str.encode), st.sampled_from([LIMIT, 3, 8]))
def test_lines_are_what_stands_between_line_feeds(data: bytes, limit: int) -> None:
    assert texts_of(data, limit) == naive(data, limit)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=30), st.booleans())
def test_lines_of_any_length_begin_where_the_one_before_ended(lengths: list[int], ended: bool) -> None:
    data = b"\n".join(b"x" * length for length in lengths) + b"\n" * ended

    lines = lines_of(data)

    assert [len(text) for text in texts_of(data)] == [len(text) for text in naive(data)]
    assert (lines.starts.tolist()[:1], lines.starts.tolist()[1:]) == (
        [0] if data else [],
        [end + 1 for end in lines.ends.tolist()[:-1]],
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("ab \r", max_size=9).map(str.encode), min_size=1, max_size=9), st.data())
def test_some_lines_from_later_positions_have_the_rest_of_their_text(parts: list[bytes], data: st.DataObject) -> None:
    chosen = sorted(data.draw(st.sets(st.integers(0, len(parts) - 1))))
    limit = data.draw(st.sampled_from([LIMIT, 4]))
    lines = lines_of(b"\n".join(parts) + b"\n", limit)
    steps = [data.draw(st.integers(0, len(parts[number]))) for number in chosen]

    codes, distinct = lines.distinct(np.array(chosen, np.int64), lines.starts[chosen] + np.array(steps, np.int64))

    assert distinct.take(pa.array(codes)).to_pylist() == [
        naive(parts[number] + b"\n", limit)[0][step:] for number, step in zip(chosen, steps, strict=True)
    ]


LONG = {
    "just the limit": (b"x" * 10, False),
    "just the limit with a carriage return": (b"x" * 10 + b"\r", False),
    "one more": (b"x" * 11, True),
    "one more with a carriage return": (b"x" * 11 + b"\r", True),
    "two more": (b"x" * 12, True),
    "many more": (b"x" * 1000, True),
    "less": (b"x" * 9, False),
    "nothing": (b"", False),
}


@pytest.mark.parametrize(("line", "over_long"), LONG.values(), ids=LONG)
@pytest.mark.parametrize("end", [b"\n", b""], ids=["with a line feed", "at the end of the block"])
def test_a_line_is_too_long_where_its_text_is_longer_than_the_limit(line: bytes, over_long: bool, end: bytes) -> None:
    data = b"short\n" + line + end

    assert lines_of(data, 10).over_long().tolist() == ([1] if over_long else [])


UNDECODABLE = {
    "ASCII": (b"abc", False),
    "characters of two, three and four bytes": ("é€🎼".encode(), False),
    "Latin-1": (b"caf\xe9", True),
    "half a character": ("🎼".encode()[:3], True),
    "the end of a character alone": (b"\x80", True),
    "an overlong zero": (b"\xc0\x80", True),
    "half a surrogate pair": (b"\xed\xa0\x80", True),
    "beyond the last character": (b"\xf4\x90\x80\x80", True),
    "no text at all": (bytes(range(128, 256)), True),
    "a zero byte": (b"\0", False),
    "nothing": (b"", False),
}


@pytest.mark.parametrize(("text", "flawed"), UNDECODABLE.values(), ids=UNDECODABLE)
def test_a_line_is_undecodable_where_it_is_no_utf_8(text: bytes, flawed: bool) -> None:
    data = b"\n".join([b"plain", text, "é".encode(), text + b"\r", b"plain"]) + b"\n"

    assert lines_of(data).undecodable().tolist() == ([1, 3] if flawed else [])
    assert is_utf8(memoryview(data)) == (not flawed)


def decodable(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=6) | st.text(max_size=4).map(str.encode), max_size=8))
def test_the_undecodable_lines_are_those_that_python_cannot_decode(parts: list[bytes]) -> None:
    data = b"\n".join(parts)

    assert lines_of(data).undecodable().tolist() == [
        number for number, line in enumerate(naive(data)) if not decodable(line)
    ]


# --- slices -------------------------------------------------------------------------------------------------


class Drops:
    """Bytes that come in parts of a few."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data, self._most = data, most

    def readinto(self, room: memoryview, /) -> int:
        release()  # as somebody else may who has read another folder meanwhile
        some = self._data[: min(len(room), self._most)]
        self._data = self._data[len(some) :]
        room[: len(some)] = some
        return len(some)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text("xé\r", max_size=40).map(str.encode), max_size=30),
    st.booleans(),
    st.integers(1, 50),
    st.integers(1, 9),
    st.sampled_from([8, 20, LIMIT]),
)
def test_slices_are_whole_lines_that_together_are_the_bytes(
    written: list[bytes], ended: bool, size: int, look: int, limit: int
) -> None:
    data = b"\n".join(written) + b"\n" * ended
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SLICE", size)
        patch.setattr(module, "LOOK", look)
        found = [bytes(part) for part in slices(Drops(data, max(size - 1, 1)), limit)]

    assert all(found)
    assert all(part.endswith(b"\n") for part in found[:-1])
    # Of a line that is too long, as much is left as shows it.
    assert naive(b"".join(found), limit) == naive(data, limit)
    assert lines_of(b"".join(found), limit).over_long().tolist() == lines_of(data, limit).over_long().tolist()
    assert max(map(len, found), default=0) <= 2 * size + limit + 2
    if limit == LIMIT:
        assert b"".join(found) == data


@given(st.lists(st.sampled_from([b"", b"a", b"bb", b"ccc"]), max_size=9), st.booleans(), st.integers(1, 5))
def test_the_first_and_the_last_line_feed_are_found(written: list[bytes], ended: bool, look: int) -> None:
    data = b"\n".join(written) + b"\n" * ended
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LOOK", look)

        assert first_line(memoryview(data)) == data.find(b"\n") + 1
        assert last_line(memoryview(data)) == data.rfind(b"\n") + 1
