"""Log extraction beside other tools: each contender in a process of its own, in turn, several rounds."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slo_assets.bench.contenders import CONTENDERS, DUCKDB, EVERYTHING, GROWN, LOOP, MTAIL_RULES, Contender
from slo_assets.bench.inputs import Piece, Source
from slo_assets.bench.job import Measured
from slo_assets.bench.ours import READ
from slo_assets.settings import ROOT

MB = 1_000_000
SLICE_BYTES = 20 * MB
GROWTH_SHARE = 0.01
#: The date stands for lines that tell no time, should a user's log begin with such.
LOG_NAME = "renderx-2025-01-01.log"

Say = Callable[[str], None]


@dataclass
class Result:
    """What one contender did with one log.

    Attributes:
        contender: who.
        version: of what it needs; None where that is not installed.
        bytes: how much it read: the log, its first part, or what was new.
        expected: how many completed beats there are.
        runs: one for each round.
        error: why there are no more.
    """

    contender: Contender
    version: str | None
    bytes: int
    expected: int
    runs: list[Measured] = field(default_factory=list)
    error: str = ""

    @property
    def seconds(self) -> float | None:
        """The median of the rounds; None where nothing was measured, or nothing that counts."""
        return statistics.median(run.seconds for run in self._valid) if self._valid else None

    @property
    def peak_bytes(self) -> int | None:
        """The most memory of any round."""
        return max((run.peak_bytes for run in self._valid), default=None)

    @property
    def speed(self) -> float | None:
        """Bytes in a second; None for new lines, whose time has little to do with their size."""
        return self.bytes / self.seconds if self.seconds and self.contender.key != GROWN else None

    def lap(self, name: str) -> float | None:
        """The median of a part."""
        return statistics.median(run.laps[name] for run in self._valid) if self._valid else None

    @property
    def _valid(self) -> list[Measured]:
        return [] if self.problem else self.runs

    @property
    def problem(self) -> str:
        """What makes the figures worthless; empty where nothing does."""
        wrong = next((run.beats for run in self.runs if run.beats != self.expected), None)
        if self.error or wrong is None:
            return self.error
        return f"found {wrong} completed beats where the log has {self.expected}"


@dataclass(frozen=True)
class Size:
    """All contenders with one log."""

    log: Piece
    results: list[Result]

    def of(self, key: str) -> Result:
        """What one contender did."""
        return next(result for result in self.results if result.contender.key == key)

    def times_as_fast(self, key: str) -> float | None:
        """How many times another tool's speed ours is, with everything that we do."""
        if key in {EVERYTHING, GROWN}:
            return None
        ours, theirs = self.of(EVERYTHING).speed, self.of(key).speed
        return ours / theirs if ours and theirs else None

    def grown_share(self, lap: str = "") -> float | None:
        """What the new lines cost, as a part of what the whole log costs: one lap, or all of it."""
        whole, again = (self.of(key).lap(lap) if lap else self.of(key).seconds for key in (EVERYTHING, GROWN))
        return again / whole if whole and again else None


@dataclass(frozen=True)
class Requirement:
    """A limit for one figure of the largest log."""

    name: str
    limit: float
    unit: str
    figure: float | None
    at_least: bool = True

    @property
    def verdict(self) -> str:
        """``met``, ``missed`` or ``not measured``."""
        if self.figure is None:
            return "not measured"
        return "met" if (self.figure >= self.limit if self.at_least else self.figure <= self.limit) else "missed"


def requirements(sizes: Sequence[Size]) -> list[Requirement]:
    """What is expected of us, by the largest log."""
    size = max(sizes, key=lambda size: size.log.bytes)
    peak, share = size.of(EVERYTHING).peak_bytes, size.grown_share(READ)
    return [
        Requirement("as fast as DuckDB with one rule", 1.0, "×", size.times_as_fast(DUCKDB)),
        Requirement("as fast as mtail with all rules and times", 40, "×", size.times_as_fast(MTAIL_RULES)),
        Requirement("as fast as a Python loop with one pattern", 10, "×", size.times_as_fast(LOOP)),
        Requirement("peak memory", 600, "MB", None if peak is None else peak / MB, at_least=False),
        Requirement(
            "extraction of 1 % new lines, of the whole", 5, "%", None if share is None else 100 * share, at_least=False
        ),
    ]


def measure(source: Source, sizes: Sequence[float], rounds: int, folder: Path, say: Say) -> Iterator[Size]:
    """Run all contenders that are installed with logs of several sizes.

    Args:
        source: the lines.
        sizes: in megabytes.
        rounds: how often each contender runs.
        folder: where the logs are written.
        say: told what was measured.

    Raises:
        InputError: a size is too small for a line.
    """
    for megabytes in sizes:
        place = folder / f"{megabytes:g}-mb"
        (place / "logs").mkdir(parents=True)
        log = source.write(place / "logs" / LOG_NAME, 0, round(megabytes * MB))
        growth = source.write(place / "growth.part", log.bytes, log.bytes + round(log.bytes * GROWTH_SHARE))
        part = source.write(place / "slice.part", 0, min(log.bytes, SLICE_BYTES))
        say(f"{megabytes:g} MB: {log.beats} completed beats")
        results = [_result(contender, log, growth, part) for contender in CONTENDERS]
        for number in range(1, rounds + 1):
            for result in results:
                if result.version is not None and not result.error:
                    _round(result, part if result.contender.slow else log, growth, folder)
                    took = result.error or f"{result.runs[-1].seconds:.3f} s"
                    say(f"{megabytes:g} MB, round {number} of {rounds}: {result.contender.label}: {took}")
        yield Size(log, results)


def _result(contender: Contender, log: Piece, growth: Piece, part: Piece) -> Result:
    version = contender.version()
    if contender.key == GROWN:
        return Result(contender, version, growth.bytes, log.beats + growth.beats)
    piece = part if contender.slow else log
    return Result(contender, version, piece.bytes, piece.beats)


def _round(result: Result, log: Piece, growth: Piece, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [sys.executable, "-m", "slo_assets.bench.worker", result.contender.key]
        command += [str(log.path), str(growth.path), scratch]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        result.error = f"failed: {told[-1]}"
    else:
        result.runs.append(Measured(**json.loads(done.stdout.splitlines()[-1])))
