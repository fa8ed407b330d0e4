"""A file's operations: starts and ends brought together, whole files against a naive reading of the specification."""

from __future__ import annotations

import json
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
from slo_assets.domain.event_log import FILE_COLUMNS, FileScan, stacked
from slo_assets.logs.machine import NEVER
from slo_assets.logs.names import name_instant
from slo_assets.logs.operations import operations as operations_of
from slo_assets.logs.parts import Settings, new_reader
from slo_assets.logs.pieces import dated, placed
from slo_assets_tests.situations import config_with, events_of, scan_of, shipped_config

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
    return scan_of(
        b"\n".join(data) + b"\n" * bool(data),
        config or shipped_config(),
        until=NEVER if until is None else until,
        first=at(0) if first is None else first,
    )


def rows(scanned: FileScan) -> list[tuple[Any, ...]]:
    """Line, instant, kind, event, component and duration of each event; None for what is unknown."""
    columns = ["line", "instant", "kind", "event", "component", "duration_ms"]
    return [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for row in events_of(scanned)[columns].itertuples(index=False, name=None)
    ]


def operations(scanned: FileScan) -> list[tuple[Any, ...]]:
    """Kind, event and duration of each event."""
    return [(kind, event, duration) for _, _, kind, event, _, duration in rows(scanned)]


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
        return {
            month: {
                "lines": sum(month_of[i] == month for i in seen),
                "latest": max(self.instants[i] for i in seen if month_of[i] == month),
                "matched": dict(
                    Counter(
                        RULES[self.lines[i].says] for i in seen if month_of[i] == month and self.lines[i].says in RULES
                    )
                ),
                "untimed": sum(self.own[i] is None for i in seen if month_of[i] == month),
                **dict.fromkeys(("undecodable", "overLong", "malformed"), 0),
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


# --- several tables -----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_operations_of_pieces_are_those_of_the_file_wherever_it_is_cut(data: st.DataObject) -> None:
    naive = Naive(data.draw(log_lines))
    config = shipped_config()
    lines = [f"{line}\n".encode() for line in naive.text]
    borders = sorted(data.draw(st.lists(st.integers(0, len(lines)), max_size=4)))
    settings_of = Settings.of(config.logs, config.logs.reading("app.log"))
    reader = new_reader(settings_of, "app.log", NEVER)
    pieces = [
        reader.read([memoryview(b"".join(lines[start:stop]))]) for start, stop in pairwise([0, *borders, len(lines)])
    ]

    cut = stacked([operations_of(placed([dated(naive.first()), *pieces]), config)])

    whole = events_of(scan(*naive.text, first=naive.first()))
    pd.testing.assert_frame_equal(cut, whole)
    assert {str(name): str(kind) for name, kind in cut.dtypes.items()} == FILE_COLUMNS


def test_no_tables_are_no_operations() -> None:
    found = operations_of([], shipped_config())

    assert {name: len(column) for name, column in found.items()} == dict.fromkeys(FILE_COLUMNS, 0)


# --- records ------------------------------------------------------------------------------------------------


def of_records(*lines: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Line, kind, event and duration of the records of JSON lines, whose ``op`` is ``+a``, ``-a`` or ``!a``."""

    def reading(settings: dict[str, Any]) -> None:
        settings["logs"] = {
            "dialect": {"format": "json", "records": "items[]", "time": {"field": "at"}, "fields": {"message": "op"}},
            "rules": [
                {"id": "in", "kind": "start", "pattern": r"^\+(?P<event>\w+)"},
                {"id": "out", "kind": "success", "pattern": r"^-(?P<event>\w+)"},
                {"id": "no", "kind": "failure", "pattern": r"^!(?P<event>\w+)"},
            ],
        }

    written = [json.dumps({"items": items}) for items in lines]
    found = rows(scan(*written, config=config_with(reading)))
    return [(line, kind, event, duration) for line, _, kind, event, _, duration in found]


def test_the_operations_of_one_line_stand_in_the_order_of_its_records() -> None:
    ends = [{"at": stamp(n), "op": f"{'-!'[n % 2]}op{n}"} for n in range(60)]

    found = of_records([{"at": stamp(0), "op": "+never"}], ends, [{"op": "-last"}])

    assert [(line, event) for line, _, event, _ in found] == [
        (1, "never"),
        *((2, f"op{n}") for n in range(60)),
        (3, "last"),
    ]


def test_records_of_one_line_that_tell_their_own_times_have_the_time_between_them_as_duration() -> None:
    line = [{"at": stamp(0), "op": "+a"}, {"at": stamp(250), "op": "-a"}]

    assert of_records(line) == [(1, "success", "a", 250)]


def test_records_of_one_line_that_share_its_time_have_no_duration() -> None:
    assert of_records([{"at": stamp(0), "op": "+a"}, {"op": "-a"}]) == [(1, "success", "a", None)]


# --- whose an operation is ----------------------------------------------------------------------------------


def test_the_component_that_a_rule_names_wins_over_the_events() -> None:
    def own(settings: dict[str, Any]) -> None:
        rule = {"id": "own", "kind": "success", "contains": "own", "pattern": r"own (?P<event>\S+)"}
        settings["logs"]["rules"] = [
            {**rule, "component": "host-sdk"},
            {**rule, "id": "other", "contains": "other", "pattern": r"other (?P<event>\S+)"},
        ]

    scanned = scan("own theme:a", "other theme:a", "own minimap:a", "other minimap:a", config=config_with(own))

    assert [row[4] for row in rows(scanned)] == ["host-sdk", "theme", "host-sdk", None]


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
    assert all(row[4] is not None for row in rows(scanned))


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
