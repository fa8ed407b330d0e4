"""Which rule takes a line, and what it takes of it: against the first rule in their order that fits, line by line."""

from __future__ import annotations

import math
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slo_assets.config import Condition, Rule, profile
from slo_assets.logs import rules as rules_module
from slo_assets.logs.parts import to_bytes
from slo_assets_tests.logs.reading import read, reader, rows_of, taken

RENDERX = profile("renderx").rules
MOUNT = "host:sdk:plugin:mount"


def told(lines: list[str | bytes], *rules: Rule) -> list[tuple[int, str, str]]:
    """Line, rule and event of what was taken."""
    return [(row["line"], row["rule"], row["event"]) for row in taken(lines, rules)]


def one(line: str | bytes, rule: Rule) -> dict[str, Any] | None:
    """What a rule takes of a line."""
    rows = taken([line], [rule])
    return rows[0] if rows else None


OPERATIONS = {
    "a beat that completed": (
        "✅ BeatExecutor: Beat 2 (library:components:notify-ui) completed in 5ms",
        ("success", "library:components:notify-ui", 5),
    ),
    "a beat with decimals": (
        "✅ BeatExecutor: Beat 12 (canvas:component:create) completed in 4.75 ms",
        ("success", "canvas:component:create", 4.75),
    ),
    "a beat with points in its event": (
        "BeatExecutor: Beat 1 (canvas.component.create) completed in 5ms",
        ("success", "canvas.component.create", 5),
    ),
    "a beat that took no time": (
        "BeatExecutor: Beat 1 (canvas:component:create) completed in 0ms",
        ("success", "canvas:component:create", 0),
    ),
    "a beat that failed": (
        "❌ BeatExecutor: Beat 3 (canvas:component:create) failed",
        ("failure", "canvas:component:create", None),
    ),
    "a beat that failed with a reason": (
        "❌ BeatExecutor: Beat 3 (canvas:component:create) failed: Error: 7 ms late",
        ("failure", "canvas:component:create", None),
    ),
    "a beat that failed after a while": (
        "❌ BeatExecutor: Beat 3 (canvas:component:create) failed after 12ms: Error: late",
        ("failure", "canvas:component:create", 12),
    ),
    "a beat that failed after a while with decimals": (
        "❌ BeatExecutor: Beat 3 (canvas:component:create) failed after 12.5 ms",
        ("failure", "canvas:component:create", 12.5),
    ),
    "a plugin that mounted": ("✅ Plugin mounted successfully: HeaderPlugin", ("success", MOUNT, None)),
    "a plugin that did not mount": ("❌ Failed to mount plugin HeaderPlugin", ("failure", MOUNT, None)),
    "a plugin that did not mount, with a reason": (
        "Failed to mount plugin HeaderPlugin: Error: no such module",
        ("failure", MOUNT, None),
    ),
    "a mount that starts": ("Attempting to mount plugin: HeaderPlugin", ("start", MOUNT, None)),
    "a beat that starts": (
        "🎵 Beat 1 Started: Load (all) Components (library:components:load)",
        ("start", "library:components:load", None),
    ),
    "a cleaned up movement": ("PerformanceTracker: Cleaned up failed movement Load for Library Load", None),
    "a movement that completed": ('✅ MovementExecutor: Movement "Load" completed successfully', None),
    "a movement that failed": ('❌ MovementExecutor: Movement "Load" failed', None),
    "a movement's duration": ("⏱️ PerformanceTracker: Movement Load completed in 12.80ms", None),
    "a sequence that completed": ('✅ SequenceExecutor: Sequence "Library Load" completed in 13ms', None),
    "a sequence that failed": ('❌ SequenceExecutor: Sequence "Library Load" failed: Error', None),
    "a subscription to failures": ('📡 EventBus: Subscribed to "movement-failed" (1 total subscribers)', None),
    "a count of failures": ("🎼 Sequence registration complete: 0 registered, 0 failed", None),
    "a system that is said to have failed": ("🎼 Musical Sequences System initialized: FAILED", None),
    "an anonymous completion": (" ✅ Completed in 4.70ms", None),
    "a beat without its event": ("BeatExecutor: Beat 2 completed in 5ms", None),
    "an empty line": ("", None),
}


@pytest.mark.parametrize(("line", "expected"), OPERATIONS.values(), ids=OPERATIONS)
def test_a_line_is_what_the_specification_says(line: str, expected: tuple[Any, ...] | None) -> None:
    rows = taken([line], RENDERX)

    assert [(row["kind"], row["event"], row["duration_ms"]) for row in rows] == ([] if expected is None else [expected])


def test_lines_of_a_block_are_what_each_is_alone() -> None:
    lines = [line for line, _ in OPERATIONS.values()] * 3

    rows = taken(lines, RENDERX)

    assert [(row["line"], row["kind"], row["event"], row["duration_ms"]) for row in rows] == [
        (number, *expected) for number, (_, expected) in enumerate([*OPERATIONS.values()] * 3) if expected is not None
    ]


# --- which rule takes a line --------------------------------------------------------------------------------


def test_the_first_rule_that_matches_takes_the_line() -> None:
    rules = (
        Rule(id="narrow", kind="failure", contains="job", pattern="job (?P<event>theme:bad)"),
        Rule(id="wide", kind="success", contains="job", pattern=r"job (?P<event>\S+)"),
        Rule(id="never", kind="failure", contains="job", pattern=r"job (?P<event>\S+)"),
    )

    assert told(["job theme:bad", "job theme:good", "JOB theme:good"], *rules) == [
        (0, "narrow", "theme:bad"),
        (1, "wide", "theme:good"),
    ]


def test_a_rule_whose_pattern_matches_but_whose_text_is_not_there_leaves_the_line() -> None:
    rule = Rule(id="a", kind="success", contains="done", pattern=r"(?P<event>x\d)")

    assert told(["x1", "x2 done", "done x3", "done"], rule) == [(1, "a", "x2"), (2, "a", "x3")]


def test_a_rule_without_a_pattern_takes_each_line_with_its_text_and_one_without_both_takes_all() -> None:
    some = Rule(id="some", kind="failure", contains="ERROR", event="app:error")
    rest = Rule(id="rest", kind="success", event="app:line")

    assert told(["an ERROR", "", "x", "error", "ERROR ERROR"], some, rest) == [
        (0, "some", "app:error"),
        (1, "rest", "app:line"),
        (2, "rest", "app:line"),
        (3, "rest", "app:line"),
        (4, "some", "app:error"),
    ]


def test_the_match_may_begin_at_a_later_occurrence_of_the_text() -> None:
    rule = Rule(id="a", kind="success", contains="Beat ", pattern=r"Beat (?P<event>\d)")

    assert told(["Beat x Beat 7", "Beat x"], rule) == [(0, "a", "7")]


def test_a_text_that_stands_in_two_lines_does_not_reach_across_their_border() -> None:
    rule = Rule(id="a", kind="success", contains="ab", pattern="ab(?P<event>c)")

    assert told(["xa", "bc", "ab", "c"], rule) == []


def test_a_carriage_return_at_a_lines_end_is_none_of_its_text() -> None:
    rules = (
        Rule(id="bare", kind="success", pattern=r"(?P<event>\w+)$"),
        Rule(id="said", kind="success", contains="done", pattern=r"done (?P<event>.*)$"),
    )

    assert told(["x\r", "done a b.\r"], rules[0]) == [(0, "bare", "x")]
    assert told(["done a b.\r", "done c\rd.\r"], rules[1]) == [(0, "said", "a b."), (1, "said", "c\rd.")]


@pytest.mark.parametrize(
    "rule",
    [
        Rule(id="a", kind="success", contains="late", event="app:late"),
        Rule(id="a", kind="success", contains="late", pattern="late", event="app:late"),
        Rule(id="a", kind="success", pattern="late", event="app:late"),
    ],
    ids=["a text", "a text and a pattern", "a pattern"],
)
@pytest.mark.parametrize(("place", "found"), [(1020, True), (1021, False), (5000, False)])
def test_of_a_line_that_is_too_long_its_beginning_alone_is_looked_at(rule: Rule, place: int, found: bool) -> None:
    lines = b"x" * place + b"late" + b"x" * 100 + b"\nlate\n"

    rows = rows_of(read(lines, [rule], maxLineBytes=1024).rows)

    assert [row["line"] for row in rows] == ([0, 1] if found else [1])


LITERALS = ["ab", "b", "abc", "bc", "ca", "aab", "a", "ba", "abab", "aa", "aaab"]
PREFIXES = ["", "", "", ".*", "x", "(?:x|y)?"]
SUFFIXES = [
    "(?P<event>[abc]+)",
    "c(?P<event>.)",
    " (?P<event>[^ ]+)",
    "+(?P<event>x)",
    "?(?P<event>c)",
    "{2}(?P<event>.)",
    "|(?P<event>yx)",
    "(?:b|c(?P<event>a))",
    "(?P<event>x)?",
    "$|(?P<event>y)$",
    "(?P<event>[|]?b)",
]


@st.composite
def rule_lists(draw: st.DrawFn) -> tuple[Rule, ...]:
    rules = []
    for number in range(draw(st.integers(1, 6))):
        literal, other = draw(st.sampled_from(LITERALS)), draw(st.sampled_from(LITERALS))
        pattern = draw(st.sampled_from(PREFIXES)) + draw(st.sampled_from([literal, literal, other]))
        pattern += draw(st.sampled_from(SUFFIXES))
        contains = draw(st.sampled_from([literal, literal, literal, None]))
        bare = draw(st.integers(0, 5)) == 0
        rules.append(
            Rule(
                id=f"r{number}",
                kind="success",
                contains=contains,
                pattern=None if bare else pattern,
                event="app:own" if bare or draw(st.integers(0, 3)) == 0 else None,
            )
        )
    return tuple(rules)


def naive(lines: list[bytes], rules: tuple[Rule, ...]) -> list[tuple[int, str, str]]:
    found = []
    for number, line in enumerate(lines):
        for rule in rules:
            match = re.search((rule.pattern or "").encode(), line)
            if match is None or (rule.contains or "").encode() not in line:
                continue
            group = match.groupdict().get("event")
            event = group.decode() if group else rule.event
            if event is not None:
                found.append((number, rule.id, event))
                break
    return found


@settings(max_examples=400, deadline=None)
@given(rule_lists(), st.lists(st.text("aaabbbccx y", max_size=14).map(str.encode), min_size=1, max_size=10))
def test_rules_with_texts_that_overlap_take_what_the_first_that_fits_takes(
    rules: tuple[Rule, ...], lines: list[bytes]
) -> None:
    assert told(list(lines), *rules) == naive(lines, rules)


short_texts = st.text("ab", min_size=1, max_size=4)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(short_texts, min_size=1, max_size=5),
    st.lists(st.text("aab b", max_size=7), min_size=1, max_size=8),
)
@example(["aab", "baa"], ["baab"])
@example(["aaab", "baa", "baaa"], ["baaab", "baaaab"])
def test_a_text_is_found_in_a_line_whatever_other_texts_overlap_it(texts: list[str], lines: list[str]) -> None:
    rules = [Rule(id=f"r{n}", kind="success", contains=text, event="x") for n, text in enumerate(texts)]
    matching = [
        Rule(id=f"r{n}", kind="success", contains=text, pattern=text, event="x") for n, text in enumerate(texts)
    ]
    expected = [
        (number, f"r{min(found)}", "x")
        for number, line in enumerate(lines)
        if (found := [n for n, text in enumerate(texts) if text in line])
    ]

    assert told(list(lines), *rules) == expected
    assert told(list(lines), *matching) == expected


WHOLE_LINES: dict[str, tuple[str, str, str | None]] = {
    "an alternative before the text": ("ab|(?P<event>y)", "y abc", "y"),
    "an alternative in a group": ("ab(?:x|(?P<event>c))", "y abc", "c"),
    "an alternative in a class": ("ab[|x](?P<event>c)", "y abc", None),
    "an alternative that is a plain sign": (r"ab\|(?P<event>c)", "y abc", None),
    "a text whose last sign may be missing": ("ab?(?P<event>.)", "ax ab!", "x"),
    "a text whose last sign may be there again": ("ab+(?P<event>.)", "ab abb!", " "),
    "a text whose last sign may be there any number of times": ("ab*(?P<event>.)", "ax ab!", "x"),
    "a text whose last sign may be there so many times": ("ab{0,1}(?P<event>.)", "ax ab!", "x"),
}


@pytest.mark.parametrize(("pattern", "line", "event"), WHOLE_LINES.values(), ids=WHOLE_LINES)
def test_a_pattern_that_looks_as_if_it_began_with_the_text_is_searched_in_the_whole_line(
    pattern: str, line: str, event: str | None
) -> None:
    rule = Rule(id="a", kind="success", contains="ab", pattern=pattern)

    assert told([line], rule) == ([] if event is None else [(0, "a", event)])
    assert told([line], rule) == naive([line.encode()], (rule,)), "the oracle itself"


# --- the event key ------------------------------------------------------------------------------------------


def test_a_rules_own_event_stands_in_where_the_pattern_found_none() -> None:
    rule = Rule(id="mixed", kind="success", event="host:sdk:job", contains="done", pattern=r"done(?: (?P<event>\S+))?")

    assert told(["done theme:a", "done"], rule) == [(0, "mixed", "theme:a"), (1, "mixed", "host:sdk:job")]


def test_the_placeholders_of_an_event_are_filled_with_what_the_line_says() -> None:
    rule = Rule(
        id="a", kind="success", pattern=r"(?P<verb>[A-Z]+) (?P<path>/\S*)(?P<rest> .*)?", event="{path}:{verb}!"
    )

    assert told(["GET /a", "POST /b c"], rule) == [(0, "a", "/a:GET!"), (1, "a", "/b:POST!")]


def test_a_line_that_lacks_a_placeholder_is_the_next_rules() -> None:
    rules = (
        Rule(id="full", kind="success", pattern=r"GET(?: (?P<path>\S*))?", event="get:{path}"),
        Rule(id="bare", kind="success", contains="GET", event="get"),
    )

    assert told(["GET /a", "GET", "GET "], *rules) == [(0, "full", "get:/a"), (1, "bare", "get"), (2, "bare", "get")]


def test_a_group_wins_over_an_event_without_placeholders_and_not_over_one_with_them() -> None:
    plain = Rule(id="a", kind="success", pattern=r"(?P<event>\w+)", event="own")
    filled = Rule(id="a", kind="success", pattern=r"(?P<event>\w+)(?P<x>!)", event="own:{x}")

    assert told(["said!"], plain) == [(0, "a", "said")]
    assert told(["said!"], filled) == [(0, "a", "own:!")]


def test_a_rule_that_finds_no_event_at_all_takes_no_line() -> None:
    assert told(["done", "done x"], Rule(id="a", kind="success", pattern=r"done(?: (?P<event>\w+))?")) == [
        (1, "a", "x")
    ]


def test_the_component_that_a_rule_names_is_kept_beside_the_event() -> None:
    rules = (
        Rule(id="a", kind="success", contains="a", event="x", component="theme"),
        Rule(id="b", kind="success", contains="b", event="x"),
    )

    assert [row["component"] for row in taken(["a", "b", "a"], rules)] == ["theme", None, "theme"]


def test_what_is_no_utf_8_is_kept_with_other_characters() -> None:
    rule = Rule(id="a", kind="success", pattern=r"done (?P<event>\S+)")

    assert told([b"done caf\xe9", "done café", b"\xff done x"], rule) == [
        (0, "a", "caf\ufffd"),
        (1, "a", "café"),
        (2, "a", "x"),
    ]


# --- the key of a pair --------------------------------------------------------------------------------------


def keys(lines: list[str], *rules: Rule) -> list[str]:
    return [row["key"] for row in taken(lines, rules)]


def test_starts_and_ends_have_one_key_where_event_and_key_are_equal() -> None:
    rules = (
        Rule(id="in", kind="start", contains="in", pattern=r"in (?P<event>\w+)(?: #(?P<key>\d+))?"),
        Rule(id="out", kind="success", contains="out", pattern=r"out (?P<event>\w+)(?: #(?P<key>\d+))?"),
    )

    first, second, third, fourth, fifth = keys(["in a #1", "out a #1", "out a #2", "in a", "out b"], *rules)

    assert first == second
    assert len({first, third, fourth, fifth}) == 4


def test_a_key_of_an_event_of_ones_own_is_none_of_another_event() -> None:
    rules = (
        Rule(id="mount", kind="start", contains="mount", pattern=r"mount (?P<key>\w+)", event="host:mount"),
        Rule(id="load", kind="start", contains="load", pattern=r"load (?P<key>\w+)", event="host:load"),
        Rule(id="plain", kind="start", contains="plain", pattern=r"plain (?P<event>\w+)"),
    )

    assert len(set(keys(["mount a", "load a", "plain a"], *rules))) == 3


# --- kinds and conditions -----------------------------------------------------------------------------------


def request(*conditions: Condition, **others: Any) -> Rule:
    pattern = r"(?P<event>\w+)(?: status=(?P<status>\S+))?"
    return Rule(id="a", kind="operation", pattern=pattern, failureWhen=conditions, **others)


CONDITIONS: dict[str, tuple[Condition, dict[str, bool]]] = {
    "equals": (Condition(field="status", equals="bad"), {"bad": True, "good": False, "badly": False, "Bad": False}),
    "equals a number": (Condition(field="status", equals=500), {"500": True, "500.0": False, "50": False}),
    "matches": (Condition(field="status", matches="^5"), {"503": True, "253": False}),
    "matches anywhere": (Condition(field="status", matches="5|b+d"), {"253": True, "bbd": True, "x": False}),
    "at least": (
        Condition(field="status", atLeast=500),
        {
            "500": True,
            "499.999": False,
            "5e2": True,
            "+501": True,
            ".5": False,
            "x": False,
            "500x": False,
            "1,000": False,
        },
    ),
    "below": (
        Condition(field="status", below=-1.5),
        {"-2": True, "-1.5": False, "-1.": False, "-1e1": True, "NaN": False, "-inf": False},
    ),
}


@pytest.mark.parametrize(
    ("condition", "status", "holds"),
    [
        pytest.param(condition, status, holds, id=f"{name}: {status}")
        for name, (condition, cases) in CONDITIONS.items()
        for status, holds in cases.items()
    ],
)
def test_a_condition_makes_an_operation_a_failure_and_a_line_the_rules(
    condition: Condition, status: str, holds: bool
) -> None:
    line = f"job status={status}"
    where = Rule(id="a", kind="success", pattern=request(condition).pattern, where=(condition,))

    (row,) = taken([line], [request(condition)])

    assert row["kind"] == ("failure" if holds else "success")
    assert (one(line, where) is not None) == holds


@pytest.mark.parametrize(("condition", "_cases"), CONDITIONS.values(), ids=CONDITIONS)
def test_no_condition_holds_where_the_field_is_not_there(condition: Condition, _cases: object) -> None:
    where = Rule(id="a", kind="success", pattern=request(condition).pattern, where=(condition,))

    assert [row["kind"] for row in taken(["job"], [request(condition)])] == ["success"]
    assert one("job", where) is None


def test_all_of_where_and_any_of_failure_when() -> None:
    low, high = Condition(field="status", atLeast=10), Condition(field="status", below=20)
    within = Rule(id="a", kind="success", pattern=request(low).pattern, where=(low, high))
    lines = [f"job status={status}" for status in (9, 10, 19, 20)]

    assert [row["line"] for row in taken(lines, [within])] == [1, 2]
    beyond = request(Condition(field="status", below=10), Condition(field="status", atLeast=20))
    assert [row["kind"] for row in taken(lines, [beyond])] == ["failure", "success", "success", "failure"]


def test_a_line_that_a_condition_refuses_is_the_next_rules() -> None:
    first = Rule(
        id="first",
        kind="success",
        contains="job",
        pattern=r"(?P<event>job)(?P<n>\d)",
        where=(Condition(field="n", equals=1),),
    )
    second = Rule(id="second", kind="failure", contains="job", event="rest")

    assert told(["job1", "job2", "job", "job1"], first, second) == [
        (0, "first", "job"),
        (1, "second", "rest"),
        (2, "second", "rest"),
        (3, "first", "job"),
    ]


# --- durations ----------------------------------------------------------------------------------------------

DURATIONS: dict[str, tuple[str, str, float | None]] = {
    "milliseconds": ("ms", "5", 5),
    "seconds": ("s", "1.25", 1250),
    "microseconds": ("us", "250", 0.25),
    "nanoseconds": ("ns", "1000", 0.001),
    "a written unit wins": ("s", "5 ms", 5),
    "seconds that are written": ("ms", "2 s", 2000),
    "microseconds that are written": ("ms", "500 us", 0.5),
    "microseconds with a micro sign": ("ms", "500 µs", 0.5),
    "microseconds with a Greek letter": ("ms", "500 μs", 0.5),
    "minutes that are written": ("ms", "2 m", 120_000),
    "minutes with three letters": ("ms", "2 min", 120_000),
    "hours that are written": ("ms", "1 h", 3_600_000),
    "an exponent": ("ms", "1.5e3", 1500),
    "a point at the end": ("ms", "5.", 5),
    "a point at the beginning": ("ms", ".5", 0.5),
    "a plus": ("ms", "+5", 5),
    "zero": ("ms", "0", 0),
}


@pytest.mark.parametrize(("unit", "written", "milliseconds"), DURATIONS.values(), ids=DURATIONS)
def test_a_duration_is_told_in_milliseconds_whatever_its_unit(unit: str, written: str, milliseconds: float) -> None:
    pattern = r"(?P<event>\w+) took (?P<duration>\S+)(?: (?P<unit>\S+))?"
    row = one(
        f"job took {written}",
        Rule(id="a", kind="success", pattern=pattern, durationUnit=unit),
    )

    assert row
    assert row["duration_ms"] == pytest.approx(milliseconds, rel=1e-12)


@pytest.mark.parametrize(
    "written",
    [
        "1.2.3",
        ".",
        "9" * 400,
        "1e999",
        "NaN",
        "inf",
        "1,5",
        "--1",
        "1_000",
        "x",
        "5 fortnights",
        "5 MS",
        "-5",
        "-1e-9",
        "-5 s",
    ],
)
def test_a_duration_that_is_none_is_unknown_and_does_not_cost_the_line(
    written: str,
) -> None:
    rule = Rule(id="a", kind="success", pattern=r"(?P<event>\w+) took (?P<duration>\S+)(?: (?P<unit>\S+))?")

    first, second = taken([f"job took {written}", "job took 5"], [rule])

    assert (first["event"], second["event"], second["duration_ms"]) == ("job", "job", 5)
    assert math.isnan(first["duration_ms"])


def test_a_duration_that_the_line_does_not_say_is_not_there() -> None:
    rule = Rule(id="a", kind="success", pattern=r"(?P<event>\w+)(?: took (?P<duration>\S+))?")

    assert [row["duration_ms"] for row in taken(["job", "job took 5", "job took "], [rule])] == [None, 5, None]


# --- texts that come again ----------------------------------------------------------------------------------

ANY_RULES = (
    Rule(id="job", kind="success", contains="job ", pattern=r"job (?P<event>\w+)(?: in (?P<duration>\d+)ms)?"),
    Rule(id="odd", kind="failure", contains="job ", pattern=r"job !(?P<event>\w+)"),
    Rule(id="word", kind="success", pattern=r"^(?P<event>[xy]+)$"),
    Rule(id="bare", kind="success", contains="bare", event="bare"),
)
repeated_lines = st.lists(
    st.sampled_from(
        ["job a", "job a in 7ms", "job b", "job !a", "job -", "xy", "y", "bare job a", "bare", "job " + "z" * 2000]
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(repeated_lines, min_size=1, max_size=5), st.sampled_from([0, 1, 3, 1 << 12]), st.sampled_from([3, 1024])
)
def test_what_is_remembered_of_texts_changes_nothing_not_even_the_bytes_that_are_kept(
    blocks: list[list[str]], remembered: int, short: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules_module, "REMEMBERED", remembered)
        patch.setattr(rules_module, "SHORT", short)
        rules_module.text_rules.cache_clear()
        one = reader(ANY_RULES)
        for block in blocks:
            data = "".join(f"{line}\n" for line in block).encode()
            rows = one.read([memoryview(data)]).rows

            rules_module.text_rules.cache_clear()
            assert to_bytes(rows) == to_bytes(reader(ANY_RULES).read([memoryview(data)]).rows)
            assert [(row["line"], row["rule"], row["event"]) for row in rows_of(rows)] == naive(
                [line.encode() for line in block], ANY_RULES
            )


def test_threads_that_learn_at_the_same_time_take_what_one_would() -> None:
    blocks = [
        "".join(f"job j{n} in {n}ms\njob !k{n}\n" for n in range(first, first + 40)).encode() for first in range(60)
    ]
    rules_module.text_rules.cache_clear()
    one = reader(ANY_RULES)
    with ThreadPoolExecutor(4) as threads:
        at_once = list(threads.map(lambda block: to_bytes(reader(ANY_RULES).read([memoryview(block)]).rows), blocks))

    rules_module.text_rules.cache_clear()
    assert at_once == [to_bytes(one.read([memoryview(block)]).rows) for block in blocks]


def test_no_more_texts_are_remembered_than_there_is_room_for_and_no_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_module, "REMEMBERED", 3)
    monkeypatch.setattr(rules_module, "SHORT", 8)
    rules = rules_module._Knowledge({0: ANY_RULES[0]})

    for texts in (["job a", "job long enough"], ["job b", "job a"], ["job c", "job d"], ["job c"]):
        found, _, told = rules.of(pa.array([text.encode() for text in texts], pa.binary()))
        assert [told[what]["event"].as_py() for what in found.tolist()] == [text.split()[1] for text in texts]

    assert set(rules._memory.whats) == {b"job a", b"job b", b"job c"}
