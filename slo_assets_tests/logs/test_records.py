"""JSON lines: records at any depth, fields by their paths, times in any format; against plain lookups."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.config import Condition, Dialect, Rule, Time
from slo_assets.logs import records as module
from slo_assets.logs.lines import Lines
from slo_assets.logs.machine import NONE
from slo_assets.logs.pieces import Piece
from slo_assets.logs.records import Records
from slo_assets_tests.logs.reading import read, reader, rows_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = (datetime(2025, 11, 10, 12, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
SECOND = 1_000_000
ANY = Rule(id="any", kind="success", event="seen:{x}")


def dialect(records: str | None = None, time: dict[str, Any] | None = None, **fields: Any) -> Dialect:
    return Dialect.model_validate(
        {"format": "json", "records": records, "time": {"field": "at", **(time or {})}, "fields": fields}
    )


def piece(lines: list[Any], rules: list[Rule], how: Dialect) -> Piece:
    """What lines tell; those that are no text or bytes yet are written as JSON."""
    written = [
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    ]
    return read(b"".join(line + b"\n" for line in written), rules, how)


def told(lines: list[Any], rules: list[Rule], how: Dialect) -> list[dict[str, Any]]:
    return rows_of(piece(lines, rules, how).rows)


def field_of(line: Any, *paths: str, records: str | None = None) -> list[str]:
    """What a field at these paths is in each record of a line."""
    rows = told([line], [ANY], dialect(records, x=list(paths)))
    return [row["event"].removeprefix("seen:") for row in rows]


ATTRIBUTES = [
    {"key": "service.name", "value": {"stringValue": "shop"}},
    {"key": "code", "value": {"intValue": "500"}},
    {"key": "plain", "value": "yes"},
]
PATHS: dict[str, tuple[Any, list[str], list[str]]] = {
    "a name": ({"x": "a"}, ["x"], ["a"]),
    "names": ({"x": {"y": {"z": "a"}}}, ["x.y.z"], ["a"]),
    "a name with other signs": ({"@x-y": "a"}, ["@x-y"], ["a"]),
    "a key with points": ({"log.level": "a"}, ["[log.level]"], ["a"]),
    "a key with points in an object": ({"x": {"log.level": "a"}}, ["x[log.level]"], ["a"]),
    "names are no key with points": ({"log.level": "a"}, ["log.level"], []),
    "an attribute": ({"attributes": ATTRIBUTES}, ["attributes[service.name]"], ["shop"]),
    "an attribute that is a number": ({"attributes": ATTRIBUTES}, ["attributes[code]"], ["500"]),
    "an attribute that is not wrapped": ({"attributes": ATTRIBUTES}, ["attributes[plain]"], ["yes"]),
    "an attribute that is not there": ({"attributes": ATTRIBUTES}, ["attributes[name]"], []),
    "the first path that is there": ({"y": "b", "z": "c"}, ["x", "y", "z"], ["b"]),
    "a whole number": ({"x": 5}, ["x"], ["5"]),
    "a number with decimals": ({"x": 0.25}, ["x"], ["0.25"]),
    "zero": ({"x": 0}, ["x"], ["0"]),
    "true and false": ({"x": True, "y": False}, ["x"], ["true"]),
    "false": ({"x": False}, ["x"], ["false"]),
    "null, then another": ({"x": None, "y": "b"}, ["x", "y"], ["b"]),
    "an empty text, then another": ({"x": "", "y": "b"}, ["x", "y"], ["b"]),
    "an object, then another": ({"x": {"a": 1}, "y": "b"}, ["x", "y"], ["b"]),
    "a list, then another": ({"x": [1], "y": "b"}, ["x", "y"], ["b"]),
    "a name within a text": ({"x": "a"}, ["x.y"], []),
    "other characters": ({"x": "🎼 é"}, ["x"], ["🎼 é"]),
    "nothing": ({}, ["x"], []),
}


@pytest.mark.parametrize(("line", "paths", "values"), PATHS.values(), ids=PATHS)
def test_a_field_is_the_first_value_that_is_there_at_its_paths(line: Any, paths: list[str], values: list[str]) -> None:
    assert field_of(line, *paths) == values


NESTED = {
    "at": "2025-11-10T12:00:00Z",
    "x": "outermost",
    "groups": [
        {"x": "first", "items": [{"n": "1"}, {"n": "2", "x": "own"}, {"n": "3", "x": ""}]},
        {"items": [{"n": "4"}, 7, None, "text", {"n": "5"}]},
        {"x": "empty", "items": []},
        {"x": "none"},
        {"x": "an object", "items": {"n": "6"}},
    ],
}


def test_records_are_all_objects_of_a_list_and_take_what_they_lack_from_around_them() -> None:
    assert field_of(NESTED, "n", records="groups[].items[]") == ["1", "2", "3", "4", "5", "6"]
    assert field_of(NESTED, "x", records="groups[].items[]") == [
        "first",
        "own",
        "first",
        "outermost",
        "outermost",
        "an object",
    ]


def test_a_path_from_the_root_looks_at_the_outermost_object_alone() -> None:
    assert field_of(NESTED, "/x", records="groups[].items[]") == ["outermost"] * 6
    assert field_of(NESTED, "/n", records="groups[].items[]") == []


def test_records_have_their_own_times_and_the_line_that_holds_them() -> None:
    how = dialect("items[]", x="n")
    lines = [
        {"items": [{"at": "2025-11-10T12:00:00Z", "n": 1}, {"at": "2025-11-10T12:00:05Z", "n": 2}]},
        {"items": []},
        {"at": "2025-11-10T12:00:07Z", "items": [{"n": 3}, {"n": 4}]},
    ]

    rows = told(lines, [ANY], how)

    assert [(row["line"], row["event"], row["instant"]) for row in rows] == [
        (0, "seen:1", NOON),
        (0, "seen:2", NOON + 5 * SECOND),
        (2, "seen:3", NOON + 7 * SECOND),
        (2, "seen:4", NOON + 7 * SECOND),
    ]
    assert piece(lines, [ANY], how).lines == 3


TIMES: dict[str, tuple[Any, dict[str, Any], int | None]] = {
    "ISO": ("2025-11-10T13:00:00+01:00", {}, NOON),
    "ISO within a text": ("at 2025-11-10T12:00:00Z!", {}, NOON),
    "ISO in a zone": ("2025-11-10 13:00:00", {"zone": "Europe/Berlin"}, NOON),
    "the common log format": ("10/Nov/2025:13:00:00 +0100", {"format": "clf"}, NOON),
    "seconds": (1_762_776_000, {}, NOON),
    "seconds with decimals": (1_762_776_000.25, {}, NOON + 250_000),
    "milliseconds": (1_762_776_000_250, {}, NOON + 250_000),
    "nanoseconds as text": ("1762776000000000000", {}, NOON),
    "nanoseconds": (1_762_776_000_250_000_000, {"format": "epoch"}, NOON + 250_000),
    "a text that is no time": ("soon", {}, None),
    "an empty text": ("", {}, None),
    "null": (None, {}, None),
    "true": (True, {}, None),
    "a list": (["2025-11-10T12:00:00Z"], {}, None),
    "a text of two lines": ("x\n2025-11-10T12:00:00Z", {}, NOON),
    "a small number": (5, {}, None),
}


@pytest.mark.parametrize(("value", "time", "instant"), TIMES.values(), ids=TIMES)
def test_a_record_tells_its_time_in_a_field(value: Any, time: dict[str, Any], instant: int | None) -> None:
    found = piece([{"at": value, "x": 1}], [ANY], dialect(time=time, x="x"))

    assert found.first == (NONE if instant is None else instant)


def test_a_time_in_another_field_or_outside_of_the_line_counts_for_nothing() -> None:
    found = piece([{"x": "2025-11-10T12:00:00Z"}, "2025-11-10T12:00:00Z"], [ANY], dialect(x="x"))

    assert found.first == NONE


def test_the_year_of_a_time_without_one_goes_on_from_record_to_record() -> None:
    how = dialect("items[]", {"format": "syslog"}, x="n")
    lines = [{"items": [{"at": "Dec 31 23:59:59", "n": 1}, {"at": "Jan  1 00:00:00", "n": 2}]}, {"items": [{"n": 3}]}]

    rows = rows_of(read(b"".join(json.dumps(line).encode() + b"\n" for line in lines), [ANY], how, year=2024).rows)

    years = [(EPOCH + timedelta(microseconds=row["instant"])).year for row in rows]
    assert years == [2024, 2025, 2025]


MALFORMED = {
    "text": b"hello",
    "JSON that breaks off": b'{"x": 1',
    "a list": b'[{"x": 1}]',
    "a number": b"7",
    "null": b"null",
    "two objects": b'{"x": 1} {"x": 2}',
    "Python's quotes": b"{'x': 1}",
    "NaN": b'{"x": NaN}',
}


@pytest.mark.parametrize("line", MALFORMED.values(), ids=MALFORMED)
def test_a_line_that_is_no_json_object_is_malformed_and_costs_no_other(line: bytes) -> None:
    found = piece([{"at": "2025-11-10T12:00:00Z", "x": 1}, line, {"x": 2}], [ANY], dialect(x="x"))

    assert [(row["line"], row["event"], row["instant"]) for row in rows_of(found.rows)] == [
        (0, "seen:1", NOON),
        (2, "seen:2", NOON),
    ]
    month = found.months["2025-11"]
    assert (found.lines, month.lines, month.untimed, month.flaws["malformed"]) == (3, 3, 2, 1)
    assert [(sample.line, sample.reason) for sample in found.samples] == [(1, "malformed")]


@pytest.mark.parametrize("line", [b"", b"  ", b"\t\r"], ids=["nothing", "blanks", "a tab and a carriage return"])
def test_an_empty_line_is_not_malformed(line: bytes) -> None:
    found = piece([{"at": "2025-11-10T12:00:00Z"}, line], [ANY], dialect())

    assert (found.lines, found.months["2025-11"].flaws["malformed"]) == (2, 0)


def test_a_carriage_return_at_a_lines_end_is_no_part_of_it() -> None:
    assert field_of(b'{"x": "a"}\r', "x") == ["a"]


# --- rules on records ---------------------------------------------------------------------------------------


def test_a_rules_text_is_looked_for_in_the_whole_line_and_its_pattern_in_the_message() -> None:
    rule = Rule(id="a", kind="success", contains="shop", pattern=r"took (?P<duration>\d+)", event="app:{x}")
    how = dialect(x="x")
    lines = [
        {"x": "shop", "message": "took 5"},
        {"x": "shop", "text": "took 5"},
        {"x": "other", "message": "took 5"},
        {"x": "other", "message": "took 7 shop"},
    ]

    rows = told(lines, [rule], how)

    assert [(row["line"], row["event"], row["duration_ms"]) for row in rows] == [
        (0, "app:shop", 5),
        (3, "app:other", 7),
    ]


def test_the_message_may_stand_at_another_path() -> None:
    rule = Rule(id="a", kind="success", pattern=r"(?P<event>\w+) done")

    rows = told([{"body": {"stringValue": "job done"}}, {"message": "job done"}], [rule], dialect(message="body"))

    assert [(row["line"], row["event"]) for row in rows] == [(0, "job")]


def test_fields_and_groups_fill_placeholders_and_conditions_and_groups_win() -> None:
    rule = Rule(
        id="a",
        kind="operation",
        pattern=r"(?P<x>\w+) (?P<verb>\w+)",
        event="{x}:{verb}:{y}",
        failureWhen=(Condition(field="status", atLeast=500), Condition(field="verb", equals="crash")),
    )
    how = dialect(x="x", y="y", status="http.status")
    lines = [
        {"message": "in get", "x": "field", "y": "end", "http": {"status": 200}},
        {"message": "in get", "y": "end", "http": {"status": 503}},
        {"message": "in crash", "y": "end"},
        {"message": "in get", "x": "field"},
    ]

    assert [(row["kind"], row["event"]) for row in told(lines, [rule], how)] == [
        ("success", "in:get:end"),
        ("failure", "in:get:end"),
        ("failure", "in:crash:end"),
    ]


def test_a_rules_event_wins_over_the_dialects_field_and_a_group_over_both() -> None:
    how = dialect(event="name")
    own = Rule(id="own", kind="success", event="own", where=(Condition(field="name2", equals="1"),))
    lines = [{"name": "field", "message": "group"}]

    def event_of(**others: Any) -> str:
        (row,) = told(lines, [Rule(id="a", kind="success", **others)], how)
        return str(row["event"])

    assert event_of() == "field"
    assert event_of(event="own") == "own"
    assert event_of(event="own", pattern="(?P<event>g.*)") == "group"
    assert event_of(event="own:{event}") == "own:field"
    assert told(lines, [own], how) == []


def test_keys_durations_and_units_may_be_fields() -> None:
    how = dialect(event="op", key="id", duration="took", unit="unit")
    lines = [
        {"op": "pay", "id": 7, "took": 1.5, "unit": "s"},
        {"op": "pay", "id": 7, "took": "250"},
        {"op": "pay", "id": 8, "took": "long"},
        {"op": "pay"},
    ]

    rows = told(lines, [Rule(id="a", kind="success")], how)

    assert rows[0]["key"] == rows[1]["key"] != rows[2]["key"]
    assert [str(row["duration_ms"]) for row in rows] == ["1500.0", "250.0", "nan", "None"]


def test_the_first_rule_that_fits_a_record_takes_it() -> None:
    rules = [
        Rule(id="bad", kind="failure", where=(Condition(field="level", matches="(?i)^err"),), event="app:line"),
        Rule(id="good", kind="success", event="app:line"),
    ]
    lines = [{"level": level} for level in ("info", "ERROR", "Err", "terror")] + [{}]

    rows = told(lines, rules, dialect(level="level"))

    assert [row["rule"] for row in rows] == ["good", "bad", "bad", "good", "good"]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


def looked_up(value: Any, path: str) -> str | None:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) and value != "" else None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(objects, max_size=6), st.lists(st.sampled_from(["a", "b", "a.b", "a.b.c", "c.a"]), min_size=1, max_size=3)
)
def test_fields_are_what_one_finds_by_hand(lines: list[dict[str, Any]], paths: list[str]) -> None:
    found = [[text for path in paths if (text := looked_up(line, path)) is not None] for line in lines]

    rows = told(lines, [ANY], dialect(x=paths))

    assert [(row["line"], row["event"]) for row in rows] == [
        (number, f"seen:{texts[0]}") for number, texts in enumerate(found) if texts
    ]


def test_a_json_dialect_needs_a_field_for_its_time() -> None:
    with pytest.raises(ValueError, match=r"time\.field"):
        Dialect(format="json", time=Time())


# --- what is remembered of the names in a line ----------------------------------------------------------------

inner = st.fixed_dictionaries({}, optional={"x": st.sampled_from(["a", "", 5, None]), "y.z": st.just("b")})
mixed_lines = st.lists(
    st.fixed_dictionaries(
        {"at": st.just("2025-11-10T12:00:00Z")},
        optional={"x": st.sampled_from(["c", None, [1]]), "y": inner, "deep": st.lists(inner, max_size=2)},
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(mixed_lines, st.sampled_from([None, "deep[]"]), st.sampled_from([0, 1, 1024]))
def test_a_line_tells_what_it_tells_alone_whatever_names_the_lines_before_have(
    lines: list[Any], records: str | None, remembered: int
) -> None:
    how = dialect(records, x=["/x", "x", "[y.z]", "y.x", "y[y.z]"])
    alone = [row["event"] for line in lines for row in told([line], [ANY], how)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LAYOUTS", remembered)
        together = [row["event"] for row in told(lines, [ANY], how)]

    assert together == alone


def test_no_more_is_remembered_of_names_than_fits() -> None:
    records = Records(dialect(x="x"), (ANY,))
    lines = [{f"name-{number}": 1, "x": "a"} for number in range(2000)] + [{"y" * 5000: 1, "x": "a"}]
    data = b"".join(json.dumps(line).encode() + b"\n" for line in [lines[-1], *lines])
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))

    of, _, taken, _ = records.read(Lines.of(memoryview(data), ends, 1 << 20))

    assert (len(of), len(taken.lines)) == (2002, 2002)
    assert len(records._layouts) == module.LAYOUTS
    assert max(len(name) for layout in records._layouts for names in layout for name in names) < 10


@settings(max_examples=50, deadline=None)
@given(mixed_lines, st.lists(st.integers(0, 8), max_size=3))
def test_slices_of_json_lines_are_the_piece_wherever_they_end(lines: list[Any], places: list[int]) -> None:
    written = [json.dumps(line).encode() + b"\n" for line in lines]
    borders = [0, *sorted(min(place, len(written)) for place in places), len(written)]
    one = reader([ANY], dialect(x=["x", "y.x"]))

    whole = one.read([memoryview(b"".join(written))])
    slices = [b"".join(written[start:stop]) for start, stop in pairwise(borders)]
    parts = one.read(memoryview(part) for part in slices if part)

    assert rows_of(parts.rows) == rows_of(whole.rows)
    assert (parts.lines, parts.months, parts.runs) == (whole.lines, whole.months, whole.runs)
