"""Logs of any size to measure with: one text again and again, its time moved on with every copy."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from slo_assets import simulate
from slo_assets.periods import Period

SEED = 2025
FIRST = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
MINUTE = "%Y-%m-%dT%H:%M:"  # what tells the copies of the text apart: all of it lies within one minute
STEP = dt.timedelta(minutes=6)  # from copy to copy: after the minute comes a silence, and a month has 10 GB
PAGES = 12  # so much of the real log's size is a text of 1.5 MB
PAGE_MS = 4_800
PAUSE_MS = (20, 100)
PLUGINS = 48
STARTED = " Started: "

#: A completed beat and the rest of its line, so that a line counts once.
BEAT = re.compile(rb"BeatExecutor: Beat \d+ \([^()\n]+\) completed in \d+[^\n]*")

# What the real application also says, and no rule asks for: after the start of a message, these lines.
CHATTER = {
    "🧠 PluginManager: Attempting": (
        '✅ SequenceRegistry: Sequence "{0}" validation passed',
        '🎼 SequenceRegistry: Registered sequence "{0}" (id: canvas-component-{1}-symphony)',
        "🎼 EventSubscriptionManager: SequenceRegistry emitting sequence-registered",
        '📡 EventBus: Subscribed to "canvas:component:{1}:begin" (1 total subscribers) (plugin: {0}:{1}-symphony)',
        '📡 EventBus: Subscribed to "canvas:component:{1}:apply" (1 total subscribers) (plugin: {0}:{1}-symphony)',
        '📡 EventBus: Subscribed to "canvas:component:{1}:notify-ui" (1 total subscribers) (plugin: {0}:{1}-symphony)',
        '📡 EventBus: Subscribed to "{0}:sequence:completed" (1 total subscribers) (plugin: {0}:{1}-symphony:cleanup)',
        "🧠 Plugin already mounted: {0}, its {1} handlers are kept",
        "🎼 Sequence registered: {0}",
    ),
    "🎯 Event: ": (
        "🎼 Sequence: {0}",
        "🎵 Movement: Movement {1}",
        "📊 Beat: {1}",
        "{{sequence: '{0}', movement: 'Movement {1}', beat: {1}, type: 'UNKNOWN', timing: 'immediate', …}}",
        "🥁 MovementExecutor: Executing beat {1} ({1}/{1})",
        "⏱️ PerformanceTracker: Started timing beat {1} for {0}",
        "🎼 PluginManager: rehydrated {1} callback(s) for event {0}",
        "📊 StatisticsManager: Recorded beat {1} of {0}",
    ),
}


class InputError(ValueError):
    """A log that nothing can be measured with."""


@dataclass(frozen=True)
class Piece:
    """A file that was written: its path, its size, and how many completed beats it tells of."""

    path: Path
    bytes: int
    beats: int


@dataclass(frozen=True)
class Source:
    """An endless log.

    Args:
        text: whole lines that are repeated.
        moves: whether each copy is some minutes later than the one before; a user's own lines stay as they are.
    """

    text: bytes
    moves: bool

    @classmethod
    def generated(cls, seed: int = SEED) -> Source:
        """Lines like those of the real application, in about the real log's mix."""
        return cls("".join(simulate.CONSOLE(at, text) for at, text in _pages(seed)).encode(), moves=True)

    @classmethod
    def of_file(cls, path: Path) -> Source:
        """A user's own log.

        Raises:
            InputError: it has no line, or is compressed.
        """
        if path.suffix in {".gz", ".zst"}:
            msg = f"{path} is compressed. Give the plain log: decompression is not what is measured."
            raise InputError(msg)
        text = path.read_bytes()
        if not text:
            msg = f"{path} is empty. Give a log with lines in it."
            raise InputError(msg)
        return cls(text if text.endswith(b"\n") else text + b"\n", moves=False)

    def write(self, path: Path, start: int, stop: int) -> Piece:
        """Write what lies between two offsets, from a line's beginning to the last line's end before ``stop``.

        Raises:
            InputError: no line ends in between.
        """
        size = beats = 0
        with path.open("wb") as sink:
            for part in self._parts(start, stop):
                whole = part[: part.rfind(b"\n") + 1]
                sink.write(whole)
                size += len(whole)
                beats += self._beats if len(whole) == len(self.text) else len(BEAT.findall(whole))
        if not size:
            msg = f"no line ends within {stop - start} bytes. Ask for more megabytes."
            raise InputError(msg)
        return Piece(path, size, beats)

    def _parts(self, start: int, stop: int) -> Iterator[bytes]:
        while start < stop:
            number, offset = divmod(start, len(self.text))
            part = self._copy(number)[offset : offset + stop - start]
            yield part
            start += len(part)

    def _copy(self, number: int) -> bytes:
        if not self.moves or not number:
            return self.text
        later = FIRST + number * STEP
        return self.text.replace(_stamp(FIRST), _stamp(later))

    @cached_property
    def _beats(self) -> int:
        return len(BEAT.findall(self.text))


def _stamp(minute: dt.datetime) -> bytes:
    return f" {minute:{MINUTE}}".encode()


def _pages(seed: int) -> Iterator[simulate.Line]:
    plan = simulate.Plan.of(Period(f"{FIRST:%Y-%m}"), 0, last=False, seed=seed)
    for page in range(PAGES):
        yield from _talkative(_page(plan, plan.start + page * PAGE_MS))


def _page(plan: simulate.Plan, at: int) -> Iterator[simulate.Line]:
    """The application starts, mounts its plugins and is used: what the real log holds, in its proportions."""
    yield from ((at, text) for text in simulate.OPENING)
    mounts = plan.scripts(["host-sdk"])
    uses = plan.scripts([*simulate.EVERYTHING, "library-component", "theme"])
    plan.random.shuffle(uses)
    for script, outcomes in chain((mounts[number % len(mounts)] for number in range(PLUGINS)), uses):
        at += plan.random.randrange(*PAUSE_MS) if isinstance(script, simulate.Sequence) else 1
        for now, text in script.lines(at, outcomes):
            # The real log does not tell of the beginning of a beat.
            if STARTED not in text:
                yield now, text
        at = now


def _talkative(lines: Iterable[simulate.Line]) -> Iterator[simulate.Line]:
    for number, (at, text) in enumerate(lines):
        yield at, text
        for beginning, chatter in CHATTER.items():
            if text.startswith(beginning):
                yield from ((at, more.format(text.rsplit(": ")[-1], number % 7)) for more in chatter)
