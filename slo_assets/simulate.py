"""Invented logs and telemetry of any size, in the real ones' dialects, from a seed.

What is invented stands in tables, in capitals: what the months hold (COMPONENTS, INCIDENTS, REPORTED), what the
components log (SCRIPTS) and what the files look like (SESSIONS). The functions turn a table's row into lines and
lines into files. ``slo_assets.logs`` reads the lines back.

Rates are spread evenly instead of drawn, so that a few hundred operations already show the rate of their table;
the seed decides instants, order and figures. A generated file says the same whoever writes it: only
``random.Random`` methods whose sequence is the same in every supported Python are used.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedIOBase
from itertools import chain, cycle, islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from slo_assets.periods import DAY, MINUTE, Period, format_instant

LINES_PER_FILE = 20_000
HEARTBEAT_SHARE = 25  # one line in so many goes to each component's heartbeat file
HEARTBEAT_MAX_LINES = 360  # a day's worth
LINES_PER_WRITE = 4096

# Instants and durations of log lines are milliseconds, as in the logs; periods count microseconds.
MICROS_PER_MS = 1000
SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
HEARTBEAT_MS = 4 * MINUTE_MS
PAUSE_MS = (2 * SECOND_MS, 40 * SECOND_MS)  # between two sequences of a session
LONG_PAUSE_MS = (6 * MINUTE_MS, 10 * MINUTE_MS)  # long enough to leave time unobserved
LONG_PAUSE_SHARE = 0.02
STEP_MS = 2 * MINUTE_MS  # between two sequences of an incident that lasts minutes
SLOW_EXTRA_MS = 400
STORM_PER_SECOND = 60
STORM_EVENT = "canvas:component:resize:move"

# The last month stops here, as a month does that is looked at before its end.
LAST_MONTH_END_MS = 23 * DAY_MS + 12 * HOUR_MS
CLOCK_SKEW_MS = 60 * HOUR_MS

# Days are counted from 0. Sessions begin in the morning and end before midnight, so that what is reported at
# night meets no operation.
SESSION_HOURS = (7, 13)
HEARTBEAT_FIRST_DAY = 1
INCIDENT_FIRST_DAY = 9
QUIET_DAYS_AT_END = 2


class Month(NamedTuple):
    """One component in one month: the median of its durations and the share of failures."""

    median_ms: int
    failure_rate: float


@dataclass(frozen=True)
class Component:
    """A component: the event of its heartbeat, and its months, repeated cyclically; none is a month without data."""

    heartbeat: str
    months: tuple[Month | None, ...]


# By design the third month shows every status: canvas fails its availability, the control panel has spent 80 to
# 99 % of its error budget (1.08 % of 1.5 × 0.85 %), library and host are healthy, and theme is silent.
COMPONENTS = {
    "canvas-component": Component("canvas:heartbeat:ping", (Month(30, 0.0040), Month(31, 0.0040), Month(34, 0.0040))),
    "control-panel": Component(
        "control:panel:heartbeat:ping", (Month(26, 0.0085), Month(26, 0.0085), Month(26, 0.0108))
    ),
    "library-component": Component("library:heartbeat:ping", (Month(40, 0.0040), Month(42, 0.0040), Month(36, 0.0020))),
    "host-sdk": Component("host:sdk:heartbeat:ping", (Month(23, 0.0035), Month(23, 0.0035), Month(23, 0.0020))),
    "theme": Component("theme:heartbeat:ping", (Month(12, 0.0040), Month(12, 0.0040), None)),
}
UNMAPPED = "analytics"  # events that the configuration gives to no component
UNMAPPED_MONTH = Month(8, 0.0)
CYCLE = 3

# Share of operations, and how often the median they take at most; straight lines between, much like a lognormal.
DURATION_SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
DURATION_TIMES_MEDIAN = (0.3, 0.7, 1.0, 1.4, 2.0, 2.4, 3.3, 4.0)
GOLDEN_RATIO = 0.6180339887498949  # its multiples, modulo 1, fill [0, 1) evenly whatever their number


@dataclass(frozen=True)
class Incident:
    """Something that goes wrong in one month of the cycle.

    Attributes:
        month: offset in the cycle.
        component: whom it strikes.
        kind: a key of INCIDENT_FILES, or ``gap``: a silence in the heartbeat file.
        size: minutes of an outage or a gap, seconds of a storm, sequences of the other kinds.
    """

    month: int
    component: str
    kind: str
    size: int


INCIDENTS = (
    Incident(0, "canvas-component", "gap", 7),
    Incident(0, "control-panel", "gap", 7),
    Incident(0, "host-sdk", "gap", 6),
    Incident(0, "theme", "gap", 8),
    Incident(0, "canvas-component", "storm", 2),
    Incident(0, "theme", "slow", 4),
    Incident(1, "library-component", "outage", 26),
    Incident(1, "library-component", "slow", 6),
    Incident(1, "canvas-component", "storm", 1),
    Incident(1, "control-panel", "unfinished", 2),
    Incident(2, "canvas-component", "outage", 48),
    Incident(2, "canvas-component", "slow", 4),
    Incident(2, "canvas-component", "storm", 3),
    Incident(2, "library-component", "unfinished", 2),
    Incident(2, "host-sdk", "unfinished", 1),
)


class Reported(NamedTuple):
    """One anomaly of the telemetry files, as the real file has it.

    ``window`` says when it was seen: over the month's ``wide`` window, in a ``night`` without operations (errors
    then have no rate), or across the ``turn`` of the month.
    """

    event: str
    component: str
    severity: str
    occurrences: int
    avg_duration: int
    log: str
    window: str
    description: str


REPORTED = (
    Reported("canvas:render:performance:throttle", "canvas-component", "critical", 187, 425, "component-canvas", "wide",
             "Canvas resize event fired without throttling, causing performance degradation"),
    Reported("control:panel:state:sync:race", "control-panel", "high", 94, 312, "localhost-0.0.0.0:3000", "night",
             "Control panel state sync race condition during concurrent property updates"),
    Reported("library:search:cache:invalidation", "library-component", "high", 76, 245, "component-library", "night",
             "Library search cache not invalidating after variant resolution, causing stale results"),
    Reported("host:sdk:plugin:init:serialization", "host-sdk", "high", 58, 658, "host-sdk", "wide",
             "Host SDK plugin initialization serialized instead of parallel, blocking other operations"),
    Reported("theme:css:repaint:storm", "theme", "high", 142, 189, "theme-manager", "wide",
             "Theme changes triggering cascading CSS repaints affecting entire canvas"),
    Reported("canvas:concurrent:creation:race", "canvas-component", "critical", 3, 892, "component-canvas", "wide",
             "Concurrent canvas instance creation without proper synchronization lock"),
    Reported("control:panel:property:binding:lag", "control-panel", "medium", 123, 267, "localhost-0.0.0.0:3000",
             "turn", "Control panel property binding updates delayed by 200-400ms on complex models"),
    Reported("library:index:loading:blocking", "library-component", "medium", 89, 534, "component-library", "wide",
             "Library index loading blocks main thread, preventing user interaction for 500-700ms"),
    Reported("host:sdk:communication:timeout", "host-sdk", "high", 41, 1200, "host-sdk", "wide",
             "Host SDK communication timing out waiting for plugin responses (30s+ waits)"),
    Reported("canvas:boundary:validation:missing", "canvas-component", "medium", 67, 145, "component-canvas", "night",
             "Canvas rendering without boundary validation, allowing invalid coordinates"),
    Reported("control:panel:state:validation:missing", "control-panel", "medium", 52, 98, "localhost-0.0.0.0:3000",
             "night", "Control panel state transitions without validation, allowing invalid state"),
    Reported("library:type:checking:insufficient", "library-component", "low", 31, 67, "component-library", "night",
             "Library variant type checking insufficient, allowing type mismatches"),
)  # fmt: skip
SEVERITIES = ("critical", "high", "medium", "low")
REPORTED_DAYS = (7, 21)
NIGHT_MICROS = (72 * MINUTE, 220 * MINUTE)
TURN_MICROS = (-4 * DAY, 2 * DAY)
SPREAD = 0.1  # figures of a reported anomaly vary by so much from its row

Line = tuple[int, str]
Outcome = tuple[int, bool]  # milliseconds, and whether the operation failed
NextOutcome = Callable[[], Outcome]
Dialect = Callable[[int, str], str]

# One form gives a duration and one does not; the operation's own figure picks, so that both occur.
FAILURES = (" failed: Error: handler threw a TypeError", " failed after {ms}ms: Error: handler timed out")


@lru_cache(maxsize=256)
def _title(event: str) -> str:
    return event.replace(":", " ").replace(".", " ").title()


def _beat_start(number: int, event: str) -> str:
    return f"🎵 Beat {number} Started: {_title(event)} ({event})"


def _beat_end(number: int, event: str, duration: int, failed: bool) -> str:
    if failed:
        return f"❌ BeatExecutor: Beat {number} ({event}){FAILURES[duration % len(FAILURES)].format(ms=duration)}"
    return f"✅ BeatExecutor: Beat {number} ({event}) completed in {duration}ms"


@dataclass(frozen=True)
class Sequence:
    """A musical sequence: one movement of beats, each of which is an operation."""

    name: str
    plugin: str
    movement: str
    events: tuple[str, ...]

    def begin(self, at: int) -> Iterator[Line]:
        """The conductor's lines, and the first beat's start."""
        name, slug = self.name, f"{self.name.lower().replace(' ', '-')}-symphony"
        yield at, f"🎼 MusicalConductor.play: preserved 1 callback(s) for correlationId=mc-{at}"
        yield at, f"🎼 PluginInterfaceFacade.play(): {self.plugin} -> {slug}"
        yield at, f'🎼 ExecutionQueue: Enqueued "{name}" with priority NORMAL (Queue size: 1)'
        yield at + 1, f'🎼 ExecutionQueue: Now executing "{name}"'
        yield at + 1, f'🎼 SequenceOrchestrator: Sequence "{name}" (id: {slug}) queued successfully'
        yield at + 2, f'🎵 MovementExecutor: Starting movement "{self.movement}" with {len(self.events)} beats'
        yield at + 2, f"⏱️ PerformanceTracker: Started timing movement {self.movement} for {name}"
        yield at + 2, _beat_start(1, self.events[0])

    def lines(self, at: int, outcome: NextOutcome) -> Iterator[Line]:
        """The whole sequence, or what there is of it up to the beat that failed."""
        yield from self.begin(at)
        now, failed = at + 2, False
        for number, event in enumerate(self.events, 1):
            if number > 1:
                yield now, _beat_start(number, event)
            duration, failed = outcome()
            yield now, f"🎯 Event: {event}"
            now += duration
            yield now, f"🎽 DataBaton: No changes | seq={self.name} beat={number} event={event} handler=?"
            yield now, f"⏱️ PerformanceTracker: Beat {number} completed in {duration}.{duration % 10}0ms"
            yield now, _beat_end(number, event, duration, failed)
            if failed:
                break
        mark, verdict = ("❌", "failed after") if failed else ("✅", "completed in")
        # The real application cleans up a "failed" movement after each success as well.
        yield now + 1, f"⏱️ PerformanceTracker: Cleaned up failed movement {self.movement} for {self.name}"
        yield now + 1, f'{mark} SequenceExecutor: Sequence "{self.name}" {verdict} {now + 1 - at}ms'


@dataclass(frozen=True)
class Mount:
    """The host mounts a plugin: one operation, whose duration no line gives."""

    plugin: str

    def begin(self, at: int) -> Iterator[Line]:
        """The attempt."""
        yield at, f"🧠 PluginManager: Attempting to mount plugin: {self.plugin}"

    def lines(self, at: int, outcome: NextOutcome) -> Iterator[Line]:
        """The attempt and how it ended."""
        yield from self.begin(at)
        duration, failed = outcome()
        now = at + duration
        if failed:
            yield now, f"❌ Failed to mount plugin {self.plugin}: Error: module could not be evaluated"
            yield now, f"💥 PluginManager: Host runs without {self.plugin}"
        else:
            yield now, f"✅ Plugin mounted successfully: {self.plugin}"
            yield now, f"🎼 PluginManager: Registered the sequences of {self.plugin}"


Script = Sequence | Mount

# What each component does. The last one of each is a single operation: the one that incidents strike.
SCRIPTS: dict[str, tuple[Script, ...]] = {
    "canvas-component": (
        Sequence("Canvas Component Create", "CanvasComponentPlugin", "Create", (
            "canvas:component:resolve-template", "canvas:component:register-instance", "canvas:component:create",
            "canvas:component:render-react", "canvas:component:notify-ui")),
        Sequence("Canvas Component Resize Move", "CanvasComponentResizeMovePlugin", "Resize", (
            "canvas:component:resize:move",)),
    ),
    "control-panel": (
        Sequence("Control Panel UI Render", "ControlPanelPlugin", "Render", (
            "control:panel:ui:fields:generate", "control:panel:ui:sections:generate", "control:panel:ui:render")),
        Sequence("Control Panel Update", "ControlPanelPlugin", "Update", ("control:panel:update:notify",)),
    ),
    "library-component": (
        Sequence("Library Load", "LibraryPlugin", "Load", ("library:components:load", "library:components:notify-ui")),
        Sequence("Library Component Drop", "LibraryComponentPlugin", "Drop", ("library:component:drop",)),
        Sequence("Library Component Drag", "LibraryComponentPlugin", "Drag", (
            "library.component.drag.start.requested",)),
    ),
    "theme": (
        Sequence("Theme Apply", "HeaderThemePlugin", "Apply", ("theme:css:resolve", "theme:css:apply")),
        Sequence("Header UI Theme Toggle", "HeaderThemePlugin", "Toggle Theme", ("app:ui:theme:toggle",)),
    ),
    "host-sdk": tuple(map(Mount, (
        "LibraryPlugin", "HeaderThemePlugin", "CanvasComponentPlugin", "ControlPanelPlugin",
        "LibraryComponentPlugin"))),
    UNMAPPED: (Sequence("Analytics Page View", "AnalyticsPlugin", "Track", ("analytics:page:view",)),),
}  # fmt: skip
OPENING = (
    "🎼 EventBus: Using internal conductor (legacy mode)",
    "Fetch status Object",
    "🎼 Initializing RenderX Evolution Communication System...",
    '📡 EventBus: Subscribed to "movement-failed" (1 total subscribers)',
    "🎼 Sequence registration complete: 0 registered, 0 failed",
    "⚠️ PluginManager: Manifest without integrity hashes",
)

SERILOG_LEVELS = {"🧠": "DBG", "⚠️": "WRN", "❌": "ERR", "💥": "FTL"}
# Whole months are near enough: the offset stands in each line.
DAYLIGHT_SAVING_MONTHS = ("04", "05", "06", "07", "08", "09", "10")
STAMPED = ("🎵", "✅", "❌", "🧠")


@lru_cache(maxsize=4096)
def _second(second: int) -> str:
    return dt.datetime.fromtimestamp(second, dt.UTC).isoformat()[:19]


@lru_cache(maxsize=256)  # several lines of a sequence have the same instant
def _iso(at: int) -> str:
    second, ms = divmod(at, SECOND_MS)
    return f"{_second(second)}.{ms:03d}Z"


def _stamped(form: str) -> Dialect:
    """A dialect from its form: the instant is argument 0, the message 1."""
    return lambda at, text: form.format(_iso(at), text)


CONSOLE = _stamped("EventBus.ts:56 {} {}\n")
CONSOLE_WITHOUT_SOURCE = _stamped(" {} {}\n")
CYPRESS_LOG = _stamped("[{0}] LOG {0} {1}\n")
CYPRESS_TWICE = _stamped("[{0}] {0} {1}\n")
CYPRESS_ONCE = _stamped("[{}] {}\n")
PLAIN = _stamped("{} {}\r\n")


def _console_mixed(at: int, text: str) -> str:
    """Lines about operations have their instant, the others do not."""
    if text.startswith(STAMPED):
        return CONSOLE(at, text)
    return f"EventBus.ts:329 {text}\n" if text.startswith("🎼") else f" {text}\n"


def _serilog(at: int, text: str) -> str:
    """Local time with its offset, a level instead of the mark, and a source context."""
    hours = -4 if _iso(at)[5:7] in DAYLIGHT_SAVING_MONTHS else -5
    local = _iso(at + hours * HOUR_MS)[:-1].replace("T", " ")
    mark, message = text.split(" ", 1)
    return f"[{local} {hours:+03d}:00] [{SERILOG_LEVELS.get(mark, 'INF')}] RenderX.HostSdk.Runtime: {message}\n"


@dataclass(frozen=True)
class FileKind:
    """What a file is called, how its lines look, and whose operations it holds.

    Attributes:
        name: with ``{epoch}`` (milliseconds), ``{date}`` and ``{component}`` to be filled in.
        dialect: writes one line.
        components: whose scripts it takes, each as often as it is named.
        tail: a last line without an instant.
    """

    name: str
    dialect: Dialect
    components: tuple[str, ...] = ()
    tail: str = ""


EVERYTHING = ("canvas-component", "control-panel", "library-component", "theme", UNMAPPED)
SESSIONS = (
    FileKind("localhost-{epoch}.log", CONSOLE, EVERYTHING),
    FileKind("web-variant-localhost-{epoch}.log", CONSOLE, EVERYTHING),
    FileKind("host-sdk-{date}.log", _serilog, ("host-sdk",)),
    FileKind("manual-drop-localhost.log", _console_mixed, ("library-component", "control-panel")),
    FileKind(
        "component-resize-component-resize.cy.ts-{epoch}.log",
        CYPRESS_LOG,
        ("canvas-component",),
        "[resize] initial width: 120, after: 160, delta: 40\n",
    ),
    FileKind(
        "library-drop-library-drop.cy.ts-{epoch}.log",
        CYPRESS_TWICE,
        ("library-component", "control-panel"),
        "[complete] ✅ Component drag and control panel integration verified\n",
    ),
    FileKind("theme-toggle-theme-toggle.cy.ts-{epoch}.log", CYPRESS_ONCE, ("theme",)),
    FileKind("drop-canvas-component-create-delay-localhost-{epoch}.log", _console_mixed, ("canvas-component",)),
    FileKind("localhost-{epoch}.log", CONSOLE_WITHOUT_SOURCE, EVERYTHING),
    FileKind("slow-timing-between-timestamps.log", PLAIN, ("control-panel", "library-component")),
    FileKind("localhost-{epoch}.log.gz", CONSOLE, EVERYTHING),
    FileKind("startup-and-drop-create-delay-localhost-{epoch}.log.zst", CONSOLE, EVERYTHING),
)
HEARTBEAT = FileKind("heartbeat-{component}-{date}.log", PLAIN)
# Nobody in it who has data on one side of a month's end alone.
TURN = FileKind("localhost-{epoch}.log", CONSOLE, ("canvas-component", "control-panel", "library-component"))
SKEWED = FileKind("skewed-clock-localhost-{epoch}.log", CONSOLE, EVERYTHING)

# Without any instant in their lines; the undated one has none in its name either.
_CONSOLE_TEST = "[LOG] 🧪 TEST: Console capture is working\n[LOG] 🎼 Initializing new conductor instance...\n"
_DEVTOOLS = "[INFO] %cDownload the React DevTools for a better development experience: https://react.dev/link/rea\n"
STARTUPS = (_CONSOLE_TEST, _CONSOLE_TEST, _CONSOLE_TEST + _DEVTOOLS)
UNDATED_NAME = "sample-telemetry.log"
COPIED = "localhost-*.log"


class Outcomes:
    """The next duration and the next success or failure of one component in one month."""

    def __init__(self, month: Month, phase: float) -> None:
        self._month = month
        self._phase = phase
        self._durations = 0
        self._operations = 0

    def __call__(self) -> Outcome:
        """An operation's duration, and whether it fails."""
        self._operations += 1
        return self.duration(), self._failures(self._operations) > self._failures(self._operations - 1)

    def duration(self) -> int:
        """A duration in whole milliseconds."""
        self._durations += 1
        share = (self._phase + self._durations * GOLDEN_RATIO) % 1.0
        right = bisect_right(DURATION_SHARES, share)
        (x0, x1), (y0, y1) = DURATION_SHARES[right - 1 : right + 1], DURATION_TIMES_MEDIAN[right - 1 : right + 1]
        return max(1, round(self._month.median_ms * (y0 + (y1 - y0) * (share - x0) / (x1 - x0))))

    def _failures(self, operations: int) -> int:
        return int(operations * self._month.failure_rate + 0.5)


@dataclass(frozen=True)
class Plan:
    """One month to be written.

    Attributes:
        period: the calendar month.
        offset: its place in the cycle of the tables.
        last: whether it is the last one, and stops on its 24th at noon.
        random: where its invented figures come from.
        outcomes: of the components that have data in it, and of the unmapped events.
    """

    period: Period
    offset: int
    last: bool
    random: Random
    outcomes: dict[str, Outcomes]

    @classmethod
    def of(cls, period: Period, index: int, last: bool, seed: int) -> Plan:
        """The plan of the month with this index."""
        offset = index % CYCLE
        random = Random(f"{seed} {period.key}")
        months = {
            UNMAPPED: UNMAPPED_MONTH,
            **{name: component.months[offset] for name, component in COMPONENTS.items()},
        }
        outcomes = {name: Outcomes(month, random.random()) for name, month in months.items() if month}
        return cls(period, offset, last, random, outcomes)

    def at(self, day: int, hour: int = 0) -> int:
        """Somewhere in an hour of one of its days, in milliseconds since 1970."""
        return self.start + day * DAY_MS + hour * HOUR_MS + self.random.randrange(HOUR_MS)

    @property
    def start(self) -> int:
        """Where it begins, in milliseconds since 1970."""
        return self.period.start // MICROS_PER_MS

    @property
    def end(self) -> int:
        """Where its log lines stop, in milliseconds since 1970."""
        return self.start + LAST_MONTH_END_MS if self.last else self.period.end // MICROS_PER_MS

    @property
    def days(self) -> int:
        """How many of its days sessions begin on."""
        return (self.end - self.start) // DAY_MS - QUIET_DAYS_AT_END

    def scripts(self, components: Iterable[str]) -> list[tuple[Script, Outcomes]]:
        """The scripts of those components that have data."""
        present = (name for name in components if name in self.outcomes)
        return [(script, self.outcomes[name]) for name in present for script in SCRIPTS[name]]

    def incidents(self, *kinds: str) -> list[Incident]:
        """The incidents of these kinds."""
        return [incident for incident in INCIDENTS if incident.month == self.offset and incident.kind in kinds]


def _shuffled(plan: Plan, components: Iterable[str]) -> Iterator[tuple[Script, Outcomes]]:
    """The components' scripts again and again, each time in another order: random, and yet evenly mixed."""
    deck = plan.scripts(components)
    while True:
        plan.random.shuffle(deck)
        yield from deck


def _opening(plan: Plan, at: int) -> Iterator[Line]:
    """What the application logs when it starts, the mounts included."""
    yield from ((at, text) for text in OPENING)
    for script, outcomes in plan.scripts(["host-sdk"]):
        for now, text in script.lines(at, outcomes):
            yield now, text
        at = now + 1


def _session(plan: Plan, at: int, kind: FileKind, budget: int) -> Iterator[Line]:
    """Somebody works with the application until about so many lines are written."""
    batch = list(_opening(plan, at))
    yield from batch
    written = len(batch)
    for script, outcomes in _shuffled(plan, kind.components):
        if written >= budget:
            return
        pause = LONG_PAUSE_MS if plan.random.random() < LONG_PAUSE_SHARE else PAUSE_MS
        batch = list(script.lines(batch[-1][0] + plan.random.randrange(*pause), outcomes))
        yield from batch
        written += len(batch)


def _heartbeat(plan: Plan, at: int, component: str, beats: int) -> Iterator[Line]:
    """A line every four minutes, but for the component's gaps, which follow each other."""
    gaps = [incident.size * MINUTE_MS for incident in plan.incidents("gap") if incident.component == component]
    for number in range(1, beats + 1):
        yield at, _beat_end(1, COMPONENTS[component].heartbeat, *plan.outcomes[component]())
        at += gaps.pop() if gaps and number >= beats // 2 else HEARTBEAT_MS


def _always(outcomes: Outcomes, *, failed: bool = False, extra_ms: int = 0) -> NextOutcome:
    """What an incident decides instead of the month's rates."""
    return lambda: (outcomes.duration() + extra_ms, failed)


def _outage(plan: Plan, at: int, incident: Incident) -> Iterator[Line]:
    """The component fails whenever it is used, until it succeeds; another goes on, so the time is observed."""
    victim, outcomes = plan.scripts([incident.component])[-1]
    bystander, others = plan.scripts([UNMAPPED])[-1]
    turns: Iterator[tuple[Script, NextOutcome]] = cycle(
        [(victim, _always(outcomes, failed=True)), (bystander, others), (bystander, others)]
    )
    end = at + incident.size * MINUTE_MS
    for now, (script, outcome) in zip(range(at, end, STEP_MS), turns, strict=False):
        yield from script.lines(now, outcome)
    yield from victim.lines(end, _always(outcomes))


def _slow(plan: Plan, at: int, incident: Incident) -> Iterator[Line]:
    """A spell of slow operations."""
    script, outcomes = plan.scripts([incident.component])[-1]
    for now in range(at, at + incident.size * STEP_MS, STEP_MS):
        yield from script.lines(now, _always(outcomes, extra_ms=SLOW_EXTRA_MS))


def _storm(plan: Plan, at: int, incident: Incident) -> Iterator[Line]:
    """One event, far too often within each of some clock seconds."""
    second = at - at % SECOND_MS
    for beat in range(incident.size * STORM_PER_SECOND):
        now = second + beat * SECOND_MS // STORM_PER_SECOND
        yield now, _beat_end(1, STORM_EVENT, *plan.outcomes[incident.component]())


def _unfinished(plan: Plan, at: int, incident: Incident) -> Iterator[Line]:
    """Operations that begin and are never heard of again."""
    script, _ = plan.scripts([incident.component])[-1]
    for now in range(at, at + incident.size * STEP_MS, STEP_MS):
        yield from script.begin(now)


INCIDENT_FILES: dict[str, tuple[FileKind, Callable[[Plan, int, Incident], Iterator[Line]]]] = {
    "outage": (FileKind("web-variant-localhost-{epoch}.log", CONSOLE), _outage),
    "slow": (FileKind("localhost-{epoch}.log", CONSOLE_WITHOUT_SOURCE), _slow),
    "storm": (FileKind("component-resize-component-resize.cy.ts-{epoch}.log", CYPRESS_LOG), _storm),
    "unfinished": (FileKind("localhost-{epoch}.log", _console_mixed), _unfinished),
}


def _paced(plan: Plan, instants: Iterable[int], kind: FileKind) -> Iterator[Line]:
    """One sequence at each of these instants."""
    for at, (script, outcomes) in zip(instants, _shuffled(plan, kind.components), strict=False):
        yield from script.lines(at, outcomes)


@dataclass(frozen=True)
class Summary:
    """What was written.

    Attributes:
        files: log files.
        lines: lines of them all.
        bytes: their size on disk and that of the telemetry.
        telemetry_files: the telemetry's files, the broken one included.
    """

    files: int
    lines: int
    bytes: int
    telemetry_files: int


@contextmanager
def _open_gzip(path: Path) -> Iterator[BufferedIOBase]:
    # Neither name nor time in the header: the same lines are to be the same bytes.
    with path.open("xb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as sink:
        yield sink


@contextmanager
def _open_zstandard(path: Path) -> Iterator[BufferedIOBase]:
    import pyarrow as pa

    with path.open("xb") as raw, pa.CompressedOutputStream(raw, "zstd") as sink:
        yield sink


OPENERS: dict[str, Callable[[Path], AbstractContextManager[BufferedIOBase]]] = {
    ".log": lambda path: path.open("xb"),
    ".gz": _open_gzip,
    ".zst": _open_zstandard,
}


class Writer:
    """Writes files below a folder and counts them."""

    def __init__(self, out: Path) -> None:
        self.logs = out / "logs"
        self.telemetry = out / "telemetry"
        self._files: dict[Path, int] = {}

    def log(self, name: str, texts: Iterable[str]) -> int:
        """Write a log file piece by piece and return the number of its lines, one for each text."""
        path = self.logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines, rest = 0, iter(texts)
        with OPENERS[path.suffix](path) as sink:
            while chunk := list(islice(rest, LINES_PER_WRITE)):
                sink.write("".join(chunk).encode())
                lines += len(chunk)
        self._files[path] = lines
        return lines

    def copy(self, pattern: str) -> None:
        """Copy the first log file with such a name, as people do who pass logs on."""
        path = next(path for path in self._files if path.match(pattern))
        copy = path.with_stem(f"{path.stem}-copy")
        shutil.copyfile(path, copy)
        self._files[copy] = self._files[path]

    def document(self, name: str, content: dict[str, Any]) -> None:
        """Write a telemetry file."""
        self.telemetry.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        (self.telemetry / name).write_bytes(text.encode())

    def summary(self) -> Summary:
        """What has been written so far."""
        telemetry = list(self.telemetry.iterdir())
        size = sum(path.stat().st_size for path in chain(self._files, telemetry))
        return Summary(len(self._files), sum(self._files.values()), size, len(telemetry))


def _write_lines(
    writer: Writer, plan: Plan, kind: FileKind, at: int, lines: Iterable[Line], *, component: str = "", repeat: int = 0
) -> int:
    """Write one file; a kind's further files in a month are numbered, as Serilog numbers those of a day."""
    name = kind.name.format(epoch=at, date=_iso(at)[:10], component=component)
    if repeat:
        name = name.replace(".log", f"_{repeat:03d}.log")
    texts = (kind.dialect(now, text) for now, text in lines)
    return writer.log(f"{plan.period.key}/{name}", chain(texts, [kind.tail] if kind.tail else []))


def _write_special(writer: Writer, plan: Plan, heartbeats: int) -> int:
    """The files that each month has whatever its size: heartbeats, incidents, startups and odd clocks."""
    lines = 0
    for day, component in enumerate((name for name in COMPONENTS if name in plan.outcomes), HEARTBEAT_FIRST_DAY):
        at = plan.at(day)
        beats = _heartbeat(plan, at, component, heartbeats)
        lines += _write_lines(writer, plan, HEARTBEAT, at, beats, component=component)
    for day, incident in enumerate(plan.incidents(*INCIDENT_FILES), INCIDENT_FIRST_DAY):
        kind, script = INCIDENT_FILES[incident.kind]
        at = plan.at(day, SESSION_HOURS[0])
        lines += _write_lines(writer, plan, kind, at, chain(_opening(plan, at), script(plan, at + MINUTE_MS, incident)))
    for day, text in enumerate(STARTUPS, INCIDENT_FIRST_DAY):
        lines += writer.log(
            f"{plan.period.key}/startup-plugins-{plan.at(day, SESSION_HOURS[1])}.log", text.splitlines(keepends=True)
        )
    return lines + _write_odd_clock(writer, plan)


def _write_odd_clock(writer: Writer, plan: Plan) -> int:
    """A file across the month's end, or in the last month one whose clock jumps beyond it."""
    if plan.last:
        at = plan.end - DAY_MS
        return _write_lines(writer, plan, SKEWED, at, _paced(plan, (at, plan.end + CLOCK_SKEW_MS), SKEWED))
    at = plan.end - 2 * STEP_MS
    return _write_lines(writer, plan, TURN, at, _paced(plan, range(at, at + 5 * STEP_MS, STEP_MS), TURN))


def _write_month(writer: Writer, plan: Plan, budget: int) -> None:
    """All log files of a month, with about so many lines together."""
    left = budget - _write_special(writer, plan, min(budget // HEARTBEAT_SHARE, HEARTBEAT_MAX_LINES))
    kinds = [kind for kind in SESSIONS if plan.scripts(kind.components)]
    files = max(len(kinds), left // LINES_PER_FILE)
    for number, kind in enumerate(islice(cycle(kinds), files)):
        at = plan.at(number * plan.days // files, plan.random.randrange(*SESSION_HOURS))
        lines = _session(plan, at, kind, left // (files - number))
        left -= _write_lines(writer, plan, kind, at, lines, repeat=number // len(kinds))


def _anomaly(number: int, row: Reported, start: int, end: int, random: Random) -> dict[str, Any]:
    def about(figure: int) -> int:
        return max(1, round(figure * random.uniform(1 - SPREAD, 1 + SPREAD)))

    first, last = start + random.randrange((end - start) // 4), end - random.randrange((end - start) // 4)
    return {
        "id": f"anom-{number:03d}",
        "event": row.event,
        "component": row.component,
        "severity": row.severity,
        "occurrences": about(row.occurrences),
        "avgDuration": about(row.avg_duration),
        "description": row.description,
        "firstSeen": _whole_second(first),
        "lastSeen": _whole_second(last),
        "source": f"{row.log}-{_whole_second(last)[:10]}.log:{random.randrange(1000, 9000)}",
    }


def _whole_second(instant: int) -> str:
    return format_instant(instant - instant % (MINUTE // 60))


def _window(row: Reported, number: int, start: int, end: int) -> tuple[int, int]:
    """When a row was seen: throughout, or one night, each row in another one."""
    if row.window != "night":
        return start, end
    return start + number * DAY + NIGHT_MICROS[0], start + number * DAY + NIGHT_MICROS[1]


def _telemetry(rows: list[Reported], start: int, end: int, random: Random) -> dict[str, Any]:
    """A telemetry document in the real file's shape."""
    anomalies = [_anomaly(number, row, *_window(row, number, start, end), random) for number, row in enumerate(rows, 1)]
    date = _whole_second(end)[:10]
    counts = {severity: sum(row.severity == severity for row in rows) for severity in SEVERITIES}
    return {
        "metadata": {
            "source": "renderx-web production logs",
            "logFiles": [f"logs/{log}-{date}.log" for log in dict.fromkeys(row.log for row in rows)],
            "analysisDate": _whole_second(end),
            "logEntriesAnalyzed": random.randrange(900, 1600),
            "timeRange": f"{_whole_second(start)} to {_whole_second(end)}",
        },
        "anomalies": anomalies,
        "summary": {
            "totalAnomalies": len(anomalies),
            **{f"{severity}Count": count for severity, count in counts.items()},
            "totalOccurrences": sum(anomaly["occurrences"] for anomaly in anomalies),
            "componentsAffected": list(dict.fromkeys(row.component for row in rows)),
            "mostCommonEvent": max(anomalies, key=lambda anomaly: anomaly["occurrences"])["event"],
            "highestImpactEvent": max(
                anomalies, key=lambda anomaly: (-SEVERITIES.index(anomaly["severity"]), anomaly["avgDuration"])
            )["event"],
        },
    }


def _write_telemetry(writer: Writer, plan: Plan) -> None:
    """The month's file; across its end another one, or, in the last month, one that does not validate."""
    rows = [row for row in REPORTED if row.component in plan.outcomes]
    within = [row for row in rows if row.window != "turn"]
    start, end = (plan.period.start + day * DAY for day in REPORTED_DAYS)
    writer.document(f"renderx-web-telemetry-{plan.period.key}.json", _telemetry(within, start, end, plan.random))
    if plan.last:
        broken = _telemetry(within, start, end, plan.random)
        broken["anomalies"][0]["occurrences"] *= -1
        writer.document(f"renderx-web-telemetry-{plan.period.key}-resent.json", broken)
    else:
        turning = [row for row in rows if row.window == "turn"]
        start, end = (plan.period.end + offset for offset in TURN_MICROS)
        across = _telemetry(turning, start, end, plan.random)
        writer.document(f"renderx-web-telemetry-{plan.period.key}-turn.json", across)


def _check(out: Path, months: int, lines: int) -> None:
    """Refuse arguments that give no sensible sample."""
    if months < 1:
        msg = f"months is {months}. Ask for at least 1."
        raise ValueError(msg)
    if lines < 1:
        msg = f"lines is {lines}. Ask for at least 1."
        raise ValueError(msg)
    for folder in (out / "logs", out / "telemetry"):
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
            msg = f"{folder} is not empty. Remove it or name another folder: samples are not mixed."
            raise ValueError(msg)


def simulate(out: Path, *, months: int, lines: int, seed: int, first: str = "2025-09") -> Summary:
    """Write invented logs to ``out/logs`` and telemetry to ``out/telemetry``.

    The same arguments give the same bytes. The last month stops on its 24th at 12:00 UTC, apart from a few
    lines of the file with the skewed clock.

    Args:
        out: the data folder; its ``logs`` and ``telemetry`` must be absent or empty.
        months: how many calendar months, one after the other.
        lines: about how many log lines in all; each month has its incidents, some 1000 lines, whatever this says.
        seed: another seed gives other instants and figures at the same rates.
        first: the first month, ``YYYY-MM``.

    Raises:
        ValueError: an argument is out of range, or there is something in the folders already.
    """
    start = Period(first)
    _check(out, months, lines)
    writer = Writer(out)
    for index in range(months):
        plan = Plan.of(start.shifted(index), index, index == months - 1, seed)
        _write_month(writer, plan, lines // months)
        _write_telemetry(writer, plan)
    undated = (f"{text}\n" for text in OPENING)
    writer.log(UNDATED_NAME, undated)
    writer.copy(COPIED)
    return writer.summary()
