"""Pieces of a file: read apart and joined they are what the whole file is, wherever it was cut."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.config import Dialect, Rule
from slo_assets.logs.machine import NEVER, NONE
from slo_assets.logs.pieces import RECORDS as STAMPS
from slo_assets.logs.pieces import WAITING, Month, Piece, Sample, dated, join, placed
from slo_assets_tests.logs.reading import MARKS, read, reader, rows_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2025, 11, 10, 12, tzinfo=UTC)
MINUTE = 60_000_000
GAP = 5 * MINUTE


def at(seconds: float) -> int:
    """So many seconds after noon, in microseconds."""
    return (NOON - EPOCH) // timedelta(microseconds=1) + round(seconds * 1_000_000)


def stamp(seconds: float) -> str:
    return (NOON + timedelta(seconds=seconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def told(piece: Piece) -> dict[str, Any]:
    """Everything that a piece tells, in a form that can be compared."""
    return {name: value for name, value in vars(piece).items() if name != "rows"} | {"rows": rows_of(piece.rows)}


def joined(pieces: list[Piece], samples: int = 20, until: int = NEVER) -> Piece:
    return join(pieces, GAP, samples, until)


# --- one piece ----------------------------------------------------------------------------------------------


def test_a_line_without_a_time_takes_the_previous_and_lines_before_the_first_wait() -> None:
    piece = read(f" -a\n{stamp(0)} x\n -b\n{stamp(800)} -c\n\n -d\n".encode())

    assert [(row["line"], row["event"], row["instant"], row["stamp"]) for row in rows_of(piece.rows)] == [
        (0, "a", None, -1),
        (2, "b", at(0), 1 * STAMPS),
        (3, "c", at(800), 3 * STAMPS),
        (5, "d", at(800), 3 * STAMPS),
    ]
    assert (piece.lines, piece.first, piece.last, piece.stamp) == (6, at(0), at(800), 3 * STAMPS)
    assert piece.months == {
        WAITING: Month(1, 1, NONE, matched={"out": 1}),  # type: ignore[arg-type]
        "2025-11": Month(5, 3, at(800), matched={"out": 3}),  # type: ignore[arg-type]
    }


def test_a_piece_without_any_time_waits_as_a_whole() -> None:
    piece = read(b" -a\nx\n\xff\n")

    assert (piece.first, piece.last, piece.stamp, piece.runs) == (NONE, NONE, -1, [])
    assert (piece.months[WAITING].lines, piece.months[WAITING].flaws["undecodable"]) == (3, 1)
    assert piece.samples == (Sample(2, "undecodable", "\\xff", WAITING),)


def test_an_empty_piece_tells_nothing() -> None:
    piece = read(b"")

    assert (piece.lines, piece.months, piece.runs, rows_of(piece.rows)) == (0, {}, [], [])
    assert (piece.first, piece.last, piece.stamp) == (NONE, NONE, -1)


@pytest.mark.parametrize(
    ("minutes", "runs"),
    [
        ([0, 5, 10], [(0, 10)]),
        ([0, 5.0001], [(0, 0), (5.0001, 5.0001)]),
        ([0, 4, 20, 22], [(0, 4), (20, 22)]),
        ([20, 22, 0, 4], [(0, 4), (20, 22)]),
        ([0, 20, 10, 5, 15], [(0, 20)]),
        ([7], [(7, 7)]),
        ([], []),
    ],
    ids=["just five", "just over five", "two runs", "clock goes back", "gap filled later", "one line", "no line"],
)
def test_a_run_ends_where_the_silence_is_over_five_minutes(
    minutes: list[float], runs: list[tuple[float, float]]
) -> None:
    piece = read("".join(f"{stamp(minute * 60)} x\n" for minute in minutes).encode())

    assert piece.runs == [(at(start * 60), at(end * 60)) for start, end in runs]


def test_the_silence_is_a_setting() -> None:
    piece = read("".join(f"{stamp(second)} x\n" for second in (0, 30, 60.001)).encode(), silenceMinutes=0.5)

    assert piece.runs == [(at(0), at(30)), (at(60.001), at(60.001))]


def test_a_line_belongs_to_the_month_of_its_own_instant() -> None:
    lines = [
        "2025-10-31T23:59:59.999999Z -a",
        " -a",
        "2025-11-01T00:00:00Z -a",
        "[2025-10-31 23:00:00.000 -05:00] [INF] Context: -a",
        "2025-10-01T00:00:00Z -a",
    ]

    months = read("\n".join(lines).encode()).months

    november = (datetime(2025, 11, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    assert {key: (month.lines, month.untimed, month.latest, dict(month.matched)) for key, month in months.items()} == {
        "2025-10": (3, 1, november - 1, {"out": 3}),
        "2025-11": (2, 0, november + 4 * 60 * MINUTE, {"out": 2}),
    }


@pytest.mark.parametrize(
    "year",
    ["0001-01-01T00:00:00", "9999-12-31T23:59:59.999", "1969-12-31T23:59:59Z", "9999-11-30T23:59:59Z"],
    ids=["the first instant of .NET", "the last instant of .NET", "before 1970", "a month before the last"],
)
def test_a_line_with_an_instant_of_another_age_costs_no_other_line(year: str) -> None:
    piece = read(f"{stamp(0)} -a\nexpires {year}\n{stamp(1)} -a\n".encode())

    assert len(rows_of(piece.rows)) == 2
    assert piece.months["2025-11"].lines == 2
    assert sum(month.lines for month in piece.months.values()) == 3


def test_lines_later_than_the_clock_are_set_aside_with_those_that_take_their_time() -> None:
    lines = [f"{stamp(0)} +a", f"{stamp(10)} -b", f"{stamp(10.001)} -c", " -a", "\udcff", f"{stamp(5)} -d"]

    piece = read("\n".join(lines).encode(errors="surrogateescape"), until=at(10))

    assert (piece.lines, piece.future) == (6, 3)
    assert [(row["line"], row["event"]) for row in rows_of(piece.rows)] == [(0, "a"), (1, "b"), (5, "d")]
    assert piece.runs == [(at(0), at(10))]
    assert (piece.months["2025-11"].lines, piece.months["2025-11"].flaws["undecodable"]) == (3, 0)
    assert piece.samples == ()


def test_a_sample_holds_a_lines_first_bytes_as_they_can_be_shown() -> None:
    line = f"{stamp(0)} caf".encode() + b"\xe9 " + b"x" * 2000

    (undecodable, over_long) = read(line + b"\r\n", maxLineBytes=1024).samples

    assert (undecodable.reason, over_long.reason) == ("undecodable", "overLong")
    assert undecodable.text == over_long.text == f"{stamp(0)} caf\\xe9 " + "x" * (200 - 33)
    assert (undecodable.line, undecodable.period) == (0, "2025-11")


def test_so_many_samples_of_each_kind_are_kept_as_the_settings_say() -> None:
    lines = [b"\xff"] * 9 + [b"x" * 2000] * 9

    piece = read(b"\n".join(lines), maxLineBytes=1024, unreadable={"samples": 2})

    assert [(sample.line, sample.reason) for sample in piece.samples] == [
        (0, "undecodable"),
        (1, "undecodable"),
        (9, "overLong"),
        (10, "overLong"),
    ]


def test_a_character_that_the_limit_of_a_line_cuts_is_not_undecodable_whatever_other_lines_there_are() -> None:
    cut = b"x" + "é".encode() * 600

    alone, beside = (read(lines, maxLineBytes=1024) for lines in (cut, cut + b"\n\xff\n"))

    assert (alone.months[WAITING].flaws["undecodable"], beside.months[WAITING].flaws["undecodable"]) == (0, 1)


# --- pieces in a row ----------------------------------------------------------------------------------------

moments = st.sampled_from([0, 1, 60, 299, 300, 301, 3600, 20 * 86_400, 21 * 86_400, 40 * 86_400, -1, -400]) | st.floats(
    -900, 900
)
marks = st.sampled_from([" +a", " -a", " !a", " -b 7ms", " +b", " -", "", "x", " -a\r", "2025-13-01T00:00:00Z"])
text_lines = st.tuples(st.none() | moments, marks).map(
    lambda line: (line[1] if line[0] is None else stamp(line[0]) + line[1]).encode()
)
flawed_lines = st.tuples(text_lines, st.sampled_from([b"\xff", b"y" * 1200, b"\xff" + b"y" * 1200])).map(b"".join)
files = st.lists(text_lines | text_lines | text_lines | flawed_lines, max_size=14)


def cut(lines: list[bytes], places: list[int], *, ended: bool = True) -> list[bytes]:
    """The bytes of lines, in pieces that begin at some of them."""
    whole = [line + b"\n" for line in lines]
    if whole and not ended:
        whole[-1] = whole[-1][:-1]
    borders = [0, *sorted(min(place, len(whole)) for place in places), len(whole)]
    return [b"".join(whole[start:stop]) for start, stop in pairwise(borders)]


LIMITS: dict[str, Any] = {"maxLineBytes": 1024}


@settings(max_examples=300, deadline=None)
@given(
    files,
    st.lists(st.integers(0, 14), max_size=5),
    st.booleans(),
    st.sampled_from([1, 2, 20]),
    st.sampled_from([NEVER, NEVER, at(300), at(0), at(-10_000)]),
)
def test_pieces_of_a_file_are_the_file_wherever_it_is_cut(
    lines: list[bytes], places: list[int], ended: bool, samples: int, until: int
) -> None:
    one = reader(until=until, unreadable={"samples": samples}, **LIMITS)
    parts = cut(lines, places, ended=ended)

    pieces = [one.read([memoryview(part)]) for part in parts]

    whole = one.read([memoryview(b"".join(parts))])
    assert told(joined(pieces, samples, until)) == told(whole)
    assert [row for table in placed(pieces, until) for row in rows_of(table)] == rows_of(whole.rows)


@settings(max_examples=150, deadline=None)
@given(files, st.lists(st.integers(0, 14), max_size=5), st.lists(st.integers(0, 5), max_size=2))
def test_pieces_may_be_joined_in_any_groups(lines: list[bytes], places: list[int], borders: list[int]) -> None:
    one = reader(**LIMITS)
    pieces = [one.read([memoryview(part)]) for part in cut(lines, places)]
    edges = [0, *sorted(min(border, len(pieces)) for border in borders), len(pieces)]

    groups = [joined(pieces[start:stop]) for start, stop in pairwise(edges)]

    assert told(joined(groups)) == told(joined(pieces))


@settings(max_examples=100, deadline=None)
@given(files, st.sampled_from([at(-100), at(10_000)]), st.sampled_from([NEVER, at(0)]))
def test_an_instant_before_a_files_first_line_is_that_of_the_lines_that_wait(
    lines: list[bytes], first: int, until: int
) -> None:
    written = [line.replace(b"2025-11", b"2025-XX", 1) if number < 3 else line for number, line in enumerate(lines)]
    piece = reader(until=until, **LIMITS).read([memoryview(b"".join(line + b"\n" for line in written))])
    header = (EPOCH + timedelta(microseconds=first)).isoformat().replace("+00:00", "Z").encode()
    dated_by_a_line = reader(until=until, **LIMITS).read(
        [memoryview(b"".join(line + b"\n" for line in [header, *written]))]
    )

    found = joined([dated(first), piece], until=until)

    assert WAITING not in found.months
    assert (found.lines, found.runs) == (
        dated_by_a_line.lines - 1,
        dated_by_a_line.runs if piece.months.get(WAITING) else piece.runs,
    )
    assert [(row["line"], row["instant"]) for row in rows_of(found.rows)] == [
        (row["line"] - 1, row["instant"]) for row in rows_of(dated_by_a_line.rows)
    ]


def test_no_pieces_are_an_empty_file() -> None:
    assert told(joined([])) == told(read(b""))


def test_a_piece_is_joined_with_its_rows_left_elsewhere() -> None:
    pieces = [read(f"{stamp(0)} +a\n".encode()), read(b" -a\n -b\n")]
    bare = [replace(piece, rows=piece.rows.slice(0, 0)) for piece in pieces]

    assert told(joined(bare)) == told(joined(pieces)) | {"rows": []}


# --- JSON lines ---------------------------------------------------------------------------------------------

RECORDS_OF_LINES = Dialect.model_validate(
    {"format": "json", "records": "items[]", "time": {"field": "at"}, "fields": {"x": "x"}}
)
RECORD_RULES = [Rule(id="any", kind="success", event="seen:{x}")]
records = st.tuples(st.none() | moments, st.none() | st.sampled_from("ab")).map(
    lambda record: {
        **({} if record[0] is None else {"at": stamp(record[0])}),
        **({} if record[1] is None else {"x": record[1]}),
    }
)
json_lines = st.lists(records, max_size=3).map(lambda items: json.dumps({"items": items}).encode())
odd_json = st.sampled_from([b"", b"{", b"[]", b'{"items": [], "x": "' + b"y" * 1200 + b'"}', b"\xff", b'{"x": "\xff"}'])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(json_lines | json_lines | odd_json, max_size=9),
    st.lists(st.integers(0, 9), max_size=4),
    st.sampled_from([1, 20]),
    st.sampled_from([NEVER, at(300)]),
)
def test_pieces_of_json_lines_are_the_file_wherever_it_is_cut(
    lines: list[bytes], places: list[int], samples: int, until: int
) -> None:
    one = reader(RECORD_RULES, RECORDS_OF_LINES, until=until, unreadable={"samples": samples}, **LIMITS)
    parts = cut(lines, places)

    pieces = [one.read([memoryview(part)]) for part in parts]

    assert told(joined(pieces, samples, until)) == told(one.read([memoryview(b"".join(parts))]))


@settings(max_examples=60, deadline=None)
@given(files)
def test_every_line_is_in_one_month_or_waits_or_is_later_than_the_clock(lines: list[bytes]) -> None:
    piece = reader(MARKS, until=at(300), **LIMITS).read([memoryview(b"".join(line + b"\n" for line in lines))])

    assert piece.lines == len(lines) == sum(month.lines for month in piece.months.values()) + piece.future
    assert len(piece.rows) == sum(sum(month.matched.values()) for month in piece.months.values())
