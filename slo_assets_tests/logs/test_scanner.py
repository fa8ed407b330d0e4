"""Lines to events: the shipped rules line by line, then whole files against a naive reading of the specification."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.config import SloConfig
from slo_assets.domain.event_log import FileScan
from slo_assets.logs.scanner import Scanner
from slo_assets.logs.timestamps import name_instant
from slo_assets_tests.situations import config_with, shipped_config

REAL_LOGS = Path(__file__).parents[3] / "shared" / "data" / "renderx" / "logs"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2025, 11, 10, 12, tzinfo=UTC)
MOUNT = "host:sdk:plugin:mount"


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def at(milliseconds: float) -> int:
    """So many milliseconds after noon, in microseconds."""
    return micros(NOON) + round(milliseconds * 1000)


def stamp(milliseconds: float) -> str:
    """The same, as a line writes it."""
    return (NOON + timedelta(milliseconds=milliseconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def scan(
    *lines: str | bytes, config: SloConfig | None = None, first: int | None = None, until: int | None = None
) -> FileScan:
    data = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return Scanner(config or shipped_config(), until).scan(data, at(0) if first is None else first)


def rows(scanned: FileScan) -> list[tuple[Any, ...]]:
    """Line, instant, kind, event, component and duration of each event; None for what is unknown."""
    columns = ["line", "instant", "kind", "event", "component", "duration_ms"]
    return [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for row in scanned.events[columns].itertuples(index=False, name=None)
    ]


def operations(scanned: FileScan) -> list[tuple[Any, ...]]:
    """Kind, event and duration of each event."""
    return [(kind, event, duration) for _, _, kind, event, _, duration in rows(scanned)]


OPERATIONS = {
    "a beat that completed": (
        "✅ BeatExecutor: Beat 2 (library:components:notify-ui) completed in 5ms",
        [("success", "library:components:notify-ui", 5)],
    ),
    "a beat with decimals": (
        "✅ BeatExecutor: Beat 12 (canvas:component:create) completed in 4.75 ms",
        [("success", "canvas:component:create", 4.75)],
    ),
    "a beat with points in its event": (
        "BeatExecutor: Beat 1 (canvas.component.create) completed in 5ms",
        [("success", "canvas.component.create", 5)],
    ),
    "a beat that took no time": (
        "BeatExecutor: Beat 1 (canvas:component:create) completed in 0ms",
        [("success", "canvas:component:create", 0)],
    ),
    "a beat that failed": (
        "❌ BeatExecutor: Beat 3 (canvas:component:create) failed",
        [("failure", "canvas:component:create", None)],
    ),
    "a beat that failed with a reason": (
        "❌ BeatExecutor: Beat 3 (canvas:component:create) failed: Error: 7 ms late",
        [("failure", "canvas:component:create", None)],
    ),
    "a beat that failed after a while": (
        "❌ BeatExecutor: Beat 3 (canvas:component:create) failed after 12ms: Error: late",
        [("failure", "canvas:component:create", 12)],
    ),
    "a beat that failed after a while with decimals": (
        "❌ BeatExecutor: Beat 3 (canvas:component:create) failed after 12.5 ms",
        [("failure", "canvas:component:create", 12.5)],
    ),
    "a plugin that mounted": ("✅ Plugin mounted successfully: HeaderPlugin", [("success", MOUNT, None)]),
    "a plugin that did not mount": ("❌ Failed to mount plugin HeaderPlugin", [("failure", MOUNT, None)]),
    "a plugin that did not mount, with a reason": (
        "Failed to mount plugin HeaderPlugin: Error: no such module",
        [("failure", MOUNT, None)],
    ),
    "a mount that only started": ("Attempting to mount plugin: HeaderPlugin", [("unfinished", MOUNT, None)]),
    "a beat that only started": (
        "🎵 Beat 1 Started: Load (all) Components (library:components:load)",
        [("unfinished", "library:components:load", None)],
    ),
    "a cleaned up movement": ("PerformanceTracker: Cleaned up failed movement Load for Library Load", []),
    "a movement that completed": ('✅ MovementExecutor: Movement "Load" completed successfully', []),
    "a movement that failed": ('❌ MovementExecutor: Movement "Load" failed', []),
    "a movement's duration": ("⏱️ PerformanceTracker: Movement Load completed in 12.80ms", []),
    "a sequence that completed": ('✅ SequenceExecutor: Sequence "Library Load" completed in 13ms', []),
    "a sequence that failed": ('❌ SequenceExecutor: Sequence "Library Load" failed: Error', []),
    "a subscription to failures": ('📡 EventBus: Subscribed to "movement-failed" (1 total subscribers)', []),
    "a count of failures": ("🎼 Sequence registration complete: 0 registered, 0 failed", []),
    "a system that is said to have failed": ("🎼 Musical Sequences System initialized: FAILED", []),
    "an anonymous completion": (" ✅ Completed in 4.70ms", []),
    "a beat without its event": ("BeatExecutor: Beat 2 completed in 5ms", []),
    "an empty line": ("", []),
}


@pytest.mark.parametrize(("line", "expected"), OPERATIONS.values(), ids=OPERATIONS)
def test_a_line_is_the_operation_that_the_specification_says(line: str, expected: list[tuple[Any, ...]]) -> None:
    assert operations(scan(line)) == expected


PAIRS = {
    "the time between the two": (
        ["{0} Attempting to mount plugin: A", "{250.5} Plugin mounted successfully: A"],
        [("success", MOUNT, 250.5)],
    ),
    "a failure takes the start as well": (
        ["{0} Attempting to mount plugin: A", "{30} Failed to mount plugin A: Error"],
        [("failure", MOUNT, 30)],
    ),
    "a beat's failure takes its start": (
        ["{0} Beat 1 Started: Load (library:load)", "{30} BeatExecutor: Beat 1 (library:load) failed: Error"],
        [("failure", "library:load", 30)],
    ),
    "a duration in the line wins": (
        ["{0} Beat 1 Started: Load (library:load)", "{30} BeatExecutor: Beat 1 (library:load) completed in 5ms"],
        [("success", "library:load", 5)],
    ),
    "a failure's duration in the line wins": (
        ["{0} Beat 1 Started: Load (library:load)", "{30} BeatExecutor: Beat 1 (library:load) failed after 7ms"],
        [("failure", "library:load", 7)],
    ),
    "the latest open start": (
        [
            "{0} Attempting to mount plugin: A",
            "{10} Attempting to mount plugin: A",
            "{15} Plugin mounted successfully: A",
            "{40} Plugin mounted successfully: A",
        ],
        [("success", MOUNT, 5), ("success", MOUNT, 40)],
    ),
    "a start is taken once": (
        [
            "{0} Attempting to mount plugin: A",
            "{5} Plugin mounted successfully: A",
            "{9} Plugin mounted successfully: A",
        ],
        [("success", MOUNT, 5), ("success", MOUNT, None)],
    ),
    "the start of another plugin is left": (
        ["{0} Attempting to mount plugin: A", "{5} Plugin mounted successfully: B"],
        [("unfinished", MOUNT, None), ("success", MOUNT, None)],
    ),
    "a start after the end is left": (
        ["{0} Plugin mounted successfully: A", "{5} Attempting to mount plugin: A"],
        [("success", MOUNT, None), ("unfinished", MOUNT, None)],
    ),
    "a clock that went back": (
        ["{5} Attempting to mount plugin: A", "{0} Plugin mounted successfully: A"],
        [("success", MOUNT, None)],
    ),
    "an end in the start's own millisecond": (
        ["{5} Attempting to mount plugin: A", "{5} Plugin mounted successfully: A"],
        [("success", MOUNT, 0)],
    ),
    "one stamp for both lines": (
        ["{5} Attempting to mount plugin: A", "Plugin mounted successfully: A"],
        [("success", MOUNT, None)],
    ),
    "no stamp at all": (
        ["Attempting to mount plugin: A", "x", "Plugin mounted successfully: A"],
        [("success", MOUNT, None)],
    ),
    "one stamp for both lines, and a written duration": (
        ["{5} Beat 1 Started: Load (library:load)", "BeatExecutor: Beat 1 (library:load) completed in 9ms"],
        [("success", "library:load", 9)],
    ),
    "an end that takes the time of a line between": (
        ["{0} Attempting to mount plugin: A", "{7} x", "Plugin mounted successfully: A"],
        [("success", MOUNT, 7)],
    ),
    "an end without a start": (["{0} Plugin mounted successfully: A"], [("success", MOUNT, None)]),
    "a mount is no beat of the same event": (
        [f"{{0}} Beat 1 Started: Mount ({MOUNT})", f"{{4}} Plugin mounted successfully: {MOUNT}"],
        [("unfinished", MOUNT, None), ("success", MOUNT, None)],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), PAIRS.values(), ids=PAIRS)
def test_an_end_takes_the_latest_open_start_of_its_key(lines: list[str], expected: list[tuple[Any, ...]]) -> None:
    written = [re.sub(r"\{([\d.]+)\}", lambda found: stamp(float(found[1])), line) for line in lines]

    assert operations(scan(*written)) == expected


def test_a_start_and_its_end_do_not_meet_across_two_files() -> None:
    assert operations(scan(f"{stamp(0)} Attempting to mount plugin: A")) == [("unfinished", MOUNT, None)]
    assert operations(scan(f"{stamp(5)} Plugin mounted successfully: A")) == [("success", MOUNT, None)]


def test_a_line_without_a_time_takes_the_previous_and_lines_before_the_first_take_the_first() -> None:
    beat = "BeatExecutor: Beat 1 (theme:toggle) completed in 1ms"

    scanned = scan(beat, f"{stamp(0)} x", beat, f"{stamp(800)} {beat}", "", beat, f"{stamp(900)} x", first=at(0))

    assert [(line, instant) for line, instant, *_ in rows(scanned)] == [
        (1, at(0)),
        (3, at(0)),
        (4, at(800)),
        (6, at(800)),
    ]
    assert scanned.lines == 7


COMPONENTS = {
    "canvas:component:create": "canvas-component",
    "canvas.component.create": "canvas-component",
    "canvas": "canvas-component",
    "control:panel:ui:init": "control-panel",
    "control.panel.ui.init": "control-panel",
    "control.panel:ui": "control-panel",
    "library:components:load": "library-component",
    "libraryx:components:load": None,
    "library-component:load": None,
    "my:library:load": None,
    "app:ui:theme:toggle": "theme",
    "app.ui.theme": "theme",
    "app:ui:header": None,
    "theme:toggle": "theme",
    "themes:toggle": None,
    "host:sdk:plugin:mount": "host-sdk",
    "host:sdkx:plugin": None,
    "host:other": None,
    "control:paneling:x": None,
}


@pytest.mark.parametrize(("event", "component"), COMPONENTS.items(), ids=COMPONENTS)
def test_an_event_belongs_to_a_component_by_whole_segments_of_its_prefix(event: str, component: str | None) -> None:
    scanned = scan(f"{stamp(0)} BeatExecutor: Beat 1 ({event}) completed in 1ms")

    assert [row[4] for row in rows(scanned)] == [component]
    assert scanned.months["2025-11"]["unmapped"] == ({} if component else {event: 1})


def test_unmapped_events_are_counted_by_month_and_kept_as_events() -> None:
    lines = [
        f"{stamp(0)} BeatExecutor: Beat 1 (minimap:show) completed in 1ms",
        f"{stamp(0)} BeatExecutor: Beat 1 (minimap:show) failed",
        f"{stamp(0)} Beat 1 Started: Hide (minimap:hide)",
        "2025-12-01T00:00:00Z BeatExecutor: Beat 1 (minimap:show) completed in 1ms",
    ]

    scanned = scan(*lines)

    assert {month: told["unmapped"] for month, told in scanned.months.items()} == {
        "2025-11": {"minimap:hide": 1, "minimap:show": 2},
        "2025-12": {"minimap:show": 1},
    }
    assert [row[2] for row in rows(scanned)] == ["success", "failure", "unfinished", "success"]


def test_the_longest_prefix_wins_whatever_the_order_of_the_components() -> None:
    def nested(settings: dict[str, Any]) -> None:
        settings["components"] = {
            "outer": {"name": "Outer", "prefixes": ["app"]},
            "inner": {"name": "Inner", "prefixes": ["app:ui:theme"]},
            "middle": {"name": "Middle", "prefixes": ["app.ui"]},
        }

    events = ("app:ui:theme:toggle", "app:ui:themes", "app.ui", "app:x", "appx:ui")

    scanned = scan(
        *(f"BeatExecutor: Beat 1 ({event}) completed in 1ms" for event in events), config=config_with(nested)
    )

    assert [row[4] for row in rows(scanned)] == ["inner", "middle", "middle", "outer", None]


def with_rules(*rules: dict[str, Any]) -> SloConfig:
    return config_with(lambda settings: settings["logs"].update(rules=list(rules)))


def test_another_applications_lines_need_rules_and_no_code() -> None:
    config = with_rules(
        {"id": "in", "kind": "start", "contains": "début", "pattern": r"début (?P<event>\S+) #(?P<key>\d+)"},
        {"id": "out", "kind": "success", "contains": "fin", "pattern": r"fin (?P<event>\S+) #(?P<key>\d+)"},
    )

    scanned = scan(
        f"{stamp(0)} début theme:a #1",
        f"{stamp(2)} début theme:a #2",
        f"{stamp(3)} fin theme:a #1",
        f"{stamp(7)} fin theme:a #2",
        config=config,
    )

    assert operations(scanned) == [("success", "theme:a", 3), ("success", "theme:a", 5)]
    assert scanned.months["2025-11"]["matched"] == {"in": 2, "out": 2}


def test_the_first_rule_that_matches_takes_the_line() -> None:
    config = with_rules(
        {"id": "narrow", "kind": "failure", "contains": "job", "pattern": "job (?P<event>theme:bad)"},
        {"id": "wide", "kind": "success", "contains": "job", "pattern": r"job (?P<event>\S+)"},
        {"id": "never", "kind": "failure", "contains": "job", "pattern": r"job (?P<event>\S+)"},
    )

    scanned = scan("job theme:bad", "job theme:good", "JOB theme:good", config=config)

    assert operations(scanned) == [("failure", "theme:bad", None), ("success", "theme:good", None)]
    assert scanned.months["2025-11"]["matched"] == {"narrow": 1, "wide": 1}


def test_a_rules_own_event_stands_in_where_the_pattern_found_none() -> None:
    config = with_rules(
        {
            "id": "mixed",
            "kind": "success",
            "event": "host:sdk:job",
            "contains": "done",
            "pattern": r"done(?: (?P<event>\S+))?",
        }
    )

    assert operations(scan("done theme:a", "done", config=config)) == [
        ("success", "theme:a", None),
        ("success", "host:sdk:job", None),
    ]


@pytest.mark.parametrize("written", ["1.2.3", ".", "9" * 400], ids=["two points", "a point", "too many digits"])
def test_a_duration_that_is_no_number_is_unknown_and_does_not_cost_the_file(written: str) -> None:
    config = with_rules(
        {
            "id": "done",
            "kind": "success",
            "contains": "done",
            "pattern": r"done (?P<event>\S+) in (?P<duration>[\d.]+)ms",
        }
    )

    scanned = scan(f"done theme:a in {written}ms", "done theme:b in 5ms", config=config)

    assert operations(scanned) == [("success", "theme:a", None), ("success", "theme:b", 5)]


def test_lines_that_are_no_utf_8_are_counted_and_read_all_the_same() -> None:
    scanned = scan(
        b"\xff\xfe 2025-11-10T12:00:00Z",
        b"caf\xe9 BeatExecutor: Beat 1 (theme:caf\xe9) completed in 1ms",
        "🎼 BeatExecutor: Beat 1 (theme:café) completed in 2ms",
    )

    assert scanned.undecodable == 2
    assert operations(scanned) == [("success", "theme:caf\ufffd", 1), ("success", "theme:café", 2)]


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
    scanned = scan(*(f"{stamp(minute * 60_000)} x" for minute in minutes))

    assert scanned.runs == [(at(start * 60_000), at(end * 60_000)) for start, end in runs]


def test_the_silence_is_a_setting() -> None:
    config = config_with(lambda settings: settings["logs"].update(silenceMinutes=0.5))

    scanned = scan(f"{stamp(0)} x", f"{stamp(30_000)} x", f"{stamp(60_001)} x", config=config)

    assert scanned.runs == [(at(0), at(30_000)), (at(60_001), at(60_001))]


def test_a_line_belongs_to_the_month_of_its_own_instant() -> None:
    beat = "BeatExecutor: Beat 1 (theme:toggle) completed in 1ms"

    scanned = scan(
        f"2025-10-31T23:59:59.999999Z {beat}",
        beat,
        f"2025-11-01T00:00:00Z {beat}",
        f"[2025-10-31 23:00:00.000 -05:00] [INF] Context: {beat}",
        f"2025-10-01T00:00:00Z {beat}",
        first=micros(datetime(2025, 10, 31, tzinfo=UTC)),
    )

    october, november = scanned.months["2025-10"], scanned.months["2025-11"]
    assert (october["lines"], november["lines"]) == (3, 2)
    assert october["latest"] == micros(datetime(2025, 11, 1, tzinfo=UTC)) - 1
    assert november["latest"] == micros(datetime(2025, 11, 1, 4, tzinfo=UTC))
    assert list(scanned.months) == ["2025-10", "2025-11"]


def test_lines_later_than_the_clock_are_set_aside_with_those_that_take_their_time() -> None:
    scanned = scan(
        f"{stamp(0)} Attempting to mount plugin: A",
        f"{stamp(10)} BeatExecutor: Beat 1 (theme:now) completed in 1ms",
        f"{stamp(10.001)} BeatExecutor: Beat 1 (theme:later) completed in 1ms",
        "Plugin mounted successfully: A",
        f"{stamp(5)} BeatExecutor: Beat 1 (theme:back) completed in 1ms",
        until=at(10),
    )

    assert (scanned.lines, scanned.future) == (5, 2)
    assert [(row[0], row[2], row[3]) for row in rows(scanned)] == [
        (1, "unfinished", MOUNT),
        (2, "success", "theme:now"),
        (5, "success", "theme:back"),
    ]
    assert scanned.runs == [(at(0), at(10))]
    assert scanned.months["2025-11"]["lines"] == 3


@pytest.mark.parametrize(
    "year",
    [
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59.999",
        "1969-12-31T23:59:59Z",
        "9999-11-30T23:59:59Z",
    ],
    ids=["the first instant of .NET", "the last instant of .NET", "before 1970", "a month before the last"],
)
def test_a_line_with_an_instant_of_another_age_costs_no_other_line(year: str) -> None:
    beat = "BeatExecutor: Beat 1 (theme:toggle) completed in 1ms"

    scanned = scan(f"{stamp(0)} {beat}", f"expires {year}", f"{stamp(1)} {beat}")

    assert len(rows(scanned)) == 2
    assert scanned.months["2025-11"]["lines"] == 2


# --- whole files against a naive reading -------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line before it is written: how far the clock moved (None: it tells no time), and what it says."""

    moved: int | None
    says: str
    name: str
    written: int | None

    @property
    def text(self) -> str:
        name, written = self.name, self.written
        plugin = name.replace(":", "-")
        return {
            "noise": "Cleaned up failed movement Load",
            "beat start": f"Beat 1 Started: Some (thing) ({name})",
            "beat success": f"BeatExecutor: Beat 1 ({name}) completed in {written or 0}ms",
            "beat failure": f"BeatExecutor: Beat 1 ({name}) failed" + (f" after {written}ms" if written else ": no"),
            "mount start": f"Attempting to mount plugin: {plugin}",
            "mount success": f"Plugin mounted successfully: {plugin}",
            "mount failure": f"Failed to mount plugin {plugin}",
        }[self.says]

    @property
    def event(self) -> str:
        return MOUNT if self.says.startswith("mount") else self.name

    @property
    def duration(self) -> float | None:
        if self.says == "beat success":
            return self.written or 0
        return self.written if self.says == "beat failure" and self.written else None


RULES = {
    "beat start": "beat-started",
    "beat success": "beat-completed",
    "beat failure": "beat-failed",
    "mount start": "mount-started",
    "mount success": "mount-succeeded",
    "mount failure": "mount-failed",
}
OWNERS = {"canvas:a": "canvas-component", "theme.b": "theme", "control:panelx": None, "x": None}
MINUTES_5 = 5 * 60_000_000

moves = (
    st.none()
    | st.integers(-2_000_000, 2_000_000)
    | st.sampled_from([0, MINUTES_5, MINUTES_5 + 1, -MINUTES_5 - 1, 40 * 24 * 60 * 60_000_000])
)
log_lines = st.lists(
    st.builds(
        Line,
        moved=moves,
        says=st.sampled_from(["noise", *RULES]),
        name=st.sampled_from(list(OWNERS)),
        written=st.none() | st.integers(1, 999),
    ),
    max_size=25,
)


@dataclass(frozen=True)
class Naive:
    """What the specification says of a file, found by looking at all lines again for each of them."""

    lines: list[Line]

    @property
    def own(self) -> list[int | None]:
        """The instant that each line tells by itself."""
        now, found = at(0), []
        for line in self.lines:
            now += line.moved or 0
            found.append(None if line.moved is None else now)
        return found

    @property
    def instants(self) -> list[int]:
        own = self.own
        told = [instant for instant in own if instant is not None] or [at(0)]
        return [
            next((own[j] for j in range(i, -1, -1) if own[j] is not None), told[0])  # type: ignore[misc]
            for i in range(len(own))
        ]

    @property
    def text(self) -> list[str]:
        return [
            line.text if own is None else f"{stamp((own - at(0)) / 1000)} {line.text}"
            for line, own in zip(self.lines, self.own, strict=True)
        ]

    def rows(self, seen: set[int]) -> list[tuple[Any, ...]]:
        """The events of the lines that are seen, by index."""
        taken: set[int] = set()
        found = {}
        for i in sorted(seen):
            line, instant = self.lines[i], self.instants[i]
            subject, _, kind = line.says.partition(" ")
            if kind not in ("success", "failure"):
                continue
            duration = line.duration
            starts = [
                j
                for j in seen - taken
                if j < i and self.lines[j].says == f"{subject} start" and self.lines[j].name == line.name
            ]
            if starts:
                start = max(starts)
                taken.add(start)
                told = any(own is not None for own in self.own[start + 1 : i + 1])
                if duration is None and told and instant >= self.instants[start]:
                    duration = (instant - self.instants[start]) / 1000
            found[i] = (i + 1, instant, kind, line.event, self._owner(line.event), duration)
        for i in seen - taken:
            if self.lines[i].says.endswith("start"):
                event = self.lines[i].event
                found[i] = (i + 1, self.instants[i], "unfinished", event, self._owner(event), None)
        return [found[i] for i in sorted(found)]

    @staticmethod
    def _owner(event: str) -> str | None:
        return "host-sdk" if event == MOUNT else OWNERS[event]

    def runs(self, seen: set[int]) -> list[tuple[int, int]]:
        instants = sorted(self.instants[i] for i in seen)
        ends = [low for low, high in pairwise(instants) if high - low > MINUTES_5] + instants[-1:]
        begins = instants[:1] + [high for low, high in pairwise(instants) if high - low > MINUTES_5]
        return list(zip(begins, ends, strict=True))

    def months(self, seen: set[int]) -> dict[str, dict[str, Any]]:
        month_of = {i: (EPOCH + timedelta(microseconds=self.instants[i])).isoformat()[:7] for i in seen}
        unmapped = {line - 1: event for line, _, _, event, owner, _ in self.rows(seen) if owner is None}
        return {
            month: {
                "lines": sum(month_of[i] == month for i in seen),
                "latest": max(self.instants[i] for i in seen if month_of[i] == month),
                "matched": dict(
                    Counter(
                        RULES[self.lines[i].says] for i in seen if month_of[i] == month and self.lines[i].says in RULES
                    )
                ),
                "unmapped": dict(Counter(event for i, event in unmapped.items() if month_of[i] == month)),
            }
            for month in set(month_of.values())
        }

    def first(self) -> int:
        return next((own for own in self.own if own is not None), at(0))


@settings(max_examples=60, deadline=None)
@given(log_lines)
def test_a_file_gives_the_events_runs_and_months_of_a_naive_reading(lines: list[Line]) -> None:
    naive = Naive(lines)
    every = set(range(len(lines)))

    scanned = scan(*naive.text, first=naive.first())

    assert rows(scanned) == naive.rows(every)
    assert scanned.runs == naive.runs(every)
    assert scanned.months == naive.months(every)
    assert (scanned.lines, scanned.future) == (len(lines), 0)


@settings(max_examples=60, deadline=None)
@given(log_lines, st.integers(-3_000_000, 6_000_000))
def test_a_clock_in_the_middle_of_a_file_hides_exactly_the_later_lines(lines: list[Line], moved: int) -> None:
    naive = Naive(lines)
    clock = at(0) + moved
    seen = {i for i, instant in enumerate(naive.instants) if instant <= clock}

    scanned = scan(*naive.text, first=naive.first(), until=clock)

    assert rows(scanned) == naive.rows(seen)
    assert scanned.runs == naive.runs(seen)
    assert scanned.months == naive.months(seen)
    assert (scanned.lines, scanned.future) == (len(lines), len(lines) - len(seen))


# --- the real logs ------------------------------------------------------------------------------------------


def real_lines(name: str) -> list[str]:
    path = REAL_LOGS / name
    if not path.exists():
        pytest.skip("the real logs are not part of the repository")
    return path.read_text(encoding="utf-8").splitlines()


def real_instant(line: str) -> int:
    found = re.search(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line)
    assert found
    return micros(datetime.fromisoformat(found[0]))


def test_the_real_log_has_its_25_beats_48_mounts_3_unfinished_and_no_failure() -> None:
    lines = real_lines("web-variant-localhost-1762811808902.log")

    scanned = scan(*lines, first=real_instant(lines[0]))

    beats = Counter(row[4] for row in rows(scanned) if row[2] == "success" and row[3] != MOUNT)
    assert beats == {"canvas-component": 6, "control-panel": 9, "library-component": 6, "theme": 4}
    assert Counter(row[2] for row in rows(scanned)) == {"success": 25 + 48, "unfinished": 3}
    assert sum(row[3] == MOUNT and row[2] == "success" for row in rows(scanned)) == 48
    assert scanned.lines == len(lines) == 1013
    assert sum("failed movement" in line for line in lines) == 10
    assert scanned.months["2025-11"]["unmapped"] == {}


def test_the_real_logs_beats_have_the_durations_that_are_written_in_them() -> None:
    lines = real_lines("web-variant-localhost-1762811808902.log")
    written = [
        (number, found[1], float(found[2]))
        for number, line in enumerate(lines, start=1)
        if (found := re.search(r"Beat \d+ \((.+)\) completed in ([\d.]+)ms", line))
    ]

    scanned = scan(*lines, first=real_instant(lines[0]))

    assert [(row[0], row[3], row[5]) for row in rows(scanned) if row[2] == "success" and row[3] != MOUNT] == written


def test_the_real_logs_mounts_take_the_time_since_the_latest_attempt_of_the_plugin() -> None:
    lines = real_lines("web-variant-localhost-1762811808902.log")
    attempts: dict[str, list[int]] = {}
    expected = []
    for number, line in enumerate(lines, start=1):
        if "Attempting to mount plugin: " in line:
            attempts.setdefault(line.split()[-1], []).append(real_instant(line))
        elif "Plugin mounted successfully: " in line:
            started = attempts[line.split("successfully: ")[1].split()[0]].pop()
            expected.append((number, (real_instant(line) - started) / 1000))

    scanned = scan(*lines, first=real_instant(lines[0]))

    assert [(row[0], row[5]) for row in rows(scanned) if row[2] == "success" and row[3] == MOUNT] == expected
    assert sum(map(len, attempts.values())) == sum(row[2] == "unfinished" for row in rows(scanned)) == 3


def test_the_real_log_without_a_time_keeps_its_written_durations_under_a_dated_name() -> None:
    lines = real_lines("sample-telemetry.log")
    first = name_instant("localhost-1761945322362.log")
    assert first is not None
    written = [float(found[1]) for line in lines if (found := re.search(r"BeatExecutor.* in (\d+)ms", line))]

    scanned = scan(*lines, first=first)

    assert len(written) == 9
    assert [row[5] for row in rows(scanned) if row[2] == "success"] == written
    assert scanned.runs == [(1_761_945_322_362_000, 1_761_945_322_362_000)]
