"""One log file to events: lines are read once, in order, with memory for the events only."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from slo_assets.config import Rule, SloConfig
from slo_assets.domain import intervals
from slo_assets.domain.event_log import FAILURE, SUCCESS, UNFINISHED, FileScan, event_frame
from slo_assets.domain.intervals import Interval
from slo_assets.logs.timestamps import line_instant
from slo_assets.periods import MINUTE, Period

#: An open start: its line number, its instant, how many lines had told a time by then, its event.
Start = tuple[int, int, int, str]


@dataclass(frozen=True)
class CompiledRule:
    """A rule with its text and pattern as bytes, ready for lines that were never decoded."""

    rule: Rule
    text: bytes
    pattern: re.Pattern[bytes]

    @classmethod
    def of(cls, rule: Rule) -> CompiledRule:
        """Compile a rule of the configuration."""
        return cls(rule, rule.contains.encode(), re.compile(rule.pattern.encode()))


@dataclass
class _Runs:
    """Stretches of lines without a silence over the limit, grown line by line."""

    gap: int
    done: list[Interval] = field(default_factory=list)
    low: int | None = None
    high: int = 0

    def add(self, instant: int) -> None:
        if self.low is None:
            self.low = self.high = instant
        elif instant > self.high:
            if instant - self.high > self.gap:
                self.done.append((self.low, self.high))
                self.low = instant
            self.high = instant
        elif instant < self.low:
            self.done.append((self.low, self.high))
            self.low = self.high = instant

    def all(self) -> list[Interval]:
        last = [] if self.low is None else [(self.low, self.high)]
        return intervals.union(self.done + last, self.gap)


class Scanner:
    """Reads the lines of one file.

    Args:
        config: rules, components and the silence limit.
        until: lines later than this instant are set aside as future.
    """

    def __init__(self, config: SloConfig, until: int | None = None) -> None:
        """Prepare the rules; one scanner reads one file."""
        self._config = config
        self._rules = [CompiledRule.of(rule) for rule in config.logs.rules]
        self._until = until
        self._runs = _Runs(round(config.logs.silence_minutes * MINUTE))
        self._rows: dict[str, list[Any]] = defaultdict(list)
        self._open: dict[str, list[Start]] = defaultdict(list)
        self._months: dict[str, dict[str, Any]] = {}
        self._month_start = self._month_end = 0
        self._month: dict[str, Any] = {}
        self._stamps = self._future = self._undecodable = 0

    def scan(self, lines: Iterable[bytes], first: int) -> FileScan:
        """Read all lines of a file.

        Args:
            lines: the file's lines without their ends.
            first: the instant of lines before the first that tells its time; each later line without a time
                takes the previous line's.
        """
        instant, number = first, 0
        for number, line in enumerate(lines, start=1):
            stamp = line_instant(line)
            if stamp is not None:
                self._stamps += 1
                instant = stamp
            if self._until is not None and instant > self._until:
                self._future += 1
            else:
                self._take(number, line, instant)
        return self._result(number)

    def _take(self, number: int, line: bytes, instant: int) -> None:
        self._runs.add(instant)
        if not self._month_start <= instant < self._month_end:
            self._enter_month(instant)
        self._month["lines"] += 1
        self._month["latest"] = max(self._month["latest"], instant)
        if not line.isascii() and not _is_utf8(line):
            self._undecodable += 1
        for compiled in self._rules:
            if compiled.text in line and (match := compiled.pattern.search(line)):
                self._month["matched"][compiled.rule.id] += 1
                self._apply(compiled.rule, match, number, instant)
                return

    def _enter_month(self, instant: int) -> None:
        period = Period.containing(instant)
        self._month_start, self._month_end = period.start, period.end
        fresh = {"lines": 0, "latest": instant, "matched": Counter(), "unmapped": Counter()}
        self._month = self._months.setdefault(period.key, fresh)

    def _apply(self, rule: Rule, match: re.Match[bytes], number: int, instant: int) -> None:
        groups = {name: text.decode(errors="replace") for name, text in match.groupdict().items() if text is not None}
        event = groups.get("event") or rule.event or ""
        key = f"{rule.event or ''}\0{groups.get('key', event)}"
        if rule.kind == "start":
            self._open[key].append((number, instant, self._stamps, event))
            return
        paired = self._pair(key, instant)
        kind = SUCCESS if rule.kind == "success" else FAILURE
        self._add(number, instant, kind, event, _milliseconds(groups.get("duration"), paired))

    def _pair(self, key: str, instant: int) -> float | None:
        """Milliseconds since the latest open start of a key.

        None without a start, where the clock went back between the two, and where no line from the start on
        told a time of its own: then the two share one instant, which says nothing about a duration.
        """
        if not self._open[key]:
            return None
        _, started, stamps, _ = self._open[key].pop()
        return None if instant < started or stamps == self._stamps else (instant - started) / 1000

    def _add(self, number: int, instant: int, kind: str, event: str, duration: float | None) -> None:
        component = self._config.component_of(event)
        if component is None:
            self._months[Period.containing(instant).key]["unmapped"][event] += 1
        row = (number, instant, kind, event, component, duration)
        for name, value in zip(("line", "instant", "kind", "event", "component", "duration_ms"), row, strict=True):
            self._rows[name].append(value)

    def _result(self, lines: int) -> FileScan:
        for starts in self._open.values():
            for number, instant, _, event in starts:
                self._add(number, instant, UNFINISHED, event, None)
        events = event_frame(self._rows).sort_values("line", kind="stable", ignore_index=True)
        return FileScan(
            events=events,
            runs=self._runs.all(),
            months={key: _plain(month) for key, month in sorted(self._months.items())},
            lines=lines,
            future=self._future,
            undecodable=self._undecodable,
        )


def _plain(month: dict[str, Any]) -> dict[str, Any]:
    return {key: dict(sorted(value.items())) if isinstance(value, Counter) else value for key, value in month.items()}


def _milliseconds(written: str | None, paired: float | None) -> float | None:
    """The duration that the line says, else the paired one; unknown where the line says what is no number."""
    if written is None:
        return paired
    try:
        duration = float(written)
    except ValueError:
        return None
    return duration if math.isfinite(duration) else None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
