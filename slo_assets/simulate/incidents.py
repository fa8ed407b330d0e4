"""What goes wrong on purpose: when, with whom, and in which file.

What belongs here: one row for each incident, and how each kind of it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, repeat

from slo_assets.simulate.components import UNMAPPED, Outcomes
from slo_assets.simulate.dialects import CONSOLE, CONSOLE_WITHOUT_SOURCE, CYPRESS_LOG, console_mixed
from slo_assets.simulate.files import FileKind
from slo_assets.simulate.instants import MINUTE_MS, SECOND_MS
from slo_assets.simulate.plan import Plan
from slo_assets.simulate.scripts import Line, NextOutcome, Script, beat_end
from slo_assets.simulate.sessions import STEP_MS, paced

SLOW_EXTRA_MS = 400
STORM_PER_SECOND = 60
STORM_EVENT = "canvas:component:resize:move"


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


def planned(plan: Plan, *kinds: str) -> list[Incident]:
    """The month's incidents of these kinds."""
    return [incident for incident in INCIDENTS if incident.month == plan.offset and incident.kind in kinds]


def gaps(plan: Plan, component: str) -> list[int]:
    """How long its heartbeat is silent, each time, in milliseconds."""
    return [incident.size * MINUTE_MS for incident in planned(plan, "gap") if incident.component == component]


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
    yield from paced(range(at, end, STEP_MS), turns)
    yield from victim.lines(end, _always(outcomes))


def _slow(plan: Plan, at: int, incident: Incident) -> Iterator[Line]:
    """A spell of slow operations."""
    script, outcomes = plan.scripts([incident.component])[-1]
    slow = _always(outcomes, extra_ms=SLOW_EXTRA_MS)
    yield from paced(range(at, at + incident.size * STEP_MS, STEP_MS), repeat((script, slow)))


def _storm(plan: Plan, at: int, incident: Incident) -> Iterator[Line]:
    """One event, far too often within each of some clock seconds."""
    second = at - at % SECOND_MS
    for beat in range(incident.size * STORM_PER_SECOND):
        now = second + beat * SECOND_MS // STORM_PER_SECOND
        yield now, beat_end(1, STORM_EVENT, *plan.outcomes[incident.component]())


def _unfinished(plan: Plan, at: int, incident: Incident) -> Iterator[Line]:
    """Operations that begin and are never heard of again."""
    script, _ = plan.scripts([incident.component])[-1]
    for now in range(at, at + incident.size * STEP_MS, STEP_MS):
        yield from script.begin(now)


INCIDENT_FILES: dict[str, tuple[FileKind, Callable[[Plan, int, Incident], Iterator[Line]]]] = {
    "outage": (FileKind("web-variant-localhost-{epoch}.log", CONSOLE), _outage),
    "slow": (FileKind("localhost-{epoch}.log", CONSOLE_WITHOUT_SOURCE), _slow),
    "storm": (FileKind("component-resize-component-resize.cy.ts-{epoch}.log", CYPRESS_LOG), _storm),
    "unfinished": (FileKind("localhost-{epoch}.log", console_mixed), _unfinished),
}
