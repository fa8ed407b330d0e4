"""What logs tell of a month: outages, silences, observed runs, and an account of every file."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain.event_log import (
    COLUMNS,
    FILE_COLUMNS,
    EventLog,
    FileScan,
    Outage,
    columns_of,
    event_frame,
    of_period,
    outages_of,
    stacked,
)
from slo_assets.periods import Period
from slo_assets_tests.domain.telling import (
    AFTERWARDS,
    CANVAS,
    MIDNIGHT,
    NOVEMBER,
    chatter,
    done,
    failed,
    log_of,
    micros,
    started,
    text,
)
from slo_assets_tests.situations import config_with, event_log, scan_of, shipped_config

KINDS = {"S": "success", "F": "failure", "U": "unfinished"}
SWITCHES = {"c": CANVAS, "t": "theme", "?": None}


def scan(marks: str, file: str = "app.log") -> FileScan:
    """A file with one event each second: ``cF`` is a failure of the canvas, ``tS`` a success of the theme."""
    words = marks.split()
    rows = {
        "line": list(range(1, len(words) + 1)),
        "instant": [micros(second) for second in range(len(words))],
        "kind": [KINDS[word[1]] for word in words],
        "event": ["x"] * len(words),
        "component": [SWITCHES[word[0]] for word in words],
        "duration_ms": [None] * len(words),
    }
    runs = [(micros(0), micros(max(len(words) - 1, 0)))]
    return FileScan(lambda: columns_of(event_frame(rows)), runs, {}, len(words), file=file)


def outages(marks: str, least: int) -> tuple[list[Outage], list[bool]]:
    """What :func:`outages_of` finds in such a file."""
    file = scan(marks)
    found, flags = outages_of(file, file.load(), least)
    return found, list(flags)


def outages_by_hand(marks: str, least: int) -> list[tuple[str, int, int, set[int]]]:
    """Component, first second, last second and the failures' places, one event after another."""
    words, found = marks.split(), []
    for letter in ("c", "t"):
        streak: list[int] = []
        for place, word in enumerate([*words, f"{letter}S"]):
            if word[0] != letter or word[1] == "U":
                continue
            if word[1] == "F":
                streak.append(place)
            else:
                if len(streak) >= least:
                    found.append((SWITCHES[letter], streak[0], min(place, len(words) - 1), set(streak)))
                streak = []
    return found


@given(st.lists(st.sampled_from(["cF", "cF", "cS", "cU", "tF", "tS", "?F", "?S"]), max_size=40), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_outages_are_those_that_one_finds_line_by_line(words: list[str], least: int):
    marks = " ".join(words)
    found, flags = outages(marks, least)
    expected = outages_by_hand(marks, least)
    assert [(o.component, o.start, o.end, o.line) for o in found] == [
        (component, micros(first), micros(last), first + 1) for component, first, last, _ in expected
    ]
    assert {place for place, flag in enumerate(flags) if flag} == set().union(*(places for *_, places in expected))


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("cF cF", []),
        ("cF cF cF", [(0, 2)]),
        ("cF cF cF cS", [(0, 3)]),
        ("cF cF cS cF", []),
        ("cF tS cF tF cF tS cS", [(0, 6)]),
        ("cF cU cF cF", [(0, 3)]),
        ("cF cF cF cS cS cF cF cF cF", [(0, 3), (5, 8)]),
        ("?F ?F ?F", []),
    ],
    ids=[
        "two are none",
        "three, to the last line",
        "three, to the next success",
        "a success between",
        "another component's success ends nothing",
        "an unfinished one neither begins nor ends it",
        "two outages",
        "of no component",
    ],
)
def test_an_outage_is_three_failures_in_a_row_in_one_file(marks: str, expected: list[tuple[int, int]]):
    found, _ = outages(marks, 3)
    assert [(o.start, o.end) for o in found] == [(micros(first), micros(last)) for first, last in expected]


def test_an_outage_ends_with_the_next_success_in_its_file():
    files = {
        "a.log": text(failed(0), failed(10), failed(20), chatter(100), done(120)),
        "b.log": text(done(30), done(40)),
    }
    (outage,) = event_log(files, NOVEMBER, AFTERWARDS, shipped_config()).outages
    assert (outage.file, outage.line, outage.start, outage.end) == ("a.log", 1, micros(0), micros(120))


def test_failures_in_two_files_are_not_in_a_row():
    files = {"a.log": text(failed(0), failed(10)), "b.log": text(failed(20), failed(30))}
    assert event_log(files, NOVEMBER, AFTERWARDS, shipped_config()).outages == []


def test_an_outage_without_a_success_lasts_to_the_file_s_last_line():
    (outage,) = log_of(failed(0), failed(10), failed(20), chatter(200)).outages
    assert outage.end == micros(200)


def test_an_outage_of_lines_out_of_order_never_ends_before_it_begins():
    (outage,) = log_of(failed(50), failed(51), failed(52), done(10)).outages
    assert (outage.start, outage.end) == (micros(50), micros(50))


def test_how_many_failures_are_an_outage_is_configuration():
    config = config_with(lambda settings: settings.update(detection={"outage": {"failures": 2}}))
    assert len(log_of(failed(0), failed(1), config=config).outages) == 1


# --- cut at a month's ends --------------------------------------------------------------------------------------------


def both_months(*lines: str, name: str = "app.log") -> tuple[EventLog, EventLog]:
    november, december = (
        event_log({name: text(*lines)}, period, AFTERWARDS, shipped_config()) for period in (NOVEMBER, "2025-12")
    )
    return november, december


def around_midnight(*seconds: float) -> list[str]:
    return [failed(second, since=MIDNIGHT) for second in seconds]


@pytest.mark.parametrize(
    ("failures", "success", "november", "december"),
    [
        ((-60, -30, 30), 90, [(-60, 0)], [(0, 90)]),
        ((-60, -30, -10), 90, [(-60, 0)], [(0, 90)]),
        ((-60, -30, -10), -5, [(-60, -5)], []),
        ((0, 30, 60), 90, [], [(0, 90)]),
        ((-60, -30, -10), 0, [(-60, 0)], []),
    ],
    ids=["failures on both sides", "the success after", "all before", "all from midnight", "the success at midnight"],
)
def test_an_outage_across_the_month_s_end_is_found_in_both_months(failures, success, november, december):
    logs = both_months(*around_midnight(*failures), done(success, since=MIDNIGHT))
    for log, expected in zip(logs, (november, december), strict=True):
        assert [(o.start, o.end) for o in log.outages] == [
            (micros(start, MIDNIGHT), micros(end, MIDNIGHT)) for start, end in expected
        ]
    assert all(log.events.loc[log.events["kind"] == "failure", "in_outage"].all() for log in logs)


def test_a_line_belongs_to_the_month_of_its_timestamp_whatever_file_it_stands_in():
    november, december = both_months(done(-1, since=MIDNIGHT), done(0, since=MIDNIGHT), done(1, since=MIDNIGHT))
    assert list(november.events["line"]) == [1]
    assert list(december.events["line"]) == [2, 3]
    assert (november.account["lines"], december.account["lines"]) == (1, 2)


def test_a_run_across_the_month_s_end_is_observed_on_both_sides():
    november, december = both_months(done(-100, since=MIDNIGHT), done(100, since=MIDNIGHT))
    assert november.runs == {"app.log": [(micros(-100, MIDNIGHT), micros(0, MIDNIGHT))]}
    assert december.runs == {"app.log": [(micros(0, MIDNIGHT), micros(100, MIDNIGHT))]}


def test_a_silence_of_a_heartbeat_file_across_the_month_s_end_is_found_in_both_months():
    lines = [done(-400, since=MIDNIGHT), done(200, since=MIDNIGHT)]
    november, december = both_months(*lines, name="heartbeat-1.log")
    assert november.silences == {"heartbeat-1.log": [(micros(-400, MIDNIGHT), micros(0, MIDNIGHT))]}
    assert december.silences == {"heartbeat-1.log": [(micros(0, MIDNIGHT), micros(200, MIDNIGHT))]}


def test_a_file_of_other_months_tells_nothing_of_this_one():
    log = event_log({"app.log": text(done(0, since=MIDNIGHT))}, NOVEMBER, AFTERWARDS, shipped_config())
    assert (len(log.events), log.runs, log.account["files"]) == (0, {}, [])


# --- runs and silences ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "seconds", "runs", "silences"),
    [
        ("app.log", (0, 300), [(0, 300)], {}),
        ("app.log", (0, 300.001), [(0, 0), (300.001, 300.001)], {}),
        ("heartbeat-1.log", (0, 300), [(0, 300)], {}),
        ("heartbeat-1.log", (0, 300.001), [(0, 300.001)], {"heartbeat-1.log": [(0, 300.001)]}),
        ("heartbeat-1.log", (0, 60, 400, 1000), [(0, 1000)], {"heartbeat-1.log": [(60, 400), (400, 1000)]}),
    ],
    ids=["exactly 5 min", "over 5 min", "heartbeat, exactly 5 min", "heartbeat, over 5 min", "heartbeat, two silences"],
)
def test_a_silence_is_over_five_minutes_and_counts_in_heartbeat_files_only(name, seconds, runs, silences):
    log = event_log({name: text(*map(done, seconds))}, NOVEMBER, AFTERWARDS, shipped_config())
    assert log.runs == {name: [(micros(start), micros(end)) for start, end in runs]}
    assert log.silences == {file: [(micros(a), micros(b)) for a, b in found] for file, found in silences.items()}


def test_lines_without_an_event_keep_a_run_together():
    assert log_of(done(0), chatter(200), done(400)).runs == {"app.log": [(micros(0), micros(400))]}


# --- the account ------------------------------------------------------------------------------------------------------


def test_the_account_tells_what_became_of_every_file():
    files = {
        "b.log": text(done(0), done(1, event="minimap:show"), chatter(2)),
        "a.log": text(done(5), started(6)),
        "december.log": text(done(0, since=MIDNIGHT)),
    }
    aside = {
        "quarantine": [{"file": "q.log", "reason": "undated", "detail": ""}],
        "duplicates": [{"file": "copy.log", "sameAs": "a.log"}, {"file": "x.log", "sameAs": "december.log"}],
        "future": {"b.log": 3, "december.log": 4},
    }
    account = event_log(files, NOVEMBER, AFTERWARDS, shipped_config(), aside).account
    assert [(entry["file"], entry["lines"]) for entry in account["files"]] == [("a.log", 2), ("b.log", 3)]
    assert account["lines"] == 5
    assert account["latest"] == micros(6)
    assert account["unmapped"] == {"minimap:show": 1}
    assert account["quarantine"] == aside["quarantine"]
    assert account["duplicates"] == [{"file": "copy.log", "sameAs": "a.log"}]
    assert account["future"] == {"b.log": 3}


def test_a_line_later_than_the_clock_is_set_aside():
    log = event_log({"a.log": text(done(0), done(60))}, NOVEMBER, "2025-11-03T12:00:30Z", shipped_config())
    assert (len(log.events), log.account["future"], log.account["latest"]) == (1, {"a.log": 1}, micros(0))


def test_events_of_no_component_are_counted_and_kept_apart():
    log = log_of(done(0, event="minimap:show"), done(1))
    assert [None if pd.isna(component) else component for component in log.events["component"]] == [None, CANVAS]
    assert log.account["unmapped"] == {"minimap:show": 1}


def accounts(*lines: bytes, name: str = "app.log", **logs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The accounts of November and December from the lines of one file, under other settings of logs."""
    config = config_with(lambda settings: settings["logs"].update(logs))
    file = scan_of(b"\n".join(lines) + b"\n", config, name)
    november, december = (of_period([file], Period(month), config).account for month in (NOVEMBER, "2025-12"))
    return november, december


def test_every_line_of_a_month_is_matched_by_one_rule_or_by_none():
    lines = [done(0), done(1), started(2), chatter(3), failed(0, since=MIDNIGHT), chatter(1, since=MIDNIGHT)]

    november, december = accounts(*map(str.encode, lines))

    assert (november["matched"], november["unmatched"]) == ({"beat-completed": 2, "beat-started": 1}, 1)
    assert (december["matched"], december["unmatched"]) == ({"beat-failed": 1}, 1)
    for account in (november, december):
        (file,) = account["files"]
        assert (file["matched"], file["unmatched"]) == (account["matched"], account["unmatched"])
        assert account["lines"] == file["lines"] == sum(account["matched"].values()) + account["unmatched"]


def test_lines_without_a_time_of_their_own_are_counted_in_the_month_whose_time_they_take():
    november, december = accounts(b"x", chatter(0).encode(), b"x", b"", chatter(0, since=MIDNIGHT).encode(), b"x")

    assert (november["untimed"], december["untimed"]) == (3, 1)
    assert (november["files"][0]["untimed"], december["files"][0]["untimed"]) == (3, 1)


FLAWED = [
    chatter(0).encode(),
    b"caf\xe9",
    b"long " * 1000,
    chatter(0, since=MIDNIGHT).encode() + b" \xff",
    b"\xfe",
    b"x",
]


def test_flawed_lines_are_counted_and_shown_in_the_month_whose_time_they_have():
    november, december = accounts(*FLAWED, maxLineBytes=1024)

    assert (november["undecodable"], november["overLong"], november["malformed"]) == (1, 1, 0)
    assert (december["undecodable"], december["overLong"], december["malformed"]) == (2, 0, 0)
    assert november["flawed"] == [
        {"file": "app.log", "line": 2, "reason": "undecodable", "text": "caf\\xe9", "period": NOVEMBER},
        {"file": "app.log", "line": 3, "reason": "overLong", "text": ("long " * 1000)[:200], "period": NOVEMBER},
    ]
    assert [(sample["line"], sample["reason"]) for sample in december["flawed"]] == [
        (4, "undecodable"),
        (5, "undecodable"),
    ]


def test_lines_that_are_no_json_objects_are_counted_as_malformed():
    json = {"dialect": {"format": "json", "time": {"field": "at"}}, "profile": None, "rules": [DONE]}

    november, december = accounts(
        b'{"at": "2025-11-03T12:00:00Z"}', b"no JSON", b"[]", b"", b'{"at": "2025-12-03T12:00:00Z"}', b"{", **json
    )

    assert (november["lines"], november["malformed"], november["untimed"]) == (4, 2, 3)
    assert (december["lines"], december["malformed"], december["untimed"]) == (2, 1, 1)
    assert [(sample["line"], sample["text"]) for sample in november["flawed"]] == [(2, "no JSON"), (3, "[]")]


DONE = {"id": "done", "kind": "success", "pattern": "done", "event": "canvas:x"}


def test_so_many_samples_of_each_kind_are_kept_as_the_settings_say():
    (november, _) = accounts(
        chatter(0).encode(),
        *[b"\xff %d" % number for number in range(9)],
        *[b"%d " % number * 1024 for number in range(9)],
        maxLineBytes=1024,
        unreadable={"samples": 2},
    )

    assert (november["undecodable"], november["overLong"]) == (9, 9)
    assert [(sample["line"], sample["reason"]) for sample in november["flawed"]] == [
        (2, "undecodable"),
        (3, "undecodable"),
        (11, "overLong"),
        (12, "overLong"),
    ]


def test_events_of_no_component_are_counted_by_month_and_kept_as_events():
    lines = [
        done(0, event="minimap:show"),
        failed(1, event="minimap:show"),
        started(2, event="minimap:hide"),
        done(0, event="minimap:show", since=MIDNIGHT),
    ]

    november, december = both_months(*lines)

    assert (november.account["unmapped"], december.account["unmapped"]) == (
        {"minimap:hide": 1, "minimap:show": 2},
        {"minimap:show": 1},
    )
    assert [log.account["files"][0]["unmapped"] for log in (november, december)] == [3, 1]
    assert list(november.events["kind"]) == ["success", "failure", "unfinished"]


def test_an_empty_log_tells_nothing():
    log = of_period([], Period(NOVEMBER), shipped_config())
    assert (len(log.events), log.runs, log.silences, log.outages) == (0, {}, {}, [])
    assert log.account["latest"] is None
    assert list(log.events.columns) == list(EventLog().events.columns)


def test_the_order_of_the_files_changes_nothing():
    scans = [scan("cF cF cF cS", "b.log"), scan("tS tF", "a.log"), scan("cU", "c.log")]
    logs = [of_period(order, Period(NOVEMBER), shipped_config()) for order in permutations(scans)]
    for log in logs[1:]:
        assert log.events.equals(logs[0].events)
        assert (log.runs, log.outages, log.account) == (logs[0].runs, logs[0].outages, logs[0].account)
    assert [outage.file for outage in logs[0].outages] == ["b.log"]


# --- frames of events -------------------------------------------------------------------------------------------------

events = st.tuples(
    st.integers(1, 9),
    st.integers(-9, 9),
    st.sampled_from(list(KINDS.values())),
    st.sampled_from("abcdef"),
    st.none() | st.sampled_from([CANVAS, "theme", "control-panel"]),
    st.none() | st.floats(0, 9),
)


def frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return event_frame({name: [row[place] for row in rows] for place, name in enumerate(FILE_COLUMNS)})


def rows_of(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in table.itertuples(index=False, name=None)]


@given(st.lists(st.lists(events, max_size=4), max_size=4), st.data())
@settings(max_examples=60, deadline=None)
def test_frames_in_a_row_are_the_frame_of_all_rows_however_they_were_cut(
    parts: list[list[tuple[Any, ...]]], data: st.DataObject
):
    whole = [row for part in parts for row in part]
    cut = data.draw(st.integers(0, len(whole)))

    one = stacked([columns_of(frame(part)) for part in parts])
    other = stacked([columns_of(frame(whole[:cut])), columns_of(frame(whole[cut:]))])

    assert rows_of(one) == whole
    pd.testing.assert_frame_equal(one, other)
    assert {str(name): str(kind) for name, kind in one.dtypes.items()} == FILE_COLUMNS


@given(st.lists(st.lists(events, max_size=4), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_the_categories_of_a_frame_are_the_values_that_occur_in_it(parts: list[list[tuple[Any, ...]]]):
    kept = [columns_of(frame(part).iloc[:2]) for part in parts]  # the rest of the values stay behind as categories

    table = stacked(kept)

    for name in ("kind", "event", "component"):
        assert list(table[name].cat.categories) == sorted({value for value in table[name] if not pd.isna(value)})


def test_no_frames_are_an_empty_frame():
    pd.testing.assert_frame_equal(stacked([], COLUMNS), event_frame({}, COLUMNS))
