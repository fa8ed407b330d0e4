"""The sample: which files each month has, how large they are, and what stands beside the months.

What belongs here: the order in which all of it is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, cycle, islice
from pathlib import Path

from slo_assets.periods import Period
from slo_assets.simulate.components import COMPONENTS
from slo_assets.simulate.files import (
    COPIED,
    HEARTBEAT,
    SESSIONS,
    SKEWED,
    STARTUP_NAME,
    STARTUPS,
    TURN,
    UNDATED_NAME,
    FileKind,
)
from slo_assets.simulate.incidents import INCIDENT_FILES, gaps, planned
from slo_assets.simulate.instants import DAY_MS, HOUR_MS, MINUTE_MS
from slo_assets.simulate.plan import Plan
from slo_assets.simulate.scripts import OPENING, Line
from slo_assets.simulate.sessions import STEP_MS, heartbeat, opening, paced, session, shuffled
from slo_assets.simulate.telemetry import documents
from slo_assets.simulate.writer import Summary, Writer

LINES_PER_FILE = 20_000
HEARTBEAT_SHARE = 25  # one line in so many goes to each component's heartbeat file
HEARTBEAT_MAX_LINES = 360  # a day's worth
CLOCK_SKEW_MS = 60 * HOUR_MS

# Days are counted from 0. Sessions begin in the morning and end before midnight, so that what is reported at
# night meets no operation.
SESSION_HOURS = (7, 13)
HEARTBEAT_FIRST_DAY = 1
INCIDENT_FIRST_DAY = 9


def _write(
    writer: Writer, plan: Plan, kind: FileKind, at: int, lines: Iterable[Line], *, component: str = "", repeat: int = 0
) -> int:
    """Write one file of a month and return the number of its lines."""
    name = kind.called(at, component=component, repeat=repeat)
    return writer.log(f"{plan.period.key}/{name}", kind.texts(lines))


def _write_special(writer: Writer, plan: Plan, heartbeats: int) -> int:
    """The files that each month has whatever its size: heartbeats, incidents, startups and odd clocks."""
    written = 0
    for day, component in enumerate((name for name in COMPONENTS if name in plan.outcomes), HEARTBEAT_FIRST_DAY):
        at = plan.at(day)
        beats = heartbeat(plan, at, component, heartbeats, gaps(plan, component))
        written += _write(writer, plan, HEARTBEAT, at, beats, component=component)
    for day, incident in enumerate(planned(plan, *INCIDENT_FILES), INCIDENT_FIRST_DAY):
        kind, lines = INCIDENT_FILES[incident.kind]
        at = plan.at(day, SESSION_HOURS[0])
        written += _write(writer, plan, kind, at, chain(opening(plan, at), lines(plan, at + MINUTE_MS, incident)))
    for day, text in enumerate(STARTUPS, INCIDENT_FIRST_DAY):
        name = STARTUP_NAME.format(epoch=plan.at(day, SESSION_HOURS[1]))
        written += writer.log(f"{plan.period.key}/{name}", text.splitlines(keepends=True))
    return written + _write_odd_clock(writer, plan)


def _write_odd_clock(writer: Writer, plan: Plan) -> int:
    """A file across the month's end, or in the last month one whose clock jumps beyond it."""
    if plan.last:
        kind, at = SKEWED, plan.end - DAY_MS
        instants = [at, plan.end + CLOCK_SKEW_MS]
    else:
        kind, at = TURN, plan.end - 2 * STEP_MS
        instants = [at + number * STEP_MS for number in range(5)]
    return _write(writer, plan, kind, at, paced(instants, shuffled(plan, kind.components)))


def _write_month(writer: Writer, plan: Plan, budget: int) -> None:
    """All log files of a month, with about so many lines together."""
    left = budget - _write_special(writer, plan, min(budget // HEARTBEAT_SHARE, HEARTBEAT_MAX_LINES))
    kinds = [kind for kind in SESSIONS if plan.scripts(kind.components)]
    files = max(len(kinds), left // LINES_PER_FILE)
    for number, kind in enumerate(islice(cycle(kinds), files)):
        at = plan.at(number * plan.days // files, plan.random.randrange(*SESSION_HOURS))
        lines = session(plan, at, kind.components, left // (files - number))
        left -= _write(writer, plan, kind, at, lines, repeat=number // len(kinds))


def _check(out: Path, months: int, lines: int) -> None:
    """Refuse arguments that give no sensible sample."""
    for name, number in (("months", months), ("lines", lines)):
        if number < 1:
            msg = f"{name} is {number}. Ask for at least 1."
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
        for name, document in documents(plan):
            writer.document(name, document)
    writer.log(UNDATED_NAME, (f"{text}\n" for text in OPENING))
    writer.copy(COPIED)
    return writer.summary()
